//! The admin calls themselves: arguments into librdkafka's memory, results out of it.
//!
//! Each call has a `send` part, run by the caller, and a `read` part, run by the reading thread on
//! the event that carries the result. Lists that librdkafka returns may hold null slots (a name
//! that the broker left out or answered twice), which are left out here too.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as rd;

use super::{
    CallOptions, Client, Code, Event, Failure, NonNull, Pending, array, c_text, codes,
    milliseconds, text,
};
use crate::cluster::NewTopic;
use crate::observed::{ObservedConfig, ObservedOrigin, ObservedPartition};
use crate::topic::{ConfigKey, TopicName};

/// How much sooner the broker gives up on a creation than the client does, so that its answer is
/// not lost; at most half of the client's time, or a short one would leave the broker none. Above
/// 0 in any case: otherwise librdkafka reports REQUEST_TIMED_OUT as success.
const ANSWER_MARGIN: Duration = Duration::from_secs(3);

/// Offset specification for the end of a partition (RD_KAFKA_OFFSET_SPEC_LATEST).
const LATEST: i64 = -1;

/// The answer for one topic of a DescribeTopics or CreateTopics call.
#[derive(Debug)]
pub(in super::super) struct Described<T> {
    pub(in super::super) name: String,
    pub(in super::super) result: Result<T, Failure>,
}

/// The configuration of one topic, key by key.
pub(in super::super) type Configured = Vec<(String, ObservedConfig)>;

/// The answer for one partition of a ListOffsets call.
#[derive(Debug)]
pub(in super::super) struct EndOffset {
    pub(in super::super) topic: String,
    pub(in super::super) partition: i32,
    /// `Ok(None)` where its leader gave no answer at all: librdkafka then leaves the partition
    /// without an error and without an offset.
    pub(in super::super) result: Result<Option<i64>, Failure>,
}

/// The answer of a DescribeCluster call.
#[derive(Debug)]
pub(in super::super) struct ClusterDescription {
    pub(in super::super) id: Option<String>,
    /// Ids of the brokers that are registered and alive.
    pub(in super::super) brokers: Vec<i32>,
}

impl Client {
    /// Looks at topics by name (a Metadata request that never creates). Names must be different.
    pub(in super::super) fn describe_topics(
        &self,
        options: CallOptions,
        names: &[&TopicName],
    ) -> Pending<Vec<Described<Vec<ObservedPartition>>>> {
        self.call(
            options,
            |handle, options| {
                let names = c_texts(names.iter().map(|name| name.as_str()))?;
                let mut names: Vec<*const c_char> =
                    names.iter().map(|name| name.as_ptr()).collect();
                // SAFETY: the names are alive and NUL-terminated, the collection copies them and
                // the call copies the collection; client, queue and options are alive.
                unsafe {
                    let collection = rd::rd_kafka_TopicCollection_of_topic_names(
                        names.as_mut_ptr(),
                        names.len(),
                    );
                    rd::rd_kafka_DescribeTopics(
                        handle.client.as_ptr(),
                        collection,
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                    rd::rd_kafka_TopicCollection_destroy(collection);
                }
                Ok(())
            },
            read_topics,
        )
    }

    /// Asks for the cluster's id and brokers (a Metadata request for no topic).
    ///
    /// Only to be called once [`Client::cluster_id`] has one: librdkafka copies the id of the
    /// answer without a look whether there is one (`rd_kafka_ClusterDescription_new`), and a
    /// Redpanda broker has none in its first moments.
    pub(in super::super) fn describe_cluster(
        &self,
        options: CallOptions,
    ) -> Pending<ClusterDescription> {
        self.call(
            options,
            |handle, options| {
                // SAFETY: client, queue and options are alive.
                unsafe {
                    rd::rd_kafka_DescribeCluster(
                        handle.client.as_ptr(),
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                }
                Ok(())
            },
            read_cluster,
        )
    }

    /// Reads the given keys of topics in one request. Every list of keys must hold one at least:
    /// an empty one would mean all.
    pub(in super::super) fn describe_configs(
        &self,
        options: CallOptions,
        topics: &[(&TopicName, &[ConfigKey])],
    ) -> Pending<Vec<Described<Configured>>> {
        debug_assert!(topics.iter().all(|(_, keys)| !keys.is_empty()));
        self.call(
            options,
            |handle, options| {
                let mut resources = Resources::default();
                for (name, keys) in topics {
                    resources.add(name, keys)?;
                }
                // SAFETY: every element is a resource that `resources` owns; the call copies them;
                // client, queue and options are alive.
                unsafe {
                    rd::rd_kafka_DescribeConfigs(
                        handle.client.as_ptr(),
                        resources.0.as_mut_ptr(),
                        resources.0.len(),
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                }
                Ok(())
            },
            read_configs,
        )
    }

    /// Creates topics in one request, or has the broker check the request only. The broker waits
    /// for the creation a few seconds less than the call does.
    pub(in super::super) fn create_topics(
        &self,
        options: CallOptions,
        topics: &[NewTopic],
        validate_only: bool,
    ) -> Pending<Vec<Described<()>>> {
        let broker_waits = options.timeout - ANSWER_MARGIN.min(options.timeout / 2);
        self.call(
            options,
            |handle, options| {
                let waits = milliseconds(broker_waits);
                options.set(rd::rd_kafka_AdminOptions_set_operation_timeout, waits)?;
                let validate_only = c_int::from(validate_only);
                options.set(rd::rd_kafka_AdminOptions_set_validate_only, validate_only)?;
                let mut new = NewTopics::default();
                for topic in topics {
                    new.add(topic)?;
                }
                // SAFETY: every element is a new topic that `new` owns; the call copies them;
                // client, queue and options are alive.
                unsafe {
                    rd::rd_kafka_CreateTopics(
                        handle.client.as_ptr(),
                        new.0.as_mut_ptr(),
                        new.0.len(),
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                }
                Ok(())
            },
            read_created,
        )
    }

    /// Asks the leader of each partition for its end offset, one request a leader. Partitions must
    /// be different. Its cost in librdkafka grows with the square of the partitions.
    pub(in super::super) fn end_offsets(
        &self,
        options: CallOptions,
        partitions: &[(&TopicName, i32)],
    ) -> Pending<Vec<EndOffset>> {
        self.call(
            options,
            |handle, options| {
                let names = c_texts(partitions.iter().map(|(name, _)| name.as_str()))?;
                let size = c_int::try_from(partitions.len()).unwrap_or(c_int::MAX);
                // SAFETY: the list is ours until it is destroyed below; names are copied into it;
                // an added element is valid until the next addition; the call copies the list.
                unsafe {
                    let list = rd::rd_kafka_topic_partition_list_new(size);
                    for (name, (_, partition)) in names.iter().zip(partitions) {
                        let element =
                            rd::rd_kafka_topic_partition_list_add(list, name.as_ptr(), *partition);
                        (*element).offset = LATEST;
                    }
                    rd::rd_kafka_ListOffsets(
                        handle.client.as_ptr(),
                        list,
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                    rd::rd_kafka_topic_partition_list_destroy(list);
                }
                Ok(())
            },
            read_end_offsets,
        )
    }
}

#[derive(Default)]
struct Resources(Vec<*mut rd::rd_kafka_ConfigResource_t>);

impl Resources {
    fn add(&mut self, name: &TopicName, keys: &[ConfigKey]) -> Result<(), Failure> {
        let name = c_text(name.as_str())?;
        let keys = c_texts(keys.iter().map(ConfigKey::as_str))?;
        let kind = rd::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
        // SAFETY: the texts are alive and copied; the resource is owned by this list at once.
        unsafe {
            let resource = rd::rd_kafka_ConfigResource_new(kind, name.as_ptr());
            self.0.push(resource);
            for key in keys {
                rd::rd_kafka_ConfigResource_set_config(resource, key.as_ptr(), ptr::null());
            }
        }
        Ok(())
    }
}

impl Drop for Resources {
    fn drop(&mut self) {
        // SAFETY: every element was made by `add` and is owned by this list.
        unsafe { rd::rd_kafka_ConfigResource_destroy_array(self.0.as_mut_ptr(), self.0.len()) }
    }
}

#[derive(Default)]
struct NewTopics(Vec<*mut rd::rd_kafka_NewTopic_t>);

impl NewTopics {
    fn add(&mut self, topic: &NewTopic) -> Result<(), Failure> {
        let name = c_text(topic.name.as_str())?;
        let partitions = topic.partitions.map_or(-1, |count| count.get());
        let replicas = topic
            .replication_factor
            .map_or(-1, |count| c_int::from(count.get()));
        let mut words = [0; super::TEXT];
        // SAFETY: name and buffer are alive; the topic is owned by this list at once.
        unsafe {
            let new = rd::rd_kafka_NewTopic_new(
                name.as_ptr(),
                partitions,
                replicas,
                words.as_mut_ptr(),
                words.len(),
            );
            let Some(new) = NonNull::new(new) else {
                let message = super::buffer(&words);
                return Err(Failure {
                    code: Code::INVALID_ARG,
                    message,
                });
            };
            self.0.push(new.as_ptr());
            for (key, value) in &topic.config {
                let (key, value) = (c_text(key.as_str())?, c_text(value.as_str())?);
                rd::rd_kafka_NewTopic_set_config(new.as_ptr(), key.as_ptr(), value.as_ptr());
            }
        }
        Ok(())
    }
}

impl Drop for NewTopics {
    fn drop(&mut self) {
        // SAFETY: every element was made by `add` and is owned by this list.
        unsafe { rd::rd_kafka_NewTopic_destroy_array(self.0.as_mut_ptr(), self.0.len()) }
    }
}

fn c_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<CString>, Failure> {
    texts.map(c_text).collect()
}

/// # Safety
/// `event` is the result of a DescribeTopics call.
unsafe fn read_topics(event: &Event) -> Vec<Described<Vec<ObservedPartition>>> {
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
        let code = codes::rd_kafka_error_code(error);
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
unsafe fn read_cluster(event: &Event) -> ClusterDescription {
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
unsafe fn read_configs(event: &Event) -> Vec<Described<Configured>> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_DescribeConfigs_result(event.as_ptr());
        let resources = rd::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
        let read = |resource| {
            let code = codes::rd_kafka_ConfigResource_error(resource);
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
        let origin = match codes::rd_kafka_ConfigEntry_source(entry) {
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
unsafe fn read_created(event: &Event) -> Vec<Described<()>> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_CreateTopics_result(event.as_ptr());
        let topics = rd::rd_kafka_CreateTopics_result_topics(result, &mut count);
        let read = |topic| Described {
            name: text(rd::rd_kafka_topic_result_name(topic)).unwrap_or_default(),
            result: failure(
                codes::rd_kafka_topic_result_error(topic),
                rd::rd_kafka_topic_result_error_string(topic),
            ),
        };
        present(array(topics, count)).map(read).collect()
    }
}

/// # Safety
/// `event` is the result of a ListOffsets call.
unsafe fn read_end_offsets(event: &Event) -> Vec<EndOffset> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_ListOffsets_result(event.as_ptr());
        let infos = rd::rd_kafka_ListOffsets_result_infos(result, &mut count);
        let read = |info| {
            let partition = rd::rd_kafka_ListOffsetsResultInfo_topic_partition(info);
            // The field is a Rust enum in the bindings and may hold a code that it lacks.
            let code = (&raw const (*partition).err).cast::<c_int>().read();
            let words = codes::rd_kafka_err2str(code);
            EndOffset {
                topic: text((*partition).topic).unwrap_or_default(),
                partition: (*partition).partition,
                result: failure(code, words)
                    .map(|()| Some((*partition).offset).filter(|offset| *offset >= 0)),
            }
        };
        present(array(infos, count)).map(read).collect()
    }
}

fn present<'a, T: 'a>(elements: &'a [*const T]) -> impl Iterator<Item = *const T> + 'a {
    elements
        .iter()
        .copied()
        .filter(|element| !element.is_null())
}

/// # Safety
/// `words` is null or a NUL-terminated text that is alive.
unsafe fn failure(code: c_int, words: *const c_char) -> Result<(), Failure> {
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
