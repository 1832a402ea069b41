//! A try without a whole answer: what went wrong, with whom, and how far the request had got.

use serde::{Deserialize, Serialize};

words! {
    /// How far a request got.
    #[derive(Serialize, Deserialize)]
    #[serde(from = "u8", into = "u8")]
    pub enum Phase: name, during {
        Resolve = "name look-up", "during the name look-up";
        /// Opening the TCP connection, and the tunnel through a proxy.
        Connect = "connecting", "while connecting";
        Tls = "TLS handshake", "during the TLS handshake";
        /// Writing the request; some of it may have left.
        Write = "writing the request", "while writing the request";
        Answer = "waiting for the answer", "while waiting for the answer";
        Body = "reading the body", "while reading the body";
    }
}

/// What went wrong below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum FailureKind {
    /// The name has no address.
    Dns,
    /// Nobody listens, or no way there.
    Connect,
    /// The certificate or the handshake was not accepted.
    Tls(TlsFault),
    /// A proxy on the way answered instead of leading to the host; its answer is the failure's `partial`.
    Proxy,
    /// It took longer than the bound of the phase.
    Timeout,
    /// The connection was closed or reset.
    Reset,
    /// The guest's session ended while a frame waited for its answer, and the socket was closed for that.
    SessionEnded,
    /// The server promises that it did not process the request: REFUSED_STREAM, or a GOAWAY below it. [RFC 9113 8.7]
    Unprocessed,
    /// What came is not HTTP, or is cut short.
    Protocol,
    /// The answer is larger than guestwire reads: its header, the number of its fields, or of the pieces of its body.
    TooLarge,
    /// Taken back by a person while under way.
    Cancelled,
    /// The request could not be built (a bad URL or header, a CA file that cannot be read).
    Invalid,
    /// The request was not written, since what has to be on the disk before could not be recorded.
    Unrecorded,
}

/// Why the TLS handshake came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// No authority that is trusted vouches for the certificate.
    UnknownIssuer,
    /// The certificate is that of an authority, which vouches for itself.
    SelfSigned,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The certificate is for another host.
    WrongName,
    /// The server wants a certificate of the client.
    ClientCertificate,
    /// Anything else.
    Other,
}

/// With whom a try broke. Kept as the fields that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Party {
    /// A proxy on the way to the host.
    Proxy {
        /// Which.
        proxy: ProxyName,
    },
    /// A file of `ca_files`: nobody was asked.
    CaFile {
        /// Its path.
        ca_file: String,
    },
    /// The host of the URL.
    Host {},
}

/// A proxy, and who named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(String, Option<String>)")]
pub struct ProxyName {
    /// Scheme, host and port, without user and password: `http://proxy.example:3128`.
    pub address: String,
    /// The variable that names it, as it is spelled, or `proxy` of the profile; none: the system's settings do.
    pub named_by: Option<String>,
}

impl From<ProxyName> for (String, Option<String>) {
    fn from(name: ProxyName) -> Self {
        (name.address, name.named_by)
    }
}

impl std::fmt::Display for ProxyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named_by = self.named_by.as_deref().unwrap_or("of the system's settings");
        write!(f, "the proxy {} ({named_by})", self.address)
    }
}

/// One line: how far a try got, with whom it broke, and why.
pub fn line(kind: FailureKind, phase: Phase, party: &Party, detail: &str) -> String {
    let phase = phase.name();
    match party {
        Party::Host {} => format!("{phase}: {detail}"),
        Party::Proxy { proxy } if kind == FailureKind::Proxy => format!("{phase}: {proxy} {detail}"),
        Party::Proxy { proxy } => format!("{phase}: {proxy}: {detail}"),
        Party::CaFile { ca_file } => format!("{phase}: the CA file {ca_file}: {detail}"),
    }
}

/// An enum that is kept as its place in a list, or else is `other`. The places are on people's disks: never change them.
macro_rules! numbered {
    ($of:ident, $other:expr, $list:expr) => {
        impl From<$of> for u8 {
            fn from(value: $of) -> Self {
                $list.iter().position(|one| *one == value).and_then(|at| Self::try_from(at).ok()).unwrap_or_default()
            }
        }

        impl From<u8> for $of {
            fn from(at: u8) -> Self {
                $list.get(usize::from(at)).copied().unwrap_or($other)
            }
        }
    };
}

pub(super) use numbered;

numbered!(Phase, Phase::Answer, Phase::ALL);
numbered!(
    FailureKind,
    FailureKind::Protocol,
    [
        FailureKind::Dns,
        FailureKind::Connect,
        FailureKind::Tls(TlsFault::Other),
        FailureKind::Timeout,
        FailureKind::Reset,
        FailureKind::Protocol,
        FailureKind::Cancelled,
        FailureKind::Invalid,
        FailureKind::Proxy,
        FailureKind::Unprocessed,
        FailureKind::TooLarge,
        FailureKind::Tls(TlsFault::UnknownIssuer),
        FailureKind::Tls(TlsFault::SelfSigned),
        FailureKind::Tls(TlsFault::Expired),
        FailureKind::Tls(TlsFault::NotYetValid),
        FailureKind::Tls(TlsFault::WrongName),
        FailureKind::Tls(TlsFault::ClientCertificate),
        FailureKind::SessionEnded,
        FailureKind::Unrecorded,
    ]
);
