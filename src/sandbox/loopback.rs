//! Starts the loopback of a new network namespace, in which it is there but down (rtnetlink(7), `RTM_NEWLINK`).

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// `linux/rtnetlink.h`, `linux/netlink.h` and `linux/if.h`.
const RTM_NEWLINK: u16 = 16;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const IFF_UP: u32 = 1;
/// The first interface of a namespace is its loopback.
const LOOPBACK: u32 = 1;

/// Sets it up.
///
/// # Errors
/// The system's.
pub fn up() -> rustix::io::Result<()> {
    let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
    let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    rustix::net::sendto(&socket, &request(), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 512];
    let (read, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    errno(&answer[..read])
}

/// `struct nlmsghdr` (length, type, flags, sequence, port), then `struct ifinfomsg` (family, padding, type, index,
/// flags, mask of flags), in the machine's own byte order.
fn request() -> Vec<u8> {
    let mut body = vec![0; 4];
    body.extend([LOOPBACK, IFF_UP, IFF_UP].into_iter().flat_map(u32::to_ne_bytes));
    let length = 16 + body.len() as u32;
    let mut message = length.to_ne_bytes().to_vec();
    message.extend([RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK].into_iter().flat_map(u16::to_ne_bytes));
    message.extend([1_u32, 0].into_iter().flat_map(u32::to_ne_bytes));
    message.extend(body);
    message
}

/// `struct nlmsgerr`: a negative errno after the header, 0 for success.
fn errno(answer: &[u8]) -> rustix::io::Result<()> {
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    let code = answer.get(16..20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
    match (kind, code) {
        (Some(NLMSG_ERROR), Some(0)) => Ok(()),
        (Some(NLMSG_ERROR), Some(code)) => Err(Errno::from_raw_os_error(code.saturating_neg())),
        _ => Err(Errno::PROTO),
    }
}
