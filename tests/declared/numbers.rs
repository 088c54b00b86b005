//! Sets of ports, the naive way: the numbers that anything here speaks of cut the ports into a few pieces, and a set is a
//! bit for each piece of each protocol.

use std::ops::{BitAnd, BitOrAssign};

use appnet::{
    api::Protocol,
    reach::{PROTOCOLS, PortSet},
};

/// Every number that a profile, a Service or a container here may speak of. Some are neighbours.
const SPOKEN_OF: [u16; 13] = [1, 53, 80, 81, 443, 5353, 6443, 8080, 8090, 9000, 9090, 9091, 65535];

/// A set of ports of all protocols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers(u128);

impl Numbers {
    pub const ALL: Self = Self((1 << (3 * PIECES)) - 1);

    /// From the first to the last port of a protocol.
    pub fn span(protocol: Protocol, first: u16, last: u16) -> Self {
        let (first, last) = (begins(first).expect("a number of the list"), ends(last).expect("a number of the list"));
        let place = PROTOCOLS.iter().position(|other| *other == protocol).expect("one of three");
        Self((first..=last).map(|piece| 1 << (place * PIECES + piece)).fold(0, |bits: u128, bit: u128| bits | bit))
    }

    /// The evaluator's set, range by range; nothing when one of its ranges begins or ends where nobody here spoke of a port.
    pub fn of(ports: &PortSet) -> Option<Self> {
        let mut bits = 0;
        for (place, protocol) in PROTOCOLS.iter().enumerate() {
            for (first, last) in ports.spans(*protocol) {
                let (first, last) = (begins(*first)?, ends(*last)?);
                bits |= ((1 << (last + 1)) - (1 << first)) << (place * PIECES);
            }
        }
        Some(Self(bits))
    }

    pub fn is_some_but_not_all(self) -> bool {
        self != Self::default() && self != Self::ALL
    }
}

impl BitOrAssign for Numbers {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Numbers {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// The first port of each piece: a number that is spoken of is a piece of its own.
const STARTS: [u16; PIECES] = [
    1, 2, 53, 54, 80, 81, 82, 443, 444, 5353, 5354, 6443, 6444, 8080, 8081, 8090, 8091, 9000, 9001, 9090, 9091, 9092,
    65535,
];
const PIECES: usize = 23;

/// The piece that begins with this port.
fn begins(port: u16) -> Option<usize> {
    STARTS.binary_search(&port).ok()
}

/// The piece that ends with this port.
fn ends(port: u16) -> Option<usize> {
    match port {
        u16::MAX => Some(PIECES - 1),
        port => begins(port + 1)?.checked_sub(1),
    }
}

#[test]
fn every_number_that_is_spoken_of_is_a_piece_of_its_own() {
    for number in SPOKEN_OF {
        assert_eq!(begins(number), ends(number), "{number}");
        assert!(begins(number).is_some(), "{number}");
    }
    let mut starts: Vec<u32> =
        SPOKEN_OF.iter().flat_map(|number| [u32::from(*number), u32::from(*number) + 1]).collect();
    starts.dedup();
    starts.retain(|start| u16::try_from(*start).is_ok());
    assert_eq!(starts, STARTS.map(u32::from));
}

#[test]
fn the_evaluators_sets_are_taken_over_port_by_port() {
    let set = PortSet::of([(Protocol::Tcp, (80, 443)), (Protocol::Udp, (53, 53))]);
    let mut expected = Numbers::span(Protocol::Tcp, 80, 443);
    expected |= Numbers::span(Protocol::Udp, 53, 53);
    assert_eq!(Numbers::of(&set), Some(expected));
    assert_eq!(Numbers::of(&PortSet::all()), Some(Numbers::ALL));
    assert_eq!(Numbers::of(&PortSet::default()), Some(Numbers::default()));
    // Nobody spoke of 100: no set of ours is equal to this one.
    assert_eq!(Numbers::of(&PortSet::span(Protocol::Tcp, 80, 100)), None);
}
