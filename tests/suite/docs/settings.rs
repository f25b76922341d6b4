//! The table of settings, from their one definition.

use super::up_to_date;
use cargo_scratch::config::Settings;
use cargo_scratch::config::layers::PREFIX;
use clap::{Arg, ArgAction, Args, Command};

#[test]
fn the_table_of_settings_is_what_the_command_line_is_made_from() {
    let settings = Settings::augment_args(Command::new("settings"));
    let mut made = String::new();
    let mut heading = "";
    for arg in settings.get_arguments() {
        let own = arg.get_help_heading().unwrap();
        if own != heading {
            heading = own;
            made.push_str(&format!(
                "\n## {heading}\n\n| flag | variable | key | default | what it is |\n|---|---|---|---|---|\n"
            ));
        }
        made.push_str(&row(arg));
    }
    made.push('\n');
    up_to_date("docs/settings.md", "settings", &made);
    assert!(made.lines().filter(|line| line.starts_with("| `")).count() > 20);
}

fn row(arg: &Arg) -> String {
    let key = arg.get_long().unwrap();
    let mut flag = format!("--{key}");
    if let Some(short) = arg.get_short() {
        flag = format!("-{short}, {flag}");
    }
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        let names: Vec<_> = arg.get_value_names().unwrap().iter().map(clap::builder::Str::as_str).collect();
        flag = format!("{flag} {}", names.join(" "));
    }
    let help = arg.get_help().unwrap().to_string();
    let (what, default) = match help.split_once(" [default: ") {
        Some((what, default)) => (what, default.strip_suffix(']').unwrap()),
        None => (help.as_str(), ""),
    };
    let long = arg.get_long_help().map(ToString::to_string).unwrap_or_default();
    let more = long
        .split_once("\n\n")
        .map_or(String::new(), |(_, more)| format!(". {}", more.trim_end_matches('.')));
    let variable = format!("{PREFIX}{}", key.replace('-', "_").to_uppercase());
    let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ");
    let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
    let cells = [code(&flag), code(&variable), code(key), cell(default), cell(&format!("{what}{more}"))];
    format!("| {} |\n", cells.join(" | "))
}
