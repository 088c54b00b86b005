//! Kubernetes objects, as far as they say who may reach whom, and the [`Picture`](crate::reach::Picture) that they make.
//!
//! An object is read by what its apiVersion and kind say it is: [`Kind::of`], then [`Kind::read`] with whatever holds it
//! (text, a tree, an answer of the API server). What is not needed is skipped while reading and never allocated. A
//! [`Collection`] puts objects together, in any order. No client, no clock, no runtime, no files.

mod collection;
mod entry;
mod gateway;
mod kind;
mod metadata;
mod network;
mod network_signs;
mod object;
mod outside;
mod pod;
mod pod_details;
mod standing;
mod workload;

pub use collection::{Added, Collection, Gathered, Template, Templates};
pub use kind::Kind;
pub use object::Object;
pub(crate) use pod::PodSpec;
pub(crate) use workload::workload_of;
