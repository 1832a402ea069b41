//! The cases of the published channels: open messaging, and the guest's socket.

use guestwire::model::Cause::*;
use guestwire::model::{Address, Variation};

use super::cases::Decides::{Likely, Not, Sure};
use super::cases::{Case, NOBODY, case};
use super::setting::Setting;

/// Open messaging: roles decide, and the path names the integration. The probe looks the integration up.
pub fn open_messaging() -> Vec<Case> {
    let o = Setting::open;
    let to = |id: &'static str| {
        o().address(move |address| {
            if let Address::OpenMessaging { integration_id, .. } = address {
                id.clone_into(integration_id);
            }
        })
    };
    vec![
        case(
            "open: a permission is missing (403)",
            &[PermissionMissing],
            Sure,
            Sure,
            o().before(r#"{"fault":"permission-missing"}"#),
        ),
        case("open: unknown integration (404)", &[IntegrationUnknown], Sure, Sure, to(NOBODY)),
        case("open: malformed integration id (400)", &[IntegrationUnknown], Sure, Sure, to("nope")),
        case("open: the API host is of another region (401)", &[RegionMismatch], Sure, Sure, o().api_elsewhere()),
        case(
            "open: the token was revoked early (401, healed)",
            &[TokenRevoked],
            Not,
            Not,
            o().after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "open: service failure (503)",
            &[ServiceFailure],
            Sure,
            Sure,
            o().after(r#"{"fault":"service-failure","status":503,"times":9}"#),
        ),
        case("open, on purpose: no token", &[TokenAbsent], Sure, Sure, o().sent_as(Variation::NoToken)),
        case("open, on purpose: expired token", &[TokenExpired], Likely, Likely, o().sent_as(Variation::ExpiredToken)),
        case("open, on purpose: malformed id", &[IntegrationUnknown], Sure, Sure, o().sent_as(Variation::MalformedId)),
    ]
}

/// The guest socket. The probe looks at what its deployment tells in public.
pub fn web_messaging() -> Vec<Case> {
    let w = || Setting::web().of_the_opening();
    let deployment = |id: &'static str| {
        w().address(move |address| {
            if let Address::WebMessaging { deployment_id, .. } = address {
                id.clone_into(deployment_id);
            }
        })
    };
    let origin = || {
        w().address(|address| {
            if let Address::WebMessaging { origin, .. } = address {
                "https://other.example".clone_into(origin);
            }
        })
    };
    vec![
        case("guest socket: the origin is not allowed (403)", &[OriginRefused], Not, Sure, origin()),
        case("guest socket: no such deployment (403)", &[DeploymentUnknown], Not, Sure, deployment(NOBODY)),
        case("guest socket: malformed deployment id (403)", &[DeploymentUnknown], Likely, Sure, deployment("nope")),
    ]
}

/// Messages through the guest socket.
pub fn frames() -> Vec<Case> {
    let w = Setting::web;
    let s = || Setting::web().in_session();
    let elsewhere = w().address(|address| {
        if let Address::WebMessaging { origin, .. } = address {
            "https://other.example".clone_into(origin);
        }
    });
    let sure = |what, cause, setting| case(what, &[cause], Sure, Sure, setting);
    vec![
        case("web: not sent, the origin is not allowed", &[OriginRefused], Not, Sure, elsewhere),
        sure("web: not sent, the deployment requires sign-in (401)", GuestAuthRequired, w().sign_in()),
        sure("web: the session is read-only (409)", ConversationEnded, s().after(r#"{"fault":"session-read-only"}"#)),
        sure("web: the session has expired (4006)", ConversationEnded, s().after(r#"{"fault":"session-expired"}"#)),
        sure("web: the conversation was cleared", ConversationEnded, s().after(r#"{"fault":"session-cleared"}"#)),
        sure("web: the guest was logged out", ConversationEnded, s().after(r#"{"fault":"logged-out"}"#)),
        sure(
            "web: the socket closes after the message was received",
            NetworkConnect,
            s().after(r#"{"fault":"socket-closed","received":true}"#),
        ),
        sure("web: the message is not echoed", NetworkTimeout, s().after(r#"{"fault":"frame-lost"}"#).patience(1500)),
        sure(
            "web: the service fails (5000)",
            ServiceFailure,
            s().after(r#"{"fault":"service-failure","target":"frame"}"#),
        ),
        sure("web, on purpose: oversize (4011)", TextTooLong, s().sent_as(Variation::Oversize)),
        case("web, on purpose: no token", &[TokenAbsent], Likely, Likely, s().sent_as(Variation::NoToken)),
        case(
            "web, on purpose: a guest without a session (401)",
            &[GuestJwtExpired],
            Likely,
            Likely,
            s().sent_as(Variation::ExpiredToken),
        ),
    ]
}
