//! Images on the scales: what `size` shows of them, and what `--max-size` refuses.

use super::stages::{self, Made, Ready};
use super::workplace::Workplace;
use crate::compile::{Artifact, Artifacts};
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::image::layer::{Layer, Node};
use crate::plan::{ImagePlan, Plan, Plans};
use crate::report::{self, Measured};
use crate::size::{Kind, Known, Sizes};
use crate::ui::Ui;
use crate::verify::{self, Unproven};

/// The contributors that a refusal names.
const NAMED: usize = 10;

/// Refuses the first image of `made` that is larger than it may be.
///
/// # Errors
/// That one, with what takes the most of it.
pub fn limits(
    made: &Made<'_>,
    plans: &Plans,
    workplace: &Workplace<'_>,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    for (program, ready) in made.programs.iter().enumerate() {
        for (platform, (one, plan)) in ready.iter().zip(plans.iter()).enumerate() {
            let size: u64 = one.layers.iter().map(Layer::size).sum();
            let Some(limit) = one.program.image.limit.filter(|limit| size > *limit) else { continue };
            if plan.symbols.are_kept() {
                let measured = measured(one, plan, plans, &made.artifacts, workplace)?;
                return Err(too_large(&measured, size, limit));
            }
            // without symbols nobody could be named: the same program once more, with them
            ui.status("Measuring", "the program once more, with its symbols: the profile takes them out");
            let mut plans = plans.clone();
            plans.keep_symbols();
            let mut workplace = Workplace::find(&plans, env, ui)?;
            let made = stages::ready_with(&plans, &mut workplace, &[], env, ui)?;
            let again = made.programs.get(program).and_then(|ready| ready.get(platform));
            let (one, plan) = again.zip(plans.iter().nth(platform)).ok_or_else(|| {
                Error::new(Code::TooLarge, format!("the image of `{}` is too large", one.program.image.bin))
            })?;
            let measured = measured(one, plan, &plans, &made.artifacts, &workplace)?;
            return Err(too_large(&measured, size, limit));
        }
    }
    Ok(())
}

/// Measures one image.
///
/// # Errors
/// Its program cannot be read again.
pub fn measured<'a>(
    ready: &Ready<'a>,
    plan: &Plan,
    plans: &Plans,
    artifacts: &Artifacts,
    workplace: &Workplace<'_>,
) -> Result<Measured<'a>, Error> {
    let image = ready.program.image;
    let sizes = with_known(plan, image, artifacts, workplace, |known| {
        sizes(artifacts.of(image, plans)?, plan, ready.noted.as_deref(), known)
    })?;
    Ok(Measured {
        bin: &image.bin,
        platform: plan.target.platform(),
        layers: layers(ready),
        program: image.program.to_string(),
        sizes,
        before: None,
    })
}

/// Gives `each` what is known of the build of `image`.
pub fn with_known<T>(
    plan: &Plan,
    image: &ImagePlan,
    artifacts: &Artifacts,
    workplace: &Workplace<'_>,
    each: impl FnOnce(&Known<'_>) -> T,
) -> T {
    let mut libraries = artifacts.origins.libraries();
    libraries.extend(workplace.runtime(plan));
    let below = |one: &str| plan.graph.below(one, image.example);
    let depends = |one: &str, other: &str| below(one).iter().any(|node| node.name == other);
    each(&Known { crates: &artifacts.origins.crates, libraries: &libraries, depends: &depends })
}

fn sizes(artifact: &Artifact, plan: &Plan, noted: Option<&[u8]>, known: &Known<'_>) -> Result<Sizes, Error> {
    let unreadable = |why: String| {
        Error::new(Code::Changed, format!("`{}` cannot be measured", artifact.name))
            .at(artifact.path.display())
            .note(why)
    };
    let program = verify::again(artifact, plan, noted).map_err(|failed| match failed {
        Unproven::Unreadable(error) => error,
        Unproven::Malformed(why) => unreadable(why),
        Unproven::Refused(..) => unreadable("it has changed since it was proven".into()),
    })?;
    program.sizes(known).map_err(|why| unreadable(why.to_string()))
}

/// The layers of an image, bottom first, each with its files and their bytes.
fn layers(ready: &Ready<'_>) -> Vec<(String, Vec<report::File>)> {
    let files = |layer: &Layer| {
        let files = layer.entries().filter_map(|(path, entry)| match &entry.node {
            Node::File(source) => Some((path.to_string(), source.size())),
            Node::Directory | Node::Symlink(_) => None,
        });
        (layer.title().to_owned(), files.collect())
    };
    ready.layers.iter().map(files).collect()
}

/// The refusal of an image of `total` bytes, and where they are.
fn too_large(measured: &Measured<'_>, total: u64, limit: u64) -> Error {
    let what = format!(
        "the image of `{}` has {} of files, {} more than it may",
        measured.bin,
        report::size(total),
        report::size(total - limit)
    );
    // what the project can do without first, then what every program has
    let files = measured.layers.iter().flat_map(|(_, files)| files);
    let mut shares: Vec<_> = files.filter(|(path, _)| *path != measured.program).cloned().collect();
    let (crates, rest): (Vec<_>, Vec<_>) =
        measured.sizes.owners.iter().partition(|owner| owner.kind == Kind::Crate);
    shares.extend(crates.iter().map(|owner| (format!("crate {}", owner.name), owner.size())));
    shares.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let others: u64 = shares.iter().skip(NAMED).map(|(_, size)| size).sum();
    shares.truncate(NAMED);
    shares.extend((others > 0).then(|| ("other crates and files".to_owned(), others)));
    shares.push((
        "what every program has: std, C, the format".to_owned(),
        rest.iter().map(|owner| owner.size()).sum(),
    ));

    let error = Error::new(Code::TooLarge, what).at(format!("--max-size {}", report::size(limit)));
    let error = shares.iter().fold(error, |error, (name, size)| {
        error.note(format!("{:>9}  {:>4}%  {name}", report::size(*size), report::percent(*size, total)))
    });
    error.help("see where every byte goes: cargo scratch size")
}
