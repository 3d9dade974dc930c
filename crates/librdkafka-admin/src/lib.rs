//! A safe, async admin client for Apache Kafka over librdkafka.
//!
//! [`AdminClient`] is one librdkafka handle with its main queue and one thread that reads it.
//! Everything librdkafka has to say comes through that queue: results of admin calls, errors of
//! connections, log lines (which go to `tracing`, target `librdkafka`). Results find their caller
//! by a number that goes along as the call's opaque value; it is not an address, so a caller that
//! no longer waits leaves nothing that could dangle. What a result holds is copied on the reading
//! thread, and librdkafka's memory never leaves this crate.
//!
//! ```no_run
//! # use std::{sync::Arc, time::Duration};
//! use librdkafka_admin::{AdminClient, AdminOptions, Error, Listener};
//!
//! struct Print;
//!
//! impl Listener for Print {
//!     fn connected(&self) {}
//!     fn error(&self, error: Error) {
//!         eprintln!("{error}");
//!     }
//! }
//!
//! # async fn describe() -> Result<(), Box<dyn std::error::Error>> {
//! let properties = [("bootstrap.servers", "localhost:9092")];
//! let client = AdminClient::start(properties, Arc::new(Print))?;
//! let options = AdminOptions::new(Duration::from_secs(30));
//! let topics = client.describe_topics(options, ["orders"]).result().await?;
//! match &topics["orders"] {
//!     Ok(topic) => println!("{} partitions", topic.partitions.len()),
//!     Err(error) => println!("{}: {}", error.code, error.message),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! rdkafka's `AdminClient` is not enough for a tool that quotes brokers: it drops their texts,
//! hides the errors of single resources, and never reads the main queue. This one keeps apart what
//! ends a whole call (`Err` of [`Pending::result`]) and what a broker says of one topic, group or
//! partition (an entry of the result).
//!
//! There is no policy here: what an error means, whether to ask again and how much to put into one
//! call is for the caller. No call alters or deletes anything, joins a group or commits.
#![warn(clippy::undocumented_unsafe_blocks)]

mod api_versions;
mod bearer;
mod certificate;
mod client;
mod cluster;
mod config;
mod configs;
mod error;
mod ffi;
mod groups;
mod offsets;
mod topics;

use std::collections::BTreeMap;

pub use api_versions::ApiVersions;
pub use bearer::{BearerToken, TokenSlot};
pub use certificate::CertificateError;
pub use client::{AdminClient, AdminOptions, Listener, Pending};
pub use cluster::{Broker, ClusterDescription};
pub use config::{ConfigError, check_property, features, version};
pub use configs::{ConfigEntry, ConfigSource};
pub use error::{Error, ErrorCode};
pub use groups::{GroupDescription, GroupListing, GroupState, GroupType, MemberDescription};
pub use offsets::{OffsetSpec, Offsets};
pub use topics::{NewTopic, PartitionDescription, TopicDescription};

/// Answers for several topics or groups, by name, without those that the broker left out.
pub type Entries<T> = BTreeMap<String, Result<T, Error>>;
