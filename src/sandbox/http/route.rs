//! Which request is which.

use http::Method;

use crate::genesys::open_messaging::Endpoint;
use crate::model::fault::FaultTarget;
use crate::sandbox::world::ServiceRefusal;

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
    /// Where the path has no integration, `channel.to.id` says it.
    Open(Endpoint),
    Integration,
    History,
    Socket,
    DeploymentConfig,
    DeploymentDomains,
    Upload,
    Download,
    Nowhere,
    /// A path that there is, with another method.
    OtherMethod,
}

/// Method, path and what it is. Of the paths that fit, the first one counts.
const ENDPOINTS: [(&str, SimulatedEndpoint); 23] = [
    ("POST /oauth/token", SimulatedEndpoint::Token),
    ("GET /api/v2/tokens/me", SimulatedEndpoint::Introspect),
    ("DELETE /api/v2/tokens/me", SimulatedEndpoint::Revoke),
    ("POST /api/v2/conversations/messaging/{conversationId}/messages", SimulatedEndpoint::Send),
    ("GET /api/v2/conversations/{conversationId}", SimulatedEndpoint::Conversation),
    ("GET /api/v2/conversations/messages/{conversationId}", SimulatedEndpoint::MessageConversation),
    ("PATCH /api/v2/conversations/messages/{conversationId}", SimulatedEndpoint::Disconnect),
    ("POST /api/v2/conversations/messages/{conversationId}/messages/bulk", SimulatedEndpoint::Bulk),
    ("GET /api/v2/conversations/messages/{messageId}/details", SimulatedEndpoint::Details),
    ("GET /api/v2/conversations/messages/{conversationId}/messages/{messageId}", SimulatedEndpoint::Message),
    ("POST /api/v2/analytics/conversations/details/query", SimulatedEndpoint::DetailsQuery),
    ("POST /api/v2/conversations/messages/inbound/open", SimulatedEndpoint::Open(Endpoint::Message)),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/message",
        SimulatedEndpoint::Open(Endpoint::Message),
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/event",
        SimulatedEndpoint::Open(Endpoint::Event),
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
        SimulatedEndpoint::Open(Endpoint::Receipt),
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/structured/response",
        SimulatedEndpoint::Open(Endpoint::Response),
    ),
    ("GET /api/v2/conversations/messaging/integrations/open/{integrationId}", SimulatedEndpoint::Integration),
    ("GET /api/v2/webmessaging/messages", SimulatedEndpoint::History),
    ("GET /v1", SimulatedEndpoint::Socket),
    ("GET /webdeployments/v1/deployments/{deploymentId}/config.json", SimulatedEndpoint::DeploymentConfig),
    ("GET /webdeployments/v1/deployments/{deploymentId}/domains.json", SimulatedEndpoint::DeploymentDomains),
    ("GET /attachments/{attachmentId}", SimulatedEndpoint::Download),
    ("PUT /attachments/{attachmentId}", SimulatedEndpoint::Upload),
];

/// A request that the sandbox knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route<'p> {
    pub(crate) endpoint: SimulatedEndpoint,
    /// Method and path of the table, under which it is counted.
    pub(crate) name: &'static str,
    /// The ids as they stand in the path, in order; empty where it has fewer.
    pub(crate) ids: [&'p str; 2],
    /// The methods that the path takes.
    pub(crate) allowed: String,
}

impl<'p> Route<'p> {
    pub(crate) fn of(method: &Method, path: &'p str) -> Self {
        let fitting = ENDPOINTS.iter().filter_map(|(name, endpoint)| {
            let (method, template) = name.split_once(' ')?;
            Some((method, template, *name, *endpoint, ids(template, path)?))
        });
        let mut route =
            Self { endpoint: SimulatedEndpoint::Nowhere, name: "other", ids: ["", ""], allowed: String::new() };
        let mut first = None;
        for (allowed, template, name, endpoint, ids) in fitting {
            if *first.get_or_insert(template) != template {
                continue;
            }
            if allowed == method.as_str() {
                return Self { endpoint, name, ids, allowed: String::new() };
            }
            let comma = if route.allowed.is_empty() { "" } else { ", " };
            route.allowed = format!("{}{comma}{allowed}", route.allowed);
            route.endpoint = SimulatedEndpoint::OtherMethod;
        }
        route
    }

    pub(crate) const fn target(&self) -> FaultTarget {
        match self.endpoint {
            SimulatedEndpoint::Send | SimulatedEndpoint::Open(_) => FaultTarget::Send,
            SimulatedEndpoint::Socket => FaultTarget::Upgrade,
            SimulatedEndpoint::Token => FaultTarget::Token,
            _ => FaultTarget::Read,
        }
    }

    pub(crate) fn conversation(&self) -> Option<&'p str> {
        let named = self.name.split('{').nth(1).is_some_and(|id| id.starts_with("conversationId"));
        self.ids.first().copied().filter(|_| named)
    }

    /// Why it cannot be served, for paths and methods that there are not.
    pub(crate) const fn refusal(&self) -> Option<ServiceRefusal> {
        match self.endpoint {
            SimulatedEndpoint::Nowhere => Some(ServiceRefusal::NoRoute),
            SimulatedEndpoint::OtherMethod => Some(ServiceRefusal::Method),
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
