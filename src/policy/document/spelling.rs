//! How documents write what IAM compares without case.

use std::collections::BTreeMap;

use super::super::key::KEYS;
use super::model::{ActionElement, Conditions, Document, OneOrMany, Statement};

/// Actions and condition keys as written, by their lower case.
#[derive(Debug, Clone, Default)]
pub struct Spelling(BTreeMap<String, String>);

impl Spelling {
    /// Where two write the same differently, the later one decides.
    pub fn of(documents: &[&Document]) -> Self {
        let mut all = BTreeMap::new();
        for statement in documents.iter().flat_map(|document| document.statements.as_slice()) {
            let keys = statement.conditions().iter().map(|(_, key, _)| key.to_owned());
            for written in statement.action_values().iter().cloned().chain(keys) {
                all.insert(written.to_ascii_lowercase(), written);
            }
        }
        // AWS's own spelling of a key is the best one.
        all.extend(KEYS.iter().map(|key| (key.to_ascii_lowercase(), (*key).to_owned())));
        Self(all)
    }

    /// What canonical forms have in lower case, as it was written.
    pub fn written(&self, canonical: &str) -> String {
        self.0.get(canonical).map_or(canonical, String::as_str).to_owned()
    }

    pub(super) fn respell(&self, canonical: &mut Document) {
        let mut statements = canonical.statements.as_slice().to_vec();
        statements.iter_mut().for_each(|statement| self.respell_statement(statement));
        canonical.statements = OneOrMany::Many(statements).into();
    }

    fn respell_statement(&self, statement: &mut Statement) {
        if let Some(ActionElement::Action(actions) | ActionElement::NotAction(actions)) =
            &mut statement.action
        {
            let written = |action: &String| self.written(action);
            *actions = match &*actions {
                OneOrMany::One(action) => OneOrMany::One(written(action)),
                OneOrMany::Many(actions) => OneOrMany::Many(actions.iter().map(written).collect()),
            };
        }
        if let Some(Conditions(operators)) = &mut statement.condition {
            for keys in operators.values_mut() {
                let respelled: BTreeMap<_, _> =
                    keys.iter().map(|(key, values)| (self.written(key), values.clone())).collect();
                // Keys that differ only in case stay apart.
                if respelled.len() == keys.len() {
                    *keys = respelled;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_its_capitals_and_one_spelling_in_a_diff() {
        let document = |action: &str, key: &str| {
            Document::parse(&format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":["{action}","STS:assumerole"],"Resource":"*",
                    "Condition":{{"StringEquals":{{"{key}":"1"}}}}}}}}"#
            ))
            .unwrap()
        };
        let [before, after] = [
            document("s3:getobject", "AWS:principalaccount"),
            document("s3:GetObject", "aws:PrincipalAccount"),
        ];
        for word in ["s3:GetObject", "sts:AssumeRole", "aws:PrincipalAccount"] {
            assert!(after.to_pretty().contains(&format!("\"{word}\"")), "{word}");
        }
        let spelling = Spelling::of(&[&before, &after]);
        assert_eq!(before.to_pretty_spelled(&spelling), after.to_pretty_spelled(&spelling));
        let twice = Document::parse(
            r#"{"Statement":{"Effect":"Deny","Condition":{"Null":{"sts:ExternalId":"true","sts:externalid":"false"}}}}"#,
        )
        .unwrap();
        assert!(twice.to_pretty().contains("sts:externalid"), "{}", twice.to_pretty());
    }
}
