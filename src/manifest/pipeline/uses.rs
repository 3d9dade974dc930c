//! What the steps of pipelines read and write, held against the topics that there are: names that
//! nothing declares, consumer groups, listeners. Pure; makes no topics.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::manifest::candidates::Candidates;
use crate::topic::{self, ConsumerGroup, DeclaredTopic, TopicName};
use crate::wording::plural;

/// What a step reads and writes, for the checks that need every topic.
#[derive(Debug)]
pub(in crate::manifest) struct StepUse {
    pub(super) pipeline: String,
    pub(super) step: String,
    pub(super) listeners: Option<(u32, Span)>,
    pub(super) reads: Vec<Used>,
    pub(super) writes: Vec<Used>,
    pub(super) input: Option<TopicName>,
    pub(super) output: Option<TopicName>,
}

/// A topic by the name that a step has for it.
#[derive(Debug)]
pub(super) struct Used {
    pub(super) name: TopicName,
    pub(super) span: Span,
    pub(super) standard: bool,
}

impl Used {
    pub(super) fn standard(name: TopicName, span: Span) -> Self {
        let standard = true;
        Self {
            name,
            span,
            standard,
        }
    }
}

/// Every topic that a step uses must be declared.
pub(in crate::manifest) fn check_declared(
    uses: &[StepUse],
    all: &Candidates<'_>,
    diagnostics: &mut Diagnostics,
) {
    for used in uses
        .iter()
        .flat_map(|step| step.reads.iter().chain(&step.writes))
    {
        if all.index(&used.name).is_none() {
            diagnostics.push(all.unknown(&used.name, diagnostics).at(used.span, ""));
        }
    }
}

/// Adds the pipelines' consumer group to the standard topics that they read, and compares
/// listeners with partitions.
pub(in crate::manifest) fn finish(
    uses: &[StepUse],
    topics: &mut [DeclaredTopic],
    diagnostics: &mut Diagnostics,
) {
    let index: BTreeMap<TopicName, usize> = topics
        .iter()
        .enumerate()
        .map(|(at, topic)| (topic.name.clone(), at))
        .collect();
    for step in uses {
        let group = format!("{}-consumer-group", step.pipeline);
        let produces: Vec<String> = step
            .output
            .iter()
            .chain(step.writes.iter().map(|used| &used.name))
            .map(ToString::to_string)
            .collect();
        for used in step.reads.iter().filter(|used| used.standard) {
            let Some(at) = index.get(&used.name) else {
                continue;
            };
            let groups = &mut topics[*at].consumer_groups;
            match groups.iter_mut().find(|known| known.name == group) {
                Some(known) => {
                    let new = produces
                        .iter()
                        .filter(|name| !known.produces.contains(name));
                    let new: Vec<_> = new.cloned().collect();
                    known.produces.extend(new);
                }
                None => groups.push(ConsumerGroup {
                    name: group.clone(),
                    members: None,
                    members_at: None,
                    produces: produces.clone(),
                    pipeline: Some(step.pipeline.clone()),
                }),
            }
        }
        let read = step.reads.iter().map(|used| &used.name).chain(&step.input);
        let written = step
            .writes
            .iter()
            .map(|used| &used.name)
            .chain(&step.output);
        for (name, writes) in read
            .map(|name| (name, false))
            .chain(written.map(|name| (name, true)))
        {
            let Some(at) = index.get(name) else { continue };
            topics[*at].steps.push(topic::StepUse {
                pipeline: step.pipeline.clone(),
                step: step.step.clone(),
                writes,
            });
        }
        diagnostics.extend(idle_listeners(step, |name| {
            Some(&topics[*index.get(name)?])
        }));
    }
}

fn idle_listeners<'t>(
    step: &StepUse,
    topic: impl Fn(&TopicName) -> Option<&'t DeclaredTopic>,
) -> Option<Diagnostic> {
    let (listeners, span) = step.listeners?;
    let counts = step.reads.iter().map(|used| {
        topic(&used.name)?
            .partitions
            .as_ref()
            .map(|declared| i64::from(declared.value.get()))
    });
    let partitions: i64 = counts.sum::<Option<i64>>().filter(|sum| *sum > 0)?;
    let idle = i64::from(listeners) - partitions;
    (idle > 0).then(|| {
        Diagnostic::warning(
            Code::MoreMembersThanPartitions,
            format!(
                "{listeners} listeners read {}",
                plural(partitions, "partition")
            ),
        )
        .at(span, format!("{idle} would be idle"))
        .help("a partition is read by one member of a group at a time")
    })
}
