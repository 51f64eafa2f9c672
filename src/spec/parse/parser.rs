//! What all parts of the file share: texts, account IDs and ARNs.

use std::collections::BTreeMap;

use crate::arn::{AccountId, AccountIdError, Arn};
use crate::spec::endpoint::{EndpointError, spec_endpoint};
use crate::spec::environment::Environment;
use crate::spec::known::{AWS_REGIONS, KNOWN_GENESYS_ACCOUNTS};
use crate::spec::limits::{self, Validation};
use crate::spec::reader::{Diagnostics, Spanned, Table};

pub(super) struct Parser<'p> {
    pub(super) diagnostics: &'p mut Diagnostics,
    pub(super) environment: &'p dyn Environment,
    /// Role and policy names so far, in lower case, with the role as written.
    pub(super) names: BTreeMap<String, String>,
    pub(super) policies: BTreeMap<String, String>,
    /// Integration names so far.
    pub(super) integrations: Vec<String>,
    pub(super) verifier: Option<Arn>,
    /// Files read for the current data action.
    pub(super) files: Vec<String>,
}

/// The account, region and partition that everything in the file must belong to; absent if `[aws]` is faulty.
pub(super) struct Target {
    pub(super) account_id: AccountId,
    pub(super) region: String,
    pub(super) partition: &'static str,
}

impl Parser<'_> {
    /// A string that passes a check.
    pub(super) fn text(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        check: impl Fn(&str) -> Validation,
    ) -> Option<Spanned<String>> {
        let value = table.string(key, self.diagnostics);
        self.checked(value, key, check)
    }

    /// Reports a value that fails a check.
    pub(super) fn checked(
        &mut self,
        value: Option<Spanned<String>>,
        key: &str,
        check: impl Fn(&str) -> Validation,
    ) -> Option<Spanned<String>> {
        let value = value?;
        match check(&value.value) {
            Ok(()) => Some(value),
            Err(why) => {
                self.diagnostics.error(value.span, format!("`{key}` {why}"), "here", example(key));
                None
            }
        }
    }

    /// An endpoint: a spec may be untrusted, so it can only name this machine.
    pub(super) fn endpoint(&mut self, table: &mut Table<'_>, flag: &str) -> Option<String> {
        let written = table.string("endpoint_url", self.diagnostics)?;
        let error = match spec_endpoint(&written.value) {
            Ok(()) => return Some(written.value.trim_end_matches('/').to_owned()),
            Err(error) => error,
        };
        let url = match &error {
            EndpointError::NotLocal(Some(url)) => {
                shlex::try_quote(url).map_or_else(|_| "URL".into(), Into::into)
            }
            _ => String::from("URL"),
        };
        self.diagnostics.error(
            written.span,
            format!("`endpoint_url` {error}"),
            "a spec names this machine only",
            format!("for another server run it with `{flag} {url}`"),
        );
        None
    }

    /// Reports a region that looks like a typo; one that is merely new gets a warning.
    pub(super) fn known_region(&mut self, region: &Spanned<String>) -> bool {
        let Spanned { value, span } = region;
        if AWS_REGIONS.iter().any(|known| known.name == value) {
            return true;
        }
        let nearest = AWS_REGIONS
            .iter()
            .map(|known| (strsim::damerau_levenshtein(known.name, value), known.name))
            .min();
        match nearest.filter(|(distance, _)| *distance <= 2) {
            Some((_, known)) => {
                let message = format!("AWS has no region `{value}`");
                self.diagnostics.error(
                    span.clone(),
                    message,
                    "a typo?",
                    format!("did you mean \"{known}\"?"),
                );
                false
            }
            None => {
                let message = format!("this genesys-iam does not know the region `{value}`");
                self.diagnostics.warning(
                    span.clone(),
                    message,
                    "not known",
                    "check it, or look for a newer genesys-iam",
                );
                true
            }
        }
    }

    /// The region of a function's ARN.
    pub(super) fn is_region(&mut self, text: &str, span: &std::ops::Range<usize>) -> bool {
        limits::region(text).is_ok()
            && self.known_region(&Spanned { value: text.to_owned(), span: span.clone() })
    }

    pub(super) fn account_id(
        &mut self,
        value: Option<Spanned<String>>,
        key: &str,
    ) -> Option<Spanned<AccountId>> {
        let Spanned { value, span } = value?;
        match value.parse::<AccountId>() {
            Ok(value) => Some(Spanned { value, span }),
            Err(error) => {
                let digits: String = value.chars().filter(char::is_ascii_digit).collect();
                let known = KNOWN_GENESYS_ACCOUNTS
                    .iter()
                    .find(|known| known.for_customers && strsim::damerau_levenshtein(known.id, &digits) <= 2);
                let help = match (&error, known) {
                    (_, Some(known)) => format!("did you mean \"{}\" ({})?", known.id, known.name),
                    (AccountIdError::NotDigits, None) if digits.len() == 12 => format!("write \"{digits}\""),
                    _ => "write all 12 digits, in quotes".to_owned(),
                };
                self.diagnostics.error(span, format!("`{key}`: {error}"), "not an account ID", help);
                None
            }
        }
    }

    /// An ARN in the target's account and partition.
    pub(super) fn arn(
        &mut self,
        written: &Spanned<String>,
        key: &str,
        target: Option<&Target>,
        aws_account: bool,
    ) -> Option<Arn> {
        let span = written.span.clone();
        let Ok(arn) = written.value.parse::<Arn>() else {
            let help = "an ARN has the form arn:partition:service:region:account:resource";
            self.diagnostics.error(span, format!("`{key}` is not an ARN"), "not an ARN", help);
            return None;
        };
        let target = target?;
        if arn.partition != target.partition {
            self.diagnostics.error(
                span,
                format!("`{key}` is in partition `{}`, the region `{}` is not", arn.partition, target.region),
                "another partition",
                format!("in {} ARNs begin with arn:{}:", target.region, target.partition),
            );
            return None;
        }
        if arn.account != target.account_id.as_str() && !(aws_account && arn.account == "aws") {
            self.diagnostics.error(
                span,
                match (key, arn.account.as_str()) {
                    (_, "") => format!("`{}` names no account", written.value),
                    ("functions", account) => {
                        format!(
                            "`{}` is in account {account}, the spec is for {}",
                            written.value, target.account_id
                        )
                    }
                    (key, account) => {
                        format!("`{key}` is in account {account}, the spec is for {}", target.account_id)
                    }
                },
                if arn.account.is_empty() { "no account" } else { "another account" },
                another_account(&arn.account),
            );
            return None;
        }
        Some(arn)
    }
}

/// What to do about an account that is not the spec's.
pub(super) fn another_account(account: &str) -> String {
    let is_number = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    match account.len() {
        digits if is_number && digits != 12 => {
            format!("an account ID has 12 digits, and this has {digits}: correct the ARN")
        }
        _ => "a spec is about one account: correct the ARN, or `[aws] account_id`".to_owned(),
    }
}

/// What to write instead, by key.
pub(super) fn example(key: &str) -> &'static str {
    match key {
        "name" => "like \"GenesysDataActionRole\", at most 64 characters",
        "path" | "policy_path" => "like \"/genesys/\"",
        "policy_name" => "like \"GenesysLambdaInvokePolicy\", at most 128 characters",
        "description" => "like \"Lets Genesys Cloud data actions invoke Lambda\", at most 1000 characters",
        "region" => "like \"us-east-1\"",
        "endpoint_url" => "like \"http://127.0.0.1:4566\"",
        "external_id" => {
            "it is the Genesys Cloud organization ID, a GUID: Admin > Organization Settings > Advanced shows it"
        }
        "digest" => "leave it out: `plan` and `check` print the line to write",
        "session_name" => "like \"genesys-iam\", 2 to 64 characters",
        _ => "",
    }
}
