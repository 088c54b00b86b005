//! Several operators, of which one writes: the program itself, in several processes, against a real API server.

#[path = "operator/scene.rs"]
#[allow(dead_code, reason = "the scene serves other tests too")]
mod scene;
mod support;

#[path = "leader/churn.rs"]
mod churn;
#[path = "leader/hand_over.rs"]
mod hand_over;
#[path = "leader/hundred.rs"]
mod hundred;
#[path = "leader/proof.rs"]
mod proof;
#[path = "leader/replica.rs"]
mod replica;
#[path = "leader/rights.rs"]
mod rights;
