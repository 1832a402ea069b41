//! Error codes of the guest socket, in words. [real: seen in SDK source: MTSDK `ErrorCode.kt`; 4102: SAFRI]

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameCodeClass {
    Slower,
    SessionOver,
    /// The conversation was ended; the session can be read, and another has to be begun to write.
    ReadOnly,
    Refused,
    /// The service failed: what the frame asked for may have happened all the same.
    Failed,
}

/// What `code` means: an HTTP status or one of the socket's own numbers.
pub const fn classify(code: u16) -> FrameCodeClass {
    match code {
        429 | 4029 => FrameCodeClass::Slower,
        4006 | 4007 => FrameCodeClass::SessionOver,
        409 => FrameCodeClass::ReadOnly,
        500..=599 | 5000..=5999 => FrameCodeClass::Failed,
        _ => FrameCodeClass::Refused,
    }
}

/// The code in words, with what goes on where something does.
pub const fn words(code: u16) -> Option<&'static str> {
    Some(match code {
        400 => "the frame was not understood",
        401 => "the guest is not accepted; begin a new session",
        403 => "not allowed; the deployment's configuration decides",
        409 => "the session is read-only: its conversation was ended; begin a new session to go on",
        429 | 4029 => "messages come too fast",
        4000 => "the deployment does not have this feature switched on",
        4001 => "files of this type are not allowed",
        4002 => "the file is too large",
        4003 => "the file's content was not accepted",
        4004 => "the file's name was not accepted",
        4005 => "the file's name is too long",
        4006 => "the session has expired; begin a new session",
        4007 => "the session is not known (any more); begin a new session",
        4008 => "the attachment has expired; attach it again",
        4009 => "the attachment is not known",
        4010 => "the upload is not finished",
        4011 => "the message is too long; shorten the text",
        4013 => "the custom attributes are too large; shorten them",
        4017 => "an authenticated guest cannot become an anonymous one",
        4020 => "something that the frame must have is missing",
        4102 => "the file is empty",
        500 | 5000 => "an unexpected failure of the service",
        _ => return None,
    })
}

/// One line: the code, what it means, what the server said.
pub fn line(code: u16, said: &str) -> String {
    let said = crate::text::one_line(said);
    match (words(code), said.is_empty()) {
        // The code of a success says nothing of a failure.
        (None, false) if code < 400 => format!("\u{201c}{said}\u{201d}"),
        (Some(words), true) => format!("{code}: {words}"),
        (Some(words), false) => format!("{code} \u{201c}{said}\u{201d}: {words}"),
        (None, true) => code.to_string(),
        (None, false) => format!("{code}: {said}"),
    }
}
