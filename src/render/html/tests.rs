//! Whatever names contain, the page stays intact and shows nothing masked.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::check::Sign;
use crate::plan::{ChangeKind, Party};
use crate::policy::access::AccessSign;
use crate::render::hostile::hostile_report;
use crate::view::{
    AccessLineView, AccessView, Caution, ChangeView, CheckView, ConnectionView, DiffLine, Field, ForeignView,
    GainView, LineKind, PipelineRun, PlanSummary, PlanView, Provenance, Remark, RolePlanView, Sides,
    picture_of,
};

/// What could end a place in HTML, start something, or load it.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "&",
        "`",
        "=",
        "/",
        "<!--",
        "-->",
        "</title>",
        "</style>",
        "</svg>",
        "]]>",
        "<script>",
        "<img src=x onerror=alert(1)>",
        "&lt;",
        "&#x3c;",
        " style=",
        " onload=",
        "javascript:alert(1)",
        "\n",
        "\t",
        "\u{202e}",
        "\u{0}",
        "\u{feff}",
        "a",
        "Long-Name_with.joints:",
        "日本",
        " ",
        "url(http://evil.example)",
        "{{",
        "}}",
        "${x}",
        "%3Cscript%3E",
        "\\",
    ]);
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// One role, and several roles of several specs, one of which failed.
fn pages(text: &str, mask: &dyn Fn(&str) -> String) -> Vec<String> {
    let provenance = Provenance {
        file: Some(text.to_owned()),
        commit: Some(text.to_owned()),
        run: Some(PipelineRun { name: text.to_owned(), url: Some(text.to_owned()) }),
    };
    let time = jiff::Timestamp::constant(1_790_000_000, 0);
    let reports = [Sign::Broken, Sign::Unknown, Sign::Good].map(|sign| hostile_report(text, sign, 1));
    let several = hostile_report(text, Sign::Broken, 9);
    let mut pages: Vec<String> =
        reports.iter().map(|report| checks(&[(None, report)], &[], &provenance, time, mask)).collect();
    let fleet: Vec<(Option<&str>, &CheckView)> =
        reports.iter().chain([&several]).map(|report| (Some(text), report)).collect();
    pages.push(checks(&fleet, &[text.to_owned()], &provenance, time, mask));
    let plan = plan_of(text, 1);
    pages.push(plans(&[(None, &plan)], &[], true, &provenance, time, mask));
    let several = plan_of(text, 2);
    pages.push(plans(&[(Some(text), &several)], &[text.to_owned()], false, &provenance, time, mask));
    pages
}

/// A plan with the same text everywhere.
fn plan_of(text: &str, roles: usize) -> PlanView {
    let t = || text.to_owned();
    let remark = || Remark::new(text).with_details(&[t()]).with_remedy(text);
    let lines: Vec<AccessLineView> = [AccessSign::Gained, AccessSign::Lost, AccessSign::Kept]
        .into_iter()
        .flat_map(|sign| [true, false].map(|is_wider| AccessLineView { sign, sentence: t(), is_wider }))
        .collect();
    let change = |kind| ChangeView {
        operation: "CreateRole".to_owned(),
        subject: t(),
        kind,
        sides: Sides::Read { before: t().into(), after: t().into() },
        fields: vec![
            Field::Value { name: t(), value: t() },
            Field::Changed { name: t(), before: t(), after: t() },
            Field::Lines {
                title: Some(t()),
                lines: [LineKind::Added, LineKind::Removed, LineKind::Kept, LineKind::Hunk]
                    .map(|kind| DiffLine { kind, text: t() })
                    .to_vec(),
            },
        ],
    };
    let role = RolePlanView {
        role: t(),
        changes: [ChangeKind::Create, ChangeKind::Change, ChangeKind::Remove].map(change).to_vec(),
        access: AccessView {
            is_wider: true,
            assume: lines.clone(),
            permissions: lines.clone(),
            restrictions: lines.clone(),
            elsewhere: lines,
        },
        connections: vec![ConnectionView {
            action: t(),
            function: t(),
            role: t(),
            is_enabled: true,
            sentence: t(),
        }],
        notices: vec![remark()],
        blockers: vec![remark()],
        picture: Some(picture_of(text, 2)),
    };
    PlanView {
        format: "genesys-iam plan".to_owned(),
        format_version: 1,
        tool_version: "0".to_owned(),
        spec: t(),
        account_id: t(),
        region: t(),
        indirections: vec![t()],
        summary: PlanSummary {
            create: 1,
            access_is_wider: true,
            gains: vec![GainView { party: Party::Unknown, who: t() }],
            foreign_permissions: vec![ForeignView { role: t(), policies: vec![t()] }],
            genesys_not_read: Some(t()),
            ..PlanSummary::default()
        },
        cautions: vec![Caution { blocks: true, remark: remark() }],
        roles: vec![role; roles],
        orphans: Vec::new(),
        orphans_unknown: Some(t()),
    }
}

/// Every tag with the names of its attributes, each once.
fn tags(page: &str) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    let body = page.split_once("</style>").unwrap().1;
    for (index, part) in body.split('<').enumerate() {
        if index == 0 {
            continue;
        }
        let (tag, text) = part.split_once('>').expect("a tag that does not end");
        assert!(!text.contains(['"', '\'', '>']), "text that is not escaped: {text}");
        let mut names = String::new();
        for (index, piece) in tag.split('"').enumerate() {
            if index.is_multiple_of(2) {
                names.push_str(piece);
            }
        }
        tags.insert(names);
    }
    tags
}

fn unmasked(text: &str) -> String {
    text.to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_becomes_markup(text in hostile()) {
        let harmless: BTreeSet<String> =
            ["x", "`x` x", "Very-Long-Name.Very-Long-Name.Very-Long-Name.Very-Long-Name", "https://git.example/1"]
                .iter()
                .flat_map(|text| pages(text, &unmasked))
                .flat_map(|page| tags(&page))
                .collect();
        for page in pages(&text, &unmasked) {
            for tag in tags(&page) {
                prop_assert!(harmless.contains(&tag), "{tag}");
            }
        }
    }

    #[test]
    fn what_is_masked_is_in_no_page_whole_or_in_part(secret in "[A-Za-z0-9+=,.@:/<>&'\"_-]{12,40}") {
        let mask = |text: &str| text.replace(&secret, "(masked)");
        let around = format!("the external ID `{secret}` of x{secret}y");
        for page in pages(&around, &mask) {
            let page = page.split_once("</style>").unwrap().1;
            // Half of it would be too much, wherever a line breaks.
            for part in [&secret[..8], &secret[secret.len() - 8..]] {
                let escaped = part
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
                    .replace('>', "&gt;")
                    .replace('"', "&quot;")
                    .replace('\'', "&#39;");
                prop_assert!(!page.contains(part) && !page.contains(&escaped), "{part}");
            }
        }
    }
}

#[test]
fn a_page_fetches_nothing_and_runs_nothing() {
    for page in pages("x", &unmasked) {
        for word in
            ["<script", "<img", "<iframe", "<link rel=\"style", " src=", "@import", "url(", " on", "<form"]
        {
            let body = page.split_once("</style>").unwrap();
            let found = if word == " on" { body.1.contains(" onload") } else { page.contains(word) };
            assert!(!found, "{word}");
        }
        assert!(page.contains("default-src 'none'; style-src 'sha256-"), "the policy");
    }
}

#[test]
fn only_a_plain_address_becomes_a_link() {
    let time = jiff::Timestamp::constant(1_790_000_000, 0);
    for (url, is_link) in [("https://git.example/r/1", true), ("javascript:alert(1)", false)] {
        let run = PipelineRun { name: "run 1".to_owned(), url: Some(url.to_owned()) };
        let provenance = Provenance { run: Some(run), ..Provenance::default() };
        let page = checks(&[(None, &hostile_report("x", Sign::Good, 1))], &[], &provenance, time, &unmasked);
        assert_eq!(page.contains(url), is_link, "{url}");
        assert!(page.contains("run 1"));
    }
}
