//! stub
use crate::model::*;
#[derive(Debug, Default)]
pub struct Picker;
pub struct Item;
impl Item {
    pub fn key(&self) -> ConversationKey {
        ConversationKey(0)
    }
    pub fn name(&self) -> &str {
        ""
    }
}
impl Picker {
    pub fn names(&self) -> Vec<(ConversationKey, String)> {
        vec![]
    }
    pub fn open(&mut self) -> Option<ConversationKey> {
        None
    }
    pub fn set_viewport(&mut self, _: u16, _: u16) {}
    pub fn unread_total(&self) -> usize {
        0
    }
    pub fn active(&self) -> Option<ConversationKey> {
        None
    }
    pub fn active_name(&self) -> Option<&str> {
        None
    }
    pub fn active_item(&self) -> Option<&Item> {
        None
    }
    pub fn up(&mut self, _: usize) {}
    pub fn down(&mut self, _: usize) {}
    pub fn page_up(&mut self) {}
    pub fn page_down(&mut self) {}
    pub fn first(&mut self) {}
    pub fn last(&mut self) {}
    pub fn next_unread(&mut self) -> bool {
        false
    }
    pub fn toggle_pin(&mut self) {}
    pub fn selected(&self) -> Option<&Item> {
        None
    }
    pub fn toggle_sort(&mut self) {}
    pub fn order_words(&self) -> &'static str {
        ""
    }
    pub fn set_unread(&mut self, _: ConversationKey, _: usize) {}
    pub fn id_card(&self, _: ConversationKey) -> Vec<String> {
        vec![]
    }
    pub fn filter_text(&self) -> &str {
        ""
    }
    pub fn set_filter(&mut self, _: &str) {}
    pub fn set_nickname(&mut self, _: ConversationKey, _: &str) {}
    pub fn add(&mut self, _: Address) -> ConversationKey {
        ConversationKey(0)
    }
    pub fn activate(&mut self, _: ConversationKey) {}
    pub fn conversation(&self, k: ConversationKey) -> Conversation {
        Conversation {
            key: k,
            name: String::new(),
            address: Address::GuestApi { conversation_id: String::new(), participant_id: None, external_id: None },
        }
    }
    pub fn sent(&mut self, _: ConversationKey, _: Moment) {}
    pub fn life(&mut self, _: ConversationKey, _: &Life, _: usize) {}
    pub fn read(&mut self, _: ConversationKey, _: RemoteState, _: Option<jiff::Timestamp>, _: Moment) {}
}
