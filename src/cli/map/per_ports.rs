//! What is worked out once for each set of ports: a map has millions of lines and a few dozen different sets.

use crate::reach::{PortSet, PortTable, PortsId};

/// Something for each set of ports.
pub struct PerPorts<T> {
    known: Vec<T>,
    make: fn(&PortSet) -> T,
}

impl PerPorts<Box<[u8]>> {
    /// As people write ports: `TCP 80,443`.
    pub fn texts() -> Self {
        Self::new(|ports| ports.to_string().into_bytes().into())
    }
}

impl<T> PerPorts<T> {
    pub fn new(make: fn(&PortSet) -> T) -> Self {
        Self { known: Vec::new(), make }
    }

    pub fn get(&mut self, ports: PortsId, table: &PortTable) -> &T {
        let known = self.known.len();
        self.known.extend((known..=ports.index()).filter_map(|place| table.at(place)).map(self.make));
        &self.known[ports.index()]
    }
}
