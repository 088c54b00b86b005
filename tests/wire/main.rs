//! What the product promises, shown with connections that succeed and connections that do not.
//!
//! A real node with Cilium (`lab/node.sh`) runs in namespaces of its own; the operator is installed there by its chart.
//! It needs root. Where it cannot run, these tests fail and say why.

#[path = "../support/mod.rs"]
mod support;

#[path = "../flows/mod.rs"]
mod reading;

mod cluster;
mod place;
mod watch;

mod agreement;
mod api_server;
mod dns;
mod extras;
mod guide;
mod host_network;
mod ingress;
mod lab;
mod monitoring;
mod no_gap;
mod no_policies;
mod outside;
mod peers;
mod ports;
mod release;
mod symptoms;
mod telemetry;
mod tiers;
mod verify;
mod whole_run;
