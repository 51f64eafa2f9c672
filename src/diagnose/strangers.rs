//! Somebody else has used the role.

use super::model::{Means, Remedy, run, say};
use super::shell::Shell;
use super::trust::trust;
use crate::check::{Facts, Finding, RoleUse};

/// Closes the role if it is still open; then CloudTrail says what they did.
pub(super) fn got_in(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let role = &facts.desired.role;
    let uses = facts.recorded.iter().flat_map(|recorded| &recorded.history.uses);
    // The finding names the session of the stranger in question.
    let theirs = |used: &&RoleUse| {
        let session = used.session.as_deref();
        session.is_some_and(|session| finding.remedy.contains(&format!("`{session}`")))
    };
    let Some(used) = uses.clone().find(theirs) else { return Remedy::default() };
    let (region, session) = (used.region.as_str(), used.session.as_deref().unwrap_or_default());
    let is_still_open = finding.consequence.contains("still lets them in");
    let closing = if is_still_open { trust(facts, shell) } else { Remedy::default() };
    let (mut console, mut cli) = (Vec::new(), Vec::new());
    for way in closing.ways {
        match way.by {
            Means::Console => console = way.steps,
            Means::Cli => cli = way.steps,
            Means::Tool | Means::Credential | Means::Administrator | Means::Owner => {}
        }
    }
    console.push(say(format!(
        "see how they got in: CloudTrail ({region}) > Event history > Resource name = {}: the events AssumeRole and \
         UpdateAssumeRolePolicy",
        role.name
    )));
    console.push(say(format!(
        "see what they did: CloudTrail ({region}) > Event history > User name = {session}. Invocations of functions are not there: \
         read the functions' logs of that time"
    )));
    let tell = "tell whoever is responsible for security. The event stays in the history for 90 days, and is shown here until then";
    // The command comes from the finding.
    let settled = finding.remedy.rsplit_once("when it is settled, ").map_or("", |(_, command)| command);
    let tell = format!("{tell}; when it is settled, {settled} leaves it out");
    console.push(say(tell.as_str()));
    let look_up = |key: &str, value: &str| {
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
    cli.push(look_up("ResourceName", &role.arn.to_string()));
    cli.push(look_up("Username", session));
    cli.push(say(tell));
    Remedy::default().with(Means::Console, console).with(Means::Cli, cli)
}
