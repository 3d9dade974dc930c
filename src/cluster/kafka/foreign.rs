//! Who answers that is no Kafka broker, by the first bytes that it says.
//!
//! librdkafka takes them for the size of an answer, and says that it is too large
//! (rdkafka_broker.c, `rd_kafka_recv`): what it advises then is of no use.

/// The first four bytes of an answer that was none of Kafka's, from librdkafka's words.
fn first_bytes(words: &str) -> Option<[u8; 4]> {
    let (_, size) = words.split_once("Invalid response size ")?;
    let size = size.split(' ').next()?;
    Some(size.parse::<i32>().ok()?.to_be_bytes())
}

/// Whether it is an alert of TLS, which a listener with TLS may answer to plain text.
pub(super) fn is_tls(words: &str) -> bool {
    first_bytes(words).is_some_and(is_alert)
}

/// Whether an answer that begins so is an alert of TLS.
pub(super) fn is_alert(first: [u8; 4]) -> bool {
    matches!(first, [0x15, 0x03, 0..=4, _])
}

/// `None` where the bytes are no known ones.
pub(super) fn who(words: &str) -> Option<&'static str> {
    who_begins(first_bytes(words)?)
}

/// Who begins an answer so; `None` where the bytes are no known ones.
pub(super) fn who_begins(first: [u8; 4]) -> Option<&'static str> {
    Some(match &first {
        b"HTTP" => "an HTTP server (a REST proxy, a schema registry, a console?)",
        b"SSH-" => "an SSH server",
        b"AMQP" => "an AMQP broker (RabbitMQ?)",
        b"-ERR" | b"-NOA" | b"-DEN" => "Redis",
        b"INFO" => "NATS",
        b"220 " | b"220-" => "a mail or FTP server",
        // An error: its kind, and its length.
        b"E\0\0\0" => "PostgreSQL",
        // A greeting: its length, little-endian, and its number.
        [0x20..=0x7f, 0, 0, 0] => "MySQL or MariaDB",
        _ => return None,
    })
}
