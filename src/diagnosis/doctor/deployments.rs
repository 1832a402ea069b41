//! What the answers about integrations, deployments and origins mean.

use super::Doctor;
use super::finding::{DoctorEvidence, DoctorStage, Finding, answered, diagnose, fail, pass, reason, skip};
use crate::diagnosis::evidence::request::deployment as deployment_of;
use crate::genesys::deployments;
use crate::model::{Address, Cause, Channel, Confidence, Ending, Exchange, Outcome};

impl Doctor {
    pub(super) fn integration(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Finding {
        let name = self.target.as_ref().map_or("", |t| t.name.as_str()).to_owned();
        if exchange.outcome == Outcome::Accepted {
            return pass("integration", format!("the integration of “{name}” exists"), exchange);
        }
        let why = reason(exchange, "no answer");
        match exchange.status() {
            // To send, the client needs another right than to look the integration up.
            Some(401 | 403) => {
                let detail = format!("this client may not look up the integration of “{name}” ({why})");
                skip("integration", detail, exchange)
            }
            _ => {
                self.explain(exchange, None, evidence, &why, DoctorStage::Beyond);
                fail("integration", format!("“{name}”: {why}"), exchange)
            }
        }
    }

    pub(super) fn deployment(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        // Messages do not go through the host that tells of deployments: whether guests get in, the socket says.
        if went_astray(exchange, evidence) {
            let why = reason(exchange, "no answer");
            return vec![skip("deployment", format!("its public configuration could not be read: {why}"), exchange)];
        }
        let mut findings = answered(exchange, evidence);
        let body = exchange.last_attempt().and_then(|a| a.response()).map_or("", |r| r.body.text.as_str());
        let config = deployments::read_config(body.as_bytes()).filter(|_| exchange.outcome == Outcome::Accepted);
        findings.push(match config {
            Some(config) if config.is_active() && config.sign_in => {
                let why = "its public configuration says auth.enabled: only guests who are signed in are accepted";
                self.proven(Cause::GuestAuthRequired, why);
                fail("deployment", why, exchange)
            }
            Some(config) if config.is_active() => {
                let status = config.status.map_or_else(String::new, |s| format!(", {s}"));
                pass("deployment", format!("its public configuration exists{status}"), exchange)
            }
            Some(config) => {
                let status = config.status.unwrap_or_default();
                let why = format!("its public configuration says that it is {status}");
                self.proven(Cause::DeploymentUnknown, why.clone());
                fail("deployment", why, exchange)
            }
            None => {
                let why = reason(exchange, "no answer");
                self.explain(exchange, None, evidence, &why, DoctorStage::Beyond);
                fail("deployment", format!("its public configuration: {why}"), exchange)
            }
        });
        findings
    }

    pub(super) fn domains(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Finding {
        let origin = match self.target.as_ref().map(|t| &t.address) {
            Some(Address::WebMessaging { origin, .. }) => origin.clone(),
            _ => String::new(),
        };
        let asked = exchange.last_attempt().and_then(|a| deployment_of(&a.request.url));
        let book = asked.and_then(|id| evidence.history.deployments.deployment(&id));
        let Some((_, domains)) = book.and_then(|b| b.domains.as_ref()).filter(|(s, _)| s.exchange == exchange.id)
        else {
            let why = reason(exchange, "no answer");
            return skip("domains", format!("the allowed domains are not known: {why}"), exchange);
        };
        if domains.all {
            return pass("domains", "every domain is allowed", exchange);
        }
        let listed = if domains.listed.is_empty() { "none".to_owned() } else { domains.listed.join(", ") };
        if domains.allow(&origin) {
            return pass("domains", format!("{origin} is among the allowed domains: {listed}"), exchange);
        }
        // Whether the list is held to is for the socket to say.
        let why = format!("the deployment allows {listed}, not {origin}");
        self.found(Cause::OriginRefused, Confidence::Likely, why.clone(), DoctorStage::Beyond);
        fail("domains", why, exchange)
    }

    pub(super) fn origin(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        let mut findings = self.on_the_way(exchange, evidence);
        if self.verdict.is_some() {
            return findings;
        }
        if exchange.outcome == Outcome::Accepted {
            // The socket is what counts, whatever the public list said.
            self.suspicion = None;
            let detail = "the guest socket opened with this origin, and was closed at once";
            findings.push(pass("origin", detail, exchange));
            return findings;
        }
        let why = reason(exchange, "no answer");
        self.explain(exchange, Some(Channel::WebMessaging), evidence, &why, DoctorStage::Beyond);
        findings.push(fail("origin", format!("the guest socket was not opened: {why}"), exchange));
        findings
    }

    /// Names and TLS of the host that was asked; what is wrong there ends the series.
    fn on_the_way(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        if went_astray(exchange, evidence) { self.reached(exchange, evidence) } else { answered(exchange, evidence) }
    }
}

/// Whether the network failed, or somebody else answered.
fn went_astray(exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> bool {
    let failed = exchange.last_attempt().is_some_and(|a| matches!(a.ending, Some(Ending::Failed(_))));
    failed || diagnose(exchange, None, evidence).is_some_and(|d| d.cause() == Cause::ProxyAnswered)
}
