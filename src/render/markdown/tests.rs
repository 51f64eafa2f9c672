//! Text from a spec or a live object is inert in a comment, whatever it is.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::check::Sign;
use crate::explain::Status;
use crate::model::{ActionState, LiveAction, MemberDiff, Usage};
use crate::plan::genesys::{
    ActionOwner, ActionRef, Connection, GenesysBlocker, GenesysChange, GenesysNotice, Handle, Holder,
    NotesState,
};
use crate::plan::iam::{IamChange, TagChange};
use crate::plan::{
    Blocker, BoundaryLimits, Change, Diff, HowToAccept, InvocationWay, Notice, Owned, Owner, Plan, RolePlan,
    Stray, StrayIntegration, Widening,
};
use crate::policy::Document;
use crate::policy::access::{Access, AccessDiff};
use crate::render::hostile::hostile_report;
use crate::spec::{ActionContent, Namer};
use crate::view::{ApplyView, ErrorView, PlanView, Provenance};

/// What becomes active in a comment, and what could end its surroundings.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "@octocat",
        "closes #12",
        "#12",
        "octo/repo#1",
        "GH-1",
        "!12",
        "a@evil.example",
        "<img src=x>",
        "</details>",
        "</summary>",
        "<script>",
        "<!--",
        "-->",
        "<https://evil.example>",
        "[a](http://evil.example)",
        "![x](y)",
        "[^1]",
        "http://evil.example",
        "ftp://evil.example",
        "www.evil.example",
        "WWW.evil.example",
        "`",
        "``",
        "```",
        "`````",
        "~~~~",
        "|",
        "\\",
        "\\|",
        "\n",
        "\n# h",
        "\n---\n",
        "\r\n",
        "**",
        "_",
        "~~",
        "$x$",
        "%%{init: {}}%%",
        "&lt;",
        "&#64;",
        "\"",
        "\"]",
        "; ",
        " ",
        "    ",
        "word",
        "\u{202e}",
        "\u{1b}[2J",
    ]);
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

/// What a reader of GitHub's Markdown sees as text, line by line: without fences, code and comments.
fn alive(markdown: &str) -> Vec<String> {
    let mut in_fence = false;
    let mut out = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            let language = line.trim_start().trim_start_matches('`');
            assert!(if in_fence {
                ["diff", "mermaid", "text", "toml"].contains(&language)
            } else {
                language.is_empty()
            });
        } else if !in_fence {
            // In HTML neither backticks nor backslashes mean anything.
            let line = if line.starts_with("<details>") { line.to_owned() } else { without_code(line) };
            out.push(line.replace("<!-- -->", "\u{1}"));
        }
    }
    assert!(!in_fence, "a fence that nothing ends: {markdown}");
    out
}

fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches('`').len();
        if run > 0 {
            let (fence, after) = rest.split_at(run);
            let end = after.match_indices('`').find_map(|(at, _)| {
                let length = after[at..].len() - after[at..].trim_start_matches('`').len();
                let is_start = at == 0 || !after[..at].ends_with('`');
                (is_start && length == run).then_some(at)
            });
            // What is never closed stays text.
            let Some(end) = end else {
                out.push_str(fence);
                rest = after;
                continue;
            };
            // A pipe in code ends a cell too.
            assert!(!after[..end].contains('|'), "{line}");
            rest = &after[end + run..];
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            out.push('\u{2}');
            rest = escaped.get(escaped.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn check_is_inert(markdown: &str) {
    let mut columns = None;
    let lines = alive(markdown);
    let count = |tag: &str| lines.iter().map(|line| line.matches(tag).count()).sum::<usize>();
    for tag in ["details", "summary", "code"] {
        assert_eq!(count(&format!("<{tag}>")), count(&format!("</{tag}>")), "{markdown}");
    }
    for line in &lines {
        let fails = || panic!("alive: {line:?} in\n{markdown}");
        let plain = [
            "<details>",
            "</details>",
            "<summary>",
            "</summary>",
            "<code>",
            "</code>",
            "&lt;",
            "&gt;",
            "&amp;",
        ]
        .iter()
        .chain(&["&#96;", "&#124;"])
        .fold(line.clone(), |line, ours| line.replace(ours, "\u{3}"));
        let is_followed = |sign: char, by: fn(char) -> bool| {
            plain.match_indices(sign).any(|(at, _)| plain[at + sign.len_utf8()..].starts_with(by))
        };
        let lower = plain.to_lowercase();
        let is_summary = line.contains("<summary>");
        if is_followed('@', char::is_alphanumeric)
            || is_followed('#', char::is_numeric)
            || is_followed('!', char::is_numeric)
            || lower.contains("gh-1")
            || lower.contains("://")
            || lower.contains("www.")
            || plain.contains(['<', '&', '`', '\u{202e}', '\u{1b}'])
            // Inside HTML nothing else has a meaning.
            || !is_summary && (plain.contains("~~") || plain.replace("> [!CAUTION]", "").replace("> [!WARNING]", "").contains('['))
        {
            fails();
        }
        // Every table row has as many cells as its header.
        let pipes = plain.matches('|').count();
        match columns {
            Some(columns) if line.starts_with('|') && pipes != columns => fails(),
            None if !line.starts_with('|') && pipes > 0 => fails(),
            _ => columns = line.starts_with('|').then_some(pipes),
        }
    }
}

fn documents(text: &str) -> [Document; 2] {
    let trust = json!({"Version": "2012-10-17", "Statement": {"Sid": text, "Effect": "Allow", "Principal": {"AWS": text},
        "Action": "sts:AssumeRole", "Condition": {"StringLike": {text: text, "sts:ExternalId": text}}}});
    let permissions = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": text, "Effect": "Allow", "Action": text, "Resource": text},
        {"Effect": "Deny", "NotAction": text, "Resource": "*", "Condition": {"StringEquals": {text: text}}}]});
    [trust, permissions].map(|document| Document::parse(&document.to_string()).unwrap())
}

/// With the text wherever one is possible.
fn hostile_plan(text: &str) -> Plan {
    let t = || text.to_owned();
    let [trust, permissions] = documents(text);
    let map = || [(t(), t()), ("authorization".to_owned(), t())].into();
    let content = ActionContent {
        name: t(),
        category: t(),
        secure: false,
        timeout_seconds: 1,
        request_template: t(),
        headers: map(),
        success_template: t(),
        translation_map: map(),
        translation_map_defaults: map(),
        input_schema: json!({ text: text }),
        success_schema: json!({ text: [text] }),
    };
    let action = ActionState { target: t(), content };
    let live = LiveAction {
        id: t(),
        name: t(),
        target: t(),
        version: 1,
        secure: false,
        state: None,
        unknown: BTreeSet::new(),
    };
    let differences = vec![
        MemberDiff { member: "category", before: t().into(), after: format!("{text}x").into() },
        MemberDiff {
            member: "request_template",
            before: format!("{text}\n{text}").into(),
            after: t().into(),
        },
        MemberDiff { member: "headers", before: json!({ text: text }), after: json!({}) },
    ];
    let usage = || Usage::Flows([t(), t()].into());
    let mut after =
        Access::of_trust(&trust, &"arn:aws:iam::111122223333:role/r".parse().unwrap(), |_, _| None);
    let of_permissions = Access::of_permissions(&permissions);
    after.permissions.extend(of_permissions.permissions);
    after.restrictions.extend(of_permissions.restrictions);
    let diff = || Diff { before: t(), after: format!("{text}{text}") };
    let tag = TagChange { former_key: Some(t()), before: Some(t()), after: t() };
    let iam = [
        IamChange::PutRolePolicy { role: t(), name: t(), document: permissions },
        IamChange::DeleteRolePolicy { role: t(), name: t(), document: trust },
        IamChange::UpdateRole {
            role: t(),
            description: diff(),
            max_session_duration: Diff { before: 1, after: 2 },
        },
        IamChange::TagRole { role: t(), tags: [(t(), tag)].into() },
    ];
    let genesys = [
        GenesysChange::PostIntegrationsCredentials { name: t(), arn: t(), before: BTreeSet::new() },
        GenesysChange::PostIntegrations { name: t() },
        GenesysChange::PatchIntegration { integration: Handle::Made, name: t(), enabled: true },
        GenesysChange::PutIntegrationConfigCurrent {
            integration: Handle::Id(t()),
            name: diff(),
            notes_before: t(),
            notes_after: NotesState { text: t(), spec: t(), actions: [ActionRef::Made(t())].into() },
            credential_before: Some(Handle::Id(t())),
            credential_after: Handle::Made,
        },
        GenesysChange::PutIntegrationsCredential {
            id: t(),
            name: diff(),
            arn: Diff { before: Some(t()), after: None },
        },
        GenesysChange::PatchIntegrationsAction {
            before: Box::new(live),
            after: Box::new(action.clone()),
            differences,
        },
        GenesysChange::PostIntegrationsActions {
            integration: Handle::Made,
            action: Box::new(action),
            before: BTreeSet::new(),
        },
        GenesysChange::DeleteIntegrationsAction {
            id: t(),
            name: t(),
            owner: ActionOwner { integration: t(), spec: t() },
            replaced_by: None,
        },
        GenesysChange::DeleteIntegration { id: t(), name: t(), spec: Some(t()), actions: 2 },
    ];
    let notices = [
        GenesysNotice::Adopted { name: t(), by: Owner::Spec(t()) },
        GenesysNotice::Unfinished { name: t() },
        GenesysNotice::UsersUnknown { role: t() },
        GenesysNotice::Stops { id: t(), action: t(), usage: usage().into() },
        GenesysNotice::CutOff {
            id: t(),
            action: t(),
            function: t(),
            role: t(),
            holder: Holder::Spec,
            usage: usage().into(),
        },
        GenesysNotice::CutOff {
            id: t(),
            action: t(),
            function: t(),
            role: t(),
            holder: Holder::Other(t()),
            usage: usage().into(),
        },
        GenesysNotice::CutOff {
            id: t(),
            action: t(),
            function: t(),
            role: t(),
            holder: Holder::Unknown(t()),
            usage: usage().into(),
        },
        GenesysNotice::EmptyIntegration { name: t(), id: t() },
        GenesysNotice::ForeignActions { names: vec![t(), t()] },
        GenesysNotice::Drafts { names: vec![t()] },
        GenesysNotice::ActionTakenOut { name: t(), id: t() },
        GenesysNotice::MaybeRenamed { was: t(), name: t() },
        GenesysNotice::NoFormer { was: t(), name: t() },
        GenesysNotice::IntegrationTakenOut { name: t(), id: t() },
        GenesysNotice::NamedElsewhere { what: t(), by: Namer::Beside { file: t(), own: t() } },
        GenesysNotice::Flows { action: t(), usage: usage(), is_only_renamed: true },
        GenesysNotice::Flows { action: t(), usage: Usage::Unknown(t()), is_only_renamed: false },
        GenesysNotice::Annotations { action: t() },
        GenesysNotice::CredentialStays { id: t(), name: t(), is_shared: false },
        GenesysNotice::NotShown { what: t() },
        GenesysNotice::Proof { actions: vec![t(), t()] },
        GenesysNotice::Replaced { action: t(), id: t(), usage: usage(), has_test: true },
        GenesysNotice::Replaced { action: t(), id: t(), usage: usage(), has_test: false },
        GenesysNotice::Repointed { integration: t(), before: t(), after: t() },
        GenesysNotice::OffMeanwhile { integration: t(), former: t() },
        GenesysNotice::LeftOver { action: t(), was: true, replace: true },
        GenesysNotice::NotRead { why: t() },
    ];
    let blockers = [
        GenesysBlocker::NotManaged { name: t(), id: t(), by: Owner::Spec(t()) },
        GenesysBlocker::NotOurs { name: t(), id: t(), by: Owner::Unknown },
        GenesysBlocker::Several { what: "integration", name: t(), ids: [t()].into() },
        GenesysBlocker::NoSuchId { what: "integration", id: t() },
        GenesysBlocker::OtherOrganization { integration: t(), organization: t(), ids: Some([t(), t()]) },
        GenesysBlocker::OtherOrganization { integration: t(), organization: t(), ids: None },
        GenesysBlocker::UsersUnknown { role: t() },
        GenesysBlocker::RoleInUse { role: t(), integration: t(), action: t(), is_taken_out: false },
        GenesysBlocker::NeedsReplacement {
            action: t(),
            id: t(),
            fields: Box::default(),
            members: vec!["name"],
            also: vec!["function"],
            usage: usage().into(),
        },
        GenesysBlocker::UsedByFlows {
            action: t(),
            id: t(),
            usage: usage(),
            is_replaced: true,
            fields: Vec::new(),
        },
        GenesysBlocker::ForeignActions { integration: t(), names: vec![t()], drafts: vec![(t(), t())] },
    ];
    let accept = |is_outdated| HowToAccept { lines: vec![t(), format!("digest = {text}")], is_outdated };
    let role = RolePlan {
        role: t(),
        changes: iam.into_iter().map(Change::Iam).chain(genesys.into_iter().map(Change::Genesys)).collect(),
        blockers: [
            Blocker::UnknownAccount { why: t(), help: t() },
            Blocker::NotManaged { what: Owned::Role(t()), by: Owner::Spec(t()) },
            Blocker::StillNamed { what: Owned::Role(t()), key: "policy_name" },
            Blocker::InInstanceProfile { role: t(), profiles: vec![t(), t()] },
            Blocker::PreventDestroy { role: t() },
        ]
        .into_iter()
        .chain(blockers.into_iter().map(Blocker::Genesys))
        .collect(),
        notices: [
            Notice::BoundaryChange {
                before: BoundaryLimits {
                    arn: "arn:aws:iam::111122223333:policy/b".parse().unwrap(),
                    grants: None,
                },
                after: Some(BoundaryLimits {
                    arn: "arn:aws:iam::111122223333:policy/b".parse().unwrap(),
                    grants: Some(vec![t(), t()]),
                }),
            },
            Notice::KeepsTenant { external_id: t(), digest: t() },
            Notice::ConfirmedAccount { account: "111122223333".parse().unwrap(), reason: t() },
            Notice::ExtraInline {
                name: t(),
                grants: vec![t(), t()],
                denies: vec![t()],
                accept: accept(false),
            },
            Notice::ExtraInline { name: t(), grants: Vec::new(), denies: vec![t()], accept: accept(false) },
            Notice::AcceptedOpen {
                role: "arn:aws:iam::111122223333:role/r".parse().unwrap(),
                admits: vec![t()],
                digest: t(),
            },
            Notice::Accepted {
                what: t(),
                gains: vec![t()],
                reason: t(),
                lets_in: true,
                outsiders: Some(t()),
            },
            Notice::AcceptOutdated { what: t(), gains: vec![t()], accept: accept(true) },
            Notice::AcceptsNothing { what: t(), line: 1, outsiders: None },
            Notice::AcceptShares { what: t(), line: 1 },
            Notice::NamedElsewhere { what: Owned::Role(t()), by: Namer::Run(t()) },
            Notice::AcceptUnknown { what: t(), why: t() },
            Notice::ForeignDeny { policy: t(), functions: vec![t(), t()] },
            Notice::Adopted { what: Owned::Policy(t()), by: Owner::Spec(t()) },
            Notice::SharedPolicy { policy: "arn:aws:iam::111122223333:policy/P".parse().unwrap(), others: 2 },
        ]
        .into_iter()
        .chain(notices.into_iter().map(Notice::Genesys))
        .collect(),
        access: AccessDiff { before: Access::default(), after },
        connections: vec![Connection { action: t(), function: t(), role: t(), is_enabled: false }],
        widenings: vec![
            Widening::Policy { policy: t(), others: 1, bounds: 1, gained: vec![t()], no_longer: vec![t()] },
            Widening::Tag { what: Owned::Role(t()), key: t() },
        ],
        functions: Default::default(),
        way: Some(InvocationWay {
            genesys_account_id: "765628985471".parse().unwrap(),
            integration: Some((t(), vec![t()])),
            policy: t(),
            functions: Vec::new(),
        }),
    };
    Plan {
        missing_credentials: None,
        spec: t(),
        account_id: "111122223333".parse().unwrap(),
        region: t(),
        indirections: vec![t()],
        roles: vec![role.clone(), role],
        left_out: vec![t()],
        orphans: Default::default(),
        orphans_unknown: Some(t()),
        strays: vec![Stray {
            spec: t(),
            roles: vec![t(), t()],
            beside: t(),
            inside: Vec::new(),
            unread: vec![t()],
        }],
        stray_integrations: vec![StrayIntegration {
            id: t(),
            name: t(),
            spec: t(),
            role: None,
            beside: t(),
            unread: vec![t()],
        }],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_is_inert_wherever_a_plan_has_it(text in hostile()) {
        let mask = |text: &str| text.to_owned();
        let hostile = PlanView::new(&hostile_plan(&text));
        let provenance = Provenance { commit: Some(text.clone()), ..Provenance::default() }.with_file(&text);
        check_is_inert(&plan(&hostile, &text, &provenance, &mask));
        let all = [(text.clone(), Ok(&hostile)), (text.clone(), Err(text.clone()))];
        check_is_inert(&plans(&all, &text, &provenance, &mask));
    }

    #[test]
    fn hostile_text_is_inert_wherever_a_check_has_it(text in hostile()) {
        let mask = |text: &str| text.to_owned();
        let [broken, good] = [Sign::Broken, Sign::Good].map(|sign| hostile_report(&text, sign, 2));
        let failed = [text.clone()];
        check_is_inert(&checks(&[(None, &broken)], &failed, &Provenance::default(), &mask));
        check_is_inert(&checks(&[(Some(text.as_str()), &broken), (Some(text.as_str()), &good)], &failed, &Provenance::default(), &mask));
    }
}

/// With the text in every place.
fn hostile_apply(text: &str) -> ApplyView {
    let plan = hostile_plan(text);
    let mut view = ApplyView::new("genesys-iam apply", text, "111122223333", text);
    view.set_plan(&plan);
    let error =
        ErrorView { message: format!("{text}\n  {text}"), help: Some(text.to_owned()), exit_status: 1 };
    view.end(Status::Error, Some(error));
    view.left_in_genesys_cloud = Some(text.to_owned());
    view.check = Some(hostile_report(text, Sign::Broken, 2));
    view
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_is_inert_wherever_what_was_done_has_it(text in hostile()) {
        let mask = |text: &str| text.to_owned();
        let view = hostile_apply(&text);
        let failed = [(text.clone(), text.clone())];
        check_is_inert(&applied(&[(None, &view)], &[], &Provenance::default(), &mask));
        check_is_inert(&applied(&[(Some(text.as_str()), &view)], &failed, &Provenance::default(), &mask));
    }
}

#[test]
fn the_worst_comes_first_and_what_has_no_room_is_counted_whatever_the_fleet() {
    let mask = |text: &str| text.to_owned();
    let wide = PlanView::new(&hostile_plan("someone"));
    let mut quiet = wide.clone();
    quiet.summary.gains.clear();
    quiet.summary.access_is_wider = false;
    quiet.summary.blocked = false;
    for specs in [1, 30, 400, 3000] {
        let mut all: Vec<(String, Result<&PlanView, String>)> =
            (0..specs).map(|n| (format!("quiet-{n}.toml"), Ok(&quiet))).collect();
        all.push(("wide.toml".to_owned(), Ok(&wide)));
        all.push(("failed.toml".to_owned(), Err("a fault\n".repeat(20_000))));
        let text = plans(&all, "beyond", &Provenance::default(), &mask);
        assert!(text.len() < 61_000, "{specs}: {}", text.len());
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{specs}: no {what}"));
        assert!(at("`failed.toml`") < at("`wide.toml`") && at("`wide.toml`") < at("`quiet-0.toml`"));
        let views: Vec<ApplyView> = (0..specs).map(|_| hostile_apply("someone")).collect();
        let views: Vec<(Option<&str>, &ApplyView)> =
            views.iter().map(|view| (Some("a.toml"), view)).collect();
        let failed = vec![("failed.toml".to_owned(), "a fault\n".repeat(20_000)); specs];
        let text = applied(&views, &failed, &Provenance::default(), &mask);
        assert!(text.len() < 61_000, "{specs}: {}", text.len());
    }
    let many: Vec<(String, Result<&PlanView, String>)> =
        (0..300).map(|n| (format!("{n}.toml"), Ok(&wide))).collect();
    let text = plans(&many, "beyond", &Provenance::default(), &mask);
    assert!(
        text.contains(" are not shown: it is too long") || text.contains("The rest is not shown"),
        "{text}"
    );
}

#[test]
fn who_can_get_in_and_what_to_do_are_the_first_lines_of_a_check() {
    let mut report = hostile_report("someone", Sign::Broken, 2);
    report.roles[0].verdict.got_in.clear();
    let text = checks(&[(None, &report)], &[], &Provenance::default(), &|text| text.to_owned());
    let first: Vec<&str> = text.lines().take(4).collect();
    assert_eq!(first[2..], ["> [!CAUTION]", "> Someone can get in. To do: someone."]);
}
