//! What `doctor` tells: one page, or one JSON object.

use super::shown;
use crate::error::Error;
use crate::explain::compilers::Language;
use crate::explain::runtime::Need;
use crate::plan::needs::Found;
use crate::plan::{ImagePlan, Plan};
use crate::toolchain::compiler::compiling;
use crate::toolchain::{Std, Survey};
use serde_json::{Value, json};

/// The page.
pub fn doctor_lines(plan: &Plan, survey: &Survey) -> Vec<String> {
    let mut lines = vec![
        format!("target         {} ({})", plan.target, plan.target.platform()),
        format!("std            {}", shown(survey.std.as_ref())),
        format!("linker         {}", shown(survey.linker.as_ref())),
        format!("C compiler     {}", shown(survey.compiler.as_ref())),
    ];
    if !plan.graph.is_known() {
        lines.push("packages       cargo could not tell them; see: cargo tree".into());
    }
    for (node, compiles) in compiling(&plan.graph) {
        lines.push(format!("{}  compiles {}", titled(&node.name, &node.version), compiles.why));
        lines.push(format!("                   {}", way(&plan.graph.path(&node.name))));
        if !compiles.tools.is_empty() {
            lines.push(format!("                   takes {}", compiles.tools.join(", ")));
        }
    }
    for library in &survey.libraries {
        lines.push(format!("{}  looks for {}", titled(&library.package, ""), library.name));
        lines.push(format!("                   {}", way(&plan.graph.path(&library.package))));
        lines.push(format!("                   {}", library.source.words()));
    }
    for image in &plan.images {
        lines.push(format!("image          {}", image.bin));
        if image.needs.0.is_empty() {
            lines.push("  nothing is known that it would miss in an empty image".into());
        }
        for found in &image.needs.0 {
            lines.push(format!("  {:<16} found because {}", found.need.word(), found.reason));
            lines.push(format!("                   {}", way(&found.way)));
            lines.push(format!("                   {}", found.need.missing()));
            lines.push(format!("                   {}", answer(found, image)));
            lines.push(format!("                   change: {}", change(found.need)));
        }
    }
    lines.push(match survey.problems.len() {
        0 => format!("the build can start{}", still_to_do(survey)),
        1 => "the build cannot start: there is one problem".into(),
        n => format!("the build cannot start: there are {n} problems"),
    });
    lines
}

/// The same for programs.
pub fn doctor_json(plan: &Plan, survey: &Survey) -> Value {
    let native = compiling(&plan.graph).into_iter().map(|(node, compiles)| {
        json!({
            "package": node.name,
            "version": node.version,
            "language": match compiles.language { Language::C => "C", Language::Cxx => "C++" },
            "why": compiles.why,
            "tools": compiles.tools,
            "required": compiles.required_on(plan.target.arch()),
            "way": plan.graph.path(&node.name),
        })
    });
    let need = |image: &ImagePlan, found: &Found| {
        json!({
            "need": found.need.word(),
            "because": found.reason,
            "way": found.way,
            "missing": found.need.missing(),
            "packed": is_packed(found.need, image),
            "change": change(found.need),
        })
    };
    let images = plan.images.iter().map(|image| {
        json!({
            "bin": image.bin,
            "needs": image.needs.0.iter().map(|found| need(image, found)).collect::<Vec<_>>(),
        })
    });
    json!({
        "reason": "doctor",
        "target": plan.target.triple(),
        "platform": plan.target.platform(),
        "graph": plan.graph.is_known(),
        "std": survey.std.as_ref().map(ToString::to_string),
        "linker": survey.linker.as_ref().map(ToString::to_string),
        "compiler": survey.compiler.as_ref().map(ToString::to_string),
        "native": native.collect::<Vec<_>>(),
        "libraries": super::libraries_json(plan, survey),
        "images": images.collect::<Vec<_>>(),
        "problems": survey.problems.iter().map(Error::json).collect::<Vec<_>>(),
        "ready": survey.problems.is_empty(),
    })
}

/// What the image does about a need.
fn answer(found: &Found, image: &ImagePlan) -> String {
    match (found.need, &image.certificates, &image.zones) {
        (Need::Certificates, Some(certificates), _) => {
            format!("packed: {}, at {}", certificates.sources().join(", "), crate::plan::CERTIFICATES)
        }
        (Need::ZoneInfo, _, Some(zones)) => {
            format!("packed: {} zones, in {}", zones.zones.len(), crate::zones::FOLDER)
        }
        (Need::TemporaryFiles, ..) => "packed: /tmp, for everybody".into(),
        (Need::LocalTime, _, Some(zones)) => format!("packed: {} zones; TZ may name one", zones.zones.len()),
        (Need::LocalTime, ..) => "not packed: the time is UTC".into(),
        (Need::Certificates | Need::ZoneInfo, ..) => "not packed, as you wish".into(),
        _ => "no file helps".into(),
    }
}

fn is_packed(need: Need, image: &ImagePlan) -> bool {
    match need {
        Need::Certificates => image.certificates.is_some(),
        Need::ZoneInfo | Need::LocalTime => image.zones.is_some(),
        Need::TemporaryFiles => true,
        _ => false,
    }
}

/// What to type, and what else to do.
fn change(need: Need) -> String {
    match need {
        Need::Certificates => format!("--ca-certs none, mozilla or FILE; {}", need.change()),
        Need::ZoneInfo => format!("--zoneinfo none, all or NAMES; {}", need.change()),
        Need::LocalTime => format!("--zoneinfo all or NAMES, with --env TZ=NAME; {}", need.change()),
        _ => need.change().to_owned(),
    }
}

/// What the first build will do before it compiles.
fn still_to_do(survey: &Survey) -> String {
    let std =
        survey.std.as_ref().filter(|std| matches!(std, Std::Missing(_) | Std::Unbuilt(..) | Std::Small(..)));
    std.map_or_else(String::new, |std| format!("; the standard library is {std}"))
}

fn titled(name: &str, version: &str) -> String {
    format!("{:<15}", format!("{name} {version}").trim_end())
}

fn way<S: AsRef<str>>(packages: &[S]) -> String {
    packages.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" → ")
}
