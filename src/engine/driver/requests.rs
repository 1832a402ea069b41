//! The requests that carry messages.

use std::time::Duration;

use secrecy::SecretString;

use crate::engine::SendRequest;
use crate::engine::channel;
use crate::engine::client::capture;
use crate::genesys::Call;
use crate::genesys::call::BadCall;
use crate::model::{Generation, Moment, Request, Variation};

use super::Driver;

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
    pub(super) fn write(&self, request: &SendRequest, now: Moment) -> Result<Written, BadCall> {
        let none = || BadCall("there is no token or no such conversation".to_owned());
        let profile = &self.context.profile;
        let entry = profile.conversations.get(request.conversation.0 as usize).ok_or_else(none)?;
        let token = self.sign_in.token.as_ref().ok_or_else(none)?;
        let own = self.sign_in.tokens.facts().map(|f| (f.generation, now.since(f.issued)));
        let mut address = entry.conversation.address.clone();
        let (mut token, mut carried): (SecretString, _) = (token.clone(), own);
        if let Some(sent_as) = request.sent_as {
            address = channel::bent(&address, sent_as);
            (token, carried) = self.negative_test_token(sent_as, now).unwrap_or((token, carried));
        }
        let door = channel::door(address.channel(), &request.extras);
        let body = channel::body(&address, entry, request, now.wall)?;
        let call = channel::head(profile, &address, door, &token)?.with_body(body);
        let call = if request.sent_as == Some(Variation::NoToken) { call.without_authorization() } else { call };
        let shown = capture::request(&call, &self.context.redactor);
        Ok(Written { call, shown, token: carried })
    }
}
