//! A raw server: it reads a request and writes whatever bytes it was given, on a thread a connection.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is written for a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These bytes, then the connection stays open for the next request.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is closed.
    Close(Vec<u8>),
    /// These bytes, then the second ones again and again, until the other side has enough.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then nothing more, on an open connection.
    Stall(Vec<u8>),
}

impl Reply {
    /// An answer with a body, its length, and these header lines.
    pub fn with(status: &str, headers: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        Self::Bytes([head.into_bytes(), body.to_vec()].concat())
    }

    /// An answer of JSON as the service gives it.
    pub fn service(status: &str, headers: &str, body: &str) -> Self {
        let headers = format!("content-type: application/json\r\nININ-Correlation-Id: c01d\r\n{headers}");
        Self::with(status, &headers, body.as_bytes())
    }

    /// A good token.
    pub fn token() -> Self {
        let body = r#"{"access_token":"tok-abcdefghijklmnop","token_type":"bearer","expires_in":3600,"scope":"guest:messages:send"}"#;
        Self::service("200 OK", "", body)
    }

    /// A message that was taken.
    pub fn message() -> Self {
        Self::service("200 OK", "", r#"{"id":"aabbccdd-0000-4000-8000-00000000cafe"}"#)
    }

    /// What is written first.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) | Self::Close(bytes) | Self::Endless(bytes, _) | Self::Stall(bytes) => bytes.clone(),
        }
    }

    /// Writes it. False where the connection is over.
    fn write(&self, stream: &mut TcpStream) -> bool {
        if stream.write_all(&self.bytes()).is_err() {
            return false;
        }
        match self {
            Self::Bytes(_) => true,
            Self::Close(_) => false,
            Self::Endless(_, again) => {
                while stream.write_all(again).is_ok() {}
                false
            }
            Self::Stall(_) => {
                // Reading ends when the other side has had enough.
                let _ = stream.read(&mut [0; 1]);
                false
            }
        }
    }
}

/// Listens on loopback until it is dropped.
pub struct Server {
    listener: TcpListener,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers token requests with the one, messages with the other, and everything else with 404.
    pub fn start(token: Reply, message: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (accepting, seen) = (listener.try_clone().unwrap(), Arc::clone(&requests));
        std::thread::spawn(move || {
            while let Ok((stream, _)) = accepting.accept() {
                let (token, message, seen) = (token.clone(), message.clone(), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &token, &message, &seen));
            }
        });
        Self { listener, requests }
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// The request lines that it read.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, token: &Reply, message: &Reply, seen: &Mutex<Vec<String>>) {
    let other = Reply::service("404 Not Found", "", r#"{"code":"not.found","status":404,"message":"no"}"#);
    while let Some(line) = request(&mut stream) {
        let reply = if line.contains("/oauth/token") {
            token
        } else if line.starts_with("POST") && line.contains("/conversations/messaging/") {
            message
        } else {
            &other
        };
        seen.lock().unwrap().push(line);
        if !reply.write(&mut stream) {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// Reads a request with its body; its first line.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        let count = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length = text.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    while bytes.len() < head + length.unwrap_or(0) {
        let count = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
    text.lines().next().map(str::to_owned)
}
