//! AWS's query protocol: a form goes in, XML comes out.

use std::collections::BTreeMap;
use std::fmt::Write;

use http::StatusCode;
use quick_xml::escape::escape;

use crate::arn::Arn;

/// What the sandbox refuses, in AWS's own codes and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = match code {
            "AccessDenied" | "InvalidClientTokenId" | "MissingAuthenticationToken" | "ExpiredToken" => {
                StatusCode::FORBIDDEN
            }
            "NoSuchEntity" | "ResourceNotFoundException" => StatusCode::NOT_FOUND,
            "EntityAlreadyExists" | "DeleteConflict" | "LimitExceeded" => StatusCode::CONFLICT,
            "AccessDeniedException" | "UnrecognizedClientException" => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, code, message: message.into() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }
}

/// The parameters of a call.
#[derive(Debug)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| {
            let field = lower_first(name);
            Fault::validation(format!(
                "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not \
                 be null"
            ))
        })
    }

    /// A role's or a policy's name (`aws_api_constraints`: `[\w+=,.@-]+`).
    pub(super) fn name(&self, field: &str, most: usize) -> Result<&str, Fault> {
        let name = self.required(field)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(Fault::validation(format!(
                "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the \
                 following: +=,.@_-",
                lower_first(field)
            )));
        }
        if name.len() > most {
            return Err(Fault::validation(format!(
                "1 validation error detected: Value '{name}' at '{}' failed to satisfy constraint: Member must have \
                 length less than or equal to {most}",
                lower_first(field)
            )));
        }
        Ok(name)
    }

    pub(super) fn path(&self) -> Result<&str, Fault> {
        let path = self.get("Path").unwrap_or("/");
        let shape = path.starts_with('/') && path.ends_with('/') && path.len() <= 512;
        if shape && path.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(path);
        }
        Err(Fault::validation(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
             characters and/or / characters.",
        ))
    }

    pub(super) fn arn(&self, field: &str) -> Result<Arn, Fault> {
        let text = self.required(field)?;
        text.parse().map_err(|_| Fault::new("InvalidInput", format!("ARN {text} is not valid.")))
    }

    pub(super) fn number(&self, field: &str) -> Result<Option<u32>, Fault> {
        let parse = |text: &str| {
            text.parse().map_err(|_| {
                Fault::validation(format!("Value '{text}' at '{}' is not a number", lower_first(field)))
            })
        };
        self.get(field).map(parse).transpose()
    }

    /// `Tags.member.N.Key` and `.Value`.
    pub(super) fn tags(&self) -> Result<BTreeMap<String, String>, Fault> {
        let mut tags = BTreeMap::new();
        for n in 1.. {
            let Some(key) = self.get(&format!("Tags.member.{n}.Key")) else { break };
            let value = self.get(&format!("Tags.member.{n}.Value")).unwrap_or_default();
            if key.to_ascii_lowercase().starts_with("aws:") {
                let message = "Tag keys beginning with aws: are reserved for system use.";
                return Err(Fault::new("InvalidInput", message));
            }
            if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
                return Err(Fault::validation("The tag key or value is too long or empty."));
            }
            let twice = tags.keys().any(|known: &String| known.eq_ignore_ascii_case(key));
            if twice {
                let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
                return Err(Fault::new("InvalidInput", message));
            }
            tags.insert(key.to_owned(), value.to_owned());
        }
        Ok(tags)
    }

    pub(super) fn tag_keys(&self) -> Vec<&str> {
        (1..).map_while(|n| self.get(&format!("TagKeys.member.{n}"))).collect()
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// XML, escaped wherever text goes in.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let _ = write!(self.0, "<{name}>{}</{name}>", escape(text));
    }

    pub(super) fn nest(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<{name}>");
        inside(self);
        let _ = write!(self.0, "</{name}>");
    }

    pub(super) fn tags(&mut self, tags: &BTreeMap<String, String>) {
        self.nest("Tags", |xml| {
            for (key, value) in tags {
                xml.nest("member", |xml| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }
        });
    }
}

/// `<ActionResponse><ActionResult>…`
pub(super) fn response(namespace: &str, action: &str, result: &Xml, request_id: &str) -> String {
    let Xml(result) = result;
    format!(
        "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    )
}

pub(super) fn error(namespace: &str, fault: &Fault, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.nest("Error", |xml| {
        xml.text("Type", "Sender");
        xml.text("Code", fault.code);
        xml.text("Message", &fault.message);
    });
    format!(
        "<ErrorResponse xmlns=\"{namespace}\">{}<RequestId>{request_id}</RequestId></ErrorResponse>",
        xml.0
    )
}

/// A page of a list, and where the next one begins.
pub(super) struct Page<'a, T> {
    pub items: &'a [T],
    pub next: Option<usize>,
}

impl<'a, T> Page<'a, T> {
    /// By `Marker` and `MaxItems`; `limit` makes pages shorter than was asked for, as IAM may.
    pub(super) fn of(all: &'a [T], form: &Form, limit: Option<usize>) -> Result<Self, Fault> {
        let start = match form.get("Marker") {
            Some(marker) => {
                marker.parse::<usize>().map_err(|_| Fault::validation("Invalid Marker."))?.min(all.len())
            }
            None => 0,
        };
        let most = form.number("MaxItems")?.map_or(100, |n| n as usize).clamp(1, 1000);
        let end = (start + most.min(limit.unwrap_or(most)).max(1)).min(all.len());
        Ok(Self { items: &all[start..end], next: (end < all.len()).then_some(end) })
    }

    pub(super) fn write(&self, xml: &mut Xml, list: &str, mut item: impl FnMut(&mut Xml, &T)) {
        xml.nest(list, |xml| self.items.iter().for_each(|value| xml.nest("member", |xml| item(xml, value))));
        xml.text("IsTruncated", if self.next.is_some() { "true" } else { "false" });
        if let Some(next) = self.next {
            xml.text("Marker", &next.to_string());
        }
    }
}
