//! What a scripted broker holds, and its true answers: those of a healthy cluster of Kafka.
//!
//! Every node of the cluster is the same broker. It knows nothing of connections or mutations.

use std::{collections::BTreeMap, net::SocketAddr};

use kafka_protocol::{
    error::ResponseError,
    messages::{
        BrokerId, CreateTopicsRequest, CreateTopicsResponse, DescribeConfigsRequest,
        DescribeConfigsResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest,
        MetadataResponse, TopicName,
        create_topics_request::CreatableTopic,
        create_topics_response::CreatableTopicResult,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult},
        list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
        metadata_response::{
            MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
        },
    },
    protocol::StrBytes,
};

pub const CLUSTER_ID: &str = "c2NyaXB0ZWQtYnJva2Vy";

/// Kafka's number for a resource that is a topic.
const TOPIC: i8 = 2;

/// Kafka's number for a value that was set on a topic.
const DYNAMIC_TOPIC_CONFIG: i8 = 1;

/// The count of partitions, and of replicas, where a request leaves it to the broker.
const BROKER_DEFAULT: i32 = 1;

/// What becomes of a request for a topic that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnCreation {
    #[default]
    Create,
    /// It is answered like a creation, and nothing is made.
    Nothing,
    /// `validate_only` is not looked at (KRaft in Kafka 2.8 and 3.0).
    CreateAlsoWhenValidating,
    /// The leaders of what is made never answer.
    CreateUnserved,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub partitions: i32,
    pub replication_factor: i32,
    /// What was set on it. There are no defaults.
    pub config: BTreeMap<String, String>,
    /// Whether the leaders answer.
    pub served: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// How many brokers there are, by the numbers from 1.
    pub brokers: i32,
    pub topics: BTreeMap<String, Topic>,
    pub on_creation: OnCreation,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            brokers: 1,
            topics: BTreeMap::new(),
            on_creation: OnCreation::default(),
        }
    }
}

impl Model {
    fn ids(&self, count: i32) -> Vec<BrokerId> {
        (1..=count.min(self.brokers)).map(BrokerId).collect()
    }

    pub(super) fn metadata(
        &self,
        request: &MetadataRequest,
        address: SocketAddr,
    ) -> MetadataResponse {
        let broker = |id| {
            MetadataResponseBroker::default()
                .with_node_id(id)
                .with_host(text(address.ip()))
                .with_port(address.port().into())
        };
        let names: Vec<TopicName> = match &request.topics {
            None => self
                .topics
                .keys()
                .map(|name| TopicName(text(name)))
                .collect(),
            Some(asked) => asked.iter().filter_map(|one| one.name.clone()).collect(),
        };
        MetadataResponse::default()
            .with_brokers(self.ids(self.brokers).into_iter().map(broker).collect())
            .with_cluster_id(Some(StrBytes::from_static_str(CLUSTER_ID)))
            .with_controller_id(BrokerId(1))
            .with_topics(names.into_iter().map(|name| self.described(name)).collect())
    }

    fn described(&self, name: TopicName) -> MetadataResponseTopic {
        let answer = MetadataResponseTopic::default();
        let Some(topic) = self.topics.get(name.as_str()) else {
            return answer
                .with_name(Some(name))
                .with_error_code(ResponseError::UnknownTopicOrPartition.code());
        };
        let replicas = self.ids(topic.replication_factor);
        let partition = |index| {
            MetadataResponsePartition::default()
                .with_partition_index(index)
                .with_leader_id(BrokerId(1))
                .with_replica_nodes(replicas.clone())
                .with_isr_nodes(replicas.clone())
        };
        answer
            .with_name(Some(name))
            .with_partitions((0..topic.partitions).map(partition).collect())
    }

    pub(super) fn describe_configs(
        &self,
        request: &DescribeConfigsRequest,
    ) -> DescribeConfigsResponse {
        let results = request.resources.iter().map(|resource| {
            let result = DescribeConfigsResult::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name.clone());
            let topic = self.topics.get(resource.resource_name.as_str());
            let Some(topic) = topic.filter(|_| resource.resource_type == TOPIC) else {
                let error = ResponseError::UnknownTopicOrPartition;
                return result
                    .with_error_code(error.code())
                    .with_error_message(Some(text(error)));
            };
            let wanted = |key: &str| match &resource.configuration_keys {
                None => true,
                Some(keys) => keys.iter().any(|wanted| wanted.as_str() == key),
            };
            let entries = topic.config.iter().filter(|(key, _)| wanted(key));
            let entry = |(key, value)| {
                DescribeConfigsResourceResult::default()
                    .with_name(text(key))
                    .with_value(Some(text(value)))
                    .with_config_source(DYNAMIC_TOPIC_CONFIG)
            };
            result.with_configs(entries.map(entry).collect())
        });
        DescribeConfigsResponse::default().with_results(results.collect())
    }

    pub(super) fn create_topics(
        &mut self,
        request: &CreateTopicsRequest,
        version: i16,
    ) -> CreateTopicsResponse {
        let creates = match self.on_creation {
            OnCreation::Create | OnCreation::CreateUnserved => !request.validate_only,
            OnCreation::Nothing => false,
            OnCreation::CreateAlsoWhenValidating => true,
        };
        let results = request.topics.iter().map(|asked| {
            let result = CreatableTopicResult::default().with_name(asked.name.clone());
            match self.checked(asked) {
                Err(error) => result
                    .with_error_code(error.code())
                    .with_error_message(Some(text(error))),
                Ok(topic) => {
                    let (partitions, replicas) = (topic.partitions, topic.replication_factor);
                    if creates {
                        self.topics.insert(asked.name.to_string(), topic);
                    }
                    if version < 5 {
                        return result;
                    }
                    result
                        .with_num_partitions(partitions)
                        .with_replication_factor(i16::try_from(replicas).unwrap_or(i16::MAX))
                }
            }
        });
        CreateTopicsResponse::default().with_topics(results.collect())
    }

    fn checked(&self, asked: &CreatableTopic) -> Result<Topic, ResponseError> {
        let or_default = |count: i32| if count == -1 { BROKER_DEFAULT } else { count };
        let topic = Topic {
            partitions: or_default(asked.num_partitions),
            replication_factor: or_default(asked.replication_factor.into()),
            config: asked
                .configs
                .iter()
                .filter_map(|one| Some((one.name.to_string(), one.value.as_ref()?.to_string())))
                .collect(),
            served: self.on_creation != OnCreation::CreateUnserved,
        };
        if self.topics.contains_key(asked.name.as_str()) {
            Err(ResponseError::TopicAlreadyExists)
        } else if topic.partitions < 1 {
            Err(ResponseError::InvalidPartitions)
        } else if !(1..=self.brokers).contains(&topic.replication_factor) {
            Err(ResponseError::InvalidReplicationFactor)
        } else {
            Ok(topic)
        }
    }

    pub(super) fn list_offsets(&self, request: &ListOffsetsRequest) -> ListOffsetsResponse {
        let topics = request.topics.iter().map(|asked| {
            let topic = self.topics.get(asked.name.as_str());
            let partitions = asked.partitions.iter().map(|partition| {
                let index = partition.partition_index;
                let answer = ListOffsetsPartitionResponse::default().with_partition_index(index);
                let error = match topic {
                    Some(topic) if !(0..topic.partitions).contains(&index) => {
                        ResponseError::UnknownTopicOrPartition
                    }
                    None => ResponseError::UnknownTopicOrPartition,
                    Some(topic) if !topic.served => ResponseError::NotLeaderOrFollower,
                    Some(_) => return answer.with_offset(0),
                };
                answer.with_error_code(error.code())
            });
            ListOffsetsTopicResponse::default()
                .with_name(asked.name.clone())
                .with_partitions(partitions.collect())
        });
        ListOffsetsResponse::default().with_topics(topics.collect())
    }
}

fn text(text: impl ToString) -> StrBytes {
    StrBytes::from_string(text.to_string())
}
