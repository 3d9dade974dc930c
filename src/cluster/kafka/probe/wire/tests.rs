use std::collections::VecDeque;

use super::*;

/// Plays a broker: gives answers, and keeps what was asked.
#[derive(Default)]
struct Broker {
    answers: VecDeque<u8>,
    asked: Vec<u8>,
}

impl Broker {
    fn answering(bodies: &[&[u8]]) -> Self {
        let mut broker = Self::default();
        for body in bodies {
            let length = u32::try_from(body.len() + 4).expect("a short answer");
            broker.answers.extend(length.to_be_bytes());
            broker.answers.extend(CORRELATION.to_be_bytes());
            broker.answers.extend(*body);
        }
        broker
    }
}

impl Read for Broker {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.answers.read(buffer)
    }
}

impl Write for Broker {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.asked.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Metadata and CreateTopics, a tagged field that is passed over, and one feature.
const NEW: &[u8] = &[
    0, 0, // no error
    3, // two requests
    0, 3, 0, 0, 0, 13, 0, //
    0, 19, 0, 2, 0, 7, 1, 9, 2, 1, 1, // with a tagged field
    0, 0, 0, 0, // throttle
    2, // two tagged fields
    1, 8, 0, 0, 0, 0, 0, 0, 0, 7, // the epoch of the features
    2, 8, 2, 2, b'm', 0, 25, 0, 7, 0, // the features
];

const OLD: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 5];

const TOO_NEW: &[u8] = &[0, 35, 0, 0, 0, 0];

#[test]
fn requests_and_features_of_a_broker_are_read() {
    let mut broker = Broker::answering(&[NEW]);
    let found = api_versions(&mut broker).expect("an answer");
    assert_eq!((found.count, found.serves_clients), (2, true));
    assert_eq!(found.features, [("m".to_owned(), 25)]);
    let lacking: Vec<_> = found.lacking.iter().map(|(name, _)| *name).collect();
    assert!(lacking.contains(&"DESCRIBE_CONFIGS") && !lacking.contains(&"CREATE_TOPICS"));
    let mut expected = vec![0, 0, 0, 0, 0, 18, 0, 3, 0, 0, 0, 1, 0, 8];
    expected.extend(b"topicctl\0\x09topicctl");
    assert!(
        broker.asked[4..].starts_with(&expected[4..]),
        "{:?}",
        broker.asked
    );
    assert_eq!(broker.asked.last(), Some(&0));
    let length = u32::from_be_bytes(*broker.asked.first_chunk().expect("a length"));
    assert_eq!(length as usize, broker.asked.len() - 4);
}

#[test]
fn an_old_broker_is_asked_again_in_its_own_version() {
    let mut broker = Broker::answering(&[TOO_NEW, OLD]);
    let found = api_versions(&mut broker).expect("an answer");
    assert_eq!((found.count, found.serves_clients), (1, true));
    assert_eq!(found.features, []);
}

#[test]
fn mechanisms_are_read_with_what_is_said_of_ours() {
    let body = |code: u8| {
        let mut body = vec![0, code, 0, 0, 0, 2];
        body.extend(b"\0\x05PLAIN\0\x0bOAUTHBEARER");
        body
    };
    let offered = || vec!["OAUTHBEARER".to_owned(), "PLAIN".to_owned()];
    for (code, expected) in [
        (0, Sasl::Taken(offered())),
        (33, Sasl::NotOffered(offered())),
        (34, Sasl::None),
        (58, Sasl::Error(58)),
    ] {
        let mut broker = Broker::answering(&[&body(code)]);
        let found = sasl_handshake(&mut broker, "PLAIN").expect("an answer");
        assert_eq!(found, expected);
        assert!(broker.asked.ends_with(b"\0\x08topicctl\0\x05PLAIN"));
    }
}

#[test]
fn an_answer_that_is_cut_anywhere_is_an_error() {
    for length in 0..NEW.len() {
        let mut broker = Broker::answering(&[&NEW[..length]]);
        api_versions(&mut broker).expect_err("a cut answer");
    }
    let handshake = b"\0\0\0\0\0\x01\0\x05PLAIN";
    for length in 0..handshake.len() {
        let mut broker = Broker::answering(&[&handshake[..length]]);
        sasl_handshake(&mut broker, "PLAIN").expect_err("a cut answer");
    }
}

#[test]
fn an_answer_that_is_none_of_kafka_s_is_known_by_its_beginning() {
    for (bytes, first) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], *b"HTTP"),
        (&b"\x15\x03\x03\0\x02\x02\x50"[..], *b"\x15\x03\x03\0"),
        // Another answer than ours.
        (&b"\0\0\0\x06\0\0\0\x07\0\0"[..], *b"\0\0\0\x06"),
    ] {
        let mut broker = Broker::default();
        broker.answers.extend(bytes);
        match api_versions(&mut broker) {
            Err(Failure::Foreign(found)) => assert_eq!(found, first),
            other => panic!("{other:?}"),
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_answer_makes_it_panic_or_take_much(body: Vec<u8>) {
        let _ = api_versions(&mut Broker::answering(&[&body, &body]));
        let _ = sasl_handshake(&mut Broker::answering(&[&body]), "PLAIN");
    }
}
