//! The smallest change that would allow what is denied.

use super::{answer::Fix, case::Case, port::Wanted, setting::Setting};

/// The smallest change; nothing where there is none to recommend.
pub(super) fn fix(_setting: &Setting<'_>, _cases: &[Case], _wanted: &Wanted) -> Option<Fix> {
    None
}
