//! Which Pods are alike, and which a policy and its rules are about: by class, without looking at labels again.

use std::collections::BTreeSet;

use super::{ClassId, Direction, Picture, Pod, PodId, PolicyId, Reach};

impl Reach {
    /// One of the wanted Pods of each class and workload, the first: the others are alike to every policy.
    pub fn kinds<'p>(&self, picture: &'p Picture, wanted: impl Fn(&Pod) -> bool) -> Vec<(PodId, &'p Pod)> {
        let mut seen = BTreeSet::new();
        let mut first =
            |id: PodId, pod: &'p Pod| seen.insert((self.class_of(id), pod.namespace.as_str(), &pod.workload));
        (0..).zip(&picture.pods).filter(|(id, pod)| wanted(pod) && first(*id, pod)).collect()
    }

    /// The classes of Pods that a policy selects, sorted.
    #[must_use]
    pub fn classes_selected(&self, policy: PolicyId) -> &[ClassId] {
        self.policy(policy).map_or(&[], |policy| self.sets.classes(policy.subject))
    }

    /// The classes of Pods that a rule's peers are, sorted. Of a rule about everyone none are listed.
    #[must_use]
    pub fn classes_of_peers(&self, policy: PolicyId, direction: Direction, rule: usize) -> &[ClassId] {
        self.rules(policy, direction).get(rule).map_or(&[], |rule| self.sets.classes(rule.peers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Labels, NonEmpty, Selector},
        observe::Workload,
        reach::{NamespacesOf, Peer, Peers, PodsOf, Policy, Ports, Rule},
    };

    fn pod(workload: &str, name: &str, app: &str) -> Pod {
        Pod {
            namespace: "shop".into(),
            name: name.into(),
            workload: Workload { kind: "Deployment".into(), name: workload.into() },
            labels: Labels::from([("app".into(), app.into())]),
            ..Pod::default()
        }
    }

    fn of_app(app: &str) -> PodsOf {
        PodsOf::Selected(Selector::of_label("app", app))
    }

    fn rule(apps: &[&str]) -> Rule {
        let peers = apps.iter().map(|app| Peer::Pods { namespaces: NamespacesOf::Own, pods: of_app(app) }).collect();
        Rule { peers: NonEmpty::new(peers).map_or(Peers::Any, Peers::These), ports: Ports::any() }
    }

    /// Policies for the Pods of `web` and of `db`, and Pods of three apps.
    fn picture() -> Picture {
        let policy = |app: &str, ingress, egress| Policy {
            namespace: "shop".into(),
            name: app.into(),
            subject: of_app(app),
            ingress: Some(ingress),
            egress: Some(egress),
            ignored: Vec::new(),
        };
        let web = policy("web", vec![rule(&[])], Vec::new());
        let db = policy("db", vec![rule(&["cli"]), rule(&["web"])], vec![rule(&["db"]), rule(&["web", "cli"])]);
        let pods = vec![
            pod("web", "web-0", "web"),
            pod("web", "web-1", "web"),
            pod("db", "db-0", "db"),
            pod("front", "front-0", "web"),
            pod("cli", "cli-0", "cli"),
        ];
        Picture { pods, policies: vec![web, db], ..Picture::default() }
    }

    #[test]
    fn of_pods_that_are_alike_the_first_wanted_one_of_each_workload_stands_for_all() {
        let picture = picture();
        let reach = Reach::new(&picture);
        let kinds = |wanted: &dyn Fn(&Pod) -> bool| -> Vec<_> {
            reach.kinds(&picture, wanted).into_iter().map(|(id, pod)| (id, pod.name.as_str())).collect()
        };
        assert_eq!(kinds(&|pod| pod.name != "db-0"), [(0, "web-0"), (3, "front-0"), (4, "cli-0")]);
        assert_eq!(kinds(&|pod| pod.name != "web-0"), [(1, "web-1"), (2, "db-0"), (3, "front-0"), (4, "cli-0")]);
    }

    #[test]
    fn a_policy_and_each_of_its_rules_are_about_classes() {
        let reach = Reach::new(&picture());
        let [web, db, cli] = [0, 2, 4].map(|pod| reach.class_of(pod));
        let [of_web, of_db] = ["web", "db"].map(|name| reach.find_policy("shop", name).expect("a policy"));
        assert_eq!((reach.classes_selected(of_web), reach.classes_selected(of_db)), (&[web][..], &[db][..]));
        let peers = |policy, direction, rule| reach.classes_of_peers(policy, direction, rule);
        assert_eq!(peers(of_db, Direction::Ingress, 0), [cli]);
        assert_eq!(peers(of_db, Direction::Ingress, 1), [web]);
        assert_eq!(peers(of_db, Direction::Egress, 0), [db]);
        assert_eq!(peers(of_db, Direction::Egress, 1), [web.min(cli), web.max(cli)]);
        // About everyone; and a rule that is not there.
        assert_eq!((peers(of_web, Direction::Ingress, 0), peers(of_web, Direction::Egress, 0)), (&[][..], &[][..]));
    }
}
