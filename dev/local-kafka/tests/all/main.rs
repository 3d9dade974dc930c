//! The harness against what it starts: real nodes, tools, a proxy, and what is left of them.

mod faults;
mod one_node;
mod ownership;
mod prerequisites;
mod proxied;
mod secured;
mod several_nodes;
mod wire;
