//! topicctl: a Kafka topic provisioner that creates what is missing, verifies the rest and never
//! alters or deletes what exists.
//!
//! The modules follow the data: manifests become declared topics, the cluster is observed, the
//! comparison is a plan, the plan is applied, and the report is printed at the edge. The library
//! never prints; renderers write to what they are given.
#![forbid(unsafe_code)]

pub mod accepted;
pub mod apply;
mod backoff;
pub mod catalog;
pub mod cli;
pub mod cluster;
pub mod clusters;
pub mod commands;
pub mod context;
pub mod core_dump;
pub mod diagnostic;
pub mod doctor;
pub mod exit;
pub mod explain;
pub mod export;
pub mod finding;
pub mod groups;
pub mod health;
pub mod interrupt;
pub mod layout;
mod leaders;
pub mod limits;
pub mod manifest;
pub mod observed;
pub mod outcome;
pub mod partition;
pub mod plan;
mod readiness;
pub mod remedy;
pub mod render;
pub mod report;
pub mod topic;
pub mod units;
mod wording;
