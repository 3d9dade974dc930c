//! What the tests without a broker and those with one have in common. Nothing here knows of clusters.

pub(crate) mod binary;
pub(crate) mod report_grammar;
pub(crate) mod report_schema;
pub(crate) mod scene;
