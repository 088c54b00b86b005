//! Makes new connections from where it runs, and says what became of each: for `kubectl appnet verify`, which starts it in Pods
//! with the labels of those that are asked about.

use std::{
    fmt,
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use futures::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// A query for `kubernetes.default.svc.cluster.local`, type A, with recursion desired. Any answer to it is one.
const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01";

/// At the same time. What is denied is waited for in vain, and all of these are in the time of one.
const AT_ONCE: usize = 32;

/// How long an answer to a datagram is waited for, before it is sent again.
const AGAIN: Duration = Duration::from_secs(1);

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    kind: Kind,
    address: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tcp,
    Dns,
    DnsTcp,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' must be tcp:ADDRESS:PORT, dns:ADDRESS:PORT or dnstcp:ADDRESS:PORT");
        let (kind, address) = text.split_once(':').ok_or_else(wrong)?;
        let kind = match kind {
            "tcp" => Kind::Tcp,
            "dns" => Kind::Dns,
            "dnstcp" => Kind::DnsTcp,
            _ => return Err(wrong()),
        };
        Ok(Self { kind, address: address.parse().map_err(|_| wrong())? })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Tcp => "tcp",
            Kind::Dns => "dns",
            Kind::DnsTcp => "dnstcp",
        };
        write!(f, "{kind}:{}", self.address)
    }
}

/// Tries each target once; a line for each, `TARGET open|refused|silent`, in their order and as soon as they are known.
pub async fn connect(targets: &[Target], within: Duration, mut tell: impl FnMut(&str)) {
    let tries = targets.iter().map(|target| async move {
        let became = match timeout(within, target.answers()).await {
            Ok(Ok(())) => "open",
            // The other end, or its node, is there and nobody listens.
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => "refused",
            Ok(Err(_)) | Err(_) => "silent",
        };
        format!("{target} {became}")
    });
    let mut lines = stream::iter(tries).buffered(AT_ONCE);
    while let Some(line) = lines.next().await {
        tell(&line);
    }
}

impl Target {
    async fn answers(&self) -> std::io::Result<()> {
        match self.kind {
            Kind::Tcp => TcpStream::connect(self.address).await.map(drop),
            Kind::DnsTcp => {
                let mut stream = TcpStream::connect(self.address).await?;
                let length = u16::try_from(QUERY.len()).map_err(std::io::Error::other)?;
                stream.write_all(&[&length.to_be_bytes(), QUERY].concat()).await?;
                stream.read_exact(&mut [0; 12]).await.map(drop)
            }
            Kind::Dns => {
                let any: SocketAddr = if self.address.is_ipv6() {
                    (Ipv6Addr::UNSPECIFIED, 0).into()
                } else {
                    (Ipv4Addr::UNSPECIFIED, 0).into()
                };
                let socket = UdpSocket::bind(any).await?;
                socket.connect(self.address).await?;
                // Datagrams get lost: a second one is sent before the first is given up.
                let mut answer = [0; 512];
                loop {
                    socket.send(QUERY).await?;
                    if let Ok(received) = timeout(AGAIN, socket.recv(&mut answer)).await {
                        return received.map(drop);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_listens_is_open_and_what_does_not_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let open = format!("tcp:{}", listener.local_addr().expect("an address"));
        let closed = {
            let other = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            format!("tcp:{}", other.local_addr().expect("an address"))
        };
        let targets: Vec<Target> = [&open, &closed].map(|text| text.parse().expect("a target")).to_vec();
        let mut lines = Vec::new();
        connect(&targets, Duration::from_secs(5), |line| lines.push(line.to_owned())).await;
        assert_eq!(lines, [format!("{open} open"), format!("{closed} refused")]);
    }

    #[test]
    fn a_target_is_written_as_it_is_read() {
        for text in ["tcp:10.0.0.1:80", "dns:[fd00::a]:53", "dnstcp:10.96.0.10:53"] {
            assert_eq!(text.parse::<Target>().map(|target| target.to_string()), Ok(text.to_owned()));
        }
        for text in ["10.0.0.1:80", "tcp:example.com:80", "sctp:10.0.0.1:80", "tcp:10.0.0.1"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
