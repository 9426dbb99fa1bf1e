//! Facts about addresses that the server's own routes need.

use std::net::SocketAddr;

/// Also true for an IPv4 loopback peer on an IPv6 socket.
pub(super) fn is_loopback(addr: SocketAddr) -> bool {
    addr.ip().to_canonical().is_loopback()
}
