//! Who scrapes a tier.

use super::{Scene, Search};
use crate::{
    model::{PodMatch, Selector},
    observe::{Monitor, Scraper, ServiceRow, SourceRef},
};

/// The longest value of a label.
const LONGEST: usize = 63;

impl Scene<'_> {
    /// Who scrapes the tier: every Prometheus that reads a monitor which asks for it.
    pub(super) fn scrapers(&self) -> Search {
        let mut search = Search::default();
        let mut any = false;
        let services = self.world.services.of(self.own).into_iter().map(|(_, row)| row);
        let before: Vec<_> = services.filter(|row| self.is_before(row)).collect();
        for monitor in self.world.callers.monitors().filter(|monitor| self.asks_for_it(monitor, &before)) {
            any = true;
            let title = format!("{} {}/{}", monitor.kind, monitor.namespace, monitor.name);
            let mut read = false;
            for (which, scraper) in self.world.callers.scrapers() {
                if !self.reads(which, scraper, monitor) {
                    continue;
                }
                read = true;
                if !self.vouched(&which.namespace) {
                    search.doubt(format!(
                        "{which} reads {title}, and its namespace is not among the platform's `protectedNamespaces`"
                    ));
                } else if scraper.host_network || which.name.len() > LONGEST {
                    search.doubt(format!("{which} reads {title}, and no selector matches its Pods"));
                } else {
                    // What the Prometheus operator puts on the Pods of every Prometheus (`pkg/prometheus/labels.go`).
                    let labels =
                        [("app.kubernetes.io/name", "prometheus"), ("operator.prometheus.io/name", &which.name)];
                    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
                    let Some(selector) = Selector::of_labels(labels) else { continue };
                    search.admit((&which.namespace, self.own), selector, format!("{which} reads {title}"));
                }
            }
            if !read {
                search.doubt(format!("no Prometheus reads {title}"));
            }
        }
        if !any {
            search.doubt("no PodMonitor and no ServiceMonitor here or of the platform asks for the tier");
        }
        search.doubt_hidden(self.world, &["PodMonitor", "ServiceMonitor", "Prometheus"]);
        search
    }

    /// Those of other tenants do not count: with a scraper of their own they would open the tier for it. `before`: the Services
    /// that lead to the tier.
    fn asks_for_it(&self, monitor: &Monitor, before: &[&ServiceRow]) -> bool {
        if !self.vouched(&monitor.namespace) || !monitor.looks_at(self.own) {
            return false;
        }
        if monitor.kind == "PodMonitor" {
            let pods = || self.world.pods.classes(self.own).filter(|class| self.tier.selector.matches(&class.labels));
            // Where there are none yet, the labels that they must have tell.
            return pods().any(|class| monitor.selects.matches(&class.labels))
                || (pods().next().is_none() && monitor.selects.matches(self.tier.selector.labels()));
        }
        before.iter().any(|row| monitor.selects.matches(&row.labels))
    }

    fn reads(&self, which: &SourceRef, scraper: &Scraper, monitor: &Monitor) -> bool {
        let chosen = if monitor.kind == "PodMonitor" { &scraper.pod_monitors } else { &scraper.service_monitors };
        let there = match &chosen.namespaces {
            None => monitor.namespace == which.namespace,
            Some(PodMatch::All) => true,
            Some(PodMatch::Selected(selector)) => {
                self.world.namespaces.get(&monitor.namespace).is_some_and(|labels| selector.matches(labels))
            }
        };
        // With this setting every monitor stands for its own namespace alone.
        let looks = !scraper.own_namespaces_only || monitor.namespace == self.own;
        there && looks && chosen.monitors.as_ref().is_some_and(|monitors| monitors.matches(&monitor.labels))
    }
}
