//! Are the policies in force? Which connections are to be tried, from which Pods, and what their outcome means.
//!
//! What a connection should do is the evaluator's verdict; what it does is found out by whoever can make one. No client, no clock,
//! no runtime.

mod edges;
mod result;

pub use edges::{Edge, Expected, Extent, Source, edges, sources};
pub use result::{Became, Checked, Verdict, judge, unproven};
