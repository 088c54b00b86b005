//! What `cli::read` makes of manifests and dumps.

#[path = "readers/big.rs"]
mod big;
#[path = "readers/entries.rs"]
mod entries;
#[path = "readers/kinds.rs"]
mod kinds;
#[path = "readers/lists.rs"]
mod lists;
#[path = "readers/order.rs"]
mod order;
#[path = "readers/owners.rs"]
mod owners;
#[path = "readers/reading.rs"]
mod reading;
#[path = "readers/wrong.rs"]
mod wrong;
