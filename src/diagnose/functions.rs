//! The functions.

use std::collections::BTreeMap;

use super::model::{FixStep, Means, Remedy, run, say};
use super::permissions::{set_document, with_statements, without_statement};
use super::shell::{Shell, SpecEdit, quote};
use super::trust::by_tool;
use crate::arn::FunctionArn;
use crate::check::{CodePackage, Facts, Finding, FunctionFacts, FunctionSettings, FunctionState};
use crate::plan::function_parties;
use crate::policy::document::Effect;
use crate::policy::template::invoke_policy;
use crate::text::near_miss;

/// The functions that a finding names; all, if it names none.
pub(super) fn concerned<'f>(facts: &'f Facts, finding: &Finding) -> Vec<&'f FunctionFacts> {
    let is_named = |one: &&FunctionFacts| finding.what.contains(&format!("`{}`", one.arn.label()));
    let named: Vec<&FunctionFacts> = facts.functions.iter().filter(is_named).collect();
    if named.is_empty() { facts.functions.iter().collect() } else { named }
}

/// Functions, aliases and versions that do not exist. `others`: what there is, by region.
pub(super) fn missing(
    facts: &Facts,
    finding: &Finding,
    others: &BTreeMap<String, Vec<String>>,
    shell: &Shell,
) -> Remedy {
    let mut remedy = Remedy::default();
    let gone = concerned(facts, finding).into_iter().filter(|one| one.state == FunctionState::Missing);
    for FunctionFacts { arn, .. } in gone {
        let ways = match (arn.qualifier(), others.get(arn.region())) {
            (None, known) => function_missing(facts, arn, known.map(Vec::as_slice), shell),
            // The alias or version is missing, or the whole function.
            (Some(_), Some(known)) if !known.iter().any(|name| name == arn.name()) => {
                function_missing(facts, arn, Some(known), shell)
            }
            (Some(qualifier), _) => qualifier_missing(arn, qualifier.as_str(), shell),
        };
        remedy.ways.extend(ways.ways);
    }
    remedy
}

fn function_missing(facts: &Facts, arn: &FunctionArn, known: Option<&[String]>, shell: &Shell) -> Remedy {
    let (region, name, account) = (arn.region(), arn.name(), &arn.as_arn().account);
    let letter = format!(
        "Genesys Cloud, our contact centre, invokes the Lambda function {name} in {region} (AWS account {account}), and it does not \
         exist. Was it deleted or renamed, or is it in another region? Please deploy it there, or tell us which one to use."
    );
    let there = match known {
        Some([]) => format!("Lambda in {region} has no function at all"),
        Some(names) => format!("Lambda in {region} has: {}", few(names)),
        None => format!("which functions Lambda in {region} has may not be listed with these credentials"),
    };
    // The spec has those of the role already.
    let is_own =
        |name: &&str| facts.desired.functions.iter().any(|own| own.name() == *name && own.region() == region);
    let candidates = known.unwrap_or_default().iter().map(String::as_str);
    let candidates: Vec<&str> = candidates.filter(|name| !is_own(name)).collect();
    let meant = near_miss(name, &candidates).or(candidates.first().copied());
    let renamed = match meant {
        Some(other) => {
            let mut tool = by_tool(facts, shell, SpecEdit::Function { old: arn, new: other });
            let says = format!(
                "if another function is meant, put its name there; `{other}` stands for it here. {there}"
            );
            tool.ways.iter_mut().for_each(|way| way.steps.insert(0, say(says.as_str())));
            tool
        }
        None => Remedy::default(),
    };
    let mut console =
        vec![say(format!("{there}. To deploy `{name}` there: Lambda ({region}) > Create function"))];
    if meant.is_some() {
        console.push(say("if another one is meant, let policy and data action name it:"));
        console.extend(renamed_in_console(facts, arn));
    }
    let role = format!("{}-execution", name.chars().take(54).collect::<String>());
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let execution = format!("arn:{}:iam::{account}:role/{role}", arn.as_arn().partition);
    let cli = vec![
        say(format!(
            "{there}. Whoever deploys `{name}` has its code; until then an empty one that answers {{}} shows that the rest works. Its role, \
             which may do nothing:"
        )),
        run(shell.aws(&["iam", "create-role", "--role-name", &role, "--assume-role-policy-document", trust])),
        say("its code, as code.zip:"),
        run(format!("printf {} > index.py", quote("def handler(event, context):\\n    return {}\\n"))),
        run("python3 -m zipfile -c code.zip index.py".to_owned()),
        say("the function (if Lambda cannot assume the role yet, the same again after ten seconds):"),
        run(create(shell, arn, name, "python3.13", "index.handler", &execution)),
    ];
    let mut remedy =
        Remedy::default().with(Means::Owner, shell.letter(&format!("whoever deploys {name}"), letter));
    remedy.ways.extend(renamed.ways);
    remedy.with(Means::Console, console).with(Means::Cli, cli)
}

fn create(shell: &Shell, arn: &FunctionArn, name: &str, runtime: &str, handler: &str, role: &str) -> String {
    shell.aws(&[
        "lambda",
        "create-function",
        "--region",
        arn.region(),
        "--function-name",
        name,
        "--runtime",
        runtime,
        "--handler",
        handler,
        "--role",
        role,
        "--zip-file",
        "fileb://code.zip",
    ])
}

fn few(names: &[String]) -> String {
    const FEW: usize = 8;
    let shown: Vec<String> = names.iter().take(FEW).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(FEW) {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

fn qualifier_missing(arn: &FunctionArn, qualifier: &str, shell: &Shell) -> Remedy {
    let (region, name) = (arn.region(), arn.name());
    let lambda = |operation: &str, more: &[&str]| {
        let words = ["lambda", operation, "--region", region, "--function-name", name];
        run(shell.aws(&[&words[..], more].concat()))
    };
    let is_version = qualifier.chars().all(|c| c.is_ascii_digit());
    let mut cli = vec![
        say("see what there is:"),
        lambda("list-aliases", &[]),
        lambda("list-versions-by-function", &[]),
    ];
    let console = if is_version {
        cli.push(say(format!(
            "version {qualifier} cannot be made again: publish a new one, and let data action and policy name it"
        )));
        cli.push(lambda("publish-version", &[]));
        format!(
            "Lambda ({region}) > Functions > {name} > Versions: version {qualifier} cannot be made again; publish a new one, and let data \
             action and policy name it"
        )
    } else {
        cli.push(say(format!("make `{qualifier}`, here of what was deployed last:")));
        cli.push(lambda("create-alias", &["--name", qualifier, "--function-version", "$LATEST"]));
        format!("Lambda ({region}) > Functions > {name} > Aliases > Create alias: {qualifier}")
    };
    Remedy::default().with(Means::Console, vec![say(console)]).with(Means::Cli, cli)
}

/// Policy and data action name another function.
fn renamed_in_console(facts: &Facts, arn: &FunctionArn) -> [FixStep; 2] {
    let policy = &facts.desired.policy.name;
    [
        say(format!(
            "IAM > Policies > {policy} > Permissions > Edit: the ARN of the other function in place of {}",
            arn
        )),
        say(
            "Genesys Cloud: Admin > Integrations > Actions > the data action > Setup > Configuration: the same ARN as Request URL \
             Template, then Save & Publish",
        ),
    ]
}

/// Functions whose reserved concurrency is 0.
pub(super) fn throttled(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let mut remedy = Remedy::default();
    let is_throttled = |one: &&FunctionFacts| one.reserved_concurrency == Ok(Some(0));
    for FunctionFacts { arn, .. } in concerned(facts, finding).into_iter().filter(is_throttled) {
        let (region, name) = (arn.region(), arn.name());
        let letter = format!(
            "The Lambda function {name} in {region} has a reserved concurrency of 0: nobody can invoke it, and Genesys Cloud, our contact \
             centre, is refused (429). That is how a function is switched off in an emergency. Was it? May we switch it on again?"
        );
        let agreed = "if nothing speaks against it:";
        remedy = remedy
            .with(Means::Owner, shell.letter(&format!("whoever looks after {name}"), letter))
            .with(
                Means::Console,
                vec![
                    say(agreed),
                    say(format!(
                        "Lambda ({region}) > Functions > {name} > Configuration > Concurrency and recursion detection > Concurrency > Edit"
                    )),
                    say("choose Use unreserved account concurrency (or reserve more than 0), then Save"),
                ],
            )
            .with(
                Means::Cli,
                vec![
                    say(agreed),
                    run(shell.aws(&[
                        "lambda",
                        "delete-function-concurrency",
                        "--region",
                        region,
                        "--function-name",
                        name,
                    ])),
                ],
            );
    }
    remedy
}

/// Functions that require a tenant ID, which is fixed at creation.
pub(super) fn tenants(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let mut remedy = Remedy::default();
    for FunctionFacts { arn, state, .. } in concerned(facts, finding) {
        let FunctionState::Exists(settings @ FunctionSettings { isolates_tenants: true, .. }) = state else {
            continue;
        };
        let (region, name) = (arn.region(), arn.name());
        let other = made_plain(name);
        let fixed = format!(
            "tenant isolation cannot be switched off: the function is made again under another name, here `{other}`"
        );
        let again = made_again(arn, settings, &other, shell);
        let rest = say(format!(
            "its environment variables, VPC, memory and timeout, its own policy and its triggers do not come along: compare both under \
             Lambda ({region}) > Functions > {name} > Configuration"
        ));
        let mut tool = by_tool(facts, shell, SpecEdit::Function { old: arn, new: &other });
        for way in &mut tool.ways {
            let steps = std::mem::take(&mut way.steps);
            way.steps =
                [say(fixed.as_str())].into_iter().chain(again.clone()).chain([rest.clone()]).collect();
            way.steps.push(say("then let policy and data action name it:"));
            way.steps.extend(steps);
        }
        let mut console = vec![
            say(fixed.as_str()),
            say(format!(
                "Lambda ({region}) > Create function: the code of {name} as {other}, without tenant isolation; its execution role can be the \
                 same"
            )),
            rest.clone(),
        ];
        console.extend(renamed_in_console(facts, arn));
        let mut cli = vec![say(fixed.as_str())];
        cli.extend(again);
        cli.push(rest);
        if let Some(policy) = &facts.live.policy {
            let functions: Vec<FunctionArn> = facts.functions.iter().map(with_the_new_one).collect();
            cli.push(say("the policy names it:"));
            cli.push(set_document(shell, &policy.policy.arn, &invoke_policy(&functions)));
        }
        let [_, action] = renamed_in_console(facts, arn);
        cli.push(action);
        remedy.ways.extend(tool.ways);
        remedy = remedy.with(Means::Console, console).with(Means::Cli, cli);
    }
    remedy
}

/// What a function that isolates tenants is called when it is made again.
fn made_plain(name: &str) -> String {
    format!("{}-plain", name.chars().take(58).collect::<String>())
}

/// A function, or the one that is made in its place; so that the documents of all such causes are the same.
fn with_the_new_one(function: &FunctionFacts) -> FunctionArn {
    let arn = &function.arn;
    match &function.state {
        FunctionState::Exists(FunctionSettings { isolates_tenants: true, .. }) => {
            let text = arn.unqualified().to_string();
            let prefix = text.strip_suffix(arn.name()).unwrap_or_default();
            format!("{prefix}{}", made_plain(arn.name())).parse().unwrap_or_else(|_| arn.clone())
        }
        _ => arn.clone(),
    }
}

/// The same code under another name. An image has no package to download.
fn made_again(arn: &FunctionArn, settings: &FunctionSettings, other: &str, shell: &Shell) -> Vec<FixStep> {
    let of = |query: &str| {
        let name = arn.name();
        shell.aws(&[
            "lambda",
            "get-function",
            "--region",
            arn.region(),
            "--function-name",
            name,
            "--query",
            query,
            "--output",
            "text",
        ])
    };
    let role = settings.execution_role.as_deref().unwrap_or("EXECUTION_ROLE");
    match settings.package.as_deref() {
        Some(CodePackage { runtime, handler }) => vec![
            run(format!("curl -fsSo code.zip \"$({})\"", of("Code.Location"))),
            run(create(shell, arn, other, runtime, handler, role)),
        ],
        None => vec![run(format!(
            "aws lambda create-function --region {} --function-name {} --package-type Image --role {} --code ImageUri=\"$({})\"",
            quote(arn.region()),
            quote(other),
            quote(role),
            of("Code.ImageUri")
        ))],
    }
}

/// Statements of a function's own policy that admit someone else.
pub(super) fn open(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    for FunctionFacts { arn, policy, .. } in concerned(facts, finding) {
        let Ok(Some(document)) = policy else { continue };
        for statement in document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow) {
            let alone = with_statements(document, vec![statement.clone()]);
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
