//! `pipelines` with their steps. Whether their names and topics fit is [`super::super::pipeline`]'s
//! to say.

use super::{Derived, Described, MEMBERS};
use crate::manifest::decode::object;
use crate::manifest::fields::PART;
use crate::manifest::yaml::Text;

object! {
    Pipeline("a pipeline", "pipeline") {
        /// The pipeline's name: letters, digits, `-` and `_`. A part of its standard topics' names,
        /// and of its consumer group's: `NAME-consumer-group`.
        name: Text = PART,
        .._described: Described,
        /// The owner of the topics of its steps, where they state none.
        owner: Option<Text>,
        /// The tier of its inputs and outputs, where they state none.
        tier: Option<Text>,
        /// The profiles under which it is declared at all, and those that extend them.
        profiles: Option<Vec<Text>>,
        /// Custom topics that its steps may read and write. Each must be declared, under `topics` for
        /// example.
        allowed_topics: Vec<Text>,
        /// Another spelling of `allowed_topics`.
        allowed_kafka_topics as "allowedKafkaTopics": Vec<Text>,
        /// Its steps, in any order.
        steps: Vec<Step>,
    }
}

object! {
    Step("a step", "step") {
        /// The step's name: letters, digits, `-` and `_`. A part of its standard topics' names.
        name: Text = PART,
        .._described: Described,
        /// Declares the step's input topic: `true`, or a mapping with values of its own.
        input: Option<Derived>,
        /// Declares the step's output topic: `true`, or a mapping with values of its own.
        output: Option<Derived>,
        /// Declares the step's error topic, with the partitions of its main topic and a retention of 3
        /// days, or the main topic's where that is shorter.
        error: Option<Derived>,
        /// Declares the step's dead letter topic, with the partitions of its main topic and a
        /// retention of 30 days.
        dead_letter: Option<Derived>,
        /// Topics that the step reads: `STEP.output` (also `.input`, `.error`, `.dead-letter`) is
        /// short for a standard name of this pipeline; full names and allowed custom topics work too.
        consumes: Vec<Text>,
        /// Topics that the step writes besides its output, named as in `consumes`.
        produces: Vec<Text>,
        /// How many consumers the step runs. More than the partitions that it reads is a warning: the
        /// rest would be idle.
        listeners: Option<Text> = MEMBERS,
    }
}
