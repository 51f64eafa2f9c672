//! Clients that get the same answer to everything.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;

use super::{Clients, Transport, connect};
use crate::spec::Aws;

#[derive(Debug, Clone)]
struct Canned {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
}

impl HttpConnector for Canned {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let mut response = HttpResponse::new(self.status.try_into().unwrap(), SdkBody::from(self.body));
        for &(name, value) in &self.headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

pub(crate) async fn answering(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> Clients {
    let canned = Canned { status, headers: headers.to_vec(), body };
    let http_client: SharedHttpClient =
        http_client_fn(move |_, _| -> SharedHttpConnector { canned.clone().into_shared() });
    let credentials = Credentials::new("AKIDEXAMPLE", "SECRETEXAMPLE", None, None, "test");
    let aws = Aws {
        region: "us-east-1".to_owned(),
        account_id: "111122223333".parse().unwrap(),
        partition: "aws".to_owned(),
        profile: None,
        assume_role: None,
        endpoint_url: None,
    };
    connect(
        &aws,
        Transport::InProcess { http_client, credentials: SharedCredentialsProvider::new(credentials) },
    )
    .await
    .unwrap()
}
