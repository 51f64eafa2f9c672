//! One thing that a statement allows or forbids.

use std::cmp::Ordering;

use super::super::condition::{certainly_hold, may_hold};
use super::super::document::{Conditions, Document, Scalar, Spelling};
use super::super::key::EXTERNAL_ID;
use super::super::request::Context;
use super::extent::{Extent, PatternKind, account};
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::text::one_line;

/// One thing that a statement allows or forbids. The sentence is for people; comparison uses the statement itself, so
/// two different ones never look the same. The case of its actions is ignored.
#[derive(Debug, Clone)]
pub struct Grant {
    sentence: String,
    /// The principals, or the actions they may take.
    pub(super) subject: Extent,
    /// The actions of a trust policy, or the resources of any other policy.
    pub(super) object: Extent,
    /// Everything else that affects it, above all conditions.
    rest: Rest,
    /// Whether anyone gets what it grants: the document may refuse all of them.
    is_void: bool,
}

impl Ord for Grant {
    fn cmp(&self, other: &Self) -> Ordering {
        // The sentence says whether it is void.
        let Self { sentence, subject, object, rest, is_void: _ } = self;
        let lower = |text: &str| text.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<u8>>();
        lower(sentence)
            .cmp(&lower(&other.sentence))
            .then_with(|| subject.cmp(&other.subject))
            .then_with(|| object.cmp(&other.object))
            .then_with(|| rest.cmp(&other.rest))
    }
}

impl PartialOrd for Grant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Grant {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Grant {}

impl Grant {
    /// Boxed: most sets hold one or two grants, while a set's node has room for eleven.
    pub(super) fn boxed(sentence: &str, subject: Extent, object: Extent, rest: Rest) -> Box<Self> {
        let sentence = one_line(sentence).into_owned();
        Box::new(Self { sentence, subject, object, rest, is_void: false })
    }

    pub(super) fn admitting(mut self: Box<Self>, somebody: bool) -> Box<Self> {
        self.is_void = !somebody;
        self
    }

    /// Whether someone gets what it grants, as far as is known.
    pub fn admits_somebody(&self) -> bool {
        !self.is_void
    }

    /// A part of this permission, left by `other`.
    pub(super) fn narrowed(
        &self,
        subject: Extent,
        object: Extent,
        other: &Self,
        spelling: &Spelling,
    ) -> Box<Self> {
        let rest = if self.is_unconditional() { &other.rest } else { &self.rest };
        let is = |grant: &Self| grant.subject == subject && grant.object == object && grant.rest == *rest;
        if let Some(same) = [self, other].into_iter().find(|grant| is(grant)) {
            return Box::new(same.clone());
        }
        let conditions = if rest.json.is_empty() { "" } else { ", under conditions" };
        let sentence = format!("{} on {}{conditions}", subject.words(spelling), object.words(spelling));
        Self::boxed(&sentence, subject, object, rest.clone())
    }

    /// Whether it says nothing besides subject and object.
    pub fn is_unconditional(&self) -> bool {
        self.rest.json.is_empty()
    }

    /// Whether this may allow an action on a resource.
    #[cfg(test)]
    pub(super) fn may_allow(&self, action: &str, resource: &str) -> bool {
        self.subject.may_hold(action) && self.object.may_hold(resource)
    }

    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The principal that a trust policy's grant names, as kind and value, or `*`; `None` if it names nobody
    /// individually.
    pub fn subject(&self) -> Option<&str> {
        match &self.subject {
            Extent::Everything => Some("*"),
            Extent::Exactly(text) if !text.is_empty() && !text.starts_with('{') => Some(text),
            _ => None,
        }
    }

    /// The AWS account that it names, or of which it names someone.
    pub fn account(&self) -> Option<AccountId> {
        account(self.subject()?)
    }

    /// The external ID it requires, if it requires exactly one and nothing else.
    pub fn demanded_external_id(&self) -> Option<String> {
        self.rest.only_external_id()
    }

    /// The external IDs of which it requires one, if it requires nothing else.
    pub fn demanded_external_ids(&self) -> Option<Vec<String>> {
        self.rest.external_ids()
    }

    /// Whether it demands one of several external IDs, this one among them, whatever else it demands.
    pub fn names_external_id(&self, external_id: &str) -> bool {
        let names = |(operator, key, values): (&str, &str, &[Scalar])| {
            let mut ids = values.iter().map(Scalar::to_string);
            operator == "StringEquals"
                && key.eq_ignore_ascii_case(EXTERNAL_ID)
                && ids.any(|id| id == external_id)
        };
        self.rest.conditions().is_some_and(|conditions| conditions.iter().any(names))
    }

    /// Whether this trust policy's grant is of an action.
    pub fn is_of_action(&self, action: &str) -> bool {
        self.object.covers(&Extent::of_pattern(PatternKind::Action, action))
    }

    /// The function that this permission lets a role invoke, if it names one in full.
    pub fn invocable(&self) -> Option<FunctionArn> {
        let invoke = Extent::of_pattern(PatternKind::Action, "lambda:InvokeFunction");
        let (Extent::Exactly(name) | Extent::Pattern(_, name)) = &self.object else { return None };
        let arn: Arn = name.parse().ok().filter(|_| !name.contains(['*', '?', '$']))?;
        FunctionArn::try_from(arn).ok().filter(|_| self.subject.covers(&invoke))
    }

    /// Whether a caller with this external ID certainly meets what it demands of the ID. No when in doubt.
    pub fn certainly_admits(&self, external_id: &str) -> bool {
        let Some(conditions) = self.about_ids() else { return self.rest.json.is_empty() };
        certainly_hold(&conditions, &self.rest.version, &Context::partial().with(EXTERNAL_ID, &[external_id]))
    }

    /// Whether this, as a Deny, may refuse a caller because of this external ID.
    pub fn may_refuse_id(&self, external_id: &str) -> bool {
        let Some(conditions) = self.about_ids() else { return !self.rest.json.is_empty() };
        let request = Context::partial().with(EXTERNAL_ID, &[external_id]);
        !conditions.0.is_empty() && may_hold(&conditions, &self.rest.version, &request)
    }

    /// Its conditions on the external ID; `None` if others may depend on it too.
    fn about_ids(&self) -> Option<Conditions> {
        let Conditions(mut operators) = self.rest.conditions()?;
        let is_about = |key: &str| key.eq_ignore_ascii_case(EXTERNAL_ID);
        let refers = |(_, key, values): (&str, &str, &[Scalar])| {
            let names = |value: &Scalar| value.to_string().to_ascii_lowercase().contains("${sts:externalid");
            !is_about(key) && values.iter().any(names)
        };
        if Conditions(operators.clone()).iter().any(refers) {
            return None;
        }
        operators.values_mut().for_each(|keys| keys.retain(|key, _| is_about(key)));
        operators.retain(|_, keys| !keys.is_empty());
        Some(Conditions(operators))
    }

    /// Whether this, as a Deny, may refuse what `other` grants. Yes when in doubt.
    pub(super) fn may_refuse(&self, other: &Self) -> bool {
        if self.subject.is_disjoint(&other.subject) || self.object.is_disjoint(&other.object) {
            return false;
        }
        let (Some(conditions), Some(id)) = (self.rest.conditions(), other.rest.only_external_id()) else {
            return true;
        };
        may_hold(&conditions, &self.rest.version, &Context::partial().with(EXTERNAL_ID, &[&id]))
    }

    /// Whether this allows everything that `other` allows. No when in doubt.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.rest.covers(&other.rest)
            && self.subject.covers(&other.subject)
            && self.object.covers(&other.object)
    }
}

/// What a statement says besides subject and object.
#[derive(Debug, Clone, Default)]
pub(super) struct Rest {
    /// As JSON, with the document's version where that matters; empty if there is nothing.
    pub(super) json: String,
    /// Only conditions: parsed again in the rare cases where they are needed.
    pub(super) is_conditions: bool,
    pub(super) version: String,
}

/// The JSON says everything.
impl PartialEq for Rest {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for Rest {}

impl Ord for Rest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.json.cmp(&other.json)
    }
}

impl PartialOrd for Rest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Rest {
    /// Whether everything that meets `other` meets this.
    fn covers(&self, other: &Self) -> bool {
        if self.json.is_empty() || self == other {
            return true;
        }
        let (Some(conditions), Some(id)) = (self.conditions(), other.only_external_id()) else {
            return false;
        };
        let request = Context::partial().with(EXTERNAL_ID, &[&id]);
        certainly_hold(&conditions, &self.version, &request)
    }

    /// The conditions, if there is nothing else.
    fn conditions(&self) -> Option<Conditions> {
        if !self.is_conditions {
            return None;
        }
        let json = self.json.strip_suffix(self.version.as_str()).unwrap_or(&self.json);
        let document = Document::parse(&format!("{{\"Statement\":[{json}]}}")).ok()?;
        document.statements.as_slice().first()?.condition.clone()
    }

    /// The external ID, if exactly one is required and nothing else.
    pub(super) fn only_external_id(&self) -> Option<String> {
        let mut ids = self.external_ids()?;
        ids.pop().filter(|_| ids.is_empty())
    }

    /// The external IDs, if just one of them is required and nothing else.
    fn external_ids(&self) -> Option<Vec<String>> {
        let conditions = self.conditions()?;
        let mut demands = conditions.iter();
        let (("StringEquals", key, values), None) = (demands.next()?, demands.next()) else { return None };
        let literal = |value: &Scalar| match value {
            Scalar::String(id) if !id.contains("${") => Some(id.clone()),
            _ => None,
        };
        let ids: Option<Vec<String>> = values.iter().map(literal).collect();
        ids.filter(|_| key.eq_ignore_ascii_case(EXTERNAL_ID))
    }
}
