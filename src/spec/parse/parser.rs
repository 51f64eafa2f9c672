//! What all parts of the file have in common: texts, account IDs and ARNs.

use std::collections::BTreeMap;

use crate::arn::{AccountId, AccountIdError, Arn};
use crate::spec::environment::Environment;
use crate::spec::known::KNOWN_GENESYS_ACCOUNTS;
use crate::spec::limits::Validation;
use crate::spec::reader::{Diagnostics, Spanned, Table};

pub(super) struct Parser<'p> {
    pub(super) diagnostics: &'p mut Diagnostics,
    pub(super) environment: &'p dyn Environment,
    /// Names and policy names of the roles so far, in lower case, with the role as written.
    pub(super) names: BTreeMap<String, String>,
    pub(super) policies: BTreeMap<String, String>,
    /// Names of the integrations so far.
    pub(super) integrations: Vec<String>,
    pub(super) verifier: Option<Arn>,
}

/// The account, region and partition that everything in the file must belong to; missing where `[aws]` is faulty.
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

    /// Reports a value that does not pass.
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
                format!("`{key}` is in account {}, the spec is for {}", arn.account, target.account_id),
                "another account",
                "a spec is about one account: correct the ARN, or `[aws] account_id`",
            );
            return None;
        }
        Some(arn)
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
        "external_id" => "it is the Genesys Cloud organization ID, a GUID",
        "session_name" => "like \"genesys-iam\", 2 to 64 characters",
        _ => "",
    }
}
