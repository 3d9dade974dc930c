//! Offsets: those that partitions have, and those that groups have committed.

use std::collections::BTreeMap;
use std::ffi::{CString, c_int};
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka_sys as rd;

use crate::client::{AdminClient, AdminOptions, Event, Pending, Request};
use crate::error::{Error, check, rd_kafka_err2str};
use crate::ffi::{elements, text};

/// The answers of a call for several partitions, by topic and partition.
///
/// `Ok(None)` where there is no committed offset, or where a leader gave no answer at all:
/// librdkafka then leaves the partition without an error and without an offset.
pub type Offsets = BTreeMap<(String, i32), Result<Option<i64>, Error>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetSpec {
    /// Of the first message that is still there.
    Earliest = rd::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_EARLIEST as isize,
    /// Of the next message that will be written.
    Latest = rd::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST as isize,
}

/// A name with a character that Kafka does not allow.
const NO_TOPIC: &str = "?";

impl AdminClient {
    /// Asks the leader of each partition for one of its offsets, one request a leader. Partitions
    /// must be different. Its cost in librdkafka grows with the square of the partitions.
    pub fn list_offsets<'a>(
        &self,
        options: AdminOptions,
        spec: OffsetSpec,
        partitions: impl IntoIterator<Item = (&'a str, i32)>,
    ) -> Pending<Offsets> {
        let send = |request: &Request| {
            let list = PartitionList::new(partitions, spec as i64)?;
            // SAFETY: the call copies the list; what the request points at is alive.
            unsafe {
                rd::rd_kafka_ListOffsets(
                    request.client,
                    list.0.as_ptr(),
                    request.options,
                    request.queue,
                );
            }
            Ok(())
        };
        self.call(options, send, read_listed)
    }

    /// Has librdkafka ask any broker that it is connected to for metadata, which names the
    /// controller of this moment. Calls that wait for the connection to a controller then turn to
    /// the new one. The result means nothing.
    ///
    /// There is no call for just that. Asking for offsets makes librdkafka look up leaders, and
    /// the name is one that no topic can have, so that the look-up is all that happens.
    pub fn refresh_controller(&self, timeout: Duration) -> Pending<Offsets> {
        let options = AdminOptions::new(timeout);
        self.list_offsets(options, OffsetSpec::Latest, [(NO_TOPIC, 0)])
    }

    /// Asks a group's coordinator for the committed offsets of these partitions, in one request
    /// (OffsetFetch). Partitions must be different, and one at least.
    ///
    /// The call must not reach its time limit, as in [`Self::describe_group`]. And it is only to
    /// be made right after the coordinator described the group: where it answers NOT_COORDINATOR
    /// or COORDINATOR_NOT_AVAILABLE, librdkafka 2.12 informs the consumer that its handle is,
    /// without a look whether it is one (`rd_kafka_handle_OffsetFetch`), and the process ends.
    pub fn committed_offsets<'a>(
        &self,
        options: AdminOptions,
        group: &str,
        partitions: impl IntoIterator<Item = (&'a str, i32)>,
    ) -> Pending<Offsets> {
        let send = |request: &Request| {
            let group = CString::new(group)?;
            let list = PartitionList::new(partitions, rd::RD_KAFKA_OFFSET_INVALID.into())?;
            // SAFETY: the group's id and the list are alive, the object copies both and the call
            // the object; what the request points at is alive.
            unsafe {
                let mut asked =
                    rd::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), list.0.as_ptr());
                rd::rd_kafka_ListConsumerGroupOffsets(
                    request.client,
                    &raw mut asked,
                    1,
                    request.options,
                    request.queue,
                );
                rd::rd_kafka_ListConsumerGroupOffsets_destroy(asked);
            }
            Ok(())
        };
        self.call(options, send, read_committed)
    }
}

/// A list of partitions for a call, which copies it.
struct PartitionList(NonNull<rd::rd_kafka_topic_partition_list_t>);

impl PartitionList {
    fn new<'a>(
        partitions: impl IntoIterator<Item = (&'a str, i32)>,
        offset: i64,
    ) -> Result<Self, Error> {
        // SAFETY: returns a fresh list that this value owns; it grows as needed.
        let list = unsafe { rd::rd_kafka_topic_partition_list_new(0) };
        let list = Self(NonNull::new(list).expect("librdkafka aborts where memory is short"));
        for (name, partition) in partitions {
            let name = CString::new(name)?;
            // SAFETY: the name is copied; an added element is valid until the next addition.
            unsafe {
                let list = list.0.as_ptr();
                let element = rd::rd_kafka_topic_partition_list_add(list, name.as_ptr(), partition);
                (*element).offset = offset;
            }
        }
        Ok(list)
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: owned by this value.
        unsafe { rd::rd_kafka_topic_partition_list_destroy(self.0.as_ptr()) }
    }
}

fn read_listed(event: &Event) -> Offsets {
    // SAFETY: all that is read belongs to the event.
    unsafe {
        let result = event.result(rd::rd_kafka_event_ListOffsets_result);
        elements(result, rd::rd_kafka_ListOffsets_result_infos)
            .map(|info| read_offset(rd::rd_kafka_ListOffsetsResultInfo_topic_partition(info)))
            .collect()
    }
}

fn read_committed(event: &Event) -> Offsets {
    // SAFETY: all that is read belongs to the event. The call was for one group.
    unsafe {
        let result = event.result(rd::rd_kafka_event_ListConsumerGroupOffsets_result);
        elements(result, rd::rd_kafka_ListConsumerGroupOffsets_result_groups)
            .flat_map(|group| partitions(rd::rd_kafka_group_result_partitions(group)))
            .map(|partition| read_offset(partition))
            .collect()
    }
}

/// # Safety
/// `partition` belongs to an event that is alive.
unsafe fn read_offset(
    partition: *const rd::rd_kafka_topic_partition_t,
) -> ((String, i32), Result<Option<i64>, Error>) {
    // SAFETY: by this function's contract; librdkafka's texts of codes are static.
    unsafe {
        // The field is a Rust enum in the bindings and may hold a code that it lacks.
        let code = (&raw const (*partition).err).cast::<c_int>().read();
        let offset = check(code, rd_kafka_err2str(code))
            .map(|()| Some((*partition).offset).filter(|offset| *offset >= 0));
        (topic_partition(partition), offset)
    }
}

/// # Safety
/// `partition` is alive.
pub(crate) unsafe fn topic_partition(
    partition: *const rd::rd_kafka_topic_partition_t,
) -> (String, i32) {
    // SAFETY: by this function's contract.
    unsafe {
        let topic = text((*partition).topic).unwrap_or_default();
        (topic, (*partition).partition)
    }
}

/// The elements of a list as pointers: their error field is a Rust enum in the bindings and may
/// hold a code that it lacks, so that no reference to one may be made.
///
/// # Safety
/// `list` is null or alive for as long as the elements are used.
pub(crate) unsafe fn partitions(
    list: *const rd::rd_kafka_topic_partition_list_t,
) -> impl Iterator<Item = *const rd::rd_kafka_topic_partition_t> {
    // SAFETY: by this function's contract.
    let list = unsafe { list.as_ref() };
    // A list has as many elements as it says: none of these leaves its allocation.
    list.into_iter().flat_map(|list| {
        let first = list.elems.cast_const();
        (0..usize::try_from(list.cnt).unwrap_or(0)).map(move |index| first.wrapping_add(index))
    })
}
