//! The progress bar: the last line of a terminal, in cargo's look, for a step that takes longer than half a second.
//!
//! It is drawn by a thread of its own, which sleeps while nothing goes on. All that is printed goes through [`clear`], so
//! that a bar is off its line before another line comes there; a step takes its bar away when it ends, before anything
//! that it was followed by can write to the terminal itself.
//!
//! Our own: indicatif draws at the first tick and brings four crates for what are a few lines of text here.

use super::{NOTE, Ui};
use crate::progress::{Progress, Seen};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// For so long a step shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time between two drawings.
const TICK: Duration = Duration::from_millis(100);
/// The widest bar with all that stands beside it, and the narrowest without it, in columns.
const WIDEST: usize = 80;
const NARROWEST: usize = 10;

/// Whether a bar stands on the last line.
static DRAWN: Mutex<bool> = Mutex::new(false);
/// Who draws, while somebody watches.
static DRAWER: Mutex<Option<Thread>> = Mutex::new(None);

/// Shows what it watches, until it goes.
#[derive(Debug, Default)]
pub struct Watch {
    progress: Progress,
    drawer: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Watch {
    /// Watches, if there is anybody to see it.
    pub(super) fn start(ui: Ui) -> Self {
        if !ui.progress || ui.terminal().columns.is_none() {
            return Watch::default();
        }
        let progress = Progress::watched(wake, clear);
        let over = Arc::new(AtomicBool::new(false));
        let (seen, ended) = (progress.clone(), over.clone());
        let drawer = thread::Builder::new().name("progress".into()).spawn(move || draw(ui, &seen, &ended));
        let Ok(drawer) = drawer else { return Watch::default() };
        *DRAWER.lock().unwrap_or_else(PoisonError::into_inner) = Some(drawer.thread().clone());
        Watch { progress, drawer: Some((over, drawer)) }
    }

    /// What stages say how far they are.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some((over, drawer)) = self.drawer.take() else { return };
        over.store(true, Ordering::Release);
        drawer.thread().unpark();
        let _ = drawer.join();
        clear();
    }
}

/// Takes the bar off its line, and lets `print` write there before another can come.
pub(super) fn without<T>(print: impl FnOnce() -> T) -> T {
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::take(&mut *drawn) {
        // what the terminal itself has echoed there goes with it
        let _ = io::stderr().write_all(b"\r\x1b[K");
    }
    print()
}

fn clear() {
    without(|| ());
}

fn wake() {
    if let Some(drawer) = &*DRAWER.lock().unwrap_or_else(PoisonError::into_inner) {
        drawer.unpark();
    }
}

fn draw(ui: Ui, progress: &Progress, over: &AtomicBool) {
    while !over.load(Ordering::Acquire) {
        match progress.seen().map(|seen| seen.time) {
            None => thread::park(),
            Some(time) if time < PATIENCE => thread::park_timeout(PATIENCE.saturating_sub(time)),
            Some(_) => {
                let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
                // it may have ended before the line was ours
                let columns = ui.terminal().columns.unwrap_or(0).into();
                let seen = progress.seen().and_then(|seen| Some((seen.verb, rest(&seen, columns)?)));
                if let Some((verb, rest)) = seen {
                    let mut out = ui.stream(io::stderr().lock());
                    // the cursor stays at the start, so that what the terminal echoes is on the line that is cleared
                    let _ = write!(out, "\r{NOTE}{verb:>12}{NOTE:#} {rest}\r");
                    let _ = out.flush();
                    *drawn = true;
                }
                drop(drawn);
                thread::park_timeout(TICK);
            }
        }
    }
}

/// What stands behind the verb and a space, as wide as it may be on `columns`; nothing where that is too narrow.
fn rest(seen: &Seen, columns: usize) -> Option<String> {
    // the last column stays free: some terminals begin a new line there
    let room = columns.min(WIDEST).checked_sub(14)?;
    let text = match seen.total {
        0 => format!("{} s", seen.time.as_secs()),
        total => format!("{} / {}", amount(seen.done, total), amount(total, total)),
    };
    let bar = room.checked_sub(text.len())?;
    let rest = match bar.checked_sub(3).filter(|inner| *inner >= NARROWEST && seen.total > 0) {
        None => text,
        Some(inner) => {
            let share = u128::from(seen.done) * inner as u128 / u128::from(seen.total);
            let full = usize::try_from(share).unwrap_or(inner).min(inner);
            let head = if full < inner { ">" } else { "" };
            format!("[{}{head}{}] {text}", "=".repeat(full), " ".repeat(inner - full - head.len()))
        }
    };
    // over what was there before
    Some(format!("{rest:<room$}"))
}

/// `bytes` in the unit in which `total` is said.
fn amount(bytes: u64, total: u64) -> String {
    let (unit, name) = match total {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(done: u64, total: u64, columns: usize) -> String {
        let seen = Seen { verb: "Packing", done, total, time: Duration::from_secs(3) };
        rest(&seen, columns).unwrap_or_else(|| "nothing".into())
    }

    #[test]
    fn the_bar_fits_every_terminal() {
        assert_eq!(shown(12_300_000, 40_000_000, 60), "[=======>                  ] 12.3 MB / 40.0 MB");
        assert_eq!(shown(0, 40_000_000, 44), "[>          ] 0.0 MB / 40.0 MB");
        assert_eq!(shown(40_000_000, 40_000_000, 34).trim_end(), "40.0 MB / 40.0 MB");
        assert_eq!(shown(1, 40_000_000, 20), "nothing");
        assert_eq!(shown(0, 0, 40).trim_end(), "3 s");
        for columns in 0..200 {
            for done in [0, 1, 7_000_000, u64::MAX / 2, u64::MAX] {
                for total in [0, 1, 999, 40_000_000, u64::MAX] {
                    let text = shown(done.min(total), total, columns);
                    assert!(text == "nothing" || 13 + text.len() < columns.max(1), "{columns}: {text:?}");
                }
            }
        }
    }
}
