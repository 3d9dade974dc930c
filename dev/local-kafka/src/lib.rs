//! Real Apache Kafka on loopback, for topicctl's tests, benches and demo.
//!
//! ```no_run
//! use local_kafka::LocalKafka;
//!
//! let kafka = LocalKafka::options().nodes(3).start()?;
//! println!("{}", kafka.bootstrap_servers());
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! [`LocalKafka::options`] says what the cluster shall be like: how many KRaft nodes, which version,
//! how clients are secured, which users and ACLs there are. The jars come from Maven, once per
//! version. [`proxy::Proxy`] sits between a client and a node, records requests and breaks them.
//! [`scripted::ScriptedBroker`] is no Kafka: it gives answers that no Kafka gives.
//! [`certificates::Authority`] issues certificates with the faults that they have in real life.
//! [`identity_provider::IdentityProvider`] gives bearer tokens that brokers here verify.
//! [`wire_client::WireClient`] reads what is true of a cluster, one broker at a time.
//!
//! What this crate must not do: leave anything behind. Nodes and data go away with the cluster, and
//! also when the process that started them is killed. It does not print, and it never pretends: a
//! missing `java` or `mvn` is an error.

mod acls;
pub mod certificates;
mod class_archive;
mod cluster;
mod framing;
pub mod identity_provider;
pub mod jars;
mod java;
mod lifeline;
mod node;
mod options;
mod ports;
pub mod proxy;
mod readiness;
pub mod scripted;
mod server_properties;
mod storage;
mod tls;
mod tools;
mod version;
pub mod wire_client;

pub use cluster::LocalKafka;
pub use options::{Options, SUPER_PASSWORD, SUPER_USER, Security};
pub use ports::free_port;
pub use tools::Tools;
