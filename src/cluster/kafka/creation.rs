//! Creating topics, and having the broker check a creation without doing it.
//!
//! One request each, except that NOT_CONTROLLER is asked again: the request went to a broker that
//! could do nothing with it. Any other failure of a creation is an answer for each of its topics:
//! refused where the broker said no, unclear where nobody knows, which must then be read.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use librdkafka_admin::{self as admin, Entries, Error, ErrorCode};
use tokio::time::sleep;

use super::connection::Connection;
use super::{convert, look};
use crate::cluster::{Answer, ClusterError, NewTopic, Refusal};
use crate::topic::TopicName;

/// The waits for a new controller to be known, after a broker said that it is none.
const CONTROLLER_BACKOFF: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

type Answers = BTreeMap<TopicName, Answer>;

pub(super) async fn validate(
    connection: &Connection,
    topics: &[NewTopic],
) -> Result<Answers, ClusterError> {
    ask_controller(connection, topics, async |topics| {
        let options = connection.options();
        let results = connection
            .ask(|client| client.create_topics(options, topics, true))
            .await?;
        let timed_out = |error: &&Error| error.code == ErrorCode::REQUEST_TIMED_OUT;
        let mut errors = results.values().filter_map(|result| result.as_ref().err());
        match errors.find(timed_out) {
            Some(error) => Err(connection.give_up(error)),
            None => Ok(Ok(results)),
        }
    })
    .await
}

pub(super) async fn create(connection: &Connection, topics: &[NewTopic]) -> Answers {
    let answers = ask_controller(connection, topics, async |topics| {
        let client = connection.client();
        let call = client.create_topics(connection.options(), topics, false);
        Ok::<_, Infallible>(connection.write(call).await)
    });
    match answers.await {
        Ok(answers) => answers,
    }
}

/// Sends the request until a controller has taken every topic. Where none is found in the end, the
/// topics that are left are refused.
async fn ask_controller<E>(
    connection: &Connection,
    topics: &[NewTopic],
    send: impl AsyncFn(&[admin::NewTopic<'_>]) -> Result<Result<Entries<()>, Error>, E>,
) -> Result<Answers, E> {
    let mut answers = Answers::new();
    let mut open: Vec<&NewTopic> = topics.iter().collect();
    let mut election = CONTROLLER_BACKOFF.iter();
    while !open.is_empty() {
        let request: Vec<_> = open.iter().map(|topic| convert::new_topic(topic)).collect();
        let mut result = send(&request).await?;
        open.retain(|topic| {
            let answer = match &mut result {
                Err(error) => answer(error),
                Ok(results) => match results.remove(topic.name.as_str()) {
                    Some(Ok(())) => Answer::Accepted,
                    Some(Err(error)) if error.code == ErrorCode::NOT_CONTROLLER => return true,
                    Some(Err(error)) => answer(&error),
                    None => Answer::Unclear("the broker left it out of its answer".to_owned()),
                },
            };
            answers.insert(topic.name.clone(), answer);
            false
        });
        if open.is_empty() {
            break;
        }
        let Some(pause) = election.next() else {
            let error = Error {
                code: ErrorCode::NOT_CONTROLLER,
                message: "no broker is known that takes the request".to_owned(),
            };
            answers.extend(
                open.drain(..)
                    .map(|topic| (topic.name.clone(), answer(&error))),
            );
            break;
        };
        sleep(*pause).await;
        // librdkafka learns of a new controller from metadata only. Where this fails, the next try
        // says why.
        let _ = look::cluster(connection).await;
    }
    Ok(answers)
}

fn answer(error: &Error) -> Answer {
    match error.code {
        ErrorCode::TOPIC_ALREADY_EXISTS => Answer::AlreadyExists,
        ErrorCode::TRANSPORT
        | ErrorCode::TIMED_OUT
        | ErrorCode::DESTROY
        | ErrorCode::REQUEST_TIMED_OUT
        | ErrorCode::NETWORK_EXCEPTION
        | ErrorCode::UNKNOWN_SERVER_ERROR => Answer::Unclear(error.to_string()),
        code => Answer::Refused(Refusal {
            unauthorized: convert::is_unauthorized(code),
            code: code.to_string(),
            message: error.message.clone(),
        }),
    }
}
