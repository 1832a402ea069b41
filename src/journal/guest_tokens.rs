//! The guest tokens of web conversations: each is the identity of a guest, made once and kept, so that a restart resumes
//! the session. Never shown and never exported.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;

use super::Keys;
use super::columns::run;
use crate::engine::send_log::{GuestToken, Unrecorded};
use crate::model::ConversationKey;

/// Asks for the token of a conversation.
#[derive(Debug)]
pub struct Guest {
    pub conversation: ConversationKey,
    /// The profile's own token, which is not kept.
    pub configured: Option<SecretString>,
    pub renew: bool,
    pub done: oneshot::Sender<Result<GuestToken, String>>,
}

impl Guest {
    /// Answers with the kept token, or keeps a new one.
    pub fn answer(self, db: &mut Connection, keys: &Keys) {
        let Self { conversation, configured, renew, done } = self;
        let mut answer = GuestToken::configured_or_new(configured);
        if answer.fresh {
            match find_or_keep(db, keys.ident(conversation).as_deref(), &answer.token, renew) {
                Ok(Some(token)) => answer = GuestToken { token, fresh: false, kept: Ok(()) },
                Ok(None) => {}
                Err(e) => answer.kept = Err(e.to_string()),
            }
        }
        // Whoever asked may have gone: the token is kept all the same.
        let _ = done.send(Ok(answer));
    }

    /// Answers where nothing can be kept; the error says why this guestwire may open no session.
    pub fn answer_unkept(self, may: Result<(), Unrecorded>) {
        let mut answer = GuestToken::configured_or_new(self.configured);
        if answer.fresh {
            answer.kept = Err("nothing is being kept".to_owned());
        }
        let _ = self.done.send(may.map_err(Unrecorded::why).map(|()| answer));
    }
}

/// The token that is kept; nothing where `made` is kept from now on.
fn find_or_keep(
    db: &mut Connection,
    ident: Option<&str>,
    made: &SecretString,
    renew: bool,
) -> rusqlite::Result<Option<SecretString>> {
    let ident = ident.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let kept = "SELECT token FROM guest_tokens WHERE ident = ?1";
    let kept: Option<String> = change.query_row(kept, [ident], |row| row.get(0)).optional()?;
    if let Some(kept) = kept.filter(|_| !renew) {
        return Ok(Some(SecretString::from(kept)));
    }
    let keep = "INSERT OR REPLACE INTO guest_tokens (ident, token) VALUES (?1, ?2)";
    run(&change, keep, [ident, made.expose_secret()])?;
    change.commit()?;
    Ok(None)
}
