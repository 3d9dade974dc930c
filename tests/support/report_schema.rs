//! JSON reports against docs/report.schema.json, by an independent validator.

use std::sync::LazyLock;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// The schema lets later versions add keys; here a key that it does not name is a mistake.
static CLOSED: LazyLock<Validator> = LazyLock::new(|| validator(closed("report.schema.json")));

/// That of several clusters, which holds the other by the name of its file.
static CLOSED_SEVERAL: LazyLock<Validator> =
    LazyLock::new(|| validator(closed("reports.schema.json")));

/// What `doctor` tells.
static CLOSED_DOCTOR: LazyLock<Validator> =
    LazyLock::new(|| validator(closed("doctor.schema.json")));

fn validator(schema: Value) -> Validator {
    let registry = Registry::new()
        .add(
            "file:///docs/report.schema.json",
            closed("report.schema.json"),
        )
        .and_then(|registry| registry.prepare())
        .expect("a schema");
    jsonschema::options()
        .with_base_uri("file:///docs/reports.schema.json")
        .with_registry(&registry)
        .build(&schema)
        .expect("a schema")
}

fn closed(name: &str) -> Value {
    let mut schema = published(name);
    close(&mut schema);
    schema
}

pub(crate) fn published(name: &str) -> Value {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            // The keys of a report's object, and not the conditions upon some of them.
            if object.get("type") == Some(&json!("object")) && object.contains_key("properties") {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

/// Whether a text is a report, of one cluster or of several, or an examination; says why not.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let validator = match report["schema"].as_str() {
        Some("topicctl.reports/1") => &CLOSED_SEVERAL,
        Some("topicctl.doctor/1") => &CLOSED_DOCTOR,
        _ => &CLOSED,
    };
    let errors: Vec<_> = validator
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.join("\n"))
    }
}
