//! Free TCP ports on loopback.
//!
//! A port is only ever *likely* to be free: another process may take it before Kafka binds it, so
//! whoever starts a node has to look for a bind error and come back for other ports.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    io,
    net::{Ipv4Addr, TcpListener},
    sync::{Mutex, PoisonError},
};

/// Below the range from which operating systems take the local port of an outgoing connection. A
/// port inside that range could be taken by any client while a killed node is down; a client that
/// reconnects to it could even end up connected to itself.
const FIRST: u64 = 15_000;
const COUNT: u64 = 17_000;
const TRIES: usize = 256;

/// Ports that this process already gave out: a node binds its port seconds after it was chosen.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of 127.0.0.1 that nobody listens on, and that this process was not given before.
///
/// # Errors
///
/// When no port can be bound at all.
pub fn free_port() -> io::Result<u16> {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..TRIES {
        let offset = RandomState::new().hash_one(given.len()) % COUNT;
        let Ok(port) = u16::try_from(FIRST + offset) else {
            continue;
        };
        if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            given.insert(port);
            return Ok(port);
        }
    }
    // Nearly everything below is taken: let the operating system choose.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    given.insert(port);
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ_and_can_be_bound() -> io::Result<()> {
        let ports: BTreeSet<u16> = (0..50).map(|_| free_port()).collect::<io::Result<_>>()?;
        assert_eq!(ports.len(), 50);
        for port in ports {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        }
        Ok(())
    }
}
