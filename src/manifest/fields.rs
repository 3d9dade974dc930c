//! What the tables of the manifest language are made of: objects, their fields, and what fields
//! take. Data only.
//!
//! The tables themselves stand in [`super::raw`], one for each object. The decoder refuses what is
//! not in its object's table; the JSON Schema of [`mod@super::schema`] and the tables of
//! docs/manifest.md are made from the same, so that neither can drift from what is accepted.

use crate::catalog::Vouched;
use crate::finding::Finding;
use crate::topic::TopicName;

#[derive(Debug)]
pub(super) struct ObjectSpec {
    /// With its article: "`x` is not a field of …".
    pub(super) name: &'static str,
    /// A word for it where names must be short: definitions of the schema, marks in the docs.
    pub(super) id: &'static str,
    /// In the order of the documentation.
    pub(super) fields: &'static [FieldSpec],
}

#[derive(Clone, Copy, Debug)]
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
    Text,
    /// A text that is legal as a name of its kind.
    Name(fn(&str) -> bool),
    /// A day, as YYYY-MM-DD.
    Day,
    Flag,
    /// A whole number from 1, or one of some words.
    Count {
        most: i64,
        words: &'static [&'static str],
    },
    Delay,
    /// A time with its unit, or `unlimited`.
    Duration,
    Word(&'static [&'static str]),
    /// The code of a relation or style check.
    Check,
    /// A list of these; one alone stands for a list of one.
    List(&'static Shape),
    /// Free names, each with a single value.
    Texts,
    Config,
    Severities,
    Object(&'static ObjectSpec),
    Objects(&'static ObjectSpec),
    /// Free names, each with an object or nothing.
    Named(&'static ObjectSpec),
    Either(&'static [Shape]),
}

/// A vendor's key, or the prefix of its keys.
pub(super) const VOUCHED: Shape = Shape::Name(|key| Vouched::default().add(key).is_ok());

/// The name of a topic.
pub(super) const TOPIC: Shape = Shape::Name(|name| TopicName::parse(name).is_ok());

/// The name of a pipeline or a step, which becomes a part of a topic's.
pub(super) const PART: Shape = Shape::Name(|name| {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(joins)
});

/// What `checks` of a policy makes of a check.
pub(super) const SEVERITIES: [&str; 3] = ["allow", "warn", "error"];

/// What `fail_on` of a policy names.
pub(super) const FINDINGS: &[&str] = &Finding::WORDS;

/// What keys begin with that are left alone in every object: a home for anchors and for other
/// programs' notes, as in Compose.
pub(super) const EXTENSION: &str = "x-";

pub(super) const TEXTS: Shape = Shape::List(&Shape::Text);

/// A whole number from 1.
pub(super) const fn count(most: i64) -> Shape {
    Shape::Count { most, words: &[] }
}

/// How many fields some groups of them have together.
pub(super) const fn total(groups: &[&[FieldSpec]]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < groups.len() {
        sum += groups[at].len();
        at += 1;
    }
    sum
}

/// The fields of some groups, [`total`] of them, in their order.
pub(super) const fn joined<const N: usize>(groups: &[&[FieldSpec]]) -> [FieldSpec; N] {
    let mut all = [FieldSpec {
        name: "",
        required: false,
        shape: Shape::Text,
        doc: "",
    }; N];
    let (mut group, mut within, mut at) = (0, 0, 0);
    while at < N {
        if within == groups[group].len() {
            (group, within) = (group + 1, 0);
            continue;
        }
        all[at] = groups[group][within];
        (within, at) = (within + 1, at + 1);
    }
    all
}

/// Every object that can be reached from one, each once, that one first.
pub(super) fn reachable(root: &'static ObjectSpec) -> Vec<&'static ObjectSpec> {
    let mut found: Vec<&'static ObjectSpec> = vec![root];
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
    /// What an item of a list of these is.
    pub(super) fn of_item(self) -> Self {
        match self {
            Self::List(inner) => *inner,
            Self::Either([first, ..]) => first.of_item(),
            other => other,
        }
    }

    /// What stands under each free name.
    pub(super) fn of_value(self) -> Self {
        match self {
            Self::Severities => Self::Word(&SEVERITIES),
            _ => Self::Text,
        }
    }

    fn for_each_object(&self, visit: &mut impl FnMut(&'static ObjectSpec)) {
        match self {
            Self::Object(spec) | Self::Objects(spec) | Self::Named(spec) => visit(spec),
            Self::List(inner) => inner.for_each_object(visit),
            Self::Either(shapes) => shapes.iter().for_each(|one| one.for_each_object(visit)),
            _ => {}
        }
    }
}
