//! Asks a broker which brokers it knows to be alive, without a Kafka client and without a JVM.
//!
//! By hand-made requests in their oldest usable versions, which every Kafka since 0.10 answers.

use std::{
    collections::BTreeSet,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

const METADATA: i16 = 3;
const METADATA_VERSION: i16 = 1;
const API_VERSIONS: i16 = 18;
const CORRELATION: i32 = 1;
/// A broker that does not answer by then is asked again.
const PATIENCE: Duration = Duration::from_secs(2);
/// Far more than the brokers of a local cluster need.
const LARGEST_ANSWER: usize = 1 << 20;

/// The ids of the registered and unfenced brokers, as seen by the one on `port`.
pub(crate) fn live_brokers(port: u16) -> io::Result<BTreeSet<u32>> {
    // An empty list of topics: null would mean all.
    let answer = ask(port, METADATA, METADATA_VERSION, &0_i32.to_be_bytes())?;
    brokers_in(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Whether it is Kafka that listens on a port: a node whose port was taken may answer on its other
/// ones for a moment before it ends. `ApiVersions` needs no authentication.
pub(crate) fn is_kafka(port: u16) -> bool {
    ask(port, API_VERSIONS, 0, &[])
        .is_ok_and(|answer| answer.starts_with(&CORRELATION.to_be_bytes()))
}

/// Whether anything listens on a port of loopback.
pub(crate) fn listens(port: u16) -> bool {
    connect(port).is_ok()
}

/// Sends one request and returns the answer, which begins with the correlation id.
fn ask(port: u16, api_key: i16, version: i16, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;

    let mut request = Vec::new();
    request.extend(api_key.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(CORRELATION.to_be_bytes());
    request.extend((-1_i16).to_be_bytes()); // no client id
    request.extend(body);
    let length = i32::try_from(request.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], &request].concat())?;

    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > LARGEST_ANSWER {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)
}

/// Correlation id, then an array of brokers: id, host, port, rack (which may be null).
fn brokers_in(answer: &[u8]) -> Option<BTreeSet<u32>> {
    let mut rest = answer;
    if take_i32(&mut rest)? != CORRELATION {
        return None;
    }
    let count = take_i32(&mut rest)?;
    let mut ids = BTreeSet::new();
    for _ in 0..count {
        ids.insert(u32::try_from(take_i32(&mut rest)?).ok()?);
        skip_string(&mut rest)?;
        take_i32(&mut rest)?;
        skip_string(&mut rest)?;
    }
    Some(ids)
}

fn take_i32(rest: &mut &[u8]) -> Option<i32> {
    let (bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(i32::from_be_bytes(*bytes))
}

fn skip_string(rest: &mut &[u8]) -> Option<()> {
    let (bytes, tail) = rest.split_first_chunk()?;
    // A length of -1 is null.
    let length = usize::try_from(i16::from_be_bytes(*bytes)).unwrap_or(0);
    *rest = tail.get(length..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_broker_ids_and_refuses_a_truncated_answer() {
        let mut answer = vec![0, 0, 0, 1, 0, 0, 0, 2];
        for id in [1, 3] {
            answer.extend([0, 0, 0, id, 0, 1, b'h', 0, 0, 35, 132, 255, 255]);
        }
        assert_eq!(brokers_in(&answer), Some(BTreeSet::from([1, 3])));
        assert_eq!(brokers_in(&answer[..answer.len() - 1]), None);
    }
}
