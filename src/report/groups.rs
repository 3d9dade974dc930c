//! What `--groups` read, in reports: [`text`] and [`json`] lay it out, the other formats within the
//! rest of theirs. Takes [`crate::groups::GroupLags`] and computes nothing that it does not hold.

pub(super) mod json;
pub(super) mod text;
pub(super) mod wording;
