//! `policy`, as it is written. Its patterns, words and bounds are read by [`super::super::policy`].

use crate::manifest::decode::{Decode, Decoder, Object, object};
use crate::manifest::fields::{FINDINGS, FieldSpec, Shape, TEXTS, VOUCHED, count};
use crate::manifest::yaml::{Text, Value};

const REQUIRED: Shape = Shape::Word(&["required", "optional"]);

object! {
    Policy("`policy`", "policy") {
        /// What main topics may be called.
        names: PolicyNames,
        /// The partition counts that topics may have.
        partitions: Counts,
        /// The replication factors that topics may have.
        replication_factor: Counts,
        /// The retentions that topics may have.
        retention: Durations,
        /// The configurations that topics must have, may have or may not have.
        config: PolicyConfig,
        /// `required`: every main topic states its `owner`.
        owner: Option<Text> = REQUIRED,
        /// `required`: nothing runs without `--profile`.
        profile: Option<Text> = REQUIRED,
        /// Which findings give exit code 1, unless `--fail-on` says. Without it, `missing` and
        /// `mismatch`.
        fail_on: Option<Vec<Text>> = Shape::List(&Shape::Word(FINDINGS)),
        /// The severity of relation and style checks, by their codes: `allow` silences one, `warn`
        /// makes it a warning, `error` an error.
        checks: Vec<(Text, Text)> = Shape::Severities,
    }
}

object! {
    PolicyNames("`names` of a policy", "policy_names") {
        /// Regular expressions; a name must match one of them.
        allow: Vec<Text>,
        /// Regular expressions; a name may match none of them.
        deny: Vec<Text>,
        /// Regular expressions of names that `allow` and `deny` do not judge.
        except: Vec<Text>,
    }
}

object! {
    Counts("a range of a policy", "policy_counts") {
        /// The smallest that is allowed.
        min: Option<Text> = count(i64::MAX),
        /// The largest that is allowed.
        max: Option<Text> = count(i64::MAX),
    }
}

object! {
    Durations("a range of a policy", "policy_durations") {
        /// The shortest that is allowed, with its unit.
        min: Option<Text> = Shape::Duration,
        /// The longest that is allowed, with its unit.
        max: Option<Text> = Shape::Duration,
    }
}

object! {
    PolicyConfig("`config` of a policy", "policy_config") {
        /// Keys that every topic must set: a list, or a mapping to the values that they must have.
        require: Require,
        /// Keys that manifests may set; globs such as `retention.*`.
        allow: Vec<Text>,
        /// Keys that manifests may not set; globs such as `remote.*`.
        deny: Vec<Text>,
        /// Keys of the broker's vendor that topicctl does not know, to let through: prefixes that
        /// end in `.`, such as `acme.`, or whole names. Only the broker can judge them. Those of
        /// AutoMQ, Bufstream, Confluent, Redpanda and others are known by their prefixes.
        vendors: Vec<Text> = Shape::List(&VOUCHED),
    }
}

/// Keys, and the value where one is stated.
#[derive(Debug)]
pub(in crate::manifest) struct Require(pub(in crate::manifest) Vec<(Text, Option<Text>)>);

impl Decode for Require {
    const SHAPE: Shape = Shape::Either(&[TEXTS, Shape::Texts]);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        Some(Self(match object.get(field.name) {
            Some((_, node)) if matches!(node.value, Value::Mapping(_)) => {
                let values = Vec::<(Text, Text)>::decode(decoder, object, field)?.into_iter();
                values.map(|(key, value)| (key, Some(value))).collect()
            }
            _ => {
                let keys = Vec::<Text>::decode(decoder, object, field)?.into_iter();
                keys.map(|key| (key, None)).collect()
            }
        }))
    }
}
