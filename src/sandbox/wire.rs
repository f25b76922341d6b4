//! How the processes of the sandbox talk: messages with open files, and the bytes of files, over a pair of sockets.
//!
//! A message is JSON in one or more packets (`SOCK_SEQPACKET`, unix(7)), the first of which carries the files; the first
//! byte of a packet says whether more follow. The other side of a link may be gone at any time: that is the end.

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The bytes of one packet, well below the least buffer that Linux gives a socket.
pub const PACKET: usize = 60 << 10;
/// The bytes of one message: no configuration of an image is larger.
const MESSAGE: usize = 32 << 20;
/// The open files of one message (unix(7): at most 253).
pub const FILES: usize = 200;

const LAST: u8 = 0;
const MORE: u8 = 1;

/// One end of a connection between two processes.
#[derive(Debug)]
pub struct Link(OwnedFd);

impl Link {
    /// Two ends of a new connection.
    ///
    /// # Errors
    /// The system's.
    pub fn pair() -> io::Result<(Link, Link)> {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let (one, other) = rustix::net::socketpair(family, kind, SocketFlags::CLOEXEC, None)?;
        Ok((Link(one), Link(other)))
    }

    /// The end that this process was started with as its standard input.
    ///
    /// # Errors
    /// It is no such socket.
    pub fn of_stdin() -> io::Result<Link> {
        let stdin = rustix::stdio::stdin();
        if rustix::net::sockopt::socket_type(stdin)? != SocketType::SEQPACKET {
            return Err(Errno::NOTSOCK.into());
        }
        Ok(Link(stdin.try_clone_to_owned()?))
    }

    /// Sends `message`, and `files` with it.
    ///
    /// # Errors
    /// The other side is gone, or takes no more.
    pub fn send(&self, message: &impl Serialize, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        let mut files = files;
        let mut pieces = bytes.chunks(PACKET).peekable();
        while let Some(piece) = pieces.next() {
            let mark = if pieces.peek().is_some() { MORE } else { LAST };
            let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
            let mut with = SendAncillaryBuffer::new(&mut space);
            if !files.is_empty() && !with.push(SendAncillaryMessage::ScmRights(files)) {
                return Err(Errno::TOOBIG.into());
            }
            let parts = [IoSlice::new(std::slice::from_ref(&mark)), IoSlice::new(piece)];
            retried(|| rustix::net::sendmsg(&self.0, &parts, &mut with, SendFlags::NOSIGNAL))?;
            files = &[];
        }
        Ok(())
    }

    /// The next message and what came with it; `None` where the other side is gone.
    ///
    /// # Errors
    /// The system's, or no message of ours.
    pub fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        let (mut message, mut files) = (Vec::new(), Vec::new());
        let mut piece = vec![0; PACKET];
        loop {
            let mut mark = [LAST];
            let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
            let mut with = RecvAncillaryBuffer::new(&mut space);
            let mut parts = [IoSliceMut::new(&mut mark), IoSliceMut::new(&mut piece)];
            let flags = RecvFlags::CMSG_CLOEXEC;
            let read = match retried(|| rustix::net::recvmsg(&self.0, &mut parts, &mut with, flags)) {
                Ok(read) => read.bytes,
                Err(Errno::CONNRESET) => 0,
                Err(reason) => return Err(reason.into()),
            };
            for rights in with.drain() {
                if let RecvAncillaryMessage::ScmRights(rights) = rights {
                    files.extend(rights);
                }
            }
            if read == 0 {
                return Ok(None);
            }
            message.extend_from_slice(&piece[..read - 1]);
            if message.len() > MESSAGE {
                return Err(Errno::MSGSIZE.into());
            }
            if mark == [LAST] {
                return Ok(Some((serde_json::from_slice(&message)?, files)));
            }
        }
    }

    /// Sends bytes of a file, at most [`PACKET`] of them.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn send_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        retried(|| rustix::net::send(&self.0, bytes, SendFlags::NOSIGNAL))?;
        Ok(())
    }

    /// Receives what [`Link::send_bytes`] has sent; nothing where the other side is gone.
    ///
    /// # Errors
    /// The system's.
    pub fn receive_bytes<'a>(&self, into: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let read = retried(|| rustix::net::recv(&self.0, &mut *into, RecvFlags::empty()))?.0;
        Ok(&into[..read])
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<Link> for OwnedFd {
    fn from(link: Link) -> Self {
        link.0
    }
}

impl From<OwnedFd> for Link {
    fn from(fd: OwnedFd) -> Self {
        Link(fd)
    }
}

/// Repeats what a signal has broken off.
fn retried<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_long_message_arrives_whole_with_its_files() {
        let (here, there) = Link::pair().unwrap();
        let text = "x".repeat(3 * PACKET + 1);
        let (mut read, write) = io::pipe().unwrap();
        let sending = std::thread::spawn({
            let text = text.clone();
            move || here.send(&text, &[write.as_fd()]).unwrap()
        });
        let (received, files) = there.receive::<String>().unwrap().unwrap();
        sending.join().unwrap();
        assert_eq!((received, files.len()), (text, 1));
        rustix::io::write(&files[0], b"through").unwrap();
        drop(files);
        let mut said = String::new();
        read.read_to_string(&mut said).unwrap();
        assert_eq!(said, "through");
        assert!(there.receive::<String>().unwrap().is_none(), "the other side is gone");
    }
}
