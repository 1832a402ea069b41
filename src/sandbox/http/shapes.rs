//! What conversations, messages and deployments look like as JSON.
//! [field names real: documented and seen in SDK source; which optional fields are filled is a choice]

use serde_json::{Value, json};

use super::answer::HttpAnswer;
use crate::genesys::time_text;
use crate::model::fault::FaultKind;
use crate::sandbox::fault::Faults;
use crate::sandbox::world::web::frames::allowed_media;
use crate::sandbox::world::{
    GuestAccess, Participant, ParticipantPurpose, SimulatedConversation, SimulatedMessage, World,
};
use crate::text::json::{dense, with};

const fn direction(by: ParticipantPurpose) -> (&'static str, &'static str) {
    match by {
        ParticipantPurpose::Customer => ("Inbound", "inbound"),
        ParticipantPurpose::Workflow | ParticipantPurpose::Agent => ("Outbound", "outbound"),
    }
}

fn status(said: &SimulatedMessage) -> &'static str {
    if said.is_guests() { "received" } else { "delivery-success" }
}

/// MessageDetails of everything that a participant said.
fn said_by(conversation: &SimulatedConversation, participant: &Participant) -> Value {
    let newest = conversation.participant(participant.purpose).is_some_and(|p| p.id == participant.id);
    let details = |said: &SimulatedMessage| {
        json!({
            "messageId": said.id,
            "messageURI": format!("/api/v2/conversations/messages/{}/messages/{}", conversation.id, said.id),
            "messageStatus": status(said),
            "messageSegmentCount": 1,
            "messageTime": time_text(said.at),
            "media": [],
        })
    };
    let mine = conversation.thread.iter().filter(|said| newest && said.by == participant.purpose);
    mine.map(details).collect()
}

/// An open-messaging integration. [names: real: documented; some are left out]
pub(super) fn integration(world: &World) -> Value {
    json!({
        "id": world.integration_id,
        "name": "Open messaging",
        "status": "Active",
        "outboundNotificationWebhookUrl": "https://provider.example/outbound",
        "selfUri": format!("/api/v2/conversations/messaging/integrations/open/{}", world.integration_id),
    })
}

/// How a participant speaks: of the participant itself in the one shape, of its communication in the other.
fn speaking(c: &SimulatedConversation, p: &Participant) -> Value {
    json!({
        "state": if c.ended.is_some() { "disconnected" } else { "connected" },
        "direction": direction(p.purpose).1,
        "type": c.messenger(),
        "provider": "PureCloud Messaging",
    })
}

fn participant(c: &SimulatedConversation, p: &Participant, messages: Value) -> Value {
    let guest = p.purpose == ParticipantPurpose::Customer;
    json!({
        "id": p.id,
        "purpose": p.purpose.name(),
        "name": p.name,
        "startTime": time_text(p.joined),
        "connectedTime": time_text(p.joined),
        "endTime": c.ended.map(|end| time_text(end.at)),
        "externalId": c.external_id.as_deref().filter(|_| guest),
        "attributes": if guest { json!(c.attributes) } else { json!({}) },
        "messages": messages,
    })
}

/// A conversation, in one of two shapes. `GET /api/v2/conversations/messages/{id}` (`flat`): participants with what they
/// said. `GET /api/v2/conversations/{id}`: a participant's `messages` are communications, and those hold what was said.
pub(crate) fn conversation(c: &SimulatedConversation, flat: bool) -> Value {
    let ended = c.ended.map(|end| time_text(end.at));
    let participant = |p: &Participant| {
        if flat {
            return dense(with(participant(c, p, said_by(c, p)), speaking(c, p)));
        }
        let communication = json!({"id": p.communication, "connectedTime": time_text(p.joined), "disconnectedTime": ended,
            "messages": said_by(c, p)});
        dense(participant(c, p, json!([dense(with(communication, speaking(c, p)))])))
    };
    dense(json!({
        "id": c.id,
        "name": flat.then_some(&c.name),
        "startTime": time_text(c.started),
        "endTime": ended,
        "participants": c.participants.iter().map(participant).collect::<Vec<_>>(),
        "recordingState": (!flat).then_some("NONE"),
        "selfUri": format!("/api/v2/conversations/{}{}", if flat { "messages/" } else { "" }, c.id),
    }))
}

/// The normalized form of a message; also the Guest API's answer.
pub(crate) fn normalized(c: &SimulatedConversation, said: &SimulatedMessage) -> Value {
    let guest = c.guest();
    let (platform, guest) = match &c.via {
        GuestAccess::GuestApi => (None, json!({"id": guest.id, "nickname": guest.name})),
        GuestAccess::Web(_) => (Some("WebMessaging"), json!({"id": guest.id, "nickname": guest.name})),
        GuestAccess::Open(from) => (Some("Open"), from.clone()),
    };
    let (from, to) = if said.is_guests() {
        (guest, None)
    } else {
        let name = c.participant(said.by).map(|p| p.name.as_str());
        (json!({ "nickname": name }), Some(json!({ "id": guest.get("id") })))
    };
    let channel = dense(json!({
        "platform": platform,
        "type": "Private",
        "messageId": said.own_id.as_deref().unwrap_or(&said.id),
        "from": from,
        "to": to,
        "time": time_text(said.at),
    }));
    dense(json!({
        "id": said.id,
        "channel": channel,
        "type": said.form(),
        "text": &*said.text,
        "content": said.content(),
        "metadata": (!said.metadata.is_empty()).then_some(&said.metadata),
        "direction": direction(said.by).0,
        "originatingEntity": if said.by == ParticipantPurpose::Workflow { "Bot" } else { "Human" },
        "conversationId": c.id,
    }))
}

/// MessageData. `normalized_only` leaves the deprecated `textBody` out, as `useNormalizedMessage=true` does.
pub(crate) fn message_data(c: &SimulatedConversation, said: &SimulatedMessage, normalized_only: bool) -> Value {
    dense(json!({
        "id": said.id,
        "providerMessageId": said.own_id.as_deref().unwrap_or(&said.id),
        "timestamp": time_text(said.at),
        "direction": direction(said.by).1,
        "messengerType": c.messenger(),
        "status": status(said),
        "textBody": (!normalized_only).then_some(&*said.text),
        "normalizedMessage": normalized(c, said),
        "conversationId": c.id,
        "selfUri": format!("/api/v2/conversations/messages/{}/messages/{}", c.id, said.id),
    }))
}

/// TokenInfo of `GET /api/v2/tokens/me`.
pub(crate) fn token_info(world: &World, scopes: &[String]) -> Value {
    let client = &world.scenario.client;
    let organization = json!({"id": world.organization_id, "name": "Sandbox Energy"});
    json!({
        "organization": organization,
        "homeOrganization": organization,
        "authorizedScope": scopes,
        "authenticatedUser": null,
        "OAuthClient": {"id": client.id, "name": client.name, "organization": organization, "scope": client.scopes,
            "roleDivisions": [], "authorizedGrantType": "CLIENT-CREDENTIALS", "state": "active"},
    })
}

/// A public file of a web deployment, which needs no token.
/// [fields: MTSDK's deployment configuration; those of the domains file are the platform's WebDeployment's]
pub(super) fn deployment_file(world: &World, faults: &Faults, id: &str, file: fn(&World) -> Value) -> HttpAnswer {
    if faults.has(&FaultKind::DeploymentUnknown) || id != world.deployment_id {
        // A static file that is not there. [inferred]
        return HttpAnswer::json(404, &json!({"message": "Not Found"}));
    }
    HttpAnswer::json(200, &file(world))
}

pub(super) fn deployment_domains(world: &World) -> Value {
    let origins = &world.scenario.deployment.origins;
    let domain = |origin: &String| origin.split_once("://").map_or(origin.as_str(), |(_, host)| host).to_owned();
    json!({
        "allowAllDomains": origins.is_empty(),
        "allowedDomains": origins.iter().map(domain).collect::<Vec<_>>(),
    })
}

pub(super) fn deployment_config(world: &World) -> Value {
    let mut config: Value =
        serde_json::from_str(include_str!("../../../assets/sandbox/deployment-config.json")).unwrap_or_default();
    let deployment = &world.scenario.deployment;
    config["id"] = json!(world.deployment_id);
    config["name"] = json!(deployment.name);
    config["apiEndpoint"] = json!(world.web.base);
    config["auth"]["enabled"] = json!(deployment.sign_in);
    config["messenger"]["fileUpload"]["modes"] = json!([allowed_media().get("inbound")]);
    let conversations = &mut config["messenger"]["apps"]["conversations"];
    conversations["messagingEndpoint"] = json!(world.web.base.replacen("http", "ws", 1));
    conversations["autoStart"]["enabled"] = json!(deployment.auto_start);
    conversations["conversationDisconnect"]["type"] =
        json!(if deployment.read_only_at_end { "ReadOnly" } else { "Send" });
    conversations["conversationClear"]["enabled"] = json!(deployment.clear);
    config
}
