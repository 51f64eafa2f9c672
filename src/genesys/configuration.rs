//! Which organization, and the credentials for it.

use secrecy::{ExposeSecret as _, SecretString};

use super::error::{GenesysError, GenesysErrorKind};
use crate::spec::{GenesysCloud, region_as_given};

const TOKEN: &str = "GENESYSCLOUD_ACCESS_TOKEN";
const REGION: &str = "GENESYSCLOUD_REGION";

/// Never printed, and zeroed on drop.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Which organization's API, as which OAuth client.
#[derive(Debug, Clone)]
pub struct Configuration {
    pub client_id: String,
    pub client_secret: Secret,
    /// Replaces ID and secret.
    pub access_token: Option<Secret>,
    /// Where the credentials and the region come from, as an error names them.
    pub settings: String,
    /// `https://api.mypurecloud.com`
    pub api: String,
    /// `https://login.mypurecloud.com`
    pub login: String,
}

impl Configuration {
    /// From the environment, like Genesys's own tools, and the spec. `None`: no client is given.
    ///
    /// # Errors
    ///
    /// If only a part is given, or the region does not exist.
    pub fn from_environment(
        spec: &GenesysCloud,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, GenesysError> {
        // Pasted secrets often carry a line end.
        let variable = |name: &str| variable(name).map(|text| text.trim().to_owned());
        let variable = |name: &str| variable(name).filter(|text| !text.is_empty());
        let failed = |kind| GenesysError::new("configuration", kind);
        // A fleet may have several organizations.
        let [id, secret] = spec.client_variables();
        let access_token = variable(&spec.variable(TOKEN)).map(Secret::new);
        let (client_id, client_secret) = match (variable(&id), variable(&secret)) {
            (Some(id), Some(secret)) => (id, Secret::new(secret)),
            (id, secret) if access_token.is_some() => {
                (id.unwrap_or_default(), Secret::new(secret.unwrap_or_default()))
            }
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(failed(GenesysErrorKind::Incomplete { missing: secret })),
            (None, Some(_)) => return Err(failed(GenesysErrorKind::Incomplete { missing: id })),
        };
        let (api, login) = match &spec.endpoint_url {
            Some(url) => (url.trim_end_matches('/').to_owned(), url.trim_end_matches('/').to_owned()),
            None => {
                let name = spec
                    .region
                    .clone()
                    .or_else(|| variable(REGION))
                    .ok_or_else(|| failed(GenesysErrorKind::Region("no region is given".to_owned())))?;
                let region = region_as_given(&name)
                    .map_err(|why| failed(GenesysErrorKind::Region(format!("`{name}` {why}"))))?;
                let domain = region.domain;
                (format!("https://api.{domain}"), format!("https://login.{domain}"))
            }
        };
        let region = match (&spec.endpoint_url, &spec.region) {
            (Some(_), _) => "the endpoint",
            (None, Some(_)) => "`[genesys] region`",
            (None, None) => REGION,
        };
        let settings = match &access_token {
            Some(_) => format!("{} and {region}", spec.variable(TOKEN)),
            None => format!("{id}, {secret} and {region}"),
        };
        Ok(Some(Self { client_id, client_secret, access_token, settings, api, login }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
    const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";

    #[test]
    fn the_environment_gives_all_or_nothing() {
        let spec = |region: Option<&str>| GenesysCloud {
            region: region.map(str::to_owned),
            ..GenesysCloud::default()
        };
        let with = |given: &'static [(&'static str, &'static str)]| {
            move |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        assert!(Configuration::from_environment(&spec(None), with(&[])).unwrap().is_none());
        let all = with(&[(ID, "i"), (SECRET, "s"), (REGION, "eu-west-1")]);
        let found = Configuration::from_environment(&spec(None), all).unwrap().unwrap();
        assert_eq!(
            (found.api.as_str(), found.login.as_str()),
            ("https://api.mypurecloud.ie", "https://login.mypurecloud.ie")
        );
        assert!(!format!("{found:?}").contains("\"s\""));
        // The spec's region takes precedence.
        let found = Configuration::from_environment(&spec(Some("us-west-2")), all).unwrap().unwrap();
        assert_eq!(found.api, "https://api.usw2.pure.cloud");
        // As a region, an API domain, or a URL; with a token instead of ID and secret.
        for region in ["mypurecloud.de", "api.mypurecloud.de", "https://api.mypurecloud.de/", "EU-CENTRAL-1"]
        {
            let given = move |name: &str| match name {
                TOKEN => Some("t".to_owned()),
                REGION => Some(region.to_owned()),
                _ => None,
            };
            let found = Configuration::from_environment(&spec(None), given).unwrap().unwrap();
            assert_eq!(found.api, "https://api.mypurecloud.de");
            assert_eq!(found.access_token.unwrap().expose(), "t");
        }
        // With several organizations, each spec names its own.
        let emea = GenesysCloud { credentials: Some("EMEA".to_owned()), ..spec(Some("us-west-2")) };
        let both = with(&[
            (ID, "i"),
            (SECRET, "s"),
            ("GENESYSCLOUD_OAUTHCLIENT_ID_EMEA", "i-emea"),
            ("GENESYSCLOUD_OAUTHCLIENT_SECRET_EMEA", "s-emea"),
        ]);
        let found = Configuration::from_environment(&emea, both).unwrap().unwrap();
        // An error names the variables that were read.
        assert_eq!(
            found.settings,
            "GENESYSCLOUD_OAUTHCLIENT_ID_EMEA, GENESYSCLOUD_OAUTHCLIENT_SECRET_EMEA and `[genesys] region`"
        );
        assert_eq!((found.client_id.as_str(), found.client_secret.expose()), ("i-emea", "s-emea"));
        assert!(Configuration::from_environment(&emea, all).unwrap().is_none());
        for (given, says) in [
            (&[(ID, "i")][..], "GENESYSCLOUD_OAUTHCLIENT_SECRET is not set"),
            (&[(SECRET, "s"), (REGION, "us-east-1")], "GENESYSCLOUD_OAUTHCLIENT_ID is not set"),
            (&[(ID, "i"), (SECRET, "s")], "no region"),
            (&[(ID, "i"), (SECRET, "s"), (REGION, "us-east-9")], "`us-east-9` is not a region"),
        ] {
            let error = Configuration::from_environment(&spec(None), with(given)).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
