//! Arguments that several commands share: names, types and help. Knows neither YAML nor librdkafka,
//! and decides nothing; each command's own arguments stand in its file below [`crate::commands`].

mod connection;
mod manifests;
mod output;
mod run;
mod sourced;
mod values;

pub use self::connection::ConnectionArgs;
pub use self::manifests::{ConditionArgs, DeclaredArgs, ManifestArgs, PathArgs};
pub use self::output::{ColorChoice, OutputArgs, ReportFile, ReportFiles};
pub use self::run::{Clusters, RunArgs, SnapshotArgs};
pub use self::sourced::{By, Sourced};
pub(crate) use self::values::{duration, partitioner, partitions};
