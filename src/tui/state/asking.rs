//! What a person is asked: a question, or one line to type.

use super::State;
use super::overlay::{Confirmation, Consent, DialogQuestion, Overlay, Prompt, PromptPurpose};

impl State {
    /// Asks something: under which heading, with what there is to know, what a yes does, and how it is said.
    pub(crate) fn ask(
        &mut self,
        question: DialogQuestion,
        title: impl Into<String>,
        lines: Vec<String>,
        yes: &'static str,
        consent: Consent,
    ) {
        self.overlay = Some(Overlay::Ask(Confirmation { question, title: title.into(), lines, yes, consent }));
    }

    /// What an outbound action needs: where it reaches real customers, a key of its own.
    pub(crate) const fn consent(&self) -> Consent {
        if self.session.profile.production { Consent::Y } else { Consent::Enter }
    }

    /// Asks for one line, which begins with `text`.
    pub(crate) fn prompt(&mut self, purpose: PromptPurpose, text: &str) {
        self.overlay = Some(Overlay::Prompt(Prompt::new(purpose, text)));
    }
}
