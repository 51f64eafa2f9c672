//! What both `[defaults]` and a role may contain.

use std::collections::{BTreeMap, BTreeSet};

use super::parser::{Parser, Target};
use crate::spec::limits;
use crate::spec::model::{Boundary, ExtraPermissions, MANAGED_BY_KEY, SPEC_KEY};
use crate::spec::reader::{Spanned, Table};

/// IAM's own default, and its limits (seconds).
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 3600..=43200;

#[derive(Default, Clone)]
pub(super) struct Common {
    pub(super) path: Option<String>,
    pub(super) description: Option<String>,
    pub(super) max_session_duration: Option<i32>,
    pub(super) permissions_boundary: Option<Boundary>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) policy_path: Option<String>,
    pub(super) extra_permissions: Option<ExtraPermissions>,
    pub(super) adopt: Option<bool>,
    pub(super) prevent_destroy: Option<bool>,
}

impl Parser<'_> {
    pub(super) fn common(&mut self, table: &mut Table<'_>, target: Option<&Target>) -> Common {
        let path = self.text(table, "path", limits::role_path);
        let description = self.text(table, "description", limits::description);
        let policy_path = self.text(table, "policy_path", limits::policy_path);
        let max_session_duration =
            table.integer("max_session_duration", self.diagnostics).and_then(|seconds| {
                if SESSION_SECONDS.contains(&seconds.value) {
                    return i32::try_from(seconds.value).ok();
                }
                let message = format!("`max_session_duration` is {}", seconds.value);
                let help = "write 3600 (one hour) to 43200 (twelve hours), in seconds";
                self.diagnostics.error(seconds.span, message, "out of range", help);
                None
            });
        let boundary = table.string("permissions_boundary", self.diagnostics);
        let permissions_boundary = boundary.and_then(|boundary| self.boundary(&boundary, target));
        let tags = table.strings_by_key("tags", self.diagnostics).unwrap_or_default();
        let tags = self.tags(tags);
        let extra_permissions =
            table.string("extra_permissions", self.diagnostics).and_then(|text| match text.value.as_str() {
                "report" => Some(ExtraPermissions::Report),
                "remove" => Some(ExtraPermissions::Remove),
                _ => {
                    let message = "`extra_permissions` is neither \"report\" nor \"remove\"";
                    self.diagnostics.error(text.span, message, "not known", "write \"report\" or \"remove\"");
                    None
                }
            });
        Common {
            path: path.map(|path| path.value),
            description: description.map(|text| text.value),
            max_session_duration,
            permissions_boundary,
            tags,
            policy_path: policy_path.map(|path| path.value),
            extra_permissions,
            adopt: table.boolean("adopt", self.diagnostics),
            prevent_destroy: table.boolean("prevent_destroy", self.diagnostics),
        }
    }

    /// `"none"` means that there should be no boundary.
    fn boundary(&mut self, written: &Spanned<String>, target: Option<&Target>) -> Option<Boundary> {
        if written.value == "none" {
            return Some(Boundary::None);
        }
        let arn = self.arn(written, "permissions_boundary", target, true)?;
        if arn.service == "iam" && arn.resource.starts_with("policy/") {
            return Some(Boundary::Policy(arn));
        }
        self.diagnostics.error(
            written.span.clone(),
            "`permissions_boundary` is not the ARN of a policy",
            "another kind of ARN",
            "an ARN of a policy is arn:aws:iam::ACCOUNT:policy/NAME; \"none\" takes a boundary away",
        );
        None
    }

    fn tags(&mut self, tags: Vec<(Spanned<String>, Spanned<String>)>) -> BTreeMap<String, String> {
        let mut seen = BTreeSet::new();
        let mut read = BTreeMap::new();
        for (key, value) in tags {
            if let Err(why) = limits::tag_key(&key.value) {
                self.diagnostics.error(
                    key.span,
                    format!("the tag key `{}` {why}", key.value),
                    "here",
                    "like \"team\"",
                );
                continue;
            }
            if let Err(why) = limits::tag_value(&value.value) {
                let message = format!("the value of tag `{}` {why}", key.value);
                self.diagnostics.error(value.span, message, "here", "like \"contact-centre\"");
                continue;
            }
            if [MANAGED_BY_KEY, SPEC_KEY].iter().any(|own| own.eq_ignore_ascii_case(&key.value)) {
                let message = format!("the tag `{}` is this tool's own", key.value);
                self.diagnostics.error(key.span, message, "set by the tool", "leave it out");
                continue;
            }
            if !seen.insert(key.value.to_lowercase()) {
                let message =
                    format!("the tag `{}` appears twice; IAM tag keys are case-insensitive", key.value);
                self.diagnostics.error(key.span, message, "again", "leave one out");
                continue;
            }
            read.insert(key.value, value.value);
        }
        read
    }
}
