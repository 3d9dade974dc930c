//! A flowchart in Mermaid's language: families with the way of a message that fails, the groups
//! and the steps of pipelines that read, and where they write.
//!
//! Ids are made of letters, digits and `_`; everything untrusted stands in quoted labels. The order
//! is that of the topics, so that the drawing changes only where the manifests do.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;

use crate::diagnostic::printable;
use crate::topic::{ConsumerGroup, DeclaredTopic, Role};
use crate::wording::plural;

pub(super) fn render(topics: &[DeclaredTopic]) -> String {
    let mut ids = Ids::default();
    let mut chart = Chart::default();
    let declared: HashSet<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let families: Vec<_> = topics.chunk_by(|a, b| a.family() == b.family()).collect();
    for family in &families {
        match family {
            [alone] => chart.topic(alone, "  ", &mut ids),
            [main, ..] => {
                let (id, label) = (ids.id("f_", main.family().as_str()), main.family().as_str());
                chart.line(format_args!("  subgraph {id}[\"{}\"]", escaped(label)));
                family
                    .iter()
                    .for_each(|topic| chart.topic(topic, "    ", &mut ids));
                chart.line(format_args!("  end"));
            }
            [] => {}
        }
    }
    let pipelines = pipelines(topics);
    for (pipeline, steps) in &pipelines {
        let id = ids.id("p_", pipeline);
        chart.line(format_args!(
            "  subgraph {id}[\"pipeline {}\"]",
            escaped(pipeline)
        ));
        for step in steps {
            let id = ids.id("s_", &format!("{pipeline}/{step}"));
            chart.line(format_args!("    {id}[[\"{}\"]]:::step", escaped(step)));
        }
        chart.line(format_args!("  end"));
    }
    let (readers, writers) = groups(topics);
    let known_only = writers
        .iter()
        .map(|(_, topic)| *topic)
        .filter(|t| !declared.contains(t));
    for name in BTreeSet::from_iter(known_only) {
        let id = ids.id("t_", name);
        chart.line(format_args!("  {id}[\"{}\"]:::external", escaped(name)));
    }
    for (name, members) in &readers {
        let id = ids.id("g_", name);
        let members = members
            .map(|count| format!(", {}", plural(count, "member")))
            .unwrap_or_default();
        chart.line(format_args!(
            "  {id}([\"{}{members}\"]):::group",
            escaped(name)
        ));
    }
    for family in families {
        chart.failures(family, &declared, &mut ids);
    }
    for topic in topics {
        let from = ids.id("t_", topic.name.as_str());
        for step in &topic.steps {
            let id = ids.id("s_", &format!("{}/{}", step.pipeline, step.step));
            if step.writes {
                chart.edge(&id, "produces", &from);
            } else {
                chart.edge(&from, "", &id);
            }
        }
        for group in stated_groups(topic) {
            let to = ids.id("g_", &group.name);
            chart.edge(&from, "", &to);
        }
    }
    for (group, topic) in writers {
        let (from, to) = (ids.id("g_", group), ids.id("t_", topic));
        chart.edge(&from, "produces", &to);
    }
    chart.finish()
}

/// The steps of each pipeline, by name.
fn pipelines(topics: &[DeclaredTopic]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut pipelines: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in topics.iter().flat_map(|topic| &topic.steps) {
        pipelines
            .entry(&step.pipeline)
            .or_default()
            .insert(&step.step);
    }
    pipelines
}

/// Every group with its members, and what it writes, each in a stable order.
type Groups<'a> = (BTreeMap<&'a str, Option<u32>>, Vec<(&'a str, &'a str)>);

fn groups(topics: &[DeclaredTopic]) -> Groups<'_> {
    let mut readers: BTreeMap<&str, Option<u32>> = BTreeMap::new();
    let mut writers = Vec::new();
    for group in topics.iter().flat_map(stated_groups) {
        let members = readers.entry(&group.name).or_default();
        *members = (*members).max(group.members);
        for topic in &group.produces {
            let edge = (group.name.as_str(), topic.as_str());
            if !writers.contains(&edge) {
                writers.push(edge);
            }
        }
    }
    (readers, writers)
}

/// The group of a pipeline is drawn by its steps.
fn stated_groups(topic: &DeclaredTopic) -> impl Iterator<Item = &ConsumerGroup> {
    let groups = topic.consumer_groups.iter();
    groups.filter(|group| group.pipeline.is_none())
}

#[derive(Default)]
struct Chart {
    lines: String,
}

impl Chart {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = writeln!(self.lines, "{line}");
    }

    fn topic(&mut self, topic: &DeclaredTopic, indent: &str, ids: &mut Ids) {
        let id = ids.id("t_", topic.name.as_str());
        let label = escaped(topic.name.as_str());
        let class = if topic.external {
            "external"
        } else {
            topic.role.as_str()
        };
        self.line(format_args!("{indent}{id}[\"{label}\"]:::{class}"));
    }

    fn edge(&mut self, from: &str, label: &str, to: &str) {
        if label.is_empty() {
            self.line(format_args!("  {from} --> {to}"));
        } else {
            self.line(format_args!("  {from} -->|\"{}\"| {to}", escaped(label)));
        }
    }

    /// The way of a message that fails: into each step of the ladder and back, then to the dead
    /// letters.
    fn failures(&mut self, family: &[DeclaredTopic], declared: &HashSet<&str>, ids: &mut Ids) {
        let Some(first) = family.first() else { return };
        let name = first.family().as_str();
        // A selection may have left the main topic out.
        if !declared.contains(name) {
            return;
        }
        let main = ids.id("t_", name);
        let steps = family
            .iter()
            .filter(|topic| topic.role == Role::Retry)
            .count();
        let last = match steps {
            0 => "fails".to_owned(),
            steps => format!("fails, attempt {}", steps + 1),
        };
        for topic in family {
            let id = ids.id("t_", topic.name.as_str());
            match (topic.role, &topic.delay) {
                (Role::Retry, Some(delay)) => {
                    self.edge(&main, &format!("fails, attempt {}", delay.index + 1), &id);
                    self.edge(&id, &format!("after {}", delay.written), &main);
                }
                (Role::Dlq, _) => self.edge(&main, &last, &id),
                (Role::Error, _) => self.edge(&main, "error", &id),
                (Role::Main | Role::Retry, _) => {}
            }
        }
        if let Some(shared) = &first.shared_dlq {
            let id = ids.id("t_", shared.as_str());
            self.edge(&main, &last, &id);
        }
    }

    fn finish(self) -> String {
        const STYLES: &str = "  \
  classDef main stroke-width:2px
  classDef retry stroke-dasharray:4 2
  classDef dlq stroke:#c0392b
  classDef error stroke:#c0392b
  classDef external stroke:#999,color:#999
  classDef group fill:none
  classDef step fill:none,stroke-width:2px
";
        format!("flowchart LR\n{}{STYLES}", self.lines)
    }
}

#[derive(Default)]
struct Ids {
    by_name: HashMap<(&'static str, String), String>,
    taken: HashSet<String>,
}

impl Ids {
    /// The name with `_` for what an id cannot have, and a number where another has that id.
    fn id(&mut self, kind: &'static str, name: &str) -> String {
        if let Some(id) = self.by_name.get(&(kind, name.to_owned())) {
            return id.clone();
        }
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let plain: String = kind.chars().chain(name.chars().map(word)).collect();
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let free = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|id| !self.taken.contains(id));
        let id = free.unwrap_or(plain);
        self.taken.insert(id.clone());
        self.by_name.insert((kind, name.to_owned()), id.clone());
        id
    }
}

/// A text for a quoted label: Mermaid reads HTML and its own entities there, and takes a backtick
/// at the beginning for Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | ';' | '%' | '\\' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Request, read_texts};

    #[test]
    fn a_stated_group_is_drawn_also_where_its_name_is_a_pipelines() {
        let text = b"
topics: [{ name: orders, consumer_groups: [search-consumer-group] }]
pipelines:
  - { name: search, steps: [{ name: a, output: true }, { name: b, consumes: [a.output] }] }
";
        let manifests = read_texts(&[("m.yaml", text)], &Request::default());
        let chart = render(&manifests.topics);
        let group = "g_search_consumer_group";
        assert!(
            chart.contains(&format!("  {group}([\"search-consumer-group\"]):::group\n")),
            "{chart}"
        );
        assert_eq!(
            chart.matches(&format!(" --> {group}\n")).count(),
            1,
            "{chart}"
        );
        assert!(
            chart.contains(&format!("  t_orders --> {group}\n")),
            "{chart}"
        );
    }
}
