//! Creating topics, and having the broker check a creation without doing it.
//!
//! One request each. NOT_CONTROLLER and THROTTLING_QUOTA_EXCEEDED are asked again for as long as an
//! answer may take. Whatever else becomes of a creation is an answer for each of its topics: refused
//! where a code proves that nothing was made, else unclear, which must then be read.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use librdkafka_admin::{self as admin, AdminClient, Entries, Error, ErrorCode};
use tokio::time::{Instant, sleep};

use super::connection::{Connection, Written};
use super::connection_info::seconds;
use super::{apis, convert};
use crate::cluster::{Answer, ClusterError, ClusterErrorKind, NewTopic, Refusal};
use crate::topic::TopicName;

/// Between two tries, for a new controller to be known, or for a quota to be refilled.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a controller is looked for: longer than an election takes.
const ELECTION: Duration = Duration::from_secs(10);

/// The codes that prove that a creation was refused before anything was written, and where they
/// come from.
const REFUSALS: [ErrorCode; 13] = [
    // `ControllerApis.createTopics` and `KafkaApis.handleCreateTopicsRequest`, which sort out what
    // is not authorized, and names that occur twice, before they hand the rest on.
    ErrorCode::TOPIC_AUTHORIZATION_FAILED,
    ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
    ErrorCode::INVALID_REQUEST,
    // `ReplicationControlManager.createTopics` and `.createTopic`, which make the records of a topic
    // when all of these are past; `ZkAdminManager.createTopics` likewise.
    ErrorCode::INVALID_TOPIC_EXCEPTION,
    ErrorCode::INVALID_PARTITIONS,
    ErrorCode::INVALID_REPLICATION_FACTOR,
    ErrorCode::INVALID_REPLICA_ASSIGNMENT,
    // `ConfigurationControlManager.incrementalAlterConfig`, called by the same before.
    ErrorCode::INVALID_CONFIG,
    // `CreateTopicPolicy`, and the limits of `ReplicationControlManager` on a request.
    ErrorCode::POLICY_VIOLATION,
    // `ControllerMutationQuota`, charged before a topic's records are made (KIP-599).
    ErrorCode::THROTTLING_QUOTA_EXCEEDED,
    // `RequestContext.parseRequest`: the request was not read.
    ErrorCode::UNSUPPORTED_VERSION,
    // librdkafka's own: the request was not sent (`rd_kafka_CreateTopicsRequest`).
    ErrorCode::UNSUPPORTED_FEATURE,
    ErrorCode::INVALID_ARG,
];

type Answers = BTreeMap<TopicName, Answer>;

pub(super) async fn validate(
    connection: &Connection,
    topics: &[NewTopic],
) -> Result<Answers, ClusterError> {
    if connection.lacks(apis::CREATE_TOPICS) {
        return Err(connection.no_creations());
    }
    let checked = |error: &Error| match error.code {
        ErrorCode::NOT_CONTROLLER => Err(connection.give_up(error)),
        _ => Ok(checked(error)),
    };
    let answers = ask_controller(connection, topics, checked, async |topics| {
        let results = connection
            .ask(|client, options| client.create_topics(options, topics, true))
            .await?;
        let no_answer = |error: &&Error| error.code == ErrorCode::REQUEST_TIMED_OUT;
        let mut errors = results.values().filter_map(|result| result.as_ref().err());
        match errors.find(no_answer) {
            Some(error) => Err(connection.give_up(error)),
            None => Ok(Written {
                result: Ok(results),
                repeated: false,
            }),
        }
    });
    let answers = answers.await?;
    match used_up_quota(connection) {
        Some(words) => Err(ClusterError {
            kind: ClusterErrorKind::Broker,
            message: words,
            detail: None,
            help: Some(
                "wait, give it the time with --timeout, or have the quota raised: that for new \
                 topics is controller_mutation_rate of the user or client (kafka-configs)"
                    .to_owned(),
            ),
        }),
        None => Ok(answers),
    }
}

/// Why a request that is sent now would be read when nobody waits for it any more: the answer to the
/// one before said how long the broker leaves this client alone (KIP-599).
fn used_up_quota(connection: &Connection) -> Option<String> {
    let limit = connection.options().request_timeout;
    let left = connection.throttled().filter(|left| *left > limit)?;
    let left = Duration::from_secs(left.as_secs() + 1);
    Some(format!(
        "a quota of this client is used up for another {}, longer than --timeout",
        seconds(left)
    ))
}

pub(super) async fn create(connection: &Connection, topics: &[NewTopic]) -> Answers {
    if let Some(message) = used_up_quota(connection) {
        let code = ErrorCode::THROTTLING_QUOTA_EXCEEDED;
        let refused = refused(&Error { code, message });
        let names = topics.iter().map(|topic| topic.name.clone());
        return names.map(|name| (name, refused.clone())).collect();
    }
    let created = |error: &Error| Ok::<_, Infallible>(created(error));
    let answers = ask_controller(connection, topics, created, async |topics| {
        let call = |client: &AdminClient, options| client.create_topics(options, topics, false);
        let is_good = |results: &Entries<()>| results.values().all(Result::is_ok);
        Ok(connection.write(call, is_good).await)
    });
    match answers.await {
        Ok(answers) => answers,
    }
}

/// Sends the request until a controller has decided about every topic, or the time is over;
/// `answer` makes an answer of what is an error in the end.
async fn ask_controller<E>(
    connection: &Connection,
    topics: &[NewTopic],
    answer: impl Fn(&Error) -> Result<Answer, E>,
    send: impl AsyncFn(&[admin::NewTopic<'_>]) -> Result<Written<Entries<()>>, E>,
) -> Result<Answers, E> {
    let started = Instant::now();
    let limit = connection.options().request_timeout;
    let mut pause = FIRST_PAUSE;
    let mut answers = Answers::new();
    let mut open: Vec<&NewTopic> = topics.iter().collect();
    // Topics that were asked for before, and may have been made then: a controller that loses its
    // office answers NOT_CONTROLLER for what it has written (`QuorumController.renounce`).
    let mut asked_before: BTreeSet<&TopicName> = BTreeSet::new();
    loop {
        let request: Vec<_> = open.iter().map(|topic| convert::new_topic(topic)).collect();
        let Written {
            mut result,
            repeated,
        } = send(&request).await?;
        let waited = started.elapsed();
        let mut again = vec![];
        for topic in open {
            let result = match &mut result {
                Err(error) => Some(Err(error.clone())),
                Ok(results) => results.remove(topic.name.as_str()),
            };
            let answer = match result {
                Some(Ok(())) => Answer::Accepted,
                Some(Err(error)) if waited < patience(error.code, limit) => {
                    again.push(topic);
                    if error.code == ErrorCode::NOT_CONTROLLER {
                        asked_before.insert(&topic.name);
                    }
                    continue;
                }
                // What one broker says is no word on what another one was asked.
                Some(Err(error)) if repeated => {
                    Answer::Unclear(format!("asked for more than once: {error}"))
                }
                Some(Err(error)) => match answer(&error)? {
                    Answer::AlreadyExists if asked_before.contains(&topic.name) => {
                        Answer::Unclear(format!("asked for more than once: {error}"))
                    }
                    answer => answer,
                },
                None => Answer::Unclear("the broker left it out of its answer".to_owned()),
            };
            answers.insert(topic.name.clone(), answer);
        }
        open = again;
        if open.is_empty() {
            return Ok(answers);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        // librdkafka learns of a new controller from metadata only. Where this fails, the next try
        // says why.
        connection.refresh_controller(pause).await;
    }
}

/// How long to ask again after an answer with this code.
fn patience(code: ErrorCode, limit: Duration) -> Duration {
    match code {
        ErrorCode::NOT_CONTROLLER => limit.min(ELECTION),
        ErrorCode::THROTTLING_QUOTA_EXCEEDED => limit,
        _ => Duration::ZERO,
    }
}

/// What an error of a check says: that nothing was made is read afterwards.
fn checked(error: &Error) -> Answer {
    match error.code {
        ErrorCode::TOPIC_ALREADY_EXISTS => Answer::AlreadyExists,
        _ => refused(error),
    }
}

/// What an error of a creation says.
fn created(error: &Error) -> Answer {
    match error.code {
        ErrorCode::TOPIC_ALREADY_EXISTS => Answer::AlreadyExists,
        code if REFUSALS.contains(&code) => refused(error),
        _ => Answer::Unclear(error.to_string()),
    }
}

fn refused(error: &Error) -> Answer {
    Answer::Refused(Refusal {
        unauthorized: convert::is_unauthorized(error.code),
        code: error.code.to_string(),
        message: error.message.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i32) -> Error {
        Error {
            code: ErrorCode(code),
            message: String::new(),
        }
    }

    /// Every code that there is, and some that there are not.
    #[test]
    fn only_codes_that_prove_it_are_refusals_of_a_creation() {
        for code in (-300..300).filter(|code| *code != 0) {
            let answer = created(&error(code));
            let proves = REFUSALS.contains(&ErrorCode(code));
            match answer {
                Answer::Refused(_) => assert!(proves, "{code}"),
                Answer::Unclear(_) => assert!(!proves, "{code}"),
                Answer::AlreadyExists => assert_eq!(code, 36),
                Answer::Accepted => panic!("{code}"),
            }
        }
        for unclear in [-199, -185, -195, -1, 5, 7, 41, 999] {
            assert!(matches!(created(&error(unclear)), Answer::Unclear(_)));
        }
    }

    #[test]
    fn a_check_that_was_not_done_is_no_doubt_about_existence() {
        assert!(matches!(checked(&error(-1)), Answer::Refused(_)));
        assert_eq!(checked(&error(36)), Answer::AlreadyExists);
    }
}
