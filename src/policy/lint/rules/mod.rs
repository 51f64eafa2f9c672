//! The catalogue: one file per lint.

mod account_typo;
mod actions;
mod actions_too_broad;
mod external_id_any;
mod external_id_case;
mod external_id_if_exists;
mod external_id_several;
mod external_id_unusable;
mod external_id_wildcard;
mod external_ids;
mod foreign_resource;
mod function_open;
mod function_readable;
mod genesys_identity;
mod invoke_async;
mod invoke_function_url;
mod misspelt_action;
mod misspelt_key;
mod never_applies;
mod no_external_id;
mod not_covered;
mod not_principal;
mod old_version;
mod open_to_everyone;
mod other_account;
mod other_partition;
mod over_quota;
mod principals;
mod refused;
mod requires_mfa;
mod shut_out;
mod stale_principal;
mod trust_actions;
mod unknown_account;
mod unknown_element;
mod unknown_operator;
mod wildcard_resource;

pub use account_typo::LINT as ACCOUNT_TYPO;
pub use unknown_account::LINT as UNKNOWN_ACCOUNT;

use super::model::Lint;

/// All of them; a statement's findings come in this order.
pub static LINTS: &[&Lint] = &[
    &refused::LINT,
    &unknown_element::LINT,
    &over_quota::LINT,
    &old_version::LINT,
    &misspelt_action::LINT,
    &unknown_operator::LINT,
    &misspelt_key::LINT,
    &not_principal::LINT,
    &open_to_everyone::LINT,
    &other_account::LINT,
    &unknown_account::LINT,
    &account_typo::LINT,
    &other_partition::LINT,
    &genesys_identity::LINT,
    &stale_principal::LINT,
    &trust_actions::LINT,
    &requires_mfa::LINT,
    &shut_out::LINT,
    &never_applies::LINT,
    &no_external_id::LINT,
    &external_id_any::LINT,
    &external_id_wildcard::LINT,
    &external_id_if_exists::LINT,
    &external_id_several::LINT,
    &external_id_case::LINT,
    &external_id_unusable::LINT,
    &not_covered::LINT,
    &actions_too_broad::LINT,
    &invoke_function_url::LINT,
    &invoke_async::LINT,
    &wildcard_resource::LINT,
    &foreign_resource::LINT,
    &function_open::LINT,
    &function_readable::LINT,
];
