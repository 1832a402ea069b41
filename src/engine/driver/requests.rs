//! The requests that carry messages. What those of a conversation share is built once for each token.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::engine::SendRequest;
use crate::engine::channel::{self, Door};
use crate::engine::client::capture;
use crate::engine::redact::Redactor;
use crate::genesys::Call;
use crate::genesys::call::BadCall;
use crate::model::{Address, ConversationKey, Generation, Moment, Request, Variation};

use super::Driver;

/// What the messages of a conversation share as long as the token is the same.
struct Route {
    /// Their request, but for its body.
    call: Call,
    /// How it is shown.
    shown: Request,
    /// Who said how: what it knew then is what it masks now.
    redactor: Arc<Redactor>,
}

/// The routes known.
#[derive(Default)]
pub struct Routes(HashMap<(ConversationKey, Door), Route>);

/// What a message is written with.
pub struct Written {
    pub call: Call,
    /// As it is shown.
    pub shown: Request,
    /// The session's token that it carries, and its age; nothing where it carries another one or none.
    pub token: Option<(Generation, Duration)>,
}

impl Driver {
    /// The request of a message, wrong in the way that it asks for.
    pub(super) fn write(&mut self, request: &SendRequest, now: Moment) -> Result<Written, BadCall> {
        let none = || BadCall("there is no token or no such conversation".to_owned());
        let entry = self.profile.conversations.get(request.conversation.0 as usize).ok_or_else(none)?;
        let token = self.token.as_ref().ok_or_else(none)?;
        let own = self.tokens.facts().map(|f| (f.generation, now.since(f.issued)));
        let door = channel::door(entry.conversation.channel(), &request.extras);
        let Some(sent_as) = request.sent_as else {
            let address = &entry.conversation.address;
            let body = channel::body(address, entry, request, now.wall)?;
            let route = match self.routes.0.entry((request.conversation, door)) {
                Entry::Occupied(known) if Arc::ptr_eq(&known.get().redactor, &self.redactor) => known.into_mut(),
                stale => {
                    let call = channel::head(&self.profile, address, door, token)?;
                    let shown = capture::request(&call, &self.redactor);
                    let redactor = Arc::clone(&self.redactor);
                    stale.insert_entry(Route { call, shown, redactor }).into_mut()
                }
            };
            let call = route.call.with_body(body);
            let shown = capture::request_like(&route.shown, &call, &self.redactor);
            return Ok(Written { call, shown, token: own });
        };
        let address: Address = channel::bent(&entry.conversation.address, sent_as);
        let (token, carried): (SecretString, _) = match self.bench_token(sent_as, now) {
            Some((token, carried)) => (token, carried),
            None => (token.clone(), own),
        };
        let body = channel::body(&address, entry, request, now.wall)?;
        let call = channel::head(&self.profile, &address, door, &token)?.with_body(body);
        let call = if sent_as == Variation::NoToken { call.without_authorization() } else { call };
        let shown = capture::request(&call, &self.redactor);
        Ok(Written { call, shown, token: carried })
    }
}
