//! The explanation for people: a sheet of aligned rows, within the terminal where paths allow.

use std::borrow::Cow;

use super::{Explanation, LayerValue, Setting, Step, TierExplanation, TopicExplanation, pages};
use crate::catalog;
use crate::diagnostic::{Sources, Span, printable};
use crate::layout::Layout;
use crate::topic::{ConsumerGroup, Delay, Role, TopicName};
use crate::wording::plural;

/// How many names of a list are shown, unless all are asked for.
const SHOWN_NAMES: usize = 5;
const LEGEND: &str = "Lowest layer first; `>` marks the one whose value holds.\n";

/// Lays out everything that is known; all names of long lists where it is verbose.
pub fn render(explanation: &Explanation, sources: &Sources, layout: Layout) -> String {
    let mut parts = Vec::new();
    if let Some(topic) = &explanation.topic {
        parts.push(topic_sheet(topic, sources, layout));
    }
    if let Some(tier) = &explanation.tier {
        parts.push(tier_sheet(tier, sources, layout));
    }
    if let Some(code) = explanation.code {
        parts.push(pages::plain(code, layout));
    }
    let mut text = parts.join("\n");
    if let (Some(_), Some(code)) = (&explanation.topic, explanation.code) {
        let hint =
            format!("`{code}` is a topic and a code: --topic and --code ask for one of them.");
        let lines = layout.wrap(&hint, "", "");
        text.push_str(&format!("\n{}\n", lines.join("\n")));
    }
    text
}

fn topic_sheet(explained: &TopicExplanation, sources: &Sources, layout: Layout) -> String {
    let topic = &explained.topic;
    let mut sheet = Sheet::new(sources);
    sheet.row(topic.name.as_str(), "", Some(topic.span));
    for span in &explained.also_at {
        sheet.row("", "also stated, as external, at", Some(*span));
    }
    sheet.blank();
    sheet.fact(
        "role",
        &role(topic.role, topic.source.as_ref(), topic.delay.as_ref()),
        None,
    );
    let tier = match (&topic.tier, explained.tier_chosen, topic.role) {
        (None, ..) => "none: an external topic is only what its entry states".to_owned(),
        (Some(tier), None, Role::Main) => format!("{tier}, where none is named"),
        (Some(tier), None, _) => format!("{tier}, by its role"),
        (Some(tier), Some(_), _) => tier.clone(),
    };
    sheet.fact("tier", &tier, explained.tier_chosen);
    if explained.family.len() > 1 {
        sheet.fact("family", &names(&explained.family, layout.verbose), None);
    }
    if let Some(dlq) = &topic.shared_dlq {
        sheet.fact("dead letters to", dlq.as_str(), None);
    }
    if topic.external {
        sheet.fact(
            "external",
            "owned by somebody else, never created here",
            None,
        );
    }
    for (label, text) in [("owner", &topic.owner), ("description", &topic.description)] {
        if let Some(text) = text {
            sheet.fact(label, text, None);
        }
    }
    for (at, one) in topic.consumer_groups.iter().enumerate() {
        sheet.fact(
            if at == 0 { "consumer groups" } else { "" },
            &group(one),
            None,
        );
    }
    sheet.settings(
        &explained.settings,
        Owner::Topic {
            external: topic.external,
        },
    );
    sheet.blank();
    sheet.render(layout) + LEGEND
}

fn tier_sheet(tier: &TierExplanation, sources: &Sources, layout: Layout) -> String {
    let mut sheet = Sheet::new(sources);
    let built_in = if tier.span.is_none() {
        "built-in tier"
    } else {
        "tier"
    };
    sheet.row(&format!("{built_in} {}", tier.name), "", tier.span);
    sheet.blank();
    for (at, link) in tier.extends.iter().enumerate() {
        let label = if at == 0 { "extends" } else { "" };
        let kind = if link.span.is_none() {
            "built-in tier "
        } else {
            ""
        };
        sheet.fact(label, &format!("{kind}{}", link.name), link.span);
    }
    sheet.fact("used by", &users(&tier.topics, layout.verbose), None);
    for (at, (name, topics)) in tier.extended_by.iter().enumerate() {
        let label = if at == 0 { "extended by" } else { "" };
        sheet.fact(
            label,
            &format!("{name}, used by {}", users(topics, layout.verbose)),
            None,
        );
    }
    sheet.settings(&tier.settings, Owner::Tier);
    sheet.blank();
    sheet.render(layout) + LEGEND
}

fn role(role: Role, source: Option<&TopicName>, delay: Option<&Delay>) -> String {
    let mut text = match source {
        Some(source) => format!("{role} of {source}"),
        None => role.to_string(),
    };
    if let Some(delay) = delay {
        text.push_str(&format!(
            ", step {} after {}",
            delay.index + 1,
            delay.written
        ));
    }
    text
}

fn group(group: &ConsumerGroup) -> String {
    let mut text = group.name.clone();
    if let Some(members) = group.members {
        text.push_str(&format!(", {}", plural(members, "member")));
    }
    if !group.produces.is_empty() {
        text.push_str(&format!(", writes to {}", group.produces.join(", ")));
    }
    text
}

fn users(topics: &[TopicName], verbose: bool) -> String {
    match topics {
        [] => "no topic".to_owned(),
        topics => format!(
            "{}: {}",
            plural(topics.len(), "topic"),
            names(topics, verbose)
        ),
    }
}

fn names(all: &[TopicName], verbose: bool) -> String {
    // Folding one name away would save nothing.
    let shown = if verbose || all.len() <= SHOWN_NAMES + 1 {
        all.len()
    } else {
        SHOWN_NAMES
    };
    let mut text: Vec<_> = all[..shown].iter().map(ToString::to_string).collect();
    if shown < all.len() {
        text.push(format!("and {} more (-v lists them)", all.len() - shown));
    }
    text.join(", ")
}

#[derive(Clone, Copy)]
enum Owner {
    Topic { external: bool },
    Tier,
}

/// Rows of three columns: what, which value or layer, and the place.
struct Sheet<'a> {
    sources: &'a Sources,
    rows: Vec<(String, String, Option<String>)>,
}

/// Where the second column begins at the earliest and at the latest.
const COLUMN: (usize, usize) = (20, 34);

impl<'a> Sheet<'a> {
    fn new(sources: &'a Sources) -> Self {
        let rows = Vec::new();
        Self { sources, rows }
    }

    fn row(&mut self, left: &str, right: &str, place: Option<Span>) {
        let place = place.map(|span| self.sources.location(span).to_string());
        let own = |text: Cow<'_, str>| text.into_owned();
        self.rows
            .push((own(printable(left)), own(printable(right)), place));
    }

    fn blank(&mut self) {
        self.row("", "", None);
    }

    fn fact(&mut self, label: &str, text: &str, place: Option<Span>) {
        self.row(&format!("  {label}"), text, place);
    }

    fn settings(&mut self, settings: &[Setting], owner: Owner) {
        self.blank();
        for setting in settings {
            self.row(&format!("  {}", setting.field), &held(setting, owner), None);
            let winner = setting.winner();
            for (at, step) in setting.steps.iter().enumerate() {
                self.step(setting, step, winner == Some(at));
            }
        }
    }

    fn step(&mut self, setting: &Setting, step: &Step, wins: bool) {
        let key = setting.field.key().unwrap_or_default();
        let (value, more) = match &step.value {
            LayerValue::Value { value, written } => {
                let from = written.as_ref().map(|written| format!("from {written}"));
                (catalog::human(key, value), from)
            }
            LayerValue::Rule(rule) => (rule.clone(), None),
            LayerValue::Default(word) => ((*word).to_owned(), None),
            LayerValue::Unreadable(text) => (
                text.clone(),
                Some("no value; it changed nothing".to_owned()),
            ),
        };
        let mark = if wins { '>' } else { ' ' };
        let layer = step.origin.layer.to_string();
        self.row(&format!("    {mark} {value}"), &layer, step.origin.span);
        if let Some(more) = more {
            self.row("", &more, None);
        }
    }

    fn render(self, layout: Layout) -> String {
        let longest = |rows: &mut dyn Iterator<Item = usize>| rows.max().unwrap_or(0);
        let length = |text: &str| text.chars().count();
        // A title has the line for itself.
        let sides = || self.rows.iter().filter(|(_, right, _)| !right.is_empty());
        let left = longest(
            &mut sides()
                .map(|(left, ..)| length(left))
                .filter(|l| *l < COLUMN.1),
        );
        let column = (left + 2).clamp(COLUMN.0, COLUMN.1);
        let places = || self.rows.iter().filter(|(_, _, place)| place.is_some());
        let right = longest(&mut places().map(|(_, right, _)| length(right)));
        let place = longest(&mut places().map(|(.., p)| length(p.as_deref().unwrap_or_default())));
        let place_column = (column + right + 3)
            .min(layout.width.saturating_sub(place))
            .max(column + 4);
        let mut text = String::new();
        for (left, right, place) in &self.rows {
            let mut line = Line::default();
            line.push(left);
            for part in wrapped(right, column, layout) {
                line.at(column, &part, &mut text);
            }
            if let Some(place) = place {
                line.at(place_column, place, &mut text);
            }
            line.end(&mut text);
        }
        text
    }
}

/// A line that is being filled; what does not fit behind it begins a new one.
#[derive(Default)]
struct Line(String);

impl Line {
    fn push(&mut self, part: &str) {
        self.0.push_str(part);
    }

    fn at(&mut self, column: usize, part: &str, text: &mut String) {
        if self.0.chars().count() + 2 > column {
            std::mem::take(self).end(text);
        }
        let gap = column - self.0.chars().count();
        self.0.push_str(&" ".repeat(gap));
        self.0.push_str(part);
    }

    fn end(self, text: &mut String) {
        text.push_str(self.0.trim_end());
        text.push('\n');
    }
}

/// The lines of a text that begins in a column.
fn wrapped(text: &str, column: usize, layout: Layout) -> Vec<String> {
    match text {
        "" => Vec::new(),
        text => layout.narrower(column, text, "", ""),
    }
}

/// The value that holds, in both forms where they differ.
fn held(setting: &Setting, owner: Owner) -> String {
    let winner = setting.winner().map(|at| &setting.steps[at].value);
    if let Some(value) = &setting.value {
        let human = catalog::human(setting.field.key().unwrap_or_default(), value);
        return if human == *value {
            human
        } else {
            format!("{human} ({value})")
        };
    }
    match (winner, owner) {
        (Some(LayerValue::Rule(_)), Owner::Tier) => "each topic has its own".to_owned(),
        (Some(LayerValue::Rule(_) | LayerValue::Value { .. } | LayerValue::Unreadable(_)), _) => {
            "not known".to_owned()
        }
        (Some(LayerValue::Default(_)), _) => "the broker's default".to_owned(),
        (None, Owner::Topic { external: true }) => "not stated, so not compared".to_owned(),
        (None, _) => "the broker's default: no layer says".to_owned(),
    }
}
