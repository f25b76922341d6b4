//! The root file system: layers from the most stable to the one that changes with every build.
//!
//! 1. `base`: users, `/tmp`, certificates and time zones; 2. `files`: what the user copies, and the folders that the
//!    configuration names; 3. `program`: the verified binary. Nothing else can become a program: see [`Proven`].

mod asset;
mod files;
mod needs;
mod users;

pub use users::{GROUP, PASSWD};

use crate::elf;
use crate::error::{Code, Error, Warning};
use crate::image::layer::{Layer, Node};
use crate::image::path::ImagePath;
use crate::plan::{ImagePlan, Plan};
use crate::verify::{Proven, judge};
use std::rc::Rc;

/// The largest entrypoint that is not the program itself, in bytes: an init such as tini has one megabyte.
const ENTRYPOINT_LIMIT: u64 = 64 << 20;

/// The layers of `image`, bottom first, with `program` on top.
pub fn layers(
    image: &ImagePlan,
    plan: &Plan,
    program: Rc<Proven>,
) -> Result<(Vec<Layer>, Vec<Warning>), Error> {
    let files::Files { layer: mut files, links, warnings } =
        files::files(&image.copies, &plan.workspace, &plan.archives)?;
    let base = base(image, &files)?;
    folders(image, &base, &mut files)?;
    files.adopt_modes(&base);
    users::check(image, &files)?;

    let mut top = Layer::new(format!("program {}", image.program));
    top.file(image.program.clone(), 0o755, program)?;
    separate(&base, &files, "--copy SRC:DEST:replace puts a file in the place of one of the base layer")?;
    separate(&top, &files, "the program's own path cannot be given to another file")?;
    separate(&base, &top, "the program's name is that of a folder of the base layer")?;
    links.check(&[&base, &files, &top])?;
    entrypoint(image, &files)?;
    let layers = [base, files, top].into_iter().filter(|layer| !layer.is_empty()).collect();
    Ok((layers, warnings))
}

/// What programs expect of any system: users with names, a place for temporary files, and what the plan has found.
fn base(image: &ImagePlan, files: &Layer) -> Result<Layer, Error> {
    let mut base = Layer::new("base");
    let replaced = |path: &ImagePath| {
        files.get(path).is_some()
            && image
                .copies
                .iter()
                .any(|copy| copy.copy.replace && path.within(copy.copy.destination.trim_matches('/')))
    };
    for (path, content) in [("/etc/group", users::GROUP), ("/etc/passwd", users::PASSWD)] {
        let path = ImagePath::parse(path)?;
        if !replaced(&path) {
            base.file(path, 0o644, content.as_bytes().to_vec())?;
        }
    }
    base.directory(ImagePath::parse("/tmp")?, 0o1777)?;
    let gives_way = |path: &ImagePath, asked: bool| match asked {
        true => replaced(path),
        false => needs::is_users(path, files),
    };
    needs::add(image.certificates.as_ref(), image.zones.as_ref(), gives_way, &mut base)?;
    Ok(base)
}

/// The folders that the configuration names must be there: a runtime cannot create them on a read-only root.
fn folders(image: &ImagePlan, base: &Layer, files: &mut Layer) -> Result<(), Error> {
    let run = &image.recipe.run;
    // a new volume takes over the mode of the folder it covers, and everything in an image belongs to root
    let volumes = run.volumes.iter().map(|path| (path, Some(0o1777)));
    let work = std::iter::once((&run.working_dir, None));
    for (path, mode) in volumes.chain(work).filter(|(path, _)| *path != "/") {
        let path = ImagePath::parse(path)?;
        let known = base.get(&path).or_else(|| files.get(&path));
        match (known.map(|entry| files::is_directory(&entry.node)), mode) {
            (None, mode) => files.directory(path, mode.unwrap_or(0o755))?,
            (Some(true), Some(mode)) => files.directory(path, mode)?,
            (Some(true), None) => {}
            (Some(false), _) => {
                let what =
                    format!("`{path}` is no folder in the image, a working directory or volume must be");
                return Err(Error::new(Code::Asset, what).help("name the folder itself, not a file or link"));
            }
        }
    }
    Ok(())
}

/// Two layers may share folders and nothing else.
fn separate(lower: &Layer, upper: &Layer, help: &str) -> Result<(), Error> {
    for (path, entry) in upper.entries() {
        let directory = |node: &Node| files::is_directory(node);
        let shared = lower.get(path).is_some_and(|other| !(directory(&other.node) && directory(&entry.node)));
        if shared {
            return Err(
                Error::new(Code::Asset, format!("two files want the path `{path}` in the image")).help(help)
            );
        }
    }
    for (path, _) in lower.entries().filter(|(_, entry)| !files::is_directory(&entry.node)) {
        if let Some((below, _)) =
            upper.entries().find(|(other, _)| *other != path && other.within(path.relative()))
        {
            return Err(Error::new(Code::Asset, format!("`{below}` lies below the file `{path}`")).help(help));
        }
    }
    Ok(())
}

/// The first word of the entrypoint is started by the kernel: the proven program, or a file that is proven now.
fn entrypoint(image: &ImagePlan, files: &Layer) -> Result<(), Error> {
    let Some(first) = image.recipe.run.entrypoint.first() else { return Ok(()) };
    if *first == image.program.to_string() {
        return Ok(());
    }
    // everything in an image belongs to root
    let is_root = matches!(image.recipe.run.user.split(':').next(), Some("0" | "root"));
    let bits = if is_root { 0o111 } else { 0o001 };
    let refuse = |why: &str| {
        Error::new(Code::NotStatic, format!("the entrypoint `{first}` would not start: {why}"))
            .help(format!("--entrypoint {}", image.program))
    };
    let path = ImagePath::parse(first).map_err(|_| refuse("an image has no PATH to find it on"))?;
    match files.get(&path).map(|entry| (&entry.node, entry.mode)) {
        Some((Node::File(file), mode)) if mode & bits != 0 => {
            let bytes = file.read(ENTRYPOINT_LIMIT).map_err(|error| error.at(&path))?;
            let facts = elf::read(&bytes[..]).map_err(|why| refuse(&why.to_string()))?;
            match judge(&facts, Some(&image.recipe.target)).first() {
                Some(refusal) => Err(refuse(&refusal.to_string())),
                None => Ok(()),
            }
        }
        Some((Node::File(_), _)) => Err(refuse("the image's user may not execute it")),
        Some(_) => Err(refuse("it is not a regular file")),
        None => Err(refuse("there is no such file in the image")),
    }
}
