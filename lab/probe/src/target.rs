//! What is connected to, and how.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, UdpSocket},
    time::timeout,
};

/// A lost first packet is sent again after a second: what takes longer than this was lost, not slow.
const PATIENCE: Duration = Duration::from_millis(900);

/// When a lost first packet is sent again.
const AGAIN: Duration = Duration::from_secs(1);

/// A query for `kubernetes.default.svc.cluster.local`, type A, with recursion desired.
const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01";

/// A local port that is free.
const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Tcp,
    Dns,
    DnsTcp,
}

/// Where a connection goes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    kind: Kind,
    address: SocketAddr,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is no target: it must be tcp:ADDRESS:PORT, dns:ADDRESS:PORT or dnstcp:ADDRESS:PORT");
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

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Open,
    Shut,
    /// It succeeded, but this got to look only so late that the success may be that of the second packet.
    Late,
}

impl Outcome {
    /// As it is printed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shut => "shut",
            Self::Late => "late",
        }
    }
}

/// What became of a connection.
pub struct Answer {
    pub outcome: Outcome,
    /// Its local port; 0 when it came to none.
    pub port: u16,
}

impl Target {
    /// Makes a new connection.
    pub async fn answers(self) -> Answer {
        let port = AtomicU16::new(0);
        let attempt = async {
            match self.kind {
                Kind::Tcp => self.tcp(None, &port).await,
                Kind::DnsTcp => self.tcp(Some(QUERY), &port).await,
                Kind::Dns => self.udp(&port).await,
            }
        };
        let began = Instant::now();
        let open = timeout(PATIENCE, attempt).await.is_ok_and(|done| done.is_ok());
        let outcome = match (open, began.elapsed() < AGAIN) {
            (true, true) => Outcome::Open,
            (true, false) => Outcome::Late,
            (false, _) => Outcome::Shut,
        };
        Answer { outcome, port: port.into_inner() }
    }

    async fn tcp(self, query: Option<&[u8]>, port: &AtomicU16) -> std::io::Result<()> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(ANY)?;
        port.store(socket.local_addr()?.port(), Ordering::Relaxed);
        // Closed by a reset: fifty connections a second would else leave thousands of ports in TIME_WAIT.
        socket.set_zero_linger()?;
        let mut stream = socket.connect(self.address).await?;
        if let Some(query) = query {
            let length = u16::try_from(query.len()).map_err(std::io::Error::other)?;
            stream.write_all(&[&length.to_be_bytes(), query].concat()).await?;
            stream.read_exact(&mut [0; 12]).await?;
        }
        Ok(())
    }

    async fn udp(self, port: &AtomicU16) -> std::io::Result<()> {
        let socket = UdpSocket::bind(ANY).await?;
        port.store(socket.local_addr()?.port(), Ordering::Relaxed);
        socket.connect(self.address).await?;
        socket.send(QUERY).await?;
        socket.recv(&mut [0; 512]).await?;
        Ok(())
    }
}
