//! Guest sockets that send without end: the program's memory stays within its bound.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{MEMORY, peak_of};

/// For so long each flood goes on.
const FLOOD: Duration = Duration::from_secs(4);

/// A frame as a server writes it.
fn frame(code: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![code];
    match payload.len() {
        length @ 0..=125 => bytes.push(u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

fn text(json: &str) -> Vec<u8> {
    frame(0x81, json.as_bytes())
}

fn pushed(n: u64, said: &str) -> Vec<u8> {
    text(&format!(
        r#"{{"type":"message","class":"StructuredMessage","code":200,"body":{{"type":"Text","text":"{said}","direction":"Outbound","originatingEntity":"Bot","id":"pushed-{n}"}}}}"#
    ))
}

/// What is sent again and again.
type Flood = fn(u64) -> Vec<u8>;

const FLOODS: [(&str, Flood); 8] = [
    ("pings", |_| frame(0x89, &[b'p'; 125])),
    ("pongs", |_| frame(0x8a, &[b'p'; 125])),
    ("small messages", |n| pushed(n, "hello")),
    ("large messages", |n| pushed(n, &"x".repeat(900 << 10))),
    ("frames of an unknown kind", |n| text(&format!(r#"{{"class":"Odd{n}","code":200,"body":{{}}}}"#))),
    ("binary frames", |_| frame(0x82, &[0; 1 << 10])),
    ("empty frames", |_| text("")),
    ("a message of fragments without end", |n| frame(u8::from(n == 0), &[b' '; 32 << 10])),
];

/// Answers each upgrade, and floods each socket. Tells when the first flood is over.
fn flooded(flood: Flood) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (over, is_over) = mpsc::channel();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let over = over.clone();
            std::thread::spawn(move || {
                // A program that has closed the socket opens another one, which is flooded too.
                if serve(stream, flood, Instant::now() + FLOOD).is_ok() {
                    let _ = over.send(());
                }
            });
        }
    });
    (url, is_over)
}

fn serve(mut stream: TcpStream, flood: Flood, end: Instant) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let key = fields.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key")).map(|(_, key)| key);
    let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
    let upgraded = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n";
    write!(stream, "{upgraded}sec-websocket-accept: {accept}\r\n\r\n")?;
    let session =
        r#"{"type":"response","class":"SessionResponse","code":200,"body":{"connected":true,"newSession":true}}"#;
    stream.write_all(&text(session))?;
    // What does not fit is not waited for longer than the flood lasts.
    stream.set_write_timeout(Some(FLOOD))?;
    for n in 0.. {
        if Instant::now() >= end {
            break;
        }
        match stream.write_all(&flood(n)) {
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => break,
            other => other?,
        }
    }
    Ok(())
}

#[test]
fn a_socket_that_floods_does_not_fill_the_memory() {
    let peaks = std::thread::scope(|scope| {
        let runs: Vec<_> = FLOODS.iter().map(|(name, flood)| scope.spawn(|| (*name, peak_under(*flood)))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(peaks.iter().all(|(_, peak)| *peak <= MEMORY && *peak > 0), "{MEMORY} KiB at most: {peaks:?}");
}

/// The most memory that the program had while its guest socket was flooded, in KiB.
fn peak_under(flood: Flood) -> u64 {
    let home = tempfile::tempdir().unwrap();
    let (url, over) = flooded(flood);
    let config = format!(
        "[profiles.p]\nregion = \"mypurecloud.de\"\n[profiles.p.hosts]\nwebmessaging = \"{url}\"\n\
         [[profiles.p.conversations]]\nname = \"W\"\nchannel = \"web-messaging\"\n\
         deployment_id = \"5f0c91ce-3a0b-4f47-9d55-6d3f0e1bd8a2\"\norigin = \"https://shop.example\"\n"
    );
    std::fs::write(home.path().join("c.toml"), config).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestwire"))
        .args(["--config", "c.toml", "--ephemeral", "send", "--json", "--to", "W", "hello"])
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A program that gave the socket up is asked before it ends.
    let (mut peak, end) = (0, Instant::now() + 3 * FLOOD);
    while Instant::now() < end && over.recv_timeout(Duration::from_millis(50)).is_err() {
        peak = peak_of(child.id()).max(peak);
    }
    peak = peak_of(child.id()).max(peak);
    child.kill().unwrap();
    child.wait().unwrap();
    peak
}
