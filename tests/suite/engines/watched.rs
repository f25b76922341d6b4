//! The progress bar on a terminal, while an engine takes its time.

use super::{digests, program};
use crate::support::{Fake, Terminal};
use std::process::Command;
use std::time::{Duration, Instant};

/// What takes a bar off its line.
const CLEARED: &str = "\r\u{1b}[K";

/// A docker that reads a little of an image, and the rest when there is a file called `go`.
fn slow_docker(fake: &Fake) {
    let (id, _) = digests(fake);
    let body = "case $* in *version*) echo 1;; *inspect*) echo ID;; *load*) touch $here/loading; \
         head -c 1000 >/dev/null; until [ -e $here/go ]; do sleep 0.05; done; cat >/dev/null;; esac";
    program(fake, "docker", &body.replace("ID", &id));
}

fn command(fake: &Fake, words: &[&str]) -> Command {
    let mut command = fake.command([&["-o", "docker", "-t", "app:1"], words].concat());
    for name in ["CI", "TF_BUILD", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm");
    command
}

/// Whether a bar was drawn anywhere in `text`: what a bar says and a status line does not.
fn has_bar(text: &str) -> bool {
    text.contains(" kB / ") || text.contains(" MB / ")
}

/// What a terminal that was shown `text` has on its lines in the end, without colour.
fn screen(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = text.chars().peekable();
    let mut at = 0;
    while let Some(c) = rest.next() {
        let line = lines.last_mut().unwrap();
        match c {
            '\r' => at = 0,
            '\n' => lines.push(String::new()),
            '\u{1b}' => {
                let sequence: String =
                    std::iter::from_fn(|| rest.next_if(|c| !c.is_ascii_alphabetic())).collect();
                match rest.next() {
                    Some('K') => *line = line.chars().take(at).collect(),
                    Some('m') => {}
                    other => panic!("{sequence:?} {other:?} in {text:?}"),
                }
            }
            c => {
                let mut all: Vec<char> = line.chars().collect();
                all.resize(all.len().max(at + 1), ' ');
                all[at] = c;
                *line = all.into_iter().collect();
                at += 1;
            }
        }
    }
    lines
}

#[test]
fn a_step_that_takes_long_shows_how_far_it_is_and_leaves_no_trace() {
    let fake = Fake::new("app", "");
    slow_docker(&fake);
    for words in [&[][..], &["-v"], &["--message-format", "json"], &["--color", "never"]] {
        let _ = std::fs::remove_file(fake.path("go"));
        let began = Instant::now();
        let terminal = Terminal::start(&command(&fake, words), 70);
        let text = terminal.until(has_bar);
        assert!(began.elapsed() >= Duration::from_millis(500), "{text:?}");
        let shown = screen(&text).pop().unwrap();
        assert!(shown.trim_start().starts_with("Loading [") && shown.contains(" / "), "{shown:?}");
        assert!(shown.chars().count() < 70, "{shown:?}");
        fake.file("go", "");
        let (status, text) = terminal.end();
        assert_eq!(status, 0, "{text:?}");
        let lines = screen(&text);
        assert!(lines.iter().any(|line| line.contains("Loaded app:1")), "{lines:?}");
        assert!(lines.iter().all(|line| !has_bar(line) && !line.contains("Loading [")), "{lines:?}");
    }
}

#[test]
fn a_narrow_terminal_gets_what_fits() {
    let fake = Fake::new("app", "");
    slow_docker(&fake);
    let terminal = Terminal::start(&command(&fake, &[]), 36);
    let shown = screen(&terminal.until(has_bar)).pop().unwrap();
    assert!(!shown.contains('[') && shown.chars().count() < 36, "{shown:?}");
}

#[test]
fn nobody_sees_a_bar_who_did_not_ask_for_one() {
    let fake = Fake::new("app", "");
    slow_docker(&fake);
    let slowly = |started: &dyn Fn() -> String| {
        for name in ["go", "loading"] {
            let _ = std::fs::remove_file(fake.path(name));
        }
        // the engine takes its time, longer than a bar would wait
        std::thread::scope(|scope| {
            let run = scope.spawn(|| {
                crate::outputs::wait_until("the engine loads", || fake.path("loading").exists());
                std::thread::sleep(Duration::from_millis(900));
                fake.file("go", "");
            });
            let text = started();
            run.join().unwrap();
            text
        })
    };
    let on_terminal = |command: Command| {
        slowly(&|| {
            let (status, text) = Terminal::start(&command, 80).end();
            assert_eq!(status, 0, "{text:?}");
            text
        })
    };
    for (name, value) in [("TERM", "dumb"), ("CI", "true"), ("CARGO_TERM_PROGRESS_WHEN", "never")] {
        let mut command = command(&fake, &[]);
        command.env(name, value);
        let text = on_terminal(command);
        assert!(!has_bar(&text) && !text.contains(CLEARED), "{name}: {text:?}");
    }
    let text = on_terminal(command(&fake, &["-q"]));
    assert!(!has_bar(&text), "{text:?}");
    fake.file(".cargo/config.toml", "[term]\nprogress.when = \"never\"\n");
    let text = on_terminal(command(&fake, &[]));
    assert!(!has_bar(&text), "{text:?}");
    std::fs::remove_file(fake.path(".cargo/config.toml")).unwrap();
    // where standard error is no terminal
    let text = slowly(&|| {
        let run = crate::support::Run::of(command(&fake, &[]));
        assert_eq!(run.status, 0, "{run:?}");
        run.stderr
    });
    assert!(!has_bar(&text) && !text.contains('\r'), "{text:?}");
}

#[test]
fn what_is_done_at_once_shows_no_bar() {
    let fake = Fake::new("app", "");
    slow_docker(&fake);
    fake.file("go", "");
    let began = Instant::now();
    let (status, text) = Terminal::start(&command(&fake, &[]), 80).end();
    assert_eq!(status, 0, "{text:?}");
    // a machine that is busy may need longer, and then it may be shown
    assert!(!has_bar(&text) || began.elapsed() > Duration::from_millis(500), "{text:?}");
}

#[test]
fn ctrl_c_in_the_middle_of_a_bar_leaves_a_clean_line_and_130() {
    let fake = Fake::new("app", "");
    slow_docker(&fake);
    let before = fake.listing();
    let mut terminal = Terminal::start(&command(&fake, &[]), 80);
    terminal.until(has_bar);
    terminal.send("\u{3}");
    let (status, text) = terminal.end();
    assert_eq!(status, 130, "{text:?}");
    let lines = screen(&text);
    assert!(lines.iter().all(|line| !has_bar(line) && !line.contains("^C")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("error[interrupted]: interrupted")), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "", "the cursor is at the start of a line");
    let left: Vec<_> = fake.listing().into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(left, ["loading"]);
}
