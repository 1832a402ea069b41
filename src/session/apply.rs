//! What a report of the engine means.

use std::sync::Arc;

use super::log::Reply;
use super::thread::{EntryId, Thread};
use super::{Changes, Notice, Session};
use crate::engine::Report;
use crate::journal::Job;
use crate::journal::job::not_on_disk;
use crate::model::{ConversationKey, ExchangeKind, Moment, ProbeQuestion, RemoteMessage};
use crate::pass::runner::RunnerEvent;

impl Session {
    /// Applies a report. One about something that is gone changes nothing.
    pub fn apply(&mut self, report: Report, now: Moment) -> Changes {
        let mut changes = Changes::default();
        // The pass is told once the rest knows it.
        let for_pass = self.pass.is_running().then(|| report.clone());
        self.report(report, now, &mut changes);
        if let Some(report) = for_pass {
            self.pass_event(RunnerEvent::Report(&report), now, &mut changes);
        }
        changes
    }

    /// Time has passed: typing that has ended is forgotten, and the pass goes on where something is due.
    pub fn due(&mut self, now: Moment, changes: &mut Changes) {
        self.conversations.forget_typing(now);
        if self.pass.is_due(now) {
            self.pass_event(RunnerEvent::Due, now, changes);
        }
    }

    fn report(&mut self, report: Report, now: Moment, changes: &mut Changes) {
        match report {
            Report::Token(status) => {
                if let Some(facts) = status.facts()
                    && self.diagnoses.evidence.token(facts)
                {
                    self.diagnose_again(None);
                }
                let in_trouble = self.sign_in.trouble().is_some();
                let before = self.sign_in.moved(now, status);
                changes.notice(Notice::Token { before, in_trouble });
            }
            Report::Exchange(exchange) => {
                self.log.exchange(Arc::clone(&exchange));
                self.diagnoses.tries.count(&exchange);
                self.sign_in.exchange(&exchange);
                self.diagnose_exchange(&exchange);
                self.keep_exchange(&exchange, changes);
                changes.notice(Notice::Exchange(Arc::clone(&exchange)));
                self.probe_sent(&exchange, now, changes);
            }
            Report::Message { id, delivery, exchange, remote_id } => {
                let Some(known) = self.threads.message(id) else { return };
                // What is over does not begin again: a resend is a message of its own.
                if known.delivery.is_finished() && !delivery.is_finished() {
                    return;
                }
                let (key, before, carrier) = (known.conversation, known.delivery.clone(), exchange.or(known.exchange));
                self.threads.of(key).delivery(id, delivery.clone(), exchange, remote_id);
                self.log.set_delivery(id, &delivery);
                self.count_messages(key);
                changes.notice(Notice::Message { id, before, delivery, exchange: carrier });
            }
            Report::NotOnDisk(_, why) => {
                self.log.note(now, ExchangeKind::Sys, not_on_disk(&why));
                changes.notice(Notice::NotOnDisk(why));
            }
            Report::Conversation { key, state, since, messages } => {
                let Some(before) = self.conversations.was_read(key, state, since) else { return };
                let news = self.merge_messages(key, messages, |thread, read, _| thread.merge_read(read), now, changes);
                changes.notice(Notice::Read { key, before, since, news });
            }
            Report::MessagesArrived(key, messages) => {
                if messages.is_empty() || !self.conversations.stop_typing(key, &messages) {
                    return;
                }
                let news = self.merge_messages(key, messages, Thread::merge_pushed, now, changes);
                changes.notice(Notice::Arrived(key, news));
            }
            Report::RepliesReadable(key, readable, _) => {
                let changed = self.conversations.set_readable(key, readable);
                changes.notice(Notice::Replies { key, changed });
            }
            Report::Typing(key, author, until) => self.conversations.set_typing(key, author, until),
            Report::Session(key, session) => {
                if let Some(before) = self.conversations.set_session(key, session) {
                    changes.notice(Notice::WebSession(key, before));
                }
            }
            Report::ConversationIdKnown(key, id) => {
                let new = self.conversations.learned(key, &id);
                self.keep(Job::ConversationIdKnown(key, id), changes);
                changes.notice(Notice::ConversationId { key, new });
            }
            Report::Metrics(exchange, datagrams) => self.log.set_metrics(exchange, datagrams),
            Report::MetricsAgent(agent) => self.agent = Some(agent),
            Report::Webhook(webhook) => self.webhook = Some(webhook),
            Report::RateLimit(limit) => self.rate_limit = Some(limit),
            Report::ClockSkew(seconds) => {
                self.diagnoses.evidence.clock_skew(seconds);
                self.threads.all().for_each(|thread| thread.clock_skew(seconds));
                changes.notice(Notice::ClockSkew(seconds));
            }
            Report::Notice(conversation, text) => {
                self.note(conversation, &text, now, changes);
                changes.notice(Notice::Said(text));
            }
            // Answers to whoever asked: the exchanges that brought them are in the log.
            Report::Discovered { .. } | Report::Probe(ProbeQuestion::Id(..), _) | Report::Stopped => {}
            Report::Probe(asked, result) => self.probe_answered(asked, &result, now, changes),
        }
    }

    /// Keeps and merges messages. Returns those of the other side that nobody has looked at, where some are new.
    fn merge_messages(
        &mut self,
        key: ConversationKey,
        messages: Vec<RemoteMessage>,
        merge: fn(&mut Thread, Vec<RemoteMessage>, Moment) -> usize,
        now: Moment,
        changes: &mut Changes,
    ) -> Vec<EntryId> {
        if self.journal.keeps() && !messages.is_empty() {
            changes.journal(Job::RemoteMessages(key, messages.clone()));
        }
        let news = merge(self.threads.of(key), messages, now);
        let replies = self.threads.get(key).into_iter().flat_map(Thread::replies);
        for (message, reply, took) in replies {
            let reply = Reply { author: reply.author(), text: reply.text().to_owned(), took };
            self.log.set_reply(message, reply);
        }
        self.count_messages(key);
        let mut new = Vec::new();
        if news > 0 {
            self.conversations.touch(key, now);
            new.extend(self.threads.messages(key).iter().filter(|entry| entry.unread).map(|entry| entry.id));
        }
        if self.reports_every_message || self.conversations.active() == Some(key) {
            self.threads.of(key).mark_read();
        } else if news > 0 {
            self.conversations.set_unread(key, u32::try_from(new.len()).unwrap_or(u32::MAX));
        }
        self.keep_conversation(key, changes);
        new
    }

    pub(super) fn count_messages(&mut self, key: ConversationKey) {
        self.conversations.set_counts(key, self.threads.counts(key));
    }
}
