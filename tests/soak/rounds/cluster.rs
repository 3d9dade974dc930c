//! Three nodes behind a proxy each, whose addresses are all that clients learn.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use local_kafka::LocalKafka;
use local_kafka::proxy::Proxy;
use local_kafka::wire_client::{NewTopic, WireClient};

use super::plan::{Blow, Plan};
use super::truth;

/// Longer than a node takes to come back on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at a condition.
const POLL: Duration = Duration::from_millis(50);

pub(crate) const NODES: u32 = 3;

pub(crate) struct Cluster {
    pub(crate) nodes: Nodes,
    pub(crate) proxies: Proxies,
}

pub(crate) struct Nodes {
    kafka: LocalKafka,
    killed: BTreeSet<u32>,
    frozen: BTreeSet<u32>,
}

/// By node.
pub(crate) struct Proxies(BTreeMap<u32, Proxy>);

impl Cluster {
    pub(crate) fn start() -> Self {
        let proxies: BTreeMap<u32, Proxy> = (1..=NODES)
            .map(|node| (node, Proxy::listen().expect("a port")))
            .collect();
        let options = LocalKafka::options()
            .nodes(NODES)
            .property("broker.heartbeat.interval.ms", "500")
            .property("broker.session.timeout.ms", "3000")
            // Leaders move when a round says so, and not for balance.
            .property("auto.leader.rebalance.enable", "false")
            // Whoever asks for metadata in the wrong way creates topics.
            .property("auto.create.topics.enable", "true")
            .property("log.index.size.max.bytes", "65536");
        let options = proxies.iter().fold(options, |options, (node, proxy)| {
            options.advertise(*node, &proxy.address())
        });
        let kafka = options.start().expect("brokers");
        for (proxy, server) in proxies.values().zip(kafka.bootstrap_servers().split(',')) {
            proxy.forward_to(server).expect("an address");
        }
        let nodes = Nodes {
            kafka,
            killed: BTreeSet::new(),
            frozen: BTreeSet::new(),
        };
        Self {
            nodes,
            proxies: Proxies(proxies),
        }
    }

    /// Makes what the plan finds.
    pub(crate) fn prepare(&mut self, plan: &Plan) {
        let existing: Vec<NewTopic> = plan.existing().collect();
        if !existing.is_empty() {
            let created = self.nodes.ask(|client| client.create_topics(&existing));
            created.expect("topics that exist before");
        }
        self.nodes.rest();
    }

    /// Ends all faults, and waits until nothing is left of them.
    pub(crate) fn heal(&mut self) {
        for proxy in self.proxies.0.values() {
            proxy.heal();
        }
        self.nodes.rest();
    }
}

impl Nodes {
    /// Where they are asked for the truth.
    pub(crate) fn brokers(&self) -> BTreeMap<u32, SocketAddr> {
        self.kafka.internal_servers()
    }

    /// Kills or freezes a node, `None` being the one that leads the quorum. Returns which, if one
    /// was there to strike.
    pub(crate) fn strike(&mut self, node: Option<u32>, blow: Blow) -> Option<u32> {
        let node = match node {
            Some(node) => node,
            None => u32::try_from(self.ask(WireClient::quorum_leader).ok()?).ok()?,
        };
        if self.frozen.contains(&node) || !self.running().contains(&node) {
            return None;
        }
        match blow {
            Blow::Kill => {
                self.killed.insert(node);
                self.kafka.kill_node(node)
            }
            Blow::Freeze => {
                self.frozen.insert(node);
                self.kafka.pause_node(node)
            }
        }
        .ok()?;
        Some(node)
    }

    /// Lets a node that was struck run again.
    pub(crate) fn lift(&mut self, node: u32) {
        // Kafka may end by itself here, as it does where it was frozen at a bad moment. What does not
        // run is started when the round is over.
        let _ = match self.frozen.remove(&node) {
            true => self.kafka.resume_node(node),
            false => {
                self.killed.remove(&node);
                self.kafka.start_node(node)
            }
        };
    }

    /// Nodes that ended, and nobody killed them.
    pub(crate) fn fallen(&mut self) -> Vec<u32> {
        let running = self.running();
        let fallen = (1..=NODES).filter(|node| !running.contains(node));
        fallen.filter(|node| !self.killed.contains(node)).collect()
    }

    fn running(&mut self) -> BTreeSet<u32> {
        self.kafka.running_nodes().expect("child processes")
    }

    /// Has all nodes running, and waits until each knows all others and serves what it leads.
    fn rest(&mut self) {
        for node in mem::take(&mut self.frozen) {
            self.kafka.resume_node(node).expect("a frozen node");
        }
        self.killed.clear();
        let brokers = self.brokers();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let running = self.running();
            for node in (1..=NODES).filter(|node| !running.contains(node)) {
                // If it ends again, the next turn notices.
                let _ = self.kafka.start_node(node);
            }
            let Some(why) = truth::unrest(&brokers) else {
                return;
            };
            assert!(Instant::now() < deadline, "the cluster has no rest: {why}");
            thread::sleep(POLL);
        }
    }

    /// The answer of the first broker that has one.
    fn ask<T>(&self, question: impl Fn(&mut WireClient) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut answer = Err(anyhow::anyhow!("there is no broker"));
        for (node, address) in self.brokers() {
            if self.frozen.contains(&node) {
                continue;
            }
            let client = WireClient::connect(address, Duration::from_secs(10));
            answer = client.and_then(|mut client| question(&mut client));
            if answer.is_ok() {
                break;
            }
        }
        answer
    }
}

impl Proxies {
    pub(crate) fn get(&self, node: u32) -> &Proxy {
        &self.0[&node]
    }

    /// Forgets the requests so far.
    pub(crate) fn clear(&self) {
        self.0.values().for_each(Proxy::clear);
    }

    /// When the first request of a kind since then arrived.
    pub(crate) fn first(&self, api_key: i16, since: Instant) -> Option<Instant> {
        self.arrivals(api_key).filter(|at| *at >= since).min()
    }

    /// When the last request of a kind in that time arrived.
    pub(crate) fn last(&self, api_key: i16, since: Instant, until: Instant) -> Option<Instant> {
        let within = |at: &Instant| (since..=until).contains(at);
        self.arrivals(api_key).filter(within).max()
    }

    fn arrivals(&self, api_key: i16) -> impl Iterator<Item = Instant> {
        let requests = self.0.values().flat_map(Proxy::requests);
        let of_kind = requests.filter(move |request| request.api_key == api_key);
        of_kind.map(|request| request.at)
    }
}
