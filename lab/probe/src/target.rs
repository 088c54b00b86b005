//! What is connected to, and how.

use std::{
    net::SocketAddr,
    str::FromStr,
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

impl Target {
    /// Does a new connection succeed? Nothing when nobody can say: on a busy machine this may get to look so late that the
    /// success may be that of the second packet.
    pub async fn answers(self) -> Option<bool> {
        let attempt = async {
            match self.kind {
                Kind::Tcp => self.tcp(None).await,
                Kind::DnsTcp => self.tcp(Some(QUERY)).await,
                Kind::Dns => self.udp().await,
            }
        };
        let began = Instant::now();
        let open = timeout(PATIENCE, attempt).await.is_ok_and(|done| done.is_ok());
        (!open || began.elapsed() < AGAIN).then_some(open)
    }

    async fn tcp(self, query: Option<&[u8]>) -> std::io::Result<()> {
        let socket = TcpSocket::new_v4()?;
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

    async fn udp(self) -> std::io::Result<()> {
        let socket = UdpSocket::bind("0.0.0.0:0").await?;
        socket.connect(self.address).await?;
        socket.send(QUERY).await?;
        socket.recv(&mut [0; 512]).await?;
        Ok(())
    }
}
