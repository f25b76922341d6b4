use super::scripted::Scripted;
use super::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;

const SOON: Duration = Duration::from_secs(20);

/// What the program says before the test.
#[derive(Default)]
struct Says<'a> {
    stdout: &'a str,
    stderr: &'a str,
}

fn test(conditions: &[Condition], timeout: Duration) -> Test {
    Test { conditions: conditions.to_vec(), timeout, grace: Some(SOON) }
}

fn tested(program: &mut Scripted, test: &Test, says: Says) -> Outcome {
    begun(program, test, says).unwrap()
}

fn begun(program: &mut Scripted, test: &Test, says: Says) -> Result<Outcome, Error> {
    let begin = Instant::now();
    let ear = |stream, text: &str| {
        let (pipe, mut writer) = io::pipe().unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        Ear::open(stream, pipe, test.patterns(stream), begin, Ui::default()).unwrap()
    };
    let ears = [ear(Stream::Stdout, says.stdout), ear(Stream::Stderr, says.stderr)];
    let grace = test.grace.map(|grace| (StopSignal::of("").unwrap(), grace));
    test_running(program, test, grace, ears, begin)
}

/// A server that gives `answers` one after the other, each on its own connection.
fn server(answers: &[&str]) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answers: Vec<_> = answers.iter().map(ToString::to_string).collect();
    thread::spawn(move || {
        for answer in answers {
            let mut client = listener.accept().unwrap().0;
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(answer.as_bytes());
        }
    });
    address
}

fn answer(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
}

fn http(text: &str) -> Condition {
    Condition::Http(text.parse::<Request>().unwrap().of(&["8080/tcp"]).unwrap())
}

fn line(stream: Stream, pattern: &str) -> Condition {
    Condition::Line { stream, pattern: regex_lite::Regex::new(pattern).unwrap() }
}

fn status(code: i32) -> ExitStatus {
    ExitStatus::from_raw(code << 8)
}

#[track_caller]
fn passed(outcome: &Outcome) {
    assert!(outcome.error("x").is_none(), "{outcome:?}");
}

/// The notes of the error, which there must be.
#[track_caller]
fn failed(outcome: &Outcome) -> String {
    outcome.error("x").unwrap_or_else(|| panic!("{outcome:?}")).notes().join("\n")
}

#[test]
fn a_server_that_warms_up_is_asked_until_it_answers_well() {
    let address = server(&["", "no HTTP\r\n\r\n", &answer("503 Service Unavailable"), &answer("200 OK")]);
    let mut program = Scripted { address: Some(address), on_signal: Some(status(0)), ..Scripted::default() };
    program.refusals.set(3);
    let outcome = tested(&mut program, &test(&[http("/health")], SOON), Says::default());
    passed(&outcome);
    assert_eq!(outcome.checks[0].seen.unwrap().status, Some(200));
    assert_eq!((outcome.exit(), outcome.checks.len()), (Some(0), 2));
    assert!(outcome.started().is_some() && outcome.stop().is_some());
    let line = outcome.to_string();
    assert!(line.starts_with("started in ") && line.contains(", GET /health 200 in "), "{line}");
    assert!(line.contains(", stopped in "), "{line}");
}

#[test]
fn the_last_answer_is_told_where_the_time_is_over() {
    let not_found = answer("404 Not Found");
    let address = server(&[&*not_found; 1000]);
    let mut program = Scripted { address: Some(address), ..Scripted::default() };
    let outcome = tested(&mut program, &test(&[http("/health")], Duration::from_secs(1)), Says::default());
    let why = failed(&outcome);
    assert!(why.contains("GET /health: not within 1 s: port 8080: the answer is 404"), "{why}");
    assert!(why.contains("200 to 399 is wanted") && why.contains("it said nothing"), "{why}");
    assert!(program.killed.get() && outcome.checks.len() == 1, "no stop is tested");
}

#[test]
fn who_never_listens_is_told_so() {
    let conditions = [http("/"), Condition::Tcp { port: 9 }];
    let mut program = Scripted::default();
    let outcome = tested(&mut program, &test(&conditions, Duration::from_millis(100)), Says::default());
    let error = outcome.error("hello").unwrap();
    assert_eq!(error.what(), "`hello` failed its test: GET /, port 9");
    let why = error.notes().join("\n");
    for words in ["nobody listens on port 8080 (connection refused)", "nobody listens on port 9", " times"] {
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn a_port_that_an_engine_cannot_reach_is_to_be_exposed() {
    let mut outcome = tested(
        &mut Scripted::default(),
        &test(&[http("/"), Condition::Tcp { port: 9 }], Duration::from_millis(50)),
        Says::default(),
    );
    outcome.unexposed(&[8080]);
    let error = outcome.error("x").unwrap();
    assert_eq!(error.helps(), ["builtin reaches only ports that the image exposes: --expose 9"]);
}

#[test]
fn an_engine_that_cannot_start_a_program_is_heard() {
    let mut program = Scripted { unstartable: true, ..Scripted::default() };
    let says = Says { stderr: "Error: runc: operation not permitted\n", ..Says::default() };
    let error = begun(&mut program, &test(&[http("/")], SOON), says).unwrap_err();
    assert_eq!(
        (error.code(), error.notes()),
        (Code::Engine, &["Error: runc: operation not permitted".to_owned()][..])
    );
}

#[test]
fn a_silent_server_does_not_keep_the_others_from_being_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().ok();
    let mut program = Scripted { address, on_signal: Some(status(0)), ..Scripted::default() };
    let conditions = [http("/"), line(Stream::Stdout, "^ready$")];
    let limit = Duration::from_millis(300);
    let outcome =
        tested(&mut program, &test(&conditions, limit), Says { stdout: "ready\n", ..Says::default() });
    let why = failed(&outcome);
    assert!(why.contains("GET /: not within 300 ms: ") && why.contains("no answer"), "{why}");
    assert!(outcome.checks[1].seen.unwrap().after < limit, "{outcome:?}");
}

#[test]
fn a_port_that_only_the_inside_reaches_is_warned_of_once() {
    let address = server(&[&*answer("200 OK"), &*answer("200 OK")]);
    let mut program = Scripted {
        address: Some(address),
        is_private: true,
        on_signal: Some(status(0)),
        ..Scripted::default()
    };
    let outcome =
        tested(&mut program, &test(&[http("/"), Condition::Tcp { port: 8080 }], SOON), Says::default());
    passed(&outcome);
    assert_eq!(outcome.warnings.len(), 1);
    assert!(outcome.warnings[0].what().contains("port 8080 is open on 127.0.0.1 alone"), "{outcome:?}");
}

#[test]
fn lines_are_looked_for_in_their_own_stream() {
    let says = || Says { stdout: "listening on 8080\n", stderr: "warning: x\n" };
    let mut program = Scripted { on_signal: Some(status(0)), ..Scripted::default() };
    let good = [line(Stream::Stdout, r"on \d+$"), line(Stream::Stderr, "^warning")];
    passed(&tested(&mut program, &test(&good, SOON), says()));
    let bad = [line(Stream::Stdout, "^warning")];
    let why = failed(&tested(&mut Scripted::default(), &test(&bad, Duration::from_millis(50)), says()));
    assert!(why.contains("stdout `^warning`: not within 50 ms: no line of its 18 bytes fits"), "{why}");
    assert!(why.contains("its standard error:\n  warning: x"), "{why}");
}

#[test]
fn an_early_end_fails_at_once_with_the_last_words() {
    let mut program = Scripted { ended: Some(status(101)), ..Scripted::default() };
    let says = Says { stderr: "thread 'main' panicked at src/main.rs:2:5:\nno config\n", ..Says::default() };
    let begin = Instant::now();
    let outcome = tested(&mut program, &test(&[http("/")], Duration::from_hours(1)), says);
    assert!(begin.elapsed() < SOON);
    let error = outcome.error("x").unwrap();
    let why = error.notes().join("\n");
    assert!(why.contains("GET /: it ended with status 101 after"), "{why}");
    assert!(why.contains("\n  no config"), "{why}");
    assert!(error.helps()[0].contains("panic"), "{error:?}");
    assert_eq!(outcome.exit(), Some(101));
}

#[test]
fn a_command_line_tool_is_tested_by_its_status_and_its_lines() {
    let conditions = |code| [line(Stream::Stdout, "^1.2$"), Condition::Exit { code }];
    let says = || Says { stdout: "1.2\n", ..Says::default() };
    let mut program = Scripted { ended: Some(status(3)), ..Scripted::default() };
    let outcome = tested(&mut program, &test(&conditions(3), SOON), says());
    passed(&outcome);
    assert_eq!(program.signals.get(), 0, "there is nothing to stop");
    let why = failed(&tested(&mut program, &test(&conditions(0), SOON), says()));
    assert!(why.contains("exit 0: it ended with status 3"), "{why}");
    let mut runs = Scripted::default();
    let why = failed(&tested(&mut runs, &test(&conditions(0), Duration::from_millis(50)), says()));
    assert!(why.contains("exit 0: after 50 ms it still runs"), "{why}");
    assert!(runs.killed.get());
}

#[test]
fn a_tool_that_has_said_its_line_and_ended_with_0_needs_no_stop() {
    let conditions = [line(Stream::Stdout, "hello")];
    for (code, good) in [(0, true), (1, false)] {
        let mut program = Scripted { ended: Some(status(code)), ..Scripted::default() };
        let says = Says { stdout: "hello", ..Says::default() };
        let outcome = tested(&mut program, &test(&conditions, SOON), says);
        assert_eq!(outcome.error("x").is_none(), good, "{outcome:?}");
        assert!(good || failed(&outcome).contains("ended with status 1 before it was told to stop"));
    }
}

#[test]
fn without_a_condition_a_program_runs_on_or_has_ended_with_0() {
    let start = test(&[Condition::Start], SOON);
    let mut server = Scripted { on_signal: Some(status(143)), ..Scripted::default() };
    let outcome = tested(&mut server, &start, Says::default());
    passed(&outcome);
    assert!(
        outcome.to_string().starts_with("still runs after 1") && outcome.started().is_none(),
        "{outcome}"
    );
    let mut tool = Scripted { ended: Some(status(0)), ..Scripted::default() };
    let outcome = tested(&mut tool, &start, Says::default());
    passed(&outcome);
    assert!(outcome.to_string().starts_with("ended with 0 in "), "{outcome}");
    let mut broken = Scripted { ended: Some(status(1)), ..Scripted::default() };
    assert!(failed(&tested(&mut broken, &start, Says::default())).contains("start: it ended with status 1"));
}

#[test]
fn a_stop_is_left_out_where_it_is_not_wanted() {
    let test = Test { grace: None, ..test(&[line(Stream::Stdout, "x")], SOON) };
    let mut program = Scripted { handles: Some(false), ..Scripted::default() };
    let outcome = tested(&mut program, &test, Says { stdout: "x\n", ..Says::default() });
    passed(&outcome);
    assert!(program.killed.get() && program.signals.get() == 0);
    assert_eq!((outcome.stop(), outcome.exit()), (None, None));
}

#[test]
fn a_program_that_is_deaf_to_its_signal_fails_with_what_mends_it() {
    let mut program = Scripted { handles: Some(false), ..Scripted::default() };
    let outcome = tested(
        &mut program,
        &test(&[line(Stream::Stdout, "x")], SOON),
        Says { stdout: "x\n", ..Says::default() },
    );
    let error = outcome.error("x").unwrap();
    assert_eq!(error.what(), "`x` failed its test: stop");
    assert!(error.helps()[0].contains("signal-hook"), "{error:?}");
}

#[test]
fn lengths_of_time_are_short() {
    for (micros, text) in
        [(0, "0.1 ms"), (400, "0.4 ms"), (15_300, "15 ms"), (1_000_000, "1 s"), (1_250_000, "1.2 s")]
    {
        assert_eq!(span(Duration::from_micros(micros)), text);
    }
}
