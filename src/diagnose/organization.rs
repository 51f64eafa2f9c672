//! What an AWS organization forbids. Nobody in the account can change it: the report has the text to send.

use std::collections::BTreeSet;

use super::model::{FixStep, Means, Remedy, run, say};
use super::shell::{Shell, SpecEdit};
use super::trust::by_tool;
use crate::check::{Facts, Finding, guards, judge};
use crate::plan::{GuardExemption, GuardFinding};

/// The organization's administrator exempts the role, or says which tag exempts it. `more`: actions that its policies
/// refuse to whoever diagnoses.
pub(super) fn guard(facts: &Facts, finding: &Finding, more: &[String], shell: &Shell) -> Remedy {
    let found: Vec<GuardFinding> = guards(facts)
        .into_iter()
        .filter(|guard| finding.what.starts_with(&format!("{} ", guard.policy)))
        .collect();
    let letter = GuardLetter::of(finding);
    let mut remedy = Remedy::default();
    for exemption in found.iter().flat_map(|guard| &guard.exemptions) {
        let GuardExemption::Tag { key, value } = exemption else { continue };
        let consent = "the organization exempts roles with this tag; only if its administrator agrees:";
        remedy.ways.extend(tagged(facts, consent, key, value, shell).ways);
    }
    let policy = found.first().map(|guard| guard.policy.as_str());
    let mut steps = vec![say(match shell.in_sandbox {
        true => {
            "send them this text. In the sandbox that is you: start `genesys-iam sandbox serve` in another terminal, paste the `export` \
             lines that it prints, then `export AWS_ACCESS_KEY_ID=999988887777`, and follow the text (to be yourself again, paste the \
             lines again):"
        }
        false => "send them this text:",
    })];
    steps.push(FixStep::Paste(letter.text(facts, policy, more)));
    let is_unread = remedy.ways.is_empty() && found.is_empty();
    let mut remedy = remedy.with(Means::Administrator, steps);
    // Its documents are not visible here; the usual ones exempt by a tag.
    if is_unread && letter == GuardLetter::AssumeDenied {
        let consent = "only if its administrator says that the policy exempts roles by this tag (step 2 of the text above; AWS's own template \
                       has this one):";
        remedy.ways.extend(tagged(facts, consent, TEMPLATE_TAG, "true", shell).ways);
    }
    remedy
}

/// The tag that exempts from AWS's own template of an identity perimeter.
const TEMPLATE_TAG: &str = "dp:exclude:identity";

/// Sets a tag that exempts the role.
fn tagged(facts: &Facts, consent: &str, key: &str, value: &str, shell: &Shell) -> Remedy {
    let role = facts.desired.role.name.as_str();
    let tag = format!("Key={key},Value={value}");
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let line = format!("tags = {{ {} = {} }}", quoted(key), quoted(value));
    let mut remedy = by_tool(facts, shell, SpecEdit::Line(&line))
        .with(
            Means::Console,
            vec![say(format!("IAM > Roles > {role} > Tags > Manage tags: {key} = {value}"))],
        )
        .with(Means::Cli, vec![run(shell.aws(&["iam", "tag-role", "--role-name", role, "--tags", &tag]))]);
    remedy.ways.iter_mut().for_each(|way| way.steps.insert(0, say(consent)));
    remedy
}

/// Actions that the organization's policies do not allow to whoever diagnoses.
pub fn refused_by_organization(facts: &Facts) -> Vec<String> {
    const WORDS: &str = "because no service control policy allows the ";
    let claims = judge(facts).claims;
    let refused = claims.iter().filter_map(|claim| claim.seen.split_once(WORDS)?.1.split(' ').next());
    let others: BTreeSet<String> =
        refused.filter(|action| *action != "lambda:InvokeFunction").map(str::to_owned).collect();
    others.into_iter().collect()
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
    fn text(self, facts: &Facts, policy: Option<&str>, more: &[String]) -> String {
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
        let which = match self {
            Self::AssumeDenied => "It has a Deny of sts:AssumeRole (or of sts:*).",
            Self::InvokeDenied => {
                "It has a Deny of lambda:InvokeFunction, also by a pattern such as lambda:Invoke*, lambda:* or *, or by a NotAction that \
                 leaves it out."
            }
            Self::InvokeNotAllowed => {
                "At each level (account, organizational units, root) one policy must allow lambda:InvokeFunction; at one of them none does."
            }
        };
        let change = self.change(facts, more);
        format!(
            "Genesys Cloud, our contact centre, is refused by {kind} of the AWS organization.\n\
             Account: {account}\n\
             Role:    {role}\n\
             Refused: {refused}\n\
             Policy:  {policy}\n\
             Please exempt this one role; its own trust policy admits only Genesys Cloud's account, with our organization's external ID.\n\
             With credentials of the management account:\n\
             1. Which policy it is: this prints all, from the account up to the root. {which}\n   \
                target={account}\n   \
                while [ \"$target\" ]; do\n     \
                  for policy in $(aws organizations list-policies-for-target \\\n         \
                      --target-id \"$target\" --filter {filter} \\\n         \
                      --query 'Policies[].Id' --output text); do\n       \
                    echo \"== target $target, policy $policy\"\n       \
                    aws organizations describe-policy --policy-id \"$policy\" \\\n         \
                      --query Policy.Content --output text\n     \
                  done\n     \
                  case $target in r-*) target= ;; *) target=$(aws organizations \\\n       \
                    list-parents --child-id \"$target\" \\\n       \
                    --query 'Parents[0].Id' --output text) ;; esac\n   \
                done\n\
             {change}"
        )
    }

    /// The steps from the policy's name to its new text.
    fn change(self, facts: &Facts, more: &[String]) -> String {
        // Lines that no terminal breaks.
        const FILE: &str = "\n   aws organizations describe-policy --policy-id POLICY_ID \\\n     \
                            --query Policy.Content --output text > policy.json";
        const UPDATE: &str = "Then write it back:\n   aws organizations update-policy --policy-id POLICY_ID \\\n     \
                              --content file://policy.json";
        let (role, genesys) = (&facts.desired.role.arn, &facts.desired.genesys_account_id);
        match self {
            Self::AssumeDenied => format!(
                "2. If its Condition names aws:ResourceTag/KEY, it exempts roles with that tag. Then change nothing: tell us KEY and value (in \
                 AWS's own template: dp:exclude:identity = true), and we tag this role.\n\
                 3. Otherwise save it:{FILE}\n   \
                    In the statement with the Deny, change the line with Resource and nothing else. Its Condition stays: it lets your own \
                 accounts in.\n   \
                    before:  \"Resource\": \"*\"\n   \
                    after:   \"NotResource\": \"{role}\"\n   \
                    (If it has NotResource already, add this role to its list. If its Resource is not \"*\", add \"aws:PrincipalAccount\": \
                 \"{genesys}\" to the StringNotEqualsIfExists of its Condition, beside all that is there.)\n\
                 4. {UPDATE}"
            ),
            Self::InvokeDenied => format!(
                "2. Save it:{FILE}\n\
                 3. In the statement with the Deny, add ArnNotLike to its Condition. All that is there stays: conditions of a Deny only narrow it.\n   \
                    before:  {{ \"Effect\": \"Deny\", \"Action\": …, \"Resource\": … }}\n   \
                    after:   {{ \"Effect\": \"Deny\", \"Action\": …, \"Resource\": …,\n              \
                               \"Condition\": {{ \"ArnNotLike\": {{ \"aws:PrincipalArn\": \"{role}\" }} }} }}\n   \
                    If it has a Condition, put \"ArnNotLike\": {{ … }} beside what it has; if it has ArnNotLike with aws:PrincipalArn, add \
                 the role to its list.\n\
                 4. {UPDATE}"
            ),
            Self::InvokeNotAllowed => {
                let actions: Vec<String> = ["lambda:InvokeFunction".to_owned()]
                    .iter()
                    .chain(more)
                    .map(|action| format!("\"{action}\""))
                    .collect();
                let also = match more {
                    [] => String::new(),
                    _ => format!(
                        " ({} only let us see more of what is wrong: leave them out if you like)",
                        more.join(" and ")
                    ),
                };
                format!(
                    "2. Of the level where it is missing, take a policy that is not AWS's own (those, such as p-FullAWSAccess, cannot be \
                     edited), and save it:{FILE}\n\
                     3. In its statement with \"Effect\": \"Allow\", add to the list of Action, and take nothing out:{also}\n   \
                        before:  \"Action\": [ … ]\n   \
                        after:   \"Action\": [ …, {} ]\n\
                     4. {UPDATE}",
                    actions.join(", ")
                )
            }
        }
    }
}
