//! The image that is compiled in: made when it is first needed, and found again by the digest of its text.

use crate::config::values;
use crate::error::{Code, Error, last_lines};
use crate::image::digest::Digest;
use crate::sink::engine::Engine;

/// An image and the Dockerfile that it is made of.
pub struct Image {
    /// Its name on this machine, with a digest of the text: another text is another image.
    pub name: String,
    text: String,
}

impl Image {
    /// That of `text`.
    pub fn of(text: &str) -> Self {
        let digest = Digest::of(text.as_bytes());
        // no registry is ever asked for what is on localhost
        let name = format!("localhost/cargo-scratch-builder:{}", &digest.hex()[..16]);
        Image { name, text: text.to_owned() }
    }

    /// Whether `engine` has it.
    ///
    /// # Errors
    /// Its program cannot be started.
    pub fn is_in(&self, engine: &Engine) -> Result<bool, Error> {
        let inspect = engine.tool().args(["image", "inspect", "--format", "{{.Id}}"]).arg(&self.name);
        Ok(inspect.ask()?.status.success())
    }

    /// Builds it. The text needs no other file, and goes in on standard input.
    ///
    /// # Errors
    /// The engine's last words.
    pub fn build(&self, engine: &Engine, kind: values::Engine) -> Result<(), Error> {
        let tool = engine.tool().args(["build", "--tag"]).arg(&self.name).arg("-").text(self.text.clone());
        let mut said = String::new();
        let (status, errors) = tool.watch(|line| {
            said.push_str(&String::from_utf8_lossy(line));
            said.push('\n');
        })?;
        if status.success() {
            return Ok(());
        }
        let what = format!("{} did not build the image to compile in", engine.name());
        let error = Error::new(Code::Engine, what).note(format!("the command was: {tool}"));
        let mut lines = last_lines(&said);
        lines.extend(last_lines(&errors));
        let error = lines.into_iter().fold(error, Error::note);
        let line = format!("cargo scratch dockerfile --style builder | {kind} build --target toolchain -");
        Err(error.help(format!("try it by itself:   {line}")).help(super::INSTEAD))
    }
}
