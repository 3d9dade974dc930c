//! A JSON Schema of the manifest language for editors, made from the decoder's own tables and the
//! catalog. Pure.
//!
//! It is of draft 7, which yaml-language-server knows best. It takes all that a person would
//! write and topicctl accepts: a variable stands wherever a single value does. What depends on
//! other values, on names or on the project is left to `topicctl validate`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::decode::Spec;
use super::fields::{self, EXTENSION, FieldSpec, ObjectSpec, SEVERITIES, Shape};
use super::raw::Document;
use crate::catalog::{self, ConfigSpec, Kind, REDPANDA_EXTRAS, Range, VENDOR_PREFIXES, Vendor};
use crate::diagnostic::Code;
use crate::units::{Measure, UNLIMITED};

/// A text that holds a variable: what it will be is not known here.
const VARIABLE: &str = r"\$\{";
const DURATION: &str =
    r"^\s*(?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?\s*$";
const SIZE: &str = r"^\s*[0-9]+(B|KiB|MiB|GiB|TiB)\s*$";
/// A number that was quoted.
const WHOLE: &str = r"^\s*[+-]?[0-9]+\s*$";
const NUMBER: &str = r"^\s*[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?\s*$";
const DAY: &str = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$";
const TRUTH: &str = r"^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\s*$";

pub(super) fn schema() -> Value {
    let mut definitions = Map::new();
    for spec in fields::reachable(Document::SPEC) {
        definitions.insert(spec.id.to_owned(), object(spec));
    }
    definitions.insert("config".to_owned(), config());
    let mut root = definitions
        .remove(Document::SPEC.id)
        .unwrap_or_else(|| json!({}));
    // An empty document is legal.
    root["type"] = json!(["object", "null"]);
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root["title"] = json!("topicctl manifest");
    root["description"] = json!("Kafka topics that topicctl makes exist.");
    root["definitions"] = Value::Object(definitions);
    root
}

fn object(spec: &ObjectSpec) -> Value {
    let fields = spec.fields.iter();
    let properties: Map<_, _> = fields
        .clone()
        .map(|one| (one.name.to_owned(), field(one)))
        .collect();
    let required: Vec<_> = fields
        .filter(|one| one.required)
        .map(|one| one.name)
        .collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": { (format!("^{EXTENSION}")): {} },
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn field(field: &FieldSpec) -> Value {
    let mut any = shape(field.shape);
    if !field.required {
        any.push(json!({ "type": "null" }));
    }
    json!({ "description": field.doc, "anyOf": any })
}

fn shape(shape: Shape) -> Vec<Value> {
    match shape {
        Shape::Text | Shape::Name(_) => vec![single()],
        Shape::Day => vec![pattern(&[DAY])],
        Shape::Flag => vec![json!({ "type": "boolean" }), pattern(&[TRUTH])],
        Shape::Count { most, words } => {
            let mut count = json!({ "type": "integer", "minimum": 1 });
            if most < i64::MAX {
                count["maximum"] = json!(most);
            }
            let mut any = vec![count];
            any.extend((!words.is_empty()).then(|| json!({ "enum": words })));
            any.push(pattern(&[r"^\s*\+?0*[1-9][0-9]*\s*$"]));
            any
        }
        Shape::Delay => vec![pattern(&[DURATION])],
        Shape::Duration => vec![json!({ "enum": [UNLIMITED] }), pattern(&[DURATION])],
        Shape::Word(words) => vec![json!({ "enum": words }), pattern(&[])],
        Shape::Check => vec![json!({ "enum": relations() }), pattern(&[])],
        Shape::List(inner) => {
            let mut any = self::shape(*inner);
            any.push(json!({ "type": "array", "items": { "anyOf": any } }));
            any
        }
        Shape::Texts => vec![json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
        })],
        Shape::Config => vec![json!({ "$ref": "#/definitions/config" })],
        Shape::Severities => {
            let severity = json!({ "anyOf": [{ "enum": SEVERITIES }, pattern(&[])] });
            let properties: Map<_, _> = relations()
                .into_iter()
                .map(|code| (code.to_owned(), severity.clone()))
                .collect();
            vec![json!({
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
            })]
        }
        Shape::Object(spec) => vec![reference(spec)],
        Shape::Objects(spec) => vec![json!({ "type": "array", "items": reference(spec) })],
        Shape::Named(spec) => vec![json!({
            "type": "object",
            "additionalProperties": { "anyOf": [reference(spec), { "type": "null" }] },
        })],
        Shape::Either(shapes) => shapes.iter().flat_map(|one| self::shape(*one)).collect(),
    }
}

fn reference(spec: &ObjectSpec) -> Value {
    json!({ "$ref": format!("#/definitions/{}", spec.id) })
}

/// Names and texts may look like numbers to YAML.
fn single() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// A text of one of these forms, or with a variable.
fn pattern(forms: &[&str]) -> Value {
    let all: Vec<_> = forms.iter().copied().chain([VARIABLE]).collect();
    json!({ "type": "string", "pattern": all.join("|") })
}

fn relations() -> Vec<&'static str> {
    let all = Code::ALL.iter().filter(|code| code.is_relation());
    all.map(|code| code.as_str()).collect()
}

fn config() -> Value {
    let mut properties: Map<_, _> = catalog::all()
        .iter()
        .map(|spec| (spec.name.to_owned(), key(spec)))
        .collect();
    let foreign = |whose: &str| {
        json!({
            "description": format!("A configuration of {whose}. Its value is not checked."),
            "anyOf": [single(), { "type": "array", "items": single() }, { "type": "null" }],
        })
    };
    for extra in REDPANDA_EXTRAS {
        properties.insert(extra.to_owned(), foreign(&Vendor::Redpanda.to_string()));
    }
    let mut patterns = Map::new();
    let mut taken: BTreeSet<_> = catalog::all()
        .iter()
        .map(|spec| first_part(spec.name))
        .collect();
    for (prefix, whose) in VENDOR_PREFIXES {
        let pattern = format!(r"^{}\..", first_part(prefix));
        patterns.insert(pattern, foreign(&whose.to_string()));
        taken.insert(first_part(prefix));
    }
    // An editor sees no project file, so what a policy may let through is right everywhere.
    let taken: Vec<_> = taken.into_iter().collect();
    let others = format!(r"^(?!({})\.)[A-Za-z0-9_-]+\..", taken.join("|"));
    patterns.insert(others, foreign("a vendor that the policy names"));
    json!({
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}

fn first_part(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

fn key(spec: &ConfigSpec) -> Value {
    let mut any = values(spec);
    any.push(json!({ "type": "null" }));
    json!({ "description": about(spec), "anyOf": any })
}

/// What a key does, takes and defaults to.
fn about(spec: &ConfigSpec) -> String {
    let takes = match (spec.kind, spec.unit) {
        (Kind::Int(range) | Kind::Long(range), Some(Measure::Duration)) => {
            format!("Milliseconds ({range}), or with a unit: `7d`.")
        }
        (Kind::Int(range) | Kind::Long(range), Some(Measure::Size)) => {
            format!("Bytes ({range}), or with a unit: `10MiB`.")
        }
        (Kind::Int(range) | Kind::Long(range), None) => format!("A whole number: {range}."),
        (Kind::Double { min, max }, _) => format!("A number from {min} to {max}."),
        (Kind::Bool | Kind::Choice(_) | Kind::Set(_) | Kind::Replicas | Kind::Text, _) => {
            String::new()
        }
    };
    let default = match catalog::human(spec.name, spec.default) {
        empty if empty.is_empty() => String::new(),
        human => format!("Kafka's default is `{human}`."),
    };
    let since = spec
        .since
        .map(|version| format!("Kafka {version} and later have it."));
    let removed = spec
        .removed_in
        .map(|version| format!("Kafka {version} and later refuse it."));
    let sentences = [
        catalog::description(spec.name).to_owned(),
        takes,
        default,
        since.unwrap_or_default(),
        removed.unwrap_or_default(),
    ];
    let sentences: Vec<_> = sentences
        .into_iter()
        .filter(|one| !one.is_empty())
        .collect();
    sentences.join(" ")
}

fn values(spec: &ConfigSpec) -> Vec<Value> {
    match spec.kind {
        Kind::Bool => shape(Shape::Flag),
        Kind::Int(range) | Kind::Long(range) => {
            let mut any = whole_numbers(range);
            any.extend(spec.unlimited.map(|_| json!({ "enum": [UNLIMITED] })));
            any.push(match spec.unit {
                Some(Measure::Duration) => pattern(&[DURATION, WHOLE]),
                Some(Measure::Size) => pattern(&[SIZE, WHOLE]),
                None => pattern(&[WHOLE]),
            });
            any
        }
        Kind::Double { min, max } => vec![
            json!({ "type": "number", "minimum": min, "maximum": max }),
            pattern(&[NUMBER]),
        ],
        Kind::Choice(words) => vec![json!({ "enum": words }), pattern(&[])],
        Kind::Set(words) => {
            let word = words.join("|");
            let several = format!(r"^\s*(({word})(\s*,\s*({word}))*)?\s*$");
            vec![
                json!({ "enum": words }),
                pattern(&[&several]),
                json!({ "type": "array", "items": { "anyOf": [{ "enum": words }, pattern(&[])] } }),
            ]
        }
        Kind::Replicas | Kind::Text => {
            vec![single(), json!({ "type": "array", "items": single() })]
        }
    }
}

fn whole_numbers(range: Range) -> Vec<Value> {
    let mut numbers = json!({ "type": "integer" });
    if range.min > i64::MIN {
        numbers["minimum"] = json!(range.min);
    }
    // Editors count in doubles, and would round what is larger.
    if range.max < i64::MAX {
        numbers["maximum"] = json!(range.max);
    }
    let or = range.or.map(|number| json!({ "enum": [number] }));
    std::iter::once(numbers).chain(or).collect()
}
