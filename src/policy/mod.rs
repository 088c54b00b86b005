//! A profile becomes the policies that it asks for.
//!
//! `resolve` looks up what the profile refers to; `build` cannot fail. One complete policy per tier, both
//! directions in one object: the API server makes one object atomic and nothing makes several atomic, so with one
//! policy per flow the first allow that selects a Pod would cut its other flows until their policies arrive.
//!
//! No client, no clock, no runtime.

mod build;
mod callers;
mod cilium;
mod desired;
mod dns;
mod explanation;
mod known_controllers;
mod metadata;
mod name;
mod normal;
mod object;
mod resolve;
mod rule;
mod service;
mod shape;
mod spec;

pub use build::{allows_of, build};
pub use cilium::only_to_api_server;
pub use desired::{Desired, DesiredPolicy, Role};
pub(crate) use known_controllers::{KNOWN_CONTROLLERS, KnownController, is_default_backend};
pub use metadata::{
    ADOPT_ANNOTATION, EXPLANATION_ANNOTATION, FIELD_MANAGER, OUR_LABELS, PROFILE_LABEL, ROLE_LABEL, TIER_LABEL, bridge,
    is_controlled_by, policy_reference, profile_reference,
};
pub use name::{policy_name, short_hash};
pub use normal::{normal, normal_value};
pub use object::PolicyObject;
pub use resolve::{Companion, Resolved, Unresolved, resolve};
pub use rule::{Allow, Rule, group};
pub use shape::{Atom, Shape, pods_and, ports_may_overlap, read, selected_pods};
pub use spec::{disarmed_selector, policy_spec};
