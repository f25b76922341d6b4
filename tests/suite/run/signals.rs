//! Signals: handed on once, and no program keeps anybody waiting for ever.

use super::{Going, command, gone, inmate};
use crate::support::Run;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Starts the program in `engine`, waits until it is ready, sends `signals`, each when the one before was heard, and
/// waits for the end.
fn signalled(words: &[&str], how: &str, signals: &[Signal]) -> (Run, Duration) {
    let fake = inmate();
    let mut going = Going::start(command(&fake, words, &[how]));
    assert_eq!(going.line(), "ready");
    let family = going.family();
    let start = Instant::now();
    for (at, signal) in signals.iter().enumerate() {
        if at > 0 {
            assert_eq!(going.line(), "heard");
        }
        going.send(*signal);
    }
    let run = going.end();
    let took = start.elapsed();
    gone(&family);
    (run, took)
}

#[test]
fn a_program_that_ends_of_a_signal_ends_with_its_own_status() {
    for signal in [Signal::INT, Signal::TERM] {
        let (run, _) = signalled(&[], "clean", &[signal]);
        assert!(run.status == 0 && !run.stderr.contains("warning"), "{run:?}");
    }
}

#[test]
fn i2_one_without_a_handler_is_killed_at_once_and_told_why() {
    for (signal, status, name) in
        [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM"), (Signal::HUP, 129, "SIGHUP")]
    {
        let (run, took) = signalled(&[], "deaf", &[signal]);
        assert_eq!(run.status, status, "{run:?}");
        assert!(took < Duration::from_secs(8), "not after the 10 s of one that may still end: {took:?}");
        for word in ["warning[killed]: ", "PID 1", name, "`docker stop`", "10 s", "tokio::signal"] {
            assert!(run.stderr.contains(word), "no {word}: {run:?}");
        }
    }
}

#[test]
fn i2_one_that_ignores_a_signal_is_killed_by_the_second() {
    let (run, took) = signalled(&[], "stubborn", &[Signal::INT, Signal::INT]);
    assert!(
        run.status == 130 && run.stderr.contains("warning[killed]: the program was killed: SIGINT"),
        "{run:?}"
    );
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn i2_one_that_ignores_a_signal_is_killed_after_ten_seconds() {
    let (run, took) = signalled(&["-q"], "stubborn", &[Signal::TERM]);
    assert!(run.status == 143 && run.stderr.contains("10 seconds after SIGTERM"), "{run:?}");
    assert!(took >= Duration::from_secs(10), "{took:?}");
}

#[test]
fn i2_the_program_ends_with_us_whatever_ends_us() {
    let fake = inmate();
    let mut going = Going::start(command(&fake, &[], &["clean"]));
    assert_eq!(going.line(), "ready");
    let family = going.family();
    going.send(Signal::KILL);
    assert_eq!(going.end().status, -9);
    gone(&family);
}

#[test]
fn needs_docker_a_container_is_stopped_in_the_same_ways() {
    let docker = ["--engine", "docker"];
    let (run, _) = signalled(&docker, "clean", &[Signal::INT]);
    assert!(run.status == 0 && !run.stderr.contains("warning"), "{run:?}");
    let (run, _) = signalled(&docker, "deaf", &[Signal::TERM]);
    assert!(run.status == 143 && run.stderr.contains("PID 1"), "{run:?}");
    let (run, _) = signalled(&docker, "stubborn", &[Signal::INT, Signal::TERM]);
    assert!(run.status == 130 && run.stderr.contains("SIGTERM came"), "{run:?}");
}

#[test]
fn i2_a_program_that_takes_more_memory_than_it_may_is_killed_and_that_is_said_needs_mount() {
    let fake = inmate();
    let killed = Run::of(command(&fake, &["--memory", "32MB"], &["takes", "64000000"]));
    assert!(killed.status == 137 && killed.stderr.contains("more memory than it may"), "{killed:?}");
    let fits = Run::of(command(&fake, &["--memory", "128MB"], &["takes", "64000000"]));
    assert!(
        fits.status == 0 && fits.stdout.contains("took 64000000") && !fits.stderr.contains("memory"),
        "{fits:?}"
    );
}
