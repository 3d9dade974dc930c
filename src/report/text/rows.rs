//! The lines of topics: a word, the name, what is declared or where, in columns as wide as most of
//! them need. A row is one line wherever its name leaves room.

use std::io::{self, Write};

use anstyle::AnsiColor;

use super::layout::{NAME_COLUMN, painted};
use crate::diagnostic::printable;
use crate::layout::Layout;
use crate::outcome::{Status, TopicOutcome};
use crate::report::ClusterReport;
use crate::report::wording::{Values, short_relations, word};

const GAP: usize = 3;

pub(super) struct Row<'a> {
    word: &'static str,
    color: Option<AnsiColor>,
    name: &'a str,
    /// Where it is declared, for those that need attention; else what is declared.
    about: About,
    /// What it is to its family and to us.
    relations: String,
}

enum About {
    Location(String),
    Values(Values),
    Nothing,
}

impl<'a> Row<'a> {
    pub(super) fn new(topic: &'a TopicOutcome, cluster: &ClusterReport, layout: Layout) -> Self {
        let word = word(&topic.status, cluster.context.purpose);
        let is_preview = cluster.context.purpose.is_preview();
        let is_missing = topic.status == Status::ToCreate && !is_preview;
        let attention = cluster.needs_attention(topic) || is_missing;
        let color = match topic.status {
            _ if cluster.fails(topic) => Some(AnsiColor::Red),
            _ if attention => Some(AnsiColor::Yellow),
            Status::ToCreate | Status::Created => Some(AnsiColor::Green),
            Status::Accepted => Some(AnsiColor::Blue),
            _ => None,
        };
        let about = if attention || matches!(topic.status, Status::Unknown(_)) {
            let place = cluster.location(topic).to_string();
            About::Location(printable(&place).into_owned())
        } else if matches!(topic.status, Status::ToCreate | Status::Created) || layout.verbose {
            let mut values = Values::new(topic);
            values.retention = printable(&values.retention).into_owned();
            About::Values(values)
        } else {
            About::Nothing
        };
        Self {
            word,
            color,
            name: topic.topic.name.as_str(),
            about,
            relations: short_relations(topic),
        }
    }

    pub(super) fn write(
        &self,
        columns: Columns,
        layout: Layout,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let word = match self.color {
            Some(color) => painted(self.word, color, layout),
            None => self.word.to_owned(),
        };
        let padding = " ".repeat(10usize.saturating_sub(self.word.len()));
        let mut line = format!("  {word}{padding}{}", self.name);
        let mut end = NAME_COLUMN + self.name.len();
        let cells = self.beside(columns, layout);
        for (column, text) in cells.unwrap_or_else(|| self.below(columns, layout)) {
            if column < end + GAP {
                writeln!(out, "{}", line.trim_end())?;
                line.clear();
                end = 0;
            }
            line.push_str(&" ".repeat(column - end));
            line.push_str(&text);
            end = column + text.chars().count();
        }
        writeln!(out, "{}", line.trim_end())
    }

    /// What stands behind the name, and in which columns: those of the other rows, else as near to
    /// the name as it can be. `None` where the name leaves no room.
    fn beside(&self, columns: Columns, layout: Layout) -> Option<Vec<(usize, String)>> {
        let aligned = columns.about(&self.about);
        let near = columns.narrow().about(&self.about);
        let [about, relations] = columns.begin(&self.about);
        let attempts = [
            (about, relations, &aligned),
            (about, 0, &aligned),
            (0, 0, &near),
        ];
        let mut attempts = attempts.into_iter().map(|(about, relations, values)| {
            let mut end = NAME_COLUMN + self.name.len();
            let cells = [
                (about, values.trim_end()),
                (relations, self.relations.as_str()),
            ];
            let cells = cells.into_iter().filter(|(_, text)| !text.is_empty());
            let cells = cells.map(|(column, text)| {
                let column = column.max(end + GAP);
                end = column + text.chars().count();
                (column, text.to_owned())
            });
            let cells: Vec<_> = cells.collect();
            (end <= layout.width).then_some(cells)
        });
        attempts.find_map(|cells| cells)
    }

    /// The same where the name leaves no room: what has none beside what stands before begins a new
    /// line.
    fn below(&self, columns: Columns, layout: Layout) -> Vec<(usize, String)> {
        let mut end = NAME_COLUMN + self.name.len();
        let [about, relations] = columns.begin(&self.about);
        let values = columns.about(&self.about);
        let cells = [
            (about, values.trim_end()),
            (relations, self.relations.as_str()),
        ];
        let cells = cells.into_iter().filter(|(_, text)| !text.is_empty());
        let cells = cells.map(|(column, text)| {
            let length = text.chars().count();
            let column = match column {
                beside if beside >= end + GAP && beside + length <= layout.width => beside,
                _ if about + length > layout.width => NAME_COLUMN,
                _ => about,
            };
            end = column + length;
            (column, text.to_owned())
        });
        cells.collect()
    }
}

/// How wide the columns are, so that most rows take one line.
#[derive(Clone, Copy, Default)]
pub(super) struct Columns {
    name: usize,
    place: usize,
    values: ValueWidths,
}

impl Columns {
    pub(super) fn new(rows: &[Row<'_>], layout: Layout) -> Self {
        let mut columns = Self::default();
        for row in rows {
            match &row.about {
                About::Location(place) => columns.place = columns.place.max(place.chars().count()),
                About::Values(values) => columns.values.widen(values),
                About::Nothing => {}
            }
        }
        // One name that is longer than all others would push every row apart.
        let fits = |width: usize| {
            let fits = |row: &&Row<'_>| {
                let about = columns.about(&row.about).trim_end().chars().count();
                row.name.len() <= width && NAME_COLUMN + width + GAP + about <= layout.width
            };
            rows.iter().filter(fits).count()
        };
        let longest = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let best = (1..=longest.min(layout.width))
            .rev()
            .max_by_key(|width| (fits(*width), longest - width));
        columns.name = best.filter(|width| fits(*width) > 0).unwrap_or(0);
        columns
    }

    /// The same without room for wider values in other rows.
    fn narrow(self) -> Self {
        Self {
            values: ValueWidths::default(),
            ..self
        }
    }

    /// Where what is said of a topic begins, and where its relations do.
    fn begin(self, about: &About) -> [usize; 2] {
        let column = match self.name {
            0 => NAME_COLUMN,
            name => NAME_COLUMN + name + GAP,
        };
        match self.about_width(about) {
            0 => [column; 2],
            width => [column, column + width + GAP],
        }
    }

    fn about(self, about: &About) -> String {
        match about {
            About::Location(place) => place.clone(),
            About::Values(values) => self.values.aligned(values),
            About::Nothing => String::new(),
        }
    }

    fn about_width(self, about: &About) -> usize {
        match about {
            About::Location(_) => self.place,
            About::Values(_) => self.values.total(),
            About::Nothing => 0,
        }
    }
}

/// The parts of [`Values`], each as wide as the widest.
#[derive(Clone, Copy, Default)]
struct ValueWidths {
    count: usize,
    partitions: usize,
    replication: usize,
    retention: usize,
}

impl ValueWidths {
    fn widen(&mut self, values: &Values) {
        if values.is_default {
            return;
        }
        self.count = self.count.max(values.count.len());
        self.partitions = self.partitions.max(values.partitions.len() + 1);
        self.replication = self.replication.max(values.replication.len() + 1);
        self.retention = self.retention.max(values.retention.len());
    }

    fn aligned(self, values: &Values) -> String {
        let Self {
            count,
            partitions,
            replication,
            ..
        } = self;
        // Words among numbers would only push these apart.
        if values.is_default {
            return values.to_string();
        }
        let comma = if values.retention.is_empty() { "" } else { "," };
        format!(
            "{:>count$} {:<partitions$} {:<replication$} {}",
            values.count,
            format!("{},", values.partitions),
            format!("{}{comma}", values.replication),
            values.retention,
        )
    }

    fn total(self) -> usize {
        self.count + 1 + self.partitions + 1 + self.replication + 1 + self.retention
    }
}
