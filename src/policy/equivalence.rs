//! When two documents mean the same.

use super::document::Document;

/// Whether two documents mean the same, by their canonical forms: linear in size but for sorting. When in doubt
/// they differ: a false "equal" hides an open door, a false "different" costs one needless update.
///
/// ```
/// use genesys_iam::policy::{Document, equivalent};
/// let list = Document::parse(r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":["*"]}]}"#)?;
/// let lone = Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"S3:get*","Resource":"*"}}"#)?;
/// assert!(equivalent(&list, &lone));
/// # Ok::<(), genesys_iam::policy::ParseError>(())
/// ```
pub fn equivalent(a: &Document, b: &Document) -> bool {
    a == b || a.canonical() == b.canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let [a, b] = [a, b].map(|text| Document::parse(text).unwrap());
        assert_eq!(equivalent(&a, &b), equivalent(&b, &a));
        equivalent(&a, &b)
    }

    fn statement(rest: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#)
    }

    #[test]
    fn an_account_id_is_its_root_arn() {
        assert!(same(
            &statement(r#""Principal":{"AWS":"765628985471"}"#),
            &statement(r#""Principal":{"AWS":["arn:aws:iam::765628985471:root"]}"#)
        ));
        assert!(!same(
            &statement(r#""Principal":{"AWS":"765628985471"}"#),
            &statement(r#""Principal":{"AWS":"arn:aws-us-gov:iam::765628985471:root"}"#)
        ));
    }

    #[test]
    fn two_different_principals_differ() {
        assert!(!same(&statement(r#""Principal":"*""#), &statement(r#""Principal":{"AWS":"765628985471"}"#)));
        assert!(same(&statement(r#""Principal":"*""#), &statement(r#""Principal":{"AWS":["*"]}"#)));
        assert!(!same(&statement(r#""Principal":"*""#), &statement(r#""Principal":{"Service":"*"}"#)));
    }

    #[test]
    fn a_missing_version_is_the_old_one() {
        let with = |version: &str| format!(r#"{{{version}"Statement":[]}}"#);
        assert!(same(&with(""), &with(r#""Version":"2008-10-17","#)));
        assert!(!same(&with(""), &with(r#""Version":"2012-10-17","#)));
    }

    #[test]
    fn values_keep_their_case_and_keys_do_not() {
        let id = |key: &str, value: &str| {
            statement(&format!(r#""Condition":{{"StringEquals":{{"{key}":"{value}"}}}}"#))
        };
        assert!(same(&id("sts:ExternalId", "a"), &id("STS:externalid", "a")));
        assert!(!same(&id("sts:ExternalId", "a"), &id("sts:ExternalId", "A")));
    }

    #[test]
    fn keys_that_differ_in_case_only_are_not_merged() {
        let both = statement(r#""Condition":{"StringEquals":{"sts:ExternalId":"a","sts:externalid":"b"}}"#);
        let one = statement(r#""Condition":{"StringEquals":{"sts:ExternalId":["a","b"]}}"#);
        assert!(!same(&both, &one));
    }

    #[test]
    fn an_empty_operator_is_none_but_an_empty_list_is_something() {
        assert!(same(
            &statement(r#""Condition":{"StringEquals":{}},"Sid":"""#),
            &statement(r#""Action":[]"#)
                .replace(r#","Action":[]"#, "")
                .replace(r#""Action":[]"#, r#""Sid":"""#)
        ));
        assert!(!same(&statement(r#""Condition":{"StringEquals":{"a":[]}}"#), &statement(r#""Sid":"""#)));
    }
}
