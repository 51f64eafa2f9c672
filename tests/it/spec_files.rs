//! The spec file: what is read, and what is refused, one fault at a time.

use std::collections::BTreeMap;
use std::io;

use genesys_iam::spec::{Boundary, Diagnostic, Environment, ExtraPermissions, Severity, Spec, parse};

const EXAMPLE: &str = include_str!("../../examples/genesys.toml");

#[derive(Default)]
struct Given {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<&'static str, &'static str>,
}

impl Environment for Given {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }

    fn file(&self, path: &str) -> io::Result<String> {
        self.files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn read(source: &str) -> (Option<Spec>, Vec<Diagnostic>) {
    parse(source, "genesys", &Given::default())
}

#[track_caller]
fn valid(source: &str) -> Spec {
    let (spec, diagnostics) = read(source);
    spec.unwrap_or_else(|| panic!("{diagnostics:#?}"))
}

/// The example with a line in the role's table.
fn role_with(line: &str) -> String {
    format!("{EXAMPLE}\n{line}\n")
}

/// The example with other functions.
fn functions(list: &str) -> String {
    EXAMPLE.replacen("[\"my-genesys-trigger-function\"]", list, 1)
}

/// The one fault of a source, with the text it points at.
#[track_caller]
fn fault(source: &str) -> (String, String, String) {
    let (spec, diagnostics) = read(source);
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(spec.is_none());
    let [error] = errors.as_slice() else { panic!("{diagnostics:#?}") };
    let place = source[error.span.clone()].lines().next().unwrap_or_default().to_owned();
    (error.message.clone(), place, error.help.clone().unwrap_or_default())
}

#[test]
fn the_example_has_neither_faults_nor_warnings() {
    let (spec, diagnostics) = read(EXAMPLE);
    assert_eq!(diagnostics, []);
    let spec = spec.unwrap();
    assert_eq!((spec.name.as_str(), spec.aws.partition.as_str(), spec.roles.len()), ("genesys", "aws", 1));
    let role = &spec.roles[0];
    assert_eq!(role.policy_name, "GenesysLambdaInvokePolicy_GenesysDataActionRole");
    assert_eq!((role.path.as_str(), role.max_session_duration), ("/", 3600));
    assert_eq!(role.permissions_boundary, Boundary::Unmentioned);
    assert_eq!(role.extra_permissions, ExtraPermissions::Report);
}

#[test]
fn every_way_to_name_a_function_gives_its_exact_arn() {
    let spec = valid(&functions(
        "[\"a\", \"b:live\", \"c:7\", \"111122223333:function:d\", \"function:e:$LATEST\", \
         \"eu-west-1:111122223333:function:f\", \"arn:aws:lambda:us-west-2:111122223333:function:g:live\"]",
    ));
    let arns: Vec<String> = spec.roles[0].functions.iter().map(|function| function.arn.to_string()).collect();
    assert_eq!(
        arns,
        [
            "arn:aws:lambda:us-east-1:111122223333:function:a",
            "arn:aws:lambda:us-east-1:111122223333:function:b:live",
            "arn:aws:lambda:us-east-1:111122223333:function:c:7",
            "arn:aws:lambda:us-east-1:111122223333:function:d",
            "arn:aws:lambda:us-east-1:111122223333:function:e:$LATEST",
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            "arn:aws:lambda:us-west-2:111122223333:function:g:live",
        ]
    );
}

#[test]
fn functions_that_cannot_be_meant_are_refused() {
    for (list, message, place) in [
        ("[\"f*\"]", "`f*` has a wildcard", "\"f*\""),
        (
            "[\"a\", \"111122223333:function:a\"]",
            "`111122223333:function:a` is the same function as `a`",
            "\"111122223333:function:a\"",
        ),
        (
            "[\"999988887777:function:a\"]",
            "`999988887777:function:a` is in account 999988887777, the spec is for 111122223333",
            "\"999988887777:function:a\"",
        ),
        (
            "[\"arn:aws-cn:lambda:cn-north-1:111122223333:function:a\"]",
            "`functions` is in partition `aws-cn`, the region `us-east-1` is not",
            "\"arn:aws-cn:lambda:cn-north-1:111122223333:function:a\"",
        ),
        (
            "[\"arn:aws:s3:::bucket\"]",
            "`functions` is in account , the spec is for 111122223333",
            "\"arn:aws:s3:::bucket\"",
        ),
        ("[]", "`functions` is empty", "[]"),
        ("\"a\"", "`functions` must be a list of strings", "\"a\""),
    ] {
        let (got, at, _) = fault(&functions(list));
        assert_eq!((got.as_str(), at.as_str()), (message, place), "{list}");
    }
}

#[test]
fn names_limits_and_patterns_of_iam_hold() {
    let long = "x".repeat(65);
    for (line, message) in [
        ("path = \"genesys\"".to_owned(), "`path` must begin and end with `/`"),
        (
            "policy_path = \"/a b/\"".to_owned(),
            "`policy_path` has ' ' in it; allowed are letters, digits and /.,+@=_-",
        ),
        ("policy_path = \"//\"".to_owned(), "`policy_path` has an empty part: `//`"),
        (
            format!("policy_name = \"{}\"", long.repeat(2)),
            "`policy_name` has 130 characters, IAM takes at most 128",
        ),
        ("max_session_duration = 3599".to_owned(), "`max_session_duration` is 3599"),
        ("max_session_duration = 43201".to_owned(), "`max_session_duration` is 43201"),
        ("max_session_duration = 3600.5".to_owned(), "`max_session_duration` must be a whole number"),
        (
            "permissions_boundary = \"arn:aws:iam::999988887777:policy/b\"".to_owned(),
            "`permissions_boundary` is in account 999988887777, the spec is for 111122223333",
        ),
        (
            "permissions_boundary = \"arn:aws:iam::111122223333:role/b\"".to_owned(),
            "`permissions_boundary` is not the ARN of a policy",
        ),
        (
            "tags = { \"aws:x\" = \"y\" }".to_owned(),
            "the tag key `aws:x` begins with `aws:`, which is AWS's own",
        ),
        ("tags = { \"Managed-By\" = \"y\" }".to_owned(), "the tag `Managed-By` is this tool's own"),
        (
            "tags = { a = \"1\", A = \"2\" }".to_owned(),
            "the tag `A` stands twice: IAM's tag keys ignore case",
        ),
        (
            "extra_permissions = \"ignore\"".to_owned(),
            "`extra_permissions` is neither \"report\" nor \"remove\"",
        ),
        ("polcy_name = \"x\"".to_owned(), "unknown key `polcy_name` in [[role]]"),
    ] {
        assert_eq!(fault(&role_with(&line)).0, message, "{line}");
    }
    let named =
        |name: &str| EXAMPLE.replacen("name = \"GenesysDataActionRole\"", &format!("name = \"{name}\""), 1);
    assert_eq!(fault(&named(&long)).0, "`name` has 65 characters, IAM takes at most 64");
    assert_eq!(fault(&named("")).0, "`name` is empty");
}

#[test]
fn a_misspelt_key_names_the_nearest_known_one() {
    let (_, place, help) = fault(&role_with("max_sesion_duration = 3600"));
    assert_eq!(
        (place.as_str(), help.as_str()),
        ("max_sesion_duration", "did you mean `max_session_duration`?")
    );
}

#[test]
fn role_names_are_unique_ignoring_case_and_a_policy_belongs_to_one_role() {
    let second = |name: &str, more: &str| {
        format!("{EXAMPLE}\n[[role]]\nname = \"{name}\"\nfunctions = [\"f\"]\n{more}\n")
    };
    let (message, place, _) = fault(&second("GENESYSDATAACTIONROLE", ""));
    assert_eq!(message, "there is a role `GenesysDataActionRole` already: IAM's names ignore case");
    assert_eq!(place, "\"GENESYSDATAACTIONROLE\"");
    let policy = "policy_name = \"GenesysLambdaInvokePolicy_GenesysDataActionRole\"";
    assert!(fault(&second("Other", policy)).0.contains("belongs to role `GenesysDataActionRole` already"));
    assert_eq!(valid(&second("Other", "")).roles.len(), 2);
}

#[test]
fn the_trusted_account_is_warned_of_unless_genesys_names_it() {
    for (account, says) in [
        ("691338073777", "stands in tutorials of third parties"),
        ("490606849374", "is a Genesys-internal account"),
        ("765628985472", "looks like a misprint of 765628985471 (Genesys Cloud)"),
        ("999988887777", "is no known Genesys Cloud account"),
    ] {
        let (spec, diagnostics) = read(&EXAMPLE.replacen("765628985471", account, 1));
        let [warning] = diagnostics.as_slice() else { panic!("{diagnostics:#?}") };
        assert!(spec.is_some() && warning.severity == Severity::Warning);
        assert!(warning.message.contains(says), "{warning:?}");
        let help = warning.help.as_deref().unwrap();
        assert!(help.contains("765628985471 (Genesys Cloud)") && help.contains("325654371633"), "{help}");
    }
    let (message, ..) = fault(&EXAMPLE.replacen("765628985471", "111122223333", 1));
    assert!(message.contains("the trusted account is the spec's own"), "{message}");
}

#[test]
fn an_external_id_comes_from_the_environment_or_a_file_and_is_masked() {
    let id = "0f7d2f5e-1111-4222-8333-444455556666";
    let given = Given {
        variables: [("ID", id), ("EMPTY", ""), ("BAD", "a secret!")].into(),
        files: [("id.txt", "0f7d2f5e-1111-4222-8333-444455556666\n")].into(),
    };
    let literal = "\"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"";
    let from = |source: &str| parse(&EXAMPLE.replacen(literal, source, 1), "genesys", &given);
    for source in ["{ env = \"ID\" }", "{ file = \"id.txt\" }"] {
        let (spec, diagnostics) = from(source);
        let external_id = &spec.unwrap().roles[0].external_id;
        assert_eq!((external_id.expose(), external_id.is_masked()), (id, true));
        assert_eq!(format!("{external_id:?}"), "(masked)");
        assert_eq!(diagnostics, []);
    }
    for (source, message) in [
        ("{ env = \"NONE\" }", "the environment variable `NONE` is not set"),
        ("{ env = \"EMPTY\" }", "`EMPTY` is empty"),
        ("{ env = \"BAD\" }", "`external_id` is no external ID: 2 to 1224 letters, digits and _+=,.@:/-"),
        ("{ file = \"none.txt\" }", "cannot read `none.txt`: entity not found"),
        ("{ env = \"ID\", file = \"id.txt\" }", "`external_id` names no source, or two"),
        ("{ evn = \"ID\" }", "unknown key `evn` in external_id"),
    ] {
        let (spec, diagnostics) = from(source);
        assert!(spec.is_none());
        assert_eq!(diagnostics[0].message, message, "{source}");
        assert!(!format!("{diagnostics:?}").contains("secret!"), "{diagnostics:?}");
    }
}

#[test]
fn an_external_id_that_is_no_guid_is_warned_of() {
    let (spec, diagnostics) =
        read(&EXAMPLE.replacen("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", "my-company", 1));
    assert!(spec.is_some());
    assert!(diagnostics[0].message.contains("not a Genesys Cloud organization ID"), "{diagnostics:?}");
}

#[test]
fn a_role_overrides_defaults_and_genesys() {
    let spec = valid(&format!(
        "{}\ntags = {{ stage = \"test\" }}\nmax_session_duration = 7200\npermissions_boundary = \"none\"\n\
         [role.genesys]\nexternal_id = \"ffffffff-0b6c-4a8e-9d51-7f0e3c2b1a90\"\n",
        EXAMPLE.replacen("[defaults]", "[defaults]\npath = \"/genesys/\"\nextra_permissions = \"remove\"", 1)
    ));
    let role = &spec.roles[0];
    assert_eq!((role.path.as_str(), role.max_session_duration), ("/genesys/", 7200));
    assert_eq!(role.extra_permissions, ExtraPermissions::Remove);
    assert_eq!(role.permissions_boundary, Boundary::None);
    assert_eq!(role.tags.keys().collect::<Vec<_>>(), ["stage", "team"]);
    assert_eq!(role.external_id.expose(), "ffffffff-0b6c-4a8e-9d51-7f0e3c2b1a90");
    assert_eq!(role.genesys_account_id.as_str(), "765628985471");
}

#[test]
fn a_policy_over_the_quota_says_how_many_functions_fit() {
    let names: Vec<String> =
        (0..80).map(|n| format!("\"function-with-a-rather-long-name-{n:03}\"")).collect();
    let (message, place, help) = fault(&functions(&format!("[{}]", names.join(", "))));
    assert!(message.contains("IAM takes 6144"), "{message}");
    assert_eq!(place, "[[role]]");
    let fits: usize = help.split(' ').nth(2).unwrap().parse().unwrap();
    let fitting = names[..fits].join(", ");
    assert_eq!(valid(&functions(&format!("[{fitting}]"))).roles[0].functions.len(), fits);
}

#[test]
fn missing_tables_and_keys_are_named_with_an_example() {
    let (_, diagnostics) = read("");
    let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["`aws` is missing in the file", "`role` is missing in the file"]);
    let (message, _, help) = fault(&EXAMPLE.replacen("external_id", "# external_id", 1));
    assert_eq!(message, "there is no `external_id` for this role");
    assert!(help.contains("[genesys]"), "{help}");
}

#[test]
fn what_is_not_toml_ends_in_one_error_with_its_place() {
    let (message, place, _) = fault("[aws]\nregion = us-east-1\n");
    assert!(message.starts_with("this is not TOML"), "{message}");
    assert!(place.starts_with("us"), "{place}");
}

#[test]
fn no_source_makes_the_reader_panic() {
    for end in 0..EXAMPLE.len() {
        if EXAMPLE.is_char_boundary(end) {
            read(&EXAMPLE[..end]);
        }
    }
    for odd in [
        "\u{feff}",
        "\0",
        "[[role]]",
        "role = []",
        "aws = 1\nrole = [1]",
        "a.b.c = {}",
        "[aws]\r\n\r\n",
        "é = \"é\"",
    ] {
        let (_, diagnostics) = read(odd);
        for Diagnostic { span, .. } in &diagnostics {
            assert!(odd.get(span.clone()).is_some(), "{odd:?} {span:?}");
        }
        genesys_iam::render::diagnostics::render(&diagnostics, "x", odd);
    }
}

/// The keys that a table knows, as the fault of an unknown one lists them.
fn known_keys(source: &str) -> Vec<String> {
    let (_, diagnostics) = read(source);
    let unknown = diagnostics.iter().find(|d| d.message.contains("`zzzzzzzzzzzzzzzzzzzz`")).unwrap();
    let (_, list) = unknown.help.as_ref().unwrap().split_once(" knows ").unwrap();
    let mut keys: Vec<String> = list.split(", ").map(str::to_owned).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_schema_has_just_the_keys_that_the_reader_knows() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/genesys.schema.json")).unwrap();
    let zzz = "zzzzzzzzzzzzzzzzzzzz = 1";
    for (pointer, source) in [
        ("/properties", format!("{zzz}\n{EXAMPLE}")),
        ("/properties/aws/properties", EXAMPLE.replacen("[aws]", &format!("[aws]\n{zzz}"), 1)),
        ("/$defs/genesys/properties", EXAMPLE.replacen("[genesys]", &format!("[genesys]\n{zzz}"), 1)),
        ("/properties/check/properties", format!("{EXAMPLE}\n[check]\n{zzz}\n")),
        ("/properties/defaults/properties", EXAMPLE.replacen("[defaults]", &format!("[defaults]\n{zzz}"), 1)),
        ("/$defs/role/properties", role_with(zzz)),
        ("/$defs/integration/properties", role_with(&format!("[role.integration]\nname = \"i\"\n{zzz}"))),
        (
            "/$defs/data_action/properties",
            role_with(&format!(
                "[role.integration]\nname = \"i\"\n[[role.data_action]]\nname = \"a\"\ninput = {{}}\noutput = {{}}\n{zzz}"
            )),
        ),
        (
            "/properties/aws/properties/assume_role/oneOf/1/properties",
            EXAMPLE.replacen(
                "[genesys]",
                &format!(
                    "[aws.assume_role]\nrole_arn = \"arn:aws:iam::111122223333:role/d\"\n{zzz}\n[genesys]"
                ),
                1,
            ),
        ),
    ] {
        let properties = schema.pointer(pointer).unwrap().as_object().unwrap();
        let mut keys: Vec<String> = properties.keys().cloned().collect();
        keys.sort_unstable();
        assert_eq!(keys, known_keys(&source), "{pointer}");
    }
    let regions = &schema["$defs"]["genesys"]["properties"]["region"]["enum"];
    let known: Vec<&str> =
        genesys_iam::spec::GENESYS_REGIONS.iter().map(|region| region.aws_region).collect();
    assert_eq!(*regions, serde_json::json!(known));
}
