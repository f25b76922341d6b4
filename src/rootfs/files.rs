//! The layer of the user's files: every `--copy`, with the links and modes that an image may have.

use super::Warning;
use super::asset::{Found, Root};
use crate::error::{Code, Error};
use crate::image::layer::{Layer, Node};
use crate::image::path::ImagePath;
use crate::plan::CopyPlan;
use std::path::{Path, PathBuf};

/// Where a running container has the kernel's file systems: what is packed there would never be seen.
const KERNEL: [&str; 3] = ["proc", "sys", "dev"];

/// The layer that all of `copies` make.
pub fn files(copies: &[CopyPlan], workspace: &Path) -> Result<(Layer, Vec<Warning>), Error> {
    let mut walk = Walk { layer: Layer::new("files"), links: Vec::new(), warnings: Vec::new() };
    for copy in copies {
        walk.copy(copy, workspace)?;
    }
    walk.check_links()?;
    Ok((walk.layer, walk.warnings))
}

struct Walk {
    layer: Layer,
    /// Absolute targets, to be found among all files at the end, with the links' own places.
    links: Vec<(ImagePath, String, PathBuf)>,
    warnings: Vec<Warning>,
}

impl Walk {
    fn copy(&mut self, plan: &CopyPlan, workspace: &Path) -> Result<(), Error> {
        let source = resolved(plan, workspace)?;
        let (Some(name), Some(folder)) = (source.file_name(), source.parent()) else {
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
        if let Some(kernel) = KERNEL.iter().find(|kernel| destination.within(kernel)) {
            return Err(Error::new(Code::Asset, format!("`{destination}` would never be seen"))
                .note(format!("a running container has a file system of the kernel's at /{kernel}")));
        }
        // from the parent, so that the last component is looked at without following it
        let root = Root::open(folder)?;
        self.walk(&root, Path::new(name), destination, plan)
    }

    fn walk(&mut self, root: &Root, below: &Path, to: ImagePath, plan: &CopyPlan) -> Result<(), Error> {
        // a loop with its own stack: a deep tree must not exhaust ours
        let mut waiting = vec![(below.to_owned(), to)];
        while let Some((below, to)) = waiting.pop() {
            crate::interrupt::check()?;
            match root.find(&below)? {
                Found::Directory(names) => {
                    for name in names {
                        let shown = root.shown(&below.join(&name));
                        waiting.push((below.join(&name), to.join(utf8(name.as_ref(), &shown)?)?));
                    }
                    self.layer.directory(to, 0o755)?;
                }
                Found::File(asset) => {
                    if asset.mode() & 0o7000 != 0 {
                        self.warnings.push(Warning::SpecialBits(root.shown(&below), asset.mode()));
                    }
                    // the umask and the owner's habits must not show: only whether it is a program
                    let usual = if asset.mode() & 0o100 != 0 { 0o755 } else { 0o644 };
                    self.layer.file(to, plan.copy.mode.unwrap_or(usual), asset)?;
                }
                Found::Symlink(target) => {
                    self.links.push((to.clone(), target.clone(), root.shown(&below)));
                    self.layer.symlink(to, target)?;
                }
            }
        }
        Ok(())
    }

    /// A link is stored as it is, so it must mean the same in the image: a relative one stays inside, an absolute one
    /// names something that was packed.
    fn check_links(&self) -> Result<(), Error> {
        for (place, target, shown) in &self.links {
            let sound = if target.starts_with('/') {
                ImagePath::parse(target).is_ok_and(|target| self.layer.get(&target).is_some())
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

/// The source with links at its end followed, if what it leads to may be packed.
fn resolved(plan: &CopyPlan, workspace: &Path) -> Result<PathBuf, Error> {
    let unreadable = |reason| Error::io(Code::Asset, "read", &plan.source, &reason);
    let real = plan.source.canonicalize().map_err(unreadable)?;
    let is_link = plan.source.symlink_metadata().map_err(unreadable)?.is_symlink();
    let bounds = match &plan.confined {
        Some(bounds) => Some(bounds.as_path()),
        // somebody who names a file on the command line may name any, but not by a link in the project
        None if is_link => Some(workspace),
        None => None,
    };
    let Some(bounds) = bounds else { return Ok(real) };
    let real_bounds =
        bounds.canonicalize().map_err(|reason| Error::io(Code::Asset, "read", bounds, &reason))?;
    if real.starts_with(&real_bounds) {
        return Ok(real);
    }
    Err(Error::new(Code::Asset, format!("`{}` lies outside the project", plan.source.display()))
        .note(format!("it leads to `{}`, the project is `{}`", real.display(), bounds.display()))
        .help("name the file itself on the command line: --copy SRC:DEST"))
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
