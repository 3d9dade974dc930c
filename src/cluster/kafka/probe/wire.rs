//! The two requests that every broker answers before anybody has authenticated, in Kafka's protocol:
//! ApiVersions and SaslHandshake.
//!
//! librdkafka sends both and keeps the answers to itself. Takes any stream, and gives what is asked
//! for, or how the answer ended or began. Nothing else is sent, and no credentials. Layouts are those
//! of Kafka's `ApiVersionsRequest.json`, `SaslHandshakeRequest.json` and their answers.

use std::io::{self, Read, Write};

use crate::cluster::kafka::apis;
use crate::doctor::address::{Apis, Sasl};

/// Has features, which Kafka 2.7 brought; 2.4 brought the version itself (KIP-511).
const API_VERSIONS: i16 = 3;
/// What every broker has.
const OLDEST_API_VERSIONS: i16 = 0;
const SASL_HANDSHAKE: i16 = 1;

const CLIENT: &str = "topicctl";
const CORRELATION: i32 = 1;

/// An answer to either has some hundred bytes.
const MOST_BYTES: usize = 256 * 1024;

/// Codes of errors (`org.apache.kafka.common.protocol.Errors`).
const NONE: i16 = 0;
const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const ILLEGAL_SASL_STATE: i16 = 34;
const UNSUPPORTED_VERSION: i16 = 35;

/// The tag of the finalized features in an answer.
const FINALIZED_FEATURES: u32 = 2;

#[derive(Debug)]
pub(super) enum Failure {
    Io(io::Error),
    /// The answer begins so, and is none of Kafka's.
    Foreign([u8; 4]),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) fn api_versions(stream: &mut (impl Read + Write)) -> Result<Apis, Failure> {
    let mut request = Vec::new();
    request.extend(header(apis::API_VERSIONS, API_VERSIONS));
    // No tagged fields of the header.
    request.push(0);
    put_compact(&mut request, CLIENT);
    put_compact(&mut request, env!("CARGO_PKG_VERSION"));
    request.push(0);
    let answer = ask(stream, &request)?;
    if let Some(found) = read_api_versions(&answer)? {
        return Ok(found);
    }
    let oldest = header(apis::API_VERSIONS, OLDEST_API_VERSIONS);
    let answer = ask(stream, &oldest)?;
    Ok(read_oldest_api_versions(&answer)?)
}

/// Asks for a mechanism, which the broker then waits to be used.
pub(super) fn sasl_handshake(
    stream: &mut (impl Read + Write),
    mechanism: &str,
) -> Result<Sasl, Failure> {
    let mut request = header(apis::SASL_HANDSHAKE, SASL_HANDSHAKE);
    put(&mut request, mechanism);
    let answer = ask(stream, &request)?;
    let mut fields = Fields(&answer);
    let code = fields.i16()?;
    let count = fields.i32()?;
    let offered = (0..count).map(|_| fields.text());
    let mut offered = offered.collect::<io::Result<Vec<_>>>()?;
    offered.sort();
    Ok(match code {
        NONE => Sasl::Taken(offered),
        UNSUPPORTED_SASL_MECHANISM => Sasl::NotOffered(offered),
        ILLEGAL_SASL_STATE => Sasl::None,
        code => Sasl::Error(code),
    })
}

fn header(api_key: i16, version: i16) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(api_key.to_be_bytes());
    header.extend(version.to_be_bytes());
    header.extend(CORRELATION.to_be_bytes());
    put(&mut header, CLIENT);
    header
}

/// A text of a few characters, after its length.
fn put(to: &mut Vec<u8>, text: &str) {
    let length = i16::try_from(text.len()).unwrap_or(i16::MAX);
    to.extend(length.to_be_bytes());
    to.extend(
        text.as_bytes()
            .iter()
            .take(usize::from(length.unsigned_abs())),
    );
}

/// The same in the flexible versions: one byte holds the length of a short text, from 1.
fn put_compact(to: &mut Vec<u8>, text: &str) {
    let short = text.as_bytes().iter().take(100);
    to.push(u8::try_from(short.len()).unwrap_or_default() + 1);
    to.extend(short);
}

/// Sends a request, and returns what stands behind the header of its answer.
fn ask(stream: &mut (impl Read + Write), request: &[u8]) -> Result<Vec<u8>, Failure> {
    let length = u32::try_from(request.len()).unwrap_or(u32::MAX);
    stream.write_all(&[&length.to_be_bytes(), request].concat())?;
    stream.flush()?;
    let mut first = [0; 4];
    stream.read_exact(&mut first)?;
    let length = usize::try_from(i32::from_be_bytes(first)).unwrap_or(usize::MAX);
    if !(4..=MOST_BYTES).contains(&length) {
        return Err(Failure::Foreign(first));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    match answer.strip_prefix(&CORRELATION.to_be_bytes()) {
        Some(answer) => Ok(answer.to_vec()),
        None => Err(Failure::Foreign(first)),
    }
}

/// `None` where the broker has no version as new as this one.
fn read_api_versions(answer: &[u8]) -> io::Result<Option<Apis>> {
    let mut fields = Fields(answer);
    match fields.i16()? {
        NONE => {}
        UNSUPPORTED_VERSION => return Ok(None),
        code => {
            return Err(io::Error::other(format!(
                "error {code} of Kafka's protocol"
            )));
        }
    }
    let mut keys = Vec::new();
    for _ in 0..fields.compact_count()? {
        keys.push(fields.api_key()?);
        fields.skip_tags()?;
    }
    let _throttle = fields.i32()?;
    let mut features = Vec::new();
    for _ in 0..fields.varint()? {
        let (tag, size) = (fields.varint()?, fields.varint()?);
        let mut tagged = Fields(fields.take(size)?);
        if tag == FINALIZED_FEATURES {
            features = tagged.features()?;
            features.sort();
        }
    }
    Ok(Some(taken(&keys, features)))
}

fn read_oldest_api_versions(answer: &[u8]) -> io::Result<Apis> {
    let mut fields = Fields(answer);
    let code = fields.i16()?;
    if code != NONE {
        return Err(io::Error::other(format!(
            "error {code} of Kafka's protocol"
        )));
    }
    let count = fields.i32()?;
    let keys = (0..count).map(|_| fields.api_key());
    Ok(taken(&keys.collect::<io::Result<Vec<_>>>()?, Vec::new()))
}

fn taken(keys: &[i16], features: Vec<(String, i16)>) -> Apis {
    let lacking = apis::NEEDED.iter().filter(|(key, ..)| !keys.contains(key));
    Apis {
        count: keys.len(),
        serves_clients: keys.contains(&apis::METADATA),
        lacking: lacking.map(|(_, name, so)| (*name, *so)).collect(),
        features,
    }
}

/// What is left to be read of an answer.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: u32) -> io::Result<&'a [u8]> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| io::Error::other("the answer is cut"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (taken, rest) = self
            .0
            .split_first_chunk()
            .ok_or_else(|| io::Error::other("the answer is cut"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn i16(&mut self) -> io::Result<i16> {
        self.array().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> io::Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// Seven bits a byte, the lowest first.
    fn varint(&mut self) -> io::Result<u32> {
        let mut value = 0_u32;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array()?;
            value |= u32::from(byte & 0x7f)
                .checked_shl(shift)
                .unwrap_or_default();
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(io::Error::other("a number of the answer has no end"))
    }

    fn text(&mut self) -> io::Result<String> {
        let length = self.i16()?;
        let bytes = self.take(u32::try_from(length).unwrap_or_default())?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn compact_text(&mut self) -> io::Result<String> {
        let length = self.compact_count()?;
        let bytes = self.take(length)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// From 1, where 0 stands for null.
    fn compact_count(&mut self) -> io::Result<u32> {
        self.varint().map(|count| count.saturating_sub(1))
    }

    /// A request, without the versions that are taken.
    fn api_key(&mut self) -> io::Result<i16> {
        let key = self.i16()?;
        let _versions = (self.i16()?, self.i16()?);
        Ok(key)
    }

    fn features(&mut self) -> io::Result<Vec<(String, i16)>> {
        let mut features = Vec::new();
        for _ in 0..self.compact_count()? {
            let name = self.compact_text()?;
            let (highest, _lowest) = (self.i16()?, self.i16()?);
            features.push((name, highest));
            self.skip_tags()?;
        }
        Ok(features)
    }

    fn skip_tags(&mut self) -> io::Result<()> {
        for _ in 0..self.varint()? {
            let (_tag, size) = (self.varint()?, self.varint()?);
            self.take(size)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
