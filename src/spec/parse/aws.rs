//! `[aws]`.

use toml::de::DeValue;

use super::external_id::ExternalIdUse;
use super::parser::{Parser, Target};
use crate::arn::{Arn, partition_of_region};
use crate::spec::limits;
use crate::spec::model::{AssumeRole, Aws};
use crate::spec::reader::{Spanned, Table, string};

impl Parser<'_> {
    pub(super) fn aws(&mut self, mut table: Table<'_>) -> Option<Aws> {
        let region = table.string("region", self.diagnostics);
        let region = table.required(region, "region", "\"us-east-1\"");
        let region =
            self.checked(region, "region", limits::region).filter(|region| self.known_region(region));
        let account_id = table.string("account_id", self.diagnostics);
        let account_id = table.required(account_id, "account_id", "\"111122223333\"");
        let account_id = self.account_id(account_id, "account_id");
        let profile = self.text(&mut table, "profile", |text| {
            if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
        });
        let endpoint_url = self.endpoint(&mut table, "--aws-endpoint-url");
        let target = match (&region, &account_id) {
            (Some(region), Some(account)) => Some(Target {
                account_id: account.value.clone(),
                region: region.value.clone(),
                partition: partition_of_region(&region.value),
            }),
            _ => None,
        };
        let assume_role = self.assume_role(&mut table, target.as_ref());
        table.deny_unknown_keys(self.diagnostics);
        let region = region?.value;
        Some(Aws {
            partition: partition_of_region(&region).to_owned(),
            region,
            account_id: account_id?.value,
            profile: profile.map(|profile| profile.value),
            assume_role,
            endpoint_url,
        })
    }

    /// `assume_role = "arn"`, or a table with `role_arn`, `external_id` and `session_name`.
    fn assume_role(&mut self, aws: &mut Table<'_>, target: Option<&Target>) -> Option<AssumeRole> {
        let value = aws.value("assume_role")?;
        if let DeValue::Table(entries) = value.get_ref() {
            let mut table = Table::new("assume_role", value.span(), entries);
            let arn = table.string("role_arn", self.diagnostics);
            let arn = table.required(arn, "role_arn", "\"arn:aws:iam::111122223333:role/deploy\"");
            let arn = arn.and_then(|arn| self.role_arn(arn, target));
            let external_id = self.external_id(&mut table, ExternalIdUse::AssumeRole);
            let session_name = table.string("session_name", self.diagnostics);
            let session_name = self.checked(session_name, "session_name", limits::session_name);
            table.deny_unknown_keys(self.diagnostics);
            return Some(AssumeRole {
                role_arn: arn?,
                external_id,
                session_name: session_name.map(|name| name.value),
            });
        }
        let arn = string(value, "assume_role", self.diagnostics)?;
        Some(AssumeRole { role_arn: self.role_arn(arn, target)?, external_id: None, session_name: None })
    }

    fn role_arn(&mut self, written: Spanned<String>, target: Option<&Target>) -> Option<Arn> {
        let arn = self.arn(&written, "assume_role", target, false)?;
        if arn.service == "iam" && arn.resource.starts_with("role/") {
            return Some(arn);
        }
        let help = "an ARN of a role is arn:aws:iam::ACCOUNT:role/NAME";
        self.diagnostics.error(
            written.span,
            "`assume_role` is not the ARN of a role",
            "another kind of ARN",
            help,
        );
        None
    }
}
