//! The admin calls themselves: arguments into librdkafka's memory.
//!
//! Each call has a `send` part, run by the caller, and a reader in [`super::results`]. librdkafka
//! copies what it is given, so that everything made here is freed here.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as rd;
use tokio::sync::oneshot;

use super::results::{
    ClusterDescription, Configured, Described, PartitionOffset, read_cluster, read_configs,
    read_created, read_offsets, read_topics,
};
use super::{
    CallOptions, Client, Code, Failure, Handle, NonNull, Outcome, Pending, c_text, milliseconds,
    text,
};
use crate::cluster::{Keys, NewTopic};
use crate::observed::ObservedPartition;
use crate::topic::{ConfigKey, TopicName};

/// How much sooner the broker gives up on a creation than the client does, so that its answer is
/// not lost; at most half of the client's time, or a short one would leave the broker none. Above
/// 0 in any case: otherwise librdkafka reports REQUEST_TIMED_OUT as success.
const ANSWER_MARGIN: Duration = Duration::from_secs(3);

/// Which offset of a partition to ask for, as librdkafka numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    /// Of the next message that will be written (RD_KAFKA_OFFSET_SPEC_LATEST).
    End = -1,
    /// Of the first message that is still there (RD_KAFKA_OFFSET_SPEC_EARLIEST).
    Start = -2,
}

/// A name with a character that Kafka does not allow.
const NO_TOPIC: &str = "?";

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

    /// The names of all topics that the cluster shows (a Metadata request for all of them).
    /// librdkafka has no admin call for it, and its plain one blocks: it runs on a thread of its
    /// own.
    pub(in super::super) fn topic_names(&self, timeout: Duration) -> Pending<Vec<String>> {
        let (sender, receiver) = oneshot::channel();
        let handle = Arc::clone(&self.handle);
        let ask = move || {
            // Nobody waits any more: the answer has no use.
            let _ = sender.send(all_names(&handle, timeout));
        };
        let thread = std::thread::Builder::new()
            .name("kafka-names".to_owned())
            .spawn(ask);
        let sent = thread.map(drop).map_err(|error| Failure {
            code: Code::DESTROY,
            message: error.to_string(),
        });
        Pending { sent, receiver }
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

    /// Reads the given keys of topics in one request. A list of keys must hold one at least: an
    /// empty one would mean all.
    pub(in super::super) fn describe_configs(
        &self,
        options: CallOptions,
        topics: &[(&TopicName, &Keys)],
    ) -> Pending<Vec<Described<Configured>>> {
        debug_assert!(topics.iter().all(|(_, keys)| **keys != Keys::NONE));
        self.call(
            options,
            |handle, options| {
                let mut resources = Resources::default();
                for (name, keys) in topics {
                    let keys = match keys {
                        Keys::All => &[],
                        Keys::These(keys) => keys.as_slice(),
                    };
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

    /// Has librdkafka ask any broker that it is connected to for metadata, which tells the
    /// controller of this moment. Calls that wait for the connection to a controller then turn to
    /// the new one. The result tells nothing.
    ///
    /// There is no call for just that. Asking for offsets makes librdkafka look up leaders, and
    /// the name is one that no topic can have, so that the look-up is all that happens.
    pub(in super::super) fn refresh_controller(
        &self,
        timeout: Duration,
    ) -> Pending<Vec<PartitionOffset>> {
        let options = CallOptions {
            timeout,
            broker: None,
        };
        self.offsets(options, Which::End, &[(NO_TOPIC, 0)])
    }

    /// Asks the leader of each partition for its end offset, one request a leader. Partitions must
    /// be different. Its cost in librdkafka grows with the square of the partitions.
    pub(in super::super) fn end_offsets(
        &self,
        options: CallOptions,
        partitions: &[(&TopicName, i32)],
    ) -> Pending<Vec<PartitionOffset>> {
        self.offsets(options, Which::End, &plain(partitions))
    }

    /// The same for the offset of the first message that is still there.
    pub(in super::super) fn start_offsets(
        &self,
        options: CallOptions,
        partitions: &[(&TopicName, i32)],
    ) -> Pending<Vec<PartitionOffset>> {
        self.offsets(options, Which::Start, &plain(partitions))
    }

    fn offsets(
        &self,
        options: CallOptions,
        which: Which,
        partitions: &[(&str, i32)],
    ) -> Pending<Vec<PartitionOffset>> {
        self.call(
            options,
            |handle, options| {
                let names = c_texts(partitions.iter().map(|(name, _)| *name))?;
                let size = c_int::try_from(partitions.len()).unwrap_or(c_int::MAX);
                // SAFETY: the list is ours until it is destroyed below; names are copied into it;
                // an added element is valid until the next addition; the call copies the list.
                unsafe {
                    let list = rd::rd_kafka_topic_partition_list_new(size);
                    for (name, (_, partition)) in names.iter().zip(partitions) {
                        let element =
                            rd::rd_kafka_topic_partition_list_add(list, name.as_ptr(), *partition);
                        (*element).offset = which as i64;
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
            read_offsets,
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
                // The value has no meaning here, but librdkafka insists on one; without the key,
                // all would be read.
                let code =
                    rd::rd_kafka_ConfigResource_set_config(resource, key.as_ptr(), c"".as_ptr())
                        as i32;
                if code != 0 {
                    let message = format!("configuration key {key:?} cannot be asked for");
                    return Err(Failure {
                        code: Code(code),
                        message,
                    });
                }
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

fn plain<'a>(partitions: &[(&'a TopicName, i32)]) -> Vec<(&'a str, i32)> {
    partitions
        .iter()
        .map(|(name, partition)| (name.as_str(), *partition))
        .collect()
}

pub(super) fn c_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<CString>, Failure> {
    texts.map(c_text).collect()
}

fn all_names(handle: &Handle, timeout: Duration) -> Outcome<Vec<String>> {
    let mut metadata = ptr::null();
    // SAFETY: the client is alive as long as `handle`; a null topic with `all_topics` set is what
    // the call wants. On success the metadata is owned by us, its topics and names alive with it.
    unsafe {
        let timeout = milliseconds(timeout);
        let code = rd::rd_kafka_metadata(
            handle.client.as_ptr(),
            1,
            ptr::null_mut(),
            &mut metadata,
            timeout,
        );
        let code = Code(code as i32);
        if code != Code(0) {
            return Err(Failure {
                code,
                message: "all topics were asked for".to_owned(),
            });
        }
        let count = usize::try_from((*metadata).topic_cnt).unwrap_or(0);
        let topics = match count {
            0 => &[],
            _ => std::slice::from_raw_parts((*metadata).topics, count),
        };
        let names = topics
            .iter()
            .filter_map(|topic| text(topic.topic))
            .collect();
        rd::rd_kafka_metadata_destroy(metadata);
        Ok(names)
    }
}
