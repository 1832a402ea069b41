//! The published API: roles decide, and no token has a scope.

use guestwire::model::Cause::*;

use super::cases::Decides::{Likely, Not, Sure};
use super::cases::{Case, NOBODY, case};
use super::setting::Setting;

/// The published API: roles decide, codes name.
pub fn published() -> Vec<Case> {
    let p = Setting::published;
    let world = "world = \"published\"\n[token]\ntell_scope = false";
    vec![
        case(
            "published: a permission is missing (403)",
            &[PermissionMissing],
            Sure,
            Sure,
            p().before(r#"{"fault":"permission-missing"}"#),
        ),
        case("published: unknown conversation (404)", &[ConversationUnknown], Likely, Sure, p().conversation(NOBODY)),
        case(
            "published: wrong participant (404)",
            &[ParticipantMismatch],
            Not,
            Sure,
            Setting::addressed("stranger", world),
        ),
        case(
            "published: malformed conversation id (400)",
            &[ConversationMalformed],
            Sure,
            Sure,
            p().conversation("nope"),
        ),
        case("published: the API host is of another region (401)", &[RegionMismatch], Sure, Sure, p().api_elsewhere()),
        case(
            "published: the token was revoked early (401, healed)",
            &[TokenRevoked],
            Not,
            Not,
            p().after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "published: pasted token, revoked (401)",
            &[TokenRevoked],
            Not,
            Not,
            p().pasted().after(r#"{"fault":"token-revoked"}"#),
        ),
        case(
            "published: credentials.expired (401)",
            &[TokenExpired],
            Sure,
            Sure,
            Setting::canned(401, r#"{"code":"credentials.expired","message":"Expired credentials.","status":401}"#),
        ),
        case(
            "published: ip.not.authorized (401)",
            &[AddressRefused],
            Sure,
            Sure,
            Setting::canned(401, r#"{"code":"ip.not.authorized","message":"IP address not authorized","status":401}"#),
        ),
        case(
            "published: authentication.required (401)",
            &[TokenAbsent],
            Sure,
            Sure,
            Setting::canned(
                401,
                r#"{"code":"authentication.required","message":"No authentication bearer token specified in authorization header.","status":401}"#,
            ),
        ),
        case(
            "published: the role does not cover the division (403)",
            &[DivisionMismatch],
            Sure,
            Sure,
            Setting::canned(
                403,
                r#"{"code":"missing.permissions","message":"You are missing the following permission(s): [conversation:message:receive] in the division [Sales]","status":403}"#,
            ),
        ),
        case(
            "published: not.authorized, nothing named (403)",
            &[DivisionMismatch],
            Not,
            Not,
            Setting::canned(
                403,
                r#"{"code":"not.authorized","message":"You are not authorized to perform the requested action.","status":403}"#,
            ),
        ),
        case(
            "published: conversation.not.found (404)",
            &[ConversationUnknown],
            Sure,
            Sure,
            Setting::canned(
                404,
                r#"{"code":"conversation.error.conversation.not.found","message":"The conversation does not exist.","status":404}"#,
            ),
        ),
        case(
            "published: bad.request (400)",
            &[BodyMalformed],
            Sure,
            Sure,
            Setting::canned(
                400,
                r#"{"code":"bad.request","message":"The request could not be understood by the server due to malformed syntax.","status":400}"#,
            ),
        ),
        case(
            "published: content type not taken (415)",
            &[BodyMalformed],
            Sure,
            Sure,
            Setting::canned(415, r#"{"code":"unsupported.media.type","status":415}"#),
        ),
        case(
            "published: entity too large (413)",
            &[TextTooLong],
            Sure,
            Sure,
            Setting::canned(413, r#"{"code":"request.entity.too.large","status":413}"#),
        ),
    ]
}
