//! What a program says: read to its end however much it is, its beginning and its end kept, its lines looked at as
//! they come.

use super::condition::Stream;
use crate::error::last_lines;
use crate::ui::Ui;
use regex_lite::Regex;
use std::io::{self, PipeReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes that are kept of the beginning of a stream.
const HEAD: usize = 16 << 10;
/// The most bytes that are kept of its end.
const TAIL: usize = 64 << 10;
/// The most bytes of one line that are looked at.
const LINE: usize = 16 << 10;

/// Listens to one stream of a program.
#[derive(Debug)]
pub struct Ear {
    stream: Stream,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    heard: Mutex<Heard>,
    ended: Condvar,
}

impl Ear {
    /// Listens to `pipe` from now on, for lines that fit `patterns`; times count from `begin`. With `-v`, `ui` shows
    /// each line as it comes.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn open(
        stream: Stream,
        pipe: PipeReader,
        patterns: Vec<Regex>,
        begin: Instant,
        ui: Ui,
    ) -> io::Result<Self> {
        let patterns = patterns.into_iter().map(|pattern| (pattern, None)).collect();
        let heard = Mutex::new(Heard { patterns, ..Heard::default() });
        let shared = Arc::new(Shared { heard, ended: Condvar::new() });
        let ear = Ear { stream, shared: shared.clone() };
        let mut pipe = pipe;
        let listen = move || {
            let mut piece = vec![0; 16 << 10];
            loop {
                match pipe.read(&mut piece) {
                    Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                    Ok(read) => {
                        let mut heard = shared.lock();
                        heard.add(&piece[..read], begin, |line| ui.detail(stream.word(), line));
                    }
                }
            }
            let mut heard = shared.lock();
            heard.end(begin, |line| ui.detail(stream.word(), line));
            shared.ended.notify_all();
        };
        thread::Builder::new().name(stream.word().into()).spawn(listen)?;
        Ok(ear)
    }

    /// Which stream it is.
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// When the first line came that fits the pattern written so, if one did.
    pub fn found(&self, pattern: &str) -> Option<Duration> {
        let heard = self.shared.lock();
        heard.patterns.iter().find(|(known, _)| known.as_str() == pattern).and_then(|(_, at)| *at)
    }

    /// Waits until all has been heard, at most for `limit`: what the program has left behind may keep on speaking.
    pub fn finish(&self, limit: Duration) {
        let open = |heard: &mut Heard| !heard.ended;
        drop(self.shared.ended.wait_timeout_while(self.shared.lock(), limit, open));
    }

    /// The bytes that were said so far.
    pub fn total(&self) -> u64 {
        self.shared.lock().total
    }

    /// The first lines, if not all is kept, and the last ones, as [`last_lines`] bounds them.
    pub fn lines(&self) -> Vec<String> {
        let heard = self.shared.lock();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if heard.total <= (HEAD + TAIL) as u64 {
            return last_lines(&text(&[&heard.head[..], &heard.tail].concat()));
        }
        let head = text(&heard.head);
        let mut lines: Vec<_> =
            head.lines().take(3).map(|line| crate::error::bounded(line.trim_end())).collect();
        lines.push(format!("… {} bytes in all", heard.total));
        lines.extend(last_lines(&text(&heard.tail)));
        lines
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Heard {
    head: Vec<u8>,
    tail: Vec<u8>,
    total: u64,
    /// The line that has begun, as far as it is looked at.
    line: Vec<u8>,
    patterns: Vec<(Regex, Option<Duration>)>,
    ended: bool,
}

impl Heard {
    fn add(&mut self, piece: &[u8], begin: Instant, mut show: impl FnMut(&str)) {
        self.total += piece.len() as u64;
        let (head, tail) = piece.split_at(piece.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(tail);
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            let (text, whole) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            let room = LINE - self.line.len();
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if whole {
                self.look(begin, &mut show);
            }
        }
    }

    /// A last line without its end is one, too.
    fn end(&mut self, begin: Instant, mut show: impl FnMut(&str)) {
        if !self.line.is_empty() {
            self.look(begin, &mut show);
        }
        self.ended = true;
    }

    fn look(&mut self, begin: Instant, show: &mut impl FnMut(&str)) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        show(line);
        for (pattern, at) in self.patterns.iter_mut().filter(|(_, at)| at.is_none()) {
            if pattern.is_match(line) {
                *at = Some(begin.elapsed());
            }
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const SOON: Duration = Duration::from_secs(20);

    fn heard(text: &[u8], patterns: &[&str]) -> Ear {
        let (pipe, mut writer) = io::pipe().unwrap();
        let patterns = patterns.iter().map(|pattern| Regex::new(pattern).unwrap()).collect();
        let ear = Ear::open(Stream::Stdout, pipe, patterns, Instant::now(), Ui::default()).unwrap();
        writer.write_all(text).unwrap();
        drop(writer);
        ear.finish(SOON);
        ear
    }

    #[test]
    fn a_pattern_fits_one_line_and_not_what_stands_in_two() {
        let ear =
            heard(b"one\r\ntwo \xff three\nlast", &["^one$", "two . three", "^last$", "two.*last", "^$"]);
        for found in ["^one$", "two . three", "^last$"] {
            assert!(ear.found(found).is_some(), "{found}");
        }
        for missing in ["two.*last", "^$"] {
            assert!(ear.found(missing).is_none(), "{missing}");
        }
        assert_eq!(ear.lines(), ["one", "two \u{fffd} three", "last"]);
    }

    #[test]
    fn a_line_is_found_while_the_program_speaks_on() {
        let (pipe, mut writer) = io::pipe().unwrap();
        let patterns = vec![Regex::new("ready").unwrap()];
        let ear = Ear::open(Stream::Stdout, pipe, patterns, Instant::now(), Ui::default()).unwrap();
        writer.write_all(b"ready\n").unwrap();
        let begin = Instant::now();
        while ear.found("ready").is_none() {
            assert!(begin.elapsed() < SOON);
            thread::sleep(Duration::from_millis(1));
        }
        ear.finish(Duration::from_millis(1));
        assert_eq!(ear.total(), 6, "and the end is not waited for");
    }

    #[test]
    fn i2_endless_output_keeps_its_beginning_and_its_end() {
        let mut text = b"first\n".to_vec();
        (0..1_000_000).for_each(|at| text.extend_from_slice(format!("line {at}\n").as_bytes()));
        let ear = heard(&text, &["^line 999999$"]);
        assert_eq!(ear.total(), text.len() as u64);
        assert!(ear.found("^line 999999$").is_some());
        let lines = ear.lines();
        assert_eq!(lines[..2], ["first", "line 0"]);
        assert_eq!(lines[3], format!("… {} bytes in all", text.len()));
        assert_eq!(lines.last().unwrap(), "line 999999");
        let heard = ear.shared.lock();
        assert!(heard.head.len() + heard.tail.len() <= HEAD + 2 * TAIL);
    }

    #[test]
    fn i2_a_line_without_an_end_is_bounded() {
        let ear = heard(&vec![b'x'; 8 << 20], &["^x+$", "y"]);
        assert!(ear.found("^x+$").is_some() && ear.found("y").is_none());
        assert!(ear.shared.lock().line.capacity() <= 2 * LINE);
        assert!(ear.lines().iter().map(String::len).sum::<usize>() < 8 << 10);
    }
}
