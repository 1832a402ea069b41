//! Which request is which, and what it needs.

use http::Method;

use crate::genesys::guest_api::SCOPE;
use crate::genesys::open_messaging::Endpoint;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SimulatedEndpoint {
    Token,
    Introspect,
    Revoke,
    Send,
    Conversation,
    MessageConversation,
    Disconnect,
    Bulk,
    Details,
    Message,
    DetailsQuery,
    /// The integration's id is in the path or, failing that, in `channel.to.id` of the body.
    Open(Endpoint),
    Integration,
    History,
    Socket,
    DeploymentConfig,
    DeploymentDomains,
    Upload,
    Download,
    Nowhere,
    /// A known path with the wrong method.
    OtherMethod,
}
use SimulatedEndpoint as To;

/// Method, path and what it is. Of the paths that fit, the first one counts.
const ENDPOINTS: [(&str, To); 23] = [
    ("POST /oauth/token", To::Token),
    ("GET /api/v2/tokens/me", To::Introspect),
    ("DELETE /api/v2/tokens/me", To::Revoke),
    ("POST /api/v2/conversations/messaging/{conversationId}/messages", To::Send),
    ("GET /api/v2/conversations/{conversationId}", To::Conversation),
    ("GET /api/v2/conversations/messages/{conversationId}", To::MessageConversation),
    ("PATCH /api/v2/conversations/messages/{conversationId}", To::Disconnect),
    ("POST /api/v2/conversations/messages/{conversationId}/messages/bulk", To::Bulk),
    ("GET /api/v2/conversations/messages/{messageId}/details", To::Details),
    ("GET /api/v2/conversations/messages/{conversationId}/messages/{messageId}", To::Message),
    ("POST /api/v2/analytics/conversations/details/query", To::DetailsQuery),
    ("POST /api/v2/conversations/messages/inbound/open", To::Open(Endpoint::Message)),
    ("POST /api/v2/conversations/messages/{integrationId}/inbound/open/message", To::Open(Endpoint::Message)),
    ("POST /api/v2/conversations/messages/{integrationId}/inbound/open/event", To::Open(Endpoint::Event)),
    ("POST /api/v2/conversations/messages/{integrationId}/inbound/open/receipt", To::Open(Endpoint::Receipt)),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/structured/response",
        To::Open(Endpoint::Response),
    ),
    ("GET /api/v2/conversations/messaging/integrations/open/{integrationId}", To::Integration),
    ("GET /api/v2/webmessaging/messages", To::History),
    ("GET /v1", To::Socket),
    ("GET /webdeployments/v1/deployments/{deploymentId}/config.json", To::DeploymentConfig),
    ("GET /webdeployments/v1/deployments/{deploymentId}/domains.json", To::DeploymentDomains),
    ("GET /attachments/{attachmentId}", To::Download),
    ("PUT /attachments/{attachmentId}", To::Upload),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route<'p> {
    pub(crate) endpoint: SimulatedEndpoint,
    pub(crate) name: &'static str,
    /// The ids as they stand in the path, in order; empty where it has fewer.
    pub(crate) ids: [&'p str; 2],
    pub(crate) allowed: String,
}

impl<'p> Route<'p> {
    pub(crate) fn of(method: &Method, path: &'p str) -> Self {
        let fitting = ENDPOINTS.iter().filter_map(|(name, endpoint)| {
            let (method, template) = name.split_once(' ')?;
            Some((method, template, *name, *endpoint, ids(template, path)?))
        });
        let mut allowed = Vec::new();
        let mut first = None;
        for (takes, template, name, endpoint, ids) in fitting {
            if *first.get_or_insert(template) != template {
                continue;
            }
            if takes == method.as_str() {
                return Self { endpoint, name, ids, allowed: String::new() };
            }
            allowed.push(takes);
        }
        let endpoint = if allowed.is_empty() { To::Nowhere } else { To::OtherMethod };
        Self { endpoint, name: "other", ids: ["", ""], allowed: allowed.join(", ") }
    }

    /// Reading needs one of these scopes in the described world, and one of these permissions in the published one.
    pub(crate) const fn needs(&self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        const READ: &[&str] = &["conversations", "conversations:readonly"];
        const VIEW: &[&str] = &["conversation:message:view", "conversation:webmessaging:view"];
        match self.endpoint {
            To::Conversation | To::MessageConversation => Some((READ, &["conversation:communication:view"])),
            To::Disconnect => Some((READ, &["conversation:communication:disconnect", "conversation:message:park"])),
            To::Bulk | To::Details | To::Message => Some((READ, VIEW)),
            To::Integration => Some((
                &["messaging", "messaging:readonly", "conversations", "conversations:readonly"],
                &["messaging:integration:view"],
            )),
            To::DetailsQuery => Some((
                &["analytics", "analytics:readonly", "conversations", "conversations:readonly"],
                &["analytics:conversationDetail:view", "analytics:agentConversationDetail:view"],
            )),
            // The Guest API's description is silent about open messaging: in its world, what may speak or read may do this.
            To::Open(_) => Some((&["messaging", "conversations", SCOPE], &["conversation:message:receive"])),
            _ => None,
        }
    }
}

/// The ids of a path that fits the template. No id is empty or the name of a collection.
fn ids<'p>(template: &str, path: &'p str) -> Option<[&'p str; 2]> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let (mut ids, mut found) = ([""; 2], 0);
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(ids),
            (Some(name), Some(id)) if name.starts_with('{') && !matches!(id, "" | "messaging" | "messages") => {
                *ids.get_mut(found)? = id;
                found += 1;
            }
            (Some(name), Some(part)) if name == part => {}
            _ => return None,
        }
    }
}
