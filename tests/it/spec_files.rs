//! The spec file: what is accepted, and what is refused, one fault at a time.

use std::collections::BTreeMap;
use std::io;

use genesys_iam::spec::{
    AccountTrust, Boundary, Diagnostic, Environment, ExtraPermissions, Severity, Spec, parse,
};

const EXAMPLE: &str = include_str!("../data/aws-only.toml");

#[derive(Default)]
struct Given {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<&'static str, &'static str>,
    allowed: Vec<&'static str>,
}

impl Environment for Given {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.allowed.contains(&name)
    }

    fn file(&self, path: &str, _: u64) -> io::Result<String> {
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

/// The example with an extra line in the role's table.
fn role_with(line: &str) -> String {
    format!("{EXAMPLE}\n{line}\n")
}

/// The example with other functions.
fn functions(list: &str) -> String {
    EXAMPLE.replacen("[\"my-genesys-trigger-function\"]", list, 1)
}

/// The only fault of a source, with the text it points at.
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
        ("[\"arn:aws:s3:::bucket\"]", "`arn:aws:s3:::bucket` names no account", "\"arn:aws:s3:::bucket\""),
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
            "`policy_name` has 130 characters, IAM accepts at most 128",
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
            "the tag `A` appears twice; IAM tag keys are case-insensitive",
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
    assert_eq!(fault(&named(&long)).0, "`name` has 65 characters, IAM accepts at most 64");
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
fn an_account_that_genesys_does_not_name_blocks_unless_the_spec_says_why() {
    for (account, says) in [
        ("691338073777", "appears in third-party tutorials"),
        ("490606849374", "is a Genesys-internal account"),
        ("765628985472", "looks like a typo of 765628985471 (Genesys Cloud)"),
        ("999988887777", "Genesys does not list 999988887777 among its accounts"),
    ] {
        let source = EXAMPLE.replacen("765628985471", account, 1);
        let (spec, diagnostics) = read(&source);
        let [block] = diagnostics.as_slice() else { panic!("{diagnostics:#?}") };
        assert_eq!(block.severity, Severity::Blocks);
        assert!(block.message.contains(says), "{block:?}");
        let help = block.help.as_deref().unwrap();
        assert!(help.contains("765628985471 (Genesys Cloud)") && help.contains("325654371633"), "{help}");
        assert!(help.contains("add `account_reason = \"…\"`"), "{help}");
        let spec = spec.unwrap();
        assert!(spec.is_blocked());
        assert!(matches!(spec.roles[0].genesys_account, AccountTrust::Unknown { .. }));

        let confirmed = source.replacen("external_id =", "account_reason = \"our lab\"\nexternal_id =", 1);
        let (spec, diagnostics) = read(&confirmed);
        assert_eq!(diagnostics, []);
        let spec = spec.unwrap();
        assert!(!spec.is_blocked());
        let confirmed = AccountTrust::Confirmed { reason: "our lab".to_owned() };
        assert_eq!(spec.roles[0].genesys_account, confirmed);
    }
    let (message, ..) = fault(&EXAMPLE.replacen("765628985471", "111122223333", 1));
    assert!(message.contains("the trusted account is the spec's own"), "{message}");
}

#[test]
fn a_role_confirms_its_own_account_and_no_other() {
    let own = "[role.genesys]\naccount_id = \"999988887777\"\naccount_reason = \"our lab\"";
    assert!(!valid(&role_with(own)).is_blocked());
    // The reason in [genesys] applies to the account in [genesys].
    let source = EXAMPLE.replacen("external_id =", "account_reason = \"our lab\"\nexternal_id =", 1);
    assert!(valid(&format!("{source}\n[role.genesys]\naccount_id = \"999988887777\"\n")).is_blocked());
    let (message, place, _) = fault(&role_with("[role.genesys]\naccount_reason = \"our lab\""));
    assert!(message.contains("confirms an `account_id` in the same table"), "{message}");
    assert_eq!(place, "\"our lab\"");
    let (message, ..) = fault(&role_with("[role.genesys]\nregion = \"us-east-1\""));
    assert_eq!(message, "unknown key `region` in [role.genesys]");
}

#[test]
fn an_account_of_genesys_is_none_in_another_partition() {
    for (region, partition) in
        [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")]
    {
        for account in ["765628985471", "325654371633"] {
            let source = EXAMPLE.replacen("765628985471", account, 1);
            let source = source.replacen("region = \"us-east-1\"", &format!("region = \"{region}\""), 1);
            let (message, place, help) = fault(&source);
            assert!(message.contains("cannot assume a role in") && message.contains(partition), "{message}");
            assert_eq!(place, format!("\"{account}\""));
            assert!(help.contains("ask Genesys for its account in partition"), "{help}");
            // Confirmation is the normal way there.
            let other = source.replacen(account, "999988887777", 1);
            assert!(valid(&other).is_blocked());
            let confirmed =
                other.replacen("external_id =", "account_reason = \"told by Genesys\"\nexternal_id =", 1);
            assert!(!valid(&confirmed).is_blocked());
        }
    }
}

#[test]
fn a_region_that_looks_like_a_typo_is_a_fault_and_a_new_one_a_warning() {
    let with = |region: &str| EXAMPLE.replacen("\"us-east-1\"", &format!("\"{region}\""), 1);
    for (typo, meant) in
        [("us-esat-1", "us-east-1"), ("eu-centrla-1", "eu-central-1"), ("us-gov-wets-1", "us-gov-west-1")]
    {
        let (message, _, help) = fault(&with(typo));
        assert_eq!(message, format!("AWS has no region `{typo}`"));
        assert_eq!(help, format!("did you mean \"{meant}\"?"));
    }
    let (spec, diagnostics) = read(&with("antarctica-east-1"));
    assert!(spec.is_some());
    assert_eq!(diagnostics[0].severity, Severity::Warning);
    let (message, ..) = fault(&functions("[\"us-esat-1:111122223333:function:f\"]"));
    assert_eq!(message, "AWS has no region `us-esat-1`");
}

#[test]
fn one_typo_is_one_fault() {
    for (right, wrong) in [
        ("[genesys]", "[gensys]"),
        ("[aws]", "[awss]"),
        ("external_id =", "externalid ="),
        ("account_id = \"765628985471\"", "acount_id = \"765628985471\""),
        ("account_id = \"111122223333\"", "acount_id = \"111122223333\""),
        ("functions =", "function ="),
        ("name = \"GenesysDataActionRole\"", "nmae = \"GenesysDataActionRole\""),
        ("[[role]]", "[[roles]]"),
    ] {
        let (message, _, help) = fault(&EXAMPLE.replacen(right, wrong, 1));
        assert!(message.starts_with("unknown key"), "{message}");
        assert!(help.starts_with("did you mean"), "{help}");
    }
}

#[test]
fn an_account_id_that_begins_with_0_is_told_to_be_in_quotes() {
    let (message, _, help) = fault(&EXAMPLE.replacen("\"111122223333\"", "012345678901", 1));
    assert!(message.starts_with("this is not TOML"), "{message}");
    assert_eq!(help, "an account ID is written in quotes: \"012345678901\"");
}

#[test]
fn a_tag_of_the_role_replaces_that_of_the_defaults_in_any_case() {
    let (spec, diagnostics) = read(&role_with("tags = { Team = \"other\" }"));
    assert_eq!(spec.unwrap().roles[0].tags, [("Team".to_owned(), "other".to_owned())].into());
    let [warning] = diagnostics.as_slice() else { panic!("{diagnostics:#?}") };
    assert_eq!(warning.severity, Severity::Warning);
    assert!(warning.message.contains("`team` of [defaults] and `Team` of this role are one"), "{warning:?}");
}

#[test]
fn an_endpoint_in_a_spec_is_a_port_of_this_machine() {
    for (table, flag) in [("[aws]", "--aws-endpoint-url"), ("[genesys]", "--genesys-endpoint-url")] {
        let with = |url: &str| EXAMPLE.replacen(table, &format!("{table}\nendpoint_url = \"{url}\""), 1);
        for url in ["http://127.0.0.1:4566", "https://localhost:8443/", "http://[::1]:1"] {
            valid(&with(url));
        }
        let (message, _, help) = fault(&with("https://emulator.example:4566"));
        assert!(message.contains("127.0.0.1, [::1] or localhost"), "{message}");
        assert_eq!(help, format!("for another server run it with `{flag} https://emulator.example:4566`"));
        let (message, _, help) = fault(&with("http://localhost:x@127.0.0.2"));
        assert!(message.contains("password") && !help.contains('@'), "{message} {help}");
        let (.., help) = fault(&with("http://127.0.0.2/a'; rm -r x #"));
        assert_eq!(help, format!("for another server run it with `{flag} URL`"));
    }
}

#[test]
fn a_spec_reads_no_variable_that_may_hold_credentials_unless_it_is_allowed_by_name() {
    let id = "0f7d2f5e-1111-4222-8333-444455556666";
    let given = Given {
        variables: [("AWS_SECRET_ACCESS_KEY", id), ("My_Token", id), ("ORG_KEY", id)].into(),
        allowed: vec!["ORG_KEY"],
        ..Given::default()
    };
    let literal = "\"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"";
    let from =
        |name: &str| parse(&EXAMPLE.replacen(literal, &format!("{{ env = \"{name}\" }}"), 1), "x", &given);
    for name in ["AWS_SECRET_ACCESS_KEY", "My_Token"] {
        let (spec, diagnostics) = from(name);
        assert!(spec.is_none());
        assert!(diagnostics[0].message.contains("may hold credentials"), "{diagnostics:?}");
        assert!(diagnostics[0].help.as_ref().unwrap().contains(&format!("`--allow-env {name}`")));
    }
    assert!(from("ORG_KEY").0.is_some());
    for name in ["DOCKER_LOGIN", "MNEMONIC", "KUBECONFIG", "TF_VAR_admin"] {
        let (spec, diagnostics) = from(name);
        assert!(spec.is_none());
        assert!(
            diagnostics[0].message.contains("does not say that it holds an external ID"),
            "{diagnostics:?}"
        );
    }
    assert!(from("A=B").1[0].message.contains("is not the name of an environment variable"));
}

#[test]
fn what_is_presented_to_the_owner_of_a_role_is_written_out_or_kept_for_that() {
    let given = |allowed: Vec<&'static str>| Given {
        variables: [
            ("GENESYS_HUB_ID", "an-id-42"),
            ("ORGANIZATION", "an-id-42"),
            ("GENESYSCLOUD_OAUTHCLIENT_ID", "an-id-42"),
        ]
        .into(),
        files: [("id.txt", "an-id-42")].into(),
        allowed,
    };

    let with = |id: &str, allowed: Vec<&'static str>| {
        let role = "arn:aws:iam::111122223333:role/d";
        let table = format!("[aws]\nassume_role = {{ role_arn = \"{role}\", external_id = {id} }}");
        parse(&EXAMPLE.replacen("[aws]", &table, 1), "x", &given(allowed))
    };
    for (good, allowed) in [
        ("\"an-id-42\"", vec![]),
        ("{ env = \"GENESYS_HUB_ID\" }", vec!["GENESYS_HUB_ID"]),
        ("{ env = \"ORGANIZATION\" }", vec!["ORGANIZATION"]),
    ] {
        let (spec, diagnostics) = with(good, allowed);
        assert!(spec.is_some(), "{diagnostics:?}");
    }
    for bad in [
        "{ env = \"GENESYS_HUB_ID\" }",
        "{ env = \"ORGANIZATION\" }",
        "{ env = \"GENESYSCLOUD_OAUTHCLIENT_ID\" }",
        "{ file = \"id.txt\" }",
    ] {
        assert!(with(bad, vec!["ANOTHER"]).0.is_none(), "{bad}");
    }
}

#[test]
fn whatever_a_spec_takes_from_elsewhere_is_listed() {
    let given = Given {
        variables: [("ORG_EMEA", "0f7d2f5e-1111-4222-8333-444455556666")].into(),
        ..Given::default()
    };
    let source = EXAMPLE
        .replacen("\"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"", "{ env = \"ORG_EMEA\" }", 1)
        .replacen("[aws]", "[aws]\nprofile = \"prod\"\nassume_role = \"arn:aws:iam::111122223333:role/d\"", 1)
        .replacen("[genesys]", "[genesys]\ncredentials = \"EMEA\"\nendpoint_url = \"http://localhost:1\"", 1);
    let (spec, diagnostics) = parse(&source, "x", &given);
    assert_eq!(
        spec.unwrap_or_else(|| panic!("{diagnostics:?}")).indirections(),
        [
            "AWS credentials from the profile `prod`",
            "AWS credentials by assuming `arn:aws:iam::111122223333:role/d`",
            "Genesys Cloud at http://localhost:1",
            "Genesys Cloud credentials from the environment variables that end in `_EMEA`",
            "external ID from the environment variable `ORG_EMEA`",
        ]
    );
}

#[test]
fn thousands_of_functions_and_unknown_keys_are_read() {
    let names: Vec<String> = (0..20_000).map(|n| format!("\"f{n}\"")).collect();
    let (message, ..) = fault(&functions(&format!("[{}]", names.join(","))));
    assert!(message.contains("IAM accepts 6144"), "{message}");
    let unknown: String = (0..50_000).map(|n| format!("k{n} = 1\n")).collect();
    let source = format!("{unknown}{EXAMPLE}");
    let (_, diagnostics) = read(&source);
    assert_eq!(diagnostics.len(), 50_000);
    let shown = genesys_iam::render::diagnostics::render(&diagnostics, "x", &source);
    assert!(shown.contains("… and 49950 more") && shown.matches("unknown key").count() == 50);
}

#[test]
fn an_external_id_comes_from_the_environment_or_a_file_and_is_masked() {
    let id = "0f7d2f5e-1111-4222-8333-444455556666";
    let given = Given {
        variables: [
            ("ORG_ID", id),
            ("ORG_EMPTY", ""),
            ("ORG_BAD", "a secret!"),
            ("ORG_SHORT", "org-1.a"),
            ("ORG_ACCOUNT", "222222222222"),
            ("ORG_ROLE", "iam::222222222222:role/x"),
            ("ORG_WORD", "access_is_wider"),
            ("ORG_MARK", "everybody:"),
        ]
        .into(),
        files: [("id.txt", "0f7d2f5e-1111-4222-8333-444455556666\n")].into(),
        ..Given::default()
    };
    let literal = "\"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"";
    let from = |source: &str| parse(&EXAMPLE.replacen(literal, source, 1), "genesys", &given);
    for source in ["{ env = \"ORG_ID\" }", "{ file = \"id.txt\" }"] {
        let (spec, diagnostics) = from(source);
        let external_id = &spec.unwrap().roles[0].external_id;
        assert_eq!((external_id.expose(), external_id.is_masked()), (id, true));
        assert_eq!(format!("{external_id:?}"), "(masked)");
        assert_eq!(diagnostics, []);
    }
    let guid = ". A Genesys Cloud organization ID is a GUID";
    for (source, message) in [
        ("{ env = \"ORG_NONE\" }", "the environment variable `ORG_NONE` is not set"),
        ("{ env = \"ORG_EMPTY\" }", "`ORG_EMPTY` is empty"),
        (
            "{ env = \"ORG_BAD\" }",
            "`external_id` is not an external ID: 2 to 1224 letters, digits and _+=,.@:/-",
        ),
        (
            "{ env = \"ORG_SHORT\" }",
            &format!("`external_id` is too short to be masked: it has fewer than 8 characters{guid}"),
        ),
        (
            "{ env = \"ORG_ACCOUNT\" }",
            &format!("`external_id` cannot be masked: it holds what may be an account number{guid}"),
        ),
        (
            "{ env = \"ORG_ROLE\" }",
            &format!("`external_id` cannot be masked: it holds what may be an account number{guid}"),
        ),
        (
            "{ env = \"ORG_WORD\" }",
            &format!("`external_id` cannot be masked: it is a single word, as reports have them{guid}"),
        ),
        (
            "{ env = \"ORG_MARK\" }",
            &format!("`external_id` cannot be masked: it is a single word, as reports have them{guid}"),
        ),
        ("{ file = \"none.txt\" }", "cannot read `none.txt`: entity not found"),
        ("{ env = \"ORG_ID\", file = \"id.txt\" }", "`external_id` names no source, or two"),
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
    assert!(message.contains("IAM accepts 6144"), "{message}");
    assert_eq!(place, "[[role]]");
    let fits: usize = help.split(' ').nth(2).unwrap().parse().unwrap();
    let fitting = names[..fits].join(", ");
    assert_eq!(valid(&functions(&format!("[{fitting}]"))).roles[0].functions.len(), fits);
}

#[test]
fn one_string_for_a_list_is_shown_as_a_list() {
    let (message, _, help) = fault(&functions("\"greet\""));
    assert_eq!(
        (message.as_str(), help.as_str()),
        ("`functions` must be a list of strings", "write `functions = [\"greet\"]`")
    );
}

#[test]
fn missing_tables_and_keys_are_named_with_an_example() {
    let (_, diagnostics) = read("");
    let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["`aws` is missing in the file", "`role` is missing in the file"]);
    let (message, _, help) = fault(&EXAMPLE.replacen("external_id", "# external_id", 1));
    assert_eq!(message, "`[genesys] external_id` is missing");
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

/// The keys that a table accepts, as listed in the fault about an unknown one.
fn known_keys(source: &str) -> Vec<String> {
    let (_, diagnostics) = read(source);
    let unknown = diagnostics.iter().find(|d| d.message.contains("`zzzzzzzzzzzzzzzzzzzz`")).unwrap();
    let (_, list) = unknown.help.as_ref().unwrap().split_once(" accepts only ").unwrap();
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
        ("/$defs/role_genesys/properties", role_with(&format!("[role.genesys]\n{zzz}"))),
        ("/properties/check/properties", format!("{EXAMPLE}\n[check]\n{zzz}\n")),
        ("/properties/organization/properties", format!("{EXAMPLE}\n[organization]\n{zzz}\n")),
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
