use super::*;
use crate::diagnostic::Span;
use crate::observed::{ClusterIdentity, Unknown};
use crate::plan::Seen;
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
        span: Span {
            source,
            start: 0,
            end: 0,
        },
    }
}

/// What a command says of a topic that it may not see.
fn told(command: Command, exists: bool, stop: Option<&Stop>) -> Diagnostic {
    let unknown = Unknown {
        exists,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED".to_owned(),
    };
    let mut sources = Sources::default();
    let cluster = Cluster {
        label: String::new(),
        identity: ClusterIdentity::default(),
    };
    let outcome = Outcome {
        topic: hidden(&mut sources),
        status: Status::Unknown(unknown),
        seen: Seen::default(),
    };
    let mut all = of_run(Run {
        command,
        outcomes: &[outcome],
        stop,
        wrote: false,
        cluster: &cluster,
        user: None,
        access: &Access::default(),
        sources: &sources,
        unmanaged: &[],
        fail_on: FailOn::default(),
        no_health: None,
        profiles: &[],
    });
    all.pop().expect("what is unknown comes last")
}

const APPLY: Command = Command::Apply { dry_run: false };

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
        for command in [Command::Verify, Command::Plan] {
            let message = told(command, false, Some(stop)).message;
            assert_eq!(message, "1 topic cannot be seen");
        }
        let message = told(APPLY, false, Some(stop)).message;
        assert_eq!(message, "1 topic cannot be seen, so nothing was created");
    }
}

#[test]
fn the_right_to_create_is_for_who_creates() {
    let grants = |command, exists| {
        let command = told(command, exists, None).command;
        command.expect("a command").contains("--operation Create")
    };
    assert!(grants(APPLY, false));
    assert!(!grants(APPLY, true));
    assert!(!grants(Command::Verify, false) && !grants(Command::Plan, false));
}
