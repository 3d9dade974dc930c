//! Between the client's plain types and topicctl's own.
//!
//! Nothing is decided here but what is a missing right.

use librdkafka_admin as admin;
use librdkafka_admin::{ConfigEntry, ConfigSource, Error, ErrorCode};

use crate::cluster::{Keys, NewTopic};
use crate::groups::{Description, Member, Protocol, State};
use crate::observed::{Broker, ObservedConfig, ObservedOrigin, ObservedPartition, Unreadable};
use crate::topic::{ConfigKey, TopicName};

pub(super) fn new_topic(topic: &NewTopic) -> admin::NewTopic<'_> {
    let config = topic.config.iter();
    admin::NewTopic {
        name: topic.name.as_str(),
        partitions: topic.partitions.map(|count| count.get()),
        replication_factor: topic.replication_factor.map(|count| count.get().into()),
        configs: config
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect(),
    }
}

pub(super) fn broker(broker: admin::Broker) -> Broker {
    let (host, port) = (broker.host, broker.port);
    Broker {
        id: broker.id,
        address: match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        },
        rack: broker.rack.filter(|rack| !rack.is_empty()),
    }
}

/// The keys to ask for; the client takes none for all.
pub(super) fn config_keys(keys: &Keys) -> Vec<&str> {
    match keys {
        Keys::All => vec![],
        Keys::These(keys) => keys.iter().map(ConfigKey::as_str).collect(),
    }
}

pub(super) fn by_name<'a>(
    partitions: &[(&'a TopicName, i32)],
) -> impl Iterator<Item = (&'a str, i32)> {
    partitions.iter().map(|(topic, id)| (topic.as_str(), *id))
}

pub(super) fn partition(partition: admin::PartitionDescription) -> ObservedPartition {
    ObservedPartition {
        id: partition.partition,
        leader: partition.leader,
        replicas: partition.replicas,
        in_sync: partition.isr,
    }
}

pub(super) fn config(entry: ConfigEntry) -> (ConfigKey, ObservedConfig) {
    let origin = match entry.source {
        ConfigSource::DynamicTopic => ObservedOrigin::Topic,
        ConfigSource::DynamicBroker => ObservedOrigin::DynamicBroker,
        ConfigSource::DynamicDefaultBroker => ObservedOrigin::DynamicDefaultBroker,
        ConfigSource::StaticBroker => ObservedOrigin::StaticBroker,
        ConfigSource::Default => ObservedOrigin::Default,
        ConfigSource::Unknown => ObservedOrigin::Unknown,
    };
    let value = entry.value;
    (ConfigKey::new(entry.name), ObservedConfig { value, origin })
}

pub(super) fn group(group: admin::GroupDescription) -> Description {
    let member = |member: admin::MemberDescription| Member {
        id: member.consumer_id,
        client_id: member.client_id,
        host: member.host,
        assigned: member.assignment,
    };
    Description {
        state: match group.state {
            admin::GroupState::PreparingRebalance => State::PreparingRebalance,
            admin::GroupState::CompletingRebalance => State::CompletingRebalance,
            admin::GroupState::Stable => State::Stable,
            admin::GroupState::Dead => State::Dead,
            admin::GroupState::Empty => State::Empty,
            admin::GroupState::Unknown => State::Unnamed,
        },
        protocol: match group.group_type {
            admin::GroupType::Classic => Protocol::Classic,
            admin::GroupType::Consumer => Protocol::Consumer,
            admin::GroupType::Unknown => Protocol::Unknown,
        },
        assignor: group.partition_assignor,
        members: group.members.into_iter().map(member).collect(),
    }
}

pub(super) fn is_unauthorized(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::TOPIC_AUTHORIZATION_FAILED
            | ErrorCode::CLUSTER_AUTHORIZATION_FAILED
            | ErrorCode::GROUP_AUTHORIZATION_FAILED
    )
}

/// `exists` says whether at least its existence is certain.
pub(super) fn unreadable(exists: bool, error: &Error) -> Unreadable {
    Unreadable {
        exists,
        unauthorized: is_unauthorized(error.code),
        reason: error.to_string(),
    }
}
