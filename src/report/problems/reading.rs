//! What could not be read, topics and consumer groups, those of one reason together; and the rights
//! that would let them be read.

use std::collections::BTreeMap;

use crate::context::{Rights, RunContext, Target};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::groups::{GroupLags, GroupStatus};
use crate::observed::Unreadable;
use crate::outcome::{RunResult, Status};
use crate::remedy::Access;
use crate::report::wording::plural;
use crate::topic::TopicName;

/// The properties file of somebody who may grant rights: the one of the run is of somebody who lacks
/// them.
const THEIRS: &str = "admin.properties";

/// Rights of Kafka's lists, and the actions that are the same in policies of AWS IAM.
const ACTIONS: [(&str, &str); 3] = [
    ("Describe", "DescribeTopic"),
    ("DescribeConfigs", "DescribeTopicDynamicConfiguration"),
    ("Create", "CreateTopic"),
];

/// What comparing a topic takes.
const TO_READ: &[&str] = &["Describe", "DescribeConfigs"];

/// What creating it takes: CREATE does not imply the others, and it is compared afterwards.
pub(super) const TO_CREATE: &[&str] = &["Describe", "DescribeConfigs", "Create"];

/// Topics that could not be read.
pub(super) fn unknown_topics(
    context: &RunContext,
    target: &Target,
    result: &RunResult,
) -> Vec<Diagnostic> {
    let creates = context.purpose.is_apply();
    let was_to_create = creates && result.stop.is_some() && !result.wrote;
    let unknown =
        result
            .topics
            .iter()
            .filter_map(|outcome| match (&outcome.status, &outcome.unread) {
                (Status::Unknown(unknown), _) | (_, Some(unknown)) => {
                    Some((unknown.exists, unknown, &outcome.topic.name))
                }
                _ => None,
            });
    let by_reason = by_reason(unknown.map(|(exists, unknown, name)| {
        (
            (exists, unknown.unauthorized, unknown.reason.as_str()),
            name,
        )
    }));
    let problem = |((exists, unauthorized, reason), names): (_, Vec<&TopicName>)| {
        let topics = plural(names.len(), "topic");
        let who = with_rights(target);
        let what = match (exists, unauthorized) {
            (true, true) => format!("the configuration of {topics} cannot be read{who}"),
            (true, false) => format!("the configuration of {topics} cannot be read"),
            (false, true) => format!("{topics} cannot be seen{who}"),
            (false, false) => {
                let exist = if names.len() == 1 { "exists" } else { "exist" };
                format!("whether {topics} {exist} could not be found out")
            }
        };
        let consequence = match was_to_create && !exists {
            true => ", so nothing was created",
            false => "",
        };
        let code = unreadable(unauthorized);
        let problem = Diagnostic::error(code, format!("{what}{consequence}"));
        let problem = problem.detail(names_and_reason(&names, reason));
        if !unauthorized {
            return problem;
        }
        let rights = match creates && !exists {
            true => TO_CREATE,
            false => TO_READ,
        };
        granted(problem, rights, &names, target)
    };
    by_reason.into_iter().map(problem).collect()
}

/// Groups that could not be read: warnings as long as anything could be read of any group, for what
/// is reported of groups is information.
pub(super) fn unreadable_groups(groups: &GroupLags, target: &Target) -> Vec<Diagnostic> {
    let unreadable_groups = groups
        .groups
        .iter()
        .filter_map(|group| match &group.status {
            GroupStatus::Unreadable(why) => {
                Some(((why.unauthorized, why.reason.as_str()), &group.name))
            }
            _ => None,
        });
    let severity = match groups.nothing_read() {
        Some(_) => Severity::Error,
        None => Severity::Warning,
    };
    let problem = |((unauthorized, reason), mut names): ((bool, &str), Vec<&String>)| {
        names.sort_unstable();
        let who = match unauthorized {
            true => with_rights(target),
            false => String::new(),
        };
        let what = plural(names.len(), "consumer group");
        let message = format!("{what} cannot be read{who}");
        let problem = Diagnostic {
            severity,
            ..Diagnostic::error(unreadable(unauthorized), message)
        };
        let problem = problem.detail(names_and_reason(&names, reason));
        match unauthorized {
            true => groups_granted(problem, &names, target),
            false => problem,
        }
    };
    by_reason(unreadable_groups)
        .into_iter()
        .map(problem)
        .collect()
}

/// Topics that an export could not read, and what became of them.
pub fn unreadable_export(
    topics: &[(&TopicName, &Unreadable)],
    consequence: &str,
    rights: Rights,
) -> Vec<Diagnostic> {
    let topics = topics.iter();
    let reasons = topics.map(|(name, one)| ((one.unauthorized, one.reason.as_str()), *name));
    let problem = |((unauthorized, reason), names): ((bool, &str), Vec<&TopicName>)| {
        let topics = plural(names.len(), "topic");
        let message = format!("{topics} cannot be read, and {consequence}");
        let warning = Diagnostic::warning(unreadable(unauthorized), message);
        let warning = warning.detail(names_and_reason(&names, reason));
        match unauthorized {
            true => warning.help(match rights {
                Rights::Acls => "reading needs the rights Describe and DescribeConfigs".to_owned(),
                Rights::Iam => topics_by_policy(TO_READ),
            }),
            false => warning,
        }
    };
    by_reason(reasons).into_iter().map(problem).collect()
}

fn by_reason<K: Ord, N>(unreadable: impl Iterator<Item = (K, N)>) -> BTreeMap<K, Vec<N>> {
    let mut by_reason: BTreeMap<K, Vec<N>> = BTreeMap::new();
    for (reason, name) in unreadable {
        by_reason.entry(reason).or_default().push(name);
    }
    by_reason
}

fn names_and_reason(names: &[impl ToString], reason: &str) -> String {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    format!("{}\n{reason}", names.join(", "))
}

fn unreadable(unauthorized: bool) -> Code {
    match unauthorized {
        true => Code::Authorization,
        false => Code::Unreachable,
    }
}

fn with_rights(target: &Target) -> String {
    match (&target.user, target.rights) {
        (Some(user), Rights::Acls) => format!(" with the rights of User:{user}"),
        (Some(key), Rights::Iam) => format!(" with the rights of {key}"),
        (None, _) => String::new(),
    }
}

/// Who may run the command.
fn who_may_grant(target: &Target) -> String {
    let theirs = match target.access.command_config {
        Some(_) => format!(" ({THEIRS} is their own)"),
        None => String::new(),
    };
    format!("someone who may can grant the rights{theirs}:")
}

/// What would give rights to topics, for whoever may do so.
pub(super) fn granted(
    problem: Diagnostic,
    rights: &[&str],
    names: &[&TopicName],
    target: &Target,
) -> Diagnostic {
    match target.rights {
        Rights::Acls => {
            let topics = names.iter().flat_map(|name| ["--topic", name.as_str()]);
            let command = acls(rights, topics, target);
            problem.help(who_may_grant(target)).command(command)
        }
        Rights::Iam => problem.help(topics_by_policy(rights)),
    }
}

fn topics_by_policy(rights: &[&str]) -> String {
    let actions = ACTIONS.iter().filter(|(right, _)| rights.contains(right));
    let actions: Vec<_> = actions.map(|(_, action)| *action).collect();
    by_policy(&actions, "topics")
}

/// What would give the right to see groups, for whoever may do so.
fn groups_granted(problem: Diagnostic, names: &[&String], target: &Target) -> Diagnostic {
    match target.rights {
        Rights::Acls => {
            let groups = names.iter().flat_map(|name| ["--group", name.as_str()]);
            let command = acls(&["Describe"], groups, target);
            problem.help(who_may_grant(target)).command(command)
        }
        Rights::Iam => problem.help(by_policy(&["DescribeGroup"], "groups")),
    }
}

fn by_policy(actions: &[&str], resources: &str) -> String {
    let actions: Vec<_> = actions
        .iter()
        .map(|one| format!("kafka-cluster:{one}"))
        .collect();
    format!(
        "an IAM policy of this identity must allow {} on the ARNs of these {resources}; Kafka's \
         own ACLs do not count for it",
        actions.join(", ")
    )
}

fn acls<'a>(
    operations: &[&str],
    resources: impl Iterator<Item = &'a str>,
    target: &Target,
) -> String {
    let principal = format!("User:{}", target.user.as_deref().unwrap_or("NAME"));
    let mut arguments = vec!["--add", "--allow-principal", &principal];
    for operation in operations {
        arguments.extend(["--operation", operation]);
    }
    arguments.extend(resources.map(|one: &str| -> &str { one }));
    let theirs = target.access.command_config.as_ref().map(|_| THEIRS.into());
    let access = Access {
        command_config: theirs,
        ..target.access.clone()
    };
    access.command("kafka-acls", &arguments)
}
