//! Asks an operator's endpoints whether it is well: for places that have its image and nothing else.

use std::time::Duration;

use http::Uri;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};

/// One try that hangs must not use up the time of all.
const LONGEST_TRY: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);
/// As much of an answer as is read: the status and a sentence.
const LONGEST_ANSWER: u64 = 4096;

/// Why there was no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Not an address to ask.
    #[error("must be a plain HTTP address such as 'http://127.0.0.1:8080/readyz'")]
    Address,
    /// No answer.
    #[error("no answer: {0}")]
    Silent(#[from] std::io::Error),
    /// No answer in time.
    #[error("no answer in time")]
    Late,
    /// An answer that is not HTTP.
    #[error("answered, but not as an HTTP server does")]
    NotHttp,
    /// An answer that says no.
    #[error("answered {code}: {says}")]
    Bad {
        /// The status.
        code: u16,
        /// The first line of the answer.
        says: String,
    },
}

/// Gets `address` until the answer is good (2xx) or the time is up.
///
/// # Errors
/// What was wrong with the last answer.
pub async fn probe(address: &Uri, within: Duration) -> Result<(), ProbeError> {
    let (Some("http"), Some(host)) = (address.scheme_str(), address.host()) else { return Err(ProbeError::Address) };
    // Brackets mark an IPv6 address in an address of the web, and are no part of it.
    let host = host.trim_matches(['[', ']']);
    let end = Instant::now() + within;
    loop {
        let next = Instant::now() + PAUSE;
        let tried = timeout_at(end.min(Instant::now() + LONGEST_TRY), get(address, host)).await;
        let error = match tried.unwrap_or(Err(ProbeError::Late)) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if next >= end {
            return Err(error);
        }
        sleep_until(next).await;
    }
}

async fn get(address: &Uri, host: &str) -> Result<(), ProbeError> {
    let mut stream = TcpStream::connect((host, address.port_u16().unwrap_or(80))).await?;
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    let authority = address.authority().map_or(host, |authority| authority.as_str());
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    read(&String::from_utf8_lossy(&answer))
}

fn read(answer: &str) -> Result<(), ProbeError> {
    let status = answer.strip_prefix("HTTP/").and_then(|rest| rest.split_ascii_whitespace().nth(1));
    match status.and_then(|code| code.parse().ok()) {
        Some(200..=299) => Ok(()),
        Some(code) => {
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            Err(ProbeError::Bad { code, says: body.lines().next().unwrap_or_default().to_owned() })
        }
        None => Err(ProbeError::NotHttp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_of_2xx_is_good() {
        assert!(read("HTTP/1.1 200 OK\r\n\r\nok").is_ok());
        let said = read("HTTP/1.1 503 Service Unavailable\r\nx: y\r\n\r\nnot yet\nmore").unwrap_err().to_string();
        assert_eq!(said, "answered 503: not yet");
        for answer in ["", "HTTP/1.1", "HTTP/1.1 x", "SSH-2.0 200 OK"] {
            assert!(matches!(read(answer), Err(ProbeError::NotHttp)), "{answer}");
        }
    }

    #[tokio::test]
    async fn other_addresses_than_plain_http_are_refused() {
        for address in ["https://127.0.0.1/readyz", "/readyz", "127.0.0.1:8080"] {
            let asked = probe(&address.parse().expect("a URI"), Duration::from_secs(60)).await;
            assert!(matches!(asked, Err(ProbeError::Address)), "{address}");
        }
    }
}
