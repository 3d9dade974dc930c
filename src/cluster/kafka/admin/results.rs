//! Results of admin calls, copied out of librdkafka's memory.
//!
//! Run by the reading thread on the event that carries the result. Lists that librdkafka returns
//! may hold null slots (a name that the broker left out or answered twice), which are left out here
//! too.

use std::ffi::{c_char, c_int};

use rdkafka::bindings as rd;

use super::codes::{
    rd_kafka_ConfigEntry_source, rd_kafka_ConfigResource_error, rd_kafka_err2str,
    rd_kafka_error_code, rd_kafka_topic_result_error,
};
use super::{Code, Event, Failure, array, text};
use crate::observed::{ObservedConfig, ObservedOrigin, ObservedPartition};

/// The answer for one name of a call that takes several: a topic, or a consumer group.
#[derive(Debug)]
pub(in super::super) struct Described<T> {
    pub(in super::super) name: String,
    pub(in super::super) result: Result<T, Failure>,
}

/// The configuration of one topic, key by key.
pub(in super::super) type Configured = Vec<(String, ObservedConfig)>;

/// The answer for one partition of a ListOffsets or ListConsumerGroupOffsets call.
#[derive(Debug)]
pub(in super::super) struct PartitionOffset {
    pub(in super::super) topic: String,
    pub(in super::super) partition: i32,
    /// `Ok(None)` where there is no commit, or where a leader gave no answer at all: librdkafka
    /// then leaves the partition without an error and without an offset.
    pub(in super::super) result: Result<Option<i64>, Failure>,
}

/// The answer of a DescribeCluster call.
#[derive(Debug)]
pub(in super::super) struct ClusterDescription {
    pub(in super::super) id: Option<String>,
    /// Ids of the brokers that are registered and alive.
    pub(in super::super) brokers: Vec<i32>,
}

/// # Safety
/// `event` is the result of a DescribeTopics call.
pub(super) unsafe fn read_topics(event: &Event) -> Vec<Described<Vec<ObservedPartition>>> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_DescribeTopics_result(event.as_ptr());
        let topics = rd::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        present(array(topics, count))
            .map(|topic| read_topic(topic))
            .collect()
    }
}

/// # Safety
/// `topic` belongs to an event that is alive.
unsafe fn read_topic(
    topic: *const rd::rd_kafka_TopicDescription_t,
) -> Described<Vec<ObservedPartition>> {
    // SAFETY: all that is read belongs to the topic's event.
    unsafe {
        let name = text(rd::rd_kafka_TopicDescription_name(topic)).unwrap_or_default();
        let error = rd::rd_kafka_TopicDescription_error(topic);
        let code = rd_kafka_error_code(error);
        let result = failure(code, rd::rd_kafka_error_string(error)).map(|()| {
            let mut count = 0;
            let partitions = rd::rd_kafka_TopicDescription_partitions(topic, &mut count);
            let mut partitions: Vec<_> = present(array(partitions, count))
                .map(|partition| read_partition(partition))
                .collect();
            partitions.sort_by_key(|partition| partition.id);
            partitions
        });
        Described { name, result }
    }
}

/// # Safety
/// `partition` belongs to an event that is alive.
unsafe fn read_partition(partition: *const rd::rd_kafka_TopicPartitionInfo_t) -> ObservedPartition {
    // SAFETY: all that is read belongs to the partition's event. Elements without a broker of that
    // id among the live ones may be null.
    unsafe {
        let id = |node: *const rd::rd_kafka_Node_t| rd::rd_kafka_Node_id(node);
        let leader = rd::rd_kafka_TopicPartitionInfo_leader(partition);
        let (mut replicas, mut in_sync) = (0, 0);
        let replica = rd::rd_kafka_TopicPartitionInfo_replicas(partition, &mut replicas);
        let synced = rd::rd_kafka_TopicPartitionInfo_isr(partition, &mut in_sync);
        ObservedPartition {
            id: rd::rd_kafka_TopicPartitionInfo_partition(partition),
            leader: (!leader.is_null())
                .then(|| id(leader))
                .filter(|id| *id >= 0),
            replicas: present(array(replica, replicas)).map(id).collect(),
            in_sync: present(array(synced, in_sync)).map(id).collect(),
        }
    }
}

/// # Safety
/// `event` is the result of a DescribeCluster call.
pub(super) unsafe fn read_cluster(event: &Event) -> ClusterDescription {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; what it returns lives as long as it.
    unsafe {
        let result = rd::rd_kafka_event_DescribeCluster_result(event.as_ptr());
        let nodes = rd::rd_kafka_DescribeCluster_result_nodes(result, &mut count);
        let brokers = present(array(nodes, count)).map(|node| rd::rd_kafka_Node_id(node));
        ClusterDescription {
            id: text(rd::rd_kafka_DescribeCluster_result_cluster_id(result)),
            brokers: brokers.collect(),
        }
    }
}

/// # Safety
/// `event` is the result of a DescribeConfigs call.
pub(super) unsafe fn read_configs(event: &Event) -> Vec<Described<Configured>> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_DescribeConfigs_result(event.as_ptr());
        let resources = rd::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
        let read = |resource| {
            let code = rd_kafka_ConfigResource_error(resource);
            let words = rd::rd_kafka_ConfigResource_error_string(resource);
            let mut count = 0;
            let entries = rd::rd_kafka_ConfigResource_configs(resource, &mut count);
            let entries = present(array(entries, count)).map(|entry| read_entry(entry));
            Described {
                name: text(rd::rd_kafka_ConfigResource_name(resource)).unwrap_or_default(),
                result: failure(code, words).map(|()| entries.collect()),
            }
        };
        present(array(resources, count)).map(read).collect()
    }
}

/// # Safety
/// `entry` belongs to an event that is alive.
unsafe fn read_entry(entry: *const rd::rd_kafka_ConfigEntry_t) -> (String, ObservedConfig) {
    // SAFETY: all that is read belongs to the entry's event.
    unsafe {
        let name = text(rd::rd_kafka_ConfigEntry_name(entry)).unwrap_or_default();
        let sensitive = rd::rd_kafka_ConfigEntry_is_sensitive(entry) == 1;
        let value = text(rd::rd_kafka_ConfigEntry_value(entry)).filter(|_| !sensitive);
        let origin = match rd_kafka_ConfigEntry_source(entry) {
            1 => ObservedOrigin::Topic,
            2 => ObservedOrigin::DynamicBroker,
            3 => ObservedOrigin::DynamicDefaultBroker,
            4 => ObservedOrigin::StaticBroker,
            5 => ObservedOrigin::Default,
            _ => ObservedOrigin::Unknown,
        };
        (name, ObservedConfig { value, origin })
    }
}

/// # Safety
/// `event` is the result of a CreateTopics call.
pub(super) unsafe fn read_created(event: &Event) -> Vec<Described<()>> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_CreateTopics_result(event.as_ptr());
        let topics = rd::rd_kafka_CreateTopics_result_topics(result, &mut count);
        let read = |topic| Described {
            name: text(rd::rd_kafka_topic_result_name(topic)).unwrap_or_default(),
            result: failure(
                rd_kafka_topic_result_error(topic),
                rd::rd_kafka_topic_result_error_string(topic),
            ),
        };
        present(array(topics, count)).map(read).collect()
    }
}

/// # Safety
/// `event` is the result of a ListOffsets call.
pub(super) unsafe fn read_offsets(event: &Event) -> Vec<PartitionOffset> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_ListOffsets_result(event.as_ptr());
        let infos = rd::rd_kafka_ListOffsets_result_infos(result, &mut count);
        let read = |info| {
            let partition = rd::rd_kafka_ListOffsetsResultInfo_topic_partition(info);
            // The field is a Rust enum in the bindings and may hold a code that it lacks.
            let code = (&raw const (*partition).err).cast::<c_int>().read();
            let words = rd_kafka_err2str(code);
            PartitionOffset {
                topic: text((*partition).topic).unwrap_or_default(),
                partition: (*partition).partition,
                result: failure(code, words)
                    .map(|()| Some((*partition).offset).filter(|offset| *offset >= 0)),
            }
        };
        present(array(infos, count)).map(read).collect()
    }
}

pub(super) fn present<'a, T: 'a>(elements: &'a [*const T]) -> impl Iterator<Item = *const T> + 'a {
    elements
        .iter()
        .copied()
        .filter(|element| !element.is_null())
}

/// # Safety
/// `words` is null or a NUL-terminated text that is alive.
pub(super) unsafe fn failure(code: c_int, words: *const c_char) -> Result<(), Failure> {
    match code {
        0 => Ok(()),
        // SAFETY: by this function's contract.
        code => Err(Failure {
            code: Code(code),
            message: broker_words(unsafe { text(words) }.unwrap_or_default()),
        }),
    }
}

/// librdkafka's standard texts name who speaks, which the code does already.
fn broker_words(text: String) -> String {
    match text.strip_prefix("Broker: ") {
        Some(words) => words.to_owned(),
        None => text,
    }
}
