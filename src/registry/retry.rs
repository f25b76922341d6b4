//! What is asked again, when, and how often.
//!
//! A registry that is busy or broken for a moment should not cost a build. One that refuses does so the second time
//! too, and one that wants more time than a person would wait has said all there is to know.

use super::date;
use super::http::{Answer, Failure};
use super::said::{self, Asked};
use crate::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How patient a client is.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The longest first wait; the next ones are twice as long each.
    pub first: Duration,
    /// The longest wait of all that nobody asked for.
    pub cap: Duration,
    /// How long the registry may ask to wait (`Retry-After`), in total for one request.
    pub patience: Duration,
    /// How often one request is repeated at most.
    pub most: u32,
    /// After how long without an answer a request is not repeated. A server that says nothing is not asked twice at
    /// all: who has waited a minute for it learns no more in six.
    pub stall: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            first: Duration::from_millis(200),
            cap: Duration::from_secs(8),
            patience: Duration::from_mins(1),
            most: 5,
            stall: Duration::from_secs(30),
        }
    }
}

/// Why a request is not repeated any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// It was asked as often as it may be, this often.
    Asked(u32),
    /// The registry wants to be left alone for so long.
    Wait(Duration),
}

impl Enough {
    /// Adds itself to the error that the last outcome is.
    pub fn explain(self, error: Error) -> Error {
        match self {
            Enough::Asked(1) => error,
            Enough::Asked(times) => error.note(format!("asked {times} times")),
            Enough::Wait(pause) => {
                error.note(format!("it asks to wait {} s, longer than is waited", pause.as_secs()))
            }
        }
    }
}

/// The repetitions of one request.
#[derive(Clone, Debug)]
pub struct Schedule {
    policy: Policy,
    repeated: u32,
    waited: Duration,
}

impl Schedule {
    /// None yet.
    pub fn new(policy: Policy) -> Self {
        Schedule { policy, repeated: 0, waited: Duration::ZERO }
    }

    /// Waits until the request may be repeated; `asked` is what the registry says of it. An error says why it may not.
    pub fn pause(&mut self, asked: Option<Duration>) -> Result<(), Enough> {
        let pause = self.next(asked)?;
        thread::sleep(pause);
        Ok(())
    }

    /// How long to wait before the request is repeated.
    fn next(&mut self, asked: Option<Duration>) -> Result<Duration, Enough> {
        if self.repeated >= self.policy.most {
            return Err(Enough::Asked(self.repeated + 1));
        }
        let pause = match asked {
            None => {
                jittered(self.policy.first.saturating_mul(1 << self.repeated.min(16)).min(self.policy.cap))
            }
            Some(asked) if self.waited + asked > self.policy.patience => return Err(Enough::Wait(asked)),
            Some(asked) => {
                self.waited += asked;
                asked
            }
        };
        self.repeated += 1;
        Ok(pause)
    }
}

/// Sends a request until its outcome is no passing trouble, or it was enough.
///
/// # Errors
/// There is no answer, or only answers that say "later".
pub fn persist(
    policy: Policy,
    asked: &Asked,
    send: impl FnMut() -> Result<Answer, Failure>,
) -> Result<Answer, Error> {
    match last(policy, send) {
        (outcome, None) => outcome.map_err(|failure| said::failed(asked, failure)),
        (outcome, Some(enough)) => Err(enough.explain(said::unanswered(asked, outcome))),
    }
}

/// The same with the last outcome, whatever it is; and if that could have been another one a moment later, why it was
/// not waited for.
pub fn last(
    policy: Policy,
    mut send: impl FnMut() -> Result<Answer, Failure>,
) -> (Result<Answer, Failure>, Option<Enough>) {
    let mut schedule = Schedule::new(policy);
    let start = Instant::now();
    loop {
        let outcome = send();
        let wait = match Passing::of(&outcome) {
            Some(passing) => passing.wait,
            None => return (outcome, None),
        };
        let stalled =
            matches!(outcome, Err(Failure::Silent(_))) || outcome.is_err() && start.elapsed() >= policy.stall;
        let pause = if stalled { Err(Enough::Asked(schedule.repeated + 1)) } else { schedule.pause(wait) };
        if let Err(enough) = pause {
            return (outcome, Some(enough));
        }
    }
}

/// Between a half and the whole of `pause`: clients that were turned away together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8);
    let half = pause / 2;
    // the hasher's keys are the standard library's own random numbers
    half + half.mul_f64(f64::from(random as u32) / f64::from(u32::MAX))
}

/// A trouble that may have passed when the request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passing {
    /// How long the registry asks to wait.
    pub wait: Option<Duration>,
}

impl Passing {
    /// That of `outcome`: the status says "later", or there is no answer.
    pub fn of(outcome: &Result<Answer, Failure>) -> Option<Self> {
        match outcome {
            Ok(answer) if matches!(answer.status, 408 | 429 | 500 | 502 | 503 | 504) => {
                Some(Passing { wait: asked_wait(answer) })
            }
            Err(Failure::Broken(_) | Failure::Silent(_)) => Some(Passing { wait: None }),
            _ => None,
        }
    }
}

/// How long `answer` asks to wait (`Retry-After`, RFC 9110, 10.2.3: seconds or a time).
///
/// A time is counted from the answer's own `Date`, so that a clock that is wrong here does no harm.
fn asked_wait(answer: &Answer) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // longer than anybody waits, whatever the number
        return Some(Duration::from_secs(text.parse::<u32>().unwrap_or(u32::MAX).into()));
    }
    let now = answer.header("date").and_then(date::parse).unwrap_or_else(SystemTime::now);
    Some(date::until(date::parse(text)?, now))
}

#[cfg(test)]
mod tests {
    use super::super::url::Url;
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        Answer {
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
            cut: false,
            url: Url::parse("https://h/v2/").unwrap(),
        }
    }

    #[test]
    fn e2_pauses_grow_to_the_cap_and_end() {
        let policy = Policy { most: 9, ..Policy::default() };
        let mut schedule = Schedule::new(policy);
        for whole in [200, 400, 800, 1600, 3200, 6400, 8000, 8000, 8000] {
            let pause = schedule.next(None).unwrap();
            let whole = Duration::from_millis(whole);
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
        }
        assert_eq!(schedule.next(None), Err(Enough::Asked(10)));
    }

    #[test]
    fn e2_what_the_registry_asks_for_is_honoured_up_to_a_minute() {
        let mut schedule = Schedule::new(Policy::default());
        let second = Duration::from_secs(1);
        assert_eq!(schedule.next(Some(Duration::ZERO)), Ok(Duration::ZERO));
        assert_eq!(schedule.next(Some(second * 40)), Ok(second * 40));
        assert_eq!(schedule.next(Some(second * 21)), Err(Enough::Wait(second * 21)));
        assert_eq!(schedule.next(Some(second * 20)), Ok(second * 20));
    }

    #[test]
    fn e2_seconds_and_dates_are_understood() {
        let after = |value: &str| asked_wait(&answer(429, &[("retry-after", value)]));
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("99999999999999999999"), Some(Duration::from_secs(u32::MAX.into())));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        for odd in ["", "-1", "soon", "1.5"] {
            assert_eq!(after(odd), None, "{odd}");
        }
        let both =
            [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")];
        assert_eq!(asked_wait(&answer(503, &both)), Some(Duration::from_secs(3)));
    }

    #[test]
    fn e12_who_says_nothing_for_long_is_not_asked_again() {
        let url = Url::parse("https://h/v2/").unwrap();
        let (headers, authorization, body) = (Vec::new(), None, super::super::http::Body::Empty);
        let method = super::super::http::Method::Get;
        let call = super::super::http::Call { method, url, headers, authorization, body, limit: 1 };
        let quick = Policy { first: Duration::ZERO, ..Policy::default() };
        for (stall, times) in [(Duration::ZERO, 1), (Duration::from_mins(10), quick.most + 1)] {
            let mut asked = 0;
            let away = || {
                asked += 1;
                Err(Failure::Broken("no connection to `h` within 10 s".to_owned()))
            };
            let error = persist(Policy { stall, ..quick }, &Asked::from(&call), away).unwrap_err();
            assert_eq!(asked, times);
            assert!(error.what().contains("no connection"), "{error}");
            let mut asked = 0;
            let silent = || {
                asked += 1;
                Err(Failure::Silent("`h` sent nothing for 60 s".to_owned()))
            };
            let error = persist(quick, &Asked::from(&call), silent).unwrap_err();
            assert!(
                asked == 1 && error.notes().is_empty() && error.what().contains("sent nothing"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn e1_a_refusal_is_not_repeated() {
        for status in [200, 201, 202, 301, 400, 401, 403, 404, 405, 413, 416, 501] {
            assert_eq!(Passing::of(&Ok(answer(status, &[]))), None, "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(Passing::of(&Ok(answer(status, &[]))).is_some(), "{status}");
        }
        assert!(Passing::of(&Err(Failure::Broken("reset".to_owned()))).is_some());
    }
}
