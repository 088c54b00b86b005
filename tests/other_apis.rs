//! Objects of APIs beside Kubernetes' own: policies that are named and not evaluated, and routes that lead to Services.

#[path = "other_apis/gateway.rs"]
mod gateway;
#[path = "other_apis/not_evaluated.rs"]
mod not_evaluated;
#[path = "lint/plugin.rs"]
mod plugin;
