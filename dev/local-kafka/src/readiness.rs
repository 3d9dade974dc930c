//! Whether a node is ready, by what its listeners answer, without a Kafka client and without a JVM.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::Result;

use crate::wire_client::WireClient;

/// A broker that does not answer by then is asked again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The ids of the registered and unfenced brokers, as seen by the one on `port`.
pub(crate) fn live_brokers(port: u16) -> Result<BTreeSet<u32>> {
    let ids = connect(port)?.metadata()?.brokers.into_iter();
    Ok(ids.map(u32::try_from).collect::<Result<_, _>>()?)
}

/// Whether it is Kafka that listens on a port: a node whose port was taken may answer on its other
/// ones for a moment before it ends.
pub(crate) fn is_kafka(port: u16) -> bool {
    connect(port).is_ok_and(|mut broker| broker.is_kafka().is_ok())
}

/// Whether anything listens on a port of loopback.
pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&loopback(port), PATIENCE).is_ok()
}

fn connect(port: u16) -> Result<WireClient> {
    WireClient::connect(loopback(port), PATIENCE)
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
