//! The way out of a value of the wrong shape, in YAML that its field takes: what was probably meant,
//! else an example.

use super::pairs::nested_config;
use super::readings::{leaves, readings, several};
use crate::catalog::{self, KeyClass};
use crate::manifest::fields::{FieldSpec, ObjectSpec, SEVERITIES, Shape};
use crate::manifest::yaml::{Node, Text, Value, flow, flow_scalar};
use crate::units::UNLIMITED;

/// Longer YAML is not read in a sentence.
const LONGEST: usize = 300;

/// What may be written where a value of the wrong shape stands: with its key where that is known, else
/// the value alone.
pub(in crate::manifest) fn way_out(key: Option<&str>, shape: Shape, node: &Node) -> String {
    let shown = |value: String| match key {
        Some(key) => format!("`{}: {value}`", flow_scalar(key)),
        None => format!("`{value}`"),
    };
    if let (None, Shape::Object(spec)) = (key, shape) {
        let several: Vec<_> = several(spec, node)
            .iter()
            .map(|one| shown(flow(one)))
            .collect();
        if !several.is_empty() {
            return format!("write an entry for each: {}", several.join(", "));
        }
    }
    let readings = readings(shape, node);
    let written: Vec<_> = readings
        .iter()
        .map(|one| flow(one))
        .filter(|text| text.len() <= LONGEST)
        .map(shown)
        .collect();
    // The usual style is easier to see in a list.
    let dashed = match (shape, &node.value, readings.first().map(|one| &one.value)) {
        (Shape::Objects(_), Value::Mapping(_), Some(Value::Sequence(items))) => {
            let name = items.first().and_then(|first| first_entry(first));
            name.map(|entry| format!("make it a list, whose first entry begins `- {entry}`: "))
        }
        _ => None,
    };
    let dashed = dashed.unwrap_or_default();
    if !written.is_empty() {
        return format!("{dashed}write {}", written.join(" or "));
    }
    // Of a long list the first says how the others are written.
    if let Some(Value::Sequence(items)) = readings.first().map(|one| &one.value)
        && let Some(first) = items.first().map(|first| flow(first))
        && first.len() <= LONGEST
    {
        return format!("{dashed}write all as {}", shown(format!("[{first}]")));
    }
    let example = shown(example(shape));
    match shape {
        Shape::Flag => format!("write `true` or `false`, as in {example}"),
        Shape::Word(words) => format!("it takes {}, as in {example}", words.join(", ")),
        Shape::Object(spec) => format!("write {example} for example; {}", field_list(spec)),
        _ => format!("{}, {example} for example", expected(shape)),
    }
}

/// `name: orders` of an object.
fn first_entry(node: &Node) -> Option<String> {
    let Value::Mapping(entries) = &node.value else {
        return None;
    };
    let (key, value) = entries.first()?;
    Some(format!("{}: {}", flow_scalar(&key.text), flow(value)))
}

/// Whether a value of the wrong shape has a meaning there.
pub(in crate::manifest) fn has_reading(shape: Shape, node: &Node) -> bool {
    !readings(shape, node).is_empty()
}

/// The same for a value in a `config`; `None` where the key itself is none.
pub(in crate::manifest) fn config_way_out(key: &Text, node: &Node) -> Option<String> {
    let nested = nested_config(key, node);
    if !nested.is_empty() {
        let entries = nested.iter();
        let entries = entries.map(|(key, value)| format!("`{}: {}`", key.text, flow(value)));
        return Some(format!(
            "write {}",
            entries.collect::<Vec<_>>().join(" and ")
        ));
    }
    let spec = match catalog::classify(&key.text) {
        KeyClass::Known(spec) => spec,
        KeyClass::Vendor(_) => return Some(way_out(Some(&key.text), Shape::Text, node)),
        KeyClass::Unknown(_) => return None,
    };
    let texts: Vec<_> = leaves(node)
        .into_iter()
        .filter_map(|(_, leaf)| leaf.text())
        .map(|text| text.text)
        .collect();
    let is_meant = !texts.is_empty() && catalog::parse(spec, &texts.join(",")).is_ok();
    let value = match is_meant {
        true => texts.join(","),
        false if spec.unlimited.is_some() => UNLIMITED.to_owned(),
        false => catalog::human(spec.name, spec.default),
    };
    let entry = format!("`{}: {}`", spec.name, flow_scalar(&value));
    Some(match is_meant {
        true => format!("write {entry}"),
        false => format!("write a single value or a list, {entry} for example"),
    })
}

fn expected(shape: Shape) -> &'static str {
    match shape {
        Shape::Count { words: &[], .. } => "write a positive integer",
        Shape::Count { .. } => "write a positive integer or `default`",
        Shape::Delay => "write a time with its unit",
        Shape::Duration => "write a time with its unit or `unlimited`",
        Shape::List(_) => "write a list",
        Shape::Texts => "write names with values",
        Shape::Config => "write keys with values",
        Shape::Severities => "write codes with what becomes of them",
        Shape::Objects(_) => "write a list of mappings",
        Shape::Named(_) => "write names with mappings",
        Shape::Either(shapes) => shapes.first().map_or("write a value", |one| expected(*one)),
        _ => "write a single value",
    }
}

/// A value that a shape takes, whatever surrounds it.
fn example(shape: Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Name(_) => "orders".to_owned(),
        Shape::Day => "2030-12-31".to_owned(),
        Shape::Flag => "true".to_owned(),
        Shape::Count { .. } => "3".to_owned(),
        Shape::Delay => "5m".to_owned(),
        Shape::Duration => "7d".to_owned(),
        Shape::Word(words) => words.first().copied().unwrap_or_default().to_owned(),
        Shape::Check => "vendor-config".to_owned(),
        Shape::List(inner) => format!("[{}]", example(*inner)),
        Shape::Texts => "{ NAME: value }".to_owned(),
        Shape::Config => "{ cleanup.policy: delete }".to_owned(),
        Shape::Severities => format!("{{ vendor-config: {} }}", SEVERITIES[0]),
        Shape::Object(spec) => object_example(spec),
        Shape::Objects(spec) => format!("[{}]", object_example(spec)),
        Shape::Named(_) => "{ NAME: {} }".to_owned(),
        Shape::Either(shapes) => shapes.first().map_or_else(String::new, |one| example(*one)),
    }
}

/// What an object needs, else its first field with a value.
fn object_example(spec: &ObjectSpec) -> String {
    let mut fields: Vec<_> = spec.fields.iter().filter(|field| field.required).collect();
    let topics = spec.fields.iter().find(|field| field.name == "topics");
    if let Some(topics) = topics.filter(|_| fields.is_empty()) {
        fields.push(topics);
    }
    let is_example = |field: &&FieldSpec| !matches!(field.name, "extends" | "partitions");
    if fields.is_empty() {
        fields.extend(spec.fields.iter().find(is_example));
    }
    let fields: Vec<_> = fields
        .into_iter()
        .map(|field| {
            let value = match field.name {
                "tier" => "standard".to_owned(),
                // One name for all topics would be no example.
                "retry" if spec.id == "naming" => flow_scalar("${source}.retry.${delay}"),
                _ => example(field.shape),
            };
            format!("{}: {value}", field.name)
        })
        .collect();
    format!("{{ {} }}", fields.join(", "))
}

pub(super) fn field_list(spec: &ObjectSpec) -> String {
    let names = spec.fields.iter().map(|field| format!("`{}`", field.name));
    match names.collect::<Vec<_>>().as_slice() {
        [one] => format!("its field is {one}"),
        names => format!("its fields are {}", names.join(", ")),
    }
}
