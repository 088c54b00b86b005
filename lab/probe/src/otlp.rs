//! A collector of telemetry: OTLP over HTTP, as far as whoever sends sees it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::serve::until_told_to_stop;

/// What may be sent, by the paths that the protocol gives it.
const SIGNALS: [&str; 3] = ["/v1/traces", "/v1/metrics", "/v1/logs"];

/// More than the lab ever sends.
const LARGEST: usize = 4 << 20;

/// One line for each thing that came.
type Received = Arc<Mutex<Vec<String>>>;

/// Takes what is sent to this port, for ever.
pub async fn collect(port: &str) -> Result<(), String> {
    let number: u16 = port.parse().map_err(|_| format!("'{port}' is no port"))?;
    let listener =
        TcpListener::bind(("0.0.0.0", number)).await.map_err(|error| format!("cannot listen on {number}: {error}"))?;
    let received = Received::default();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let received = received.clone();
            // Whoever breaks off has sent nothing.
            tokio::spawn(async move { drop(answer(stream, &received).await) });
        }
    });
    until_told_to_stop().await
}

/// One request, and the end of the connection.
async fn answer(stream: TcpStream, received: &Received) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let (method, path) = match line.split(' ').collect::<Vec<_>>().as_slice() {
        [method, path, _] => ((*method).to_owned(), (*path).to_owned()),
        _ => return Ok(()),
    };
    let (mut length, mut kind) = (0, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "content-type" => value.trim().clone_into(&mut kind),
            // `curl` waits for it before it sends more than a little.
            "expect" => stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
            _ => {}
        }
    }
    let (code, text) = match (method.as_str(), path.as_str()) {
        ("GET", "/received") => ("200 OK", received.lock().unwrap_or_else(PoisonError::into_inner).concat()),
        ("POST", path) if SIGNALS.contains(&path) && length <= LARGEST => {
            let mut content = vec![0; length];
            stream.read_exact(&mut content).await?;
            let told = format!("{path} {kind} {length} {}\n", String::from_utf8_lossy(&content).escape_debug());
            print!("{told}");
            received.lock().unwrap_or_else(PoisonError::into_inner).push(told);
            // What the protocol answers when it takes all of it.
            ("200 OK", "{}".to_owned())
        }
        _ => ("404 Not Found", String::new()),
    };
    let head = format!(
        "HTTP/1.1 {code}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    stream.write_all(&[head.as_bytes(), text.as_bytes()].concat()).await?;
    stream.shutdown().await
}
