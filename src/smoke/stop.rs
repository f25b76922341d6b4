//! The end of a program that is told to stop: by itself, within the time that an engine would give it.
//!
//! In a container a program is process number 1, to which the kernel delivers only the signals that it handles or
//! blocks (pid_namespaces(7)); the default action of SIGTERM, which ends any other program, does not hold for it.

use super::ending;
use super::span;
use crate::config::values;
use crate::error::{Code, Error};
use crate::runtime::Program;
use rustix::process::Signal;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long a program without a handler is believed to be about to install one.
const DOUBT: Duration = Duration::from_secs(1);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// The signal that asks an image's program to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopSignal(Signal);

impl StopSignal {
    /// That of an image, as its configuration has it; SIGTERM if it has none.
    ///
    /// # Errors
    /// It is none that can be sent.
    pub fn of(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(StopSignal(Signal::TERM));
        }
        let signal = values::Signal::number_of(text).and_then(Signal::from_named_raw);
        signal.map(StopSignal).ok_or_else(|| {
            Error::new(Code::Smoke, format!("the image's stop signal `{text}` cannot be sent"))
                .note("only the signals that have a name of their own can, from SIGHUP to SIGSYS")
                .help("leave this check out: --no-stop")
        })
    }
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&values::Signal::name(self.0.as_raw()))
    }
}

/// What a program did when it was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It had ended by itself before.
    Before(ExitStatus),
    /// It ended within the grace.
    Within(ExitStatus, Duration),
    /// It has no handler, and so it did nothing; it was killed.
    Deaf,
    /// It ran on; it was killed.
    Late,
}

/// Tells `program` to stop, waits at most for `grace`, and ends it.
///
/// # Errors
/// The system's, or a signal arrived.
pub fn stop(program: &mut impl Program, signal: StopSignal, grace: Duration) -> Result<Stopped, Error> {
    let signal = signal.0;
    if let Some(status) = program.wait_within(Duration::ZERO)? {
        return Ok(Stopped::Before(status));
    }
    let mut handled = program.handles(signal);
    program.signal(signal);
    let begin = Instant::now();
    while begin.elapsed() < grace {
        let left = grace.saturating_sub(begin.elapsed());
        if let Some(status) = program.wait_within(left.min(LOOK))? {
            return Ok(Stopped::Within(status, begin.elapsed()));
        }
        if handled != Some(false) {
            continue;
        }
        handled = program.handles(signal);
        if handled == Some(true) {
            program.signal(signal); // the first one went nowhere
        } else if begin.elapsed() >= DOUBT {
            break;
        }
    }
    program.kill();
    Ok(if handled == Some(false) { Stopped::Deaf } else { Stopped::Late })
}

impl Stopped {
    /// Why this is no clean end, in words; `None` if it is one.
    pub fn fault(&self, signal: StopSignal, grace: Duration) -> Option<String> {
        // 128 and the signal is how programs tell that they were stopped by it (bash(1), EXIT STATUS)
        let clean =
            |status: &ExitStatus| status.success() || ending::code(*status) == 128 + signal.0.as_raw();
        match self {
            Stopped::Before(status) if status.success() => None,
            Stopped::Within(status, _) if clean(status) => None,
            Stopped::Before(status) => {
                Some(format!("it {} before it was told to stop", ending::words(*status)))
            }
            Stopped::Within(status, _) if status.signal() == Some(Signal::KILL.as_raw()) => {
                Some(format!("it was killed after {signal}, and not by this test"))
            }
            Stopped::Within(status, _) => {
                Some(format!("on {signal} it {}, and not with 0", ending::words(*status)))
            }
            Stopped::Deaf => Some(format!(
                "it has no handler for {signal}: in a container it is process number 1, for which the kernel ignores \
                 the signal; `docker stop` would wait 10 s, kill it, and cut its connections"
            )),
            Stopped::Late => Some(format!("it had not ended {} after {signal}, and was killed", span(grace))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;

    const GRACE: Duration = Duration::from_secs(20);

    fn status(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    fn term() -> StopSignal {
        StopSignal::of("").unwrap()
    }

    #[test]
    fn the_signal_is_the_images_own() {
        for (text, name) in [("", "SIGTERM"), ("SIGINT", "SIGINT"), ("QUIT", "SIGQUIT"), ("10", "SIGUSR1")] {
            assert_eq!(StopSignal::of(text).unwrap().to_string(), name);
        }
        for text in ["SIGRTMIN+3", "SIGNOTHING", "0", "99"] {
            assert!(StopSignal::of(text).unwrap_err().helps()[0].contains("--no-stop"), "{text}");
        }
    }

    #[test]
    fn a_clean_end_is_0_or_the_signals_own_status() {
        for (code, clean) in [(0, true), (143, true), (130, false), (1, false), (137, false)] {
            let mut program = Scripted { on_signal: Some(status(code)), ..Scripted::default() };
            let stopped = stop(&mut program, term(), GRACE).unwrap();
            assert_eq!(stopped.fault(term(), GRACE).is_none(), clean, "{code}: {stopped:?}");
        }
        let signalled = Stopped::Within(ExitStatus::from_raw(15), Duration::ZERO);
        assert_eq!(signalled.fault(term(), GRACE), None);
    }

    #[test]
    fn a_program_without_a_handler_is_told_at_once_what_is_wrong() {
        let mut program = Scripted { handles: Some(false), ..Scripted::default() };
        let stopped = stop(&mut program, term(), Duration::from_hours(1)).unwrap();
        assert_eq!(stopped, Stopped::Deaf);
        assert!(program.killed.get());
        let why = stopped.fault(term(), GRACE).unwrap();
        assert!(why.contains("no handler for SIGTERM") && why.contains("process number 1"), "{why}");
    }

    #[test]
    fn a_handler_that_comes_a_moment_later_gets_the_signal_again() {
        let mut program = Scripted { handles: Some(false), late_handler: true, ..Scripted::default() };
        program.on_signal = Some(status(0));
        assert!(matches!(stop(&mut program, term(), GRACE).unwrap(), Stopped::Within(..)));
        assert_eq!(program.signals.get(), 2);
    }

    #[test]
    fn a_program_that_runs_on_is_killed() {
        let mut program = Scripted { handles: Some(true), ..Scripted::default() };
        let grace = Duration::from_millis(30);
        let stopped = stop(&mut program, term(), grace).unwrap();
        assert_eq!(stopped, Stopped::Late);
        assert!(program.killed.get());
        assert!(stopped.fault(term(), grace).unwrap().contains("not ended 30 ms after SIGTERM"));
    }

    #[test]
    fn an_end_before_the_signal_is_clean_with_0_alone() {
        for (code, clean) in [(0, true), (3, false)] {
            let mut program = Scripted { ended: Some(status(code)), ..Scripted::default() };
            let stopped = stop(&mut program, term(), GRACE).unwrap();
            assert_eq!(stopped, Stopped::Before(status(code)));
            assert_eq!(stopped.fault(term(), GRACE).is_none(), clean);
        }
    }
}
