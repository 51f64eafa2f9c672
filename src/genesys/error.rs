//! What goes wrong between this tool and Genesys Cloud, with the next step.

use std::error::Error;
use std::fmt;

use super::transport::TransportError;
use crate::explain::{Explain, Status};

/// A failed step, and why. `Display` is one line, and usually a second, indented, with Genesys Cloud's own words.
#[derive(Debug)]
pub struct GenesysError {
    /// `reading the organization`
    pub step: String,
    /// Boxed to keep results small.
    pub kind: Box<GenesysErrorKind>,
}

#[derive(Debug)]
pub enum GenesysErrorKind {
    /// The environment has only part of what is needed.
    Incomplete {
        missing: String,
    },
    /// No region in the environment or the spec, or one that does not exist.
    Region(String),
    /// No token for this ID and secret, from these settings.
    Credentials {
        words: String,
        settings: String,
    },
    /// A token is refused; with the settings that it comes from.
    Unauthorized {
        words: String,
        settings: String,
    },
    /// 403
    Forbidden {
        permission: &'static str,
        words: String,
    },
    /// 429, for longer than is worth waiting.
    RateLimited,
    /// Any other unsuccessful answer.
    Refused {
        status: u16,
        words: String,
    },
    NoAnswer(TransportError),
    /// The answer is not what the API sends.
    Unreadable {
        status: u16,
        detail: String,
    },
    /// An integration reports ERROR: what Genesys Cloud says about it.
    State(String),
    /// The named object does not exist.
    NotFound(String),
}

impl GenesysError {
    pub fn new(step: &str, kind: GenesysErrorKind) -> Self {
        Self { step: step.to_owned(), kind: Box::new(kind) }
    }

    /// In one line.
    pub fn brief(&self) -> String {
        self.to_string().lines().map(str::trim).collect::<Vec<_>>().join(": ")
    }

    pub fn is_forbidden(&self) -> bool {
        matches!(*self.kind, GenesysErrorKind::Forbidden { .. })
    }

    /// For an answer that is a refusal.
    pub fn status(&self) -> Option<u16> {
        match *self.kind {
            GenesysErrorKind::Refused { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether the request carried an outdated version. Covers every known shape of that answer.
    pub fn is_stale_version(&self) -> bool {
        match self.kind.as_ref() {
            GenesysErrorKind::Refused { status: 408 | 409, .. } => true,
            GenesysErrorKind::Refused { status: 400, words } => {
                words.contains("does not match the current version")
            }
            _ => false,
        }
    }

    /// Whether the call may still have been carried out.
    pub fn may_have_been_done(&self) -> bool {
        match *self.kind {
            GenesysErrorKind::NoAnswer(_) | GenesysErrorKind::Unreadable { .. } => true,
            GenesysErrorKind::Refused { status, .. } => status >= 500 || status == 408,
            _ => false,
        }
    }

    /// Whether a refusal says which part of the request it concerns.
    pub fn names_a_field(&self) -> bool {
        match self.kind.as_ref() {
            GenesysErrorKind::Refused { words, .. } => words.contains("field "),
            _ => false,
        }
    }

    /// The next step, in one line.
    pub fn help(&self) -> String {
        match self.kind.as_ref() {
            GenesysErrorKind::Incomplete { missing } => format!(
                "set {missing} too: ID, secret and region of an OAuth client with the grant \"Client Credentials\""
            ),
            GenesysErrorKind::Region(why) if why.contains("://") => {
                "GENESYSCLOUD_REGION is an AWS region or the URL of one of Genesys Cloud's regions; another endpoint is \
                 given with `--genesys-endpoint-url` or GENESYSCLOUD_ENDPOINT_URL"
                    .to_owned()
            }
            GenesysErrorKind::Region(_) => {
                "set GENESYSCLOUD_REGION or `[genesys] region` to the AWS region of your organization, such as \
                 \"us-east-1\""
                    .to_owned()
            }
            GenesysErrorKind::Credentials { settings, .. } | GenesysErrorKind::Unauthorized { settings, .. }
                if settings.is_empty() =>
            {
                "in the sandbox there is no client to correct: `genesys-iam sandbox undo` has it accept any again".to_owned()
            }
            GenesysErrorKind::Credentials { settings, .. } => {
                format!("check client ID, secret and region under Admin > Integrations > OAuth, and in {settings}")
            }
            GenesysErrorKind::Unauthorized { settings, .. } => {
                format!("tokens expire and belong to one region: check {settings}")
            }
            GenesysErrorKind::Forbidden { permission, .. } => format!(
                "give a role of the OAuth client the permission {permission} (Admin > Integrations > OAuth > Roles)"
            ),
            GenesysErrorKind::RateLimited => "the API's limit is used up: wait a minute and run it again".to_owned(),
            GenesysErrorKind::Refused { status, .. } if *status >= 500 => {
                "a fault on Genesys Cloud's side: run it again in a minute".to_owned()
            }
            GenesysErrorKind::Refused { .. } => {
                "Genesys Cloud's words say why; its support can find the request by the context ID".to_owned()
            }
            GenesysErrorKind::NoAnswer(_) => {
                "check the network, a proxy (`HTTPS_PROXY`) and the region (GENESYSCLOUD_REGION, `[genesys] region`)"
                    .to_owned()
            }
            GenesysErrorKind::Unreadable { .. } => {
                "something other than Genesys Cloud may have answered: check a proxy (`HTTPS_PROXY`) and the region"
                    .to_owned()
            }
            GenesysErrorKind::State(_) => {
                "see what the integration reports under Admin > Integrations; `genesys-iam check` says what of it is wrong here"
                    .to_owned()
            }
            GenesysErrorKind::NotFound(_) => {
                "names are case-sensitive; Genesys Cloud lists the data actions under Admin > Integrations > Actions".to_owned()
            }
        }
    }
}

impl fmt::Display for GenesysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, kind } = self;
        write!(f, "Genesys Cloud, {step}: ")?;
        let (what, words) = match kind.as_ref() {
            GenesysErrorKind::Incomplete { missing } => (format!("{missing} is not set"), ""),
            GenesysErrorKind::Region(why) => (why.clone(), ""),
            GenesysErrorKind::Credentials { words, .. } => {
                ("the client ID or secret was rejected (401)".to_owned(), words.as_str())
            }
            GenesysErrorKind::Unauthorized { words, .. } => {
                ("the token is refused (401)".to_owned(), words.as_str())
            }
            GenesysErrorKind::Forbidden { permission, words } => {
                (format!("the OAuth client is missing the permission {permission} (403)"), words.as_str())
            }
            GenesysErrorKind::RateLimited => ("too many requests (429)".to_owned(), ""),
            GenesysErrorKind::Refused { status, words } => (format!("HTTP {status}"), words.as_str()),
            GenesysErrorKind::NoAnswer(error) => {
                let mut text = error.to_string();
                let mut cause = error.source();
                while let Some(source) = cause {
                    text.push_str(&format!("\n  {source}"));
                    cause = source.source();
                }
                (text, "")
            }
            GenesysErrorKind::Unreadable { status, detail } => {
                (format!("the answer cannot be read (HTTP {status})"), detail.as_str())
            }
            GenesysErrorKind::State(detail) => ("it reports ERROR".to_owned(), detail.as_str()),
            GenesysErrorKind::NotFound(what) => (what.clone(), ""),
        };
        f.write_str(&what)?;
        if !words.is_empty() {
            write!(f, "\n  {words}")?;
        }
        Ok(())
    }
}

impl Error for GenesysError {}

impl Explain for GenesysError {
    fn help(&self) -> Option<String> {
        Some(self.help())
    }

    fn status(&self) -> Status {
        Status::Error
    }

    fn shows_causes(&self) -> bool {
        false
    }
}
