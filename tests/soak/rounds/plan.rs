//! What a round shall be, made from its seed and nothing else: the topics, the runs of topicctl, and
//! the faults meanwhile.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;
use std::time::Duration;

use fastrand::Rng;
use local_kafka::proxy::{Fault, api_name};
use local_kafka::wire_client::NewTopic;
use rustix::process::Signal;

use super::cluster::NODES;

pub(crate) const LIST_OFFSETS: i16 = 2;
const METADATA: i16 = 3;
const API_VERSIONS: i16 = 18;
const CREATE_TOPICS: i16 = 19;
const DESCRIBE_CONFIGS: i16 = 32;

/// All that topicctl sends, and that by which it creates and waits more often.
const API_KEYS: [i16; 8] = [
    LIST_OFFSETS,
    LIST_OFFSETS,
    METADATA,
    METADATA,
    API_VERSIONS,
    CREATE_TOPICS,
    CREATE_TOPICS,
    DESCRIBE_CONFIGS,
];

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) topics: Vec<PlannedTopic>,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) broken: Vec<Broken>,
    pub(crate) strikes: Vec<Strike>,
}

/// A declared topic, and what there is of it before.
#[derive(Clone, Debug)]
pub(crate) struct PlannedTopic {
    pub(crate) declared: NewTopic,
    pub(crate) before: Option<NewTopic>,
}

/// One run of topicctl.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Invocation {
    pub(crate) command: Command,
    pub(crate) start: Start,
    pub(crate) timeout: Duration,
    pub(crate) settle: Duration,
    pub(crate) wait: Duration,
    /// The nodes that it is told of.
    pub(crate) bootstrap: Vec<u32>,
    pub(crate) signals: Vec<(Moment, Signal)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    Apply,
    /// `apply --no-settle`
    ApplyUnsettled,
    /// `apply --dry-run`
    DryRun,
    Plan,
    Verify,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    AtOnce,
    /// When the one before it is over.
    InTurn,
}

/// A request that is broken.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    /// Each counts and breaks its own requests.
    pub(crate) nodes: Vec<u32>,
    pub(crate) api_key: Option<i16>,
    pub(crate) nth: usize,
    pub(crate) times: usize,
    pub(crate) fault: Fault,
}

/// A node that is struck.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(crate) when: Moment,
    /// `None` is the one that leads the quorum then.
    pub(crate) node: Option<u32>,
    pub(crate) blow: Blow,
    /// When it runs again; else when the runs are over.
    pub(crate) lasts: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blow {
    /// SIGKILL
    Kill,
    /// SIGSTOP
    Freeze,
}

/// So long after the first request of a kind, or after the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) request: Option<i16>,
    pub(crate) delay: Duration,
}

impl Plan {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let rng = &mut rng;
        let mut plan = Self {
            seed,
            topics: Vec::new(),
            invocations: Vec::new(),
            broken: Vec::new(),
            strikes: Vec::new(),
        };
        match rng.u32(..100) {
            0..4 => {
                plan.topics = crowd(rng, seed, 300..=300, 1);
                plan.invocations = [Command::ApplyUnsettled, Command::Apply]
                    .map(|command| Invocation::new(command, Start::InTurn))
                    .into();
                return plan;
            }
            4..9 => {
                plan.topics = crowd(rng, seed, 30..=200, 2);
                plan.invocations = vec![Invocation::new(Command::Apply, Start::InTurn)];
                let when = Moment {
                    request: Some(CREATE_TOPICS),
                    delay: Duration::from_millis(rng.u64(50..2500)),
                };
                plan.strikes.push(Strike {
                    when,
                    ..Strike::random(rng)
                });
                return plan;
            }
            9..14 => plan.invocations = two(rng, Command::Apply, Command::Apply, Start::AtOnce),
            14..22 => plan.invocations = two(rng, Command::DryRun, Command::Apply, Start::InTurn),
            22..28 => {
                plan.invocations = two(rng, Command::ApplyUnsettled, Command::Apply, Start::InTurn);
            }
            28..36 => {
                let other = [Command::Plan, Command::Verify][rng.usize(..2)];
                let start = [Start::AtOnce, Start::InTurn][rng.usize(..2)];
                plan.invocations = two(rng, Command::Apply, other, start);
                if rng.bool() {
                    plan.invocations.reverse();
                }
            }
            _ => plan.invocations = vec![Invocation::random(rng, Command::Apply, Start::InTurn)],
        }
        plan.topics = topics(rng, seed);
        plan.broken = (0..rng.usize(..5)).map(|_| Broken::random(rng)).collect();
        if rng.u32(..100) < 40 {
            plan.strikes.push(Strike::random(rng));
            if rng.u32(..5) == 0 {
                plan.strikes.push(Strike::random(rng));
            }
        }
        plan
    }

    /// The apply that has to succeed when all faults are over.
    pub(crate) fn again(&self) -> Self {
        let apply = Invocation {
            timeout: Duration::from_secs(30),
            settle: Duration::from_secs(60),
            ..Invocation::new(Command::Apply, Start::InTurn)
        };
        Self {
            invocations: vec![apply],
            broken: Vec::new(),
            strikes: Vec::new(),
            ..self.clone()
        }
    }

    pub(crate) fn existing(&self) -> impl Iterator<Item = NewTopic> {
        self.topics.iter().filter_map(|topic| topic.before.clone())
    }

    pub(crate) fn manifest(&self) -> String {
        let mut text = "topics:\n".to_owned();
        for topic in &self.topics {
            let NewTopic {
                name,
                partitions,
                replication_factor,
                config,
            } = &topic.declared;
            let config: Vec<_> = config.iter().map(|(k, v)| format!("{k}: {v}")).collect();
            let config = config.join(", ");
            let _ = writeln!(
                text,
                "  - {{ name: {name}, tier: plain, partitions: {partitions}, \
                 replication_factor: {replication_factor}, config: {{ {config} }} }}"
            );
        }
        text
    }

    pub(crate) fn fault_count(&self) -> usize {
        let signals = self.invocations.iter().map(|one| one.signals.len());
        self.broken.len() + signals.sum::<usize>()
    }
}

/// So many that brokers need a second or more until they serve them.
fn crowd(
    rng: &mut Rng,
    seed: u64,
    count: RangeInclusive<u32>,
    most_replicas: i16,
) -> Vec<PlannedTopic> {
    (0..rng.u32(count))
        .map(|index| PlannedTopic::new(seed, index, 3, rng.i16(1..=most_replicas)))
        .collect()
}

fn topics(rng: &mut Rng, seed: u64) -> Vec<PlannedTopic> {
    let many = rng.u32(..6) == 0;
    let (count, most_partitions) = match many {
        true => (rng.u32(12..=40), 3),
        false => (rng.u32(2..=12), 12),
    };
    let some_exist = rng.u32(..100) < 40;
    (0..count)
        .map(|index| {
            let partitions = rng.i32(1..=most_partitions);
            let mut topic = PlannedTopic::new(seed, index, partitions, rng.i16(1..=3));
            if rng.u32(..100) < 40 {
                let (key, value) = random_config(rng);
                topic.declared.config.insert(key, value);
            }
            if some_exist && rng.u32(..3) == 0 {
                let mut before = topic.declared.clone();
                match rng.u32(..10) {
                    0 => before.partitions += 1,
                    1 | 2 => {
                        let value = rng.u32(1000..2000).to_string();
                        before.config.insert("flush.messages".to_owned(), value);
                        let value = "1999".to_owned();
                        topic
                            .declared
                            .config
                            .insert("flush.messages".to_owned(), value);
                    }
                    _ => {}
                }
                topic.before = Some(before);
            }
            topic
        })
        .collect()
}

fn random_config(rng: &mut Rng) -> (String, String) {
    let (key, value) = match rng.u32(..4) {
        0 => ("retention.ms", rng.u32(3_600_000..9_000_000).to_string()),
        1 => ("cleanup.policy", "compact".to_owned()),
        2 => ("max.message.bytes", rng.u32(10_000..900_000).to_string()),
        _ => ("compression.type", "lz4".to_owned()),
    };
    (key.to_owned(), value)
}

impl PlannedTopic {
    pub(crate) fn new(seed: u64, index: u32, partitions: i32, replication_factor: i16) -> Self {
        let declared = NewTopic {
            name: format!("soak-{seed}-{index}"),
            partitions,
            replication_factor,
            config: BTreeMap::new(),
        };
        Self {
            declared,
            before: None,
        }
    }

    /// Whether apply leaves it different from what is declared.
    pub(crate) fn differs(&self) -> bool {
        self.before
            .as_ref()
            .is_some_and(|one| *one != self.declared)
    }
}

/// All nodes, or one of them.
fn some_nodes(rng: &mut Rng) -> Vec<u32> {
    match rng.u32(..5) {
        0 | 1 => vec![rng.u32(1..=NODES)],
        _ => (1..=NODES).collect(),
    }
}

fn two(rng: &mut Rng, first: Command, second: Command, start: Start) -> Vec<Invocation> {
    [first, second]
        .map(|command| Invocation::random(rng, command, start))
        .into()
}

impl Invocation {
    pub(crate) fn new(command: Command, start: Start) -> Self {
        Self {
            command,
            start,
            timeout: Duration::from_secs(3),
            settle: Duration::from_secs(8),
            wait: Duration::ZERO,
            bootstrap: (1..=NODES).collect(),
            signals: Vec::new(),
        }
    }

    fn random(rng: &mut Rng, command: Command, start: Start) -> Self {
        let mut one = Self::new(command, start);
        if rng.u32(..5) == 0 {
            one.wait = Duration::from_secs(3);
        }
        one.bootstrap = some_nodes(rng);
        if rng.u32(..100) < 15 {
            // Before it asks anything it may not listen to signals yet, and just ends.
            let moment = Moment::random(rng);
            let moment = Moment {
                request: moment.request.or(Some(API_VERSIONS)),
                ..moment
            };
            let signals = [Signal::INT, Signal::TERM];
            one.signals.push((moment, signals[rng.usize(..2)]));
            if rng.bool() {
                let later = Duration::from_millis(rng.u64(..500));
                let again = Moment {
                    delay: moment.delay + later,
                    ..moment
                };
                one.signals.push((again, signals[rng.usize(..2)]));
            }
        }
        one
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            Command::Apply => "apply",
            Command::ApplyUnsettled => "apply --no-settle",
            Command::DryRun => "apply --dry-run",
            Command::Plan => "plan",
            Command::Verify => "verify",
        }
    }

    pub(crate) fn creates(&self) -> bool {
        matches!(self.command, Command::Apply | Command::ApplyUnsettled)
    }

    /// The longest that it may take.
    pub(crate) fn limit(&self) -> Duration {
        self.timeout + self.settle + self.wait + Duration::from_secs(30)
    }
}

impl Broken {
    fn random(rng: &mut Rng) -> Self {
        let time = |rng: &mut Rng| {
            let longest = [100, 1000, 3500][rng.usize(..3)];
            Duration::from_millis(rng.u64(10..longest))
        };
        let fault = match rng.u32(..10) {
            0 => Fault::CloseBeforeForwarding,
            1 => Fault::CloseAfterForwarding,
            2 => Fault::Swallow,
            3 => Fault::DropResponse,
            4 => Fault::DelayRequest(time(rng)),
            5 => Fault::DelayResponse(time(rng)),
            6 => Fault::Stall,
            7 | 8 => Fault::TruncateResponse(rng.u8(..100)),
            _ => Fault::CutResponse(rng.u8(..100)),
        };
        let api_key = (rng.u32(..8) > 0).then(|| API_KEYS[rng.usize(..API_KEYS.len())]);
        let furthest = if api_key.is_none() { 12 } else { 3 };
        Self {
            nodes: some_nodes(rng),
            api_key,
            nth: rng.usize(1..=furthest),
            times: [1, 1, 1, 2, 6][rng.usize(..5)],
            fault,
        }
    }
}

impl Strike {
    fn random(rng: &mut Rng) -> Self {
        Self {
            when: Moment::random(rng),
            node: (rng.u32(..3) > 0).then(|| rng.u32(1..=NODES)),
            blow: [Blow::Kill, Blow::Freeze, Blow::Freeze][rng.usize(..3)],
            lasts: rng
                .bool()
                .then(|| Duration::from_millis(rng.u64(200..4500))),
        }
    }
}

impl Moment {
    fn random(rng: &mut Rng) -> Self {
        let request = match rng.u32(..8) {
            0 | 1 => None,
            2 => Some(METADATA),
            3..6 => Some(CREATE_TOPICS),
            _ => Some(LIST_OFFSETS),
        };
        // Most runs are over soon.
        let longest = [5, 50, 200, 2500][rng.usize(..4)];
        Self {
            request,
            delay: Duration::from_millis(rng.u64(..longest)),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let existing = self.existing().count();
        let different = self.topics.iter().filter(|one| one.differs()).count();
        write!(f, "  planned: {} topics", self.topics.len())?;
        writeln!(f, ", {existing} exist, {different} of them differ")?;
        for one in &self.invocations {
            let Invocation {
                start,
                wait,
                bootstrap,
                ..
            } = one;
            write!(f, "  planned: {} {start:?}, ", one.name())?;
            writeln!(f, "by nodes {bootstrap:?}, wait {wait:?}")?;
            for (moment, signal) in &one.signals {
                writeln!(f, "  planned: {signal:?} {moment}")?;
            }
        }
        for one in &self.broken {
            let api = one.api_key.map_or("any request", api_name);
            let Broken {
                nodes,
                nth,
                times,
                fault,
                ..
            } = one;
            write!(f, "  planned: nodes {nodes:?}, {api} from number {nth}, ")?;
            writeln!(f, "{times} times: {fault:?}")?;
        }
        for one in &self.strikes {
            let Strike {
                when, blow, lasts, ..
            } = one;
            let node = one.node.map(|node| format!("node {node}"));
            let node = node.unwrap_or_else(|| "the quorum's leader".to_owned());
            writeln!(f, "  planned: {blow:?} {node} {when}, for {lasts:?}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.request.map_or("the start", api_name);
        write!(f, "{:?} after {after}", self.delay)
    }
}
