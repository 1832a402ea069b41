//! What would hold up the runtime's own threads.

/// Does what blocks on a thread of its own. The error: the runtime is being shut down.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err("guestwire is leaving".to_owned()))
}
