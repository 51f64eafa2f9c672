//! Which environment variables a spec may read: those whose name says that they hold an external ID, and not those that
//! hold credentials by convention.

/// Variables of AWS, of Genesys's tools, of CI systems and of other programs that hold credentials.
const PREFIXES: [&str; 11] = [
    "AWS_",
    "GENESYSCLOUD_",
    "GH_",
    "GITHUB_",
    "GITLAB_",
    "ACTIONS_",
    "CI_",
    "AZURE_",
    "ARM_",
    "GOOGLE_",
    "SSH_",
];
const WORDS: [&str; 16] = [
    "TOKEN",
    "SECRET",
    "PASS",
    "PWD",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
    "SESSION",
    "COOKIE",
    "JWT",
    "BEARER",
    "WEBHOOK",
    "CONNECTION",
    "URL",
    "DSN",
];
/// Parts of a name, between `_`: whole words or prefixes.
const PARTS: [&str; 16] = [
    "PW", "PAT", "SK", "PEM", "PIN", "OTP", "SALT", "SIG", "DB", "CFG", "CONFIG", "PAS*", "TOK*", "CRED*",
    "CERT*", "HOOK*",
];
/// Variables made for this tool.
const OWN: &str = "GENESYS_";

/// Whether it can be a variable name at all.
pub(super) fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The pattern that marks a variable as holding credentials, ignoring case: `AWS_*`, `*TOKEN*`.
pub(super) fn credentials_pattern(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let prefix = PREFIXES.iter().find(|prefix| name.starts_with(*prefix)).map(|prefix| format!("{prefix}*"));
    let is_part = |part: &str, pattern: &str| match pattern.strip_suffix('*') {
        Some(begin) => part.starts_with(begin),
        None => part == pattern,
    };
    let part = PARTS.iter().find(|pattern| name.split('_').any(|part| is_part(part, pattern)));
    let part = || part.map(|part| format!("*_{part}_*"));
    prefix
        .or_else(|| WORDS.iter().find(|word| name.contains(*word)).map(|word| format!("*{word}*")))
        .or_else(part)
}

/// Parts of the name of a variable that holds an organization's ID.
const ORGANIZATION: [&str; 4] = ["ORG", "ORGID", "ORGANIZATION", "ORGANISATION"];

/// Whether the name says that the variable holds an external ID: no list of what may hold credentials is complete.
pub(super) fn is_of_an_external_id(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with(OWN) || is_presentable(&name) || name.split('_').any(|part| ORGANIZATION.contains(&part))
}

/// Whether the probes may present its value to the owner of the role, whatever it looks like.
pub(super) fn is_presentable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["EXTERNAL_ID", "EXTERNALID"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_hold_credentials_by_convention_are_recognized_in_any_case() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "TF_VAR_db_pw",
            "MYSQL_ROOT_PAS",
            "Vault_Tok",
            "STRIPE_SK",
            "SLACK_HOOK",
            "SIGNING_CERT",
            "DOCKER_CFG",
            "aws_session_token",
            "GENESYSCLOUD_OAUTHCLIENT_ID",
            "GH_HOST",
            "Github_Sha",
            "ACTIONS_RUNTIME_URL",
            "CI_JOB_ID",
            "NPM_TOKEN",
            "MY_SECRET",
            "PGPASSWORD",
            "apikey",
            "DB_CREDENTIALS",
            "BASIC_AUTH",
            "DATABASE_URL",
        ] {
            assert!(credentials_pattern(name).is_some(), "{name}");
        }
        for name in ["ORGANIZATION_ID", "GENESYS_EXTERNAL_ID", "EXTERNAL_ID", "ORG_EMEA", "ID"] {
            assert_eq!(credentials_pattern(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_of_an_external_id_is_no_name_for_one() {
        for name in
            ["DOCKER_LOGIN", "STRIPE_LIVE", "DEPLOY_ACCESS", "MNEMONIC", "KUBECONFIG", "TF_VAR_admin", "ID"]
        {
            assert!(!is_of_an_external_id(name), "{name}");
        }
        for name in
            ["GENESYS_X", "genesys_emea", "EXTERNAL_ID", "MyExternalId", "ORG_EMEA", "EMEA_ORGANIZATION_ID"]
        {
            assert!(is_of_an_external_id(name), "{name}");
        }
    }

    #[test]
    fn only_variables_that_are_called_external_ids_are_presented() {
        assert!(is_presentable("GENESYS_EXTERNAL_ID") && is_presentable("emeaExternalId"));
        assert!(!is_presentable("GENESYS_APPLY_CLIENT") && !is_presentable("ORGANIZATION_ID"));
    }

    #[test]
    fn names_are_those_that_a_shell_can_export() {
        assert!(is_name("_A1") && !is_name("1A") && !is_name("") && !is_name("A=B") && !is_name("A B"));
    }
}
