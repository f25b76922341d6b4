//! A program until its end, with the signals that arrive meanwhile: handed on once, and then no patience without end.
//!
//! The program is PID 1 where it runs, and the kernel keeps from such a process every signal that it has no handler for
//! (pid_namespaces(7)): what ends it on a desk does nothing in a container. That is said, and it is ended.

use crate::error::{Caution, Code, Error, Warning};
use rustix::process::Signal;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long a program has to end after a signal: what `docker stop` gives it.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long is waited at once where nothing presses.
const LONG: Duration = Duration::from_hours(24);

/// A program that runs.
pub trait Program {
    /// Sends it `signal`.
    fn signal(&self, signal: Signal);
    /// Whether it has a handler for `signal`; `None` if that cannot be told.
    fn handles(&self, signal: Signal) -> Option<bool>;
    /// Ends it at once.
    fn kill(&self);
    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error>;
}

/// Why a program was not left to end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// It has no handler for the signal.
    Unhandled(Signal),
    /// It had [`GRACE`] since the signal.
    Slow(Signal),
    /// A second signal came.
    Again(Signal),
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Killed::Unhandled(signal) => write!(
                f,
                "the program was killed: as PID 1 it does not get {}, for which it has no handler; of SIGTERM \
                 `docker stop` would have waited 10 s before the same; handle it (tokio::signal, signal-hook), or run the \
                 program under an init: docker run --init",
                name(*signal)
            ),
            Killed::Slow(signal) => write!(
                f,
                "the program was killed: {} seconds after {} it had not ended, and `docker stop` waits no longer either",
                GRACE.as_secs(),
                name(*signal)
            ),
            Killed::Again(signal) => {
                write!(
                    f,
                    "the program was killed: {} came before it had ended of the one before",
                    name(*signal)
                )
            }
        }
    }
}

impl From<Killed> for Warning {
    fn from(killed: Killed) -> Self {
        Warning::new(Caution::Killed, killed.to_string())
    }
}

/// Follows `program` to its end and returns its status as a shell would show it. `taken` takes a signal that has
/// arrived; `tell` hears why the program is killed, if it is.
///
/// # Errors
/// The system's, or a signal that nothing helps against.
pub fn follow(
    program: &mut dyn Program,
    taken: &mut dyn FnMut() -> Option<Signal>,
    tell: &mut dyn FnMut(Killed),
) -> Result<u8, Error> {
    let mut told: Option<(Signal, Instant)> = None;
    let mut killed = None;
    let mut kill = |program: &dyn Program, why: Killed, signal: Signal, killed: &mut Option<Signal>| {
        tell(why);
        program.kill();
        *killed = Some(signal);
    };
    loop {
        let limit = match (told, killed) {
            (Some((_, since)), None) => GRACE.saturating_sub(since.elapsed()),
            _ => LONG,
        };
        let waited = program.wait_within(limit);
        match (waited, told, killed) {
            (Ok(Some(status)), ..) => return Ok(shown(status, killed)),
            (Ok(None), Some((signal, _)), None) => kill(program, Killed::Slow(signal), signal, &mut killed),
            (Ok(None), ..) => {}
            (Err(error), _, None) if error.code() == Code::Interrupted => {
                let Some(signal) = taken() else { return Err(error) };
                match told {
                    Some((first, _)) => kill(program, Killed::Again(signal), first, &mut killed),
                    None if program.handles(signal) == Some(false) => {
                        kill(program, Killed::Unhandled(signal), signal, &mut killed);
                    }
                    None => {
                        program.signal(signal);
                        told = Some((signal, Instant::now()));
                    }
                }
            }
            // killed already, and still there: the one who asks again is let go
            (Err(error), ..) => return Err(error),
        }
    }
}

/// The status of a program as a shell shows it: its own, or 128 and the signal that ended it; `killed` is the one that
/// it would not end of.
fn shown(status: ExitStatus, killed: Option<Signal>) -> u8 {
    let ended_by = |signal: i32| u8::try_from(128 + signal).unwrap_or(u8::MAX);
    match (status.code(), killed) {
        (_, Some(signal)) => ended_by(signal.as_raw()),
        (Some(code), None) => u8::try_from(code).unwrap_or(u8::MAX),
        (None, None) => ended_by(status.signal().unwrap_or(0)),
    }
}

fn name(signal: Signal) -> String {
    match signal {
        Signal::INT => "SIGINT".into(),
        Signal::TERM => "SIGTERM".into(),
        Signal::HUP => "SIGHUP".into(),
        Signal::QUIT => "SIGQUIT".into(),
        other => format!("signal {}", other.as_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::VecDeque;

    /// What happens while a program is waited for.
    #[derive(Clone, Copy)]
    enum Happens {
        Arrives(Signal),
        TimeGoesBy,
        Ends(i32),
    }
    use Happens::{Arrives, Ends, TimeGoesBy};

    struct Scripted {
        script: RefCell<VecDeque<Happens>>,
        handles: Option<bool>,
        /// What it was done to.
        log: RefCell<Vec<String>>,
    }

    impl Scripted {
        fn note(&self, what: &str) {
            self.log.borrow_mut().push(what.to_owned());
        }
    }

    impl Program for &Scripted {
        fn signal(&self, signal: Signal) {
            self.note(&name(signal));
        }

        fn handles(&self, _: Signal) -> Option<bool> {
            self.handles
        }

        fn kill(&self) {
            self.note("kill");
        }

        fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
            let next = self.script.borrow().front().copied();
            match next.expect("it waits although all has happened") {
                Arrives(signal) => return Err(Error::interrupted(signal.as_raw())), // until it is taken
                TimeGoesBy => self.note(if limit <= GRACE { "patience" } else { "long" }),
                Ends(raw) => return Ok(Some(ExitStatus::from_raw(raw))),
            }
            self.script.borrow_mut().pop_front();
            Ok(None)
        }
    }

    /// The status, or `None` where the run was interrupted; what was done to the program; and what was said.
    fn followed(handles: Option<bool>, script: &[Happens]) -> (Option<u8>, Vec<String>, Vec<Killed>) {
        let script = RefCell::new(script.iter().copied().collect());
        let scripted = Scripted { script, handles, log: RefCell::default() };
        let mut taken = || match scripted.script.borrow_mut().pop_front() {
            Some(Arrives(signal)) => Some(signal),
            _ => None,
        };
        let mut said = Vec::new();
        let status = follow(&mut &scripted, &mut taken, &mut |why| said.push(why));
        (status.ok(), scripted.log.take(), said)
    }

    /// How `wait` has the end by `signal`.
    const fn by(signal: Signal) -> Happens {
        Ends(signal.as_raw())
    }

    #[test]
    fn the_status_is_the_programs_own() {
        for (raw, status) in [(0, 0), (7 << 8, 7), (255 << 8, 255), (9, 137), (11, 139), (134, 134)] {
            assert_eq!(followed(None, &[TimeGoesBy, Ends(raw)]), (Some(status), vec!["long".into()], vec![]));
        }
    }

    #[test]
    fn a_signal_is_handed_on_once_and_a_clean_end_is_one() {
        let log = || vec!["SIGINT".to_owned()];
        assert_eq!(followed(Some(true), &[Arrives(Signal::INT), Ends(0)]), (Some(0), log(), vec![]));
        assert_eq!(followed(None, &[Arrives(Signal::INT), Ends(3 << 8)]), (Some(3), log(), vec![]));
        assert_eq!(followed(None, &[Arrives(Signal::INT), by(Signal::INT)]), (Some(130), log(), vec![]));
    }

    #[test]
    fn one_that_cannot_hear_is_killed_at_once() {
        let ran = followed(Some(false), &[Arrives(Signal::TERM), by(Signal::KILL)]);
        assert_eq!(ran, (Some(143), vec!["kill".into()], vec![Killed::Unhandled(Signal::TERM)]));
        let said = Killed::Unhandled(Signal::TERM).to_string();
        assert!(
            said.contains("SIGTERM") && said.contains("PID 1") && said.contains("tokio::signal"),
            "{said}"
        );
    }

    #[test]
    fn one_that_does_not_end_in_time_is_killed() {
        let ran = followed(Some(true), &[TimeGoesBy, Arrives(Signal::INT), TimeGoesBy, by(Signal::KILL)]);
        let log = ["long", "SIGINT", "patience", "kill"].map(str::to_owned).to_vec();
        assert_eq!(ran, (Some(130), log, vec![Killed::Slow(Signal::INT)]));
    }

    #[test]
    fn a_second_signal_kills_and_a_third_lets_go() {
        let both = [Arrives(Signal::INT), Arrives(Signal::TERM), by(Signal::KILL)];
        let log = || vec!["SIGINT".to_owned(), "kill".to_owned()];
        let said = || vec![Killed::Again(Signal::TERM)];
        assert_eq!(followed(Some(true), &both), (Some(130), log(), said()));
        let three = [Arrives(Signal::INT), Arrives(Signal::TERM), Arrives(Signal::INT)];
        assert_eq!(followed(Some(true), &three), (None, log(), said()));
    }
}
