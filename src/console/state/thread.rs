//! stub
use crate::model::*;
#[derive(Debug, Default)]
pub struct Threads;
impl Threads {
    pub fn set_viewport(&mut self, _: u16, _: u16) {}
    pub fn show(&mut self, _: ConversationKey) {}
    pub fn mark_read(&mut self, _: ConversationKey) {}
    pub fn sent(&mut self, _: Message) {}
    pub fn message(&self, _: MessageId) -> Option<&Message> {
        None
    }
    pub fn life(&mut self, _: MessageId, _: Life, _: Option<ExchangeId>, _: Option<String>) {}
    pub fn read(&mut self, _: ConversationKey, _: Vec<RemoteMessage>, _: Moment) -> usize {
        0
    }
    pub fn unread(&self, _: ConversationKey) -> usize {
        0
    }
    pub fn up(&mut self, _: usize) {}
    pub fn down(&mut self, _: usize) {}
    pub fn page_up(&mut self) {}
    pub fn page_down(&mut self) {}
    pub fn half_page_up(&mut self) {}
    pub fn half_page_down(&mut self) {}
    pub fn first(&mut self) {}
    pub fn last(&mut self) {}
}
