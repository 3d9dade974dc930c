//! A broker that answers from a [`Model`], and whose answers a test can mutate before they go out.
//!
//! For what no real broker says on demand: every field of every answer that an admin client reads.
//! It listens on loopback without Java, answers ApiVersions, Metadata, DescribeConfigs, CreateTopics
//! and ListOffsets, and keeps what it was asked. It is no Kafka: there are no records, groups or
//! credentials, and it must not be used to show that something works with a broker.

use std::{
    any::Any,
    io::{self, Write as _},
    mem,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, ApiVersionsRequest, ApiVersionsResponse, CreateTopicsRequest,
        DescribeConfigsRequest, ListOffsetsRequest, MetadataRequest, ResponseHeader,
        api_versions_response::ApiVersion,
    },
    protocol::{
        Decodable, Encodable, HeaderVersion, Message, Request, decode_request_header_from_buffer,
    },
};

use crate::framing::{framed, read_message};

mod model;

pub use kafka_protocol;
pub use model::{CLUSTER_ID, Model, OnCreation, Topic};

/// What the broker was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    ApiVersions(ApiVersionsRequest),
    Metadata(MetadataRequest),
    DescribeConfigs(DescribeConfigsRequest),
    CreateTopics(CreateTopicsRequest),
    ListOffsets(ListOffsetsRequest),
}

impl Asked {
    #[must_use]
    pub fn api(&self) -> ApiKey {
        match self {
            Self::ApiVersions(_) => ApiKey::ApiVersions,
            Self::Metadata(_) => ApiKey::Metadata,
            Self::DescribeConfigs(_) => ApiKey::DescribeConfigs,
            Self::CreateTopics(_) => ApiKey::CreateTopics,
            Self::ListOffsets(_) => ApiKey::ListOffsets,
        }
    }

    fn decode(api: ApiKey, version: i16, body: &mut Bytes) -> Result<Self> {
        Ok(match api {
            ApiKey::ApiVersions => Self::ApiVersions(Decodable::decode(body, version)?),
            ApiKey::Metadata => Self::Metadata(Decodable::decode(body, version)?),
            ApiKey::DescribeConfigs => Self::DescribeConfigs(Decodable::decode(body, version)?),
            ApiKey::CreateTopics => Self::CreateTopics(Decodable::decode(body, version)?),
            ApiKey::ListOffsets => Self::ListOffsets(Decodable::decode(body, version)?),
            other => bail!("{other:?} was not offered"),
        })
    }
}

/// What is known where an answer is mutated.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub asked: &'a Asked,
    pub version: i16,
    /// The truth, after the request was carried out.
    pub model: &'a Model,
}

/// An answer as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The length that goes before the message; `None` for the true one.
    pub announced: Option<i32>,
    /// Header and body.
    pub message: Vec<u8>,
}

/// All that happened, once the broker has ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// What was asked and in which version, in the order of arrival.
    pub requests: Vec<(Asked, i16)>,
    /// What is true now.
    pub model: Model,
    /// How many answers went out otherwise than the model would have it.
    pub mutated: usize,
}

type MutateAnswer = Box<dyn FnMut(&Exchange<'_>, &mut dyn Any) + Send>;
type MutateFrame = Box<dyn FnMut(&Exchange<'_>, &mut Frame) + Send>;

struct State {
    record: Record,
    answers: Vec<MutateAnswer>,
    frames: Vec<MutateFrame>,
    closed: bool,
    connections: Vec<(TcpStream, JoinHandle<Result<()>>)>,
}

/// The broker. [`Self::end`] tells what happened; dropping it ends it too, and tells nothing.
pub struct ScriptedBroker {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl ScriptedBroker {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub fn start(model: Model) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            record: Record {
                requests: vec![],
                model,
                mutated: 0,
            },
            answers: vec![],
            frames: vec![],
            closed: false,
            connections: vec![],
        }));
        let shared = Arc::clone(&state);
        thread::Builder::new()
            .name("scripted-broker".to_owned())
            .spawn(move || accept(&listener, address, &shared))?;
        Ok(Self { address, state })
    }

    /// Where it listens, as `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on, mutates answers of this type, such as
    /// [`MetadataResponse`](kafka_protocol::messages::MetadataResponse).
    pub fn mutate<A: 'static>(&self, mut how: impl FnMut(&Exchange<'_>, &mut A) + Send + 'static) {
        lock(&self.state)
            .answers
            .push(Box::new(move |exchange, answer| {
                if let Some(answer) = answer.downcast_mut() {
                    how(exchange, answer);
                }
            }));
    }

    /// From now on, mutates the bytes of answers to this api, after [`Self::mutate`].
    pub fn mutate_frame(
        &self,
        api: ApiKey,
        mut how: impl FnMut(&Exchange<'_>, &mut Frame) + Send + 'static,
    ) {
        lock(&self.state)
            .frames
            .push(Box::new(move |exchange, frame| {
                if exchange.asked.api() == api {
                    how(exchange, frame);
                }
            }));
    }

    /// Ends the broker and all connections.
    ///
    /// # Errors
    ///
    /// When it was asked for what it does not offer, or an answer could not be encoded: the test is
    /// at fault then, and its client saw only a connection that was closed.
    pub fn end(self) -> Result<Record> {
        let connections = self.close();
        for (_, connection) in connections {
            let ended = connection.join();
            ended.map_err(|_| anyhow!("a mutation panicked"))??;
        }
        Ok(lock(&self.state).record.clone())
    }

    fn close(&self) -> Vec<(TcpStream, JoinHandle<Result<()>>)> {
        let mut state = lock(&self.state);
        state.closed = true;
        let connections = mem::take(&mut state.connections);
        drop(state);
        for (stream, _) in &connections {
            // One that is closed already is what is wanted.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // The accepting thread looks at `closed` when a connection arrives.
        let _ = TcpStream::connect(self.address);
        connections
    }
}

impl Drop for ScriptedBroker {
    fn drop(&mut self) {
        self.close();
    }
}

/// A panic in a mutation must not hide behind a poisoned lock: the data is whole at any time.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, address: SocketAddr, state: &Arc<Mutex<State>>) {
    for client in listener.incoming().flatten() {
        let Ok(stream) = client.try_clone() else {
            continue;
        };
        let mut locked = lock(state);
        if locked.closed {
            return;
        }
        let shared = Arc::clone(state);
        let connection = thread::spawn(move || serve(&client, address, &shared));
        locked.connections.push((stream, connection));
    }
}

fn serve(client: &TcpStream, address: SocketAddr, state: &Mutex<State>) -> Result<()> {
    // A client may go away at any time, and may do so because of what it was sent.
    while let Ok(request) = read_message(client) {
        let mut request = Bytes::from(request);
        let header = decode_request_header_from_buffer(&mut request)?;
        let version = header.request_api_version;
        let api = ApiKey::try_from(header.request_api_key)
            .map_err(|()| anyhow!("no api {}", header.request_api_key))?;
        let asked = Asked::decode(api, version, &mut request)
            .with_context(|| format!("a request of {api:?} {version}"))?;
        let mut state = lock(state);
        state.record.requests.push((asked.clone(), version));
        let State { record, .. } = &mut *state;
        let model = &mut record.model;
        let id = header.correlation_id;
        let frame = match &asked {
            Asked::ApiVersions(_) => state.answer(id, version, &asked, offered()),
            Asked::Metadata(request) => {
                let answer = model.metadata(request, address);
                state.answer(id, version, &asked, answer)
            }
            Asked::DescribeConfigs(request) => {
                let answer = model.describe_configs(request);
                state.answer(id, version, &asked, answer)
            }
            Asked::CreateTopics(request) => {
                let answer = model.create_topics(request, version);
                state.answer(id, version, &asked, answer)
            }
            Asked::ListOffsets(request) => {
                let answer = model.list_offsets(request);
                state.answer(id, version, &asked, answer)
            }
        }
        .with_context(|| format!("an answer of {api:?} {version}"))?;
        drop(state);
        if write(client, &frame).is_err() {
            break;
        }
    }
    Ok(())
}

impl State {
    /// The frame of an answer, after all mutations.
    fn answer<A: Any + Encodable + HeaderVersion>(
        &mut self,
        correlation: i32,
        version: i16,
        asked: &Asked,
        mut answer: A,
    ) -> Result<Frame> {
        let truth = encode(correlation, version, &answer)?;
        let exchange = Exchange {
            asked,
            version,
            model: &self.record.model,
        };
        for mutate in &mut self.answers {
            mutate(&exchange, &mut answer);
        }
        let mut frame = encode(correlation, version, &answer)?;
        for mutate in &mut self.frames {
            mutate(&exchange, &mut frame);
        }
        self.record.mutated += usize::from(frame != truth);
        Ok(frame)
    }
}

fn encode<A: Encodable + HeaderVersion>(
    correlation: i32,
    version: i16,
    answer: &A,
) -> Result<Frame> {
    let mut message = BytesMut::new();
    let header = ResponseHeader::default().with_correlation_id(correlation);
    header.encode(&mut message, A::header_version(version))?;
    answer.encode(&mut message, version)?;
    Ok(Frame {
        announced: None,
        message: message.to_vec(),
    })
}

/// The apis that this broker has, in all versions that it can read.
fn offered() -> ApiVersionsResponse {
    fn api<R: Request>() -> ApiVersion {
        let versions = <R as Message>::VERSIONS;
        ApiVersion::default()
            .with_api_key(R::KEY)
            .with_min_version(versions.min)
            .with_max_version(versions.max)
    }
    ApiVersionsResponse::default().with_api_keys(vec![
        api::<ApiVersionsRequest>(),
        api::<MetadataRequest>(),
        api::<DescribeConfigsRequest>(),
        api::<CreateTopicsRequest>(),
        api::<ListOffsetsRequest>(),
    ])
}

fn write(mut stream: &TcpStream, frame: &Frame) -> io::Result<()> {
    let mut bytes = framed(&frame.message)?;
    if let Some(announced) = frame.announced {
        bytes[..4].copy_from_slice(&announced.to_be_bytes());
    }
    stream.write_all(&bytes)
}
