//! `[check]`.

use super::parser::{Parser, Target};
use crate::arn::Arn;
use crate::spec::reader::Table;

impl Parser<'_> {
    /// `[check] verifier`: a role or user of the spec's account.
    pub(super) fn verifier(&mut self, mut table: Table<'_>, target: Option<&Target>) -> Option<Arn> {
        let written = table.string("verifier", self.diagnostics);
        table.deny_unknown_keys(self.diagnostics);
        let written = written?;
        let arn = self.arn(&written, "verifier", target, false)?;
        let is_identity = arn.service == "iam"
            && (arn.resource.starts_with("role/") || arn.resource.starts_with("user/"))
            && !arn.resource.contains(['*', '?', '$']);
        if !is_identity {
            self.diagnostics.error(
                written.span,
                "`verifier` is not the ARN of one role or user",
                "another kind of ARN",
                "such as arn:aws:iam::111122223333:role/ci",
            );
            return None;
        }
        Some(arn)
    }
}
