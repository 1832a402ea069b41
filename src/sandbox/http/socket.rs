//! The guest WebSocket on its connection: frames to the world, and what the world sends to the client.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse as _;
use http::Response;
use http::request::Parts;
use tokio::sync::mpsc;

use super::HttpPeer;
use crate::sandbox::shared::{STOP_WAITS, Shared};
use crate::sandbox::world::outgoing::{ConnectionId, Outgoing};

/// The largest message that is read. [inferred: the platform's gateway takes 128 KiB]
const MESSAGE_MAX_BYTES: usize = 128 * 1024;

/// Answers the upgrade, and serves the socket from then on.
pub(super) async fn open(inner: Arc<Shared>, id: ConnectionId, mut parts: Parts, peer: HttpPeer) -> Response<Body> {
    let (line, out) = mpsc::unbounded_channel();
    inner.connect(id, line);
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => {
            let gone = inner.clone();
            let upgrade = upgrade.max_message_size(MESSAGE_MAX_BYTES).max_frame_size(MESSAGE_MAX_BYTES);
            let upgrade = upgrade.on_failed_upgrade(move |_| gone.disconnect(id));
            upgrade.on_upgrade(move |socket| talk(inner, id, socket, out, peer))
        }
        Err(rejection) => {
            inner.disconnect(id);
            rejection.into_response()
        }
    }
}

async fn talk(
    inner: Arc<Shared>,
    id: ConnectionId,
    mut socket: WebSocket,
    mut out: mpsc::UnboundedReceiver<Outgoing>,
    peer: HttpPeer,
) {
    let mut stopping = inner.stopping.subscribe();
    let stop = async move {
        // An error means that the handle is gone: stop as well.
        let _ = stopping.wait_for(|&stop| stop).await;
    };
    let serving = async {
        loop {
            tokio::select! {
                biased;
                out = out.recv() => match out {
                    Some(Outgoing::Text(text)) => {
                        if socket.send(Message::text(&*text)).await.is_err() {
                            return None;
                        }
                    }
                    Some(Outgoing::Close { code, reason }) => {
                        return Some(CloseFrame { code, reason: reason.into() });
                    }
                    Some(Outgoing::Reset) => {
                        peer.reset();
                        return None;
                    }
                    None => return None,
                },
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => inner.world().frame(id, text.as_str(), inner.now()),
                    Some(Ok(Message::Binary(_))) => inner.world().strange_frame(id, inner.now()),
                    // Answered by the library.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                },
            }
        }
    };
    let close = tokio::select! {
        close = serving => close,
        () = stop => Some(CloseFrame { code: 1001, reason: "the sandbox stops".into() }),
    };
    inner.disconnect(id);
    if let Some(close) = close {
        // Whether it arrives is the other side's business. Its answer is awaited, so that the close is not a reset.
        let _ = socket.send(Message::Close(Some(close))).await;
        let farewell = async { while let Some(Ok(_)) = socket.recv().await {} };
        let _ = tokio::time::timeout(STOP_WAITS, farewell).await;
    }
}
