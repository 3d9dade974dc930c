//! Which other profiles a cluster with few brokers would take: those under which the topics that want
//! too many replicas want no more than it can hold.
//!
//! Reads the manifests again, once for each profile, and so is asked only where it will be told. Judges
//! no cluster.

use std::path::Path;

use crate::manifest::{self, Manifests, Request};
use crate::outcome::{RunResult, Status, TopicOutcome};
use crate::topic::DeclaredTopic;

/// The names of these profiles; `None` where no topic wants more replicas than there are brokers, or
/// no other profile can be chosen.
pub(super) fn fitting_profiles(
    request: &Request,
    manifests: &Manifests,
    result: &RunResult,
) -> Option<Vec<String>> {
    let brokers = result.identity.as_ref()?.broker_count();
    let new = result.topics.iter().filter(|one| is_new(one));
    let short = new
        .map(|one| &one.topic)
        .filter(|topic| topic.brokers_needed() > brokers);
    let short: Vec<_> = short.collect();
    let of_cluster = manifests.clusters.chosen();
    let is_fixed = of_cluster.is_some_and(|cluster| cluster.profile.is_some());
    // What came by standard input is gone.
    let is_gone = request.paths.iter().any(|path| path == Path::new("-"));
    if short.is_empty() || is_fixed || is_gone || manifests.profiles.is_empty() {
        return None;
    }
    let fits = |profile: &&String| {
        let other = manifest::read(&Request {
            profile: Some((*profile).clone()),
            ..request.clone()
        });
        let held = |topic: &&DeclaredTopic| {
            let mut theirs = other.topics.iter();
            let theirs = theirs.find(|other| other.name == topic.name);
            theirs.is_some_and(|theirs| theirs.brokers_needed() <= brokers)
        };
        !other.diagnostics.has_errors() && short.iter().all(held)
    };
    let fitting = manifests.profiles.iter().filter(fits).cloned();
    Some(fitting.collect())
}

fn is_new(outcome: &TopicOutcome) -> bool {
    matches!(outcome.status, Status::ToCreate | Status::Refused(_))
}
