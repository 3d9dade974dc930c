//! Consumer groups: describing and listing them. No member joins, nothing is committed.

use std::collections::BTreeSet;
use std::ffi::{CString, c_char};

use rdkafka_sys as rd;

use crate::Entries;
use crate::client::{AdminClient, AdminOptions, Event, Pending, Request};
use crate::error::{check, rd_kafka_error_code};
use crate::ffi::{elements, text};
use crate::offsets::{partitions, topic_partition};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupDescription {
    pub state: GroupState,
    pub group_type: GroupType,
    /// How partitions are given out, `range` for example, where there are members.
    pub partition_assignor: Option<String>,
    pub members: Vec<MemberDescription>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupState {
    PreparingRebalance,
    CompletingRebalance,
    Stable,
    Dead,
    Empty,
    /// A state that librdkafka has no name for: Assigning or Reconciling of the `consumer`
    /// protocol.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupType {
    /// Members give out partitions among themselves.
    Classic,
    /// The broker gives out partitions (KIP-848).
    Consumer,
    Unknown,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberDescription {
    /// The id that the coordinator or the member itself gave it.
    pub consumer_id: String,
    pub client_id: String,
    /// Where it connects from, as the broker sees it.
    pub host: String,
    /// Topics and partitions; none while the group rebalances by the classic protocol.
    pub assignment: BTreeSet<(String, i32)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupListing {
    /// How many groups the principal may see.
    pub valid: usize,
    /// How many brokers did not list theirs.
    pub errors: usize,
}

impl AdminClient {
    /// Has a group's coordinator describe it: ConsumerGroupDescribe, and DescribeGroups where that
    /// one does not know the group or the broker does not know the request. FindCoordinator comes
    /// before them, once for each group in a client's life. Several groups in one call would not
    /// save a request, and would all wait for the slowest coordinator.
    ///
    /// The call must not reach its time limit: where its coordinator comes up afterwards,
    /// librdkafka 2.12 gives the request up twice (`rd_kafka_admin_coord_request` says that it
    /// failed, and `rd_kafka_coord_req_fail` then counts it down again), and an assertion ends the
    /// process.
    pub fn describe_group(
        &self,
        options: AdminOptions,
        id: &str,
    ) -> Pending<Entries<GroupDescription>> {
        let send = |request: &Request| {
            let id = CString::new(id)?;
            let mut ids: [*const c_char; 1] = [id.as_ptr()];
            // SAFETY: the id is alive and NUL-terminated, and the call copies it; what the request
            // points at is alive.
            unsafe {
                rd::rd_kafka_DescribeConsumerGroups(
                    request.client,
                    ids.as_mut_ptr(),
                    ids.len(),
                    request.options,
                    request.queue,
                );
            }
            Ok(())
        };
        self.call(options, send, read_descriptions)
    }

    /// Asks every broker which groups it coordinates (ListGroups).
    pub fn list_groups(&self, options: AdminOptions) -> Pending<GroupListing> {
        let send = |request: &Request| {
            // SAFETY: what the request points at is alive.
            unsafe {
                rd::rd_kafka_ListConsumerGroups(request.client, request.options, request.queue);
            }
            Ok(())
        };
        self.call(options, send, read_listing)
    }
}

fn read_descriptions(event: &Event) -> Entries<GroupDescription> {
    // SAFETY: all that is read belongs to the event.
    unsafe {
        let result = event.result(rd::rd_kafka_event_DescribeConsumerGroups_result);
        elements(result, rd::rd_kafka_DescribeConsumerGroups_result_groups)
            .map(|group| {
                let id = text(rd::rd_kafka_ConsumerGroupDescription_group_id(group));
                let error = rd::rd_kafka_ConsumerGroupDescription_error(group);
                let checked = if error.is_null() {
                    Ok(())
                } else {
                    check(rd_kafka_error_code(error), rd::rd_kafka_error_string(error))
                };
                let description = match checked {
                    Ok(()) => Ok(read_description(group)),
                    Err(mut error) => {
                        // librdkafka says which call it is of, which the caller knows.
                        let message = error.message.trim_start_matches("DescribeConsumerGroups: ");
                        error.message = message.trim_start_matches("Broker: ").to_owned();
                        Err(error)
                    }
                };
                (id.unwrap_or_default(), description)
            })
            .collect()
    }
}

/// # Safety
/// `group` belongs to an event that is alive.
unsafe fn read_description(
    group: *const rd::rd_kafka_ConsumerGroupDescription_t,
) -> GroupDescription {
    use rd::rd_kafka_consumer_group_state_t as State;
    use rd::rd_kafka_consumer_group_type_t as Type;
    // SAFETY: all that is read belongs to the group's event. States and types are librdkafka's
    // own, translated from texts or set by itself, so that the bindings' enums hold.
    unsafe {
        let assignor = text(rd::rd_kafka_ConsumerGroupDescription_partition_assignor(
            group,
        ));
        // An assignment always has a list.
        let member = |member| {
            let assignment = rd::rd_kafka_MemberDescription_assignment(member);
            let assigned = partitions(rd::rd_kafka_MemberAssignment_partitions(assignment));
            let consumer_id = text(rd::rd_kafka_MemberDescription_consumer_id(member));
            let client_id = text(rd::rd_kafka_MemberDescription_client_id(member));
            let host = text(rd::rd_kafka_MemberDescription_host(member));
            MemberDescription {
                consumer_id: consumer_id.unwrap_or_default(),
                client_id: client_id.unwrap_or_default(),
                host: host.unwrap_or_default(),
                assignment: assigned.map(|one| topic_partition(one)).collect(),
            }
        };
        let members = rd::rd_kafka_ConsumerGroupDescription_member_count(group);
        GroupDescription {
            state: match rd::rd_kafka_ConsumerGroupDescription_state(group) {
                State::RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE => {
                    GroupState::PreparingRebalance
                }
                State::RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE => {
                    GroupState::CompletingRebalance
                }
                State::RD_KAFKA_CONSUMER_GROUP_STATE_STABLE => GroupState::Stable,
                State::RD_KAFKA_CONSUMER_GROUP_STATE_DEAD => GroupState::Dead,
                State::RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY => GroupState::Empty,
                _ => GroupState::Unknown,
            },
            group_type: match rd::rd_kafka_ConsumerGroupDescription_type(group) {
                Type::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => GroupType::Classic,
                Type::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => GroupType::Consumer,
                _ => GroupType::Unknown,
            },
            partition_assignor: assignor.filter(|name| !name.is_empty()),
            members: (0..members)
                .map(|index| rd::rd_kafka_ConsumerGroupDescription_member(group, index))
                .filter(|member| !member.is_null())
                .map(member)
                .collect(),
        }
    }
}

fn read_listing(event: &Event) -> GroupListing {
    let (mut valid, mut errors) = (0, 0);
    // SAFETY: only the arrays' lengths are used.
    unsafe {
        let result = event.result(rd::rd_kafka_event_ListConsumerGroups_result);
        rd::rd_kafka_ListConsumerGroups_result_valid(result, &mut valid);
        rd::rd_kafka_ListConsumerGroups_result_errors(result, &mut errors);
    }
    GroupListing { valid, errors }
}
