//! Files and attributes that a message carries beside its text: as they are typed, and which channel takes them.

use std::path::{Path, PathBuf};

use crate::model::{Attachment, Attachments, Channel, FileSource};

/// Why messages of a channel can carry nothing beside their text; `None` where they can.
pub const fn carries_nothing(channel: Channel) -> Option<&'static str> {
    if channel.carries_more_than_text() { None } else { Some("guest-api messages carry text only") }
}

/// Why a channel cannot take a file from there.
pub const fn unfit(channel: Channel, place: &FileSource) -> Option<&'static str> {
    match (channel.capabilities().attachments, place) {
        (Attachments::Addresses, FileSource::File(_)) => {
            Some("Open messaging takes files by an address that the platform can fetch: https://…")
        }
        (Attachments::Files, FileSource::Url(_)) => Some("Web messaging uploads files of this machine: give a path."),
        _ => None,
    }
}

/// A file as typed: an `https` address, or a path on this machine.
///
/// # Errors
/// A sentence where it is neither.
pub fn attachment(typed: &str) -> Result<Attachment, String> {
    let typed = typed.trim();
    let last = |text: &str| text.rsplit(['/', '\\']).next().filter(|n| !n.is_empty()).map(str::to_owned);
    if let Some((scheme, rest)) = typed.split_once("://") {
        if !matches!(scheme, "https" | "http") {
            return Err(format!("{scheme}:// cannot be fetched by the platform; it takes https:// addresses."));
        }
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let name = path.split_once('/').and_then(|(_, path)| last(path));
        let mime = mime(name.as_deref().unwrap_or_default()).to_owned();
        return Ok(Attachment { place: FileSource::Url(typed.to_owned()), mime, name });
    }
    let name = Path::new(typed).file_name().map(|n| n.to_string_lossy().into_owned());
    let Some(name) = name.filter(|_| !typed.ends_with(['/', '\\'])) else {
        return Err(format!("“{typed}” names no file."));
    };
    let mime = mime(&name).to_owned();
    Ok(Attachment { place: FileSource::File(PathBuf::from(typed)), mime, name: Some(name) })
}

/// An attribute as typed, `name=value`.
///
/// # Errors
/// A sentence where there is no name, or no `=`.
pub fn attribute(typed: &str) -> Result<(String, String), String> {
    match typed.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("An attribute is written name=value, as in testRun=42.".to_owned()),
    }
}

/// The media type of a file by its name.
fn mime(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "json" => "application/json",
        "csv" => "text/csv",
        "txt" | "log" => "text/plain",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[path = "../../tests/unit/session/attachments.rs"]
mod tests;
