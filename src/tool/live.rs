//! The streams of a tool while it runs: read until it ends and no longer, copied as they come, the last part kept.

use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, BufRead, PipeReader, Read, Write};
use std::os::fd::AsFd;

/// The most bytes that a pipe holds after its writer has ended: `/proc/sys/fs/pipe-max-size`, pipe(7).
const LEFT_BEHIND: usize = 1 << 20;
/// The most bytes that are kept of a stream: all that a build script says before its error, OpenSSL's `make` included.
pub const TAIL_LIMIT: usize = 1 << 20;

/// The longest line of a stream that is handed on, in bytes; a longer one is skipped, not stored.
const LINE_LIMIT: u64 = 16 << 20;

/// A pipe that ends with the tool at its other end, although a process that the tool leaves behind (the server of a
/// compiler cache, a build script's daemon) may keep it open for hours.
pub struct Pipe<'a, R> {
    stream: R,
    /// Nobody writes here; it closes when the tool has ended.
    end: &'a PipeReader,
    left: usize,
}

impl<'a, R: Read + AsFd> Pipe<'a, R> {
    /// `stream`, until `end` closes.
    pub fn new(stream: R, end: &'a PipeReader) -> Self {
        Pipe { stream, end, left: LEFT_BEHIND }
    }

    /// Waits; tells whether there is something to read, and whether the tool has ended.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let mut both = [PollFd::new(&self.stream, PollFlags::IN), PollFd::new(self.end, PollFlags::IN)];
        while let Err(reason) = poll(&mut both, None) {
            if reason != rustix::io::Errno::INTR {
                return Err(reason.into());
            }
        }
        Ok((!both[0].revents().is_empty(), !both[1].revents().is_empty()))
    }
}

impl<R: Read + AsFd> Read for Pipe<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = match self.wait()? {
            (_, false) => return self.stream.read(buffer),
            // what it said last is in the pipe; what comes after that is not its own
            (true, true) => buffer.len().min(self.left),
            (false, true) => 0,
        };
        let read = if room == 0 { 0 } else { self.stream.read(&mut buffer[..room])? };
        self.left -= read;
        Ok(read)
    }
}

/// Hands on lines without their end, each at most 16 MiB; what is longer is read over.
pub fn lines(mut stream: impl BufRead, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut stream).take(LINE_LIMIT).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() as u64 == LINE_LIMIT {
            stream.skip_until(b'\n')?;
            continue;
        }
        each(&line);
    }
}

/// Copies `stream` to `to` as it comes, to the byte, and returns the last of it without lines that were drawn over.
///
/// Where `to` cannot be written, the reading goes on: a tool whose pipe closes early would die of it.
pub fn copy(mut stream: impl Read, mut to: impl Write) -> io::Result<Vec<u8>> {
    let mut tail = Tail::default();
    let mut piece = vec![0; 16 << 10];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(tail.end()),
            Ok(read) => {
                let _ = to.write_all(&piece[..read]).and_then(|()| to.flush());
                tail.add(&piece[..read]);
            }
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
            Err(reason) => return Err(reason),
        }
    }
}

/// The last [`TAIL_LIMIT`] bytes of a text. A line that is drawn over after a `\r`, as a progress bar is ten times a
/// second, would push the error out that cargo reported before it waited for other jobs; it is not kept.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn add(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|&byte| byte == b'\n' || byte == b'\r') {
            if self.0.last() == Some(&b'\r') && part != b"\n" {
                self.0.truncate(memchr::memrchr(b'\n', &self.0).map_or(0, |at| at + 1));
            }
            self.0.extend_from_slice(part);
        }
        if self.0.len() > 2 * TAIL_LIMIT {
            self.cut();
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.cut();
        self.0
    }

    fn cut(&mut self) {
        self.0.drain(..self.0.len().saturating_sub(TAIL_LIMIT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_a_line_beyond_the_limit_is_skipped_and_the_next_is_read() {
        let mut long = vec![b'x'; usize::try_from(LINE_LIMIT).unwrap() + 5];
        long.extend_from_slice(b"\nnext\nlast");
        let mut seen = Vec::new();
        lines(&long[..], &mut |line| seen.push(line.to_vec())).unwrap();
        assert_eq!(seen, [b"next".to_vec(), b"last".to_vec()]);
    }

    #[test]
    fn a_copy_is_exact_and_its_tail_bounded() {
        let mut text: Vec<u8> = (0..5 << 20_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
        text.extend_from_slice(b"\nlast, and \xff is no text");
        let mut copied = Vec::new();
        let tail = copy(&text[..], &mut copied).unwrap();
        assert!(copied == text);
        assert!(tail.len() <= TAIL_LIMIT && tail.len() > TAIL_LIMIT / 2);
        assert!(tail.ends_with(b"\nlast, and \xff is no text"));
    }

    #[test]
    fn a_progress_bar_does_not_push_an_error_out() {
        let mut tail = Tail::default();
        tail.add(b"error: no compiler\r\n");
        for _ in 0..TAIL_LIMIT / 8 {
            tail.add(b"   Building [==>  ] 3/7: x");
            tail.add(b"\r");
        }
        tail.add(b"\x1b[Kerror: could not compile `x`\n");
        assert_eq!(tail.end(), b"error: no compiler\r\n\x1b[Kerror: could not compile `x`\n");
    }

    #[test]
    fn a_stream_that_cannot_be_written_is_read_to_its_end() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(copy(&b"a\nb"[..], Closed).unwrap(), b"a\nb");
    }

    #[test]
    fn a_pipe_ends_with_its_writer_though_another_holds_it_open() {
        let (stream, mut writer) = io::pipe().unwrap();
        let (end, running) = io::pipe().unwrap();
        writer.write_all(b"said").unwrap();
        let mut pipe = Pipe::new(stream, &end);
        let mut piece = [0; 3];
        assert_eq!(pipe.read(&mut piece).unwrap(), 3);
        drop(running);
        let mut rest = Vec::new();
        pipe.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"d");
        writer.write_all(b"by a grandchild").unwrap();
        pipe.left = 2;
        pipe.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"dby", "one that never falls silent cannot keep us either");
    }
}
