//! A hundred hand-overs from a leader that is lost, and some from one that is told to stop, while there is always something to
//! repair.

use std::collections::{BTreeMap, BTreeSet};

use kube::Client;

use crate::{
    churn::Churn,
    proof::{Account, Holding, account, holdings, matters},
    replica::{LEASES, Replica, leader},
    scene::{PATIENCE, provide_dns},
    support::{ControlPlane, Fault, Write, eventually, report},
};

/// By a leader that is lost: killed, stopped or cut off.
const LOST: usize = 100;
const LEASE: &str = "hundred";
const TIMES: [&str; 6] = ["--lease-duration", "1", "--renew-deadline", "0.7", "--retry-period", "0.1"];

/// How a leader is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// SIGKILL: no last words, and another process later.
    Kill,
    /// SIGSTOP, and SIGCONT when another leads: it wakes up and believes nothing happened.
    Stop,
    /// It cannot reach the API server, until another leads.
    Partition,
    /// SIGTERM.
    Terminate,
}

/// The kinds by which a leader is lost, in turn, and after each fourth of these an orderly end.
fn kinds() -> Vec<Kind> {
    let lost = [Kind::Kill, Kind::Stop, Kind::Partition].into_iter().cycle().take(LOST);
    let with_ends = |(number, kind)| if number % 4 == 3 { vec![kind, Kind::Terminate] } else { vec![kind] };
    lost.enumerate().flat_map(with_ends).collect()
}

/// Takes the leadership from the one and gives it to the other.
async fn hand_over(client: &Client, kind: Kind, from: &mut Replica, to: &Replica) {
    let taken = async || leader(client, LEASE, &[&to.name]).await;
    match kind {
        Kind::Kill => {
            from.kill();
            taken().await;
            from.start();
        }
        Kind::Stop => {
            from.signal("-STOP");
            taken().await;
            from.signal("-CONT");
        }
        Kind::Partition => {
            let cut = from.proxy.install(Fault::hold());
            taken().await;
            cut.remove();
        }
        Kind::Terminate => {
            from.signal("-TERM");
            assert_eq!(from.ended().await.code(), Some(0));
            taken().await;
            from.start();
        }
    }
}

// Pitfall 62.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_hundred_hand_overs_there_are_never_two_writers_and_no_repair_is_missed() {
    let began = std::time::Instant::now();
    // Its own: the load of the other tests should not cost leaders their Lease.
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    provide_dns(&client).await;
    let mut one = Replica::new(&control_plane, "replica-one", LEASE, &TIMES).await;
    let mut two = Replica::new(&control_plane, "replica-two", LEASE, &TIMES).await;
    one.start();
    two.start();
    one.ready().await;
    two.ready().await;
    let churn = Churn::begin(&control_plane, 4).await;

    let mut by_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    let kinds = kinds();
    for (number, kind) in kinds.iter().copied().enumerate() {
        let leads = leader(&client, LEASE, &[&one.name, &two.name]).await;
        let (from, to) = if leads == one.name { (&mut one, &two) } else { (&mut two, &one) };
        // In its own process again, it only has to be there; who leads does not matter.
        to.ready().await;
        hand_over(&client, kind, from, to).await;
        let paused = churn.pause().await;
        churn.damage(number).await;
        eventually(&format!("all is repaired after hand-over {number}, {kind:?}"), PATIENCE, || {
            churn.all_is_as_wanted()
        })
        .await;
        drop(paused);
        one.proxy.forget_requests();
        two.proxy.forget_requests();
        *by_kind.entry(kind).or_default() += 1;
    }
    drop(churn);

    let holdings = holdings(control_plane.lease_writes(LEASES, LEASE));
    let writes: Vec<Write> = control_plane
        .all_writes()
        .into_iter()
        .filter(|write| matters(write) && [&one.name, &two.name].contains(&&write.user))
        .collect();
    let account = account(&writes, &holdings);
    let time = began.elapsed().as_secs_f64();
    let summary = summary(&holdings, &account);
    report("hand-overs", &format!("leader: {} hand-overs in {time:.0} s: {by_kind:?}; {summary}", kinds.len()));
    assert!(
        account.wrong.is_empty(),
        "written by one that did not hold the Lease: {:#?}\n{holdings:#?}",
        account.wrong
    );
    let wanted = [(Kind::Kill, 34), (Kind::Stop, 33), (Kind::Partition, 33), (Kind::Terminate, 25)];
    assert_eq!(by_kind, wanted.into());
    // Each hand-over ends a time and begins another; a busy machine may cost a leader its Lease besides.
    assert!(holdings.len() > kinds.len(), "{}", holdings.len());
    assert!([&one, &two].iter().all(|replica| account.writes[&replica.name] > 10 * kinds.len() / 2), "{account:?}");
    // Who was stopped or cut off is elected again in the same process.
    let processes: BTreeSet<_> = holdings.iter().map(|held| &held.identity).collect();
    assert!(processes.len() <= one.starts + two.starts && processes.len() + 60 < holdings.len(), "{}", processes.len());
}

fn summary(holdings: &[Holding], account: &Account) -> String {
    let given_back = holdings.iter().filter(|held| held.given_back).count();
    let processes: BTreeSet<_> = holdings.iter().map(|held| &held.identity).collect();
    format!(
        "the Lease was held {} times by {} processes and given back {given_back} times; writes of policies and statuses by the holder: \
         {:?}; late ones that were refused: {}; by others: {}",
        holdings.len(),
        processes.len(),
        account.writes,
        account.refused,
        account.wrong.len()
    )
}
