//! The admin calls about consumer groups: describing them, listing them, their committed offsets.
//!
//! As in [`super::calls`] and [`super::results`], arguments are copied by librdkafka and results
//! are copied on the reading thread. All of it only asks: no member joins, nothing is committed.

use std::ffi::{c_char, c_int};

use rdkafka::bindings as rd;

use super::calls::c_texts;
use super::codes::{rd_kafka_err2str, rd_kafka_error_code};
use super::results::{Described, PartitionOffset, failure, present};
use super::{CallOptions, Client, Event, Failure, Pending, array, c_text, text};
use crate::groups::{Description, Member, Protocol, State};
use crate::topic::TopicName;

/// The answer of a ListConsumerGroups call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct Listed {
    /// Groups that the principal may see.
    pub(in super::super) groups: usize,
    /// Brokers that did not tell theirs.
    pub(in super::super) errors: usize,
}

impl Client {
    /// Has a group's coordinator describe it: ConsumerGroupDescribe, and DescribeGroups where that
    /// one does not know the group or the broker does not know the request. FindCoordinator comes
    /// before them, once for each group in a client's life. Several groups in one call would not
    /// save a request, and would all wait for the slowest coordinator.
    ///
    /// The call must not reach its time limit: where its coordinator comes up afterwards,
    /// librdkafka gives the request up twice (`rd_kafka_admin_coord_request` says that it failed,
    /// and `rd_kafka_coord_req_fail` then counts it down again), and an assertion ends the process.
    pub(in super::super) fn describe_group(
        &self,
        options: CallOptions,
        id: &str,
    ) -> Pending<Vec<Described<Description>>> {
        self.call(
            options,
            |handle, options| {
                let id = c_text(id)?;
                let mut ids: [*const c_char; 1] = [id.as_ptr()];
                // SAFETY: the id is alive and NUL-terminated, and the call copies it; client,
                // queue and options are alive.
                unsafe {
                    rd::rd_kafka_DescribeConsumerGroups(
                        handle.client.as_ptr(),
                        ids.as_mut_ptr(),
                        ids.len(),
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                }
                Ok(())
            },
            read_groups,
        )
    }

    /// Asks every broker which groups it coordinates (ListGroups).
    pub(in super::super) fn list_groups(&self, options: CallOptions) -> Pending<Listed> {
        self.call(
            options,
            |handle, options| {
                // SAFETY: client, queue and options are alive.
                unsafe {
                    rd::rd_kafka_ListConsumerGroups(
                        handle.client.as_ptr(),
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                }
                Ok(())
            },
            read_listed,
        )
    }

    /// Asks a group's coordinator for the committed offsets of these partitions, in one request
    /// (OffsetFetch). Partitions must be different, and one at least. A partition without a commit
    /// has no offset.
    ///
    /// The call must not reach its time limit, as in [`Self::describe_group`]. And it is only to
    /// be made right after the coordinator described the group: where it answers NOT_COORDINATOR
    /// or COORDINATOR_NOT_AVAILABLE, librdkafka tells the consumer that its handle is, without a
    /// look whether it is one (`rd_kafka_handle_OffsetFetch`), and the process ends.
    pub(in super::super) fn committed_offsets(
        &self,
        options: CallOptions,
        group: &str,
        partitions: &[(&TopicName, i32)],
    ) -> Pending<Vec<PartitionOffset>> {
        debug_assert!(!partitions.is_empty());
        self.call(
            options,
            |handle, options| {
                let group = c_text(group)?;
                let names = c_texts(partitions.iter().map(|(name, _)| name.as_str()))?;
                let size = c_int::try_from(partitions.len()).unwrap_or(c_int::MAX);
                // SAFETY: list and request are ours until they are destroyed below; the names and
                // the group's id are alive and copied, the request copies the list and the call
                // the request; client, queue and options are alive.
                unsafe {
                    let list = rd::rd_kafka_topic_partition_list_new(size);
                    for (name, (_, partition)) in names.iter().zip(partitions) {
                        rd::rd_kafka_topic_partition_list_add(list, name.as_ptr(), *partition);
                    }
                    let mut request =
                        rd::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), list);
                    rd::rd_kafka_topic_partition_list_destroy(list);
                    rd::rd_kafka_ListConsumerGroupOffsets(
                        handle.client.as_ptr(),
                        &raw mut request,
                        1,
                        options.0.as_ptr(),
                        handle.queue.as_ptr(),
                    );
                    rd::rd_kafka_ListConsumerGroupOffsets_destroy(request);
                }
                Ok(())
            },
            read_committed,
        )
    }
}

/// # Safety
/// `event` is the result of a DescribeConsumerGroups call.
unsafe fn read_groups(event: &Event) -> Vec<Described<Description>> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it.
    unsafe {
        let result = rd::rd_kafka_event_DescribeConsumerGroups_result(event.as_ptr());
        let groups = rd::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
        present(array(groups, count))
            .map(|group| read_group(group))
            .collect()
    }
}

/// # Safety
/// `group` belongs to an event that is alive.
unsafe fn read_group(
    group: *const rd::rd_kafka_ConsumerGroupDescription_t,
) -> Described<Description> {
    use rd::rd_kafka_consumer_group_state_t as GroupState;
    use rd::rd_kafka_consumer_group_type_t as GroupType;
    // SAFETY: all that is read belongs to the group's event. States and types are librdkafka's
    // own, translated from texts or set by itself, so that the bindings' enums hold.
    unsafe {
        let name = text(rd::rd_kafka_ConsumerGroupDescription_group_id(group)).unwrap_or_default();
        let error = rd::rd_kafka_ConsumerGroupDescription_error(group);
        let told = if error.is_null() {
            Ok(())
        } else {
            let words = rd::rd_kafka_error_string(error);
            failure(rd_kafka_error_code(error), words).map_err(without_call)
        };
        let result = told.map(|()| {
            let state = match rd::rd_kafka_ConsumerGroupDescription_state(group) {
                GroupState::RD_KAFKA_CONSUMER_GROUP_STATE_STABLE => State::Stable,
                GroupState::RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY => State::Empty,
                GroupState::RD_KAFKA_CONSUMER_GROUP_STATE_DEAD => State::Dead,
                GroupState::RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE => {
                    State::PreparingRebalance
                }
                GroupState::RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE => {
                    State::CompletingRebalance
                }
                _ => State::Unnamed,
            };
            let protocol = match rd::rd_kafka_ConsumerGroupDescription_type(group) {
                GroupType::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => Protocol::Classic,
                GroupType::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => Protocol::Consumer,
                _ => Protocol::Unknown,
            };
            let assignor = text(rd::rd_kafka_ConsumerGroupDescription_partition_assignor(
                group,
            ));
            let members = rd::rd_kafka_ConsumerGroupDescription_member_count(group);
            Description {
                state,
                protocol,
                assignor: assignor.filter(|name| !name.is_empty()),
                members: (0..members)
                    .map(|index| rd::rd_kafka_ConsumerGroupDescription_member(group, index))
                    .filter(|member| !member.is_null())
                    .map(|member| read_member(member))
                    .collect(),
            }
        });
        Described { name, result }
    }
}

/// # Safety
/// `member` belongs to an event that is alive.
unsafe fn read_member(member: *const rd::rd_kafka_MemberDescription_t) -> Member {
    // SAFETY: all that is read belongs to the member's event; an assignment always has a list.
    unsafe {
        let assignment = rd::rd_kafka_MemberDescription_assignment(member);
        let assigned = rd::rd_kafka_MemberAssignment_partitions(assignment);
        Member {
            id: text(rd::rd_kafka_MemberDescription_consumer_id(member)).unwrap_or_default(),
            client_id: text(rd::rd_kafka_MemberDescription_client_id(member)).unwrap_or_default(),
            host: text(rd::rd_kafka_MemberDescription_host(member)).unwrap_or_default(),
            assigned: elements(assigned)
                .map(|place| (text((*place).topic).unwrap_or_default(), (*place).partition))
                .collect(),
        }
    }
}

/// # Safety
/// `event` is the result of a ListConsumerGroups call.
unsafe fn read_listed(event: &Event) -> Listed {
    let (mut groups, mut errors) = (0, 0);
    // SAFETY: the event's kind is given by the contract; only the arrays' lengths are used.
    unsafe {
        let result = rd::rd_kafka_event_ListConsumerGroups_result(event.as_ptr());
        rd::rd_kafka_ListConsumerGroups_result_valid(result, &mut groups);
        rd::rd_kafka_ListConsumerGroups_result_errors(result, &mut errors);
    }
    Listed { groups, errors }
}

/// # Safety
/// `event` is the result of a ListConsumerGroupOffsets call.
unsafe fn read_committed(event: &Event) -> Vec<PartitionOffset> {
    let mut count = 0;
    // SAFETY: the event's kind is given by the contract; its arrays live as long as it. The call
    // was for one group.
    unsafe {
        let result = rd::rd_kafka_event_ListConsumerGroupOffsets_result(event.as_ptr());
        let groups = rd::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count);
        let partitions = present(array(groups, count))
            .map(|group| rd::rd_kafka_group_result_partitions(group))
            .flat_map(|list| elements(list));
        partitions
            .map(|place| {
                let code = (&raw const (*place).err).cast::<c_int>().read();
                PartitionOffset {
                    topic: text((*place).topic).unwrap_or_default(),
                    partition: (*place).partition,
                    result: failure(code, rd_kafka_err2str(code))
                        .map(|()| Some((*place).offset).filter(|offset| *offset >= 0)),
                }
            })
            .collect()
    }
}

/// The elements of a list as pointers: their error field is a Rust enum in the bindings and may
/// hold a code that it lacks, so that no reference to one may be made.
///
/// # Safety
/// `list` is null or alive for as long as the elements are used.
unsafe fn elements(
    list: *const rd::rd_kafka_topic_partition_list_t,
) -> impl Iterator<Item = *const rd::rd_kafka_topic_partition_t> {
    // SAFETY: by this function's contract; a list has as many elements as it says.
    let (first, count) = unsafe {
        match list.as_ref() {
            Some(list) => (
                list.elems.cast_const(),
                usize::try_from(list.cnt).unwrap_or(0),
            ),
            None => (std::ptr::null(), 0),
        }
    };
    // Offsets within the list's elements do not leave their allocation.
    (0..count).map(move |index| first.wrapping_add(index))
}

/// librdkafka says which call an error is of, which nobody needs to know.
fn without_call(failure: Failure) -> Failure {
    let words = failure
        .message
        .trim_start_matches("DescribeConsumerGroups: ");
    let words = words.trim_start_matches("Broker: ");
    Failure {
        code: failure.code,
        message: words.to_owned(),
    }
}
