//! Changes one by one: only what they touch is worked out anew.

use super::{
    Direction, Pod, PodId, Policy, PolicyId, Reach,
    engine::BOTH,
    population::ClassId,
    words::{Word, number},
};

/// Where the map may have changed: in the rows of these classes, and nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The classes whom others may call or not for new reasons. Sorted.
    pub ingress: Vec<ClassId>,
    /// The classes that may call others or not for new reasons. Sorted.
    pub egress: Vec<ClassId>,
    /// All classes have new numbers: a policy looks at a key or at the name of a port that none has looked at before.
    pub renumbered: bool,
}

impl Touched {
    fn add_both(&mut self, class: ClassId) {
        for direction in BOTH {
            self.add(direction, &[class]);
        }
    }

    /// May the rows of this class have changed?
    #[must_use]
    pub fn has(&self, direction: Direction, class: ClassId) -> bool {
        let list = match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        };
        self.renumbered || list.binary_search(&class).is_ok()
    }

    /// Where either change may have changed something.
    pub fn merge(&mut self, other: &Self) {
        self.add(Direction::Ingress, &other.ingress);
        self.add(Direction::Egress, &other.egress);
        self.renumbered |= other.renumbered;
    }

    fn add(&mut self, direction: Direction, classes: &[ClassId]) {
        let list = match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        };
        list.extend_from_slice(classes);
        list.sort_unstable();
        list.dedup();
    }
}

impl Reach {
    /// Adds a policy, or replaces the one of its name.
    pub fn put_policy(&mut self, policy: &Policy) -> Touched {
        let mut touched = Touched::default();
        if let Some(known) = self.find_policy(&policy.namespace, &policy.name) {
            self.touch(known, &mut touched);
            self.leave(known);
        }
        let id = self.compile(policy);
        let (keys, names) = self.words_looked_at(id..id + 1);
        if self.population.look_at(keys, names) {
            self.settle();
            return Touched { renumbered: true, ..Touched::default() };
        }
        self.sets.update(&self.population);
        for side in &mut self.sides {
            side.users.resize_with(self.sets.len(), Vec::new);
        }
        self.enter(id);
        self.touch(id, &mut touched);
        touched
    }

    /// Takes a policy away; nothing happens when there is none of this name.
    pub fn remove_policy(&mut self, namespace: &str, name: &str) -> Touched {
        let mut touched = Touched::default();
        if let Some(known) = self.find_policy(namespace, name) {
            self.touch(known, &mut touched);
            self.leave(known);
            self.forget_policy(known);
        }
        touched
    }

    /// Adds a Pod. Its number, and what it touches: nothing in the map, when there are Pods of its class already.
    pub fn add_pod(&mut self, pod: &Pod) -> (PodId, Touched) {
        let (namespaces, classes) = (self.population.namespaces.len(), self.population.classes.len());
        let (id, class) = self.population.add(pod);
        let mut touched = Touched::default();
        if namespaces != self.population.namespaces.len() {
            // Selectors of namespaces have not been asked about it.
            self.settle();
            touched.renumbered = true;
        } else if classes != self.population.classes.len() {
            self.welcome(class);
        }
        if self.population.sizes[class as usize] == 1 {
            touched.add_both(class);
        }
        (id, touched)
    }

    /// Takes a Pod away.
    pub fn remove_pod(&mut self, pod: PodId) -> Touched {
        let class = self.population.class(pod);
        self.population.remove(pod);
        let mut touched = Touched::default();
        if self.population.sizes[class as usize] == 0 {
            touched.add_both(class);
        }
        touched
    }

    /// The number of a policy; nothing when there is none of this name.
    #[must_use]
    pub fn find_policy(&self, namespace: &str, name: &str) -> Option<PolicyId> {
        let name: Word = self.population.words.find(name)?;
        self.policy_ids.get(&(self.population.find_namespace(namespace)?, name)).copied()
    }

    fn touch(&self, id: PolicyId, touched: &mut Touched) {
        let Some(policy) = self.policy(id) else { return };
        for direction in BOTH.into_iter().filter(|direction| policy.rules[*direction as usize].is_some()) {
            touched.add(direction, self.sets.classes(policy.subject));
        }
    }

    /// A class that was not there before: who selects it, and who names it.
    fn welcome(&mut self, class: ClassId) {
        let joined = self.sets.welcome(class, &self.population);
        let mut is_joined = vec![false; self.sets.len()];
        for set in &joined {
            is_joined[set.index()] = true;
        }
        for direction in BOTH {
            let selects = |id: &PolicyId| {
                self.policy(*id).is_some_and(|policy| {
                    policy.rules[direction as usize].is_some() && is_joined[policy.subject.index()]
                })
            };
            let isolating = (0..number(self.policies.len())).filter(selects).collect();
            let side = &mut self.sides[direction as usize];
            side.isolating.push(isolating);
            side.member_of.push(joined.iter().copied().filter(|set| !side.users[set.index()].is_empty()).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::LabelSelector,
        model::{Labels, NonEmpty, Selector},
        observe::Workload,
        reach::{Connection, End, NamespacesOf, Outcome, Peer, Peers, Picture, PodsOf, Ports, Rule},
    };

    fn pod(app: &str) -> Pod {
        Pod {
            namespace: "shop".into(),
            name: app.into(),
            workload: Workload { kind: "Pod".into(), name: app.into() },
            labels: Labels::from([("app".into(), app.into())]),
            ..Pod::default()
        }
    }

    /// A policy that lets everyone in to the Pods of an app.
    fn policy(name: &str, app: &str) -> Policy {
        Policy {
            namespace: "shop".into(),
            name: name.into(),
            subject: PodsOf::Selected(Selector::of_label("app", app)),
            ingress: Some(vec![Rule { peers: Peers::Any, ports: Ports::any() }]),
            egress: None,
            ignored: Vec::new(),
        }
    }

    fn reach() -> Reach {
        let pods = vec![pod("web"), pod("db")];
        let namespaces = [("shop".to_owned(), Labels::new())].into();
        Reach::new(&Picture { namespaces, pods, policies: vec![policy("web", "web")], ..Picture::default() })
    }

    #[test]
    fn a_policy_touches_whom_it_selects_and_whom_it_selected() {
        let mut reach = reach();
        let (web, db) = (reach.class_of(0), reach.class_of(1));
        assert_ne!(web, db);
        let touched = reach.put_policy(&policy("web", "db"));
        assert_eq!(touched, Touched { ingress: vec![web.min(db), web.max(db)], ..Touched::default() });
        assert_eq!(reach.isolating(0, Direction::Ingress).len(), 0);
        assert_eq!(reach.isolating(1, Direction::Ingress).len(), 1);
        let both = Policy { egress: Some(Vec::new()), ..policy("web", "db") };
        assert_eq!(reach.put_policy(&both), Touched { ingress: vec![db], egress: vec![db], renumbered: false });
        assert_eq!(reach.remove_policy("shop", "web").egress, [db]);
        assert_eq!(reach.isolating(1, Direction::Egress).len(), 0);
        assert_eq!(reach.remove_policy("shop", "web"), Touched::default());
    }

    #[test]
    fn a_key_that_is_new_renumbers_the_classes_and_one_that_is_known_does_not() {
        let mut reach = reach();
        let other = Policy { subject: PodsOf::Selected(Selector::of_label("part", "x")), ..policy("other", "") };
        assert!(reach.put_policy(&other).renumbered);
        assert!(!reach.put_policy(&Policy { name: "again".into(), ..other }).renumbered);
    }

    #[test]
    fn only_the_first_and_the_last_pod_of_a_class_touch_the_map() {
        let mut reach = reach();
        let whole = |class| Touched { ingress: vec![class], egress: vec![class], renumbered: false };
        let (second, touched) = reach.add_pod(&pod("web"));
        assert_eq!(touched, Touched::default());
        assert_eq!(reach.remove_pod(0), Touched::default());
        assert_eq!(reach.remove_pod(second), whole(reach.class_of(second)));
        let (new, touched) = reach.add_pod(&pod("new"));
        assert_eq!(touched, whole(reach.class_of(new)));
        // A Pod of a namespace that nobody has spoken of: no selector of namespaces has been asked about it.
        assert!(reach.add_pod(&Pod { namespace: "elsewhere".into(), ..pod("web") }).1.renumbered);
    }

    #[test]
    fn a_number_that_a_policy_gave_back_is_taken_again() {
        let mut reach = reach();
        let id = reach.find_policy("shop", "web").expect("it is there");
        reach.remove_policy("shop", "web");
        assert_eq!(reach.find_policy("shop", "web"), None);
        reach.put_policy(&policy("other", "db"));
        assert_eq!(reach.find_policy("shop", "other"), Some(id));
        assert_eq!(reach.policy_name(id), Some(("shop", "other")));
    }

    #[test]
    fn a_pod_may_come_to_a_namespace_that_only_a_new_policy_has_named() {
        let name = Labels::from([("kubernetes.io/metadata.name".to_owned(), "new".to_owned())]);
        let selector = LabelSelector { match_labels: name, ..LabelSelector::default() };
        let namespaces = NamespacesOf::Selected(Selector::parse(&selector).expect("a selector"));
        let peers = Peers::These(NonEmpty::one(Peer::Pods { namespaces, pods: PodsOf::All }));
        let policy = |namespace: &str, ingress| Policy {
            namespace: namespace.to_owned(),
            subject: PodsOf::All,
            ingress: Some(ingress),
            ..policy("one", "a")
        };
        let pod = |namespace: &str| Pod { namespace: namespace.to_owned(), ..pod("a") };
        let from_new = policy("old", vec![Rule { peers, ports: Ports::any() }]);
        let mut reach = Reach::new(&Picture { pods: vec![pod("old")], policies: vec![from_new], ..Picture::default() });
        reach.put_policy(&policy("new", Vec::new()));
        let (came, _) = reach.add_pod(&pod("new"));
        let protocol = crate::api::Protocol::Tcp;
        let verdict = |from, to| reach.query(&Connection { from, to, protocol, port: 80 }).outcome();
        assert_eq!(verdict(End::Pod(came), End::Pod(0)), Outcome::Allowed);
        assert_eq!(verdict(End::Pod(0), End::Pod(came)), Outcome::Denied);
    }

    #[test]
    fn what_two_changes_touch_is_what_either_touches() {
        let mut touched = Touched { ingress: vec![4, 7], ..Touched::default() };
        touched.merge(&Touched { ingress: vec![2, 7], egress: vec![5], renumbered: false });
        assert_eq!(touched, Touched { ingress: vec![2, 4, 7], egress: vec![5], renumbered: false });
        for (class, wanted) in [(2, [true, false]), (5, [false, true]), (6, [false, false])] {
            assert_eq!(BOTH.map(|direction| touched.has(direction, class)), wanted, "{class}");
        }
        touched.merge(&Touched { renumbered: true, ..Touched::default() });
        touched.merge(&Touched::default());
        assert!(touched.renumbered && touched.has(Direction::Egress, 6));
    }
}
