//! What the calls alone cost: a program that makes just those and looks at nothing. `benches/fleet.py` runs it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub)]

use aws_config::BehaviorVersion;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::EntityType;
use futures_util::future::try_join_all;

type Error = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, way, size] = arguments.as_slice() else { return Err("bare single|bulk SIZE".into()) };
    let size: usize = size.parse()?;
    let iam = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    if way == "bulk" {
        let details = |kind| {
            iam.get_account_authorization_details().filter(kind).max_items(1000).into_paginator().send()
        };
        let (mut roles, mut policies) = (details(EntityType::Role), details(EntityType::LocalManagedPolicy));
        let (roles, policies) = tokio::try_join!(
            async {
                let mut found = 0;
                while let Some(page) = roles.next().await {
                    found += page?.role_detail_list.unwrap_or_default().len();
                }
                Ok::<_, Error>(found)
            },
            async {
                let mut found = 0;
                while let Some(page) = policies.next().await {
                    found += page?.policies.unwrap_or_default().len();
                }
                Ok(found)
            },
        )?;
        assert!(roles >= size && policies >= size);
    } else {
        try_join_all((0..size).map(|n| of_role(&iam, n))).await?;
    }
    Ok(())
}

/// Two rounds: the default version's ID comes with the first.
async fn of_role(iam: &Client, n: usize) -> Result<(), Error> {
    let name = format!("Bench{n}");
    let policy = format!("arn:aws:iam::111122223333:policy/GenesysLambdaInvokePolicy_{name}");
    tokio::try_join!(
        async { Ok(iam.get_role().role_name(&name).send().await?) },
        async { Ok(iam.list_attached_role_policies().role_name(&name).send().await?) },
        async { Ok(iam.list_role_policies().role_name(&name).send().await?) },
        async {
            let answer = iam.get_policy().policy_arn(&policy).send().await?;
            let version = answer.policy.and_then(|policy| policy.default_version_id).ok_or("no version")?;
            let request = iam.get_policy_version().policy_arn(&policy).version_id(version);
            Ok::<_, Error>(request.send().await?)
        },
    )?;
    Ok(())
}
