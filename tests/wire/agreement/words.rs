//! Ports as plans write them: `TCP 80,8080-8089,UDP 53`, `all ports`, `all ports but TCP 80`.

/// Ports.
pub struct Words {
    all_but: bool,
    spans: Vec<(String, u16, u16)>,
}

impl Words {
    /// Reads them; none when there is no word.
    pub fn read(text: &str) -> Self {
        let (all_but, listed) = match text.strip_prefix("all ports") {
            Some(rest) => (true, rest.strip_prefix(" but ").unwrap_or_default()),
            None => (false, text),
        };
        let (mut protocol, mut spans) = (String::new(), Vec::new());
        for part in listed.split(',').filter(|part| !part.is_empty()) {
            let numbers = match part.split_once(' ') {
                Some((name, numbers)) => {
                    name.clone_into(&mut protocol);
                    numbers
                }
                None => part,
            };
            let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
            let read = |number: &str| number.parse().unwrap_or_else(|_| panic!("'{number}' is no port, in '{text}'"));
            spans.push((protocol.clone(), read(first), read(last)));
        }
        Self { all_but, spans }
    }

    /// Is this one, as `53/UDP`, among them?
    pub fn have(&self, port: &str) -> bool {
        let (number, protocol) = port.split_once('/').expect("a port with its protocol");
        let number: u16 = number.parse().expect("a number");
        let listed = self.spans.iter().any(|(of, first, last)| of == protocol && (*first..=*last).contains(&number));
        listed != self.all_but
    }
}

#[test]
fn ports_are_read_as_plans_write_them() {
    for (text, has, lacks) in [
        ("TCP 80,8080-8089,UDP 53", &["80/TCP", "8085/TCP", "53/UDP"][..], &["53/TCP", "80/UDP", "8090/TCP"][..]),
        ("all ports", &["1/TCP", "53/UDP"], &[]),
        ("all ports but TCP 53,UDP 53", &["54/TCP", "53/SCTP"], &["53/TCP", "53/UDP"]),
        ("", &[], &["80/TCP"]),
    ] {
        let words = Words::read(text);
        assert!(has.iter().all(|port| words.have(port)) && !lacks.iter().any(|port| words.have(port)), "{text}");
    }
}
