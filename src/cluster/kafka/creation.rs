//! Creating topics, and having the broker check a creation without doing it.
//!
//! One request each, except that NOT_CONTROLLER is asked again: the request went to a broker that
//! could do nothing with it. Any other failure of a creation is an answer for each of its topics:
//! refused where the broker said no, unclear where nobody knows, which must then be read.

use std::collections::BTreeMap;
use std::time::Duration;

use librdkafka_admin::{Entries, Error, ErrorCode};
use tokio::time::sleep;

use super::connection::Connection;
use super::{convert, look};
use crate::cluster::{Answer, ClusterError, NewTopic, Refusal};
use crate::topic::TopicName;

/// The waits for a new controller to be known, after a broker said that it is none.
const ELECTION: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

type Answers = BTreeMap<TopicName, Answer>;

/// Has the creation checked.
pub(super) async fn validate(
    connection: &Connection,
    topics: &[NewTopic],
) -> Result<Answers, ClusterError> {
    let options = connection.options();
    let mut answers = Answers::new();
    let mut open = topics.to_vec();
    let mut election = ELECTION.iter();
    while !open.is_empty() {
        let topics: Vec<_> = open.iter().map(convert::new_topic).collect();
        let results = connection
            .ask(|client| client.create_topics(options, &topics, true))
            .await?;
        let timed_out = |error: &&Error| error.code == ErrorCode::REQUEST_TIMED_OUT;
        let mut errors = results.values().filter_map(|result| result.as_ref().err());
        if let Some(error) = errors.find(timed_out) {
            return Err(connection.give_up(error));
        }
        open = take_answers(open, Ok(results), &mut answers);
        wait_for_controller(connection, &mut open, &mut election, &mut answers).await;
    }
    Ok(answers)
}

/// Creates.
pub(super) async fn create(connection: &Connection, topics: &[NewTopic]) -> Answers {
    let options = connection.options();
    let mut answers = Answers::new();
    let mut open = topics.to_vec();
    let mut election = ELECTION.iter();
    while !open.is_empty() {
        let topics: Vec<_> = open.iter().map(convert::new_topic).collect();
        let call = connection.client().create_topics(options, &topics, false);
        let result = connection.write(call).await;
        open = take_answers(open, result, &mut answers);
        wait_for_controller(connection, &mut open, &mut election, &mut answers).await;
    }
    answers
}

/// Takes the answers of one request, and returns the topics that must be asked again.
fn take_answers(
    asked: Vec<NewTopic>,
    result: Result<Entries<()>, Error>,
    answers: &mut Answers,
) -> Vec<NewTopic> {
    let (mut results, for_all) = match result {
        Ok(results) => (results, None),
        Err(error) => (Entries::new(), Some(error)),
    };
    let mut again = vec![];
    for topic in asked {
        let answer = match (results.remove(topic.name.as_str()), &for_all) {
            (Some(Ok(())), _) => Answer::Accepted,
            (Some(Err(error)), _) if error.code == ErrorCode::NOT_CONTROLLER => {
                again.push(topic);
                continue;
            }
            (Some(Err(error)), _) => answer(&error),
            (None, Some(error)) => answer(error),
            (None, None) => Answer::Unclear("the broker left it out of its answer".to_owned()),
        };
        answers.insert(topic.name, answer);
    }
    again
}

/// Waits for a controller, or lets the topics go as refused where none is found.
async fn wait_for_controller(
    connection: &Connection,
    open: &mut Vec<NewTopic>,
    election: &mut std::slice::Iter<'_, Duration>,
    answers: &mut Answers,
) {
    if open.is_empty() {
        return;
    }
    match election.next() {
        Some(pause) => {
            sleep(*pause).await;
            // librdkafka learns of a new controller from metadata only. Where this fails, the next
            // try says why.
            let _ = look::cluster(connection).await;
        }
        None => {
            let error = Error {
                code: ErrorCode::NOT_CONTROLLER,
                message: "no broker is known that takes the request".to_owned(),
            };
            answers.extend(open.drain(..).map(|topic| (topic.name, answer(&error))));
        }
    }
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
