//! Names of policies: readable, at most 63 characters, and never the same for two different things.

use sha2::{Digest, Sha256};

use super::Role;

/// Longer names are cut: tools show and labels hold 63 characters.
const LONGEST: usize = 63;
/// What separates the profile's name from the rest.
const ALLOW: &str = "-allow-";
/// The same in names of policies for the API server.
const API_SERVER: &str = "-apiserver-";
/// The end of the deny's name.
const DENY: &str = "-default-deny";
/// Hexadecimal digits of the hash that makes a name unambiguous.
const HASH_DIGITS: usize = 10;

/// The name of a policy: `<profile>-allow-<tier>`, `<profile>-allow-dns`, `<profile>-apiserver-<tier>`,
/// `<profile>-default-deny`. Policies of different kinds have different names too, so that a name alone says which.
///
/// Where that would be too long, or could be read in a second way (profile `a` with tier `b-allow-c`, profile
/// `a-allow-b` with tier `c`; a tier called `dns`), the name is cut and a hash of the parts is added.
#[must_use]
pub fn policy_name(profile: &str, role: &Role) -> String {
    let (plain, readable) = match role {
        // The first "-allow-" of a name always ends the profile's name, so only one profile can have written it.
        Role::Tier(tier) => {
            let name = format!("{profile}{ALLOW}{tier}");
            let readable = name.find(ALLOW) == Some(profile.len()) && tier != "dns";
            (name, readable)
        }
        Role::Dns => {
            let name = format!("{profile}{ALLOW}dns");
            let readable = name.find(ALLOW) == Some(profile.len());
            (name, readable)
        }
        Role::ApiServer(tier) => {
            let name = format!("{profile}{API_SERVER}{tier}");
            let like_another = name.contains(ALLOW) || name.ends_with(DENY);
            let readable = name.find(API_SERVER) == Some(profile.len()) && !like_another;
            (name, readable)
        }
        Role::DefaultDeny => (format!("{profile}{DENY}"), !profile.contains(ALLOW)),
        Role::Bridge(which) => (format!("{profile}-bridge-{which}"), false),
    };
    if readable && plain.len() <= LONGEST && !ends_like_a_hash(&plain) {
        return plain;
    }
    let hash = short_hash(&[profile, role.as_str(), role.subject()]);
    let kept: String = plain.chars().take(LONGEST - HASH_DIGITS - 1).collect();
    format!("{}-{hash}", kept.trim_end_matches(['-', '.']))
}

fn ends_like_a_hash(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| end.len() == HASH_DIGITS && end.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A short hash of parts; parts of different cut give different hashes.
#[must_use]
pub fn short_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .take(HASH_DIGITS)
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(name: &str) -> Role {
        Role::Tier(name.into())
    }

    #[test]
    fn short_names_are_readable() {
        assert_eq!(policy_name("shop", &tier("api")), "shop-allow-api");
        assert_eq!(policy_name("shop", &Role::Dns), "shop-allow-dns");
        assert_eq!(policy_name("shop", &Role::ApiServer("api".into())), "shop-apiserver-api");
        assert_eq!(policy_name("shop", &Role::DefaultDeny), "shop-default-deny");
    }

    #[test]
    fn what_could_be_read_in_two_ways_gets_a_hash() {
        assert_ne!(policy_name("a", &tier("b-allow-c")), policy_name("a-allow-b", &tier("c")));
        assert_ne!(policy_name("shop", &tier("dns")), policy_name("shop", &Role::Dns));
        assert_ne!(policy_name("x-allow-y", &Role::DefaultDeny), policy_name("x", &tier("y-default-deny")));
        let server = |profile: &str, tier: &str| policy_name(profile, &Role::ApiServer(tier.into()));
        assert_ne!(server("a", "b-apiserver-c"), server("a-apiserver-b", "c"));
        assert_ne!(server("a", "b-allow-c"), policy_name("a-apiserver-b", &tier("c")));
        assert_ne!(server("a-allow-b", "c"), policy_name("a", &tier("b-apiserver-c")));
        assert_ne!(server("a", "b-default-deny"), policy_name("a-apiserver-b", &Role::DefaultDeny));
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (a, b) = ("t".repeat(62) + "a", "t".repeat(62) + "b");
        let names = [policy_name("shop", &tier(&a)), policy_name("shop", &tier(&b))];
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.len() <= LONGEST), "{names:?}");
    }

    #[test]
    fn a_name_that_is_cut_keeps_all_that_fits_and_is_the_same_in_every_version() {
        // Another hash would be other policies beside those that older operators wrote.
        assert_eq!(short_hash(&["shop", "tier", "api"]), "904a104e5b");
        let long = "t".repeat(62) + "a";
        assert_eq!(policy_name("shop", &tier(&long)), format!("shop-allow-{}-371a00200f", "t".repeat(41)));
        assert_eq!(policy_name("shop", &tier("dns")), "shop-allow-dns-e64f8a1098");
    }

    #[test]
    fn a_tier_that_is_called_like_a_cut_name_does_not_get_it() {
        let cut = policy_name("shop", &tier(&"t".repeat(63)));
        let forged = cut.strip_prefix("shop-allow-").expect("it begins like the others");
        assert_ne!(policy_name("shop", &tier(forged)), cut);
    }
}
