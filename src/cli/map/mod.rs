//! Who may reach whom, in the forms that people and programs read.

mod list;

pub use list::list;
