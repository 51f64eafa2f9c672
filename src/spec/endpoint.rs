//! Endpoints: a spec may only name this machine; the person at the keyboard may name any server.

use url::Url;

/// Why an endpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("is not a URL that begins with http:// or https:// and names a host")]
    NotAUrl,
    #[error("contains a user name or a password")]
    UserInfo,
    #[error("has a query or a fragment")]
    Query,
    /// With the command-line flag for the same endpoint, if there is one.
    #[error("is not http:// or https:// with 127.0.0.1, [::1] or localhost, and a port")]
    NotLocal(Option<String>),
    #[error("is http:// to another machine: credentials would go there in the clear")]
    Clear,
}

/// An endpoint given by the person at the keyboard.
///
/// # Errors
///
/// When it is not a plain HTTP URL.
pub fn given_endpoint(text: &str) -> Result<(), EndpointError> {
    let url = parse(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::Query);
    }
    Ok(())
}

/// The same for Genesys Cloud's API: it receives the client's secret, so plain HTTP may only go to this machine.
///
/// # Errors
///
/// As [`given_endpoint`], and when the secret would go over a network in the clear.
pub fn given_genesys_endpoint(text: &str) -> Result<(), EndpointError> {
    given_endpoint(text)?;
    let is_local = spec_endpoint(text).is_ok() || parse(text)?.host().is_some_and(|host| is_loopback(&host));
    if parse(text)?.scheme() == "http" && !is_local {
        return Err(EndpointError::Clear);
    }
    Ok(())
}

/// An endpoint in a spec, whose author may be untrusted: a port of this machine, and nothing that another URL parser
/// could read differently.
///
/// # Errors
///
/// When it is anything else.
pub(super) fn spec_endpoint(text: &str) -> Result<(), EndpointError> {
    let url = parse(text)?;
    let local = ["127.0.0.1", "[::1]", "localhost"].into_iter().any(|host| {
        let port = text.strip_prefix(&format!("{}://{host}:", url.scheme()));
        let port = port.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        url.host_str() == Some(host)
            && port.is_some_and(|port| {
                port.bytes().all(|b| b.is_ascii_digit())
                    && port.parse().ok().filter(|port| *port != 0) == url.port_or_known_default()
            })
    });
    if local {
        return Ok(());
    }
    let given = given_endpoint(url.as_str()).is_ok().then(|| url.as_str().trim_end_matches('/').to_owned());
    Err(EndpointError::NotLocal(given))
}

fn parse(text: &str) -> Result<Url, EndpointError> {
    // Even if it is empty, or only another URL parser would see one.
    if text.contains('@') {
        return Err(EndpointError::UserInfo);
    }
    let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(EndpointError::NotAUrl)
    }
}

/// Whether the URL's host is this machine.
pub fn is_of_this_machine(url: &str) -> bool {
    parse(url).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
}

fn is_loopback(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
        url::Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_spec_names_a_port_of_this_machine() {
        for good in
            ["http://127.0.0.1:4566", "https://[::1]:1/", "http://localhost:80", "https://localhost:443"]
        {
            assert_eq!(spec_endpoint(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn whatever_could_be_another_machine_is_refused() {
        for bad in [
            "http://127.0.0.2:1",
            "http://127.1:80",
            "http://0x7f000001:80",
            "http://2130706433:80",
            "http://localhost:x@127.0.0.2",
            "http://localhost:80@127.0.0.2/",
            "http://127.0.0.1:80@127.0.0.2/",
            "http://127.0.0.1:80\\@127.0.0.2/",
            "http://localhost.example.com:80",
            "http://localhost.:80",
            "http://LOCALHOST:80",
            "http://127.0.0.1",
            "http://127.0.0.1:",
            "http://127.0.0.1:0",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:80/path",
            "http://127.0.0.1:80?x",
            "http://127.0.0.1:80#x",
            "http://[::ffff:127.0.0.1]:80",
            "http://[::1%25lo]:80",
            "http://loc\talhost:80",
            " http://localhost:80",
            "http:localhost:80",
            "http:///localhost:80",
            "ftp://localhost:80",
            "localhost:80",
            "http://０.０.０.０:80",
            "https://iam.amazonaws.com",
            "",
        ] {
            assert!(spec_endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_fault_has_what_to_give_on_the_command_line_but_never_a_password() {
        assert_eq!(
            spec_endpoint("https://emulator.example:4566/"),
            Err(EndpointError::NotLocal(Some("https://emulator.example:4566".to_owned())))
        );
        assert_eq!(spec_endpoint("https://u:PASS@emulator.example"), Err(EndpointError::UserInfo));
        assert_eq!(given_endpoint("https://u:PASS@emulator.example"), Err(EndpointError::UserInfo));
        assert_eq!(given_endpoint("https://@emulator.example"), Err(EndpointError::UserInfo));
    }

    #[test]
    fn the_secret_of_genesys_cloud_goes_over_no_network_in_the_clear() {
        assert_eq!(given_genesys_endpoint("http://emulator.example"), Err(EndpointError::Clear));
        assert_eq!(given_genesys_endpoint("http://127.0.0.1:1/"), Ok(()));
        assert_eq!(given_genesys_endpoint("https://emulator.example"), Ok(()));
    }

    proptest! {
        /// A second URL parser, the one that sends the requests, also reads whatever passes as this machine.
        #[test]
        fn both_readers_of_urls_agree_on_what_passes(
            text in "https?://[a-z0-9.:@\\[\\]\\\\/?#%-]{0,40}|https?://(localhost|127\\.0\\.0\\.1|\\[::1\\])[:@./\\\\0-9a-z]{0,12}"
        ) {
            if spec_endpoint(&text).is_ok() {
                let uri: http::Uri = text.parse().unwrap();
                prop_assert!(matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]")), "{text}");
                prop_assert!(!uri.authority().unwrap().as_str().contains('@'));
            }
        }
    }
}
