//! ListOffsets, byte by byte: whether partitions are served, asked in the same moment by something
//! that is neither topicctl nor its client library. Kafka's own tool needs a second to start, in
//! which a broker may have caught up.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const LATEST: i64 = -1;
/// The oldest version that Kafka 4 has.
const VERSION: i16 = 1;

/// The partitions of these topics, with their counts, for which the broker does not answer with an
/// offset, and its error codes. One broker leads them all.
pub(crate) fn unserved(broker: &str, topics: &[(String, i32)]) -> Vec<(String, i32, i16)> {
    let mut request = Vec::new();
    request.extend(crate::kafka::LIST_OFFSETS.to_be_bytes());
    request.extend(VERSION.to_be_bytes());
    request.extend(1_i32.to_be_bytes()); // correlation id
    put_text(&mut request, "offsets");
    request.extend((-1_i32).to_be_bytes()); // an ordinary client, no replica
    put_count(&mut request, topics.len());
    for (name, partitions) in topics {
        put_text(&mut request, name);
        request.extend(partitions.to_be_bytes());
        for partition in 0..*partitions {
            request.extend(partition.to_be_bytes());
            request.extend(LATEST.to_be_bytes());
        }
    }
    let mut stream = TcpStream::connect(broker).expect("a broker");
    let length = i32::try_from(request.len()).expect("a small request");
    stream.write_all(&length.to_be_bytes()).expect("sent");
    stream.write_all(&request).expect("sent");
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("an answer");
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).expect("a length")];
    stream.read_exact(&mut answer).expect("an answer");

    let mut answer = Answer(&answer);
    assert_eq!(answer.int32(), 1, "the correlation id");
    let mut unserved = Vec::new();
    let mut answered = 0;
    for _ in 0..answer.int32() {
        let topic = answer.text();
        for _ in 0..answer.int32() {
            let (partition, error) = (answer.int32(), answer.int16());
            let (_timestamp, offset) = (answer.int64(), answer.int64());
            answered += 1;
            if error != 0 || offset < 0 {
                unserved.push((topic.clone(), partition, error));
            }
        }
    }
    assert_eq!(
        answered,
        topics.iter().map(|(_, partitions)| partitions).sum::<i32>()
    );
    unserved
}

fn put_count(request: &mut Vec<u8>, count: usize) {
    request.extend(i32::try_from(count).expect("few").to_be_bytes());
}

fn put_text(request: &mut Vec<u8>, text: &str) {
    request.extend(i16::try_from(text.len()).expect("short").to_be_bytes());
    request.extend(text.as_bytes());
}

struct Answer<'a>(&'a [u8]);

impl Answer<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (first, rest) = self.0.split_first_chunk().expect("a whole answer");
        self.0 = rest;
        *first
    }

    fn int16(&mut self) -> i16 {
        i16::from_be_bytes(self.take())
    }

    fn int32(&mut self) -> i32 {
        i32::from_be_bytes(self.take())
    }

    fn int64(&mut self) -> i64 {
        i64::from_be_bytes(self.take())
    }

    fn text(&mut self) -> String {
        let length = usize::try_from(self.int16()).expect("a length");
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8(text.to_vec()).expect("UTF-8")
    }
}
