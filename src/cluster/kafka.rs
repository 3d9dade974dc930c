//! A Kafka cluster over librdkafka: the connection, what to ask in which order, and what to make
//! of the answers.
//!
//! [`settings`] makes librdkafka's settings of what the user gave; [`Kafka::connect`] opens a
//! connection with them and implements the traits of [`crate::cluster`].
//! Nothing here can alter or delete: [`librdkafka_admin`] has no such call, and `clippy.toml` bans
//! them.

mod apis;
mod certificate;
mod connection;
mod connection_error;
mod connection_info;
mod convert;
mod creation;
mod foreign;
mod groups;
mod look;
pub mod probe;
mod serving;
pub mod settings;
mod token;

use std::collections::BTreeMap;

use self::connection::Connection;
pub use self::connection::Waiting;
use self::settings::Settings;
use crate::cluster::{
    Absence, Answer, ClusterError, CreateTopics, NewTopic, ObserveGroups, ObserveLeaders,
    ObserveTopics, Unserved, Wanted,
};
use crate::groups::{ObservedGroups, Wanted as WantedGroups};
use crate::observed::{Broker, ClusterIdentity, Observation};
use crate::topic::{Partitions, TopicName};

/// The version of the library that speaks to Kafka, and what it is built with.
pub fn library() -> (String, Vec<String>) {
    (librdkafka_admin::version(), librdkafka_admin::features())
}

/// A connected cluster. Dropping it closes the connections, in a few milliseconds.
pub struct Kafka {
    connection: Connection,
}

impl Kafka {
    /// Connects: returns when a broker has answered. `progress` is called now and then while
    /// there are errors that [`Settings::wait`] still leaves time for.
    ///
    /// # Errors
    /// - `Configuration`: librdkafka cannot start with these settings.
    /// - `Authentication`: credentials or certificates are not accepted, at once.
    /// - `Unreachable`: no broker can be reached, about a second after that is clear and the wait
    ///   is over; or none answers within [the time limit](settings::ConnectionOptions::timeout).
    pub async fn connect(
        settings: &Settings,
        progress: impl Fn(&Waiting) + Send + Sync + 'static,
    ) -> Result<Self, ClusterError> {
        let connection = Connection::open(settings, Box::new(progress)).await?;
        Ok(Self { connection })
    }

    /// Who is signed in, with SASL: with a token, who that says.
    pub fn user(&self) -> Option<&str> {
        self.connection.user()
    }

    /// Which cluster this is, and how its brokers tell clients to reach them.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    pub async fn described(&self) -> Result<(ClusterIdentity, Vec<Broker>), ClusterError> {
        look::described(&self.connection).await
    }
}

impl ObserveTopics for Kafka {
    async fn identity(&self) -> Result<ClusterIdentity, ClusterError> {
        look::cluster(&self.connection).await
    }

    async fn names(&self) -> Result<Vec<TopicName>, ClusterError> {
        look::names(&self.connection).await
    }

    async fn observe(
        &self,
        wanted: &[Wanted],
        absence: Absence,
    ) -> Result<Observation, ClusterError> {
        look::observe(&self.connection, wanted, absence).await
    }
}

impl ObserveLeaders for Kafka {
    async fn unserved(
        &self,
        topics: &[(TopicName, Partitions)],
    ) -> Result<Vec<Unserved>, ClusterError> {
        serving::unserved(&self.connection, topics).await
    }

    async fn observe_with_leaders(&self, wanted: &[Wanted]) -> Result<Observation, ClusterError> {
        look::observe_with_leaders(&self.connection, wanted).await
    }
}

impl ObserveGroups for Kafka {
    async fn observe_groups(&self, wanted: &WantedGroups) -> Result<ObservedGroups, ClusterError> {
        groups::observe(&self.connection, wanted).await
    }
}

impl CreateTopics for Kafka {
    fn honors_validate_only(&self) -> bool {
        !self.connection.any_broker(apis::creates_on_check)
    }

    async fn validate(
        &self,
        topics: &[NewTopic],
    ) -> Result<BTreeMap<TopicName, Answer>, ClusterError> {
        creation::validate(&self.connection, topics).await
    }

    async fn create(&self, topics: &[NewTopic]) -> BTreeMap<TopicName, Answer> {
        creation::create(&self.connection, topics).await
    }
}
