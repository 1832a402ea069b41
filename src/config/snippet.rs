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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const ID: &str = "7f1c2d3e-0000-4000-8000-000000000005";

    fn snippet(url: &str, environment: &str) -> String {
        format!(
            "<script type=\"text/javascript\" charset=\"utf-8\">\n  (function (g, e, n, es, ys) {{\n    g['_genesysJs'] = e;\n  \
             }})(window, 'Genesys', '{url}', {{\n    environment: '{environment}',\n    deploymentId: '{ID}'\n  }});\n</script>"
        )
    }

    #[test]
    fn deployment_and_region_are_read() {
        let url = "https://apps.mypurecloud.ie/genesys-bootstrap/genesys.min.js";
        for (text, domain) in [
            (snippet(url, "prod-euw1"), Some("mypurecloud.ie")),
            (snippet("https://apps.mypurecloud.com/genesys-bootstrap/genesys.min.js", "prod"), Some("mypurecloud.com")),
            // The address of the program is what is left where the environment is not known.
            (snippet(url, "dca"), Some("mypurecloud.ie")),
            (snippet("genesys.min.js", "dca"), None),
            (snippet(url, "prod-euw1").replace('\n', " "), Some("mypurecloud.ie")),
            (format!("{{\"deploymentId\": \"{ID}\", \"environment\": \"prod-euc1\"}}"), Some("mypurecloud.de")),
            (format!("{{\\\"deploymentId\\\":\\\"{ID}\\\"}}"), None),
            (format!("deploymentId = \"{ID}\""), None),
            (snippet(url, "prod-euw1").replace('\'', "&#39;"), Some("mypurecloud.ie")),
            (snippet("genesys.min.js", "prod-euw1").replace('\'', "’"), Some("mypurecloud.ie")),
            (format!("genesys('create', {{environment: 'prod', deploymentId: '{ID}'}})"), Some("mypurecloud.com")),
        ] {
            let read = read(&text).unwrap();
            assert_eq!(read.deployment_id, ID, "{text}");
            assert_eq!(read.region.map(|r| r.domain.as_str()).ok(), domain, "{text}");
        }
        for text in ["", ID, "deploymentId", "deploymentId: ''", "deploymentId: 12", "the deploymentId is missing"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
