//! What `verify` says of an image: the verdict first, then what is wrong, then what is worth a look.

use super::size;
use crate::verify::image::{Judged, JudgedImage, JudgedLayer, Linked, Program};
use serde_json::{Value, json};

/// How many faults are shown to people; JSON has more.
const SHOWN: usize = 20;

/// The verdict on the image that messages call `place`, as lines for people.
pub fn soundness_lines(place: &str, judged: &Judged) -> Vec<String> {
    let summaries: Vec<_> = judged.images.iter().map(summary).collect();
    let mut lines = Vec::new();
    match (judged.faults.len(), &summaries[..]) {
        (0, [one]) => lines.push(format!("{place}: sound ({one})")),
        (0, several) => {
            lines.push(format!("{place}: sound ({} images)", several.len()));
            lines.extend(several.iter().map(|one| format!("  {one}")));
        }
        (1, _) => lines.push(format!("{place}: not sound: 1 fault")),
        (count, _) => lines.push(format!("{place}: not sound: {count} faults")),
    }
    lines.extend(judged.faults.kept().iter().take(SHOWN).map(|fault| format!("  {fault}")));
    if judged.faults.len() > SHOWN {
        lines.push(format!("  and {} more", judged.faults.len() - SHOWN));
    }
    lines.extend(judged.remarks.iter().take(SHOWN).map(|remark| format!("  remark: {}", remark.text)));
    if judged.remarks.len() > SHOWN {
        lines.push(format!("  and {} more remarks", judged.remarks.len() - SHOWN));
    }
    lines
}

/// The same as JSON.
pub fn soundness_json(place: &str, judged: &Judged) -> Value {
    let faults = judged.faults.kept().iter();
    let faults =
        faults.map(|fault| json!({ "rule": fault.rule.word(), "place": fault.place, "why": fault.why }));
    let remarks = judged.remarks.iter().map(|remark| json!({ "word": remark.word, "text": remark.text }));
    json!({
        "reason": "image-verdict",
        "image": place,
        "sound": judged.faults.is_empty(),
        "faults": faults.collect::<Vec<_>>(),
        "more_faults": judged.faults.more(),
        "remarks": remarks.collect::<Vec<_>>(),
        "images": judged.images.iter().map(image_json).collect::<Vec<_>>(),
    })
}

/// `linux/amd64, 3 layers, 512.0 kB, program /hello static-pie`
fn summary(image: &JudgedImage) -> String {
    let layers = match image.layers.len() {
        1 => "1 layer".to_owned(),
        count => format!("{count} layers"),
    };
    let mut words =
        vec![image.platform.clone(), layers, size(image.layers.iter().map(|layer| layer.size).sum())];
    words.extend(
        image.program.as_ref().map(|program| format!("program {} {}", program.path, program.linked.word())),
    );
    words.join(", ")
}

fn image_json(image: &JudgedImage) -> Value {
    let layer = |layer: &JudgedLayer| {
        json!({
            "digest": layer.digest.to_string(),
            "diff_id": layer.diff_id.to_string(),
            "size": layer.size,
            "unpacked": layer.unpacked,
            "entries": layer.entries,
        })
    };
    json!({
        "platform": image.platform,
        "names": image.names,
        "manifest": image.manifest.as_ref().map(ToString::to_string),
        "config": image.config.to_string(),
        "layers": image.layers.iter().map(layer).collect::<Vec<_>>(),
        "program": image.program.as_ref().map(program_json),
    })
}

fn program_json(program: &Program) -> Value {
    let (interpreter, needed) = match &program.linked {
        Linked::Dynamic { interpreter, needed } => (Some(interpreter), &needed[..]),
        Linked::Static | Linked::StaticPie => (None, &[][..]),
    };
    json!({
        "path": program.path,
        "scripts": program.scripts,
        "size": program.size,
        "linked": program.linked.word(),
        "machine": program.machine,
        "interpreter": interpreter,
        "needed": needed,
        "stripped": program.stripped,
        "debug_info": program.debug_info,
        "libc": program.libc,
        "build_paths": program.build_paths.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Rule;

    #[test]
    fn the_verdict_comes_first_and_a_flood_of_faults_is_counted() {
        let mut judged = Judged::default();
        judged.faults.add(Rule::Start, "/hello", "the program is in no layer");
        let lines = soundness_lines("app.tar", &judged);
        assert_eq!(lines, ["app.tar: not sound: 1 fault", "  /hello: the program is in no layer [start]"]);
        for n in 0..5000 {
            judged.faults.add(Rule::Path, format!("layer 1: {n}"), "why");
        }
        let lines = soundness_lines("app.tar", &judged);
        assert_eq!(lines.first().map(String::as_str), Some("app.tar: not sound: 5001 faults"));
        assert_eq!((lines.len(), lines.last().map(String::as_str)), (22, Some("  and 4981 more")));
        let json = soundness_json("app.tar", &judged);
        assert_eq!((&json["sound"], &json["faults"][0]["rule"]), (&false.into(), &"start".into()));
        let kept = json["faults"].as_array().map_or(0, Vec::len);
        assert_eq!(json["more_faults"], 5001 - kept);
    }
}
