use std::collections::BTreeMap;

use super::*;
use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::context::Rights;
use crate::diagnostic::{Sources, Span};
use crate::interrupt::Signal;
use crate::observed::{ClusterIdentity, Unreadable};
use crate::topic::{DeclaredTopic, Role};

fn hidden(sources: &mut Sources) -> DeclaredTopic {
    let source = sources.add("topics.yaml", String::new());
    DeclaredTopic {
        name: TopicName::parse("hidden").expect("a legal name"),
        role: Role::Main,
        source: None,
        delay: None,
        shared_dlq: None,
        tier: None,
        description: None,
        owner: None,
        external: false,
        partitions: None,
        replication_factor: None,
        config: BTreeMap::new(),
        env: None,
        allow: Vec::new(),
        steps: Vec::new(),
        consumer_groups: Vec::new(),
        partition_key: None,
        follows: Vec::new(),
        fields: None,
        profile_entry: None,
        span: Span {
            source,
            start: 0,
            end: 0,
        },
    }
}

/// What a command says of a topic that it may not see.
fn reported(purpose: Purpose, exists: bool, stop: Option<&Stop>) -> Diagnostic {
    reported_of(&Target::default(), purpose, exists, stop)
}

fn reported_of(target: &Target, purpose: Purpose, exists: bool, stop: Option<&Stop>) -> Diagnostic {
    let unknown = Unreadable {
        exists,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED".to_owned(),
    };
    let mut sources = Sources::default();
    let topic = hidden(&mut sources);
    let context = RunContext {
        purpose,
        sources: sources.into(),
        ..RunContext::default()
    };
    let result = RunResult {
        identity: Some(ClusterIdentity::default()),
        topics: vec![TopicOutcome::new(topic, Status::Unknown(unknown))],
        stop: stop.cloned(),
        ..RunResult::default()
    };
    let mut all = from_run(&context, target, &result);
    let of_topic = |one: &Diagnostic| one.code == Code::Authorization;
    let at = all.iter().rposition(of_topic);
    all.remove(at.expect("a problem of what is unknown"))
}

#[test]
fn only_a_run_that_creates_says_that_nothing_was_created() {
    let silent = Stop::Cluster(ClusterError {
        kind: ClusterErrorKind::Unreachable,
        message: "no answer".to_owned(),
        detail: None,
        help: None,
    });
    let signal = Stop::Interrupted(Signal::Terminate);
    for stop in [&silent, &signal] {
        for purpose in [Purpose::Verify, Purpose::Plan] {
            let message = reported(purpose, false, Some(stop)).message;
            assert_eq!(message, "1 topic cannot be seen");
        }
        let message = reported(Purpose::Apply, false, Some(stop)).message;
        assert_eq!(message, "1 topic cannot be seen, so nothing was created");
    }
}

#[test]
fn the_right_to_create_is_for_who_creates() {
    let grants = |purpose, exists| {
        let command = reported(purpose, exists, None).command;
        command.expect("a command").contains("--operation Create")
    };
    assert!(grants(Purpose::Apply, false));
    assert!(!grants(Purpose::Apply, true));
    assert!(!grants(Purpose::Verify, false) && !grants(Purpose::Plan, false));
}

#[test]
fn the_rights_of_amazon_s_clusters_are_actions_of_iam() {
    let target = Target {
        rights: Rights::Iam,
        ..Target::default()
    };
    let found = reported_of(&target, Purpose::Apply, false, None);
    assert_eq!(found.command, None);
    let help = found.help.unwrap_or_default();
    let actions = "kafka-cluster:DescribeTopic, kafka-cluster:DescribeTopicDynamicConfiguration, \
                   kafka-cluster:CreateTopic";
    assert!(help.contains(actions), "{help}");
    let found = reported_of(&target, Purpose::Verify, false, None);
    assert!(!found.help.unwrap_or_default().contains("CreateTopic"));
}

#[test]
fn what_an_export_could_not_read_names_the_same_rights() {
    let name = TopicName::parse("secret").expect("a name");
    let unknown = Unreadable {
        exists: false,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED".to_owned(),
    };
    let help = |rights| {
        let found = unreadable_export(&[(&name, &unknown)], "left out", rights);
        found[0].help.clone().unwrap_or_default()
    };
    assert!(help(Rights::Acls).contains("Describe and DescribeConfigs"));
    let iam = help(Rights::Iam);
    assert!(
        iam.contains("kafka-cluster:DescribeTopicDynamicConfiguration"),
        "{iam}"
    );
    assert!(!iam.contains("CreateTopic"), "{iam}");
}
