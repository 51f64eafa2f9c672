//! From a report to its picture: which claims concern which link.

use super::super::words::few;
use super::model::{FunctionStop, Link, LinkProof, Outsiders, Picture, Station};
use crate::arn::FunctionArn;
use crate::check::{Cause, Claim, Finding, InvocationPath, Outcome, RoleReport, Topic, is_organization};

/// A link, or an end of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Genesys Cloud → integration
    Integration,
    /// integration → data action
    Action,
    /// data action → credential
    Credential,
    /// credential → role
    Entry,
    /// role → policy
    Policy,
    /// policy → function
    Function,
    /// anyone else → role
    Others,
    /// anyone else → function
    FunctionOthers,
    /// role → anything else
    More,
    /// from end to end
    Whole,
    /// Not in the picture.
    Nowhere,
}

fn spot(claim: &Claim) -> Spot {
    // Who gets in without the external ID is listed with the others who get in.
    if claim.failure().is_some_and(|failure| failure.finding.cause == Cause::RoleOpen) {
        return Spot::Others;
    }
    match claim.topic {
        Topic::Genesys | Topic::Organization | Topic::Integration => Spot::Integration,
        Topic::DataActions => Spot::Action,
        Topic::Credential => Spot::Credential,
        Topic::Role | Topic::Account | Topic::Trusted | Topic::ExternalId | Topic::Admission => Spot::Entry,
        Topic::Attached => Spot::Policy,
        Topic::Functions | Topic::Invocable | Topic::Covered | Topic::Denials | Topic::Invocation => {
            Spot::Function
        }
        Topic::Guards if claim.failure().is_none() => Spot::Nowhere,
        Topic::Guards if claim.function.is_some() => Spot::Function,
        Topic::Guards => Spot::Entry,
        Topic::NobodyElse => Spot::Others,
        Topic::FunctionPolicies => Spot::FunctionOthers,
        Topic::NothingElse => Spot::More,
        Topic::EndToEnd => Spot::Whole,
        // What was seen says who came, not who can.
        Topic::Strangers | Topic::Analyzer if claim.failure().is_some() => Spot::Others,
        Topic::Strangers | Topic::Analyzer | Topic::Used | Topic::LastUsed | Topic::Reached => Spot::Nowhere,
        Topic::Verifier | Topic::Mistakes | Topic::Simulator => Spot::Nowhere,
    }
}

impl Spot {
    /// What must be answered for the link to deserve its name.
    fn question(self) -> Option<Topic> {
        match self {
            Self::Integration => Some(Topic::Integration),
            Self::Action => Some(Topic::DataActions),
            Self::Credential => Some(Topic::Credential),
            Self::Entry => Some(Topic::Admission),
            Self::Policy => Some(Topic::Attached),
            Self::Function => Some(Topic::Invocation),
            Self::Others => Some(Topic::NobodyElse),
            Self::FunctionOthers => Some(Topic::FunctionPolicies),
            Self::More => Some(Topic::NothingElse),
            Self::Whole => Some(Topic::EndToEnd),
            Self::Nowhere => None,
        }
    }

    /// If it fails for a reason elsewhere.
    fn fails(self) -> &'static str {
        match self {
            Self::Entry => "kept out",
            Self::Function => "not allowed",
            Self::More => "may do more",
            Self::Whole => "the test failed",
            Self::Integration
            | Self::Action
            | Self::Credential
            | Self::Policy
            | Self::Others
            | Self::FunctionOthers
            | Self::Nowhere => "fails",
        }
    }

    /// If all is well; if nobody looked.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Integration => ("enabled and active", "not looked at"),
            Self::Action => ("points at the function", "not looked at"),
            Self::Credential => ("holds the role's ARN", "not looked at"),
            Self::Entry => ("may assume the role", "not looked at"),
            Self::Policy => ("attached", "not looked at"),
            Self::Function => ("may be invoked", "not looked at"),
            Self::Others => ("nobody else can assume it", "not looked at"),
            Self::FunctionOthers => ("nobody else may invoke it", "not looked at"),
            Self::More => ("nothing else", "not looked at"),
            Self::Whole => ("Genesys Cloud itself invoked it", "not tried"),
            Self::Nowhere => ("", ""),
        }
    }

    /// If it is different, and the spec accepts that.
    fn accepted(self) -> &'static str {
        match self {
            Self::Others => "can get in",
            Self::FunctionOthers => "reached without the role",
            Self::More => "may do more",
            other => other.words().0,
        }
    }

    fn basis(self, proof: LinkProof) -> &'static str {
        match (proof, self) {
            (LinkProof::Called, Self::Others) => "by documents and real calls",
            (LinkProof::Called, Self::Whole) => "in a real test",
            (LinkProof::Called, _) => "by a real call",
            (LinkProof::Read, Self::Integration | Self::Action | Self::Credential) => {
                "as Genesys Cloud shows it"
            }
            (LinkProof::Read, _) => "by the live documents",
            (LinkProof::Accepted, _) => "accepted by the spec",
            (LinkProof::NotRead | LinkProof::Unknown | LinkProof::Planned(_) | LinkProof::Fails, _) => "",
        }
    }
}

/// A fault in a few words.
fn in_short(cause: Cause) -> &'static str {
    match cause {
        Cause::RoleMissing => "no such role",
        Cause::UnknownAccount => "account not confirmed",
        Cause::TrustedAccount => "another account is trusted",
        Cause::ExternalId => "another external ID",
        Cause::TrustPolicy => "kept out by the trust policy",
        Cause::RoleOpen => "the role is open",
        Cause::Stranger => "a stranger was seen",
        Cause::Verifier => "the verifier is refused",
        Cause::InsiderOpen => "a role it trusts is open",
        Cause::FunctionMissing => "no such function",
        Cause::FunctionNotReady => "not ready",
        Cause::FunctionThrottled => "always throttled",
        Cause::TenantIsolation => "wants a tenant ID",
        Cause::FunctionOpen => "open without the role",
        Cause::PolicyMissing => "no such policy",
        Cause::PolicyNotAttached => "not attached",
        Cause::PolicyDoesNotCover => "not allowed",
        Cause::Denied => "denied",
        Cause::OrganizationGuard => "refused by your organization",
        Cause::ExtraPermissions => "may do more",
        Cause::KnownMistake => "a known mistake",
        Cause::Organization => "another organization",
        Cause::GenesysCredentials => "credentials rejected",
        Cause::Integration => "not as it should be",
        Cause::IntegrationCredential => "another role, or none",
        Cause::DataAction => "a data action is wrong",
        Cause::Invocation => "the test failed",
        Cause::Probe => "refused by AWS",
    }
}

pub(in crate::view) fn picture(report: &RoleReport) -> Picture {
    let RoleReport { role, path, claims, diagnosis, .. } = report;
    let InvocationPath {
        calls: _,
        account_id,
        genesys_account_id,
        organization,
        integrations,
        actions,
        policy,
        functions,
    } = path;
    let at = |wanted: Spot| claims.iter().filter(move |claim| spot(claim) == wanted).collect::<Vec<_>>();
    let link = |wanted: Spot| link(report, wanted, &at(wanted));
    let has = |cause| diagnosis.has(cause);
    let integration = match integrations.as_slice() {
        [] => "none known".to_owned(),
        names => names.join(", "),
    };
    let action = match actions.as_slice() {
        [] => "none known".to_owned(),
        names => few(names),
    };
    let credential = if integrations.is_empty() { "none known" } else { "holds a role's ARN" };
    let links = [Spot::Integration, Spot::Action, Spot::Credential, Spot::Entry, Spot::Policy].map(link);
    let [enabled, _, holds, _, _] = &links;
    let is_read = |link: &Link| link.proof != LinkProof::NotRead;
    let stations = [
        (format!("AWS account {genesys_account_id}"), true),
        (integration, is_read(enabled) && !integrations.is_empty()),
        (action, !actions.is_empty()),
        (credential.to_owned(), is_read(holds) && !integrations.is_empty()),
        (role.clone(), !has(Cause::RoleMissing)),
        (policy.clone(), !has(Cause::PolicyMissing)),
    ]
    .map(|(name, is_known)| Station { name, is_known, mark: None });
    let mut functions: Vec<FunctionStop> =
        functions.iter().map(|function| function_stop(report, function)).collect();
    functions.sort_by_key(|stop| {
        let others = stop.others.as_ref().map(|others| others.link.proof);
        std::cmp::Reverse(others.max(Some(stop.link.proof)))
    });
    let others = others(report, &at(Spot::Others));
    let more =
        Some(link(Spot::More)).filter(|link| !matches!(link.proof, LinkProof::Read | LinkProof::NotRead));
    let mut end_to_end = link(Spot::Whole);
    let invoked = functions.iter().filter(|stop| stop.end_to_end == Some(LinkProof::Called));
    let invoked: Vec<String> = invoked.map(|stop| stop.station.name.clone()).collect();
    if end_to_end.proof == LinkProof::Called && functions.len() > 1 {
        end_to_end.words = match invoked.len() == functions.len() {
            true => "Genesys Cloud itself invoked each function".to_owned(),
            false => format!("Genesys Cloud itself invoked only {}", few(&invoked)),
        };
    }
    let drawn: Vec<usize> =
        links
            .iter()
            .chain(functions.iter().flat_map(|stop| {
                [&stop.link].into_iter().chain(stop.others.iter().map(|others| &others.link))
            }))
            .chain([&others.link, &end_to_end])
            .chain(&more)
            .flat_map(|link| link.causes.iter().copied())
            .collect();
    Picture {
        genesys_side: match organization {
            Some(name) => format!("Genesys Cloud, organization \"{name}\""),
            None => "Genesys Cloud".to_owned(),
        },
        aws_side: format!("AWS account {account_id}"),
        stations,
        links,
        functions,
        others: Some(others),
        more,
        elsewhere: (1..=diagnosis.findings.len()).filter(|number| !drawn.contains(number)).collect(),
        end_to_end: Some(end_to_end),
    }
}

fn function_stop(report: &RoleReport, function: &FunctionArn) -> FunctionStop {
    let at = |wanted: Spot| -> Vec<&Claim> {
        let is_about = |claim: &&Claim| spot(claim) == wanted && claim.function.as_ref() == Some(function);
        report.claims.iter().filter(is_about).collect()
    };
    let mut open = link(report, Spot::FunctionOthers, &at(Spot::FunctionOthers));
    let names: Vec<String> = at(Spot::FunctionOthers)
        .iter()
        .flat_map(|claim| {
            let failed = claim.failure().map(|failure| failure.finding.harm.lets_in.as_slice());
            let accepted = claim.acceptances().iter().flat_map(|acceptance| &acceptance.lets_in);
            failed.unwrap_or_default().iter().chain(accepted)
        })
        .map(|who| who.split(" (").next().unwrap_or(who).to_owned())
        .collect();
    if open.proof == LinkProof::Fails {
        open.words = "reached without the role".to_owned();
    }
    let is_missing = at(Spot::Function)
        .iter()
        .any(|claim| claim.failure().is_some_and(|failure| failure.finding.cause == Cause::FunctionMissing));
    FunctionStop {
        link: link(report, Spot::Function, &at(Spot::Function)),
        station: Station { name: function.label(), is_known: !is_missing, mark: None },
        others: (!names.is_empty()).then_some(Outsiders { names, link: open }),
        end_to_end: Some(link(report, Spot::Whole, &at(Spot::Whole)).proof)
            .filter(|proof| *proof != LinkProof::NotRead),
    }
}

/// Anyone who gets in, by any cause, comes through the role's door; except those who reach a function without the role.
fn others(report: &RoleReport, claims: &[&Claim]) -> Outsiders {
    let mut link = link(report, Spot::Others, claims);
    let mut names: Vec<String> = Vec::new();
    for (index, finding) in report.diagnosis.findings.iter().enumerate() {
        if finding.cause == Cause::FunctionOpen || finding.harm.lets_in.is_empty() {
            continue;
        }
        if !link.causes.contains(&(index + 1)) {
            link.causes.push(index + 1);
        }
        names.extend(
            finding.harm.lets_in.iter().filter(|who| !names.contains(who)).cloned().collect::<Vec<_>>(),
        );
    }
    link.causes.sort_unstable();
    if names.is_empty() {
        let accepted = claims.iter().flat_map(|claim| claim.acceptances());
        for who in accepted.flat_map(|acceptance| &acceptance.lets_in) {
            if !names.contains(who) {
                names.push(who.clone());
            }
        }
    } else {
        link.proof = LinkProof::Fails;
        // What was seen may not be possible now.
        let entering = || {
            let lets_in =
                |finding: &&Finding| finding.cause != Cause::FunctionOpen && !finding.harm.lets_in.is_empty();
            report.diagnosis.findings.iter().filter(lets_in)
        };
        let is_past = entering().all(|finding| finding.cause == Cause::Stranger);
        let is_shut_out = |finding: &Finding| {
            finding.harm.incident.as_ref().is_some_and(|incident| !incident.is_still_admitted)
        };
        let words = match is_past {
            true if entering().all(is_shut_out) => "got in before; now shut out",
            true => "got in, as recorded",
            false if entering().any(is_shut_out) => "can get in, or got in before",
            false if names.iter().all(|who| is_organization(who)) => "another organization can assume it",
            false => "can get in",
        };
        words.clone_into(&mut link.words);
        link.basis = String::new();
    }
    Outsiders { names, link }
}

fn link(report: &RoleReport, spot: Spot, claims: &[&Claim]) -> Link {
    let mut causes: Vec<usize> = Vec::new();
    for failure in claims.iter().filter_map(|claim| claim.failure()) {
        if let Some(index) = report.explaining(failure)
            && !causes.contains(&(index + 1))
        {
            causes.push(index + 1);
        }
    }
    causes.sort_unstable();
    let (holds, not_read) = spot.words();
    if let Some(first) = causes.first().and_then(|number| report.diagnosis.findings.get(number - 1)) {
        let own =
            claims.iter().filter_map(|claim| claim.failure()).find(|own| own.finding.cause == first.cause);
        // A claim explained by a cause elsewhere is not that cause.
        let words = if own.is_some() { in_short(first.cause) } else { spot.fails() };
        return Link { proof: LinkProof::Fails, words: words.to_owned(), basis: String::new(), causes };
    }
    let plain = |proof, words: &str, basis: &str| Link {
        proof,
        words: words.to_owned(),
        basis: basis.to_owned(),
        causes: Vec::new(),
    };
    // A failure without its own cause has none here either: it would be drawn as good.
    if claims.iter().any(|claim| claim.failure().is_some()) {
        return plain(LinkProof::Fails, spot.fails(), "");
    }
    if let Some(open) = claims.iter().find(|claim| is_open(claim, spot, report)) {
        let help = match &open.outcome {
            Outcome::NotProvable { help } => help.as_str(),
            Outcome::Holds | Outcome::Accepted(_) | Outcome::Fails(_) => "",
        };
        let is_unseen = open.topic == Topic::DataActions;
        let has_one = claims.iter().any(|claim| claim.topic == Topic::DataActions && claim.is_good());
        let words = match is_unseen {
            true if has_one => "not for each function",
            true => "no data action seen",
            false => "not known",
        };
        return plain(LinkProof::Unknown, words, short_help(help));
    }
    let good = || claims.iter().filter(|claim| claim.is_good());
    let proof = if good().any(|claim| matches!(claim.outcome, Outcome::Accepted(_))) {
        return plain(LinkProof::Accepted, spot.accepted(), spot.basis(LinkProof::Accepted));
    } else if good().any(|claim| claim.level.is_call()) {
        LinkProof::Called
    } else if good().next().is_some() {
        LinkProof::Read
    } else {
        return plain(
            LinkProof::NotRead,
            not_read,
            if spot == Spot::Whole { "--invoke tries it" } else { "" },
        );
    };
    // What was seen answers another question.
    if !good().any(|claim| Some(claim.topic) == spot.question()) {
        let words = if spot == Spot::Integration { "none is known" } else { not_read };
        return plain(LinkProof::NotRead, words, "");
    }
    plain(proof, holds, spot.basis(proof))
}

/// What was read but leaves the answer open, as in the verdict: a call decides what documents leave open.
fn is_open(claim: &Claim, spot_of_it: Spot, report: &RoleReport) -> bool {
    let is_decided = || {
        let decides = |other: &&Claim| {
            let is_here =
                spot(other) == spot_of_it || spot(other) == Spot::Whole && spot_of_it == Spot::Function;
            is_here && other.function == claim.function && other.level.is_call()
        };
        let mut calls = report.claims.iter().filter(decides).peekable();
        calls.peek().is_some() && calls.all(Claim::is_good)
    };
    matches!(claim.outcome, Outcome::NotProvable { .. })
        && claim.level.is_read()
        // The claims have what Genesys Cloud does not show of a data action.
        && (claim.topic != Topic::DataActions || claim.function.is_some())
        // A limit that may not be read is not a reason for doubt.
        && claim.topic != Topic::Invocable
        && !is_decided()
}

/// How a help text begins, if it fits.
fn short_help(help: &str) -> &str {
    const ROOM: usize = 32;
    let first = help.split([':', ';', ',']).next().unwrap_or(help);
    if first.chars().count() <= ROOM { first } else { "" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check::Level;
    use crate::check::{Acceptance, Finding, Harm, Question, Sign};

    const FUNCTIONS: [&str; 2] = [
        "arn:aws:lambda:us-east-1:111122223333:function:a",
        "arn:aws:lambda:us-east-1:111122223333:function:b",
    ];

    fn path() -> InvocationPath {
        InvocationPath {
            calls: Vec::new(),
            account_id: "111122223333".to_owned(),
            genesys_account_id: "765628985471".parse().unwrap(),
            organization: None,
            integrations: Vec::new(),
            actions: Vec::new(),
            policy: "p".to_owned(),
            functions: FUNCTIONS.map(|arn| arn.parse().unwrap()).to_vec(),
        }
    }

    fn report(claims: Vec<Claim>) -> RoleReport {
        RoleReport::new("r".to_owned(), "f".to_owned(), path(), None, claims)
    }

    fn of(report: &RoleReport) -> Picture {
        picture(report)
    }

    fn all_links(picture: &Picture) -> Vec<&Link> {
        let Picture { links, functions, others, more, end_to_end, .. } = picture;
        let stops = functions
            .iter()
            .flat_map(|stop| [&stop.link].into_iter().chain(stop.others.iter().map(|others| &others.link)));
        let others = others.as_ref().map(|others| &others.link);
        links.iter().chain(stops).chain(others).chain(end_to_end).chain(more).collect()
    }

    /// Any claim with any outcome, about the whole or one function.
    fn claim() -> impl Strategy<Value = Claim> {
        let explained =
            prop::sample::select(vec![&[][..], Cause::OF_TRUST, Cause::OF_PERMISSIONS, Cause::OF_INVOCATION]);
        let function = prop::option::of(prop::sample::select(&FUNCTIONS[..]));
        let parts = (
            prop::sample::select(Level::ALL),
            prop::sample::select(Topic::ALL),
            prop::sample::select(Cause::ALL),
        );
        (parts, explained, function, any::<bool>(), 0..4).prop_map(
            |((level, topic, cause), explained, function, lets_in, outcome)| {
                let mut question = Question::new(level, topic, "holds", "fails", "open");
                if let Some(function) = function {
                    question = question.about(&function.parse().unwrap());
                }
                let lets_in = if lets_in { vec!["someone".to_owned()] } else { Vec::new() };
                let finding = Finding {
                    cause,
                    what: cause.word().to_owned(),
                    consequence: String::new(),
                    remedy: String::new(),
                    harm: Harm { lets_in, ..Harm::default() },
                };
                match outcome {
                    0 => question.holds("seen"),
                    1 => question.fails("seen", finding, explained),
                    2 => question.not_provable("seen", "help"),
                    _ => question.accepted(
                        "seen",
                        Acceptance {
                            what: cause.word().to_owned(),
                            reason: "reason".to_owned(),
                            lets_in: finding.harm.lets_in,
                            adds_permissions: false,
                        },
                    ),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn every_cause_is_in_the_picture_and_a_broken_role_never_looks_whole(
            claims in prop::collection::vec(claim(), 0..14)
        ) {
            let report = report(claims);
            let picture = of(&report);
            let links = all_links(&picture);
            for number in 1..=report.diagnosis.findings.len() {
                prop_assert!(
                    picture.elsewhere.contains(&number) || links.iter().any(|link| link.causes.contains(&number)),
                    "cause {} is nowhere", number
                );
            }
            for link in &links {
                prop_assert_eq!(link.proof == LinkProof::Fails, !link.causes.is_empty(), "{:?}", link);
            }
            let looks_whole = picture.elsewhere.is_empty() && links.iter().all(|link| link.proof != LinkProof::Fails);
            prop_assert_eq!(looks_whole, report.verdict.sign != Sign::Broken);
        }

        #[test]
        fn nothing_is_drawn_as_proven_that_no_claim_proves(claims in prop::collection::vec(claim(), 0..14)) {
            let report = report(claims);
            for link in all_links(&of(&report)) {
                let is_called = report.claims.iter().any(|claim| claim.is_good() && claim.level.is_call());
                prop_assert!(link.proof != LinkProof::Called || is_called);
                prop_assert!(link.proof != LinkProof::Read || report.claims.iter().any(Claim::is_good));
            }
        }

        #[test]
        fn who_gets_in_is_drawn_and_nobody_else(claims in prop::collection::vec(claim(), 0..14)) {
            let report = report(claims);
            let findings = || report.diagnosis.findings.iter();
            let expected = findings()
                .any(|finding| finding.cause != Cause::FunctionOpen && !finding.harm.lets_in.is_empty());
            let is_accepted = report.claims.iter().any(|claim| {
                spot(claim) == Spot::Others && claim.acceptances().iter().any(|one| !one.lets_in.is_empty())
            });
            let picture = of(&report);
            let others = picture.others.unwrap();
            prop_assert_eq!(!others.names.is_empty(), expected || is_accepted);
            prop_assert_eq!(others.link.proof == LinkProof::Fails, expected || !others.link.causes.is_empty());
        }
    }

    #[test]
    fn a_function_that_exists_is_not_said_to_be_invocable() {
        let exists = Question::new(Level::Evaluated, Topic::Functions, "exists", "", "")
            .about(&FUNCTIONS[0].parse().unwrap())
            .holds("seen");
        let picture = of(&report(vec![exists]));
        assert!(picture.functions.iter().all(|stop| stop.link.proof == LinkProof::NotRead));
    }
}
