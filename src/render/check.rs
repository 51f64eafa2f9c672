//! Check reports as text for people: the verdict first, then causes, then one line of counts.

use std::fmt::Write;

use super::output::wrapped;
use super::style::{BOLD, DIM, ERROR, GOOD, REMOVE, WARNING, paint};
use crate::check::{Level, Sign};
use crate::text::one_line;
use crate::view::{
    AcceptedView, CheckView, FEW_ROLES, LineView, OutcomeWord, RoleView, SharedCause, Summary, VerdictView,
    alike_notices, few, plural, shared_causes,
};

/// How much to show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show {
    /// Every claim.
    pub all: bool,
    /// Only what is wrong.
    pub quiet: bool,
    /// Whole sentences, however long: a log has room, and nobody can ask it for the rest.
    pub whole: bool,
    /// At the end of `apply`, which does not look at who used the role: a `check` right after it counts more claims.
    pub uncounted: bool,
}

impl Show {
    fn room(self, room: usize) -> usize {
        if self.whole || self.all { usize::MAX } else { room }
    }
}

/// This many causes are shown with consequence and remedy, and this many in one line.
const WHOLE: usize = 3;
const IN_A_LINE: usize = 6;
/// This many accepted things get a line each.
const ACCEPTED: usize = 3;

/// A role, with its spec file if there are several.
type Row<'a> = (Option<&'a str>, &'a CheckView, &'a RoleView);

/// The reports of one spec, or of several by file; `failed` have none.
pub fn text(reports: &[(Option<&str>, &CheckView)], failed: &[String], show: Show) -> String {
    let mut rows: Vec<Row<'_>> = reports
        .iter()
        .flat_map(|(file, report)| report.roles.iter().map(move |role| (*file, *report, role)))
        .collect();
    // Faults first, and of those what admits someone.
    let is_closed = |role: &RoleView| !role.diagnosis.iter().any(|cause| cause.lets_in);
    rows.sort_by_key(|(_, _, role)| (role.verdict.sign, is_closed(role)));
    if show.quiet {
        rows.retain(|(_, _, role)| role.verdict.sign != Sign::Good);
        if rows.is_empty() && failed.is_empty() {
            return String::new();
        }
    }
    let groups = grouped(&rows);
    let limit = limit(&rows, &groups);
    let amounts = if show.all || show.whole { &[Amount::EVERYTHING][..] } else { &Amount::LESS_AND_LESS };
    let mut out = String::new();
    for amount in amounts {
        out = with_amount(reports, failed, &rows, &groups, show, *amount);
        if rows_at_80(&out) <= limit {
            break;
        }
    }
    out
}

/// What to shorten if a report would be too long. Consequences and remedies are always whole: nobody can act on half of one.
#[derive(Debug, Clone, Copy)]
struct Amount {
    /// Limits for a cause that only has its line, and for a notice.
    line: usize,
    note: usize,
    /// What is in order, and where the lines that accept something are.
    asides: bool,
}

impl Amount {
    const ALL: usize = usize::MAX;
    const EVERYTHING: Self = Self { line: Self::ALL, note: Self::ALL, asides: true };
    const LESS_AND_LESS: [Self; 4] = [
        Self::EVERYTHING,
        Self { note: 140, ..Self::EVERYTHING },
        Self { note: 140, asides: false, ..Self::EVERYTHING },
        Self { line: 70, note: 70, asides: false },
    ];
}

/// A report's number of lines at 80 columns, as far as it can be kept: 8 if all is well, 20 for three causes.
fn limit(rows: &[Row<'_>], groups: &[SharedCause<'_>]) -> usize {
    let of_one = match groups.len() {
        0 => 8,
        1..=WHOLE => 20,
        _ => 26,
    };
    of_one + 2 * rows.len().saturating_sub(1).min(FEW_ROLES)
}

fn rows_at_80(text: &str) -> usize {
    let plain = anstream::adapter::strip_str(text).to_string();
    let rows = |line: &str| line.chars().count().saturating_sub(1) / 80 + 1;
    wrapped(plain.trim_end(), 80).lines().map(rows).sum()
}

fn with_amount(
    reports: &[(Option<&str>, &CheckView)],
    failed: &[String],
    rows: &[Row<'_>],
    groups: &[SharedCause<'_>],
    show: Show,
    amount: Amount,
) -> String {
    let mut out = String::new();
    headlines(&mut out, rows, show);
    causes(&mut out, rows, groups, show, amount);
    accepted(&mut out, rows, show);
    if !show.quiet {
        notices(&mut out, rows, show, amount);
    }
    if show.all {
        for (file, report, role) in rows {
            claims(&mut out, *file, report, role);
        }
    }
    out.push('\n');
    let mut notes: Vec<&String> = reports.iter().filter_map(|(_, report)| report.left_out.as_ref()).collect();
    notes.dedup();
    if !show.quiet {
        let mut stand_ins: Vec<String> =
            reports.iter().filter_map(|(_, report)| report.not_of_aws()).collect();
        stand_ins.dedup();
        for note in stand_ins.iter().chain(notes) {
            let _ = writeln!(out, "{note}");
        }
    }
    let summary = reports.iter().map(|(_, report)| report.summary).fold(Summary::default(), Summary::plus);
    let broken: Vec<String> = rows
        .iter()
        .filter(|(_, _, role)| role.verdict.sign == Sign::Broken)
        .map(|row| label(row, rows))
        .collect();
    let _ = writeln!(out, "{}", counts(summary, &broken, failed, show));
    out
}

/// A role's name, with its file where specs of several accounts have one of that name.
fn label((file, _, role): &Row<'_>, rows: &[Row<'_>]) -> String {
    let name = one_line(&role.role);
    let is_ambiguous = rows.iter().filter(|(_, _, other)| other.role == role.role).count() > 1;
    match file.filter(|_| is_ambiguous) {
        Some(file) => format!("{name} [{}]", one_line(file)),
        None => name.into_owned(),
    }
}

/// Painted.
pub(super) fn sign_of(verdict: &VerdictView) -> String {
    let style = match verdict.sign {
        Sign::Broken => ERROR,
        Sign::Unknown => WARNING,
        Sign::Good => GOOD,
    };
    paint(style, verdict.sign.symbol())
}

/// One line per role; with many roles, one line for all with the same verdict.
fn headlines(out: &mut String, rows: &[Row<'_>], show: Show) {
    // Where roles are grouped, there is no column.
    let names = rows.iter().filter(|_| rows.len() <= FEW_ROLES);
    let width = names.map(|(_, _, role)| one_line(&role.role).chars().count()).max().unwrap_or(0);
    let mut left: Vec<&Row<'_>> = rows.iter().collect();
    while let Some((file, _, role)) = left.first().copied() {
        let verdict = &role.verdict;
        let same = |row: &&Row<'_>| {
            let other = &row.2.verdict;
            other.sign == verdict.sign && other.of_many == verdict.of_many
        };
        let alike: Vec<&Row<'_>> = left.iter().copied().filter(|row| same(row)).collect();
        if rows.len() > FEW_ROLES && alike.len() > 1 {
            let named = |(file, _, role): &&Row<'_>| match file {
                Some(file) => format!("{} [{}]", one_line(&role.role), one_line(file)),
                None => one_line(&role.role).into_owned(),
            };
            let names: Vec<String> = alike.iter().map(named).collect();
            let who = format!("{} ({})", plural(names.len(), "role"), few(&names));
            let _ = writeln!(
                out,
                "{} {}: {}",
                sign_of(&role.verdict),
                paint(BOLD, &who),
                one_line(&verdict.of_many)
            );
            left.retain(|row| !same(row));
            continue;
        }
        let name = one_line(&role.role);
        let pad = " ".repeat(width.saturating_sub(name.chars().count()));
        let file =
            file.map(|file| format!("{} ", paint(DIM, &format!("[{}]", one_line(file))))).unwrap_or_default();
        let _ = writeln!(
            out,
            "{} {}:{pad} {file}{}",
            sign_of(&role.verdict),
            paint(BOLD, &name),
            one_line(&verdict.headline)
        );
        left.remove(0);
    }
    if let [(_, _, role)] = rows {
        let detail = match (&role.verdict.unknown, role.verdict.sign) {
            (Some(unknown), Sign::Unknown) => Some(clip(unknown, show.room(150))),
            (_, Sign::Broken) => {
                tested(out, role, show);
                return;
            }
            _ if role.verdict.to_do.is_some() => None,
            _ => Some(paint(DIM, &clip(&role.verdict.proof_in_words, show.room(220)))),
        };
        if let Some(detail) = detail {
            let _ = writeln!(out, "  {detail}");
        }
        // What Genesys Cloud did is known, whatever else is not.
        if role.verdict.sign == Sign::Unknown && role.verdict.is_invoked {
            let _ = writeln!(out, "  {}", paint(DIM, &clip(&role.verdict.proof_in_words, show.room(220))));
        }
        if let Some(to_do) = &role.verdict.to_do {
            let _ = writeln!(out, "  do: {}", one_line(to_do));
        }
    } else if !show.quiet {
        proofs(out, rows, show);
    }
}

/// The tests of data actions that succeeded all the same; one that failed is a cause, or has one.
fn tested(out: &mut String, role: &RoleView, show: Show) {
    let is_test =
        |line: &&LineView| line.level == Level::EndToEnd.word() && line.outcome == OutcomeWord::Pass;
    for line in role.lines.iter().filter(is_test) {
        let text = format!("The test succeeded all the same: {}", line.claim);
        let _ = writeln!(out, "  {}", paint(DIM, &clip(&text, show.room(220))));
    }
}

/// How it is known of several roles, where nothing is wrong: once for those with the same proof.
fn proofs(out: &mut String, rows: &[Row<'_>], show: Show) {
    let mut proofs: Vec<(&str, Vec<String>)> = Vec::new();
    for row in rows.iter().filter(|(_, _, role)| role.verdict.sign == Sign::Good) {
        let proof = row.2.verdict.proof_of_many.as_str();
        match proofs.iter_mut().find(|(known, _)| *known == proof) {
            Some((_, roles)) => roles.push(label(row, rows)),
            None => proofs.push((proof, vec![label(row, rows)])),
        }
    }
    let is_one = proofs.len() == 1;
    for (proof, roles) in proofs {
        let of = if is_one { String::new() } else { format!("{}: ", few(&roles)) };
        let _ = writeln!(out, "  {}", paint(DIM, &clip(&format!("{of}{proof}"), show.room(220))));
    }
}

/// Worth knowing although nothing is wrong.
fn notices(out: &mut String, rows: &[Row<'_>], show: Show, amount: Amount) {
    for (_, _, role) in rows.iter().take(if show.all { usize::MAX } else { FEW_ROLES }) {
        let Some(observation) = &role.observation else { continue };
        let of = if rows.len() == 1 { String::new() } else { format!("{}: ", one_line(&role.role)) };
        let _ = writeln!(out, "  {}", paint(DIM, &format!("{of}{}", clip(observation, show.room(400)))));
    }
    let roles: Vec<(&str, &[String])> =
        rows.iter().map(|(_, _, role)| (role.role.as_str(), role.notices.as_slice())).collect();
    let all = alike_notices(&roles);
    let room = if show.all { usize::MAX } else { IN_A_LINE };
    for text in all.iter().take(room) {
        // One with a command is a remedy, and whole.
        let is_remedy = text.contains("`genesys-iam ");
        let text = clip(text, if is_remedy { usize::MAX } else { amount.note });
        let _ = writeln!(out, "  {} {}", paint(WARNING, "note:"), paint(DIM, &text));
    }
    let left = all.len().saturating_sub(room);
    if left > 0 {
        let _ = writeln!(out, "  {}", paint(DIM, &format!("… {left} more notes: `--all` shows them")));
    }
}

fn grouped<'a>(rows: &[Row<'a>]) -> Vec<SharedCause<'a>> {
    let roles: Vec<&RoleView> = rows.iter().map(|(_, _, role)| *role).collect();
    let mut groups = shared_causes(&roles);
    // Who gets in first, then what breaks an invocation, then what breaks nothing.
    groups.sort_by_key(|group| (!group.cause.lets_in, !group.cause.breaks));
    groups
}

fn causes(out: &mut String, rows: &[Row<'_>], groups: &[SharedCause<'_>], show: Show, amount: Amount) {
    for (index, group) in groups.iter().enumerate() {
        let SharedCause { cause, what, consequence, remedy, .. } = group;
        if !show.all && index == IN_A_LINE {
            let left = groups.len() - IN_A_LINE;
            let _ = writeln!(out, "  {}", format_args!("… {left} more: `--all` shows them"));
            break;
        }
        let has_it = |(_, _, role): &&Row<'_>| role.diagnosis.iter().any(|cause| group.has(cause));
        let roles: Vec<String> = rows.iter().filter(has_it).map(|row| label(row, rows)).collect();
        let of = match (rows.len(), roles.as_slice()) {
            (1, _) => String::new(),
            (_, [one]) => format!("{one}: "),
            (all, several) if all > FEW_ROLES => {
                format!("{} ({}): ", plural(several.len(), "role"), few(several))
            }
            (_, several) => format!("{}: ", few(several)),
        };
        let number = paint(ERROR, &format!("{}.", index + 1));
        let is_whole = show.all || index < WHOLE;
        // Who gets in is never cut.
        let room = if is_whole { usize::MAX } else { amount.line };
        let what = clip(&format!("{of}{what}"), if cause.lets_in { room.max(400) } else { room });
        let _ = writeln!(out, "  {number} {}", paint(REMOVE, &what));
        if !is_whole {
            continue;
        }
        let _ = writeln!(out, "     {}", paint(DIM, &format!("so: {}", one_line(consequence))));
        // The same remedy is printed once, and never missed.
        match groups[..index].iter().position(|earlier| earlier.remedy == *remedy) {
            Some(first) => {
                let _ = writeln!(out, "     do: as for {}", first + 1);
            }
            None => {
                let _ = writeln!(out, "     do: {}", one_line(remedy));
            }
        }
        if !cause.accept.is_empty() && (show.all || groups.len() == 1) {
            let _ = writeln!(out, "     to accept it, in the spec:");
            for line in &cause.accept {
                let _ = writeln!(out, "       {}", one_line(line));
            }
        }
    }
    let is_cut = groups.len() > WHOLE;
    let accepts = groups.len() > 1 && groups.iter().any(|group| !group.cause.accept.is_empty());
    let cut: Vec<&str> = [
        (is_cut, "what further causes lead to and what to do about them"),
        (accepts && amount.asides, "the lines that accept a fault"),
    ]
    .into_iter()
    .filter_map(|(is, what)| is.then_some(what))
    .collect();
    if !show.all && !cut.is_empty() {
        let _ = writeln!(out, "  {}", paint(DIM, &format!("`--all` shows {}", cut.join(", and "))));
    }
    if let [(_, _, role)] = rows
        && (1..WHOLE).contains(&groups.len())
        && !role.ruled_out.is_empty()
        && amount.asides
    {
        let room = if show.all { usize::MAX } else { 140 };
        let text = format!("checked and in order: {}", listed(&role.ruled_out, room));
        let _ = writeln!(out, "  {}", paint(DIM, &text));
    }
}

/// What the spec accepts, with its reason, and what it accepts without effect.
fn accepted(out: &mut String, rows: &[Row<'_>], show: Show) {
    let mut lines: Vec<(anstyle::Style, String)> = Vec::new();
    for (_, _, role) in rows {
        let of = if rows.len() > 1 { format!("{}: ", one_line(&role.role)) } else { String::new() };
        for AcceptedView { what, reason, lets_in: _ } in &role.accepted {
            lines.push((DIM, format!("accepted: {of}{what}; the reason: \"{reason}\"")));
        }
        for warning in &role.warnings {
            lines.push((WARNING, format!("warning: {of}{}", warning.in_one_line())));
        }
    }
    let room = if show.all { usize::MAX } else { ACCEPTED };
    for (style, line) in lines.iter().take(room) {
        let line = clip(line, show.room(145));
        let _ = writeln!(out, "  {}", paint(*style, &line));
    }
    if lines.len() > room {
        let text = format!("… {} more accepted or warned of: `--all` shows them", lines.len() - room);
        let _ = writeln!(out, "  {}", paint(DIM, &text));
    }
}

/// As many as fit, and how many more there are.
pub(super) fn listed(items: &[&str], room: usize) -> String {
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        if out.len() + item.len() > room {
            let _ = write!(out, "; and {} more", items.len() - index);
            break;
        }
        if index > 0 {
            out.push_str("; ");
        }
        out.push_str(item);
    }
    out
}

/// As much of a text as fits, cut at a word, and never inside a command.
fn clip(text: &str, room: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= room {
        return text.into_owned();
    }
    let cut: String = text.chars().take(room - 1).collect();
    let mut end = cut.rfind(' ').filter(|end| *end > room / 2).unwrap_or(cut.len());
    if cut[..end].matches('`').count() % 2 == 1 {
        end = cut[..end].rfind('`').unwrap_or(end);
    }
    if end == 0 {
        return text.into_owned();
    }
    format!("{} …", cut[..end].trim_end_matches([',', ';', ':', ' ']))
}

/// Every claim about one role, by level.
fn claims(out: &mut String, file: Option<&str>, report: &CheckView, role: &RoleView) {
    let file = file.map(|file| format!(" ({})", one_line(file))).unwrap_or_default();
    let _ = writeln!(out, "\n{}{file}", paint(BOLD, &format!("role {}", one_line(&role.role))));
    for level in Level::ALL {
        let lines: Vec<&LineView> = role.lines.iter().filter(|line| line.level == level.word()).collect();
        if lines.is_empty() {
            continue;
        }
        let title = level_title(*level, &role.prober, report.organization.as_deref());
        let _ = writeln!(out, "  {}", paint(DIM, &title));
        lines.iter().for_each(|line| line_text(out, line));
    }
    if !role.ruled_out.is_empty() {
        let _ = writeln!(
            out,
            "  {}",
            paint(DIM, &format!("checked and in order: {}", role.ruled_out.join("; ")))
        );
    }
}

pub(super) fn level_title(level: Level, prober: &str, organization: Option<&str>) -> String {
    match level {
        Level::Configured => format!(
            "configured: what Genesys Cloud shows of the organization \"{}\"",
            one_line(organization.unwrap_or_default())
        ),
        Level::EndToEnd => "end to end: Genesys Cloud's own test of the data action".to_owned(),
        Level::Evaluated => "evaluated: the live documents, by IAM's rules".to_owned(),
        Level::Observed => "observed: what AWS recorded of the role's use".to_owned(),
        Level::Refused => format!("probed, must be refused: real calls as {}", one_line(prober)),
        Level::Assumed => format!("probed, must succeed: real calls as {}", one_line(prober)),
    }
}

fn line_text(out: &mut String, line: &LineView) {
    let LineView { claim, outcome, seen, meaning, .. } = line;
    let [claim, seen, meaning] = [claim, seen, meaning].map(|text| one_line(text));
    let (sign, style) = match outcome {
        OutcomeWord::Pass => ("ok      ", GOOD),
        OutcomeWord::Accepted => ("accepted", WARNING),
        OutcomeWord::Fault => ("FAULT   ", ERROR),
        OutcomeWord::NotProvable => ("?       ", WARNING),
    };
    let claim = if *outcome == OutcomeWord::Fault { paint(REMOVE, &claim) } else { claim.into_owned() };
    let _ = writeln!(out, "    {} {claim}", paint(style, sign));
    let arrow = match outcome {
        OutcomeWord::Fault => "do:",
        OutcomeWord::Accepted => "because:",
        OutcomeWord::Pass | OutcomeWord::NotProvable => "so:",
    };
    for (title, text) in [("seen:", seen), (arrow, meaning)].into_iter().filter(|(_, text)| !text.is_empty())
    {
        let text = format!("{title} {text}");
        // The remedy is never the dimmest text.
        let text = if title == "do:" { text } else { paint(DIM, &text) };
        let _ = writeln!(out, "             {text}");
    }
}

/// `Check: 2 of 12 roles are broken: A and B. 3 causes; 140 claims hold, 2 not provable.`
fn counts(summary: Summary, broken: &[String], failed: &[String], show: Show) -> String {
    let Summary { roles, unknown, causes, pass, accepted, not_provable, .. } = summary;
    let mut text = match (broken.len(), roles) {
        (0, _) if unknown > 0 => match roles {
            1 => format!("{}, but not everything is known.", paint(GOOD, "no fault")),
            _ => format!(
                "{}; {unknown} of {} not fully known.",
                paint(GOOD, "no fault"),
                plural(roles, "role")
            ),
        },
        (0, 1) => format!("{}.", paint(GOOD, "no fault")),
        (0, _) => format!("{} in {}.", paint(GOOD, "no fault"), plural(roles, "role")),
        (1, 1) => format!("{}.", paint(ERROR, &plural(causes, "cause"))),
        (n, _) => {
            let names = paint(ERROR, &few(broken));
            format!(
                "{n} of {roles} roles {} broken: {names}. {}.",
                if n == 1 { "is" } else { "are" },
                plural(causes, "cause")
            )
        }
    };
    let accepted = if accepted > 0 { format!(", {accepted} accepted") } else { String::new() };
    if show.uncounted {
        return format!("{} {text}", paint(BOLD, "Check:"));
    }
    let all = if show.all { "" } else { " (`--all` shows them)" };
    let _ = write!(text, " {pass} claims hold{accepted}, {not_provable} not provable from here{all}.");
    if !failed.is_empty() {
        let _ = write!(
            text,
            " {}",
            paint(ERROR, &format!("{} failed: {}.", plural(failed.len(), "spec"), few(failed)))
        );
    }
    format!("{} {text}", paint(BOLD, "Check:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_word_and_never_in_a_command() {
        assert_eq!(clip("one two three four", 12), "one two …");
        assert_eq!(clip("so it is: `aws lambda list-functions`", 25), "so it is …");
        assert_eq!(clip("`aws lambda list-functions`", 12), "`aws lambda list-functions`");
    }
}
