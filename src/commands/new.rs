//! `cargo scratch new NAME`: a starter project, the smallest server that stops when it is told to.

use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan;
use crate::templates;
use crate::tool::Tool;
use crate::ui::Ui;
use std::fs;
use std::path::Path;

/// Creates the project at `path`.
///
/// `cargo new` goes first: it knows which names are good, about version control, and about a workspace around it.
pub fn new(path: &Path, name: Option<&str>, env: &Env, ui: &Ui) -> Result<(), Error> {
    let folder = env.folder().join(path);
    let mut tool = Tool::new(plan::cargo(env)?).args(["new", "--bin", "--quiet"]);
    if let Some(name) = name {
        tool = tool.arg(format!("--name={name}"));
    }
    let said = tool.arg("--").arg(&folder).read()?;
    if !said.status.success() {
        let mut lines = said.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let what = lines.next().unwrap_or("cargo new failed").trim_start_matches("error: ").to_owned();
        let lines = lines.take(12).map(|line| line.trim_start_matches("note: ").trim_start_matches("help: "));
        return Err(lines.fold(Error::new(Code::Usage, what), Error::note));
    }
    // Cargo.lock, which a container builds from; cargo would write it with the first build
    let lock = Tool::new(plan::cargo(env)?).args(["metadata", "--format-version=1", "--offline", "--quiet"]);
    let _ = lock.folder(&folder).read()?;
    let base = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.map_or_else(|| base.unwrap_or_default(), str::to_owned);
    for template in templates::STARTER {
        let target = folder.join(template.path);
        let mut text = template.render(&templates::Starter { name: &name })?;
        if template.append {
            let before = fs::read_to_string(&target);
            text.insert_str(0, &before.map_err(|reason| Error::io(Code::Output, "read", &target, &reason))?);
        }
        fs::write(&target, text).map_err(|reason| Error::io(Code::Output, "write", &target, &reason))?;
    }
    ui.status("Created", format!("`{name}`: an HTTP server; next: cd {} && cargo scratch", path.display()));
    ui.result(
        path.display(),
        || serde_json::json!({ "reason": "new", "name": name, "path": folder.to_string_lossy() }),
    )
}
