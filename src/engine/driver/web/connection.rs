//! The connection of a web conversation: whose it is, the opening of its socket, and the open socket.

use secrecy::SecretString;

use crate::engine::driver::task_output::TakeBack;
use crate::engine::guest_socket::SocketTask;

#[derive(Default)]
pub struct Connection {
    token: Option<SecretString>, // the guest token
    fresh: bool,                 // the token was made just now: no session of it can exist
    renew: bool,                 // the next token is a new one, whatever is kept
    serial: u64,                 // counts openings: what belongs to an earlier one comes late and changes nothing
    shown_url: String,           // how the newest opening's URL stands in the log
    take_back: Option<TakeBack>, // ends the opening under way
    link: Option<SocketTask>,
}

impl Connection {
    pub const fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    pub const fn is_fresh(&self) -> bool {
        self.fresh
    }

    pub const fn wants_new_token(&self) -> bool {
        self.renew
    }

    pub const fn serial(&self) -> u64 {
        self.serial
    }

    pub fn shown_url(&self) -> &str {
        &self.shown_url
    }

    pub const fn link(&self) -> Option<&SocketTask> {
        self.link.as_ref()
    }

    pub const fn begin(&mut self) {
        self.serial += 1;
    }

    pub fn set_token(&mut self, token: SecretString, fresh: bool) {
        (self.token, self.fresh, self.renew) = (Some(token), fresh, false);
    }

    pub fn dialled(&mut self, shown_url: String, take_back: TakeBack) {
        (self.shown_url, self.take_back) = (shown_url, Some(take_back));
    }

    pub fn opened(&mut self, link: SocketTask) {
        (self.link, self.take_back) = (Some(link), None);
    }

    /// A session of the token may exist from now on.
    pub const fn configured(&mut self) {
        self.fresh = false;
    }

    /// Takes the opening back that is under way, and closes what is open.
    pub fn leave(&mut self) {
        self.serial += 1;
        let _ = self.take_back.take().map(|take_back| take_back.send(()));
        if let Some(link) = &self.link {
            link.close();
        }
    }

    pub const fn take_link(&mut self) -> Option<SocketTask> {
        self.link.take()
    }

    pub fn forget_guest(&mut self) {
        (self.token, self.fresh, self.renew) = (None, false, true);
    }
}
