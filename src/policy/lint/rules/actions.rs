//! The actions that the rules are about.

/// What a trust policy may be about.
pub(super) const ASSUME: [&str; 7] = [
    "sts:AssumeRole",
    "sts:AssumeRoot",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];
/// By which a function can be invoked.
pub(super) const INVOKE: [&str; 3] =
    ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"];
