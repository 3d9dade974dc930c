//! Reports: every format over every state and ending, against hostile values, against readers and
//! schemas that are not topicctl's, and as files of whole runs.

mod files;
mod formats;
mod hostile;
mod hostile_runs;
mod rest;
mod samples;
mod schema;
mod widths;
