//! Messages, commits and live members: consumers of this process, and Kafka's own console consumer
//! as a process.

use std::process::{Child, Stdio};
use std::time::Duration;

use local_kafka::LocalKafka;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::kafka::until;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Writes as many messages to each partition, from 0.
pub(crate) fn produce(servers: &str, topic: &str, counts: &[usize]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .create()
        .expect("a producer");
    for (partition, count) in (0..).zip(counts) {
        for _ in 0..*count {
            let record = BaseRecord::<(), str>::to(topic)
                .partition(partition)
                .payload("message");
            producer.send(record).expect("room in the queue");
        }
    }
    producer.flush(PATIENCE).expect("all messages written");
}

/// Members of one group in this process.
pub(crate) struct Members(Vec<BaseConsumer>);

impl Members {
    /// Joins so many, and waits until each has its share of the partitions.
    pub(crate) fn join(servers: &str, group: &str, topic: &str, shares: &[usize]) -> Self {
        let members = shares.iter().map(|_| {
            let consumer: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", servers)
                .set("group.id", group)
                .set("client.id", "in-process")
                .set("enable.auto.commit", "false")
                .create()
                .expect("a consumer");
            consumer.subscribe(&[topic]).expect("a subscription");
            consumer
        });
        let members = Self(members.collect());
        let mut wanted = shares.to_vec();
        wanted.sort_unstable();
        until("the members have their partitions", || {
            (members.shares() == wanted).then_some(())
        });
        members
    }

    /// Lets the members take part in a rebalance.
    pub(crate) fn poll(&self) {
        for member in &self.0 {
            drop(member.poll(Duration::from_millis(20)));
        }
    }

    /// How many partitions the members have, the fewest first.
    fn shares(&self) -> Vec<usize> {
        let share = |member: &BaseConsumer| {
            // Rebalances are served by polling.
            drop(member.poll(Duration::from_millis(20)));
            member.assignment().expect("an assignment").count()
        };
        let mut shares: Vec<usize> = self.0.iter().map(share).collect();
        shares.sort_unstable();
        shares
    }

    /// Commits for the members, partition by partition.
    pub(crate) fn commit(&self, topic: &str, offsets: &[(i32, i64)]) {
        for member in &self.0 {
            let assigned = member.assignment().expect("an assignment");
            let mut list = TopicPartitionList::new();
            for (partition, offset) in offsets {
                if assigned.find_partition(topic, *partition).is_some() {
                    list.add_partition_offset(topic, *partition, Offset::Offset(*offset))
                        .expect("an offset");
                }
            }
            if list.count() > 0 {
                member.commit(&list, CommitMode::Sync).expect("a commit");
            }
        }
    }
}

/// Kafka's console consumer, until it is dropped.
pub(crate) struct Console(Child);

impl Console {
    /// Starts it with these arguments besides topic and group.
    pub(crate) fn start(kafka: &LocalKafka, topic: &str, group: &str, more: &[&str]) -> Self {
        let mut command = kafka
            .tool_command("kafka-console-consumer")
            .expect("the tool");
        command
            .args(["--topic", topic, "--group", group])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().expect("a process"))
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(mut self) {
        let status = self.0.wait().expect("an end");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // One that has ended is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
