//! What topicctl says, against what is true.

use local_kafka::scripted::{Asked, Model, OnCreation, Record, Topic};
use serde_json::Value;

use super::{Allowed, Ended, declared};
use crate::support::report_schema;

/// Says what is untrue, or not fit to be seen.
pub(super) fn judge(
    before: &Model,
    record: &Record,
    ended: &Ended,
    report: &str,
    allowed: Allowed,
) -> Result<(), String> {
    let code = ended.code().ok_or("a signal ended it")?;
    fit_to_be_seen(ended)?;
    report_schema::check(report)?;
    let report: Value = serde_json::from_str(report).map_err(|error| error.to_string())?;
    ensure(
        report["exit_code"] == code,
        "the report has another exit code",
    )?;
    only_creates_what_is_missing(before, record)?;

    let said = match allowed {
        Allowed::Said(statuses) => statuses,
        Allowed::Truth | Allowed::NoLie | Allowed::Crash => &[],
    };
    let topics = report["topics"].as_array().ok_or("no topics")?;
    for topic in topics {
        let name = topic["name"].as_str().unwrap_or_default();
        let truth = Truth::of(name, before, &record.model);
        let status = topic["status"].as_str().unwrap_or_default();
        if !said.contains(&status) {
            let error = topic["error"].as_str().unwrap_or_default();
            truth
                .allows(status, error)
                .map_err(|lie| format!("{name} is {status}: {lie}"))?;
        }
    }
    let made_something = declared()
        .keys()
        .any(|name| !before.topics.contains_key(name) && record.model.topics.contains_key(name));
    let all = format!("{}{}", ended.stdout, ended.stderr);
    ensure(
        !(made_something && all.contains("nothing was created")),
        "it says that nothing was created, and something was",
    )?;
    let truths = declared().into_keys();
    let truths: Vec<_> = truths
        .map(|name| Truth::of(&name, before, &record.model))
        .collect();
    let usable = truths.iter().all(|truth| truth.as_declared && truth.served);
    ensure(code != 0 || usable, "exit code 0, and not all can be used")?;
    // What was made by a check is not what a run is for.
    let checked = before.on_creation == OnCreation::CreateAlsoWhenValidating;
    let known = allowed == Allowed::Truth && usable && !checked;
    ensure(code == 0 || !known, "all is well, and it could be known")
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

/// No panic, and no character that does more than stand there.
fn fit_to_be_seen(ended: &Ended) -> Result<(), String> {
    ensure(!ended.stderr.contains("panicked"), "it panicked")?;
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        if let Some(c) = text.chars().find(|c| harmful(*c)) {
            return Err(format!("{stream} has {c:?}"));
        }
        ensure(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("::error")),
            "a workflow command",
        )?;
    }
    Ok(())
}

fn only_creates_what_is_missing(before: &Model, record: &Record) -> Result<(), String> {
    let creations = record.requests.iter().filter_map(|(asked, _)| match asked {
        Asked::CreateTopics(request) if !request.validate_only => Some(&request.topics),
        _ => None,
    });
    for topic in creations.flatten() {
        let name = topic.name.to_string();
        ensure(
            !before.topics.contains_key(&name),
            "it creates what is there",
        )?;
        ensure(
            declared().contains_key(&name),
            "it creates what nobody declared",
        )?;
    }
    Ok(())
}

/// What is true of a topic.
struct Truth {
    was_there: bool,
    exists: bool,
    as_declared: bool,
    served: bool,
}

impl Truth {
    fn of(name: &str, before: &Model, now: &Model) -> Self {
        let topic = now.topics.get(name);
        let like = |topic: &Topic| Topic {
            served: true,
            ..topic.clone()
        };
        Self {
            was_there: before.topics.contains_key(name),
            exists: topic.is_some(),
            as_declared: topic.map(like) == declared().remove(name),
            served: topic.is_some_and(|topic| topic.served),
        }
    }

    fn allows(&self, status: &str, error: &str) -> Result<(), String> {
        match status {
            "matching" => ensure(self.as_declared, "it is not as declared"),
            "created" => {
                ensure(self.as_declared, "it is not as declared")?;
                ensure(self.served, "it is not served")?;
                ensure(!self.was_there, "it was there before")
            }
            "missing" => ensure(!self.exists, "it is there"),
            "mismatched" => ensure(
                self.exists && !self.as_declared,
                "it is as declared, or not there",
            ),
            // What failed on a topic that is there must not sound as if it were not.
            "failed" => ensure(
                !self.exists
                    || ["created, but", "it appeared", "it exists"]
                        .iter()
                        .any(|words| error.contains(words)),
                "it is there",
            ),
            "unknown" => Ok(()),
            other => Err(format!("{other} is no status of this test")),
        }
    }
}
