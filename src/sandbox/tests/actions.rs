//! What IAM refuses, limits and returns.

use super::*;

/// An action, its parameters, and the text of its refusal.
type ActionCase<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

const OF_AWS: [&str; 9] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "IAMFullAccess",
    "AWSLambda_FullAccess",
    "AWSLambda_ReadOnlyAccess",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaRole",
];

fn trust_with(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
    )
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[test]
fn role_names_ignore_case_whatever_the_path() {
    let mut sandbox = furnished();
    let again = [("RoleName", "r"), ("Path", "/other/"), ("AssumeRolePolicyDocument", TRUST)];
    let answered = iam(&mut sandbox, "CreateRole", &again);
    assert_eq!(answered.error(), (409, "EntityAlreadyExists", "Role with name r already exists."));
    let answered = iam(&mut sandbox, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", INVOKE)]);
    let message = "A policy called p already exists. Duplicate names are not allowed.";
    assert_eq!(answered.error(), (409, "EntityAlreadyExists", message));
}

#[test]
fn faulty_parameters_are_refused() {
    let long = "x".repeat(65);
    let cases: [ActionCase<'_>; 10] = [
        ("GetRole", &[], "Value null at 'roleName'"),
        ("GetRole", &[("RoleName", "a b")], "The specified value for roleName is invalid."),
        ("GetRole", &[("RoleName", &long)], "length less than or equal to 64"),
        ("GetRole", &[("RoleName", "")], "length greater than or equal to 1"),
        ("UpdateRole", &[("RoleName", "R"), ("MaxSessionDuration", "60")], "'maxSessionDuration'"),
        ("UpdateRole", &[("RoleName", "R"), ("MaxSessionDuration", "43201")], "less than or equal to 43200"),
        ("UpdateRole", &[("RoleName", "R"), ("Description", "\u{2014}")], "'description'"),
        (
            "TagRole",
            &[("RoleName", "R"), ("Tags.member.1.Key", "a!"), ("Tags.member.1.Value", "")],
            "'tags.1.member.key'",
        ),
        ("ListRoles", &[("Marker", "nonsense")], "Invalid Marker."),
        ("GetPolicyVersion", &[("PolicyArn", POLICY_ARN), ("VersionId", "1")], "'versionId'"),
    ];
    let mut sandbox = furnished();
    for (action, params, message) in cases {
        let answered = iam(&mut sandbox, action, params);
        let (status, code, text) = answered.error();
        assert_eq!((status, code), (400, "ValidationError"), "{action} {params:?}");
        assert!(text.contains(message), "{text}");
    }
    assert_eq!(iam(&mut sandbox, "MakeTea", &[]).error().1, "InvalidAction");
    assert_eq!(iam(&mut sandbox, "", &[]).error().1, "MissingAction");
    assert_eq!(
        iam(&mut sandbox, "GetPolicy", &[("PolicyArn", "arn:aws:iam::111122223333:role/x")]).error().1,
        "InvalidInput"
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut sandbox = furnished();
    let other = "arn:aws:iam::111122223333:policy/path/P";
    let cases: [ActionCase<'_>; 8] = [
        ("GetRole", &[("RoleName", "none")], "The role with name none cannot be found."),
        (
            "GetPolicy",
            &[("PolicyArn", other)],
            "Policy arn:aws:iam::111122223333:policy/path/P does not exist or is not attachable.",
        ),
        (
            "AttachRolePolicy",
            &[("RoleName", "R"), ("PolicyArn", other)],
            "Policy arn:aws:iam::111122223333:policy/path/P does not exist or is not attachable.",
        ),
        (
            "DetachRolePolicy",
            &[("RoleName", "R"), ("PolicyArn", other)],
            "Policy arn:aws:iam::111122223333:policy/path/P was not found.",
        ),
        (
            "GetRolePolicy",
            &[("RoleName", "R"), ("PolicyName", "none")],
            "The role policy with name none cannot be found.",
        ),
        (
            "GetPolicyVersion",
            &[("PolicyArn", POLICY_ARN), ("VersionId", "v2")],
            "Policy arn:aws:iam::111122223333:policy/P version v2 does not exist or is not attachable.",
        ),
        (
            "PutRolePermissionsBoundary",
            &[("RoleName", "R"), ("PermissionsBoundary", other)],
            "Scope ARN: arn:aws:iam::111122223333:policy/path/P does not exist or is not attachable.",
        ),
        ("DeleteRole", &[("RoleName", "none")], "The role with name none cannot be found."),
    ];
    for (action, params, message) in cases {
        assert_eq!(iam(&mut sandbox, action, params).error(), (404, "NoSuchEntity", message), "{action}");
    }
}

#[test]
fn what_is_in_use_cannot_be_deleted() {
    let mut sandbox = furnished();
    let policy = [("PolicyArn", POLICY_ARN)];
    let role = [("RoleName", "R")];
    let both = [("RoleName", "R"), ("PolicyArn", POLICY_ARN)];
    let inline = [("RoleName", "R"), ("PolicyName", "I")];
    let conflict = |sandbox: &mut Sandbox, action: &str, params: &[(&str, &str)], message: &str| {
        assert_eq!(iam(sandbox, action, params).error(), (409, "DeleteConflict", message), "{action}");
    };
    conflict(&mut sandbox, "DeletePolicy", &policy, "Cannot delete a policy attached to entities.");
    conflict(&mut sandbox, "DeleteRole", &role, "Cannot delete entity, must detach all policies first.");
    done(&mut sandbox, "DetachRolePolicy", &both);
    done(&mut sandbox, "PutRolePolicy", &[inline[0], inline[1], ("PolicyDocument", INVOKE)]);
    conflict(&mut sandbox, "DeleteRole", &role, "Cannot delete entity, must delete policies first.");
    done(&mut sandbox, "DeleteRolePolicy", &inline);
    done(&mut sandbox, "PutRolePermissionsBoundary", &[role[0], ("PermissionsBoundary", POLICY_ARN)]);
    conflict(&mut sandbox, "DeletePolicy", &policy, "Cannot delete a policy attached to entities.");
    done(&mut sandbox, "DeleteRole", &role);
    done(&mut sandbox, "CreatePolicyVersion", &[policy[0], ("PolicyDocument", INVOKE)]);
    let default = [policy[0], ("VersionId", "v1")];
    conflict(&mut sandbox, "DeletePolicyVersion", &default, "Cannot delete the default version of a policy.");
    assert!(
        iam(&mut sandbox, "DeletePolicy", &policy)
            .error()
            .2
            .starts_with("This policy has more than one version.")
    );
    done(&mut sandbox, "DeletePolicyVersion", &[policy[0], ("VersionId", "v2")]);
    done(&mut sandbox, "DeletePolicy", &policy);
}

#[test]
fn a_policy_has_five_versions_and_no_number_is_used_twice() {
    let mut sandbox = furnished();
    let arn = ("PolicyArn", POLICY_ARN);
    let create = [arn, ("PolicyDocument", INVOKE), ("SetAsDefault", "true")];
    for _ in 2..=5 {
        done(&mut sandbox, "CreatePolicyVersion", &create);
    }
    let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an \
                   existing version.";
    assert_eq!(iam(&mut sandbox, "CreatePolicyVersion", &create).error(), (409, "LimitExceeded", message));
    done(&mut sandbox, "SetDefaultPolicyVersion", &[arn, ("VersionId", "v1")]);
    done(&mut sandbox, "DeletePolicyVersion", &[arn, ("VersionId", "v5")]);
    let created = done(&mut sandbox, "CreatePolicyVersion", &[arn, ("PolicyDocument", INVOKE)]);
    assert_eq!((created.one("VersionId"), created.one("IsDefaultVersion")), ("v6", "false"));
    let listed = done(&mut sandbox, "ListPolicyVersions", &[arn]);
    assert_eq!(listed.all("VersionId"), ["v6", "v4", "v3", "v2", "v1"]);
    assert_eq!(listed.all("IsDefaultVersion"), ["false", "false", "false", "false", "true"]);
}

#[test]
fn a_role_has_ten_policies_and_attaching_again_is_no_error() {
    let mut sandbox = furnished();
    let attach = |sandbox: &mut Sandbox, arn: &str| {
        iam(sandbox, "AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", arn)])
    };
    for name in OF_AWS {
        assert_eq!(attach(&mut sandbox, &format!("arn:aws:iam::aws:policy/{name}")).status, 200, "{name}");
    }
    assert_eq!(attach(&mut sandbox, POLICY_ARN).status, 200);
    done(&mut sandbox, "CreatePolicy", &[("PolicyName", "Q"), ("PolicyDocument", INVOKE)]);
    let answered = attach(&mut sandbox, "arn:aws:iam::111122223333:policy/Q");
    assert_eq!(answered.error(), (409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"));
    assert_eq!(
        done(&mut sandbox, "ListAttachedRolePolicies", &[("RoleName", "R")]).all("PolicyName").len(),
        10
    );
}

#[test]
fn trust_policies_that_iam_refuses() {
    let long = trust_with(r#"{"AWS":"*"},"Sid":"LONG""#).replace("LONG", &"x".repeat(2000));
    let no_resource = TRUST.replace(r#""Action""#, r#""Resource":"*","Action""#);
    let version = TRUST.replace("2012-10-17", "2020-01-01");
    let operator = TRUST.replace("StringEquals", "StringIs");
    let cases: Vec<(String, &str, &str)> = vec![
        ("{".to_owned(), "MalformedPolicyDocument", "This policy contains invalid Json"),
        (no_resource, "MalformedPolicyDocument", "Has prohibited field Resource"),
        (version, "MalformedPolicyDocument", "Version"),
        (operator, "MalformedPolicyDocument", "Invalid Condition type : StringIs"),
        (
            INVOKE.to_owned(),
            "MalformedPolicyDocument",
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (TRUST.replace("sts:AssumeRole", "AssumeRole"), "MalformedPolicyDocument", "prefaced by a vendor"),
        (TRUST.replace("sts:ExternalId", "ExternalId"), "MalformedPolicyDocument", "prefaced by a vendor"),
        (TRUST.replace("\"Principal\"", "\"Who\""), "MalformedPolicyDocument", "Unknown field Who"),
        (
            TRUST.replace("\"Principal\"", "\"NotPrincipal\""),
            "MalformedPolicyDocument",
            "Allow with NotPrincipal",
        ),
        (
            trust_with(r#"{"AWS":"arn:aws:iam::76562898547:root"}"#),
            "MalformedPolicyDocument",
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::76562898547:root\"",
        ),
        (
            trust_with(r#"{"AWS":"arn:aws:iam::111122223333:role/none"}"#),
            "MalformedPolicyDocument",
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/none\"",
        ),
        (
            trust_with(r#"{"Service":"lambda"}"#),
            "MalformedPolicyDocument",
            "Invalid principal in policy: \"SERVICE\":\"lambda\"",
        ),
        (trust_with(r#"{"AWS":[]}"#), "MalformedPolicyDocument", "Missing required field Principal"),
        (long, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"),
    ];
    let mut sandbox = furnished();
    for (document, code, message) in cases {
        let create = [("RoleName", "N"), ("AssumeRolePolicyDocument", document.as_str())];
        let update = [("RoleName", "R"), ("PolicyDocument", document.as_str())];
        for answered in
            [iam(&mut sandbox, "CreateRole", &create), iam(&mut sandbox, "UpdateAssumeRolePolicy", &update)]
        {
            let (_, given, text) = answered.error();
            assert_eq!(given, code, "{document}");
            assert!(text.replace("&quot;", "\"").contains(message), "{text}");
        }
    }
    let trust =
        done(&mut sandbox, "GetRole", &[("RoleName", "R")]).one("AssumeRolePolicyDocument").to_owned();
    assert_eq!(decoded(&trust), TRUST, "a refused update changes nothing");
}

#[test]
fn permission_policies_that_iam_refuses() {
    let long = INVOKE.replace("function:f", &format!("function:{}", "f".repeat(6144)));
    let cases: Vec<(String, &str, &str)> = vec![
        ("{".to_owned(), "MalformedPolicyDocument", "Syntax errors in policy."),
        (INVOKE.replace("2012-10-17", "2008-10-17"), "MalformedPolicyDocument", "must be version 2012-10-17"),
        (TRUST.to_owned(), "MalformedPolicyDocument", "should not specify a principal"),
        (
            INVOKE.replace("lambda:InvokeFunction", "Invoke"),
            "MalformedPolicyDocument",
            "prefaced by a vendor",
        ),
        (
            INVOKE.replace("arn:aws:lambda:us-east-1:111122223333:function:f", "f"),
            "MalformedPolicyDocument",
            "ARN format",
        ),
        (INVOKE.replace("arn:aws:", "arn:aw:"), "MalformedPolicyDocument", "Partition \"aw\" is not valid"),
        (
            INVOKE.replace("\"Resource\"", "\"Ressource\""),
            "MalformedPolicyDocument",
            "Syntax errors in policy.",
        ),
        (
            INVOKE.replace("\"Effect\"", "\"Sid\":\"a b\",\"Effect\""),
            "MalformedPolicyDocument",
            "alpha-numeric",
        ),
        (long, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"),
    ];
    let mut sandbox = furnished();
    for (document, code, message) in cases {
        let document = ("PolicyDocument", document.as_str());
        for answered in [
            iam(&mut sandbox, "CreatePolicy", &[("PolicyName", "N"), document]),
            iam(&mut sandbox, "CreatePolicyVersion", &[("PolicyArn", POLICY_ARN), document]),
        ] {
            let (_, given, text) = answered.error();
            assert_eq!(given, code, "{document:?}");
            assert!(text.replace("&quot;", "\"").contains(message), "{text}");
        }
    }
    let big = INVOKE.replace("function:f", &format!("function:{}", "f".repeat(6000)));
    let inline = |name| [("RoleName", "R"), ("PolicyName", name), ("PolicyDocument", big.as_str())];
    done(&mut sandbox, "PutRolePolicy", &inline("A"));
    done(&mut sandbox, "PutRolePolicy", &inline("A"));
    assert_eq!(
        iam(&mut sandbox, "PutRolePolicy", &inline("B")).error(),
        (409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role R")
    );
}

#[test]
fn white_space_is_not_counted_against_the_quota() {
    let mut sandbox = furnished();
    let spaced = TRUST.replace(',', &format!(",{}", " ".repeat(1000)));
    done(&mut sandbox, "UpdateAssumeRolePolicy", &[("RoleName", "R"), ("PolicyDocument", &spaced)]);
}

#[test]
fn documents_come_back_percent_encoded() {
    let mut sandbox = furnished();
    let trust = TRUST.replace(EXTERNAL_ID, "a+b~c");
    done(&mut sandbox, "UpdateAssumeRolePolicy", &[("RoleName", "R"), ("PolicyDocument", &trust)]);
    let answered = done(&mut sandbox, "GetRole", &[("RoleName", "R")]);
    let document = answered.one("AssumeRolePolicyDocument");
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{document}");
    assert!(document.contains("a%2Bb~c"), "{document}");
    assert_eq!(decoded(document), trust);
}

#[test]
fn a_principal_that_is_gone_is_shown_by_its_id_and_does_not_come_back() {
    let mut sandbox = furnished();
    let id = done(&mut sandbox, "GetRole", &[("RoleName", "R")]).one("RoleId").to_owned();
    let trust = trust_with(&format!(r#"{{"AWS":["{ROLE_ARN}","765628985471"]}}"#));
    done(&mut sandbox, "CreateRole", &[("RoleName", "S"), ("AssumeRolePolicyDocument", &trust)]);
    let shown = |sandbox: &mut Sandbox| {
        decoded(done(sandbox, "GetRole", &[("RoleName", "S")]).one("AssumeRolePolicyDocument"))
    };
    let root = "arn:aws:iam::765628985471:root";
    assert_eq!(shown(&mut sandbox), trust.replace("765628985471", root));
    done(&mut sandbox, "DetachRolePolicy", &[("RoleName", "R"), ("PolicyArn", POLICY_ARN)]);
    done(&mut sandbox, "DeleteRole", &[("RoleName", "R")]);
    let gone = trust.replace("765628985471", root).replace(ROLE_ARN, &id);
    assert_eq!(shown(&mut sandbox), gone);
    done(&mut sandbox, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)]);
    assert_eq!(shown(&mut sandbox), gone);
}

#[test]
fn tag_keys_of_roles_ignore_case_and_those_of_policies_do_not() {
    let mut sandbox = furnished();
    let tag = |key, value| [("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
    for (target, action, list, keys) in [
        (("RoleName", "R"), "TagRole", "ListRoleTags", vec!["team"]),
        (("PolicyArn", POLICY_ARN), "TagPolicy", "ListPolicyTags", vec!["Team", "team"]),
    ] {
        for [key, value] in [tag("Team", "a"), tag("team", "b")] {
            done(&mut sandbox, action, &[target, key, value]);
        }
        let listed = done(&mut sandbox, list, &[target]);
        assert_eq!(listed.all("Key"), keys);
        assert_eq!(listed.all("Value").last(), Some(&"b"));
        let [key, value] = tag("aws:x", "");
        assert_eq!(iam(&mut sandbox, action, &[target, key, value]).error().1, "InvalidInput");
    }
    done(
        &mut sandbox,
        "UntagRole",
        &[("RoleName", "R"), ("TagKeys.member.1", "TEAM"), ("TagKeys.member.2", "none")],
    );
    assert!(done(&mut sandbox, "ListRoleTags", &[("RoleName", "R")]).all("Key").is_empty());
    let many: Vec<(String, String)> = (1..=50)
        .flat_map(|n| {
            [
                (format!("Tags.member.{n}.Key"), format!("k{n}")),
                (format!("Tags.member.{n}.Value"), "".to_owned()),
            ]
        })
        .collect();
    let mut params = vec![("RoleName", "R")];
    params.extend(many.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    done(&mut sandbox, "TagRole", &params);
    let [key, value] = tag("one-more", "");
    assert_eq!(iam(&mut sandbox, "TagRole", &[("RoleName", "R"), key, value]).error().1, "LimitExceeded");
}

#[test]
fn short_pages_lose_nothing() {
    let mut sandbox = furnished();
    for name in ["A", "B", "C"] {
        done(&mut sandbox, "CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]);
        done(&mut sandbox, "CreatePolicy", &[("PolicyName", name), ("PolicyDocument", INVOKE)]);
    }
    sandbox.set_page_limit(3);
    let mut marker: Option<String> = None;
    let mut names = Vec::new();
    loop {
        let mut params = vec![("MaxItems", "1000")];
        params.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = done(&mut sandbox, "GetAccountAuthorizationDetails", &params);
        names.extend(page.all("RoleName").into_iter().map(str::to_owned));
        names.extend(page.all("Document").iter().map(|_| "policy".to_owned()));
        marker = page.all("Marker").first().map(|&marker| marker.to_owned());
        assert_eq!(page.one("IsTruncated"), marker.is_some().to_string());
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(names, ["A", "B", "C", "R", "policy", "policy", "policy", "policy"]);
}

#[test]
fn bulk_reads_lack_what_they_lack_on_aws() {
    let mut sandbox = furnished();
    done(
        &mut sandbox,
        "UpdateRole",
        &[("RoleName", "R"), ("Description", "d"), ("MaxSessionDuration", "7200")],
    );
    let tag = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    done(&mut sandbox, "TagRole", &[("RoleName", "R"), tag[0], tag[1]]);
    done(&mut sandbox, "TagPolicy", &[("PolicyArn", POLICY_ARN), tag[0], tag[1]]);
    done(
        &mut sandbox,
        "PutRolePermissionsBoundary",
        &[("RoleName", "R"), ("PermissionsBoundary", POLICY_ARN)],
    );
    let role = done(&mut sandbox, "GetRole", &[("RoleName", "R")]);
    for element in ["Description", "MaxSessionDuration", "Tags", "PermissionsBoundary", "RoleLastUsed"] {
        assert_eq!(role.all(element).len(), 1, "{element}");
    }
    let filter = ("Filter.member.1", "Role");
    let details = done(&mut sandbox, "GetAccountAuthorizationDetails", &[filter]);
    assert_eq!((details.all("Description").len(), details.all("MaxSessionDuration").len()), (0, 0));
    assert_eq!((details.all("Tags").len(), details.all("PermissionsBoundary").len()), (1, 1));
    assert_eq!(details.one("AttachedManagedPolicies").matches(POLICY_ARN).count(), 1);
    assert!(details.all("Document").is_empty(), "no policies were asked for");
    let listed = done(&mut sandbox, "ListRoles", &[]);
    assert_eq!((listed.all("Description").len(), listed.all("MaxSessionDuration").len()), (1, 1));
    assert_eq!((listed.all("Tags").len(), listed.all("PermissionsBoundary").len()), (0, 0));
    let entities = done(&mut sandbox, "ListEntitiesForPolicy", &[("PolicyArn", POLICY_ARN)]);
    assert_eq!(entities.all("RoleName"), ["R"]);
}

#[test]
fn the_policies_of_aws_can_be_read_and_not_changed() {
    let mut sandbox = furnished();
    for name in OF_AWS {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let arn = ("PolicyArn", arn.as_str());
        let version = done(&mut sandbox, "GetPolicy", &[arn]).one("DefaultVersionId").to_owned();
        let version = done(&mut sandbox, "GetPolicyVersion", &[arn, ("VersionId", &version)]);
        Document::parse_encoded(version.one("Document")).unwrap();
        assert_eq!(iam(&mut sandbox, "DeletePolicy", &[arn]).error().1, "AccessDenied");
    }
}

#[test]
fn no_request_makes_the_sandbox_panic() {
    let mut sandbox = furnished();
    let actions = [
        "CreateRole",
        "UpdateAssumeRolePolicy",
        "CreatePolicy",
        "CreatePolicyVersion",
        "AttachRolePolicy",
        "TagRole",
        "GetAccountAuthorizationDetails",
        "ListPolicies",
        "ListEntitiesForPolicy",
        "PutRolePolicy",
        "UntagPolicy",
        "AssumeRole",
        "GetCallerIdentity",
        "DeletePolicyVersion",
        "ListRoleTags",
        "PutRolePermissionsBoundary",
    ];
    let values = [
        "",
        "\u{0}",
        "é",
        "-1",
        "99999999999999999999",
        "{}",
        "[]",
        "null",
        "arn:aws:iam::111122223333:policy/",
        "arn:aws:iam::aws:policy/x",
        "v99999999999",
        "%",
        "'\"<>&",
    ];
    let names = [
        "RoleName",
        "PolicyName",
        "PolicyArn",
        "PolicyDocument",
        "AssumeRolePolicyDocument",
        "Path",
        "MaxItems",
        "Marker",
        "VersionId",
        "Tags.member.1.Key",
        "Tags.member..Value",
        "RoleArn",
        "RoleSessionName",
        "ExternalId",
        "DurationSeconds",
        "PermissionsBoundary",
        "Filter.member.1",
    ];
    for action in actions {
        for value in values {
            let params: Vec<(&str, &str)> = names.iter().map(|&name| (name, value)).collect();
            for service in ["iam", "sts", "s3"] {
                let answered = send_as(&mut sandbox, ACCOUNT, service, action, &params);
                assert!(answered.status < 500, "{action} {value}: {}", answered.body);
            }
        }
    }
}

#[test]
fn the_tagging_api_shows_policies_in_the_region_that_keeps_them() {
    let mut sandbox = furnished();
    let tag = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    done(&mut sandbox, "TagPolicy", &[("PolicyArn", POLICY_ARN), tag[0], tag[1]]);
    for (region, found) in [("us-east-1", true), ("eu-west-1", false)] {
        let request = Request::post("/")
            .header("authorization", authorization(ACCOUNT, region, "tagging"))
            .header("x-amz-target", "ResourceGroupsTaggingAPI_20170126.GetResources")
            .body(b"{}".to_vec())
            .unwrap();
        let response = sandbox.handle(&request, now());
        let body = String::from_utf8(response.into_body()).unwrap();
        assert_eq!(body.contains(POLICY_ARN), found, "{region}: {body}");
    }
}
