//! The fields of every object of the manifest language: one table each.
//!
//! The decoder refuses what is not in its object's table and reads by these names only; the JSON
//! Schema of [`mod@super::schema`] and the tables of docs/manifest.md are made from the same, so that
//! neither can drift from what is accepted. Data only: nothing here reads a manifest.

mod pipelines;
mod project;
mod topics;

#[cfg(test)]
mod tests;

pub(super) use pipelines::{PIPELINE, STEP};
pub(super) use project::{
    ACCEPTED, CLUSTER, DEFAULTS, DOCUMENT, NAMING, POLICY, POLICY_CONFIG, POLICY_COUNTS,
    POLICY_DURATIONS, POLICY_NAMES, PROFILE, PROFILE_PATCH, PROFILE_TOPIC, TIER,
};
#[cfg(test)]
pub(super) use tests::note_read;
pub(super) use topics::{DERIVED, GROUP, PARTITION_KEY, RETRY, RETRY_STEP, SAME_AS, TOPIC};

/// An object of the language.
#[derive(Debug)]
pub(super) struct ObjectSpec {
    /// With its article: "`x` is not a field of …".
    pub(super) name: &'static str,
    /// A word for it where names must be short: definitions of the schema, marks in the docs.
    pub(super) id: &'static str,
    /// In the order of the documentation.
    pub(super) fields: &'static [FieldSpec],
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct FieldSpec {
    pub(super) name: &'static str,
    /// Whether the object is an error without it. Any other field may also be null.
    pub(super) required: bool,
    pub(super) shape: Shape,
    /// One paragraph for people: what it is, its units, its range, its default.
    pub(super) doc: &'static str,
}

/// What a field takes. Every single value may be, or hold, a variable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Any single value.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number from 1, or one of some words.
    Count {
        most: i64,
        words: &'static [&'static str],
    },
    /// A time with its unit.
    Delay,
    /// A time with its unit, or `unlimited`.
    Duration,
    /// One of these.
    Word(&'static [&'static str]),
    /// The code of a relation or style check.
    Check,
    /// A list of these; one alone stands for a list of one.
    List(&'static Shape),
    /// Free names, each with a single value.
    Texts,
    /// Topic configurations with their values.
    Config,
    /// Codes of checks with their severities.
    Severities,
    /// An object.
    Object(&'static ObjectSpec),
    /// A list of objects.
    Objects(&'static ObjectSpec),
    /// Free names, each with an object or nothing.
    Named(&'static ObjectSpec),
    /// Any of these.
    Either(&'static [Shape]),
}

/// What `checks` of a policy makes of a check.
pub(super) const SEVERITIES: [&str; 3] = ["allow", "warn", "error"];

/// What `fail_on` of a policy names.
pub(super) const FINDINGS: &[&str] = &[
    "missing",
    "mismatch",
    "unmanaged",
    "undeclared",
    "health",
    "none",
];

/// Single values in a list.
const TEXTS: Shape = Shape::List(&Shape::Text);

const fn field(name: &'static str, shape: Shape, doc: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        required: false,
        shape,
        doc,
    }
}

const fn required(name: &'static str, shape: Shape, doc: &'static str) -> FieldSpec {
    FieldSpec {
        required: true,
        ..field(name, shape, doc)
    }
}

/// Every object that can be reached from a manifest, each once, a manifest first.
pub(super) fn objects() -> Vec<&'static ObjectSpec> {
    let mut found: Vec<&'static ObjectSpec> = vec![&DOCUMENT];
    let mut next = 0;
    while let Some(object) = found.get(next).copied() {
        for field in object.fields {
            field.shape.for_each_object(&mut |inner| {
                if !found.iter().any(|known| known.id == inner.id) {
                    found.push(inner);
                }
            });
        }
        next += 1;
    }
    found
}

impl Shape {
    fn for_each_object(&self, visit: &mut impl FnMut(&'static ObjectSpec)) {
        match self {
            Self::Object(spec) | Self::Objects(spec) | Self::Named(spec) => visit(spec),
            Self::List(inner) => inner.for_each_object(visit),
            Self::Either(shapes) => shapes.iter().for_each(|one| one.for_each_object(visit)),
            _ => {}
        }
    }
}
