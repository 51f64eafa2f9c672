//! Who can do what, in every state between two writes.
//!
//! A request meets documents in finitely many ways: which statements match it. The cases below include all of those
//! ways, so what holds for every case holds for every request. A value that a document names is tried as is, by the
//! policy language itself; anything only a wildcard reaches is tried in every possible combination; and what cannot be
//! known here, such as a condition's key, is both true and false.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::arn::{AccountId, Arn};
use crate::policy::document::{
    ActionElement, Effect, PrincipalElement, Principals, ResourceElement, Statement, VERSION_2008,
    VERSION_2012,
};
use crate::policy::{Context, Decision, Document, EXTERNAL_ID, Policies, Principal, Request, evaluate};

/// Beyond these limits nothing is proved, and the caller uses the order that needs no proof.
const ROWS: usize = 1024;
const PRODUCT: usize = 200_000;
const FREE_TESTS: usize = 10;
const CASES: usize = 50_000;

/// The documents, by bit, that allow and deny in one case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    pub(super) allows: u64,
    pub(super) denies: u64,
}

/// Before and after the role's tags change.
pub(super) type Case = [Match; 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProvenSide {
    Trust,
    Permissions,
}

/// Every way a request can meet these documents; an unread one may allow and deny anything. `tags` are the keys of the
/// role's tags that change. `None` if there are too many ways to enumerate.
pub(super) fn cases(
    documents: &[Option<&Document>],
    kind: ProvenSide,
    tags: &BTreeSet<String>,
) -> Option<Vec<Case>> {
    if documents.len() > 64 {
        return None;
    }
    let mut table = TruthTable::new(kind, tags);
    for (index, document) in documents.iter().enumerate() {
        match document {
            Some(document) => table.add(index, document)?,
            None => table.add_unread(index),
        }
    }
    table.cases()
}

/// Which atoms of an axis a statement needs.
#[derive(Debug, Clone)]
enum Selector {
    Everything,
    AnyOf(Vec<usize>),
    NoneOf(Vec<usize>),
    AllOf(Vec<usize>),
}

impl Selector {
    fn selects(&self, row: &[bool]) -> bool {
        let is = |atom: &usize| row.get(*atom).copied().unwrap_or(true);
        match self {
            Self::Everything => true,
            Self::AnyOf(atoms) => atoms.iter().any(is),
            Self::NoneOf(atoms) => !atoms.iter().any(is),
            Self::AllOf(atoms) => atoms.iter().all(is),
        }
    }
}

/// A statement, taken apart.
struct Clause {
    document: usize,
    denies: bool,
    principal: Selector,
    action: Selector,
    resource: Selector,
    external_id: Selector,
    /// What else must be true, and is unknown.
    tests: Vec<usize>,
}

struct TruthTable<'a> {
    kind: ProvenSide,
    tags: &'a BTreeSet<String>,
    clauses: Vec<Clause>,
    /// Kind and value, as JSON.
    principals: Vec<(String, String)>,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Operator and values.
    external_ids: Vec<(String, Vec<String>, String)>,
    /// What is unknown, and whether it may change with the tags.
    tests: BTreeMap<String, (usize, bool)>,
}

fn position<T: PartialEq>(atoms: &mut Vec<T>, atom: T) -> usize {
    atoms.iter().position(|known| *known == atom).unwrap_or_else(|| {
        atoms.push(atom);
        atoms.len() - 1
    })
}

fn is_open(text: &str) -> bool {
    text.contains(['*', '?']) || text.contains("${")
}

impl<'a> TruthTable<'a> {
    fn new(kind: ProvenSide, tags: &'a BTreeSet<String>) -> Self {
        Self {
            kind,
            tags,
            clauses: Vec::new(),
            principals: Vec::new(),
            actions: Vec::new(),
            resources: Vec::new(),
            external_ids: Vec::new(),
            tests: BTreeMap::new(),
        }
    }

    fn test(&mut self, key: String, is_tag: bool) -> usize {
        let next = self.tests.len();
        self.tests.entry(key).or_insert((next, is_tag)).0
    }

    fn add_unread(&mut self, document: usize) {
        for denies in [false, true] {
            let is_tag = !self.tags.is_empty();
            let test = self.test(format!("unread document {document}, {denies}"), is_tag);
            self.clauses.push(Clause {
                document,
                denies,
                principal: Selector::Everything,
                action: Selector::Everything,
                resource: Selector::Everything,
                external_id: Selector::Everything,
                tests: vec![test],
            });
        }
    }

    fn add(&mut self, index: usize, document: &Document) -> Option<()> {
        let version = document.effective_version();
        let is_strange = !document.unknown.is_empty() || !matches!(version, VERSION_2008 | VERSION_2012);
        for statement in document.statements.as_slice() {
            let json = statement.to_json();
            let lower = json.to_ascii_lowercase();
            if lower.contains("${") && self.tags.iter().any(|key| lower.contains(&format!("tag/{key}"))) {
                return None;
            }
            let mut tests = Vec::new();
            if is_strange || !statement.unknown.is_empty() {
                tests.push(self.test(format!("{version} {json}"), false));
            }
            let principal = self.principal(statement, &json, &mut tests);
            let action = match &statement.action {
                Some(ActionElement::Action(actions)) => Selector::AnyOf(self.actions(actions.as_slice())),
                Some(ActionElement::NotAction(actions)) => Selector::NoneOf(self.actions(actions.as_slice())),
                None => {
                    tests.push(self.test(format!("action of {json}"), false));
                    Selector::Everything
                }
            };
            let mut resources = |values: &[String]| -> Vec<usize> {
                values.iter().map(|value| position(&mut self.resources, value.clone())).collect()
            };
            let resource = match &statement.resource {
                Some(ResourceElement::Resource(values)) => Selector::AnyOf(resources(values.as_slice())),
                Some(ResourceElement::NotResource(values)) => Selector::NoneOf(resources(values.as_slice())),
                None => Selector::Everything,
            };
            let is_usual = (self.kind == ProvenSide::Trust) == statement.resource.is_none();
            let has_empty_list = [&action, &resource].iter().any(
                |selector| matches!(selector, Selector::AnyOf(all) | Selector::NoneOf(all) if all.is_empty()),
            );
            if !is_usual || has_empty_list {
                tests.push(self.test(format!("resource of {json}"), false));
            }
            let mut external_ids = Vec::new();
            for (operator, key, values) in statement.condition.iter().flat_map(|conditions| conditions.iter())
            {
                let key = key.to_ascii_lowercase();
                let mut values: Vec<String> = values.iter().map(ToString::to_string).collect();
                values.sort_unstable();
                if self.kind == ProvenSide::Trust && key.eq_ignore_ascii_case(EXTERNAL_ID) {
                    let atom = (operator.to_owned(), values, version.to_owned());
                    external_ids.push(position(&mut self.external_ids, atom));
                    continue;
                }
                let is_tag = self.tags.iter().any(|tag| key.ends_with(&format!("tag/{tag}")));
                let of = if values.iter().any(|value| value.contains("${")) { version } else { "" };
                tests.push(self.test(format!("{operator} {key} {values:?} {of}"), is_tag));
            }
            tests.sort_unstable();
            tests.dedup();
            let external_id = Selector::AllOf(external_ids);
            let denies = statement.effect == Effect::Deny;
            self.clauses.push(Clause {
                document: index,
                denies,
                principal,
                action,
                resource,
                external_id,
                tests,
            });
        }
        Some(())
    }

    fn actions(&mut self, values: &[String]) -> Vec<usize> {
        values.iter().map(|value| position(&mut self.actions, value.to_ascii_lowercase())).collect()
    }

    fn principal(&mut self, statement: &Statement, json: &str, tests: &mut Vec<usize>) -> Selector {
        let named = match (&statement.principal, self.kind) {
            (None, ProvenSide::Permissions) => return Selector::Everything,
            (Some(PrincipalElement::Principal(principals)), ProvenSide::Trust) => principals,
            // What it excepts is not a simple list.
            _ => {
                tests.push(self.test(format!("principal of {json}"), false));
                return Selector::Everything;
            }
        };
        let Principals::ByKind(kinds) = named else {
            // Services too: nothing is left out.
            return Selector::Everything;
        };
        let mut atoms = Vec::new();
        for (kind, values) in kinds {
            for value in values.as_slice() {
                atoms.push(position(&mut self.principals, (kind.clone(), value.clone())));
            }
        }
        Selector::AnyOf(atoms)
    }

    fn cases(&self) -> Option<Vec<Case>> {
        if self.clauses.len() > 128 {
            return None;
        }
        let all = self.clauses.iter().enumerate().fold(0_u128, |set, (at, _)| set | 1 << at);
        let mut sets = BTreeSet::from([all]);
        type Axis = (Vec<Vec<bool>>, fn(&Clause) -> &Selector);
        let axes: [Axis; 4] = [
            (self.principal_rows()?, |clause| &clause.principal),
            (self.action_rows()?, |clause| &clause.action),
            (self.resource_rows()?, |clause| &clause.resource),
            (self.external_id_rows()?, |clause| &clause.external_id),
        ];
        for (rows, selector) in axes {
            let selected: BTreeSet<u128> = rows
                .iter()
                .map(|row| {
                    let selects = |clause: &Clause| selector(clause).selects(row);
                    self.clauses
                        .iter()
                        .enumerate()
                        .fold(0, |set, (at, clause)| if selects(clause) { set | 1 << at } else { set })
                })
                .collect();
            if sets.len() * selected.len() > PRODUCT {
                return None;
            }
            sets = sets.iter().flat_map(|set| selected.iter().map(move |row| set & row)).collect();
        }
        let mut cases = BTreeSet::new();
        for set in sets {
            self.with_tests(set, &mut cases)?;
        }
        Some(cases.into_iter().collect())
    }

    /// Adds the cases of requests that match a set of statements, as far as their tests hold.
    fn with_tests(&self, set: u128, cases: &mut BTreeSet<Case>) -> Option<()> {
        let clauses: Vec<&Clause> = self
            .clauses
            .iter()
            .enumerate()
            .filter(|(at, _)| set >> at & 1 == 1)
            .map(|(_, clause)| clause)
            .collect();
        let is_tag: BTreeMap<usize, bool> = self.tests.values().copied().collect();
        // Each test has a slot, and a second one for after the tag change if it depends on the tags.
        let mut places: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
        let mut free = 0;
        for test in clauses.iter().flat_map(|clause| &clause.tests) {
            places.entry(*test).or_insert_with(|| {
                let first = free;
                free += if is_tag.get(test) == Some(&true) { 2 } else { 1 };
                [first, free - 1]
            });
        }
        if free > FREE_TESTS {
            return None;
        }
        for assignment in 0..1_u32 << free {
            let mut case = Case::default();
            for (phase, found) in case.iter_mut().enumerate() {
                for clause in &clauses {
                    let holds = |test: &usize| {
                        places.get(test).is_some_and(|places| assignment >> places[phase] & 1 == 1)
                    };
                    if clause.tests.iter().all(holds) {
                        let side = if clause.denies { &mut found.denies } else { &mut found.allows };
                        *side |= 1 << clause.document;
                    }
                }
            }
            cases.insert(case);
        }
        (cases.len() <= CASES).then_some(())
    }

    fn action_rows(&self) -> Option<Vec<Vec<bool>>> {
        let decide = |witness: &String, action: &String| {
            if !is_open(action) {
                return Some(action == witness);
            }
            let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
            identity_allows(&statement, witness, "arn:aws:lambda:us-east-1:111122223333:function:x")
        };
        // IAM refuses a wildcard in the service, so its meaning is unknown.
        let is_plain =
            |text: &str| text == "*" || text.split_once(':').is_some_and(|(service, _)| !is_open(service));
        let relation = |one: &String, other: &String| {
            if is_plain(one) && is_plain(other) { glob_relation(one, other, 0) } else { KeyRelation::Free }
        };
        rows(&self.actions, |text| !is_open(text), decide, relation)
    }

    fn resource_rows(&self) -> Option<Vec<Vec<bool>>> {
        let decide = |witness: &String, resource: &String| {
            if !is_open(resource) {
                return Some(resource == witness);
            }
            if resource.contains("${") {
                return None;
            }
            let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": resource });
            identity_allows(&statement, "lambda:InvokeFunction", witness)
        };
        let relation = |one: &String, other: &String| {
            let has_variable = one.contains("${") || other.contains("${");
            // Only a star in the last section definitely matches past a colon.
            if has_variable { KeyRelation::Free } else { glob_relation(one, other, 5) }
        };
        rows(&self.resources, |text| !is_open(text), decide, relation)
    }

    fn principal_rows(&self) -> Option<Vec<Vec<bool>>> {
        let decide = |(kind, witness): &(String, String), (other, value): &(String, String)| {
            let principal = match kind.as_str() {
                "AWS" => Principal::Aws(witness.clone()),
                "Service" => Principal::Service(witness.clone()),
                "Federated" => Principal::Federated(witness.clone()),
                _ => return None,
            };
            if is_open(value) && value != "*" {
                return None;
            }
            let principals = json!({ other.as_str(): value });
            let statement = json!({ "Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole" });
            trust_allows(&statement, principal, Context::partial())
        };
        let is_exact = |(kind, value): &(String, String)| match kind.as_str() {
            "AWS" => value.parse::<Arn>().is_ok_and(|arn| {
                !is_open(value) && arn.resource != "root" && matches!(arn.service.as_str(), "iam" | "sts")
            }),
            "Service" | "Federated" => !is_open(value),
            _ => false,
        };
        let account = |(kind, value): &(String, String)| -> Option<String> {
            let arn =
                || value.parse::<Arn>().ok().map(|arn| arn.account).filter(|account| !account.is_empty());
            let account =
                value.parse::<AccountId>().ok().map(|account| account.as_str().to_owned()).or_else(arn);
            account.filter(|_| kind == "AWS")
        };
        let relation = |one: &(String, String), other: &(String, String)| match (account(one), account(other))
        {
            (Some(a), Some(b)) if a != b => KeyRelation::Disjoint,
            (Some(_), None) if other.0 == "AWS" && other.1 == "*" => KeyRelation::Within,
            (None, Some(_)) if one.0 == "AWS" && one.1 == "*" => KeyRelation::Contains,
            _ => KeyRelation::Free,
        };
        rows(&self.principals, is_exact, decide, relation)
    }

    fn external_id_rows(&self) -> Option<Vec<Vec<bool>>> {
        if self.external_ids.is_empty() {
            return Some(vec![Vec::new()]);
        }
        let named =
            self.external_ids.iter().flat_map(|(_, values, _)| values).filter(|value| !is_open(value));
        let mut witnesses: BTreeSet<Option<&str>> = named.map(|value| Some(value.as_str())).collect();
        witnesses.insert(None);
        // A value nobody named.
        const UNNAMED: &str = "-unnamed-:@/=,.+";
        witnesses.insert(Some(UNNAMED));
        let mut found = BTreeSet::new();
        for witness in witnesses {
            let row: Vec<Option<bool>> = self
                .external_ids
                .iter()
                .map(|(operator, values, version)| {
                    let name = operator.strip_suffix("IfExists").unwrap_or(operator);
                    // An unnamed value may well look like a pattern.
                    let is_decided = matches!(name, "StringEquals" | "StringNotEquals" | "Null");
                    if witness == Some(UNNAMED) && (!is_decided || values.iter().any(|value| value.contains("${"))) {
                        return None;
                    }
                    let context = match witness {
                        Some(id) => Context::partial().with(EXTERNAL_ID, &[id]),
                        None => Context::partial().without(EXTERNAL_ID),
                    };
                    let condition = json!({ operator.as_str(): { EXTERNAL_ID: values } });
                    let statement = json!({
                        "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition
                    });
                    let caller = Principal::Aws("arn:aws:iam::999999999999:role/caller".to_owned());
                    versioned_trust_allows(version, &statement, caller, context)
                })
                .collect();
            complete(&row, &mut found)?;
        }
        Some(found.into_iter().collect())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyRelation {
    Disjoint,
    /// Whether everything that meets the first meets the second.
    Within,
    Contains,
    Free,
}

/// Every combination of atoms that a value can meet.
fn rows<T>(
    atoms: &[T],
    is_exact: impl Fn(&T) -> bool,
    decide: impl Fn(&T, &T) -> Option<bool>,
    relation: impl Fn(&T, &T) -> KeyRelation,
) -> Option<Vec<Vec<bool>>>
where
    T: PartialEq,
{
    let mut found = BTreeSet::new();
    for witness in atoms.iter().filter(|atom| is_exact(atom)) {
        let row: Vec<Option<bool>> = atoms
            .iter()
            .map(|atom| if atom == witness { Some(true) } else { decide(witness, atom) })
            .collect();
        complete(&row, &mut found)?;
    }
    // What no document names: only wildcards reach it.
    let open: Vec<usize> = (0..atoms.len()).filter(|at| !is_exact(&atoms[*at])).collect();
    let mut partial = vec![vec![false; atoms.len()]];
    for (count, at) in open.iter().enumerate() {
        let mut next = Vec::new();
        for row in partial {
            for value in [false, true] {
                let is_possible = open[..count].iter().all(|earlier| {
                    let relation = relation(&atoms[*earlier], &atoms[*at]);
                    !matches!(
                        (relation, row[*earlier], value),
                        (KeyRelation::Disjoint, true, true)
                            | (KeyRelation::Within, true, false)
                            | (KeyRelation::Contains, false, true)
                    )
                });
                if is_possible {
                    let mut row = row.clone();
                    row[*at] = value;
                    next.push(row);
                }
            }
        }
        if next.len() > ROWS {
            return None;
        }
        partial = next;
    }
    found.extend(partial);
    (found.len() <= ROWS).then(|| found.into_iter().collect())
}

/// Adds every complete row that fits one with unknown parts.
fn complete(row: &[Option<bool>], found: &mut BTreeSet<Vec<bool>>) -> Option<()> {
    let free: Vec<usize> = (0..row.len()).filter(|at| row[*at].is_none()).collect();
    if free.len() > FREE_TESTS {
        return None;
    }
    for assignment in 0..1_u32 << free.len() {
        let mut complete: Vec<bool> = row.iter().map(|value| value.unwrap_or(false)).collect();
        for (bit, at) in free.iter().enumerate() {
            complete[*at] = assignment >> bit & 1 == 1;
        }
        found.insert(complete);
    }
    Some(())
}

/// How two patterns relate; `colons` must precede a star for it to match anything that follows.
fn glob_relation(one: &str, other: &str, colons: usize) -> KeyRelation {
    let covers = |wide: &str, narrow: &str| {
        let Some(prefix) = wide.strip_suffix('*') else { return false };
        let literal = narrow.split(['*', '?']).next().unwrap_or_default();
        prefix.is_empty()
            || !prefix.contains(['*', '?'])
                && prefix.matches(':').count() >= colons
                && literal.starts_with(prefix)
    };
    if covers(other, one) {
        KeyRelation::Within
    } else if covers(one, other) {
        KeyRelation::Contains
    } else if !may_meet(one, other) {
        KeyRelation::Disjoint
    } else {
        KeyRelation::Free
    }
}

/// Whether some text matches both patterns.
fn may_meet(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|text| text.chars().collect::<Vec<char>>());
    // From the ends: whether the remainders of both from here have a text in common.
    let mut below = vec![false; other.len() + 1];
    for i in (0..=one.len()).rev() {
        let mut line = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            line[j] = match (one.get(i), other.get(j)) {
                (None, None) => true,
                (Some('*'), _) if below[j] => true,
                (_, Some('*')) if line[j + 1] => true,
                (Some('*'), Some(_)) => line[j + 1],
                (Some(_), Some('*')) => below[j],
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && below[j + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
        below = line;
    }
    below[0]
}

fn decided(decision: Decision) -> Option<bool> {
    match decision {
        Decision::Allowed => Some(true),
        Decision::ImplicitDeny => Some(false),
        Decision::ExplicitDeny | Decision::Undecided => None,
    }
}

fn document(version: &str, statement: &Value) -> Option<Document> {
    Document::parse(&json!({ "Version": version, "Statement": [statement] }).to_string()).ok()
}

fn identity_allows(statement: &Value, action: &str, resource: &str) -> Option<bool> {
    let document = document(VERSION_2012, statement)?;
    let account = resource.parse::<Arn>().ok().map(|arn| arn.account).filter(|account| !account.is_empty());
    let account = account.unwrap_or_else(|| "111122223333".to_owned());
    let request = Request {
        principal: Principal::Aws(format!("arn:aws:iam::{account}:role/caller")),
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: Context::partial(),
    };
    let identity = vec![("the policy".to_owned(), &document)];
    decided(evaluate(&Policies { identity, ..Policies::default() }, &request).decision)
}

fn trust_allows(statement: &Value, principal: Principal, context: Context) -> Option<bool> {
    versioned_trust_allows(VERSION_2012, statement, principal, context)
}

fn versioned_trust_allows(
    version: &str,
    statement: &Value,
    principal: Principal,
    context: Context,
) -> Option<bool> {
    let document = document(version, statement)?;
    let request = Request {
        principal,
        action: "sts:AssumeRole".to_owned(),
        resource: "arn:aws:iam::111122223333:role/role".to_owned(),
        context,
    };
    let resource = Some(("the trust policy".to_owned(), &document));
    decided(evaluate(&Policies { resource, ..Policies::default() }, &request).decision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_a_text_matches_both() {
        for (one, other, meet) in [
            ("a*", "*b", true),
            ("a*c", "*b", false),
            ("a?", "ab", true),
            ("a?", "a", false),
            ("*x*", "*y*", true),
            ("ab*", "ac*", false),
            ("*", "", true),
        ] {
            assert_eq!(may_meet(one, other), meet, "{one} {other}");
            assert_eq!(may_meet(other, one), meet, "{other} {one}");
        }
    }

    #[test]
    fn patterns_of_arns_cover_only_past_the_last_colon() {
        let all = "arn:aws:lambda:us-east-1:111122223333:function:*";
        let some = "arn:aws:lambda:us-east-1:111122223333:function:orders-*";
        assert_eq!(glob_relation(some, all, 5), KeyRelation::Within);
        assert_eq!(glob_relation(all, some, 5), KeyRelation::Contains);
        assert_eq!(glob_relation("*", some, 5), KeyRelation::Contains);
        assert_eq!(glob_relation("arn:aws:lambda:*", some, 5), KeyRelation::Free);
    }
}
