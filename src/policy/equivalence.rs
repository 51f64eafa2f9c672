//! When two documents mean the same.

use super::document::Document;

/// Whether two documents mean the same. When in doubt they differ: a false "equal" hides an open door, a
/// false "different" costs one needless update.
///
/// Both are brought to their canonical form, whose lists are sorted; so the cost is that of sorting.
pub fn equivalent(a: &Document, b: &Document) -> bool {
    a == b || a.canonical().to_json() == b.canonical().to_json()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(a: &str, b: &str) -> bool {
        let read = |text| Document::parse(text).unwrap();
        let (a, b) = (read(a), read(b));
        let result = equivalent(&a, &b);
        assert_eq!(result, equivalent(&b, &a));
        assert!(equivalent(&a, &a.canonical()));
        assert_eq!(a.canonical(), a.canonical().canonical());
        result
    }

    /// A document of one statement with these elements beside `Effect`.
    fn one(elements: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow"{elements}}}}}"#)
    }

    #[test]
    fn spellings_of_the_same_meaning_are_equal() {
        for (a, b) in [
            (r#","Action":["a:b","a:c"]"#, r#","Action":["A:C","a:b","a:B"]"#),
            (r#","Action":"a:b""#, r#","Action":["a:b"]"#),
            (r#","Principal":"*""#, r#","Principal":{"AWS":["*"]}"#),
            (
                r#","Principal":{"AWS":"111122223333"}"#,
                r#","Principal":{"AWS":["arn:aws:iam::111122223333:root"]}"#,
            ),
            (r#","Sid":"","Condition":{}"#, r#","Condition":{"Bool":{}}"#),
            (
                r#","Condition":{"Bool":{"aws:SecureTransport":true}}"#,
                r#","Condition":{"Bool":{"AWS:securetransport":["true","true"]}}"#,
            ),
            (r#","Condition":{"NumericEquals":{"a:b":1}}"#, r#","Condition":{"NumericEquals":{"a:b":"1"}}"#),
        ] {
            assert!(equal(&one(a), &one(b)), "{a} {b}");
        }
        assert!(equal(r#"{"Statement":[]}"#, r#"{"Id":"","Version":"2008-10-17","Statement":[]}"#));
        assert!(equal(
            r#"{"Statement":[{"Effect":"Deny"},{"Effect":"Allow"},{"Effect":"Deny","Sid":""}]}"#,
            r#"{"Statement":[{"Effect":"Allow"},{"Effect":"Deny"}]}"#
        ));
    }

    #[test]
    fn whatever_may_mean_something_else_differs() {
        for (a, b) in [
            (
                r#","Principal":{"AWS":"arn:aws:iam::111122223333:role/a"}"#,
                r#","Principal":{"AWS":"arn:aws:iam::111122223333:role/b"}"#,
            ),
            (r#","Principal":{"AWS":"*"}"#, ""),
            (r#","Principal":"*""#, r#","NotPrincipal":"*""#),
            (r#","NotPrincipal":{"AWS":"*"}"#, r#","NotPrincipal":"*""#),
            (r#","Principal":{"AWS":"*"}"#, r#","Principal":{"Service":"*"}"#),
            (
                r#","Principal":{"AWS":"111122223333"}"#,
                r#","Principal":{"AWS":"arn:aws-us-gov:iam::111122223333:root"}"#,
            ),
            (r#","Action":"a:b""#, r#","NotAction":"a:b""#),
            (r#","Resource":"A""#, r#","Resource":"a""#),
            (r#","Resource":[]"#, ""),
            (r#","Sid":"a""#, r#","Sid":"b""#),
            (r#","extra":1"#, ""),
            (r#","Condition":{"StringEquals":{"k":"a"}}"#, r#","Condition":{"StringLike":{"k":"a"}}"#),
            (r#","Condition":{"StringEquals":{"k":"a"}}"#, r#","Condition":{"StringEquals":{"k":"A"}}"#),
            (r#","Condition":{"StringEquals":{"k":"a"}}"#, r#","Condition":{"stringequals":{"k":"a"}}"#),
            (r#","Condition":{"StringEquals":{"k":[]}}"#, ""),
            (
                r#","Condition":{"StringEquals":{"k":"a","K":"b"}}"#,
                r#","Condition":{"StringEquals":{"k":"b","K":"a"}}"#,
            ),
            (
                r#","Condition":{"StringEquals":{"k":"a","K":"a"}}"#,
                r#","Condition":{"StringEquals":{"k":"a"}}"#,
            ),
            (
                r#","Condition":{"ForAllValues:StringEquals":{"k":"a"}}"#,
                r#","Condition":{"StringEquals":{"k":"a"}}"#,
            ),
        ] {
            assert!(!equal(&one(a), &one(b)), "{a} {b}");
        }
        assert!(!equal(r#"{"Statement":[]}"#, r#"{"Version":"2012-10-17","Statement":[]}"#));
    }
}
