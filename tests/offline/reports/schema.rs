//! The schemas of reports refuse what is none.

use serde_json::{Value, json};

use crate::support::report_schema::{check, published};

#[test]
fn the_schemas_are_some() {
    for name in ["report.schema.json", "reports.schema.json"] {
        assert!(jsonschema::meta::is_valid(&published(name)), "{name}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let report = super::samples::sample("verify");
    let good: Value =
        serde_json::from_str(&super::formats::written("json", &report)).expect("JSON");
    assert_eq!(check(&good.to_string()), Ok(()));
    for (pointer, wrong) in [
        ("/schema", json!("topicctl.report/2")),
        ("/command", json!("delete")),
        ("/exit_code", json!(6)),
        ("/summary/declared", json!(-1)),
        ("/topics/0/status", json!("fine")),
        ("/topics/0/role", json!("spare")),
        ("/topics/0/line", json!(0)),
        ("/topics/2/mismatches/0/found", json!(3)),
        ("/topics/2/mismatches/0/origin", json!("topic")),
        ("/topics/2/mismatches/1/key", json!(null)),
        ("/diagnostics/0/severity", json!("fatal")),
    ] {
        let mut report = good.clone();
        *report.pointer_mut(pointer).expect(pointer) = wrong;
        assert!(check(&report.to_string()).is_err(), "{pointer}");
    }
}

#[test]
fn the_schema_of_several_refuses_what_is_none() {
    let several = super::samples::sample("several");
    let good = super::formats::written("json", &several);
    let good: Value = serde_json::from_str(&good).expect("JSON");
    assert_eq!(check(&good.to_string()), Ok(()));
    for (pointer, wrong) in [
        ("/command", json!(null)),
        ("/exit_code", json!(6)),
        ("/reports", json!({})),
        ("/reports/0/cluster_name", json!(null)),
        ("/reports/1/topics/0/status", json!("fine")),
        ("/reports/2/schema", json!("topicctl.reports/1")),
    ] {
        let mut several = good.clone();
        *several.pointer_mut(pointer).expect(pointer) = wrong;
        assert!(check(&several.to_string()).is_err(), "{pointer}");
    }
}
