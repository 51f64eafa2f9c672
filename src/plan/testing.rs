//! States for tests above the IAM API.

use std::collections::BTreeMap;

use crate::model::resolve;
use crate::model::{AttachedPolicy, DesiredState, Live, LivePolicy, LiveRole, PolicyVersion, RoleRecord};
use crate::policy::Document;
use crate::spec::{self, EmptyEnvironment};

/// The example with one more line in the role's table.
pub fn desired(line: &str) -> DesiredState {
    let source = format!("{}\n{line}\n", include_str!("../../tests/data/aws-only.toml"));
    resolve(&spec::parse(&source, "genesys", &EmptyEnvironment).0.unwrap(), &BTreeMap::new())
}

/// Exactly what the example wants.
pub fn converged() -> Live {
    let role = desired("").roles.remove(0);
    let policy = role.policy.clone();
    let attached = AttachedPolicy { name: policy.name, document: policy.document, tags: policy.tags };
    Live {
        wanted_boundary: None,
        role: Some(LiveRole {
            role: role.role,
            attached: [(role.policy.arn.clone(), Box::new(attached))].into(),
            inline: BTreeMap::new(),
            boundary: None,
            record: RoleRecord::default(),
        }),
        policy: Some(LivePolicy {
            policy: role.policy,
            versions: vec![version(1, true)],
            attachment_count: 1,
            boundary_count: 0,
        }),
    }
}

pub fn version(number: u32, is_default: bool) -> PolicyVersion {
    PolicyVersion { id: format!("v{number}"), is_default, document: None }
}

pub fn document(text: &str) -> Document {
    Document::parse(text).unwrap()
}
