//! Text, Markdown and JSON all say what a view says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::hostile::hostile_report;
use super::output::Output;
use super::{check, html, json as for_machines, markdown, plan};
use crate::check::{
    Acceptance, AskedOrganization, Cause, CheckReport, Claim, Finding, Harm, InvocationPath, Level, Question,
    RoleReport, Sign, Topic,
};
use crate::plan::iam::{IamChange, TagChange};
use crate::plan::testing::desired;
use crate::plan::{ChangeKind, Party};
use crate::policy::access::AccessSign;
use crate::view::{
    AccessLineView, AccessView, Caution, ChangeView, CheckView, ConnectionView, DenialView, DiffLine, Field,
    ForeignView, GainView, LineKind, PlanSummary, PlanView, Provenance, Remark, RolePlanView, Sides,
};

/// Words unlike any other.
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
        // Machines get before and after, people get fields.
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
        ChangeView {
            operation: "AttachRolePolicy".to_owned(),
            subject: self.word(),
            kind,
            sides: Sides::Of(Box::new(change)),
            fields,
        }
    }
}

/// With a distinct word wherever a text is possible.
fn full(w: &mut Words) -> PlanView {
    let signs = [AccessSign::Gained, AccessSign::Lost, AccessSign::Kept];
    let lines = |w: &mut Words| signs.map(|sign| w.line(sign)).to_vec();
    let connection = |w: &mut Words| {
        let [action, function, role] = std::array::from_fn(|_| w.word());
        let sentence = format!("{action} {function} {role}");
        ConnectionView { action, function, role, is_enabled: true, sentence }
    };
    PlanView {
        format: "genesys-iam plan".to_owned(),
        format_version: 1,
        tool_version: "0".to_owned(),
        spec: "genesys".to_owned(),
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
            repurposed: vec![w.word()],
            genesys_not_read: Some(w.word()),
            functions_changed: vec![w.word()],
            losses: vec![w.word()],
            lost_limits: vec![w.word()],
            unknown_tags: vec![w.word()],
            keeps: vec![w.word()],
            stays_open: vec![w.word()],
            left_over: vec![w.word()],
        },
        cautions: vec![
            Caution { blocks: true, remark: w.remark() },
            Caution { blocks: false, remark: w.remark() },
        ],
        roles: vec![
            RolePlanView {
                picture: None,
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
                picture: None,
                role: w.word(),
                changes: Vec::new(),
                access: AccessView::default(),
                connections: Vec::new(),
                notices: vec![w.remark()],
                blockers: Vec::new(),
            },
        ],
        // Their names are in the cautions.
        orphans: Vec::new(),
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
            // Sentences start with a capital.
            let capital = word.replacen('w', "W", 1);
            assert!(text.contains(word) || text.contains(&capital), "report {report} has no {word}:\n{text}");
        }
    }
}

/// With any level, topic, cause and outcome.
type Drawn = (Level, Topic, Cause, u8);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let [levels, topics, causes] = [Level::ALL.len(), Topic::ALL.len(), Cause::ALL.len()];
    let one = (0..levels, 0..topics, 0..causes, 0..4_u8);
    let named =
        |(level, topic, cause, outcome)| (Level::ALL[level], Topic::ALL[topic], Cause::ALL[cause], outcome);
    prop::collection::vec(one.prop_map(named), 0..9)
}

/// Each with its own words.
fn claim(n: usize, (level, topic, cause, outcome): Drawn, role: &str) -> Claim {
    let question =
        Question::new(level, topic, format!("holds{n}x"), format!("fails{n}x"), format!("open{n}x"));
    match outcome {
        0 => question.holds("seen"),
        1 => question.not_provable("seen", "help"),
        2 => {
            let (what, reason) = (format!("accepted{n}x"), "reason".to_owned());
            question
                .accepted("seen", Acceptance { what, reason, lets_in: Vec::new(), adds_permissions: false })
        }
        _ => {
            let lets_in =
                if cause == Cause::RoleOpen { vec![format!("AWS account {n}")] } else { Vec::new() };
            let finding = Finding {
                cause,
                what: format!("Wrong{n}x"),
                consequence: format!("so{n}x"),
                remedy: format!("do{n}x to {role}"),
                harm: Harm { keeps_genesys_out: cause == Cause::Denied, lets_in, ..Harm::default() },
            };
            question.fails("seen", finding, &[])
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn text_comment_and_json_have_the_same_headlines_causes_and_counts_and_rule_out_nothing_that_failed(
        drawn in drawn(), roles in prop_oneof![Just(1_usize), Just(12)],
    ) {
        let state = desired("").roles.remove(0);
        let path = InvocationPath {
            calls: Vec::new(),
            account_id: state.role.arn.account.clone(),
            genesys_account_id: state.genesys_account_id.clone(),
            organization: None,
            actions: Vec::new(),
            integrations: Vec::new(),
            policy: "p".to_owned(),
            functions: Vec::new(),
        };
        let of_role = |number: usize| {
            let role = format!("role{number}x");
            let claims = drawn.iter().enumerate().map(|(n, drawn)| claim(n, *drawn, &role)).collect();
            RoleReport::new(role, "f".to_owned(), path.clone(), None, claims)
        };
        let report = CheckReport {
            spec: "s".to_owned(),
            account_id: state.genesys_account_id.clone(),
            region: "us-east-1".to_owned(),
            in_sandbox: false,
            stand_in: None,
            organization: AskedOrganization::Unknown,
            roles: (0..roles).map(of_role).collect(),
        };
        let view = CheckView::new(&report);
        let reports = [(None, &view)];
        let text = check::text(&reports, &[], check::Show { all: true, ..check::Show::default() });
        let text = anstream::adapter::strip_str(&text).to_string();
        let comment = markdown::checks(&reports, &[], &Provenance::default(), &|text| text.to_owned()).replace('\\', "");
        let json = for_machines::check(&view);
        let failed: Vec<(usize, Topic)> =
            drawn.iter().enumerate().filter(|(_, one)| one.3 > 2).map(|(n, one)| (n, one.1)).collect();
        let causes = failed.len() * roles;
        prop_assert_eq!(&json["summary"]["causes"], causes);
        let counted = |count: usize| if count == 1 { "1 cause".to_owned() } else { format!("{count} causes") };
        let last = text.lines().last().unwrap_or_default();
        prop_assert!(last.contains(&if causes == 0 { "no fault".to_owned() } else { counted(causes) }), "{}", text);
        prop_assert!(comment.contains(&format!("{} · ", counted(causes))), "{}", comment);
        for (index, role) in view.roles.iter().enumerate() {
            let headline = &role.verdict.headline;
            prop_assert_eq!(&json["roles"][index]["verdict"]["headline"], headline);
            prop_assert!(text.contains(headline) || text.contains(&role.verdict.of_many), "{headline}\n{text}");
            prop_assert!(comment.contains(headline), "{headline}\n{comment}");
            let in_json = json["roles"][index]["diagnosis"].as_array().map(Vec::len);
            prop_assert_eq!(in_json, Some(failed.len()));
            let is_failed = |sentence: &&str| failed.iter().any(|(_, topic)| topic.sentence() == *sentence);
            prop_assert_eq!(role.ruled_out.iter().find(|sentence| is_failed(sentence)), None);
            prop_assert_eq!(&json["roles"][index]["ruled_out"], &serde_json::json!(role.ruled_out));
        }
        // What many roles share is said once.
        for (n, _) in failed {
            let what = format!("Wrong{n}x");
            prop_assert_eq!(text.matches(&what).count(), 1, "{}", text);
            let of_cause = |line: &&str| line.starts_with("- **FAULT**") && line.contains(&what);
            prop_assert_eq!(comment.lines().filter(of_cause).count(), 1, "{}", comment);
            for said in [&text, &comment] {
                prop_assert!(roles == 1 || said.contains(&format!("do: for each ROLE: do{n}x to ROLE")), "{said}");
            }
        }
    }
}

/// A secret between characters that every format escapes differently.
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
                output.plain(&check::text(&reports, &[], check::Show { all: true, ..check::Show::default() })),
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
        // A short one as a word; its surroundings stay.
        output.mask(|redactor| redactor.add_secret("k3y"));
        prop_assert_eq!(output.plain("monk3ys have a k3y: k3y."), "monk3ys have a (secret): (secret).");
    }
}
