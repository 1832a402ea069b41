//! Which request is which.

use http::Method;

use crate::sandbox::fault::Target;
use crate::sandbox::world::Refusal;

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
        if path == "/oauth/token" {
            return post(Self::Token);
        }
        let Some(path) = path.strip_prefix("/api/v2/") else { return Self::Nowhere };
        if path == "tokens/me" {
            return match *method {
                Method::GET => Self::Introspect,
                Method::DELETE => Self::Revoke,
                _ => Self::OtherMethod("GET, DELETE"),
            };
        }
        if path == "analytics/conversations/details/query" {
            return post(Self::DetailsQuery);
        }
        let Some(path) = path.strip_prefix("conversations/") else { return Self::Nowhere };
        // No path below has more than four parts, and an empty part is no id.
        let mut parts = path.split('/');
        let four = [parts.next(), parts.next(), parts.next(), parts.next()];
        if parts.next().is_some() || four.contains(&Some("")) {
            return Self::Nowhere;
        }
        match four {
            [Some("messaging"), Some(id), Some("messages"), None] => post(Self::Send(id)),
            [Some("messages"), Some(id), None, None] => get(Self::MessageConversation(id)),
            [Some("messages"), Some(id), Some("details"), None] => get(Self::Details(id)),
            [Some("messages"), Some(id), Some("messages"), Some("bulk")] => post(Self::Bulk(id)),
            [Some("messages"), Some(conversation), Some("messages"), Some(message)] => {
                get(Self::Message { conversation, message })
            }
            [Some("messaging" | "messages"), None, None, None] => Self::Nowhere,
            [Some(id), None, None, None] => get(Self::Conversation(id)),
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
            Self::Nowhere | Self::OtherMethod(_) => "other",
        }
    }

    /// Which faults are for it.
    pub(crate) const fn target(self) -> Target {
        match self {
            Self::Send(_) => Target::Send,
            Self::Token => Target::Token,
            _ => Target::Read,
        }
    }

    /// The conversation that it names.
    pub(crate) const fn conversation(self) -> Option<&'p str> {
        match self {
            Self::Send(id) | Self::Conversation(id) | Self::MessageConversation(id) | Self::Bulk(id) => Some(id),
            Self::Message { conversation, .. } => Some(conversation),
            _ => None,
        }
    }

    /// Why it cannot be served, for paths and methods that there are not.
    pub(crate) const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Nowhere => Some(Refusal::NoRoute),
            Self::OtherMethod(_) => Some(Refusal::Method),
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
