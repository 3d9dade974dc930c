//! Asks one broker in Kafka's own protocol, to know what is true of a cluster.
//!
//! Takes the address of a listener without encryption and authentication, best that of
//! [`LocalKafka::internal_servers`](crate::LocalKafka::internal_servers), and gives what this very
//! broker answers. It follows no leader, repeats nothing and caches nothing: whoever judges a client
//! by it must see what there is. The versions of requests are fixed, and Kafka 2.8 to 4.x has them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use bytes::{Buf as _, Bytes, BytesMut};
use kafka_protocol::{
    ResponseError,
    messages::{
        ApiVersionsRequest, BrokerId, CreateTopicsRequest, DescribeConfigsRequest,
        DescribeQuorumRequest, ListOffsetsRequest, MetadataRequest, RequestHeader, ResponseHeader,
        TopicName,
        create_topics_request::{CreatableTopic, CreatableTopicConfig},
        describe_configs_request::DescribeConfigsResource,
        describe_quorum_request,
        list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
    },
    protocol::{Decodable as _, Encodable as _, HeaderVersion as _, Request, StrBytes},
};

use crate::framing::{read_message, write_message};

const METADATA_VERSION: i16 = 10;
const API_VERSIONS_VERSION: i16 = 0;
const LIST_OFFSETS_VERSION: i16 = 5;
const DESCRIBE_CONFIGS_VERSION: i16 = 4;
const CREATE_TOPICS_VERSION: i16 = 5;
const DESCRIBE_QUORUM_VERSION: i16 = 0;

/// The timestamp that stands for the end of a partition.
const LATEST: i64 = -1;
const TOPIC_RESOURCE: i8 = 2;
const SET_ON_TOPIC: i8 = 1;

/// What a broker knows of its cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// The brokers that are up.
    pub brokers: BTreeSet<i32>,
    /// Topics by name.
    pub topics: BTreeMap<String, Topic>,
}

/// A topic without its configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Topic {
    /// Of a topic that was deleted and created again it differs.
    pub id: u128,
    /// Partitions by number.
    pub partitions: BTreeMap<i32, Partition>,
}

/// A partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Partition {
    /// The broker that leads it, if one does.
    pub leader: Option<i32>,
    /// Rises with every election.
    pub leader_epoch: i32,
    /// The brokers that it is assigned to.
    pub replicas: Vec<i32>,
}

/// A topic to be created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// How many replicas of each.
    pub replication_factor: i16,
    /// What is set on the topic.
    pub config: BTreeMap<String, String>,
}

/// A connection to one broker.
pub struct WireClient {
    stream: TcpStream,
    correlation: i32,
}

impl WireClient {
    /// Connects. A broker that is silent for longer than `patience` has not answered.
    ///
    /// # Errors
    ///
    /// When nobody accepts the connection in time.
    pub fn connect(address: SocketAddr, patience: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)
            .with_context(|| format!("failed to connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self {
            stream,
            correlation: 0,
        })
    }

    /// Has it answer what Kafka answers before authentication.
    ///
    /// # Errors
    ///
    /// When it does not answer as Kafka does.
    pub fn is_kafka(&mut self) -> Result<()> {
        self.ask(API_VERSIONS_VERSION, &ApiVersionsRequest::default())?;
        Ok(())
    }

    /// All topics of the cluster.
    ///
    /// # Errors
    ///
    /// When the broker does not answer.
    pub fn metadata(&mut self) -> Result<Metadata> {
        let request = MetadataRequest::default()
            .with_topics(None)
            .with_allow_auto_topic_creation(false);
        let response = self.ask(METADATA_VERSION, &request)?;
        let brokers = response.brokers.iter().map(|broker| broker.node_id.0);
        let topics = response.topics.iter().filter_map(|topic| {
            let partitions = topic.partitions.iter().map(|partition| {
                let leader = partition.leader_id.0;
                let known = Partition {
                    leader: (leader >= 0).then_some(leader),
                    leader_epoch: partition.leader_epoch,
                    replicas: partition.replica_nodes.iter().map(|id| id.0).collect(),
                };
                (partition.partition_index, known)
            });
            let known = Topic {
                id: topic.topic_id.as_u128(),
                partitions: partitions.collect(),
            };
            Some((topic.name.as_ref()?.to_string(), known))
        });
        Ok(Metadata {
            brokers: brokers.collect(),
            topics: topics.collect(),
        })
    }

    /// Asks for the ends of partitions, which only a broker that leads and serves them knows.
    /// Returns for each partition the error instead, where there is one.
    ///
    /// # Errors
    ///
    /// When the broker does not answer.
    pub fn list_offsets<'a>(
        &mut self,
        partitions: impl IntoIterator<Item = (&'a str, i32)>,
    ) -> Result<BTreeMap<(String, i32), Option<ResponseError>>> {
        let mut topics: BTreeMap<&str, Vec<ListOffsetsPartition>> = BTreeMap::new();
        for (topic, partition) in partitions {
            let latest = ListOffsetsPartition::default()
                .with_partition_index(partition)
                .with_timestamp(LATEST);
            topics.entry(topic).or_default().push(latest);
        }
        let topics = topics.into_iter().map(|(name, partitions)| {
            ListOffsetsTopic::default()
                .with_name(topic_name(name))
                .with_partitions(partitions)
        });
        let request = ListOffsetsRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_topics(topics.collect());
        let response = self.ask(LIST_OFFSETS_VERSION, &request)?;
        let answers = response.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|partition| {
                let key = (topic.name.to_string(), partition.partition_index);
                (key, ResponseError::try_from_code(partition.error_code))
            })
        });
        Ok(answers.collect())
    }

    /// What is set on each of these topics itself. One that the broker does not know is left out.
    ///
    /// # Errors
    ///
    /// When the broker does not answer.
    pub fn topic_configs<'a>(
        &mut self,
        topics: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
        let resources = topics.into_iter().map(|name| {
            DescribeConfigsResource::default()
                .with_resource_type(TOPIC_RESOURCE)
                .with_resource_name(StrBytes::from_string(name.to_owned()))
                .with_configuration_keys(None)
        });
        let request = DescribeConfigsRequest::default().with_resources(resources.collect());
        let response = self.ask(DESCRIBE_CONFIGS_VERSION, &request)?;
        let known = response.results.iter().filter(|one| one.error_code == 0);
        let configs = known.map(|topic| {
            let set = topic
                .configs
                .iter()
                .filter(|one| one.config_source == SET_ON_TOPIC);
            let set = set.map(|one| {
                let value = one.value.as_ref().map(StrBytes::to_string);
                (one.name.to_string(), value.unwrap_or_default())
            });
            (topic.resource_name.to_string(), set.collect())
        });
        Ok(configs.collect())
    }

    /// Creates topics.
    ///
    /// # Errors
    ///
    /// When the broker does not answer, or refuses one of them.
    pub fn create_topics(&mut self, topics: &[NewTopic]) -> Result<()> {
        let topics = topics.iter().map(|topic| {
            let configs = topic.config.iter().map(|(key, value)| {
                CreatableTopicConfig::default()
                    .with_name(StrBytes::from_string(key.clone()))
                    .with_value(Some(StrBytes::from_string(value.clone())))
            });
            CreatableTopic::default()
                .with_name(topic_name(&topic.name))
                .with_num_partitions(topic.partitions)
                .with_replication_factor(topic.replication_factor)
                .with_configs(configs.collect())
        });
        let request = CreateTopicsRequest::default()
            .with_topics(topics.collect())
            .with_timeout_ms(30_000);
        let response = self.ask(CREATE_TOPICS_VERSION, &request)?;
        for topic in response.topics {
            if let Some(error) = ResponseError::try_from_code(topic.error_code) {
                bail!("failed to create {}: {error}", topic.name.as_str());
            }
        }
        Ok(())
    }

    /// The node that leads the controllers' quorum. (The controller in metadata is any broker.)
    ///
    /// # Errors
    ///
    /// When the broker does not answer, or the quorum has no leader.
    pub fn quorum_leader(&mut self) -> Result<i32> {
        let partitions = vec![describe_quorum_request::PartitionData::default()];
        let log = describe_quorum_request::TopicData::default()
            .with_topic_name(topic_name("__cluster_metadata"))
            .with_partitions(partitions);
        let request = DescribeQuorumRequest::default().with_topics(vec![log]);
        let response = self.ask(DESCRIBE_QUORUM_VERSION, &request)?;
        let mut partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
        let leader = partitions.next().map(|partition| partition.leader_id.0);
        let leader = leader.filter(|leader| *leader >= 0);
        leader.context("the quorum has no leader")
    }

    fn ask<R: Request>(&mut self, version: i16, request: &R) -> Result<R::Response> {
        self.correlation += 1;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation);
        let mut message = BytesMut::new();
        header.encode(&mut message, R::header_version(version))?;
        request.encode(&mut message, version)?;
        write_message(&self.stream, &message).context("failed to send a request")?;
        let answer = read_message(&self.stream).context("no whole answer came")?;
        let mut answer = Bytes::from(answer);
        let header = ResponseHeader::decode(&mut answer, R::Response::header_version(version))?;
        if header.correlation_id != self.correlation {
            bail!("the answer to another request");
        }
        let response = R::Response::decode(&mut answer, version)?;
        if answer.has_remaining() {
            bail!("{} bytes behind an answer", answer.remaining());
        }
        Ok(response)
    }
}

fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}
