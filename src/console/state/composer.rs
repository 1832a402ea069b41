//! stub
use crate::model::*;
#[derive(Debug, Default)]
pub struct Composer;
#[derive(Debug)]
pub struct Refusal;
impl std::fmt::Display for Refusal {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
impl Composer {
    pub fn switch(&mut self, _: ConversationKey) {}
    pub fn set_viewport(&mut self, _: u16, _: u16) {}
    pub fn set_text(&mut self, _: &str) {}
    pub fn paste(&mut self, _: &str) {}
    pub fn insert_char(&mut self, _: char) {}
    pub fn has_draft(&self, _: ConversationKey) -> bool {
        false
    }
    pub fn is_empty(&self) -> bool {
        true
    }
    pub fn clear(&mut self) {}
    pub fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
    pub fn expanded(&self) -> String {
        String::new()
    }
    pub fn take_for_send(&mut self) -> Result<String, Refusal> {
        Err(Refusal)
    }
    pub fn newline(&mut self) {}
    pub fn up(&mut self) {}
    pub fn down(&mut self) {}
    pub fn left(&mut self) {}
    pub fn right(&mut self) {}
    pub fn word_left(&mut self) {}
    pub fn word_right(&mut self) {}
    pub fn line_start(&mut self) {}
    pub fn line_end(&mut self) {}
    pub fn backspace(&mut self) {}
    pub fn delete(&mut self) {}
    pub fn delete_word_back(&mut self) {}
    pub fn kill_to_start(&mut self) {}
    pub fn kill_to_end(&mut self) {}
    pub fn yank(&mut self) {}
    pub fn undo(&mut self) {}
    pub fn redo(&mut self) {}
    pub fn snippet_names(&self) -> Vec<String> {
        vec![]
    }
    pub fn insert_snippet(&mut self, _: &str) {}
    pub fn text(&self) -> String {
        String::new()
    }
    pub fn search_history(&self, _: &str) -> Vec<String> {
        vec![]
    }
}
