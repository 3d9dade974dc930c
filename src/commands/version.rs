//! `--version --verbose`: what the program is made of, for reports of faults.
//!
//! clap answers `--version` by itself, and ends there; a command line that asks for more is known by
//! its words.

use std::ffi::OsString;

use clap::error::ErrorKind;

use crate::cluster::kafka;
use crate::layout::Layout;

const VERSION: [&str; 2] = ["-V", "--version"];
const VERBOSE: [&str; 2] = ["-v", "--verbose"];
const BOTH: [&str; 2] = ["-Vv", "-vV"];

/// Whether a command line that clap did not take asks for the version and all about it.
pub(super) fn is_asked_in_full(error: &clap::Error, arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments
        .iter()
        .skip(1)
        .filter_map(|it| it.to_str())
        .collect();
    let has = |wanted: [&str; 2]| words.iter().any(|word| wanted.contains(word));
    let is_known = |word: &&str| [VERSION, VERBOSE, BOTH].concat().contains(word);
    let answers = error.kind() == ErrorKind::DisplayVersion || words.iter().all(is_known);
    answers && (has(BOTH) || has(VERSION) && has(VERBOSE))
}

/// The first line is that of `--version`.
pub(super) fn in_full(layout: Layout) -> String {
    let (librdkafka, features) = kafka::library();
    let features = features.join(", ");
    let features = layout.wrap(&features, "features    ", "            ");
    let features = features.join("\n");
    format!(
        "topicctl {}\n\
         commit      {}\n\
         librdkafka  {librdkafka}\n\
         {features}\n\
         built for   {}\n\
         built by    {}\n",
        env!("CARGO_PKG_VERSION"),
        env!("BUILT_FROM"),
        env!("BUILT_FOR"),
        env!("BUILT_BY"),
    )
}
