//! Why a connection is allowed or not, in sentences, and the smallest change that would allow it.
//!
//! A [`Setting`] (a picture, the profiles in it, where everything stands) and a [`Question`] go in; [`explain`] answers
//! with an [`Explanation`], which is data for programs and prints itself for people. It decides nothing itself: every
//! verdict is the evaluator's. No client, no clock, no runtime, no files.

mod answer;
mod case;
mod entrance;
mod find;
mod fix;
mod hop;
mod judge;
mod mismatch;
mod near;
mod notes;
mod origin;
mod outside_name;
mod port;
mod profiles;
mod setting;
mod side;
mod spelling;
mod text;
mod untranslated;

pub use answer::{
    Answer, ChangeShown, ConnectionShown, Explanation, Fix, GateShown, PolicyShown, ProfileShown, RuleShown, SideShown,
};
pub use find::{name_of, name_of_workload};
pub use fix::passes;
pub use hop::ServiceShown;
pub use judge::{API_VERSION, Question, explain};
pub use near::there_is;
pub use outside_name::is_outside_name;
pub use profiles::{Known, Profiles};
pub use setting::{Setting, Sources};
pub use spelling::{kind_of, short};
pub use untranslated::listens_elsewhere;
