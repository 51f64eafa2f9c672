//! A report in which someone else chose every text.

use crate::check::Sign;
use crate::view::{
    AcceptedView, CauseView, CheckView, LineView, OutcomeWord, Remark, RoleView, Summary, VerdictView,
    picture_of,
};

pub(super) fn hostile_report(text: &str, sign: Sign, functions: usize) -> CheckView {
    let t = || text.to_owned();
    let line = |outcome| LineView {
        level: "evaluated",
        topic: "role",
        claim: t(),
        outcome,
        seen: t(),
        meaning: t(),
        cause: None,
    };
    let outcomes = [OutcomeWord::Pass, OutcomeWord::Accepted, OutcomeWord::Fault, OutcomeWord::NotProvable];
    let role = RoleView {
        role: t(),
        picture: picture_of(text, functions),
        verdict: VerdictView {
            sign,
            headline: t(),
            of_many: t(),
            genesys_can_invoke: None,
            others: vec![t()],
            accepted_others: vec![t()],
            got_in: vec![t()],
            does_more: vec![t()],
            unknown: Some(t()),
            proof: None,
            proof_in_words: "nothing".to_owned(),
            is_invoked: false,
            proof_of_many: "nothing".to_owned(),
            to_do: None,
        },
        prober: t(),
        lines: outcomes.map(line).to_vec(),
        diagnosis: vec![CauseView {
            cause: "trust",
            of_many: t(),
            what: t(),
            consequence: t(),
            remedy: t(),
            accept: vec![t()],
            lets_in: true,
            breaks: true,
        }],
        ruled_out: vec!["the role exists"],
        accepted: vec![AcceptedView { what: t(), reason: t(), lets_in: vec![t()] }],
        warnings: vec![Remark::new(text).with_paste(vec![t()])],
        notices: vec![t()],
        observation: Some(t()),
        calls: vec![t()],
    };
    CheckView {
        format: "genesys-iam check",
        format_version: 2,
        tool_version: "0",
        spec: t(),
        account_id: t(),
        region: t(),
        in_sandbox: true,
        stand_in: Some(t()),
        organization: Some(t()),
        left_out: Some(t()),
        has_fault: true,
        levels: [].into(),
        summary: Summary { roles: 1, broken: usize::from(sign == Sign::Broken), ..Summary::default() },
        roles: vec![role],
    }
}
