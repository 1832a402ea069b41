//! The public side of a web deployment: `GET /webdeployments/v1/deployments/{id}/{config,domains}.json`, without a token.
//! [fields: MTSDK's deployment configuration; those of the domains file are the platform's WebDeployment's]

use serde_json::{Value, json};

use super::answer::HttpAnswer;
use crate::sandbox::fault::Plan;
use crate::sandbox::world::World;
use crate::sandbox::world::web::frames::allowed_media;

/// The answer for a deployment.
pub(super) fn answer(world: &World, plan: &Plan, id: &str, domains: bool) -> HttpAnswer {
    if plan.deployment_unknown || id != world.deployment_id {
        // A static file that is not there. [inferred]
        return HttpAnswer::json(404, &json!({"message": "Not Found"}));
    }
    let body = if domains { self::domains(world) } else { config(world) };
    HttpAnswer::json(200, &body)
}

fn domains(world: &World) -> Value {
    let origins = &world.web.deployment.origins;
    let domain = |origin: &String| origin.split_once("://").map_or(origin.as_str(), |(_, host)| host).to_owned();
    json!({
        "allowAllDomains": origins.is_empty(),
        "allowedDomains": origins.iter().map(domain).collect::<Vec<_>>(),
    })
}

fn config(world: &World) -> Value {
    let deployment = &world.web.deployment;
    let media = allowed_media();
    let conversations = json!({
        "enabled": true,
        "messagingEndpoint": world.web.base.replacen("http", "ws", 1),
        "showAgentTypingIndicator": true,
        "showUserTypingIndicator": true,
        "autoStart": {"enabled": deployment.auto_start},
        "conversationDisconnect": {"enabled": true, "type": if deployment.read_only_at_end { "ReadOnly" } else { "Send" }},
        "conversationClear": {"enabled": deployment.clear},
    });
    json!({
        "id": world.deployment_id,
        "name": deployment.name,
        "version": "1",
        "status": "Active",
        "languages": ["en-us"],
        "defaultLanguage": "en-us",
        "apiEndpoint": world.web.base,
        "auth": {"enabled": deployment.sign_in},
        "messenger": {
            "enabled": true,
            "apps": {"conversations": conversations},
            "fileUpload": {"enableAttachments": true, "modes": [media.get("inbound")]},
        },
    })
}
