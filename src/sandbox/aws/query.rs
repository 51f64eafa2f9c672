//! AWS's query protocol, used by IAM and STS: a form in, XML out.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use http::{Response, StatusCode};

use super::refusal::Refusal;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The indices of `name.member.N`, in order.
    pub(crate) fn indices(&self, name: &str) -> Vec<usize> {
        let prefix = format!("{name}.member.");
        let index = |key: &String| key.strip_prefix(&prefix)?.split('.').next()?.parse().ok();
        let mut indices: Vec<usize> = self.0.keys().filter_map(index).collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }

    /// The values of `name.member.N`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.indices(name).into_iter().filter_map(|n| self.get(&format!("{name}.member.{n}"))).collect()
    }
}

/// XML that is always well-formed: text is escaped, elements are closed.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn text(&mut self, name: &str, value: impl fmt::Display) {
        let value = value.to_string();
        self.element(name, |xml| xml.escaped(&value));
    }

    pub(crate) fn optional(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(crate) fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
        inner(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// `<name><member>…</member>…</name>`
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for each in items {
                xml.element("member", |xml| item(xml, each));
            }
        });
    }

    fn escaped(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                // A parser would turn a bare one into a line feed.
                '\r' => self.0.push_str("&#xD;"),
                '\t' | '\n' => self.0.push(char),
                // XML 1.0 cannot represent these.
                char if char.is_control() && char < ' ' => self.0.push(char::REPLACEMENT_CHARACTER),
                '\u{fffe}' | '\u{ffff}' => self.0.push(char::REPLACEMENT_CHARACTER),
                char => self.0.push(char),
            }
        }
    }
}

/// An action's response.
#[derive(Debug)]
pub(crate) enum QueryAnswer {
    /// Only the request ID.
    Done,
    Result(Xml),
}

impl QueryAnswer {
    pub(crate) fn of(write: impl FnOnce(&mut Xml)) -> Self {
        let mut xml = Xml::default();
        write(&mut xml);
        Self::Result(xml)
    }
}

/// Writes an action's response or refusal.
pub(crate) fn respond(
    namespace: &str,
    action: &str,
    outcome: Result<QueryAnswer, Refusal>,
    request_id: &str,
) -> Response<Vec<u8>> {
    let mut xml = Xml::default();
    let status = match outcome {
        Ok(answer) => {
            // Writing to a String does not fail.
            let _ = write!(xml.0, "<{action}Response xmlns=\"{namespace}\">");
            match answer {
                QueryAnswer::Done => {}
                QueryAnswer::Result(Xml(inner)) => {
                    xml.element(&format!("{action}Result"), |xml| xml.0.push_str(&inner));
                }
            }
            xml.element("ResponseMetadata", |xml| xml.text("RequestId", request_id));
            let _ = write!(xml.0, "</{action}Response>");
            200
        }
        Err(Refusal { status, code, message, reason: _ }) => {
            let _ = write!(xml.0, "<ErrorResponse xmlns=\"{namespace}\">");
            xml.element("Error", |xml| {
                xml.text("Type", if status < 500 { "Sender" } else { "Receiver" });
                xml.text("Code", code);
                xml.text("Message", message);
            });
            xml.text("RequestId", request_id);
            xml.0.push_str("</ErrorResponse>");
            status
        }
    };
    let mut response = Response::new(xml.0.into_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/xml"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_element() {
        let mut xml = Xml::default();
        xml.text("A", "</A>&\"\r\u{0}");
        assert_eq!(xml.0, "<A>&lt;/A&gt;&amp;&quot;&#xD;\u{fffd}</A>");
    }

    #[test]
    fn lists_are_read_in_the_order_of_their_numbers() {
        let params = Params::parse(b"T.member.10=c&T.member.2=b&T.member.1=a&T.member.x=d&Other.member.1=e");
        assert_eq!(params.list("T"), ["a", "b", "c"]);
    }
}
