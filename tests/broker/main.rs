//! The whole binary against real brokers, promise by promise.
//!
//! Every test runs `topicctl` as a process with an environment of its own and looks at what a user
//! sees: stdout, stderr, the exit code, the JSON report. What is on the cluster is read with
//! Kafka's own tools, never with topicctl. Tests that only need names of their own share a broker;
//! those that break, secure or record one start it.

mod accepted;
mod apply;
mod catalog;
mod certificates;
mod cluster;
mod connections;
mod create_topic_policy;
mod doctor;
mod exit_codes;
mod export;
mod groups;
mod health;
mod java_classes;
mod kafka;
mod mismatches;
mod msk_iam;
mod oauthbearer;
mod offsets;
mod plan;
mod quota;
mod racks;
mod render;
mod reports;
mod scenarios;
mod scenes;
mod secured;
mod security;
mod several_clusters;
mod several_nodes;
mod signals;
mod soak;
mod stores;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what tests without a broker need of it")]
mod support;
mod trouble;
mod unaltered;
mod verify;
mod versions;
mod waiting;
mod wire;
