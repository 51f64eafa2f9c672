//! The functions of a role.

use std::collections::HashMap;

use toml::de::DeValue;

use super::parser::{Parser, Target, another_account};
use crate::arn::{FunctionArn, partition_of_region};
use crate::spec::limits;
use crate::spec::model::FunctionRef;
use crate::spec::reader::{Spanned, string};

impl Parser<'_> {
    pub(super) fn functions(
        &mut self,
        written: Spanned<&[toml::Spanned<DeValue<'_>>]>,
        target: Option<&Target>,
    ) -> Vec<FunctionRef> {
        if written.value.is_empty() {
            let help = "name at least one function";
            self.diagnostics.error(written.span, "`functions` is empty", "no function", help);
        }
        let mut functions: Vec<FunctionRef> = Vec::new();
        let mut seen: HashMap<FunctionArn, String> = HashMap::new();
        for value in written.value {
            let Some(text) = string(value, "functions", self.diagnostics) else { continue };
            let Some(arn) = self.function(&text, target) else { continue };
            if let Some(first) = seen.get(&arn) {
                let message = format!("`{}` is the same function as `{first}`", text.value);
                self.diagnostics.error(text.span, message, "again", "leave one out");
                continue;
            }
            seen.insert(arn.clone(), text.value.clone());
            functions.push(FunctionRef { written: text.value, arn, span: text.span, line: 0 });
        }
        functions
    }

    /// A name, `name:alias`, `name:version`, a partial ARN (`ACCOUNT:function:name`) or a full one.
    pub(super) fn function(
        &mut self,
        written: &Spanned<String>,
        target: Option<&Target>,
    ) -> Option<FunctionArn> {
        let text = written.value.as_str();
        let span = || written.span.clone();
        if text.contains(['*', '?']) {
            let help = "name each function: what is granted must be readable in the file";
            self.diagnostics.error(span(), format!("`{text}` has a wildcard"), "a wildcard", help);
            return None;
        }
        if text.contains("${") || text.contains("{{") {
            let help = "name each function, alias or version that it can stand for";
            self.diagnostics.error(span(), format!("`{text}` has a variable in it"), "a variable", help);
            return None;
        }
        if text.contains("://") {
            let help = "write the function's name, or its ARN as the Lambda console shows it";
            self.diagnostics.error(span(), format!("`{text}` is a URL, not a function"), "a URL", help);
            return None;
        }
        let full;
        let parts: Vec<&str> = if text.starts_with("arn:") {
            full = self.arn(written, "functions", target, false)?;
            let wrong = full.service != "lambda" || !full.resource.starts_with("function:");
            if wrong || limits::region(&full.region).is_err() {
                let help =
                    "it is arn:aws:lambda:REGION:ACCOUNT:function:NAME, with :ALIAS or :VERSION if need be";
                self.diagnostics.error(
                    span(),
                    "this is not the ARN of a Lambda function",
                    "another ARN",
                    help,
                );
                return None;
            }
            [full.region.as_str(), full.account.as_str()]
                .into_iter()
                .chain(full.resource.split(':'))
                .collect()
        } else {
            text.split(':').collect()
        };
        let (region, account, name, qualifier) = match parts.as_slice() {
            [region, account, "function", name] => (Some(*region), Some(*account), *name, None),
            [region, account, "function", name, q] => (Some(*region), Some(*account), *name, Some(*q)),
            [account, "function", name] => (None, Some(*account), *name, None),
            [account, "function", name, q] => (None, Some(*account), *name, Some(*q)),
            ["function", name] | [name] => (None, None, *name, None),
            ["function", name, q] | [name, q] => (None, None, *name, Some(*q)),
            _ => {
                let help = "write a name, name:alias, name:version or the function's ARN";
                self.diagnostics.error(span(), format!("`{text}` names no function"), "not understood", help);
                return None;
            }
        };
        let checks = [
            limits::function_name(name).map_err(|why| format!("the function name `{name}` {why}")),
            qualifier.map_or(Ok(()), limits::qualifier).map_err(|why| format!("the alias or version {why}")),
            region.map_or(Ok(()), limits::region).map_err(|why| format!("the region of `{text}` {why}")),
        ];
        if let Some(why) = checks.into_iter().find_map(Result::err) {
            self.diagnostics.error(
                span(),
                why,
                "not understood",
                "write a name, name:alias, name:version or the ARN",
            );
            return None;
        }
        if let Some(region) = region
            && !self.is_region(region, &written.span)
        {
            return None;
        }
        let target = target?;
        if let Some(account) = account.filter(|account| *account != target.account_id.as_str()) {
            let message = format!("`{text}` is in account {account}, the spec is for {}", target.account_id);
            self.diagnostics.error(span(), message, "another account", another_account(account));
            return None;
        }
        let region = region.unwrap_or(&target.region);
        if partition_of_region(region) != target.partition {
            let message = format!("`{text}` is in another partition than the region `{}`", target.region);
            self.diagnostics.error(
                span(),
                message,
                "another partition",
                "a role's functions are in its own partition",
            );
            return None;
        }
        Some(FunctionArn::new(target.partition, region, &target.account_id, name, qualifier))
    }
}
