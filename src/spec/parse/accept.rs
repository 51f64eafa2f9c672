//! `[[role.accept]]`.

use jiff::civil::Date;
use toml::de::DeValue;

use super::parser::{Parser, Target};
use crate::arn::{AccountId, Arn};
use crate::spec::accept::{AcceptSpec, AcceptedThing};
use crate::spec::known::KNOWN_GENESYS_ACCOUNTS;
use crate::spec::limits;
use crate::spec::reader::{Spanned, Table, json_of, wrong_type};

const NAME: &str = "[[role.accept]]";

impl Parser<'_> {
    pub(super) fn accepts(&mut self, role: &mut Table<'_>, target: Option<&Target>) -> Vec<AcceptSpec> {
        let Some(written) = role.array("accept", "a list of tables, [[role.accept]]", self.diagnostics)
        else {
            return Vec::new();
        };
        let mut accepts: Vec<AcceptSpec> = Vec::new();
        for value in written.value {
            let DeValue::Table(entries) = value.get_ref() else {
                wrong_type::<()>(value, "accept", "a table, [[role.accept]]", self.diagnostics);
                continue;
            };
            let table = Table::new(NAME, value.span(), entries);
            let span = table.head();
            let Some(accept) = self.accept(table, target) else { continue };
            let is_same = |known: &AcceptSpec| known.what == accept.what && known.digest == accept.digest;
            if accepts.iter().any(is_same) {
                self.diagnostics.error(span, "this is accepted already", "again", "leave one out");
                continue;
            }
            accepts.push(accept);
        }
        accepts
    }

    fn accept(&mut self, mut table: Table<'_>, target: Option<&Target>) -> Option<AcceptSpec> {
        let span = table.head();
        let head = span.clone();
        let policy = self.text(&mut table, "policy", named);
        let inline_policy = self.text(&mut table, "inline_policy", named);
        let function_policy_sid = self.text(&mut table, "function_policy_sid", named);
        let principal = self.text(&mut table, "principal", named);
        let digest = self.text(&mut table, "digest", limits::digest);
        let expires = self.expires(&mut table);
        let reason = self.text(&mut table, "reason", limits::reason);
        let reason = table.required(reason, "reason", "\"…\"");
        let keys = ["policy", "inline_policy", "function_policy_sid", "principal"];
        let given: Vec<&str> = keys.into_iter().filter(|key| table.value(key).is_some()).collect();
        let misspelt = table.deny_unknown_keys(self.diagnostics);
        let one_of = "`policy`, `inline_policy`, `function_policy_sid` or `principal`";
        match given.as_slice() {
            [_] => {}
            [] if keys.iter().any(|key| misspelt.contains(key)) => {}
            [] => self.diagnostics.error(
                span,
                format!("{NAME} does not say what is accepted"),
                format!("{NAME} begins here"),
                format!("add one of {one_of}"),
            ),
            several => {
                self.diagnostics.error(
                    span,
                    format!("{NAME} accepts one thing, and names {}", several.len()),
                    format!("{NAME} begins here"),
                    "write a table for each: each has a digest and a reason of its own",
                );
                return None;
            }
        }
        let what = if let Some(policy) = policy {
            AcceptedThing::Policy(policy.value)
        } else if let Some(policy) = inline_policy {
            AcceptedThing::InlinePolicy(policy.value)
        } else if let Some(sid) = function_policy_sid {
            AcceptedThing::FunctionPolicySid(sid.value)
        } else {
            AcceptedThing::Principal(self.accepted_principal(&principal?, target)?)
        };
        let is_over = expires.zip(self.environment.today()).is_some_and(|(last, today)| last < today);
        if digest.is_none() {
            let help = "`genesys-iam plan` prints the `digest` of what is live: add it";
            let message = format!("{NAME} has no `digest`, and so accepts nothing");
            self.diagnostics.warning(head.clone(), message, format!("{NAME} begins here"), help);
        }
        let reason = reason?.value;
        Some(AcceptSpec {
            what,
            digest: digest.map(|digest| digest.value).filter(|_| !is_over),
            // Whoever reads why it is accepted sees for how long.
            reason: match expires {
                Some(last) => format!("{reason} (until {last})"),
                None => reason,
            },
            span: head,
            line: 0,
        })
    }

    /// The last day on which something is accepted. Says so when it is over, or nearly.
    fn expires(&mut self, table: &mut Table<'_>) -> Option<Date> {
        /// Time for a review.
        const SOON: i64 = 14;
        let value = table.value("expires")?;
        let text = json_of(value);
        let Some(last) = text.as_str().and_then(|text| text.parse::<Date>().ok()) else {
            let help = "write a day such as 2026-12-31: the last one on which it is accepted";
            self.diagnostics.error(value.span(), "`expires` is not a day", "here", help);
            return None;
        };
        let days =
            self.environment.today().and_then(|today| today.until(last).ok()).map(|left| left.get_days());
        let help = "have it reviewed, and write a later day, or take it out";
        match days {
            Some(days) if days < 0 => self.diagnostics.warning(
                value.span(),
                format!("this accept ended with {last}: it accepts nothing, and `apply` goes by the rest of the spec"),
                "over",
                help,
            ),
            Some(days) if i64::from(days) <= SOON => self.diagnostics.warning(
                value.span(),
                format!("this accept ends with {last}"),
                "soon",
                help,
            ),
            _ => {}
        }
        Some(last)
    }

    /// A principal that a review can name: an account, a role or user, a service, a provider; never Genesys Cloud,
    /// which all its customers share.
    fn accepted_principal(&mut self, written: &Spanned<String>, target: Option<&Target>) -> Option<String> {
        let Spanned { value, span } = written;
        let partition = target.map_or("aws", |target| target.partition);
        let arn = value.parse::<Arn>().ok();
        let account = arn.as_ref().map_or(value.as_str(), |arn| arn.account.as_str());
        if let Some(known) = KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == account) {
            self.diagnostics.error(
                span.clone(),
                format!(
                    "{account} ({}) cannot be accepted: every customer of Genesys Cloud comes from it",
                    known.name
                ),
                "Genesys's",
                "what keeps the others out is the external ID",
            );
            return None;
        }
        if let Ok(account) = value.parse::<AccountId>() {
            return Some(Arn::account_root(partition, &account).to_string());
        }
        let is_service = value.ends_with(".amazonaws.com") || value.ends_with(".amazonaws.com.cn");
        let is_provider = value.contains('.') && !value.contains([':', '/', ' ']);
        if arn.is_none() && !is_service && !is_provider {
            self.diagnostics.error(
                span.clone(),
                format!("`principal` names nobody: `{value}`"),
                "not an account, an ARN or a service",
                "such as \"222222222222\", \"arn:aws:iam::111122223333:role/ci\" or \"sns.amazonaws.com\"",
            );
            return None;
        }
        Some(value.clone())
    }
}

/// A single thing that has a name.
fn named(text: &str) -> limits::Validation {
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if text.contains(['*', '?']) {
        return Err("has a wildcard: what is accepted is named, one by one".to_owned());
    }
    if text.chars().count() > 2048 || text.chars().any(char::is_control) {
        return Err("is not a name".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::spec::{AcceptedThing, EmptyEnvironment, parse};

    fn read(accept: &str) -> Result<Vec<AcceptedThing>, Vec<String>> {
        let source =
            format!("{}\n[[role.accept]]\n{accept}\n", include_str!("../../../tests/data/aws-only.toml"));
        let (spec, diagnostics) = parse(&source, "genesys", &EmptyEnvironment);
        match spec {
            Some(spec) => Ok(spec.roles[0].accepts.iter().map(|accept| accept.what.clone()).collect()),
            None => Err(diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()),
        }
    }

    #[test]
    fn one_thing_that_has_a_name_is_accepted_for_a_reason() {
        let account = AcceptedThing::Principal("arn:aws:iam::222222222222:root".to_owned());
        assert_eq!(read("principal = \"222222222222\"\nreason = \"x\""), Ok(vec![account]));
        let policy = AcceptedThing::Policy("AdministratorAccess".to_owned());
        assert_eq!(read("policy = \"AdministratorAccess\"\nreason = \"x\""), Ok(vec![policy]));
        for (accept, message) in [
            ("policy = \"*\"\nreason = \"x\"", "`policy` has a wildcard"),
            ("policy = \"Administrator?ccess\"\nreason = \"x\"", "`policy` has a wildcard"),
            ("principal = \"*\"\nreason = \"x\"", "`principal` has a wildcard"),
            ("function_policy_sid = \"\"\nreason = \"x\"", "`function_policy_sid` is empty"),
            ("policy = \"a\"", "`reason` is missing"),
            ("policy = \"a\"\nreason = \" \"", "`reason` is empty"),
            ("policy = \"a\"\nreason = \"…\"", "`reason` is still a placeholder"),
            ("reason = \"x\"", "does not say what is accepted"),
            ("policy = \"a\"\ninline_policy = \"b\"\nreason = \"x\"", "accepts one thing, and names 2"),
            ("principal = \"somebody\"\nreason = \"x\"", "names nobody"),
            ("principal = \"765628985471\"\nreason = \"x\"", "every customer of Genesys Cloud"),
            ("principal = \"arn:aws:iam::765628985471:role/x\"\nreason = \"x\"", "every customer"),
            ("policy = \"a\"\ndigest = \"sha256:12\"\nreason = \"x\"", "64 hexadecimal digits"),
            (
                "policy = \"a\"\nreason = \"x\"\n[[role.accept]]\npolicy = \"a\"\nreason = \"y\"",
                "accepted already",
            ),
        ] {
            let found = read(accept).unwrap_err();
            assert!(found.iter().any(|found| found.contains(message)), "{accept}: {found:?}");
        }
    }
}
