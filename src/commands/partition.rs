//! `topicctl partition`: which partition keys land in, by the declared count and hash or by given
//! ones.

use std::io;
use std::path::Path;

use globset::GlobBuilder;

use super::{Answer, offline};
use crate::cli::{PartitionArgs, PartitionFormat};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::exit::ExitCode;
use crate::manifest::{self, Manifests};
use crate::partition::{self, MAX_SPREAD, Placement, Question, Spread};
use crate::report::{Command, Report};
use crate::topic::{DeclaredTopic, Partitioner};

/// Why there is no answer.
type Problem = Box<Diagnostic>;

/// Reads the manifests where a topic is named, and places the keys.
pub(super) fn run(args: &PartitionArgs) -> Answer {
    let mut manifests = match &args.topic {
        Some(_) => read(args)?,
        None => Manifests::default(),
    };
    let answer = question(args, &manifests.topics).and_then(|question| {
        let mut out = Vec::new();
        if args.stdin {
            spread(args, &question, &mut out)?;
        } else {
            keys(args, &question, &mut out).map_err(unreadable)?;
        }
        // The renderers write nothing but text, and keys that are not are shown as text.
        Ok(String::from_utf8_lossy(&out).into_owned())
    });
    let (text, exit) = match answer {
        Ok(text) => (Some(text), ExitCode::Matching),
        Err(problem) => {
            manifests.diagnostics.push(*problem);
            (None, ExitCode::Invalid)
        }
    };
    let report = Report::invalid(
        Some(Command::Partition),
        &manifests.diagnostics,
        manifests.sources,
    );
    let report = Report { exit, ..report };
    match text {
        Some(text) => Ok((text, report)),
        None => Err(Box::new(report)),
    }
}

fn read(args: &PartitionArgs) -> Result<Manifests, Box<Report>> {
    let request = offline::request(&args.declared.manifests, &args.declared.conditions);
    offline::accept(manifest::read(&request), false, Command::Partition)
}

fn keys(args: &PartitionArgs, question: &Question, out: &mut Vec<u8>) -> io::Result<()> {
    let bytes = args.keys.iter().map(|key| key.as_encoded_bytes().to_vec());
    let placed: Vec<_> = bytes.map(|key| question.place(key)).collect();
    match args.output {
        PartitionFormat::Text => partition::text::write_keys(question, &placed, out),
        PartitionFormat::Json => partition::json::write_keys(question, &placed, out),
    }
}

fn spread(args: &PartitionArgs, question: &Question, out: &mut Vec<u8>) -> Result<(), Problem> {
    if args.topic.is_some()
        && args
            .declared
            .manifests
            .iter()
            .any(|path| path == Path::new("-"))
    {
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
    match args.output {
        PartitionFormat::Text => partition::text::write_spread(question, &spread, out),
        PartitionFormat::Json => partition::json::write_spread(question, &spread, out),
    }
    .map_err(unreadable)
}

fn unreadable(error: io::Error) -> Problem {
    usage("cannot read the keys")
        .detail(error.to_string())
        .into()
}

fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Usage, message)
}

/// What the arguments ask; flags win over what the topic declares.
fn question(args: &PartitionArgs, topics: &[DeclaredTopic]) -> Result<Question, Problem> {
    let topic = args
        .topic
        .as_deref()
        .map(|wanted| find(wanted, topics))
        .transpose()?;
    let declared = topic
        .and_then(|topic| topic.partitions.as_ref())
        .map(|count| count.value);
    let Some(partitions) = args.partitions.or(declared) else {
        return Err(unstated(topic, "leaves its partition count to the broker")
            .help("say with --partitions N how many it has")
            .into());
    };
    let key = topic.and_then(|topic| topic.partition_key.as_ref());
    let Some(partitioner) = args.partitioner.or(key.and_then(|key| key.partitioner)) else {
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
        to: args.to,
    })
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
            );
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
                .detail(names.join(", "))
                .help("name one of them")
                .into())
        }
    }
}
