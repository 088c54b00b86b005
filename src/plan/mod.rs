//! Wanted and observed policies become writes, in an order in which no flow is cut or opened on the way.
//!
//! No client, no clock, no runtime. `stage` answers one question: given what a live read just showed, which writes
//! may be done on the strength of it?

mod apply;
mod body;
mod compare;
mod disarmed;
mod drift;
mod fighting;
pub mod flows;
mod ours;
mod parting;
mod stage;
mod summary;
mod transition;
mod view;

pub use apply::{Applying, ObjectChange, Removal};
pub use body::{Body, Content, Earlier};
pub use compare::{content_hash, differences, observed_hash, paths};
pub use drift::{Drift, drift};
pub use fighting::{FightVerdict, Fighting};
pub use ours::{Ownership, ownership};
pub use parting::{Leaving, Parting};
pub use stage::{Situation, Stage, Write, stage};
pub use summary::{Change, changes};
