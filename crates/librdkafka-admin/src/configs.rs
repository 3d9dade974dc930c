//! The configuration of topics.

use std::ffi::{CString, c_int};

use rdkafka_sys as rd;

use crate::Entries;
use crate::client::{AdminClient, AdminOptions, Event, Pending, Request};
use crate::error::{
    Error, ErrorCode, check, rd_kafka_ConfigEntry_source, rd_kafka_ConfigResource_error,
};
use crate::ffi::{Array, c_texts, elements, text};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigEntry {
    pub name: String,
    /// `None` where the broker keeps it to itself (a sensitive value).
    pub value: Option<String>,
    pub source: ConfigSource,
}

/// Where a broker has a value from, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigSource {
    DynamicTopic,
    DynamicBroker,
    DynamicDefaultBroker,
    /// From the broker's `server.properties`.
    StaticBroker,
    Default,
    /// None was given, or one that librdkafka does not know.
    Unknown,
}

impl ConfigSource {
    fn new(code: c_int) -> Self {
        match code {
            1 => Self::DynamicTopic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefaultBroker,
            4 => Self::StaticBroker,
            5 => Self::Default,
            _ => Self::Unknown,
        }
    }
}

impl AdminClient {
    /// Reads configurations of topics in one request: those with the given keys, or all of a topic
    /// for which no key is given.
    pub fn describe_configs(
        &self,
        options: AdminOptions,
        topics: &[(&str, Vec<&str>)],
    ) -> Pending<Entries<Vec<ConfigEntry>>> {
        let send = |request: &Request| {
            // SAFETY: the array gets what `add_resource` makes, and the call copies it; what the
            // request points at is alive.
            unsafe {
                let mut array = Array::new(rd::rd_kafka_ConfigResource_destroy_array);
                for (name, keys) in topics {
                    add_resource(&mut array, name, keys)?;
                }
                rd::rd_kafka_DescribeConfigs(
                    request.client,
                    array.elements.as_mut_ptr(),
                    array.elements.len(),
                    request.options,
                    request.queue,
                );
            }
            Ok(())
        };
        self.call(options, send, read_configs)
    }
}

fn add_resource(
    array: &mut Array<rd::rd_kafka_ConfigResource_t>,
    name: &str,
    keys: &[&str],
) -> Result<(), Error> {
    let name = CString::new(name)?;
    let keys = c_texts(keys.iter().copied())?;
    let kind = rd::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
    // SAFETY: the texts are alive and copied; the resource is owned by the array at once.
    unsafe {
        let resource = rd::rd_kafka_ConfigResource_new(kind, name.as_ptr());
        array.elements.push(resource);
        for key in keys {
            // The value has no meaning here, but librdkafka insists on one; without the key, all
            // would be read.
            let code =
                rd::rd_kafka_ConfigResource_set_config(resource, key.as_ptr(), c"".as_ptr()) as i32;
            if code != 0 {
                return Err(Error {
                    code: ErrorCode(code),
                    message: format!("configuration key {key:?} cannot be asked for"),
                });
            }
        }
    }
    Ok(())
}

fn read_configs(event: &Event) -> Entries<Vec<ConfigEntry>> {
    // SAFETY: all that is read belongs to the event.
    unsafe {
        let result = event.result(rd::rd_kafka_event_DescribeConfigs_result);
        elements(result, rd::rd_kafka_DescribeConfigs_result_resources)
            .map(|resource| {
                let name = text(rd::rd_kafka_ConfigResource_name(resource)).unwrap_or_default();
                let code = rd_kafka_ConfigResource_error(resource);
                let message = rd::rd_kafka_ConfigResource_error_string(resource);
                let entries = elements(resource, rd::rd_kafka_ConfigResource_configs);
                let entries = entries.map(|entry| {
                    let sensitive = rd::rd_kafka_ConfigEntry_is_sensitive(entry) == 1;
                    ConfigEntry {
                        name: text(rd::rd_kafka_ConfigEntry_name(entry)).unwrap_or_default(),
                        value: text(rd::rd_kafka_ConfigEntry_value(entry)).filter(|_| !sensitive),
                        source: ConfigSource::new(rd_kafka_ConfigEntry_source(entry)),
                    }
                });
                (name, check(code, message).map(|()| entries.collect()))
            })
            .collect()
    }
}
