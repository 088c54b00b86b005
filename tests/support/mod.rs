//! What tests against a real API server need.
//!
//! Every test binary includes this module and uses a part of it, so the rest looks dead to the compiler.
#![allow(dead_code, unused_imports)]

mod audit;
mod changes;
mod control_plane;
mod deletions;
mod eventually;
mod fault;
mod helm;
mod kubectl;
mod namespace;
mod process;
mod proxy;
mod report;

pub use audit::{LeaseWrite, Write};
pub use changes::{Change, Changes};
pub use control_plane::ControlPlane;
pub use deletions::{Deleted, deletions, too_early};
pub use eventually::eventually;
pub use fault::{Fault, Installed};
pub use helm::{HELMS, helm, helm_programs};
pub use kubectl::Answer;
pub use namespace::Namespace;
pub use process::{Script, lab, programs, scratch};
pub use proxy::{FaultProxy, Seen};
pub use report::report;
