//! stub
use crate::model::*;
use std::sync::Arc;
use std::time::Duration;
#[derive(Debug, Default)]
pub struct Log;
pub struct Entry;
impl Entry {
    pub fn number(&self) -> u64 {
        0
    }
    pub fn message(&self) -> Option<MessageId> {
        None
    }
}
pub struct Rate {
    pub answers401: u32,
    pub healed: u32,
    pub total: u32,
}
impl Log {
    pub fn set_names(&mut self, _: Vec<(ConversationKey, String)>) {}
    pub fn set_viewport(&mut self, _: u16, _: u16) {}
    pub fn exchange(&mut self, _: Arc<Exchange>) {}
    pub fn note(&mut self, _: Moment, _: Kind, _: &str) {}
    pub fn up(&mut self, _: usize) {}
    pub fn down(&mut self, _: usize) {}
    pub fn page_up(&mut self) {}
    pub fn page_down(&mut self) {}
    pub fn half_page_up(&mut self) {}
    pub fn half_page_down(&mut self) {}
    pub fn first(&mut self) {}
    pub fn last(&mut self) {}
    pub fn toggle_density(&mut self) {}
    pub fn toggle_follow(&mut self) {}
    pub fn toggle_wrap(&mut self) {}
    pub fn toggle_mark(&mut self) {}
    pub fn next_error(&mut self) -> bool {
        false
    }
    pub fn prev_error(&mut self) -> bool {
        false
    }
    pub fn next_match(&mut self) -> bool {
        false
    }
    pub fn prev_match(&mut self) -> bool {
        false
    }
    pub fn selected(&self) -> Option<&Entry> {
        None
    }
    pub fn copy_ids(&self) -> Option<String> {
        None
    }
    pub fn copy_curl(&self) -> Option<String> {
        None
    }
    pub fn copy_headers(&self) -> Option<String> {
        None
    }
    pub fn copy_body(&self) -> Option<String> {
        None
    }
    pub fn copy_line(&self) -> Option<String> {
        None
    }
    pub fn selected_text(&self) -> Option<String> {
        None
    }
    pub fn compare(&self, _: u64, _: u64) -> Vec<String> {
        vec![]
    }
    pub fn for_export(&self) -> Vec<&Exchange> {
        vec![]
    }
    pub fn filter_text(&self) -> &str {
        ""
    }
    pub fn clear_filter(&mut self) {}
    pub fn set_filter(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }
    pub fn set_search(&mut self, _: &str) {}
    pub fn set_comment(&mut self, _: u64, _: &str) {}
    pub fn select_number(&mut self, _: u64) -> bool {
        false
    }
    pub fn number_of(&self, _: ExchangeId) -> Option<u64> {
        None
    }
    pub fn rate_401(&self, _: Moment, _: Duration) -> Rate {
        Rate { answers401: 0, healed: 0, total: 0 }
    }
    pub fn len(&self) -> usize {
        0
    }
    pub fn evicted(&self) -> u64 {
        0
    }
    pub fn error_count(&self) -> usize {
        0
    }
}
