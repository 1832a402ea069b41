//! What a link does with a peer that floods it.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::engine::client::wire::Stream;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::protocol::Role;

/// How many pings are written to a link over `ours` until it is gone, and why it is.
async fn pings_until_left(ours: impl Stream + 'static, mut theirs: impl AsyncWrite + Unpin) -> (usize, String) {
    let socket = Socket::from_raw_socket(Box::new(ours), Role::Client, None).await;
    let (events, mut inbox) = mpsc::channel(AHEAD);
    let (_newest, redactor) = watch::channel(Arc::new(Redactor::new(&[])));
    let _link = Link::start(socket, (ConversationKey(0), 1), events, redactor);
    let ping = [&[0x89, 125][..], &[b'p'; 125]].concat();
    let mut pings = 0;
    while pings < 5_000 && theirs.write_all(&ping).await.is_ok() {
        pings += 1;
    }
    match inbox.recv().now_or_never() {
        Some(Some(LinkEvent { said: LinkSaid::Gone(why), .. })) => (pings, why),
        other => panic!("{other:?} after {pings} pings"),
    }
}

/// Also where the kernel takes no more: what waits to be written stays small, and the socket is dropped.
#[tokio::test]
async fn a_peer_that_sends_pings_and_takes_no_pongs_is_left() {
    let (ours, theirs) = tokio::io::duplex(4 << 10);
    let (pings, why) = pings_until_left(ours, theirs).await;
    assert!((400..2_000).contains(&pings) && why.contains("does not take the answers"), "{pings}: {why}");

    let small = |socket: TcpSocket| {
        socket.set_send_buffer_size(4 << 10).unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        socket
    };
    let server = small(TcpSocket::new_v4().unwrap());
    server.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = server.listen(1).unwrap();
    let ours = small(TcpSocket::new_v4().unwrap()).connect(listener.local_addr().unwrap());
    let (ours, accepted) = tokio::join!(ours, listener.accept());
    let (pings, why) = pings_until_left(ours.unwrap(), accepted.unwrap().0).await;
    assert!((400..3_000).contains(&pings) && why.contains("does not take the answers"), "{pings}: {why}");
}

#[test]
fn a_burst_is_read_at_once_and_a_flood_slowly() {
    let start = Instant::now();
    for (bytes, burst, pause) in [(0, 2_500, FRAME_COST), (1 << 20, 9, Duration::from_millis(502))] {
        let mut inflow = Inflow(start);
        for n in 0..burst {
            assert_eq!(inflow.take(bytes, start), None, "{n} of {bytes}");
        }
        let mut now = start;
        for _ in 0..2 {
            while let Some(next) = inflow.take(bytes, now) {
                assert!(next - now <= pause, "{bytes}");
                now = next;
                if now > start + Duration::from_secs(20) {
                    break;
                }
            }
        }
        assert!(now > start + Duration::from_secs(20), "it goes on slowly");
        // Silence pays it back.
        assert_eq!(inflow.take(bytes, now + BURST), None);
    }
}
