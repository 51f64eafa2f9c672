//! Somebody else has used the role.

use std::collections::BTreeSet;

use super::model::{Means, Remedy, run, say};
use super::shell::Shell;
use super::trust::trust;
use crate::arn::global_region;
use crate::check::{Facts, Finding, Incident};
use crate::policy::{REVOCATION, revocation};

/// Closes the role if it is still open; then CloudTrail says what they did.
pub(super) fn got_in(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let role = &facts.desired.role;
    let Some(Incident { region, session, is_still_admitted, may_be_inside, looking_later }) =
        finding.harm.incident.as_deref()
    else {
        return Remedy::default();
    };
    let closing = if *is_still_admitted { trust(facts, shell) } else { Remedy::default() };
    let (mut console, mut cli) = (Vec::new(), Vec::new());
    for way in closing.ways {
        match way.by {
            Means::Console => console = way.steps,
            Means::Cli => cli = way.steps,
            Means::Tool | Means::Credential | Means::Administrator | Means::Owner => {}
        }
    }
    // A session outlives the trust policy that gave it.
    if *may_be_inside {
        let end =
            "Revoke sessions > Revoke active sessions (Genesys Cloud gets a new one with its next call)";
        console.push(say(format!("end their sessions: IAM > Roles > {} > {end}", role.name)));
        if let Some(now) = facts.now {
            cli.push(say("end their sessions (Genesys Cloud gets a new one with its next call):"));
            let document = revocation(&now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            cli.push(run(shell.aws(&[
                "iam",
                "put-role-policy",
                "--role-name",
                &role.name,
                "--policy-name",
                REVOCATION,
                "--policy-document",
                &document,
            ])));
        }
    }
    // Changes of IAM are recorded where IAM is, sessions where they were asked for.
    let home = global_region(&role.arn.partition);
    console.push(say(format!(
        "see how they got in: CloudTrail ({region}) > Event history > Resource name = {}: the events AssumeRole; and \
         CloudTrail ({home}) > the same: UpdateAssumeRolePolicy and whatever else changed the role",
        role.name
    )));
    if let Some(session) = session {
        console.push(say(format!(
            "see what they did: CloudTrail ({region}) > Event history > User name = {session}. Invocations of functions are not there: \
             read the functions' logs of that time"
        )));
    }
    let tell = "tell whoever is responsible for security. The event stays in the history for 90 days, and is shown here until then";
    let tell = format!("{tell}; when it is settled, {looking_later}");
    console.push(say(tell.as_str()));
    let look_up = |region: &str, key: &str, value: &str| {
        let attribute = format!("AttributeKey={key},AttributeValue={value}");
        run(shell.aws(&[
            "cloudtrail",
            "lookup-events",
            "--region",
            region,
            "--lookup-attributes",
            &attribute,
        ]))
    };
    cli.push(say("see how they got in, and what they did:"));
    let regions: BTreeSet<&str> = [region.as_str(), home].into();
    cli.extend(regions.into_iter().map(|region| look_up(region, "ResourceName", &role.arn.to_string())));
    if let Some(session) = session {
        cli.push(look_up(region, "Username", session));
    }
    cli.push(say(tell));
    Remedy::default().with(Means::Console, console).with(Means::Cli, cli)
}
