//! Results as people and programs read them: lines, or one JSON object each.

mod comparison;
mod diff;
mod doctor;
mod inspect;
mod page;
mod run;
mod size;
mod smoke;
mod soundness;
mod verdict;
mod vouched;

pub use comparison::Comparison;
pub use diff::{Compared, Pair, diff_json, diff_lines, pair_json, pair_lines};
pub use doctor::{doctor_json, doctor_lines};
pub use inspect::{Inspected, inspect_json, inspect_lines};
pub use page::size_page;
pub use run::{run_json, run_lines};
pub use size::{File, Measured, called, size_json, size_lines};
pub use smoke::smoke_json;
pub use soundness::{soundness_json, soundness_lines};
pub use verdict::{Verdict, malformed_json};
pub use vouched::Vouched;

use crate::elf::Strip;
use crate::image::Image;
use crate::image::bundle::Bundle;
use crate::image::config::rfc3339;
use crate::image::reference::Reference;
use crate::plan::{ImagePlan, Papers, Plan};
use crate::sink::Receipt;
use crate::tool::Tool;
use crate::toolchain::{Supply, Survey};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A number of bytes as people say it: decimal units, as disks and registries count.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000),
        _ => format!("{}.{:02} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 10_000_000),
    }
}

/// A number of bytes with its sign: `+34.5 kB`, `-12 B`.
pub fn growth(bytes: i128) -> String {
    let sign = if bytes < 0 { '-' } else { '+' };
    format!("{sign}{}", size(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX)))
}

/// The share of `part` in `whole` as people say it, in percent: `12.5`.
pub fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `1 file`, `3 files`: for words that only take an `s`.
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// A program on its way into an image.
#[derive(Clone)]
pub struct Program<'a> {
    /// The image.
    pub image: &'a ImagePlan,
    /// Its size in bytes.
    pub size: u64,
    /// The bytes that stripping has saved.
    pub saved: u64,
    /// Its build id, in hexadecimal.
    pub build_id: Option<String>,
    /// Where its debug information is kept.
    pub debug: Option<PathBuf>,
    /// The default build's, where that was made too.
    pub comparison: Option<Comparison>,
}

/// What an output of this kind has got: an image of these programs, one for each platform.
pub fn image_json(programs: &[Program<'_>], bundle: &Bundle, kind: &str, receipt: &Receipt) -> Value {
    let platform = |(program, image): (&Program<'_>, &Image)| {
        let program = json!({
            "path": program.image.program.to_string(),
            "size": program.size,
            "saved": program.saved,
            "build_id": program.build_id,
            "debug": program.debug.as_ref().map(|path| path.to_string_lossy()),
            "comparison": program.comparison.as_ref().map(|other| other.json(program.size)),
        });
        json!({
            "platform": image.target.platform(),
            "target": image.target.triple(),
            "manifest": image.manifest.digest.to_string(),
            "config": image.config.digest.to_string(),
            "program": program,
        })
    };
    let plan = programs.first().map(|first| first.image);
    json!({
        "reason": "image",
        "bin": plan.map(|plan| &plan.bin),
        "tags": plan.map(|plan| names(&plan.tags)),
        "output": kind,
        "result": receipt.result,
        "size": receipt.size,
        "fresh": receipt.fresh,
        "digest": bundle.root.digest.to_string(),
        "platforms": programs.iter().zip(bundle.images()).map(platform).collect::<Vec<_>>(),
        "attachments": receipt.documents.iter().map(|one| json!({
            "media_type": one.media_type, "subject": one.subject.to_string(), "place": one.place,
        })).collect::<Vec<_>>(),
    })
}

/// Where a plan is carried out.
#[derive(Debug)]
pub enum Place<'a> {
    /// This machine.
    Host(&'a Survey),
    /// A container, in a few words.
    Container(String),
}

/// What a run would do.
pub fn plan_json(plan: &Plan, place: &Place<'_>, command: &Tool) -> Value {
    let (survey, container) = match place {
        Place::Host(survey) => (Some(survey), None),
        Place::Container(words) => (None, Some(words)),
    };
    let image = |image: &ImagePlan| {
        json!({
            "bin": image.bin,
            "package": image.package.repr,
            "tags": names(&image.tags),
            "program": image.program.to_string(),
            "config": image.recipe.run,
            "created": rfc3339(image.recipe.created),
            "compression": image.recipe.compression.to_string(),
            "max_size": image.limit,
            "split_debug": image.split_debug,
            "papers": papers_json(&image.papers),
            "annotations": image.recipe.annotations,
            "certificates": image.certificates.as_ref().map(|certificates| json!({
                "sources": certificates.sources(), "count": certificates.bundle.count(), "because": certificates.reason,
            })),
            "zones": image.zones.as_ref().map(|zones| json!({
                "names": zones.zones.iter().map(|zone| zone.name).collect::<Vec<_>>(), "because": zones.reason,
            })),
            "copy": image.copies.iter().map(|copy| json!({
                "source": copy.source.to_string_lossy(), "destination": copy.copy.destination,
            })).collect::<Vec<_>>(),
            "outputs": image.destinations.iter().map(|to| json!({
                "kind": to.kind.name, "path": to.path(), "name": to.name(),
            })).collect::<Vec<_>>(),
        })
    };
    json!({
        "reason": "plan",
        "workspace": plan.workspace.to_string_lossy(),
        "target": plan.target.triple(),
        "platform": plan.target.platform(),
        "profile": plan.flags.profile(),
        "optimize": plan.optimize.words(),
        "strip": plan.symbols.strip().is_some(),
        "builder": container,
        "std": survey.and_then(|survey| survey.std.as_ref()).map(ToString::to_string),
        "linker": survey.and_then(|survey| survey.linker.as_ref()).map(ToString::to_string),
        "compiler": survey.and_then(|survey| survey.compiler.as_ref()).map(ToString::to_string),
        "libraries": survey.map(|survey| libraries_json(plan, survey)),
        "command": command.to_string(),
        "images": plan.images.iter().map(image).collect::<Vec<_>>(),
    })
}

fn papers_json(papers: &Papers) -> Value {
    json!({
        "sboms": papers.sboms.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "auditable": papers.auditable,
        "provenance": papers.provenance,
        "signer": papers.signer.as_ref().map(ToString::to_string),
    })
}

fn libraries_json(plan: &Plan, survey: &Survey) -> Value {
    let library = |library: &Supply| {
        json!({
            "name": library.name,
            "package": library.package,
            "source": library.source.word(),
            "way": plan.graph.path(&library.package),
        })
    };
    survey.libraries.iter().map(library).collect()
}

/// The same for people.
pub fn plan_lines(plan: &Plan, place: &Place<'_>, command: &Tool) -> Vec<String> {
    let strip = match plan.symbols.strip() {
        Some(Strip::All) => "symbols, on the way into the image",
        Some(Strip::Debug) => "debug information, on the way into the image",
        None => "as the profile says",
    };
    let mut lines = vec![format!("target       {} ({})", plan.target, plan.target.platform())];
    match place {
        Place::Container(words) => lines.push(format!("builder      {words}")),
        Place::Host(survey) => lines.extend([
            format!("std          {}", shown(survey.std.as_ref())),
            format!("linker       {}", shown(survey.linker.as_ref())),
            format!("C compiler   {}", shown(survey.compiler.as_ref())),
        ]),
    }
    let optimize = plan.optimize.words();
    lines.extend((!optimize.is_empty()).then(|| format!("optimize     {}", optimize.join(" "))));
    lines.extend([format!("strip        {strip}"), format!("build        {command}")]);
    if let Place::Host(survey) = place {
        lines.extend(survey.libraries.iter().map(|library| {
            format!("library      {} for {}: {}", library.name, library.package, library.source.words())
        }));
    }
    for image in &plan.images {
        let run = &image.recipe.run;
        lines.push(format!("image        {}", names(&image.tags).join(", ")));
        lines.push(format!("  program    {}", image.program));
        lines.push(format!("  entrypoint {}", quoted(&run.entrypoint)));
        if !run.cmd.is_empty() {
            lines.push(format!("  cmd        {}", quoted(&run.cmd)));
        }
        lines.push(format!("  user       {}", run.user));
        lines.push(format!("  workdir    {}", run.working_dir));
        lines.extend(run.env.iter().map(|(name, value)| format!("  env        {name}={value}")));
        lines.extend(run.exposed_ports.iter().map(|port| format!("  expose     {port}")));
        lines.extend(run.volumes.iter().map(|path| format!("  volume     {path}")));
        lines.extend(run.stop_signal.iter().map(|signal| format!("  stop       {signal}")));
        lines.extend(run.labels.iter().map(|(name, value)| format!("  label      {name}={value}")));
        lines.extend(
            image.recipe.annotations.iter().map(|(name, value)| format!("  annotation {name}={value}")),
        );
        lines.extend(image.certificates.iter().map(|certificates| format!("  certs      {certificates}")));
        lines.extend(image.zones.iter().map(|zones| format!("  zones      {zones}")));
        lines.extend(
            image
                .copies
                .iter()
                .map(|copy| format!("  copy       {} -> {}", copy.source.display(), copy.copy.destination)),
        );
        lines.push(format!("  compress   {}", image.recipe.compression));
        lines.push(format!("  created    {}", rfc3339(image.recipe.created)));
        lines.extend(image.limit.map(|limit| format!("  max size   {}", size(limit))));
        lines.extend(image.split_debug.then(|| "  debug      kept beside the image".to_owned()));
        lines.push(format!("  papers     {}", image.papers));
        lines.extend(image.destinations.iter().map(|to| format!("  output     {to}")));
    }
    lines
}

/// A rung of the ladder, or that it was missed.
pub fn shown(rung: Option<&impl ToString>) -> String {
    rung.map_or_else(|| "missing".to_owned(), ToString::to_string)
}

fn names(tags: &[Reference]) -> Vec<String> {
    tags.iter().map(ToString::to_string).collect()
}

fn quoted(words: &[String]) -> String {
    serde_json::to_string(words).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_and_do_not_round_up() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_999, "999.9 kB"),
            (1_239_999, "1.23 MB"),
            (5_000_000_000, "5.00 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn growth_has_a_sign_and_any_size() {
        assert_eq!([growth(0), growth(1_500), growth(-12)], ["+0 B", "+1.5 kB", "-12 B"]);
        assert!(growth(i128::MIN).starts_with("-18446744073.70 GB"), "{}", growth(i128::MIN));
    }
}
