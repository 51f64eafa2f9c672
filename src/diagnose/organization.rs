//! What an AWS organization forbids. Nobody in the account can change it: the report has the text to send.

use super::model::{FixStep, Means, Remedy, run, say};
use super::shell::Shell;
use super::trust::by_tool;
use crate::check::{Facts, Finding, guards};
use crate::plan::{GuardExemption, GuardFinding};

/// The organization's administrator exempts the role, or says which tag exempts it.
pub(super) fn guard(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let role = facts.desired.role.name.as_str();
    let found: Vec<GuardFinding> = guards(facts)
        .into_iter()
        .filter(|guard| finding.what.starts_with(&format!("{} ", guard.policy)))
        .collect();
    let mut remedy = Remedy::default();
    for exemption in found.iter().flat_map(|guard| &guard.exemptions) {
        let GuardExemption::Tag { key, value } = exemption else { continue };
        let consent = "the organization exempts roles with this tag: ask its administrator before you set it";
        let tag = format!("Key={key},Value={value}");
        let line = format!(
            "tags = {{ {} = {} }}",
            serde_json::Value::from(key.as_str()),
            serde_json::Value::from(value.as_str())
        );
        remedy = by_tool(facts, shell, &line)
            .with(
                Means::Console,
                vec![
                    say(consent),
                    say(format!("IAM > Roles > {role} > Tags > Manage tags: {key} = {value}")),
                ],
            )
            .with(
                Means::Cli,
                vec![say(consent), run(shell.aws(&["iam", "tag-role", "--role-name", role, "--tags", &tag]))],
            );
    }
    let ask = "you cannot change it from this account. Send them:";
    let letter = GuardLetter::of(finding);
    let policy = found.first().map(|guard| guard.policy.as_str());
    remedy.with(Means::Administrator, vec![say(ask), FixStep::Paste(letter.text(facts, policy))])
}

/// Which kind of policy refuses which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GuardLetter {
    /// A resource control policy denies sts:AssumeRole.
    AssumeDenied,
    /// A service control policy denies lambda:InvokeFunction.
    InvokeDenied,
    /// At one of the levels no service control policy allows it.
    InvokeNotAllowed,
}

impl GuardLetter {
    fn of(finding: &Finding) -> Self {
        let what = finding.what.to_lowercase();
        if what.contains("resource control policy") || what.starts_with("rcp ") {
            Self::AssumeDenied
        } else if what.contains("no service control policy") || what.starts_with("the level") {
            Self::InvokeNotAllowed
        } else {
            Self::InvokeDenied
        }
    }

    /// To the administrator: what is refused, what to change, and with which commands.
    fn text(self, facts: &Facts, policy: Option<&str>) -> String {
        let (role, genesys) = (&facts.desired.role.arn, &facts.desired.genesys_account_id);
        let account = &role.account;
        let functions: Vec<String> = facts.desired.functions.iter().map(ToString::to_string).collect();
        let functions =
            if functions.is_empty() { "its function".to_owned() } else { functions.join(" and ") };
        let (kind, filter) = match self {
            Self::AssumeDenied => ("a resource control policy (RCP)", "RESOURCE_CONTROL_POLICY"),
            Self::InvokeDenied => ("a service control policy (SCP)", "SERVICE_CONTROL_POLICY"),
            Self::InvokeNotAllowed => ("the service control policies (SCP)", "SERVICE_CONTROL_POLICY"),
        };
        let refused = match self {
            Self::AssumeDenied => {
                format!("sts:AssumeRole on this role, called from AWS account {genesys} (Genesys Cloud)")
            }
            Self::InvokeDenied | Self::InvokeNotAllowed => {
                format!("lambda:InvokeFunction on {functions}, called by this role")
            }
        };
        let policy = policy
            .map_or_else(|| format!("{kind}; which one is not visible from the account"), str::to_owned);
        let change = match self {
            Self::AssumeDenied => format!(
                "in the statement that denies sts:AssumeRole: \"Condition\": {{ \"StringNotEqualsIfExists\": {{ \"aws:PrincipalAccount\": \
                 \"{genesys}\" }} }}; where it has aws:PrincipalAccount, add {genesys} to its values"
            ),
            Self::InvokeDenied => format!(
                "in the statement that denies lambda:InvokeFunction: \"Condition\": {{ \"ArnNotLike\": {{ \"aws:PrincipalArn\": \
                 \"{role}\" }} }}"
            ),
            Self::InvokeNotAllowed => {
                "at each level (root, organizational units, account) one policy must allow lambda:InvokeFunction: add it where it \
                 is missing"
                    .to_owned()
            }
        };
        format!(
            "Our integration of Genesys Cloud with AWS Lambda is refused by {kind} of the AWS organization.\n\
             Account: {account}\n\
             Role:    {role}\n\
             Refused: {refused}\n\
             Policy:  {policy}\n\
             Please exempt it. With credentials of the management account:\n\
             1. what is attached to the account, then the same for each parent up to the root:\n   \
                aws organizations list-policies-for-target --target-id {account} --filter {filter}\n   \
                aws organizations list-parents --child-id {account}\n\
             2. the policy as a file:\n   \
                aws organizations describe-policy --policy-id POLICY_ID --query Policy.Content --output text > policy.json\n\
             3. {change}\n\
             4. aws organizations update-policy --policy-id POLICY_ID --content file://policy.json"
        )
    }
}
