//! IAM's default quotas (IAM User Guide, `reference_iam-quotas`), in characters without white space.

pub const TRUST_POLICY: usize = 2048;
pub const MANAGED_POLICY: usize = 6144;
/// All inline policies of a role combined.
pub const INLINE_POLICIES: usize = 10_240;
/// Managed policies attached to a role; can be raised.
pub const ATTACHED_POLICIES: usize = 10;
/// A session policy: an API limit, not a quota.
pub const SESSION_POLICY: usize = 2048;
