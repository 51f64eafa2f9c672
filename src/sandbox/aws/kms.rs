//! KMS: the keys of functions, which a scenario disabled.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::arn::Arn;
use crate::sandbox::state::document::parse;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyQuery {
    key_id: String,
}

/// `target` is the `X-Amz-Target` header.
pub(crate) fn handle(call: &mut Call<'_>, target: &str, body: &[u8]) -> Result<Value, Refusal> {
    let operation = target.rsplit('.').next().unwrap_or_default();
    let KeyQuery { key_id } =
        serde_json::from_slice(body).map_err(|_| Refusal::new(400, "SerializationException", "not JSON"))?;
    let arn = match key_id.starts_with("arn:") {
        true => key_id,
        false => {
            format!("arn:{}:kms:{}:{}:key/{key_id}", call.state.partition, call.region, call.caller.account)
        }
    };
    // The key policy that KMS gives a key: the account's own policies decide.
    let key_policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"kms:*","Resource":"*"}}}}"#,
        Arn::account_root(&call.state.partition, &call.caller.account)
    );
    let key_policy = parse(&key_policy)?;
    call.caller.authorise(&format!("kms:{operation}"), &arn, call.context(), Some(&key_policy))?;
    let Some(is_enabled) = call.state.kms_keys.get_mut(&arn) else {
        return Err(Refusal::new(400, "NotFoundException", format!("Key '{arn}' does not exist")));
    };
    match operation {
        "DescribeKey" => {
            let state = if *is_enabled { "Enabled" } else { "Disabled" };
            let id = arn.rsplit('/').next().unwrap_or_default();
            Ok(json!({ "KeyMetadata": { "KeyId": id, "Arn": arn, "Enabled": *is_enabled, "KeyState": state,
                                        "AWSAccountId": call.caller.account.as_str(), "KeyManager": "CUSTOMER" } }))
        }
        "EnableKey" => {
            *is_enabled = true;
            Ok(json!({}))
        }
        _ => Err(Refusal::new(400, "UnknownOperationException", "The sandbox has DescribeKey and EnableKey")),
    }
}
