//! The snippet by which a site shows the Messenger: an administrator copies it out of the web deployment's page, and it
//! names the deployment and its region. [real: documented: the deployment's snippet, `environment` and `deploymentId`]

use super::regions::{self, KnownRegion};

/// What a snippet says.
#[derive(Clone, Debug)]
pub struct MessengerSnippet {
    /// The web deployment's id.
    pub deployment_id: String,
    /// The region in which it is; where the snippet's words name none, these words.
    pub region: Result<&'static KnownRegion, String>,
}

impl MessengerSnippet {
    /// Why its deployment cannot be spoken to in a profile of the region with this domain, and what can be done.
    pub fn foreign_to(&self, domain: &str) -> Option<String> {
        let region = self.region.as_ref().ok().filter(|region| region.domain != domain)?;
        let id = &self.deployment_id;
        let how = format!("guestwire --region {} --deployment {id} --origin URL speaks to it", region.domain);
        Some(format!("The snippet's deployment is in {}, and this profile in {domain}: {how}.", region.domain))
    }
}

/// Reads a snippet, or as much of one as names a deployment. `None` where the text names none.
pub fn read(text: &str) -> Option<MessengerSnippet> {
    // Quotes as a page's source, a mail or a chat writes them.
    let text = text.replace(['“', '”'], "\"").replace(['‘', '’', '`'], "'");
    let text = &text.replace("&quot;", "\"").replace("&#39;", "'").replace("&apos;", "'");
    let deployment_id = value_of(text, "deploymentId")?.to_owned();
    let environment = value_of(text, "environment").unwrap_or_default();
    // The place from which the Messenger's program is loaded names the region too.
    let loaded_from = text.split(['\'', '"']).find(|part| part.contains("genesys-bootstrap"));
    let region = regions::find(environment).or_else(|| regions::find(loaded_from?));
    Some(MessengerSnippet { deployment_id, region: region.ok_or_else(|| environment.to_owned()) })
}

/// The text in quotes after `name:` or `name=`, the name in quotes or not.
fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.match_indices(name).find_map(|(at, _)| {
        let rest = text.get(at + name.len()..)?.trim_start_matches(['\'', '"', '\\']).trim_start();
        let rest = rest.strip_prefix([':', '='])?.trim_start().trim_start_matches('\\');
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let value = rest.get(1..)?.split([quote, '\\']).next()?.trim();
        (!value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
#[path = "../../tests/unit/config/snippet.rs"]
mod tests;
