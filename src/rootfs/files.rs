//! The layer of the user's files: every `--copy`, with the links and modes that an image may have.

use super::asset::{Found, Root};
use crate::error::{Caution, Code, Error, Warning};
use crate::image::layer::{Layer, Node};
use crate::image::path::ImagePath;
use crate::plan::CopyPlan;
use std::path::{Path, PathBuf};

/// What all of the `--copy` make.
pub struct Files {
    /// The layer.
    pub layer: Layer,
    /// Its symbolic links, to be checked when all layers are known.
    pub links: Links,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Symbolic links: the place in the image, the target, and the path on disk for messages.
#[derive(Default)]
pub struct Links(Vec<(ImagePath, String, PathBuf)>);

/// The files that `copies` name.
///
/// `built` is where archives are written: a copy of what is being made would grow with every build.
pub fn files(copies: &[CopyPlan], workspace: &Path, built: &Path) -> Result<Files, Error> {
    let mut files = Files { layer: Layer::new("files"), links: Links::default(), warnings: Vec::new() };
    for copy in copies {
        files.copy(copy, workspace, built)?;
    }
    Ok(files)
}

impl Files {
    fn copy(&mut self, plan: &CopyPlan, workspace: &Path, built: &Path) -> Result<(), Error> {
        let (source, bounds) = resolved(plan, workspace)?;
        // the folder of archives may only come, but cargo has made one above it
        let real = built.ancestors().find_map(|folder| folder.canonicalize().ok());
        if real.is_some_and(|folder| folder.starts_with(&source)) {
            return Err(Error::new(Code::Asset, format!("`{}` holds what is built", plan.source.display()))
                .note(format!("with `{}` in it, the image would grow with every build", built.display()))
                .help("name the files and folders that the program needs: --copy SRC:DEST for each"));
        }
        let (Some(name), Some(parent)) = (source.file_name(), source.parent()) else {
            return Err(Error::new(
                Code::Asset,
                "the root of the file system cannot be copied into an image",
            ));
        };
        let destination = match plan.copy.destination.strip_suffix('/') {
            // the name as it was written, which a link that was followed may have changed
            Some(folder) => {
                let name = plan.source.file_name().unwrap_or(name);
                format!("{folder}/{}", utf8(name.as_ref(), &source)?)
            }
            None => plan.copy.destination.clone(),
        };
        let destination = ImagePath::parse(&destination)?;
        if let Some(kernel) = destination.kernels() {
            return Err(Error::new(Code::Asset, format!("`{destination}` would never be seen"))
                .note(format!("a running container has a file system of the kernel's at /{kernel}")));
        }
        // no component below the folder that is opened here is followed, whatever is swapped in by now
        let folder = bounds.as_deref().filter(|bounds| *bounds != source).unwrap_or(parent);
        let below = source.strip_prefix(folder).unwrap_or(Path::new(name));
        self.walk(&Root::open(folder)?, below, destination, plan)
    }

    fn walk(&mut self, root: &Root, below: &Path, to: ImagePath, plan: &CopyPlan) -> Result<(), Error> {
        // a loop with its own stack: a deep tree must not exhaust ours
        let mut waiting = vec![(below.to_owned(), to)];
        while let Some((below, to)) = waiting.pop() {
            crate::interrupt::check()?;
            let found = root.find(&below)?;
            if to.relative() == "run" && !matches!(found, Found::Directory(_)) {
                return Err(Error::new(Code::Asset, "`/run` can only be a folder")
                    .note("container engines mount files below it, and would not start the image"));
            }
            if to.is_engines() && !matches!(found, Found::File(_)) {
                return Err(Error::new(Code::Asset, format!("`{to}` can only be a regular file")).note(
                    "container engines mount a file of their own there, and would not start the image",
                ));
            }
            match found {
                Found::Directory(names) => {
                    for name in names {
                        let shown = root.shown(&below.join(&name));
                        waiting.push((below.join(&name), to.join(utf8(name.as_ref(), &shown)?)?));
                    }
                    self.layer.directory(to, 0o755)?;
                }
                Found::File(asset) => {
                    if asset.mode() & 0o7000 != 0 {
                        self.warnings.push(special_bits(&root.shown(&below), asset.mode()));
                    }
                    // the umask and the owner's habits must not show: only whether it is a program
                    let usual = if asset.mode() & 0o100 != 0 { 0o755 } else { 0o644 };
                    self.layer.file(to, plan.copy.mode.unwrap_or(usual), asset)?;
                }
                Found::Symlink(target) => {
                    self.links.0.push((to.clone(), target.clone(), root.shown(&below)));
                    self.layer.symlink(to, target)?;
                }
            }
        }
        Ok(())
    }
}

impl Links {
    /// A link is stored as it is, so it must mean the same in the image: a relative one stays inside, an absolute one
    /// names something in one of `layers`.
    pub fn check(&self, layers: &[&Layer]) -> Result<(), Error> {
        for (place, target, shown) in &self.0 {
            let packed = |target| layers.iter().any(|layer| layer.get(&target).is_some());
            let sound = if target.starts_with('/') {
                // `log -> /dev/stdout` is how programs that want a file are made to log
                ImagePath::parse(target).is_ok_and(|target| target.within("dev") || packed(target))
            } else {
                stays_inside(place, target)
            };
            if !sound || target.contains('\0') {
                return Err(Error::new(
                    Code::Asset,
                    format!("the link `{}` leads out of the image", shown.display()),
                )
                .note(format!("its target is `{target}`"))
                .help("copy what it leads to, or remove the link"));
            }
        }
        Ok(())
    }
}

/// The source with links at its end followed, if what it leads to may be packed, and the folder that it must lie in.
fn resolved(plan: &CopyPlan, workspace: &Path) -> Result<(PathBuf, Option<PathBuf>), Error> {
    let unreadable = |reason| Error::io(Code::Asset, "read", &plan.source, &reason);
    let real = plan.source.canonicalize().map_err(unreadable)?;
    let is_link = plan.source.symlink_metadata().map_err(unreadable)?.is_symlink();
    let bounds = match &plan.confined {
        Some(bounds) => Some(bounds.as_path()),
        // somebody who names a file on the command line may name any, but not by a link in the project
        None if is_link => Some(workspace),
        None => None,
    };
    let Some(bounds) = bounds else { return Ok((real, None)) };
    let real_bounds =
        bounds.canonicalize().map_err(|reason| Error::io(Code::Asset, "read", bounds, &reason))?;
    if real.starts_with(&real_bounds) {
        return Ok((real, Some(real_bounds)));
    }
    Err(Error::new(Code::Asset, format!("`{}` lies outside the project", plan.source.display()))
        .note(format!("it leads to `{}`, the project is `{}`", real.display(), bounds.display()))
        .help("name the file itself on the command line: --copy SRC:DEST"))
}

fn special_bits(path: &Path, mode: u32) -> Warning {
    let what =
        format!("`{}` has the mode {mode:o}: setuid, setgid and sticky bits are not packed", path.display());
    Warning::new(Caution::SpecialBits, what)
}

/// Whether `target`, seen from the folder of `place`, stays below the image's root.
fn stays_inside(place: &ImagePath, target: &str) -> bool {
    let mut depth = place.relative().matches('/').count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    true
}

fn utf8<'a>(name: &'a Path, shown: &Path) -> Result<&'a str, Error> {
    name.to_str().ok_or_else(|| {
        Error::new(Code::Asset, format!("the name of `{}` is not UTF-8", shown.display()))
            .note("image tools disagree about such names")
            .help("rename it")
    })
}

/// Whether a layer's entry is a folder.
pub fn is_directory(node: &Node) -> bool {
    matches!(node, Node::Directory)
}
