//! Creating topics, and having the broker check a creation without doing it.
//!
//! One request each, except that NOT_CONTROLLER is asked again: the request went to a broker that
//! could do nothing with it. Any other failure of a creation is an answer for each of its topics:
//! refused where the broker said no, unclear where nobody knows, which must then be read.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use super::admin::{Code, Described, Failure};
use super::connection::Connection;
use super::look;
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
        let results = connection
            .ask(|client| client.create_topics(options, &open, true))
            .await?
            .map_err(|failure| connection.give_up(&failure))?;
        let unanswered = |result: &&Described<()>| matches!(&result.result, Err(failure) if failure.code == Code::REQUEST_TIMED_OUT);
        if let Some(Err(failure)) = results.iter().find(unanswered).map(|result| &result.result) {
            return Err(connection.give_up(failure));
        }
        open = sort(open, Ok(results), &mut answers);
        rest(connection, &mut open, &mut election, &mut answers).await;
    }
    Ok(answers)
}

/// Creates.
pub(super) async fn create(connection: &Connection, topics: &[NewTopic]) -> Answers {
    let mut answers = Answers::new();
    let mut open = topics.to_vec();
    let mut election = ELECTION.iter();
    while !open.is_empty() {
        let call = connection
            .client()
            .create_topics(connection.options(), &open, false);
        let outcome = connection.write(call).await;
        open = sort(open, outcome, &mut answers);
        rest(connection, &mut open, &mut election, &mut answers).await;
    }
    answers
}

/// Takes the answers of one request, and returns the topics that must be asked again.
fn sort(
    asked: Vec<NewTopic>,
    outcome: Result<Vec<Described<()>>, Failure>,
    answers: &mut Answers,
) -> Vec<NewTopic> {
    let (mut results, for_all) = match outcome {
        Ok(results) => (
            results
                .into_iter()
                .map(|one| (one.name, one.result))
                .collect::<BTreeMap<_, _>>(),
            None,
        ),
        Err(failure) => (BTreeMap::new(), Some(failure)),
    };
    let mut again = vec![];
    for topic in asked {
        let answer = match (results.remove(topic.name.as_str()), &for_all) {
            (Some(Ok(())), _) => Answer::Accepted,
            (Some(Err(failure)), _) if failure.code == Code::NOT_CONTROLLER => {
                again.push(topic);
                continue;
            }
            (Some(Err(failure)), _) => answer(&failure),
            (None, Some(failure)) => answer(failure),
            (None, None) => Answer::Unclear("the broker left it out of its answer".to_owned()),
        };
        answers.insert(topic.name, answer);
    }
    again
}

/// Waits for a controller, or lets the topics go as refused where none is found.
async fn rest(
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
            // try tells why.
            let _ = look::cluster(connection).await;
        }
        None => {
            let message = "no broker is known that takes the request".to_owned();
            let failure = Failure {
                code: Code::NOT_CONTROLLER,
                message,
            };
            answers.extend(open.drain(..).map(|topic| (topic.name, answer(&failure))));
        }
    }
}

fn answer(failure: &Failure) -> Answer {
    match failure.code {
        Code::TOPIC_ALREADY_EXISTS => Answer::AlreadyExists,
        Code::TRANSPORT
        | Code::TIMED_OUT
        | Code::DESTROY
        | Code::REQUEST_TIMED_OUT
        | Code::NETWORK_EXCEPTION
        | Code::UNKNOWN_SERVER_ERROR => Answer::Unclear(failure.to_string()),
        code => Answer::Refused(Refusal {
            unauthorized: matches!(
                code,
                Code::TOPIC_AUTHORIZATION_FAILED | Code::CLUSTER_AUTHORIZATION_FAILED
            ),
            code: code.name(),
            message: failure.message.clone(),
        }),
    }
}
