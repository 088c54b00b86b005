//! The kubectl plugin.

pub mod yaml;
