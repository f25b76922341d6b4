//! What would be run, and where.

use crate::content::Config;
use crate::runtime::Place;
use serde_json::{Value, json};

/// Where; before that, if it is there already, what: its name and what it says of its start.
pub fn run_lines(image: Option<(&str, &Config)>, place: &Place) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((name, config)) = image {
        lines.extend([
            format!("image        {name} ({})", config.platform()),
            format!("  command    {}", Value::from(command(config))),
            format!("  user       {}", user(config)),
        ]);
    }
    lines.push(format!("run          {}", place.name()));
    lines
}

/// The same for programs.
pub fn run_json(image: Option<(&str, &Config)>, place: &Place) -> Value {
    let image = image.map(|(name, config)| {
        json!({ "name": name, "platform": config.platform(), "command": command(config), "user": user(config) })
    });
    json!({ "reason": "run", "engine": place.word(), "image": image })
}

fn command(config: &Config) -> Vec<String> {
    [&config.entrypoint[..], &config.cmd[..]].concat()
}

/// Who nobody names is root (OCI image spec, config.md).
fn user(config: &Config) -> &str {
    if config.user.is_empty() { "0" } else { &config.user }
}
