//! Everything that needs no broker: the library by its public functions, and the binary as a process.

mod advice;
mod apply_loop;
mod broker_faults;
mod cli;
mod connecting;
mod diagnostics;
mod doctor;
mod documents;
mod every_file;
mod explain;
mod hardening;
mod init;
mod layout;
mod links;
mod manifest_docs;
mod manifest_properties;
mod mutated;
mod plan;
mod real_setups;
mod render;
mod reports;
mod scenes;
mod schema;
mod secrets;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what tests with a broker need of it")]
mod support;
mod terminals;
mod variables;
mod version;
