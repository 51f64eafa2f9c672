use aws_sdk_iam::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::types::InvocationType;

use super::*;

fn config(
    sandbox: &Arc<Mutex<Sandbox>>,
    credentials: aws_credential_types::Credentials,
) -> aws_types::SdkConfig {
    aws_types::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .http_client(http_client(Arc::clone(sandbox)))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .region(aws_types::region::Region::new("us-east-1"))
        .build()
}

#[tokio::test]
async fn genesys_assumes_the_role_with_the_right_id_only_and_invokes_what_the_policy_names() {
    let mut seed = seed();
    seed.functions.push(OTHER.parse().unwrap());
    let sandbox = Arc::new(Mutex::new(Sandbox::new(&seed)));
    let own = config(&sandbox, credentials(&seed.account));
    let iam = aws_sdk_iam::Client::new(&own);
    let role = iam
        .create_role()
        .role_name("R")
        .path("/genesys/")
        .description("for Genesys Cloud")
        .assume_role_policy_document(TRUST)
        .tags(aws_sdk_iam::types::Tag::builder().key("managed-by").value("genesys-iam").build().unwrap())
        .send()
        .await
        .unwrap();
    let role = role.role().unwrap();
    assert_eq!(role.arn(), "arn:aws:iam::111122223333:role/genesys/R");
    assert_eq!(Document::parse_encoded(role.assume_role_policy_document().unwrap()), Document::parse(TRUST));
    let policy = iam.create_policy().policy_name("P").policy_document(INVOKE).send().await.unwrap();
    let policy = policy.policy().unwrap().arn().unwrap().to_owned();
    iam.attach_role_policy().role_name("R").policy_arn(&policy).send().await.unwrap();
    let details = iam.get_account_authorization_details().send().await.unwrap();
    let [detail] = details.role_detail_list() else { panic!("one role") };
    assert_eq!(detail.attached_managed_policies()[0].policy_arn(), Some(policy.as_str()));
    assert_eq!(details.policies()[0].policy_version_list()[0].version_id(), Some("v1"));
    iam.update_role().role_name("R").description("d").max_session_duration(3600).send().await.unwrap();
    let missing = iam.get_role().role_name("none").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchEntity"));
    assert!(aws_sdk_iam::operation::RequestId::request_id(&missing).is_some());
    let summary = iam.get_account_summary().send().await.unwrap();
    assert_eq!(
        summary.summary_map().unwrap()[&aws_sdk_iam::types::SummaryKeyType::VersionsPerPolicyQuota],
        5
    );

    let genesys = config(&sandbox, credentials(&GENESYS.parse().unwrap()));
    let sts = aws_sdk_sts::Client::new(&genesys);
    let identity = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some("arn:aws:iam::765628985471:user/sandbox"));
    let assume = |id: Option<&str>| {
        sts.assume_role()
            .role_arn(role.arn())
            .role_session_name("probe")
            .set_external_id(id.map(str::to_owned))
            .send()
    };
    for wrong in [None, Some("00000000-7d3a-4b57-9d3e-6a1f0c9b8e21")] {
        let refused = assume(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Some("AccessDenied"));
        assert_eq!(
            refused.message(),
            Some(
                "User: arn:aws:iam::765628985471:user/sandbox is not authorized to perform: sts:AssumeRole on resource: \
                 arn:aws:iam::111122223333:role/genesys/R"
            )
        );
    }
    let session = assume(Some(EXTERNAL_ID)).await.unwrap();
    let given = session.credentials().unwrap();
    let session = aws_credential_types::Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        None,
        "test",
    );
    let lambda = aws_sdk_lambda::Client::new(&config(&sandbox, session));
    let invoke = |function: String| {
        lambda.invoke().function_name(function).invocation_type(InvocationType::DryRun).send()
    };
    assert_eq!(invoke(FUNCTION.to_owned()).await.unwrap().status_code(), 204);
    for other in [format!("{FUNCTION}:live"), OTHER.to_owned()] {
        let refused = invoke(other.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Some("AccessDeniedException"));
        assert_eq!(
            refused.message(),
            Some(
                format!(
                    "User: arn:aws:sts::111122223333:assumed-role/R/probe is not authorized to perform: \
                     lambda:InvokeFunction on resource: {other} because no identity-based policy allows the \
                     lambda:InvokeFunction action"
                )
                .as_str()
            )
        );
    }

    let lambda = aws_sdk_lambda::Client::new(&own);
    let live =
        lambda.get_function_configuration().function_name(format!("{FUNCTION}:live")).send().await.unwrap();
    assert_eq!(live.function_arn(), Some(format!("{FUNCTION}:live").as_str()));
    assert_eq!(live.state(), Some(&aws_sdk_lambda::types::State::Active));
    let none =
        lambda.get_function_configuration().function_name("f").qualifier("no").send().await.unwrap_err();
    assert!(none.as_service_error().unwrap().is_resource_not_found_exception());
    assert_eq!(none.message(), Some(format!("Function not found: {FUNCTION}:no").as_str()));
}
