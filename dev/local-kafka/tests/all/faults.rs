//! What the proxy does to requests and answers, byte by byte, before a node that answers anything.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use local_kafka::proxy::{Fault, Proxy};

const METADATA: i16 = 3;
const CREATE_TOPICS: i16 = 19;
/// Long enough for an answer that is not held back.
const SOON: Duration = Duration::from_secs(20);
/// How long an answer is waited for that must not come.
const SILENCE: Duration = Duration::from_millis(300);

/// Answers every message with its correlation id and a hundred bytes.
fn node() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || -> io::Result<()> {
                loop {
                    let request = read(&stream)?;
                    write(&stream, &[&request[4..8], &[7; 100]].concat())?;
                }
            });
        }
    });
    Ok(address)
}

fn read(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut message = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut message)?;
    Ok(message)
}

fn write(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat())
}

struct Client(TcpStream);

impl Client {
    fn of(proxy: &Proxy) -> Result<Self> {
        let stream = TcpStream::connect(proxy.address())?;
        stream.set_read_timeout(Some(SOON))?;
        Ok(Self(stream))
    }

    fn send(&self, api_key: i16, correlation: i32) -> io::Result<()> {
        let parts = [
            &api_key.to_be_bytes()[..],
            &[0, 0],
            &correlation.to_be_bytes(),
        ];
        write(&self.0, &parts.concat())
    }

    fn ask(&self, api_key: i16, correlation: i32) -> io::Result<Vec<u8>> {
        self.send(api_key, correlation)?;
        read(&self.0)
    }

    /// Whether nothing comes and the connection stays open.
    fn is_silent(&self) -> Result<bool> {
        self.0.set_read_timeout(Some(SILENCE))?;
        let error = (&self.0).read(&mut [0]).err();
        self.0.set_read_timeout(Some(SOON))?;
        Ok(error.is_some_and(|error| {
            matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        }))
    }

    /// All that comes until the connection is closed.
    fn rest(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&self.0).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn proxied() -> Result<Proxy> {
    let proxy = Proxy::listen()?;
    proxy.forward_to(node()?)?;
    Ok(proxy)
}

#[test]
fn requests_and_answers_can_come_late_and_keep_their_order() -> Result<()> {
    let proxy = proxied()?;
    let late = Duration::from_millis(200);
    for fault in [Fault::DelayRequest(late), Fault::DelayResponse(late)] {
        let client = Client::of(&proxy)?;
        proxy.on_request(METADATA, fault);
        let start = Instant::now();
        client.send(METADATA, 1)?;
        client.send(CREATE_TOPICS, 2)?;
        assert_eq!(read(&client.0)?[..4], [0, 0, 0, 1], "{fault:?}");
        assert!(start.elapsed() >= late, "{fault:?}");
        assert_eq!(read(&client.0)?[..4], [0, 0, 0, 2], "{fault:?}");
    }
    Ok(())
}

#[test]
fn a_stalled_connection_is_silent_and_open_and_others_go_on() -> Result<()> {
    let proxy = proxied()?;
    let client = Client::of(&proxy)?;
    proxy.on_request(CREATE_TOPICS, Fault::Stall);
    assert_eq!(client.ask(METADATA, 1)?.len(), 104);
    client.send(CREATE_TOPICS, 2)?;
    assert!(client.is_silent()?);
    client.send(METADATA, 3)?;
    assert!(client.is_silent()?);
    assert_eq!(Client::of(&proxy)?.ask(CREATE_TOPICS, 4)?.len(), 104);
    Ok(())
}

#[test]
fn an_answer_can_end_early_as_a_message_or_with_its_connection() -> Result<()> {
    let proxy = proxied()?;
    proxy.on_request(METADATA, Fault::TruncateResponse(50));
    let client = Client::of(&proxy)?;
    assert_eq!(client.ask(METADATA, 1)?.len(), 52);
    assert_eq!(client.ask(METADATA, 2)?.len(), 104);
    proxy.on_request(METADATA, Fault::TruncateResponse(0));
    assert_eq!(client.ask(METADATA, 3)?, [0, 0, 0, 3]);

    proxy.on_request(METADATA, Fault::CutResponse(25));
    client.send(METADATA, 4)?;
    let bytes = client.rest()?;
    assert_eq!(bytes[..8], [0, 0, 0, 104, 0, 0, 0, 4]);
    assert_eq!(bytes.len(), 4 + 26);
    Ok(())
}

#[test]
fn a_fault_waits_for_its_request_and_is_forgotten_when_healed() -> Result<()> {
    let proxy = proxied()?;
    let client = Client::of(&proxy)?;
    // The third of all, and the second and third of one kind.
    proxy.on_requests_from(3, None, Fault::TruncateResponse(10), 1);
    proxy.on_requests_from(2, Some(METADATA), Fault::TruncateResponse(20), 2);
    let asked = [
        METADATA,
        CREATE_TOPICS,
        CREATE_TOPICS,
        METADATA,
        METADATA,
        METADATA,
    ];
    let lengths: Vec<usize> = (1..)
        .zip(asked)
        .map(|(correlation, api_key)| client.ask(api_key, correlation).map(|answer| answer.len()))
        .collect::<io::Result<_>>()?;
    assert_eq!(lengths, [104, 104, 10, 20, 20, 104]);
    let requests = proxy.requests();
    assert!(
        requests.is_sorted_by_key(|request| request.at),
        "{requests:?}"
    );

    proxy.on_requests_from(1, None, Fault::Swallow, 5);
    proxy.heal();
    let answer = client.ask(METADATA, 9).context("it was not healed")?;
    assert_eq!(answer.len(), 104);
    Ok(())
}
