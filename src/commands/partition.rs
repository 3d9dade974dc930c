//! `topicctl partition`: which partition keys land in, by the declared count and hash or by given
//! ones.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use globset::GlobBuilder;

use super::inputs::{InvalidInput, accept, request};
use super::{Answering, TextOutput};
use crate::cli::{DeclaredArgs, partitioner, partitions};
use crate::context::{Purpose, RunContext};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::layout::Layout;
use crate::manifest::{self, Manifests};
use crate::partition::{self, MAX_SPREAD, Placement, Question, Spread};
use crate::topic::{DeclaredTopic, Partitioner, Partitions};

/// `topicctl partition`.
#[derive(Args, Debug)]
pub struct PartitionArgs {
    /// Keys; write -- before one that begins with a dash
    #[arg(
        value_name = "KEY",
        required_unless_present = "stdin",
        conflicts_with = "stdin"
    )]
    pub keys: Vec<OsString>,
    /// Read keys from standard input, one a line, and count how they spread
    #[arg(long, env = "TOPICCTL_STDIN", value_parser = BoolishValueParser::new())]
    pub stdin: bool,
    /// Take count and hash of this declared topic: its name, or a GLOB that matches no other
    #[arg(long, value_name = "TOPIC", env = "TOPICCTL_TOPIC")]
    pub topic: Option<String>,
    /// How many partitions there are
    #[arg(
        long, value_name = "N", required_unless_present = "topic", value_parser = partitions,
        env = "TOPICCTL_PARTITIONS"
    )]
    pub partitions: Option<Partitions>,
    /// How a key becomes a number: murmur2 as the Java client, crc32 as librdkafka, fnv1a as
    /// Sarama, md5 as a big-endian number
    #[arg(
        long, value_name = "HASH", required_unless_present = "topic", value_parser = partitioner(),
        env = "TOPICCTL_PARTITIONER"
    )]
    pub partitioner: Option<Partitioner>,
    /// Tell what share of the keys would move with this many partitions
    #[arg(long, value_name = "N", value_parser = partitions, env = "TOPICCTL_TO")]
    pub to: Option<Partitions>,
    /// Where to look for `--topic`.
    #[command(flatten)]
    pub declared: DeclaredArgs,
    /// How to write the result
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = PartitionFormat::Text,
        env = "TOPICCTL_PARTITION_OUTPUT", help_heading = "Output"
    )]
    pub output: PartitionFormat,
}

/// What `partition` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartitionFormat {
    /// For people
    Text,
    /// One document, schema topicctl.partition/1
    Json,
}

type Problem = Box<Diagnostic>;

impl Answering for PartitionArgs {
    fn context(&self) -> RunContext {
        RunContext::new("partition", Purpose::Offline)
    }

    fn is_json(&self) -> bool {
        self.output == PartitionFormat::Json
    }

    /// Reads the manifests where a topic is named, and places the keys.
    fn answer(&self, layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        let manifests = match &self.topic {
            Some(_) => {
                let request = request(&self.declared.paths(), &self.declared.conditions);
                manifest::read(&request)
            }
            None => Manifests::default(),
        };
        let (context, mut manifests) = accept(manifests, self.context())?;
        let text = self.placed(&manifests.topics, layout);
        let text = text
            .map_err(|problem| manifests.diagnostics.push(*problem))
            .ok();
        Ok(TextOutput::new(context, text, &manifests.diagnostics))
    }
}

impl PartitionArgs {
    fn placed(&self, topics: &[DeclaredTopic], layout: Layout) -> Result<String, Problem> {
        let question = self.question(topics)?;
        let mut out = Vec::new();
        if self.stdin {
            self.spread(&question, layout, &mut out)?;
        } else {
            self.keys(&question, layout, &mut out).map_err(unreadable)?;
        }
        // The renderers write nothing but text, and keys that are not are shown as text.
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    fn keys(&self, question: &Question, layout: Layout, out: &mut Vec<u8>) -> io::Result<()> {
        let bytes = self.keys.iter().map(|key| key.as_encoded_bytes().to_vec());
        let placed: Vec<_> = bytes.map(|key| question.place(key)).collect();
        match self.output {
            PartitionFormat::Text => partition::text::write_keys(question, &placed, layout, out),
            PartitionFormat::Json => partition::json::write_keys(question, &placed, out),
        }
    }

    fn spread(
        &self,
        question: &Question,
        layout: Layout,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let manifests = self.declared.paths();
        if self.topic.is_some() && manifests.iter().any(|path| path == Path::new("-")) {
            let message = "standard input cannot hold both the manifests and the keys";
            return Err(usage(message).help("name the manifests as files").into());
        }
        if question.placement.partitions.get() > MAX_SPREAD {
            let message = format!("a spread is counted over {MAX_SPREAD} partitions at most");
            return Err(usage(message).help("name keys instead of --stdin").into());
        }
        let spread = Spread::count(question, io::stdin().lock()).map_err(unreadable)?;
        if spread.keys() == 0 {
            return Err(usage("there is no key on standard input")
                .help("write one key a line")
                .into());
        }
        match self.output {
            PartitionFormat::Text => partition::text::write_spread(question, &spread, layout, out),
            PartitionFormat::Json => partition::json::write_spread(question, &spread, out),
        }
        .map_err(unreadable)
    }

    /// What the arguments ask; flags win over what the topic declares.
    fn question(&self, topics: &[DeclaredTopic]) -> Result<Question, Problem> {
        let topic = self
            .topic
            .as_deref()
            .map(|wanted| find(wanted, topics))
            .transpose()?;
        let declared = topic
            .and_then(|topic| topic.partitions.as_ref())
            .map(|count| count.value);
        let Some(partitions) = self.partitions.or(declared) else {
            return Err(unstated(topic, "leaves its partition count to the broker")
                .help("say with --partitions N how many it has")
                .into());
        };
        let key = topic.and_then(|topic| topic.partition_key.as_ref());
        let Some(partitioner) = self.partitioner.or(key.and_then(|key| key.partitioner)) else {
            let known = Partitioner::ALL.map(Partitioner::as_str).join(", ");
            return Err(unstated(topic, "declares no partitioner")
                .help(format!(
                    "say it with --partitioner ({known}), or in the manifest: partition_key: {{ \
                 partitioner: murmur2 }}"
                ))
                .into());
        };
        Ok(Question {
            topic: topic.map(|topic| topic.name.to_string()),
            placement: Placement {
                partitioner,
                partitions,
            },
            to: self.to,
        })
    }
}

fn unreadable(error: io::Error) -> Problem {
    usage("cannot read the keys")
        .detail(error.to_string())
        .into()
}

fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Usage, message)
}

fn unstated(topic: Option<&DeclaredTopic>, what: &str) -> Diagnostic {
    match topic {
        Some(topic) => usage(format!("`{}` {what}", topic.name)).at(topic.span, "declared here"),
        // The command line demands both flags where no topic is named.
        None => usage("neither --topic nor both of its values are given"),
    }
}

/// The topic of this name, or the only one that the glob matches.
fn find<'a>(wanted: &str, topics: &'a [DeclaredTopic]) -> Result<&'a DeclaredTopic, Problem> {
    if let Some(topic) = topics.iter().find(|topic| topic.name.as_str() == wanted) {
        return Ok(topic);
    }
    let glob = GlobBuilder::new(wanted).build().map_err(|error| {
        usage(format!("--topic {wanted}: {}", error.kind()))
            .about("--topic")
            .help("`*` stands for any characters, `?` for one, `{a,b}` for one of several")
    })?;
    let glob = glob.compile_matcher();
    let matching: Vec<_> = topics
        .iter()
        .filter(|topic| glob.is_match(topic.name.as_str()))
        .collect();
    match matching.as_slice() {
        [topic] => Ok(topic),
        [] => {
            let problem = Diagnostic::error(
                Code::UnknownTopic,
                format!("no topic `{wanted}` is declared"),
            )
            .about("--topic");
            let names = topics.iter().map(|topic| topic.name.as_str());
            let help = match nearest(wanted, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "-f names the manifests that declare it; or say --partitions and \
                         --partitioner"
                    .to_owned(),
            };
            Err(problem.help(help).into())
        }
        several => {
            let names: Vec<_> = several.iter().map(|topic| topic.name.as_str()).collect();
            let count = names.len();
            Err(usage(format!("--topic {wanted} matches {count} topics"))
                .about("--topic")
                .detail(names.join(", "))
                .help("name one of them")
                .into())
        }
    }
}
