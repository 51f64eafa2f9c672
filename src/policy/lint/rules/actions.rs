//! The actions the rules look at.

/// What a trust policy may contain.
pub(super) const ASSUME: [&str; 7] = [
    "sts:AssumeRole",
    "sts:AssumeRoot",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];
/// Actions that can invoke a function.
pub(super) const INVOKE: [&str; 3] =
    ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"];
