//! What a view says, text, Markdown and JSON all say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::hostile::hostile_report;
use super::output::Output;
use super::{check, html, json as for_machines, markdown, plan};
use crate::check::Sign;
use crate::plan::iam::{IamChange, TagChange};
use crate::plan::{ChangeKind, Party};
use crate::policy::access::AccessSign;
use crate::view::{
    AccessLineView, AccessView, Caution, ChangeView, ConnectionView, DenialView, DiffLine, Field,
    ForeignView, GainView, LineKind, PlanSummary, PlanView, Provenance, Remark, RolePlanView,
};

/// Words that are like no other.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn word(&mut self) -> String {
        let word = format!("word{}x", self.0.len());
        self.0.push(word.clone());
        word
    }

    fn remark(&mut self) -> Remark {
        Remark {
            what: self.word(),
            details: vec![self.word(), self.word()],
            remedy: Some(self.word()),
            paste: vec![self.word(), self.word()],
        }
    }

    fn line(&mut self, sign: AccessSign) -> AccessLineView {
        AccessLineView { sign, sentence: self.word(), is_wider: true }
    }

    fn change(&mut self, kind: ChangeKind) -> ChangeView {
        // For machines the same is before and after, for people it is in fields.
        let [a, b, c, d, e, f, g] = std::array::from_fn(|_| self.word());
        let line = |kind, text: &String| DiffLine { kind, text: text.clone() };
        let fields = vec![
            Field::Value { name: a.clone(), value: b.clone() },
            Field::Changed { name: a.clone(), before: c.clone(), after: d.clone() },
            Field::Lines { title: Some(a.clone()), lines: vec![line(LineKind::Added, &e)] },
            Field::Lines {
                title: None,
                lines: vec![line(LineKind::Removed, &f), line(LineKind::Kept, &g), line(LineKind::Hunk, &g)],
            },
        ];
        let tag = |before: &String, after: &String| TagChange {
            former_key: None,
            before: Some(before.clone()),
            after: after.clone(),
        };
        let tags = [(a, tag(&b, &c)), (d, tag(&e, &f)), (g.clone(), tag(&g, &g))].into();
        let change = IamChange::TagRole { role: String::new(), tags }.into();
        ChangeView { operation: "AttachRolePolicy", subject: self.word(), kind, change, fields }
    }
}

/// With a word of its own wherever a text can stand.
fn full(w: &mut Words) -> PlanView {
    let signs = [AccessSign::Gained, AccessSign::Lost, AccessSign::Kept];
    let lines = |w: &mut Words| signs.map(|sign| w.line(sign)).to_vec();
    let connection = |w: &mut Words| {
        let [action, function, role] = std::array::from_fn(|_| w.word());
        let sentence = format!("{action} {function} {role}");
        ConnectionView { action, function, role, is_enabled: true, sentence }
    };
    PlanView {
        format: "genesys-iam plan",
        format_version: 1,
        tool_version: "0",
        spec: w.word(),
        account_id: w.word(),
        region: w.word(),
        indirections: vec![w.word(), w.word()],
        summary: PlanSummary {
            create: 4711,
            change: 4712,
            remove: 4713,
            access_is_wider: true,
            gains: vec![
                GainView { party: Party::Unknown, who: w.word() },
                GainView { party: Party::OwnAccount, who: w.word() },
            ],
            foreign_permissions: vec![ForeignView { role: w.word(), policies: vec![w.word(), w.word()] }],
            foreign_denials: vec![DenialView {
                role: w.word(),
                policy: String::new(),
                functions: Vec::new(),
                sentence: String::new(),
            }],
            accepted: 4714,
            accepts: vec![w.word()],
            blocked: true,
            genesys_not_read: Some(w.word()),
        },
        cautions: vec![
            Caution { blocks: true, remark: w.remark() },
            Caution { blocks: false, remark: w.remark() },
        ],
        roles: vec![
            RolePlanView {
                role: w.word(),
                changes: [ChangeKind::Create, ChangeKind::Change, ChangeKind::Remove]
                    .map(|kind| w.change(kind))
                    .to_vec(),
                access: AccessView {
                    is_wider: true,
                    assume: lines(w),
                    permissions: lines(w),
                    restrictions: lines(w),
                    elsewhere: lines(w),
                },
                connections: vec![connection(w), connection(w)],
                notices: vec![w.remark(), w.remark()],
                blockers: vec![w.remark(), w.remark()],
            },
            RolePlanView {
                role: w.word(),
                changes: Vec::new(),
                access: AccessView::default(),
                connections: Vec::new(),
                notices: vec![w.remark()],
                blockers: Vec::new(),
            },
        ],
        orphans: vec![w.word(), w.word()],
        orphans_unknown: Some(w.word()),
    }
}

#[test]
fn whatever_a_plan_says_it_says_in_text_in_markdown_and_in_json() {
    let mut words = Words::default();
    let view = full(&mut words);
    let mask = |text: &str| text.to_owned();
    let comment = markdown::plan(&view, "beyond", &Provenance::default(), &mask);
    let several = [("a.toml".to_owned(), Ok(&view)), ("b.toml".to_owned(), Ok(&view))];
    let reports = [
        plan::text(&view),
        comment,
        markdown::plans(&several, "beyond", &Provenance::default(), &mask),
        for_machines::plan(&view).to_string(),
    ];
    let counts = ["4711", "4712", "4713"].map(str::to_owned);
    for (report, text) in reports.iter().enumerate() {
        for word in words.0.iter().chain(&counts) {
            // A sentence begins with a capital.
            let capital = word.replacen('w', "W", 1);
            assert!(text.contains(word) || text.contains(&capital), "report {report} has no {word}:\n{text}");
        }
    }
}

/// A secret between characters that every format escapes in its own way.
fn a_secret() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(
        "&<>\"'`|*_[]\\~$#%@:/+=,.!? (){};^-é\u{85}\u{200b}\t".chars().collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![odd, prop::char::range('a', 'z')], 0..8)
        .prop_map(|middle| format!("Zq7xW{}Kx9wV", middle.into_iter().collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_secret_is_in_no_report_however_it_is_written_in_what_others_say(
        secret in a_secret(), around in "[a-z ]{0,5}", is_env in any::<bool>(),
    ) {
        let output = Output::capture();
        output.mask(|redactor| if is_env { redactor.add_secret("12345678-other") } else { redactor.add_secret(&secret) });
        if is_env {
            crate::secrets::remember(&secret);
        }
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        let encoded = utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string();
        let base64 = STANDARD.encode(format!("{around}{secret}{around}"));
        let mask = output.masker();
        for text in [format!("{around} {secret}"), format!("x{secret}y"), quoted, encoded, base64] {
            let report = hostile_report(&text, Sign::Broken, 2);
            let reports = [(None, &report)];
            let shown = [
                output.plain(&check::text(&reports, &[], check::Show { all: true, quiet: false })),
                output.plain(&markdown::checks(&reports, &[], &Provenance::default(), &mask)),
                output.without_secrets(&html::checks(&reports, &[], &Provenance::default(), Timestamp::UNIX_EPOCH, &mask)),
                output.plain(&output.masked_json(&for_machines::check(&report)).to_string()),
            ];
            for shown in shown {
                let bare = shown.replace(['\n', ' '], "");
                let middle = STANDARD.encode(&secret);
                let middle = &middle[4..middle.len() - 4];
                prop_assert!(!bare.contains("Zq7xW") && !bare.contains("Kx9wV") && !bare.contains(middle), "{text}\n{shown}");
            }
        }
        // A short one as a word; what is around it stays.
        output.mask(|redactor| redactor.add_secret("k3y"));
        prop_assert_eq!(output.plain("monk3ys have a k3y: k3y."), "monk3ys have a (secret): (secret).");
    }
}
