//! Raw manifests to declared topics: which entries hold, what their families are called, and which
//! layer gives each value. Pure.
//!
//! The layers of a topic, later ones stronger: its built-in tier; for a derived topic what it takes
//! over from its source; the manifest tiers from the far end of `extends`, each patched by the
//! profile; the topic's own fields; the profile's `all`; the profile's entry for the topic.
//! References to other topics' partitions are resolved last, on the values that won.

use std::collections::HashMap;

use super::family::{Candidate, Candidates};
use super::interpolate::{self, Context, Outside, Scope};
use super::layers::{Folded, Wish};
use super::load::Loaded;
use super::project::{Project, TierChain, circle};
use super::raw::{Profile, Settings, Vars};
use super::trail::{self, Traced, Trail};
use super::yaml::Text;
use super::{accepted, check, clusters, pipeline, policy};
use crate::accepted::Accepted;
use crate::catalog;
use crate::clusters::Clusters;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, Span, nearest};
use crate::explain::{Explanation, Subject};
use crate::topic::{
    ConsumerGroup, Declared, DeclaredTopic, Layer, Origin, PartitionKey, Partitioner, Partitions,
    TopicName,
};

/// What resolution needs beside the documents.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    pub(super) outside: &'a Outside,
    pub(super) profile: Option<&'a str>,
    pub(super) cluster: Option<&'a str>,
    /// What is to be explained on the way.
    pub(super) subject: Option<&'a Subject>,
}

/// A resolver over one project: everything that stays the same from topic to topic.
pub(super) struct Resolver<'a> {
    pub(super) project: &'a Project<'a>,
    pub(super) sources: &'a Sources,
    pub(super) outside: &'a Outside,
    /// From the far end of `extends` to the chosen one.
    pub(super) profiles: Vec<(&'a str, &'a Profile)>,
    /// The `vars` of the profiles, joined.
    pub(super) profile_vars: Vars<'a>,
    cluster: Option<&'a str>,
    subject: Option<&'a Subject>,
}

/// What resolution gives.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// In the order of their families.
    pub(super) topics: Vec<DeclaredTopic>,
    /// The policy's `fail_on`.
    pub(super) fail_on: Option<Vec<String>>,
    /// Mismatches that are known and left alone.
    pub(super) accepted: Vec<Accepted>,
    /// Those that the project names, and the chosen one.
    pub(super) clusters: Clusters,
    /// Of the subject, where it was found.
    pub(super) explanation: Explanation,
    /// The names of all tiers.
    pub(super) tiers: Vec<String>,
    /// The names of all profiles but the chosen one.
    pub(super) profiles: Vec<String>,
}

/// Resolves all topics that hold under the profile, and judges them.
pub(super) fn resolve(
    loaded: &Loaded,
    inputs: &Inputs<'_>,
    diagnostics: &mut Diagnostics,
) -> Resolved {
    let project = Project::assemble(loaded, diagnostics);
    let Some(clusters) = clusters::read(&project, loaded, inputs, diagnostics) else {
        return Resolved::default();
    };
    let profile = clusters.profile.as_deref();
    let others = project.profiles.keys().copied();
    let others = others
        .filter(|name| profile != Some(name))
        .map(str::to_owned)
        .collect();
    let profiles = match profile {
        None => Vec::new(),
        Some(name) => {
            if !project.profiles.contains_key(name) {
                diagnostics.push(unknown_profile(name, &project, loaded));
                return Resolved::default();
            }
            project.profile_chain(name, diagnostics)
        }
    };
    let profile_vars = project.profile_vars(profile, diagnostics);
    let resolver = Resolver {
        project: &project,
        sources: &loaded.sources,
        outside: inputs.outside,
        profiles,
        profile_vars,
        cluster: inputs.cluster,
        subject: inputs.subject,
    };
    resolver.check_unused(diagnostics);
    let candidates = Candidates::gather(&resolver, diagnostics);
    let (topics, traced) = resolver.declare(candidates, diagnostics);
    check::check(&topics, diagnostics);
    let mut fail_on = None;
    if let Some(policy) = project.policy {
        policy::check(policy, &topics, &resolver, diagnostics);
        for (code, severity) in policy::severities(policy, &resolver, diagnostics) {
            diagnostics.regrade(code, severity);
        }
        fail_on = policy::fail_on(policy, &resolver, diagnostics);
    }
    let accepted = accepted::read(&resolver, &topics, diagnostics);
    let explanation = resolver.explanation(&topics, traced);
    Resolved {
        topics,
        fail_on,
        accepted,
        clusters,
        explanation,
        tiers: trail::tier_names(&project),
        profiles: others,
    }
}

/// The declared profiles, by name.
pub(super) fn profile_names(loaded: &Loaded) -> Vec<String> {
    // What is wrong with them is reported when they are resolved.
    let project = Project::assemble(loaded, &mut Diagnostics::default());
    let names = project.profiles.keys();
    names.map(|name| (*name).to_owned()).collect()
}

/// The declared clusters, by name.
pub(super) fn cluster_names(loaded: &Loaded) -> Vec<String> {
    let project = Project::assemble(loaded, &mut Diagnostics::default());
    let names = project.clusters.keys();
    names.map(|name| (*name).to_owned()).collect()
}

fn unknown_profile(name: &str, project: &Project<'_>, loaded: &Loaded) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownProfile,
        format!("the profile `{name}` is not declared"),
    );
    if let Some(near) = nearest(name, project.profiles.keys().copied()) {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    let declared: Vec<_> = project
        .profiles
        .iter()
        .map(|(name, (place, _))| format!("`{name}` ({})", loaded.sources.location(place.span)))
        .collect();
    if !declared.is_empty() {
        return diagnostic.help(format!("declared are {}", declared.join(", ")));
    }
    let file = super::load::PROJECT_FILE;
    diagnostic.help(match loaded.project {
        Some(project) => {
            format!(
                "profiles are declared under `profiles:` in {}",
                loaded.sources.path(project)
            )
        }
        None => {
            let searched: Vec<_> = loaded
                .searched
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            format!(
                "profiles are declared under `profiles:` in {file}, and there is none in {} or \
                 above; keep the manifests beside it, or name it as a path too",
                searched.join(", ")
            )
        }
    })
}

impl<'a> Resolver<'a> {
    fn scope(&self) -> Scope<'_> {
        Scope {
            outside: self.outside,
            profile: &self.profile_vars,
            files: &self.project.vars,
            project: self.project.file,
            cluster: self.cluster,
        }
    }

    /// The text with its variables substituted.
    pub(super) fn evaluate(
        &self,
        text: &Text,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        interpolate::evaluate(text, self.scope(), context, self.sources, diagnostics)
    }

    /// Finds the mistakes in what no topic uses: tiers, profiles that are not chosen, references
    /// to what is not there. Texts with variables are left alone, because their values may belong
    /// to another run.
    fn check_unused(&self, diagnostics: &mut Diagnostics) {
        let project = self.project;
        if let Some(tier) = project.default_tier.filter(|tier| !tier.text.contains('$')) {
            project.tier_chain(&tier.text, Some(tier.span), diagnostics);
        }
        for (name, (place, tier)) in &project.tiers {
            project.tier_chain(name, Some(place.span), diagnostics);
            self.check_settings(&tier.settings, diagnostics);
        }
        for (name, (_, profile)) in &project.profiles {
            project.profile_chain(name, diagnostics);
            for (tier, settings) in &profile.tiers {
                let known = project.tiers.contains_key(tier.text.as_str())
                    || super::tiers::BuiltIn::by_name(&tier.text).is_some();
                if !known {
                    let place = Some(tier.span);
                    diagnostics.push(project.unknown_tier(&tier.text, place, diagnostics));
                }
                self.check_settings(settings, diagnostics);
            }
            profile
                .all
                .iter()
                .for_each(|all| self.check_settings(all, diagnostics));
        }
        for entry in &project.profile_topics {
            self.check_settings(entry.settings, diagnostics);
        }
    }

    fn check_settings(&self, settings: &Settings, diagnostics: &mut Diagnostics) {
        let literal = super::layers::literal_only(settings);
        Folded::default().apply(
            self,
            &literal,
            &Layer::Topic,
            &Context::default(),
            diagnostics,
        );
    }

    fn declare(
        &self,
        mut candidates: Candidates<'a>,
        diagnostics: &mut Diagnostics,
    ) -> (Vec<DeclaredTopic>, Option<Traced>) {
        self.check_profile_topics(&candidates, diagnostics);
        let mut folded: Vec<Folded> = Vec::with_capacity(candidates.list.len());
        let early = candidates
            .list
            .iter()
            .take_while(|one| !pipeline::is_late(one))
            .count();
        for index in 0..early {
            // A main topic stands before what is derived from it.
            self.fold_next(index, &candidates, &mut folded, diagnostics);
        }
        let mut counts = HashMap::new();
        for index in early..candidates.list.len() {
            let names = &candidates.list[index].widest_of;
            let count = |index| count(index, &candidates, &folded, &mut counts);
            let source = pipeline::widest(names, &candidates, count);
            candidates.list[index].source = source.filter(|source| *source < index);
            self.fold_next(index, &candidates, &mut folded, diagnostics);
        }
        let partitions = resolve_partitions(&candidates, &folded, diagnostics);
        let traced = take_traced(&candidates, &mut folded);
        let mut topics: Vec<_> = candidates
            .list
            .iter()
            .zip(folded)
            .zip(partitions)
            .map(|((candidate, folded), partitions)| {
                self.declared(candidate, &candidates, folded, partitions, diagnostics)
            })
            .collect();
        let step = |topic: &DeclaredTopic| topic.delay.as_ref().map(|delay| delay.index);
        topics.sort_by(|a, b| {
            (a.family(), a.role, step(a), &a.name).cmp(&(b.family(), b.role, step(b), &b.name))
        });
        pipeline::finish(&candidates.steps, &mut topics, diagnostics);
        (topics, traced)
    }

    fn explanation(&self, topics: &[DeclaredTopic], traced: Option<Traced>) -> Explanation {
        let mut explanation = Explanation::default();
        match self.subject {
            Some(Subject::Topic(name)) => {
                let topic = topics.iter().find(|topic| topic.name.as_str() == name);
                let both = topic.zip(traced);
                explanation.topic = both.map(|(topic, traced)| traced.explain(topic, topics));
            }
            Some(Subject::Tier(name)) => {
                explanation.tier = trail::explain_tier(self, name, topics);
            }
            None => {}
        }
        explanation
    }

    fn fold_next(
        &self,
        index: usize,
        candidates: &Candidates<'a>,
        folded: &mut Vec<Folded>,
        diagnostics: &mut Diagnostics,
    ) {
        let candidate = &candidates.list[index];
        let source = candidate
            .source
            .map(|source| (&candidates.list[source], &folded[source]));
        let own = self.fold(candidate, source, candidates, Profiled::Yes, diagnostics);
        if !candidate.beside.is_empty() {
            let plain = self.fold(candidate, source, candidates, Profiled::No, diagnostics);
            self.check_beside(candidate, &plain, diagnostics);
        }
        folded.push(own);
    }

    /// What an external entry states beside the entry that declares the topic must be what that
    /// entry says, whatever the profile makes of it.
    fn check_beside(&self, candidate: &Candidate<'a>, own: &Folded, diagnostics: &mut Diagnostics) {
        for entry in &candidate.beside {
            let mut stated = Folded::default();
            let context = &candidate.context;
            stated.apply(self, &entry.settings, &Layer::Topic, context, diagnostics);
            for (what, span, here, declared) in stated.contradictions(own) {
                let name = &candidate.name;
                let (here, declared) = (
                    catalog::human(&what, &here),
                    catalog::human(&what, &declared),
                );
                diagnostics.push(
                    Diagnostic::error(
                        Code::ExternalContradiction,
                        format!("{what} of `{name}`: {here} here, declared as {declared}"),
                    )
                    .at(span.unwrap_or(entry.span), "")
                    .and(candidate.span, "declared here")
                    .help("an external entry beside the declaring one may only repeat its values"),
                );
            }
        }
    }

    fn fold(
        &self,
        candidate: &Candidate<'a>,
        source: Option<(&Candidate<'a>, &Folded)>,
        candidates: &Candidates<'a>,
        profiled: Profiled,
        diagnostics: &mut Diagnostics,
    ) -> Folded {
        let mut folded = Folded::default();
        if matches!(self.subject, Some(Subject::Topic(name)) if name == candidate.name.as_str()) {
            folded.trail = Some(Trail::default());
        }
        let context = &candidate.context;
        let profiles = match profiled {
            Profiled::Yes => self.profiles.as_slice(),
            Profiled::No => &[],
        };
        if let Some((tier, span)) = &candidate.tier {
            let chain = self.project.tier_chain(tier, *span, diagnostics);
            if let Some(built_in) = chain.as_ref().map(|chain| &chain.built_in) {
                let defaults = candidate
                    .defaults
                    .as_ref()
                    .filter(|defaults| defaults.name == built_in.name);
                let values = source.map(|(_, values)| values);
                folded.start(
                    defaults.unwrap_or(built_in),
                    candidate.delay.as_ref(),
                    values,
                );
            }
            if let Some((main, values)) = source {
                folded.take_over(&main.name, main.external, values);
            }
            if let Some(chain) = &chain {
                self.lay_tiers(&mut folded, chain, profiles, context, diagnostics);
            }
        }
        if let Some(raw) = candidate.raw {
            folded.apply(self, &raw.settings, &Layer::Topic, context, diagnostics);
        }
        for (name, profile) in profiles {
            if let Some(all) = profile.all.as_ref().filter(|_| !candidate.external) {
                let layer = Layer::ProfileAll((*name).to_owned());
                folded.apply(self, all, &layer, context, diagnostics);
            }
        }
        for (profile, _) in profiles {
            if let Some(settings) = candidates.profile_settings(profile, &candidate.name) {
                let layer = Layer::ProfileTopic((*profile).to_owned());
                folded.apply(self, settings, &layer, context, diagnostics);
            }
        }
        folded.finish();
        folded
    }

    /// The manifest tiers, each patched by the profiles.
    pub(super) fn lay_tiers(
        &self,
        folded: &mut Folded,
        chain: &TierChain<'_>,
        profiles: &[(&str, &Profile)],
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        for (name, tier) in &chain.tiers {
            if let Some(tier) = tier {
                let layer = Layer::Tier((*name).to_owned());
                folded.apply(self, &tier.settings, &layer, context, diagnostics);
            }
            for (profile, patches) in profiles.iter().map(|(name, p)| (name, &p.tiers)) {
                for (_, settings) in patches.iter().filter(|(tier, _)| tier.text == *name) {
                    let profile = (*profile).to_owned();
                    let layer = Layer::ProfileTier {
                        profile,
                        tier: (*name).to_owned(),
                    };
                    folded.apply(self, settings, &layer, context, diagnostics);
                }
            }
        }
    }

    /// Entries of `profiles.P.topics` must name a topic, else they would do nothing.
    fn check_profile_topics(&self, candidates: &Candidates<'a>, diagnostics: &mut Diagnostics) {
        for (profile, name, span) in candidates.profile_topics() {
            let chosen = self.profiles.iter().any(|(chosen, _)| *chosen == profile);
            if !chosen || candidates.by_name.contains_key(name) {
                continue;
            }
            let known = candidates.by_name.keys().map(TopicName::as_str);
            let diagnostic = Diagnostic::error(
                Code::UnknownTopic,
                format!("no topic `{name}` is declared under profile `{profile}`"),
            );
            let near = diagnostics.nearest(name.as_str(), known);
            diagnostics.push(match near {
                Some(near) => diagnostic.at(span, format!("did you mean `{near}`?")),
                None => diagnostic.at(span, "this entry would do nothing"),
            });
        }
    }

    fn declared(
        &self,
        candidate: &Candidate<'a>,
        candidates: &Candidates<'a>,
        folded: Folded,
        partitions: Option<Declared<Partitions>>,
        diagnostics: &mut Diagnostics,
    ) -> DeclaredTopic {
        let raw = candidate.raw;
        let context = &candidate.context;
        let text = |text: Option<&Text>, diagnostics: &mut Diagnostics| {
            text.and_then(|text| self.evaluate(text, context, diagnostics))
        };
        // Another team's entry beside this one may name its own groups.
        let entries = raw.into_iter().chain(candidate.beside.iter().copied());
        let consumer_groups = entries
            .flat_map(|entry| &entry.consumer_groups)
            .filter_map(|group| {
                let members = group
                    .members
                    .as_ref()
                    .and_then(|members| self.members("members", members, context, diagnostics));
                let produces = group
                    .produces
                    .iter()
                    .filter_map(|name| self.evaluate(name, context, diagnostics))
                    .collect();
                let name = self.evaluate(&group.name, context, diagnostics)?;
                Some(ConsumerGroup {
                    name,
                    members,
                    members_at: group.members.as_ref().map(|members| members.span),
                    produces,
                })
            })
            .collect();
        let (replication_factor, config) = folded.into_values();
        DeclaredTopic {
            name: candidate.name.clone(),
            role: candidate.role,
            source: candidate
                .source
                .map(|source| candidates.list[source].name.clone()),
            delay: candidate.delay.clone(),
            shared_dlq: candidate.shared_dlq.as_ref().map(|(name, _)| name.clone()),
            tier: candidate.tier.as_ref().map(|(tier, _)| (*tier).to_owned()),
            description: text(raw.and_then(|raw| raw.description.as_ref()), diagnostics),
            owner: text(
                raw.and_then(|raw| raw.owner.as_ref()).or(candidate.owner),
                diagnostics,
            ),
            external: candidate.external,
            partitions,
            replication_factor,
            config,
            env: text(raw.and_then(|raw| raw.env.as_ref()), diagnostics),
            allow: raw
                .map_or(&[][..], |raw| &raw.allow)
                .iter()
                .filter_map(|code| self.check_code(code, context, diagnostics))
                .collect(),
            consumer_groups,
            // Filled in once every topic is there.
            steps: Vec::new(),
            partition_key: raw
                .and_then(|raw| raw.partition_key.as_ref())
                .map(|key| self.partition_key(key, context, diagnostics)),
            span: candidate.span,
        }
    }

    fn check_code(
        &self,
        code: &Text,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let value = self.evaluate(code, context, diagnostics)?;
        let silent = || {
            let relations = Code::ALL.iter().filter(|code| code.is_relation());
            relations.map(|code| code.as_str())
        };
        if silent().any(|known| known == value) {
            return Some(value);
        }
        let known = Code::ALL.iter().any(|code| code.as_str() == value);
        let message = if known {
            format!("`{value}` is no check that a topic can silence")
        } else {
            format!("`{value}` is not the code of a check")
        };
        let diagnostic = Diagnostic::error(Code::OutOfRange, message);
        diagnostics.push(match nearest(&value, silent()) {
            Some(near) => diagnostic.at(code.span, format!("did you mean `{near}`?")),
            None => {
                let all: Vec<_> = silent().collect();
                diagnostic
                    .at(code.span, "")
                    .help(format!("a topic can silence {}", all.join(", ")))
            }
        });
        None
    }

    pub(super) fn members(
        &self,
        field: &str,
        text: &Text,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<u32> {
        let value = self.evaluate(text, context, diagnostics)?;
        let members = value.trim().parse().ok().filter(|members| *members > 0);
        if members.is_none() {
            diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!("`{field}` is `{value}`, expected a positive integer"),
                )
                .at(text.span, ""),
            );
        }
        members
    }

    fn partition_key(
        &self,
        key: &super::raw::PartitionKey,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) -> PartitionKey {
        let field = key
            .field
            .as_ref()
            .and_then(|text| self.evaluate(text, context, diagnostics));
        let partitioner = key.partitioner.as_ref().and_then(|text| {
            let value = self.evaluate(text, context, diagnostics)?;
            let known = Partitioner::ALL
                .into_iter()
                .find(|known| known.as_str() == value);
            if known.is_none() {
                let names = Partitioner::ALL.map(Partitioner::as_str);
                let near = nearest(&value, names).map(|near| format!("did you mean `{near}`?"));
                diagnostics.push(
                    Diagnostic::error(
                        Code::OutOfRange,
                        format!("`{value}` is no partitioner that topicctl knows"),
                    )
                    .at(text.span, near.unwrap_or_default())
                    .help(format!("it knows {}", names.join(", "))),
                );
            }
            known
        });
        PartitionKey { field, partitioner }
    }
}

/// The partitions of a topic while others are not folded yet, silently: what is wrong is found
/// once all are. What is known is remembered.
fn count(
    start: usize,
    candidates: &Candidates<'_>,
    folded: &[Folded],
    known: &mut HashMap<usize, Option<i32>>,
) -> Option<i32> {
    let mut path = Vec::new();
    let mut at = start;
    let found = loop {
        if let Some(found) = known.get(&at) {
            break *found;
        }
        let Some(values) = folded.get(at) else {
            // Too early to tell, and not to be remembered.
            path.iter().for_each(|index| {
                known.remove(index);
            });
            return None;
        };
        path.push(at);
        // Met again, it is a circle.
        known.insert(at, None);
        let next = match values.partitions.as_ref().map(|(wish, _)| wish) {
            None => None,
            Some(Wish::Count(count)) => break Some(count.get()),
            Some(Wish::Source) => candidates.list[at].source,
            Some(Wish::SameAs(name)) => candidates.index(name),
        };
        match next {
            Some(next) => at = next,
            None => break None,
        }
    };
    known.extend(path.into_iter().map(|index| (index, found)));
    found
}

/// The trail of the one topic that has one.
fn take_traced(candidates: &Candidates<'_>, folded: &mut [Folded]) -> Option<Traced> {
    let mut all = candidates.list.iter().zip(folded);
    all.find_map(|(candidate, folded)| {
        Some(Traced {
            trail: folded.trail.take()?,
            tier_chosen: candidate.tier.and_then(|(_, span)| span),
            also_at: candidate.beside.iter().map(|entry| entry.span).collect(),
        })
    })
}

/// Follows `source` and `same_as` to counts. Each topic refers to one other at most, so the walk
/// is a loop and not a recursion, however long the chain.
fn resolve_partitions(
    candidates: &Candidates<'_>,
    folded: &[Folded],
    diagnostics: &mut Diagnostics,
) -> Vec<Option<Declared<Partitions>>> {
    #[derive(Clone)]
    enum State {
        Open,
        Walking,
        Known(Option<Declared<Partitions>>),
    }
    let mut states = vec![State::Open; folded.len()];
    for start in 0..folded.len() {
        let mut path = Vec::new();
        let mut at = start;
        let found =
            loop {
                match &states[at] {
                    State::Known(known) => break known.clone(),
                    State::Walking => {
                        let round: Vec<_> = path
                            .iter()
                            .copied()
                            .skip_while(|index| *index != at)
                            .collect();
                        diagnostics.push(circular(candidates, folded, &round));
                        break None;
                    }
                    State::Open => {}
                }
                let Some((wish, origin)) = &folded[at].partitions else {
                    states[at] = State::Known(None);
                    break None;
                };
                let next =
                    match wish {
                        Wish::Count(count) => {
                            let known = Declared {
                                value: *count,
                                origin: origin.clone(),
                            };
                            states[at] = State::Known(Some(known.clone()));
                            break Some(known);
                        }
                        Wish::Source => candidates.list[at].source.ok_or_else(|| {
                            Diagnostic::error(
                        Code::UnstatedReference,
                        format!("`{}` is a main topic and has no source", candidates.list[at].name),
                    )
                    .help("state a count; `source` and the tier `retry` are for derived topics")
                        }),
                        Wish::SameAs(name) => candidates
                            .index(name)
                            .ok_or_else(|| candidates.unknown(name, diagnostics)),
                    };
                let span = origin.span.unwrap_or(candidates.list[at].span);
                match next {
                    Err(problem) => {
                        diagnostics.push(problem.at(span, ""));
                        states[at] = State::Known(None);
                        break None;
                    }
                    Ok(next) => {
                        // A tier that is not declared has been reported, and gives no count either.
                        let other = &candidates.list[next];
                        let readable = other.tier.is_some() || other.external;
                        if folded[next].partitions.is_none() && readable {
                            diagnostics.push(unstated(candidates, at, next, span));
                        }
                        states[at] = State::Walking;
                        path.push(at);
                        at = next;
                    }
                }
            };
        for index in path {
            // The origin stays the reference's: it says why this topic has the other's count.
            let origin = folded[index]
                .partitions
                .as_ref()
                .map(|(_, origin)| origin.clone());
            states[index] =
                State::Known(found.clone().zip(origin).map(|(found, origin)| Declared {
                    value: found.value,
                    origin,
                }));
        }
    }
    states
        .into_iter()
        .map(|state| match state {
            State::Known(known) => known,
            State::Open | State::Walking => None,
        })
        .collect()
}

/// Told from its first name on, wherever the walk came in.
fn circular(candidates: &Candidates<'_>, folded: &[Folded], round: &[usize]) -> Diagnostic {
    let name = |index: usize| candidates.list[index].name.as_str();
    let names = circle(&round.iter().map(|index| name(*index)).collect::<Vec<_>>());
    let first = round
        .iter()
        .copied()
        .min_by_key(|index| name(*index))
        .unwrap_or_default();
    let span = folded[first]
        .partitions_span()
        .unwrap_or(candidates.list[first].span);
    Diagnostic::error(
        Code::Cycle,
        format!(
            "partition counts refer to each other: {}",
            names.join(" → ")
        ),
    )
    .at(span, "")
    .help("state a count in one of them")
}

fn unstated(candidates: &Candidates<'_>, at: usize, next: usize, span: Span) -> Diagnostic {
    let (topic, other) = (&candidates.list[at].name, &candidates.list[next]);
    Diagnostic::error(
        Code::UnstatedReference,
        format!(
            "`{topic}` takes its partitions from `{}`, which states none",
            other.name
        ),
    )
    .at(span, "")
    .and(other.span, "state `partitions` here")
    .help("state a count in one of the two")
}

/// Whether the profile's values are laid over the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Profiled {
    Yes,
    No,
}

/// By profile and topic name, the settings that the profile has for the topic.
pub(super) type ProfileSettings<'a> = HashMap<(&'a str, TopicName), &'a Settings>;

/// An origin without a place.
pub(super) fn built_in_origin(tier: &str) -> Origin {
    Origin {
        layer: Layer::BuiltInTier(tier.to_owned()),
        span: None,
    }
}
