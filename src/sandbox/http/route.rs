//! Which request is which.

use http::Method;

use crate::model::fault::FaultTarget;
use crate::sandbox::world::ServiceRefusal;
use crate::sandbox::world::open::OpenKind;

/// A request that the sandbox knows. Ids are as they stand in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    /// `POST /oauth/token`
    Token,
    /// `GET /api/v2/tokens/me`
    Introspect,
    /// `DELETE /api/v2/tokens/me`
    Revoke,
    /// `POST /api/v2/conversations/messaging/{id}/messages`: the Guest API.
    Send(&'p str),
    /// `GET /api/v2/conversations/{id}`
    Conversation(&'p str),
    /// `GET /api/v2/conversations/messages/{id}`
    MessageConversation(&'p str),
    /// `PATCH /api/v2/conversations/messages/{id}`
    Disconnect(&'p str),
    /// `POST /api/v2/conversations/messages/{integrationId}/inbound/open/…`
    Open {
        /// What is sent in.
        kind: OpenKind,
        /// `None`: the older path, where `channel.to.id` says it.
        integration: Option<&'p str>,
    },
    /// `GET /api/v2/conversations/messaging/integrations/open/{integrationId}`
    Integration(&'p str),
    /// `GET /api/v2/webmessaging/messages`
    History,
    /// `GET /v1`: the guest WebSocket.
    Socket,
    /// `GET /webdeployments/v1/deployments/{id}/config.json` and `…/domains.json`
    Deployment {
        /// The deployment.
        id: &'p str,
        /// `domains.json`.
        domains: bool,
    },
    /// `PUT /attachments/{id}`
    Upload(&'p str),
    /// `GET /attachments/{id}`
    Download(&'p str),
    /// `POST /api/v2/conversations/messages/{id}/messages/bulk`
    Bulk(&'p str),
    /// `GET /api/v2/conversations/messages/{messageId}/details`
    Details(&'p str),
    /// `GET /api/v2/conversations/messages/{id}/messages/{messageId}`
    Message {
        /// The conversation.
        conversation: &'p str,
        /// The message.
        message: &'p str,
    },
    /// `POST /api/v2/analytics/conversations/details/query`
    DetailsQuery,
    /// A path that there is not.
    Nowhere,
    /// A path that there is, with another method; these are allowed.
    OtherMethod(&'static str),
}

impl<'p> Route<'p> {
    /// The route of a request.
    pub(crate) fn of(method: &Method, path: &'p str) -> Self {
        let get = |route: Self| if method == Method::GET { route } else { Self::OtherMethod("GET") };
        let post = |route: Self| if method == Method::POST { route } else { Self::OtherMethod("POST") };
        let mut parts = path.split('/').skip(1);
        // No path that there is has as many parts, and an empty part is no id.
        let parts: [Option<&str>; 10] = std::array::from_fn(|_| parts.next());
        if parts.contains(&Some("")) {
            return Self::Nowhere;
        }
        let len = parts.iter().flatten().count();
        let parts = parts.map(Option::unwrap_or_default);
        match parts.get(..len).unwrap_or_default() {
            ["oauth", "token"] => post(Self::Token),
            ["v1"] => get(Self::Socket),
            ["attachments", id] => match *method {
                Method::PUT => Self::Upload(id),
                Method::GET => Self::Download(id),
                _ => Self::OtherMethod("GET, PUT"),
            },
            ["webdeployments", "v1", "deployments", id, "config.json"] => get(Self::Deployment { id, domains: false }),
            ["webdeployments", "v1", "deployments", id, "domains.json"] => get(Self::Deployment { id, domains: true }),
            ["api", "v2", "conversations", rest @ ..] => Self::conversations(method, rest),
            ["api", "v2", "tokens", "me"] => match *method {
                Method::GET => Self::Introspect,
                Method::DELETE => Self::Revoke,
                _ => Self::OtherMethod("GET, DELETE"),
            },
            ["api", "v2", "analytics", "conversations", "details", "query"] => post(Self::DetailsQuery),
            ["api", "v2", "webmessaging", "messages"] => get(Self::History),
            _ => Self::Nowhere,
        }
    }

    /// What is below `/api/v2/conversations/`.
    fn conversations(method: &Method, path: &[&'p str]) -> Self {
        let get = |route: Self| if method == Method::GET { route } else { Self::OtherMethod("GET") };
        let post = |route: Self| if method == Method::POST { route } else { Self::OtherMethod("POST") };
        match *path {
            ["messaging", id, "messages"] => post(Self::Send(id)),
            ["messaging", "integrations", "open", id] => get(Self::Integration(id)),
            ["messages", "inbound", "open"] => post(Self::Open { kind: OpenKind::Message, integration: None }),
            ["messages", integration, "inbound", "open", ref what @ ..] => {
                let kind = match *what {
                    ["message"] => OpenKind::Message,
                    ["event"] => OpenKind::Event,
                    ["receipt"] => OpenKind::Receipt,
                    ["structured", "response"] => OpenKind::Response,
                    _ => return Self::Nowhere,
                };
                post(Self::Open { kind, integration: Some(integration) })
            }
            ["messages", id] => match *method {
                Method::GET => Self::MessageConversation(id),
                Method::PATCH => Self::Disconnect(id),
                _ => Self::OtherMethod("GET, PATCH"),
            },
            ["messages", id, "details"] => get(Self::Details(id)),
            ["messages", id, "messages", "bulk"] => post(Self::Bulk(id)),
            ["messages", conversation, "messages", message] => get(Self::Message { conversation, message }),
            ["messaging" | "messages"] => Self::Nowhere,
            [id] => get(Self::Conversation(id)),
            _ => Self::Nowhere,
        }
    }

    /// Method and template, under which it is counted.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Token => "POST /oauth/token",
            Self::Introspect => "GET /api/v2/tokens/me",
            Self::Revoke => "DELETE /api/v2/tokens/me",
            Self::Send(_) => "POST /api/v2/conversations/messaging/{conversationId}/messages",
            Self::Conversation(_) => "GET /api/v2/conversations/{conversationId}",
            Self::MessageConversation(_) => "GET /api/v2/conversations/messages/{conversationId}",
            Self::Bulk(_) => "POST /api/v2/conversations/messages/{conversationId}/messages/bulk",
            Self::Details(_) => "GET /api/v2/conversations/messages/{messageId}/details",
            Self::Message { .. } => "GET /api/v2/conversations/messages/{conversationId}/messages/{messageId}",
            Self::DetailsQuery => "POST /api/v2/analytics/conversations/details/query",
            Self::Disconnect(_) => "PATCH /api/v2/conversations/messages/{conversationId}",
            Self::Open { integration: None, .. } => "POST /api/v2/conversations/messages/inbound/open",
            Self::Open { kind, .. } => match kind {
                OpenKind::Message => "POST /api/v2/conversations/messages/{integrationId}/inbound/open/message",
                OpenKind::Event => "POST /api/v2/conversations/messages/{integrationId}/inbound/open/event",
                OpenKind::Receipt => "POST /api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
                OpenKind::Response => {
                    "POST /api/v2/conversations/messages/{integrationId}/inbound/open/structured/response"
                }
            },
            Self::Integration(_) => "GET /api/v2/conversations/messaging/integrations/open/{integrationId}",
            Self::History => "GET /api/v2/webmessaging/messages",
            Self::Socket => "GET /v1",
            Self::Deployment { .. } => "GET /webdeployments/v1/deployments/{deploymentId}",
            Self::Upload(_) => "PUT /attachments/{attachmentId}",
            Self::Download(_) => "GET /attachments/{attachmentId}",
            Self::Nowhere | Self::OtherMethod(_) => "other",
        }
    }

    /// Which faults are for it.
    pub(crate) const fn target(self) -> FaultTarget {
        match self {
            Self::Send(_) | Self::Open { .. } => FaultTarget::Send,
            Self::Socket => FaultTarget::Upgrade,
            Self::Token => FaultTarget::Token,
            _ => FaultTarget::Read,
        }
    }

    /// The conversation that it names.
    pub(crate) const fn conversation(self) -> Option<&'p str> {
        match self {
            Self::Send(id)
            | Self::Conversation(id)
            | Self::MessageConversation(id)
            | Self::Disconnect(id)
            | Self::Bulk(id) => Some(id),
            Self::Message { conversation, .. } => Some(conversation),
            _ => None,
        }
    }

    /// Why it cannot be served, for paths and methods that there are not.
    pub(crate) const fn refusal(self) -> Option<ServiceRefusal> {
        match self {
            Self::Nowhere => Some(ServiceRefusal::NoRoute),
            Self::OtherMethod(_) => Some(ServiceRefusal::Method),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_routes() {
        let get = |path| Route::of(&Method::GET, path);
        let post = |path| Route::of(&Method::POST, path);
        assert_eq!(post("/oauth/token"), Route::Token);
        assert_eq!(post("/api/v2/conversations/messaging/c/messages"), Route::Send("c"));
        assert_eq!(get("/api/v2/conversations/c"), Route::Conversation("c"));
        assert_eq!(get("/api/v2/conversations/messages/c"), Route::MessageConversation("c"));
        assert_eq!(get("/api/v2/conversations/messages/m/details"), Route::Details("m"));
        assert_eq!(post("/api/v2/conversations/messages/c/messages/bulk"), Route::Bulk("c"));
        let message = Route::Message { conversation: "c", message: "m" };
        assert_eq!(get("/api/v2/conversations/messages/c/messages/m"), message);
        assert_eq!(Route::of(&Method::DELETE, "/api/v2/tokens/me"), Route::Revoke);
    }

    #[test]
    fn what_is_not_there_is_nowhere_and_a_wrong_method_says_which() {
        let get = |path| Route::of(&Method::GET, path);
        for path in ["/", "/api/v2/users/me", "/api/v2/conversations/", "/api/v2/conversations/messaging"] {
            assert_eq!(get(path), Route::Nowhere, "{path}");
        }
        assert_eq!(get("/api/v2/conversations/messaging//messages"), Route::Nowhere);
        assert_eq!(get("/api/v2/conversations/messages/c/messages/m/more"), Route::Nowhere);
        assert_eq!(get("/oauth/token"), Route::OtherMethod("POST"));
        assert_eq!(Route::of(&Method::PATCH, "/api/v2/tokens/me"), Route::OtherMethod("GET, DELETE"));
    }
}
