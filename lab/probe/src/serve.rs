//! Servers.

use std::time::Duration;

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

/// Accepts connections on all ports, for ever.
pub async fn serve(ports: &[&str]) -> Result<(), String> {
    let mut listeners = tokio::task::JoinSet::new();
    for port in ports {
        let number: u16 = port.parse().map_err(|_| format!("'{port}' is no port"))?;
        let listener = TcpListener::bind(("0.0.0.0", number))
            .await
            .map_err(|error| format!("cannot listen on {number}: {error}"))?;
        listeners.spawn(accept(listener));
    }
    until_told_to_stop().await
}

/// As the first process of a container a program gets no default signal handling, and would be killed only after 30 s.
pub async fn until_told_to_stop() -> Result<(), String> {
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| format!("cannot listen to signals: {error}"))?;
    end.recv().await;
    Ok(())
}

async fn accept(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream))),
            // Too many open files, say: others may be closed soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

async fn answer(mut stream: TcpStream) {
    // A client that has gone is no failure of ours.
    let _ = stream.write_all(b"here\n").await;
}
