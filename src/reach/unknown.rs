//! Pairs of which nobody can tell whether they may speak.
//!
//! On the wire a Pod on the host network is its node, and what policies say of nodes is not defined. Such a Pod and one
//! that policies isolate may speak for certain only where a rule is for everyone.

use rustc_hash::FxHashMap;

use super::{ClassId, Direction, End, Line, Map, MapEnd, Node, PortSet, PortTable, PortsId};

impl Map<'_> {
    /// Every pair of nodes of which something is unknown, in the order of [`Map::for_each`], with the ports of which nobody
    /// can tell.
    ///
    /// # Errors
    /// Whatever `each` answers ends the walk.
    pub fn for_each_unknown<E>(
        &mut self,
        mut each: impl FnMut(Line<'_>, &PortTable) -> Result<(), E>,
    ) -> Result<(), E> {
        let all = 0..self.nodes().all().len();
        let (on_host, others): (Vec<_>, Vec<_>) = all.clone().partition(|at| self.nodes().all()[*at].host_network);
        if on_host.is_empty() {
            return Ok(());
        }
        let mut known: FxHashMap<(ClassId, ClassId), PortsId> = FxHashMap::default();
        for from in all.filter(|from| self.chosen().may_begin(Some(*from))).collect::<Vec<_>>() {
            let called = if self.nodes().all()[from].host_network { &others } else { &on_host };
            for to in called.iter().copied() {
                if !self.chosen().has(Some(from), Some(to)) {
                    continue;
                }
                let key = (self.nodes().all()[from].class, self.nodes().all()[to].class);
                let ports = if let Some(ports) = known.get(&key) {
                    *ports
                } else {
                    let unknown = self.unknown(from, to);
                    let ports = self.ports_id(unknown);
                    known.insert(key, ports);
                    ports
                };
                if ports != PortsId::NONE {
                    let nodes = self.nodes().all();
                    let (from, to) = (MapEnd::Node(&nodes[from]), MapEnd::Node(&nodes[to]));
                    each(Line { from, to, ports }, self.ports())?;
                }
            }
        }
        Ok(())
    }

    fn unknown(&self, from: usize, to: usize) -> PortSet {
        let nodes: &[Node] = self.nodes().all();
        let (from, to) = (&nodes[from], &nodes[to]);
        let (pod, direction) =
            if from.host_network { (to.pod, Direction::Ingress) } else { (from.pod, Direction::Egress) };
        if self.reach().isolating(pod, direction).is_empty() {
            return PortSet::default();
        }
        PortSet::all().without(&self.reach().ports_between(End::Pod(from.pod), End::Pod(to.pod)))
    }
}
