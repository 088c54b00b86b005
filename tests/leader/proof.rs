//! Who may have written when, by the API server's own record.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::support::{LeaseWrite, Write};

/// A time in which one process held the Lease.
#[derive(Clone, Debug)]
pub struct Holding {
    /// Which process.
    pub identity: String,
    /// Its user.
    pub user: String,
    /// When the API server was done with the request that took the Lease.
    pub from: Timestamp,
    /// When the API server got the request that gave it back, or to another.
    pub until: Timestamp,
    /// Whether the holder gave it back itself.
    pub given_back: bool,
}

/// The times in which someone held the Lease, in order.
pub fn holdings(mut leases: Vec<LeaseWrite>) -> Vec<Holding> {
    leases.retain(|lease| lease.write.code < 300);
    leases.sort_by_key(|lease| lease.write.done);
    let mut holdings: Vec<Holding> = Vec::new();
    for LeaseWrite { write, holder } in leases {
        let last = holdings.last_mut().filter(|last| last.until == Timestamp::MAX);
        if last.as_ref().is_some_and(|last| Some(&last.identity) == holder.as_ref()) {
            continue;
        }
        if let Some(last) = last {
            last.until = write.received;
            last.given_back = holder.is_none();
            assert!(!last.given_back || last.user == write.user, "someone else emptied the Lease: {write:?}");
        }
        let Some(identity) = holder else { continue };
        assert!(identity.starts_with(&format!("{}_", write.user)), "{identity} was written by {}", write.user);
        holdings.push(Holding {
            identity,
            user: write.user,
            from: write.done,
            until: Timestamp::MAX,
            given_back: false,
        });
    }
    holdings
}

/// What the holders wrote.
#[derive(Debug, Default)]
pub struct Account {
    /// Writes of policies and statuses, by user.
    pub writes: BTreeMap<String, usize>,
    /// The same, by process and resource.
    pub by_process: BTreeMap<(String, String), usize>,
    /// Writes from outside of a time in which their user held the Lease, that the API server refused.
    pub refused: usize,
    /// Those that it carried out. There must be none.
    pub wrong: Vec<Write>,
}

/// Accounts for every write of policies and statuses. One counts as inside a time only as a whole: the API server got it
/// after it was done with the request that took the Lease, and was done with it before it got the one that ended it.
pub fn account(writes: &[Write], holdings: &[Holding]) -> Account {
    let mut account = Account::default();
    for write in writes {
        let covers = |holding: &&Holding| {
            holding.user == write.user && holding.from <= write.received && write.done <= holding.until
        };
        match holdings.iter().find(covers) {
            Some(holding) if write.code < 300 => {
                *account.writes.entry(write.user.clone()).or_default() += 1;
                let key = (holding.identity.clone(), write.resource.clone());
                *account.by_process.entry(key).or_default() += 1;
            }
            Some(_) => {}
            None if write.code < 300 => account.wrong.push(write.clone()),
            None => account.refused += 1,
        }
    }
    account
}

/// Changes nothing, or is neither of a policy nor of a status.
pub fn matters(write: &Write) -> bool {
    let kinds = ["networkpolicies", "ciliumnetworkpolicies", "appnetworkprofiles/status"];
    !write.dry_run && kinds.contains(&write.resource.as_str())
}

#[test]
fn a_write_after_the_end_of_its_users_time_is_found() {
    let at = |second: i64| Timestamp::from_second(second).expect("a time");
    let write = |user: &str, received, done| Write {
        verb: "update".into(),
        user: user.into(),
        user_agent: String::new(),
        group: String::new(),
        resource: "networkpolicies".into(),
        namespace: "n".into(),
        name: "p".into(),
        code: 200,
        dry_run: false,
        received: at(received),
        done: at(done),
    };
    let lease = |user: &str, holder: Option<&str>, second| LeaseWrite {
        write: write(user, second, second + 1),
        holder: holder.map(str::to_owned),
    };
    let holdings = holdings(vec![
        lease("a", Some("a_1"), 10),
        lease("a", Some("a_1"), 20),
        lease("a", None, 30),
        lease("b", Some("b_2"), 32),
        lease("a", Some("a_1"), 50),
    ]);
    let times: Vec<_> = holdings.iter().map(|held| (held.identity.as_str(), held.from, held.given_back)).collect();
    assert_eq!(times, [("a_1", at(11), true), ("b_2", at(33), false), ("a_1", at(51), false)]);
    let good = [write("a", 12, 13), write("a", 28, 30), write("b", 40, 50), write("a", 60, 61)];
    let bad = [write("a", 10, 12), write("a", 29, 31), write("a", 40, 41), write("b", 49, 51), write("c", 40, 41)];
    assert!(account(&good, &holdings).wrong.is_empty());
    assert_eq!(account(&bad, &holdings).wrong, bad);
}
