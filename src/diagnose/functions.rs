//! The functions.

use super::model::{Means, Remedy, run, say};
use super::permissions::without_statement;
use super::shell::Shell;
use crate::check::{Facts, FunctionFacts, FunctionSettings, FunctionState};
use crate::plan::function_parties;
use crate::policy::document::OneOrMany;
use crate::policy::{Document, document::Effect};

/// Functions, aliases and versions that do not exist.
pub(super) fn missing(facts: &Facts, shell: &Shell) -> Remedy {
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    let gone = facts.functions.iter().filter(|one| one.state == FunctionState::Missing);
    for FunctionFacts { arn, .. } in gone {
        let (region, name) = (arn.region(), arn.name());
        cli.push(say(format!("see what there is in {region}:")));
        cli.push(run(shell.aws(&[
            "lambda",
            "list-functions",
            "--region",
            region,
            "--query",
            "Functions[].FunctionName",
        ])));
        let deploy = match arn.qualifier() {
            None => format!(
                "deploy `{name}` in {region}, or let data action and policy name the one that is there"
            ),
            Some(qualifier) => {
                cli.push(run(shell.aws(&[
                    "lambda",
                    "list-aliases",
                    "--region",
                    region,
                    "--function-name",
                    name,
                ])));
                format!(
                    "make the alias or version `{qualifier}` of `{name}`, or let data action and policy name one that is there"
                )
            }
        };
        console.push(say(format!("Lambda ({region}) > Functions: {deploy}")));
        cli.push(say(deploy));
    }
    Remedy::default().with(Means::Console, console).with(Means::Cli, cli)
}

/// Functions whose reserved concurrency is 0.
pub(super) fn throttled(facts: &Facts, shell: &Shell) -> Remedy {
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    let is_throttled = |one: &&FunctionFacts| one.reserved_concurrency == Ok(Some(0));
    for FunctionFacts { arn, .. } in facts.functions.iter().filter(is_throttled) {
        let (region, name) = (arn.region(), arn.name());
        console.push(say(format!(
            "ask whoever looks after {name} why: a reserved concurrency of 0 is how a function is switched off in an emergency"
        )));
        console.push(say(format!(
            "Lambda ({region}) > Functions > {name} > Configuration > Concurrency and recursion detection > Concurrency > Edit"
        )));
        console.push(say("choose Use unreserved account concurrency (or reserve more than 0), then Save"));
        cli.push(say("when nothing speaks against it:"));
        cli.push(run(shell.aws(&[
            "lambda",
            "delete-function-concurrency",
            "--region",
            region,
            "--function-name",
            name,
        ])));
    }
    Remedy::default().with(Means::Console, console).with(Means::Cli, cli)
}

/// Functions that require a tenant ID, which is fixed at creation.
pub(super) fn tenants(facts: &Facts, shell: &Shell) -> Remedy {
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    for FunctionFacts { arn, state, .. } in &facts.functions {
        let FunctionState::Exists(FunctionSettings { isolates_tenants: true, .. }) = state else { continue };
        let (region, name) = (arn.region(), arn.name());
        let policy = &facts.desired.policy.name;
        console.push(say(format!(
            "Lambda ({region}) > Create function: the code of {name} under another name, without tenant isolation"
        )));
        let rest = [
            format!("IAM > Policies > {policy} > Edit: the ARN of the new function in place of {name}'s"),
            "Genesys Cloud: Admin > Integrations > Actions > the data action > Setup > Configuration: the new ARN as Request URL \
             Template, then Publish"
                .to_owned(),
        ];
        console.extend(rest.iter().map(say));
        cli.push(say("see what the function is made of, and where its code can be downloaded:"));
        cli.push(run(shell.aws(&["lambda", "get-function", "--region", region, "--function-name", name])));
        cli.push(say(
            "create it again with `aws lambda create-function`: the same settings, another name, no --tenancy-config; then",
        ));
        cli.extend(rest.iter().map(say));
    }
    Remedy::default().with(Means::Console, console).with(Means::Cli, cli)
}

/// Statements of a function's own policy that admit someone else.
pub(super) fn open(facts: &Facts, shell: &Shell) -> Remedy {
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    for FunctionFacts { arn, policy, .. } in &facts.functions {
        let Ok(Some(document)) = policy else { continue };
        for statement in document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow) {
            let alone = Document { statements: OneOrMany::One(statement.clone()).into(), ..document.clone() };
            if function_parties(arn, &alone).is_empty() {
                continue;
            }
            let (one, other) = without_statement(arn, statement.sid.as_deref(), shell);
            cli.extend(one);
            console.push(other);
        }
    }
    Remedy::default().with(Means::Console, console).with(Means::Cli, cli)
}
