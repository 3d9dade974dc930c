//! The framing of Kafka's protocol: a message behind its length. What is in it is not read here.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
};

/// A larger message is not Kafka's protocol: the broker's own limit is the same.
const LARGEST_MESSAGE: usize = 100 << 20;

pub(crate) fn read_message(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > LARGEST_MESSAGE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    Ok(message)
}

pub(crate) fn write_message(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(&framed(message)?)
}

/// A message behind its length.
pub(crate) fn framed(message: &[u8]) -> io::Result<Vec<u8>> {
    let length = i32::try_from(message.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], message].concat())
}
