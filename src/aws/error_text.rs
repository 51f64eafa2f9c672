//! The SDK's chains of causes and AWS's answers, as text.

use std::error::Error;

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// Status, type and beginning of an answer that does not come from AWS.
pub(super) fn describe(response: &HttpResponse) -> String {
    const SHOWN: usize = 120;
    let mut text = format!("HTTP {}", response.status().as_u16());
    if let Some(kind) = response.headers().get("content-type") {
        text += &format!(", {kind}");
    }
    let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    // A successful answer may contain a session's credentials.
    if !response.status().is_success() {
        let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
        if !body.is_empty() {
            let shown: String = body.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            text += &format!(": {shown}{}", if body.chars().count() > SHOWN { "…" } else { "" });
        }
    }
    text
}

pub(super) fn error_chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// STS's code and message for refusing the role that provides the credentials.
pub(super) fn refusal<'a>(link: &'a (dyn Error + 'static)) -> Option<(&'a str, &'a str)> {
    let meta = link.downcast_ref::<AssumeRoleError>()?.meta();
    Some((meta.code()?, meta.message().unwrap_or_default()))
}

/// The chain of causes in one line. Omits links that say nothing, or repeat the previous one.
pub(super) fn in_one_line(error: &(dyn Error + 'static)) -> String {
    const EMPTY: [&str; 5] = ["service error", "dispatch failure", "other", "unhandled error", "Error"];
    let mut parts: Vec<String> = Vec::new();
    for link in error_chain(error) {
        // The SDK's service errors only print their code.
        let refused = refusal(link);
        let text = match refused {
            Some((code, message)) => format!("{code}: {message}"),
            // What the SDK says about every missing source of credentials.
            None => link
                .to_string()
                .replace("the credential provider was not enabled: ", "")
                .replace("the credential provider was not enabled", "not set up"),
        };
        let text = without_debug_text(&text);
        let said = parts.last().is_some_and(|last| last.contains(&text));
        if !said && !text.is_empty() && !EMPTY.contains(&text.as_str()) {
            parts.push(text);
        }
        if refused.is_some() {
            break;
        }
    }
    parts.join(": ")
}

/// The SDK puts whole requests in Rust's debug format into some messages: with headers and bodies.
fn without_debug_text(text: &str) -> String {
    let Some(brace) = text.find(" { ") else { return text.to_owned() };
    let before = text[..brace].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let name = &text[before.len()..brace];
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return text.to_owned();
    }
    format!("{}…", before.trim_end_matches(['`', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sdk_prints_for_debugging_is_left_out() {
        let text = "failed to apply endpoint `x` to request `Request { body: SdkBody { inner: Once }, headers: [] }`";
        assert_eq!(without_debug_text(text), "failed to apply endpoint `x` to request…");
        assert_eq!(without_debug_text("expected { or ["), "expected { or [");
    }
}
