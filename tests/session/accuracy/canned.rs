//! A server with one answer, for what the sandbox has no fault for; and one plain request.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One answer to everything.
pub struct Canned {
    /// `403 Blocked by category Chat`.
    status: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Canned {
    pub fn new(status: &str, headers: &[&str], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|line| (*line).to_owned()).collect();
        Self { status: status.to_owned(), headers, body: body.into() }
    }

    /// Serves until the test is over; its URL.
    pub async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let headers = self.headers.iter().fold(String::new(), |all, line| all + line + "\r\n");
                let head = format!(
                    "HTTP/1.1 {}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
                    self.status,
                    self.body.len(),
                );
                tokio::spawn(answer_one(stream, [head.as_bytes(), &self.body].concat()));
            }
        });
        url
    }
}

async fn answer_one(mut stream: TcpStream, answer: Vec<u8>) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned()))
                .and_then(|n| n.parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                break;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => read.extend_from_slice(&buffer[..n]),
        }
    }
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// Posts a form; the body of the answer.
pub async fn post(addr: SocketAddr, path: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {addr}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
