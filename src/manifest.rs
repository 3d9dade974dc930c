//! The manifest language: from paths to declared topics.
//!
//! [`read`] goes through the stages: `load` (files to decoded documents, the only one that reads
//! files) and `resolve` (to declared topics, judged by `check` and `policy`). All problems of
//! all files are collected in one run. What YAML looks like never leaves this module, and nothing
//! in it knows a cluster.
//!
//! | from | to | by |
//! |-|-|-|
//! | texts | documents | `yaml`, then `decode` along the tables of `raw`, which are made of `fields`; those of other tools are told by `foreign_document` |
//! | documents | a project | `project`, `clusters`; for one run: `resolver`, `interpolate` |
//! | entries, steps | named topics | `family`, `pipeline`, `names`, into `candidates` |
//! | candidates | values | `resolve`, by `layers` over `tiers`; texts become values in `values` |
//! | topics | problems | `check`, `policy`; what is known and accepted is in `accepted` |
//!
//! `select` keeps what a run is about, `provenance` what `explain` asks for, and `schema` is for editors.

mod accepted;
mod candidates;
mod check;
mod clusters;
mod decode;
mod family;
mod fields;
mod foreign_document;
mod interpolate;
mod keys;
mod layers;
mod load;
mod mentioned;
mod names;
mod pipeline;
mod policy;
mod profile_topics;
mod project;
mod provenance;
mod raw;
mod resolve;
mod resolver;
mod schema;
mod select;
mod tiers;
mod values;
mod yaml;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::accepted::Accepted;
use crate::clusters::Clusters;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::explain::{Explanation, Subject};
use crate::finding::Finding;
use crate::limits::Limits;
use crate::topic::{DeclaredTopic, TopicName};

pub use interpolate::Outside;

#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and directories; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// The chosen profile; a chosen cluster may choose it too.
    pub profile: Option<String>,
    pub cluster: Option<String>,
    /// Variables from outside of the manifests.
    pub outside: Outside,
    /// Selections; none selects all.
    pub select: Vec<String>,
}

/// What the manifests declare, and everything that is wrong with them. Where there are errors, the
/// topics are not to be used.
#[derive(Debug, Default)]
pub struct Manifests {
    pub sources: Sources,
    /// By family: each main topic with its retry ladder, dead letters and errors behind it.
    pub topics: Vec<DeclaredTopic>,
    /// The names of all declared topics, those that are not selected included.
    pub declared: BTreeSet<TopicName>,
    pub diagnostics: Diagnostics,
    /// The findings that the policy makes failures, where it says.
    pub fail_on: Option<Vec<Finding>>,
    /// The counts that the policy allows.
    pub limits: Limits,
    pub accepted: Vec<Accepted>,
    /// The names of variables that any text mentions, under whatever profile.
    pub mentioned: BTreeSet<String>,
    /// The declared profiles, but for the chosen one.
    pub profiles: Vec<String>,
    pub clusters: Clusters,
}

pub fn read(request: &Request) -> Manifests {
    let (loaded, diagnostics) = load(request);
    let judged = judge(&loaded, diagnostics, request);
    Manifests {
        sources: loaded.sources,
        ..judged
    }
}

/// The same for texts under the names of files: reads no file, and the request's paths are only
/// named.
pub fn read_texts(texts: &[(&str, &[u8])], request: &Request) -> Manifests {
    let mut diagnostics = Diagnostics::default();
    let loaded = load::from_texts(texts, &mut diagnostics);
    let judged = judge(&loaded, diagnostics, request);
    Manifests {
        sources: loaded.sources,
        ..judged
    }
}

/// Reads once, and resolves and checks under each declared profile in turn; a project without
/// profiles is judged as it is. A problem that holds under some profiles only says so.
///
/// The topics are those of all profiles, each as the first profile that has it declares it.
pub fn read_all_profiles(request: &Request) -> Manifests {
    let (loaded, diagnostics) = load(request);
    let profiles = resolve::profile_names(&loaded);
    if profiles.is_empty() {
        let judged = judge(&loaded, diagnostics, request);
        let sources = loaded.sources;
        return Manifests { sources, ..judged };
    }
    let mut all = Manifests::default();
    let mut problems = Problems::default();
    let mut known = BTreeSet::new();
    for profile in &profiles {
        let request = Request {
            profile: Some(profile.clone()),
            ..request.clone()
        };
        let judged = judge(&loaded, diagnostics.clone(), &request);
        problems.add(profile, &judged.diagnostics.sorted(&loaded.sources));
        let new = judged
            .topics
            .into_iter()
            .filter(|topic| known.insert(topic.name.clone()));
        all.topics.extend(new);
    }
    all.diagnostics = problems.joined();
    all.mentioned = loaded.mentioned;
    all.sources = loaded.sources;
    all
}

/// What the manifests declare for each of the clusters that they name.
#[derive(Debug, Default)]
pub struct ForClusters {
    pub sources: Sources,
    /// By the clusters' names; their own sources are empty.
    pub manifests: Vec<Manifests>,
    /// All problems; one that holds for some clusters only says so.
    pub diagnostics: Diagnostics,
}

/// Reads once, and resolves and checks for each of these clusters in turn; for each declared one where
/// none is named.
pub fn read_for_clusters(request: &Request, names: &[String]) -> ForClusters {
    let (loaded, diagnostics) = load(request);
    let mut problems = Problems::default();
    let mut manifests = Vec::new();
    let clusters = match names.is_empty() {
        true => resolve::cluster_names(&loaded),
        false => names.to_vec(),
    };
    let mut known = BTreeSet::new();
    for cluster in clusters
        .into_iter()
        .filter(|name| known.insert(name.clone()))
    {
        let request = Request {
            cluster: Some(cluster.clone()),
            ..request.clone()
        };
        let judged = judge(&loaded, diagnostics.clone(), &request);
        problems.add(&cluster, &judged.diagnostics.sorted(&loaded.sources));
        manifests.push(judged);
    }
    let mut diagnostics = match manifests.is_empty() {
        // What else is wrong with them may be why.
        true => diagnostics,
        false => problems.joined(),
    };
    if manifests.is_empty() {
        diagnostics.name_characters(&loaded.sources);
        if !diagnostics.has_errors() {
            diagnostics.push(clusters::no_clusters(&loaded));
        }
    }
    ForClusters {
        sources: loaded.sources,
        manifests,
        diagnostics,
    }
}

/// The problems of the same documents under several names of profiles or clusters.
#[derive(Default)]
struct Problems {
    names: usize,
    found: Vec<(Diagnostic, Vec<String>)>,
    places: HashMap<Diagnostic, usize>,
}

impl Problems {
    fn add(&mut self, name: &str, diagnostics: &[Diagnostic]) {
        self.names += 1;
        for one in diagnostics {
            match self.places.get(one) {
                Some(at) => self.found[*at].1.push(name.to_owned()),
                None => {
                    self.places.insert(one.clone(), self.found.len());
                    self.found.push((one.clone(), vec![name.to_owned()]));
                }
            }
        }
    }

    /// Each once, with the names that it does not hold for everywhere.
    fn joined(self) -> Diagnostics {
        let mut all = Diagnostics::default();
        for (mut one, under) in self.found {
            if under.len() < self.names {
                one.message
                    .push_str(&format!(" (under {})", under.join(", ")));
            }
            all.push(one);
        }
        all
    }
}

/// What is known of a subject, and the manifests that it was looked for in.
#[derive(Debug, Default)]
pub struct Explained {
    /// Also where there are errors: what they say of the subject is the more worth explaining.
    pub explanation: Explanation,
    /// What was read; selections do not count here.
    pub manifests: Manifests,
    pub tiers: Vec<String>,
}

/// Reads, resolves and checks, and remembers on the way where the subject's values come from.
pub fn explain(request: &Request, subject: &Subject) -> Explained {
    let (loaded, mut diagnostics) = load(request);
    let inputs = resolver::Inputs {
        outside: &request.outside,
        profile: request.profile.as_deref(),
        cluster: request.cluster.as_deref(),
        subject: Some(subject),
    };
    let resolved = resolve::resolve(&loaded, &inputs, &mut diagnostics);
    diagnostics.name_characters(&loaded.sources);
    Explained {
        explanation: resolved.explanation,
        tiers: resolved.tiers,
        manifests: Manifests {
            sources: loaded.sources,
            mentioned: loaded.mentioned,
            declared: names(&resolved.topics),
            topics: resolved.topics,
            diagnostics,
            fail_on: resolved.fail_on,
            limits: resolved.limits,
            accepted: resolved.accepted,
            profiles: resolved.profiles,
            clusters: resolved.clusters,
        },
    }
}

fn load(request: &Request) -> (load::Loaded, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let loaded = load::load(&request.paths, &mut diagnostics);
    (loaded, diagnostics)
}

/// Everything but the texts, which stay with what was loaded.
fn judge(loaded: &load::Loaded, mut diagnostics: Diagnostics, request: &Request) -> Manifests {
    let inputs = resolver::Inputs {
        outside: &request.outside,
        profile: request.profile.as_deref(),
        cluster: request.cluster.as_deref(),
        subject: None,
    };
    if !diagnostics.has_errors() {
        diagnostics.extend(mentioned::unused(&request.outside, &loaded.mentioned));
    }
    let resolve::Resolved {
        topics,
        fail_on,
        limits,
        accepted,
        profiles,
        clusters,
        ..
    } = resolve::resolve(loaded, &inputs, &mut diagnostics);
    if topics.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(no_topics(request, clusters.profile.as_deref(), loaded));
    }
    diagnostics.name_characters(&loaded.sources);
    let declared = names(&topics);
    // A selection among broken manifests would only add errors that are none.
    let topics = if diagnostics.has_errors() {
        topics
    } else {
        select::select(topics, &request.select, &loaded.sources, &mut diagnostics)
    };
    Manifests {
        sources: Sources::default(),
        topics,
        declared,
        diagnostics,
        fail_on,
        limits,
        accepted,
        mentioned: loaded.mentioned.clone(),
        profiles,
        clusters,
    }
}

/// The JSON Schema of a manifest, for editors.
pub fn schema() -> serde_json::Value {
    schema::schema()
}

fn names(topics: &[DeclaredTopic]) -> BTreeSet<TopicName> {
    topics.iter().map(|topic| topic.name.clone()).collect()
}

fn no_topics(request: &Request, profile: Option<&str>, loaded: &load::Loaded) -> Diagnostic {
    let paths: Vec<_> = request
        .paths
        .iter()
        .map(|path| match path.display().to_string() {
            stdin if stdin == load::STDIN => "standard input".to_owned(),
            path => path,
        })
        .collect();
    let paths = paths.join(", ");
    let mut topics = loaded
        .documents
        .iter()
        .flat_map(|document| &document.topics)
        .peekable();
    if topics.peek().is_some() {
        let under = match profile {
            Some(profile) => format!("under profile `{profile}`"),
            None => "without a profile".to_owned(),
        };
        let theirs: BTreeSet<_> = topics
            .flat_map(|entry| &entry.topic.usage.profiles)
            .flatten()
            .map(|name| &*name.text)
            .collect();
        let theirs: Vec<_> = theirs.into_iter().collect();
        return Diagnostic::error(
            Code::NoTopics,
            format!("no topic in {paths} is declared {under}"),
        )
        .help(format!(
            "they are there with --profile {}",
            theirs.join(" or ")
        ));
    }
    let message = if loaded.sources.is_empty() {
        format!("no manifest in {paths}")
    } else {
        format!("no topic is declared in {paths}")
    };
    Diagnostic::error(Code::NoTopics, message).help(
        "a manifest is a .yaml or .yml file with a list of `topics:`; `topicctl init` writes \
             some to start from",
    )
}
