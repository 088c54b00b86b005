//! The garbage collector: it removes what has no living owner, in any order that this leaves open, and takes references to
//! the dead from all others.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::simulation::Cluster;

/// A garbage collector of a cluster whose profile is there, or not any more.
pub struct Collector {
    /// The uid of the profile, while it lives.
    pub profile: Option<String>,
    chance: u64,
}

impl Collector {
    pub fn new(profile: &str, seed: u64) -> Self {
        Self { profile: Some(profile.into()), chance: seed }
    }

    /// A number below `limit`.
    pub fn any(&mut self, limit: usize) -> usize {
        // xorshift64*; its last bits are weak.
        self.chance = self.chance.max(1);
        self.chance ^= self.chance >> 12;
        self.chance ^= self.chance << 25;
        self.chance ^= self.chance >> 27;
        let number = self.chance.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).expect("31 bits") % limit
    }

    fn lives(&self, cluster: &Cluster, owner: &OwnerReference) -> bool {
        self.profile.as_ref() == Some(&owner.uid) || cluster.rows.iter().any(|row| row.uid == owner.uid)
    }

    /// Removes one object whose owners are all gone; its name.
    pub fn collect(&mut self, cluster: &mut Cluster) -> Option<String> {
        let dead = |row: &usize| {
            let owners = &cluster.rows[*row].owners;
            !owners.is_empty() && owners.iter().all(|owner| !self.lives(cluster, owner))
        };
        let found: Vec<_> = (0..cluster.rows.len()).filter(dead).collect();
        if found.is_empty() {
            return None;
        }
        let which = found[self.any(found.len())];
        Some(cluster.rows.remove(which).name)
    }

    /// Takes references to the dead from one object that has another owner, which makes a new version of it.
    pub fn strip(&mut self, cluster: &mut Cluster) {
        let torn = |row: &usize| {
            let living = cluster.rows[*row].owners.iter().filter(|owner| self.lives(cluster, owner)).count();
            living > 0 && living < cluster.rows[*row].owners.len()
        };
        let found: Vec<_> = (0..cluster.rows.len()).filter(torn).collect();
        if !found.is_empty() {
            let which = found[self.any(found.len())];
            let mut owners = cluster.rows[which].owners.clone();
            owners.retain(|owner| self.lives(cluster, owner));
            cluster.rows[which].owners = owners;
            cluster.touch(which);
        }
    }
}
