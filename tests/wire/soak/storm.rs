//! What goes wrong, drawn from a seed: each conversation has its own dice, so that the faults of one do not depend on how
//! fast the others are.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use guestwire::model::Channel;

/// Numbers that look random, the same for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64, of: u64) -> Self {
        Self(seed.wrapping_mul(0x1000).wrapping_add(of))
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % bound
    }

    pub fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// What a fault can do to a message that it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// Nothing that one could see of it later.
    None,
    /// It is asked to wait; after six times it is refused.
    Wait,
    /// Nobody knows whether it was received.
    Doubt,
    /// The same, because no echo comes.
    Silence,
    /// It is refused with a 403.
    Forbid,
    /// The token is no longer good: a 401, healed once.
    Token,
}

/// A fault: as the sandbox wants it, whom it is for, and what it can do.
pub struct Blow {
    pub json: Value,
    pub harm: Harm,
    pub times: u64,
}

impl Blow {
    fn new(json: Value, harm: Harm) -> Self {
        let times = json.get("times").and_then(Value::as_u64).unwrap_or(1);
        Self { json, harm, times }
    }

    pub fn name(&self) -> &str {
        self.json["fault"].as_str().unwrap()
    }
}

/// One fault for the next message of `conversation`.
pub fn draw(dice: &mut Dice, channel: Channel, conversation: &str) -> Blow {
    let mut blow = if channel == Channel::WebMessaging { frame(dice) } else { request(dice, channel) };
    let names_one = !matches!(blow.harm, Harm::Token) && blow.json["target"] != "token";
    if names_one {
        blow.json["conversation"] = json!(conversation);
    }
    blow
}

/// Mostly a few times, now and then so often that the engine gives up.
fn patience(dice: &mut Dice) -> u64 {
    if dice.one_in(6) { 6 } else { 1 + dice.below(2) }
}

fn request(dice: &mut Dice, channel: Channel) -> Blow {
    // Where a resend is taken once, one fault in a row is healed by trying again, and four are not.
    let times = if channel == Channel::OpenMessaging { dice.of(&[1, 1, 2, 4]) } else { 1 };
    match dice.below(14) {
        0 => Blow::new(json!({"fault": "token-revoked"}), Harm::Token),
        1 => Blow::new(json!({"fault": "token-expired"}), Harm::Token),
        2 => Blow::new(json!({"fault": "service-failure", "target": "token", "status": 503}), Harm::None),
        3 => {
            let form = dice.of(&["seconds", "date", "body", "none"]);
            // Where no wait is named the engine's own grows, for all conversations of the token.
            let times = if form == "none" { 1 } else { patience(dice) };
            Blow::new(json!({"fault": "rate-limited", "retry_after": 1, "form": form, "times": times}), Harm::Wait)
        }
        4 => {
            let times = patience(dice);
            let fault = json!({"fault": "service-failure", "status": 503, "retry_after": 1, "times": times});
            Blow::new(fault, Harm::Wait)
        }
        5 | 6 => {
            let (status, received) = (dice.of(&[500, 502, 503, 504]), dice.one_in(2));
            let fault = json!({"fault": "service-failure", "status": status, "received": received, "times": times});
            Blow::new(fault, Harm::Doubt)
        }
        7 => Blow::new(json!({"fault": "reset-before", "times": times}), Harm::Doubt),
        8 => Blow::new(json!({"fault": "reset-during", "times": times}), Harm::Doubt),
        9 => Blow::new(json!({"fault": "reset-after", "times": times}), Harm::Doubt),
        10 => Blow::new(json!({"fault": "truncated-body", "times": times}), Harm::Doubt),
        11 => {
            let name = dice.of(&["slow-headers", "slow-body"]);
            Blow::new(json!({"fault": name, "delay_ms": 20 + dice.below(80), "times": 1}), Harm::None)
        }
        12 => Blow::new(json!({"fault": dice.of(&["malformed-body", "wrong-content-type"])}), Harm::None),
        _ => Blow::new(json!({"fault": "proxy-answered", "status": 403}), Harm::Forbid),
    }
}

fn frame(dice: &mut Dice) -> Blow {
    match dice.below(17) {
        0 => {
            let times = patience(dice);
            Blow::new(json!({"fault": "rate-limited", "retry_after": 1, "times": times}), Harm::Wait)
        }
        1 => Blow::new(json!({"fault": "service-failure", "received": dice.one_in(2)}), Harm::Doubt),
        2 => Blow::new(json!({"fault": "reset-before"}), Harm::Doubt),
        3 => Blow::new(json!({"fault": "reset-during"}), Harm::Doubt),
        4 => Blow::new(json!({"fault": "reset-after"}), Harm::Doubt),
        5 | 6 => {
            let (code, received) = (dice.of(&[1000, 1001, 1011]), dice.one_in(2));
            Blow::new(json!({"fault": "socket-closed", "code": code, "received": received}), Harm::Doubt)
        }
        7 => Blow::new(json!({"fault": dice.of(&["frame-lost", "frame-malformed"])}), Harm::Silence),
        8 => Blow::new(json!({"fault": "frame-late", "delay_ms": 100 + dice.below(3_000)}), Harm::None),
        // Later than is waited for.
        9 => Blow::new(json!({"fault": "frame-late", "delay_ms": 60_000}), Harm::Silence),
        10 => Blow::new(json!({"fault": "frame-doubled", "target": dice.of(&["echo", "reply", "answer"])}), Harm::None),
        11 => Blow::new(json!({"fault": "frame-reordered"}), Harm::None),
        12 => Blow::new(json!({"fault": "frame-unknown", "target": dice.of(&["echo", "reply", "answer"])}), Harm::None),
        13 => Blow::new(json!({"fault": "slow-echo", "delay_ms": 100 + dice.below(900), "times": 1}), Harm::None),
        14 => Blow::new(json!({"fault": "frame-lost", "target": "reply"}), Harm::None),
        // It may be the refusal of a message that is lost.
        15 => Blow::new(json!({"fault": "frame-lost", "target": "answer"}), Harm::Silence),
        _ => {
            Blow::new(json!({"fault": dice.of(&["service-failure", "reset-before"]), "target": "upgrade"}), Harm::None)
        }
    }
}

/// How often each harm can have been done in a conversation, and how often it was.
#[derive(Debug, Default)]
pub struct Harms {
    set: BTreeMap<Harm, u64>,
    done: BTreeMap<Harm, u64>,
    /// What happened, in words.
    story: Vec<String>,
}

impl Harms {
    /// A fault is set before a message.
    pub fn set(&mut self, blow: &Blow, before: u64) {
        *self.set.entry(blow.harm).or_default() += blow.times;
        self.story.push(format!("before {before}: {}", blow.json));
    }

    /// A message ended in a way that takes so many blows.
    pub fn done(&mut self, harm: Harm, blows: u64, ended: String) {
        *self.done.entry(harm).or_default() += blows;
        self.story.push(ended);
    }

    /// Fails where more was done than was set. `stalled`: the machine stood still for so long that an echo may have been
    /// late by itself.
    pub fn hold(&self, of: &str, stalled: bool) {
        for (harm, done) in self.done.iter().filter(|(harm, _)| !(stalled && **harm == Harm::Silence)) {
            let set = self.set.get(harm).copied().unwrap_or(0);
            assert!(*done <= set, "{of}: {harm:?} {done} times, the faults explain {set}: {:#?}", self.story);
        }
    }
}
