//! The policies that are generated mean what the profile declares, and nothing else.
//!
//! What a profile declares is worked out by naive code, straight from the fields of the resource (`declared/meaning.rs`),
//! as a full matrix: for each ordered pair of ends the set of ports at which the one may call the other. The generated
//! policies are read by the evaluator that is shipped (`appnet::reach`), and it has to say the same of every pair and port.
//! Neither side knows of the other: the naive code uses nothing of the product but the types of the resource.
//!
//! `declared/small.rs` is a bounded universe, and none of its profiles is left out; `declared/large` draws larger ones.
//! `declared/wrong` spoils generated policies, one edit at a time: each edit has to be found, or all of this would
//! prove nothing.
//!
//! What "none is left out" means: a universe of at most three tiers, two ports (one by number, one by name) and two blocks of
//! addresses is cut into parts by what can stand in one list of rules, and each part is gone through whole: 10,392 profiles
//! in all. It is not the product of every field with every other, which has more than a thousand million; `declared/small.rs`
//! says why the parts are enough. Each run compares 2,426,760 pairs of ends of them.
//!
//!     APPNET_DECLARED_CASES=100000 cargo test --test declared -- --nocapture
//!
//! On 2026-11-27 that said: `random profiles: 100000 cases from seed 0, 150264 profiles, 871524 policies, 89936025 pairs of ends
//! compared, 4775106 partly allowed, 0 differences`. Every run of the tests does some thousand of them.

#[path = "declared/case.rs"]
mod case;
#[path = "second_opinion/chance.rs"]
mod chance;
#[path = "declared/compared.rs"]
mod compared;
#[path = "declared/large/mod.rs"]
mod large;
#[path = "declared/meaning.rs"]
mod meaning;
#[path = "declared/numbers.rs"]
mod numbers;
#[path = "declared/rendered.rs"]
mod rendered;
#[path = "declared/small.rs"]
mod small;
#[path = "declared/words.rs"]
mod words;
#[path = "declared/wrong/mod.rs"]
mod wrong;
