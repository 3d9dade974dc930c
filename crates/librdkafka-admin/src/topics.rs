//! Topics: describing, listing and creating them.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as rd;
use tokio::sync::oneshot;

use crate::Entries;
use crate::client::{AdminClient, AdminOptions, Event, Handle, Pending, Request};
use crate::error::{Error, ErrorCode, check, rd_kafka_error_code, rd_kafka_topic_result_error};
use crate::ffi::{Array, ERROR_TEXT, buffer, c_texts, elements, milliseconds, text};

/// How much sooner the broker gives up on a creation than the client does, so that its answer is
/// not lost; at most half of the client's time, or a short one would leave the broker none. Above
/// 0 in any case: otherwise librdkafka reports REQUEST_TIMED_OUT as success.
const ANSWER_MARGIN: Duration = Duration::from_secs(3);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicDescription {
    /// By ascending number, each once.
    pub partitions: Vec<PartitionDescription>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionDescription {
    /// From 0.
    pub partition: i32,
    /// The leading broker's id; `None` while there is none.
    pub leader: Option<i32>,
    /// Broker ids that hold it.
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTopic<'a> {
    pub name: &'a str,
    /// `None` takes the broker's default (Kafka 2.4 and later).
    pub partitions: Option<i32>,
    /// `None` takes the broker's default (Kafka 2.4 and later).
    pub replication_factor: Option<i32>,
    pub configs: Vec<(&'a str, &'a str)>,
}

impl AdminClient {
    /// Describes topics by name (a Metadata request that never creates). Names must be different.
    pub fn describe_topics<'a>(
        &self,
        options: AdminOptions,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Pending<Entries<TopicDescription>> {
        let send = |request: &Request| {
            let names = c_texts(names)?;
            let mut names: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
            // SAFETY: the names are alive and NUL-terminated, the collection copies them and the
            // call copies the collection; what the request points at is alive.
            unsafe {
                let collection =
                    rd::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
                rd::rd_kafka_DescribeTopics(
                    request.client,
                    collection,
                    request.options,
                    request.queue,
                );
                rd::rd_kafka_TopicCollection_destroy(collection);
            }
            Ok(())
        };
        self.call(options, send, read_descriptions)
    }

    /// The names of all topics that the cluster shows (a Metadata request for all of them).
    /// librdkafka has no admin call for it, and its plain one blocks: it runs on a thread of its
    /// own.
    pub fn topic_names(&self, timeout: Duration) -> Pending<Vec<String>> {
        let (sender, receiver) = oneshot::channel();
        let handle = Arc::clone(&self.handle);
        let ask = move || {
            // Nobody waits any more: the answer has no use.
            let _ = sender.send(all_names(&handle, timeout));
        };
        let thread = std::thread::Builder::new()
            .name("kafka-names".to_owned())
            .spawn(ask);
        let sent = thread.map(drop).map_err(|error| Error {
            code: ErrorCode::DESTROY,
            message: error.to_string(),
        });
        Pending { sent, receiver }
    }

    /// Creates topics in one request, or has the broker check the request only. The broker waits
    /// for the creation a few seconds less than the call does.
    pub fn create_topics(
        &self,
        options: AdminOptions,
        topics: &[NewTopic<'_>],
        validate_only: bool,
    ) -> Pending<Entries<()>> {
        let timeout = options.request_timeout;
        let operation_timeout = milliseconds(timeout - ANSWER_MARGIN.min(timeout / 2));
        let validate_only = c_int::from(validate_only);
        let send = |request: &Request| {
            request.set(
                rd::rd_kafka_AdminOptions_set_operation_timeout,
                operation_timeout,
            )?;
            request.set(rd::rd_kafka_AdminOptions_set_validate_only, validate_only)?;
            // SAFETY: the array gets what `add_topic` makes, and the call copies it; what the
            // request points at is alive.
            unsafe {
                let mut array = Array::new(rd::rd_kafka_NewTopic_destroy_array);
                for topic in topics {
                    add_topic(&mut array, topic)?;
                }
                rd::rd_kafka_CreateTopics(
                    request.client,
                    array.elements.as_mut_ptr(),
                    array.elements.len(),
                    request.options,
                    request.queue,
                );
            }
            Ok(())
        };
        self.call(options, send, read_created)
    }
}

fn add_topic(array: &mut Array<rd::rd_kafka_NewTopic_t>, topic: &NewTopic) -> Result<(), Error> {
    let name = CString::new(topic.name)?;
    let mut text = [0; ERROR_TEXT];
    // SAFETY: name and buffer are alive; the topic is owned by the array at once, and copies its
    // keys and values.
    unsafe {
        let new = rd::rd_kafka_NewTopic_new(
            name.as_ptr(),
            topic.partitions.unwrap_or(-1),
            topic.replication_factor.unwrap_or(-1),
            text.as_mut_ptr(),
            text.len(),
        );
        if new.is_null() {
            return Err(Error {
                code: ErrorCode::INVALID_ARG,
                message: buffer(&text),
            });
        }
        array.elements.push(new);
        for (key, value) in &topic.configs {
            let (key, value) = (CString::new(*key)?, CString::new(*value)?);
            rd::rd_kafka_NewTopic_set_config(new, key.as_ptr(), value.as_ptr());
        }
    }
    Ok(())
}

fn all_names(handle: &Handle, timeout: Duration) -> Result<Vec<String>, Error> {
    let mut metadata = ptr::null();
    // SAFETY: the client is alive as long as `handle`; a null topic with `all_topics` set is what
    // the call wants. On success the metadata is owned by us, its topics and names alive with it.
    unsafe {
        let code = rd::rd_kafka_metadata(
            handle.as_ptr(),
            1,
            ptr::null_mut(),
            &mut metadata,
            milliseconds(timeout),
        ) as i32;
        if code != 0 {
            return Err(Error {
                code: ErrorCode(code),
                message: "all topics were asked for".to_owned(),
            });
        }
        let topics = match usize::try_from((*metadata).topic_cnt) {
            Ok(count @ 1..) => std::slice::from_raw_parts((*metadata).topics, count),
            _ => &[],
        };
        let names = topics
            .iter()
            .filter_map(|topic| text(topic.topic))
            .collect();
        rd::rd_kafka_metadata_destroy(metadata);
        Ok(names)
    }
}

fn read_descriptions(event: &Event) -> Entries<TopicDescription> {
    // SAFETY: all that is read belongs to the event.
    unsafe {
        let id = |node: *const rd::rd_kafka_Node_t| rd::rd_kafka_Node_id(node);
        let partition = |partition| PartitionDescription {
            partition: rd::rd_kafka_TopicPartitionInfo_partition(partition),
            leader: Some(rd::rd_kafka_TopicPartitionInfo_leader(partition))
                .filter(|leader| !leader.is_null())
                .map(id)
                .filter(|id| *id >= 0),
            replicas: elements(partition, rd::rd_kafka_TopicPartitionInfo_replicas)
                .map(id)
                .collect(),
            isr: elements(partition, rd::rd_kafka_TopicPartitionInfo_isr)
                .map(id)
                .collect(),
        };
        let topic = |topic| {
            let name = text(rd::rd_kafka_TopicDescription_name(topic)).unwrap_or_default();
            let error = rd::rd_kafka_TopicDescription_error(topic);
            let code = rd_kafka_error_code(error);
            let description = check(code, rd::rd_kafka_error_string(error)).map(|()| {
                let partitions = elements(topic, rd::rd_kafka_TopicDescription_partitions);
                let mut partitions: Vec<_> = partitions.map(partition).collect();
                partitions.sort_by_key(|partition| partition.partition);
                partitions.dedup_by_key(|partition| partition.partition);
                TopicDescription { partitions }
            });
            (name, description)
        };
        let result = event.result(rd::rd_kafka_event_DescribeTopics_result);
        elements(result, rd::rd_kafka_DescribeTopics_result_topics)
            .map(topic)
            .collect()
    }
}

fn read_created(event: &Event) -> Entries<()> {
    // SAFETY: all that is read belongs to the event.
    unsafe {
        let result = event.result(rd::rd_kafka_event_CreateTopics_result);
        elements(result, rd::rd_kafka_CreateTopics_result_topics)
            .map(|topic| {
                let name = text(rd::rd_kafka_topic_result_name(topic)).unwrap_or_default();
                let message = rd::rd_kafka_topic_result_error_string(topic);
                (name, check(rd_kafka_topic_result_error(topic), message))
            })
            .collect()
    }
}
