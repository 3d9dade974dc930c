//! The cluster as it describes itself.

use rdkafka_sys as rd;

use crate::client::{AdminClient, AdminOptions, Event, Pending, Request};
use crate::error::{Error, ErrorCode};
use crate::ffi::{elements, text};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterDescription {
    pub id: Option<String>,
    /// The brokers that are registered and alive.
    pub brokers: Vec<Broker>,
}

/// A broker as it tells clients to reach it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    pub id: i32,
    pub host: String,
    pub port: u16,
    pub rack: Option<String>,
}

impl AdminClient {
    /// The cluster's id, once a broker reported it; never waits.
    pub fn cluster_id(&self) -> Option<String> {
        let client = self.handle.as_ptr();
        // SAFETY: the client is alive; the text is owned by us and freed once it is copied.
        unsafe {
            let id = rd::rd_kafka_clusterid(client, 0);
            let copy = text(id);
            if !id.is_null() {
                rd::rd_kafka_mem_free(client, id.cast());
            }
            copy
        }
    }

    /// The broker that calls without a broker of their own go to, once it is known; never waits.
    pub fn controller(&self) -> Option<i32> {
        self.handle.controller()
    }

    /// Asks for the cluster's id and brokers (a Metadata request for no topic).
    ///
    /// NO_ENTRY, and nothing is sent, where [`AdminClient::cluster_id`] has none: librdkafka
    /// copies the id of the answer without a look whether there is one
    /// (`rd_kafka_ClusterDescription_new`), and a Redpanda broker has none in its first moments.
    pub fn describe_cluster(&self, options: AdminOptions) -> Pending<ClusterDescription> {
        let send = |request: &Request| {
            if self.cluster_id().is_none() {
                return Err(Error {
                    code: ErrorCode::NO_ENTRY,
                    message: "the cluster has no id yet".to_owned(),
                });
            }
            // SAFETY: what the request points at is alive.
            unsafe {
                rd::rd_kafka_DescribeCluster(request.client, request.options, request.queue);
            }
            Ok(())
        };
        self.call(options, send, read_cluster)
    }
}

fn read_cluster(event: &Event) -> ClusterDescription {
    // SAFETY: all that is read belongs to the event.
    unsafe {
        let result = event.result(rd::rd_kafka_event_DescribeCluster_result);
        ClusterDescription {
            id: text(rd::rd_kafka_DescribeCluster_result_cluster_id(result)),
            brokers: elements(result, rd::rd_kafka_DescribeCluster_result_nodes)
                .map(|node| Broker {
                    id: rd::rd_kafka_Node_id(node),
                    host: text(rd::rd_kafka_Node_host(node)).unwrap_or_default(),
                    port: rd::rd_kafka_Node_port(node),
                    rack: text(rd::rd_kafka_Node_rack(node)),
                })
                .collect(),
        }
    }
}
