//! A TCP connection that ends in time, and remembers how a conversation began: OpenSSL tells neither
//! what else a peer speaks nor whether it asked for a certificate.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// More than tells one protocol from another.
const FIRST_BYTES: usize = 64;

/// More than a handshake with a long chain of our own.
const MOST_WRITTEN: usize = 256 * 1024;

/// Kinds of records in TLS (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// The message in a handshake that carries certificates.
const CERTIFICATE: u8 = 11;

const RECORD_HEADER: usize = 5;

pub(super) struct Tap {
    stream: TcpStream,
    limit: Duration,
    deadline: Instant,
    first_read: Vec<u8>,
    written: Vec<u8>,
}

impl Tap {
    pub(super) fn new(stream: TcpStream, limit: Duration) -> Self {
        // Small messages, each of which is waited for.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            limit,
            deadline: Instant::now() + limit,
            first_read: Vec::new(),
            written: Vec::new(),
        }
    }

    /// Gives the peer the whole time again, for another answer.
    pub(super) fn wait_anew(&mut self) {
        self.deadline = Instant::now() + self.limit;
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn first_read(&self) -> &[u8] {
        &self.first_read
    }

    /// Whether the handshake that was written here has a certificate's message in it, be it an empty
    /// one: a client sends it only where it was asked for it.
    pub(super) fn sent_certificate(&self) -> bool {
        let mut rest = self.written.as_slice();
        let mut encrypted = 0;
        while let [kind, _, _, high, low, body @ ..] = rest {
            match (*kind, body.first()) {
                (HANDSHAKE, Some(&CERTIFICATE)) => return true,
                // With TLS 1.3 the last message alone is one record.
                (APPLICATION_DATA, _) => encrypted += 1,
                _ => {}
            }
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            rest = rest.get(RECORD_HEADER + length..).unwrap_or_default();
        }
        encrypted > 1
    }

    fn time_left(&self) -> io::Result<Duration> {
        let left = self.deadline.checked_duration_since(Instant::now());
        left.filter(|left| !left.is_zero())
            .ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.time_left()?))?;
        let length = self.stream.read(buffer)?;
        let open = FIRST_BYTES.saturating_sub(self.first_read.len());
        self.first_read.extend(&buffer[..length.min(open)]);
        Ok(length)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.time_left()?))?;
        let length = self.stream.write(bytes)?;
        let open = MOST_WRITTEN.saturating_sub(self.written.len());
        self.written.extend(&bytes[..length.min(open)]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
