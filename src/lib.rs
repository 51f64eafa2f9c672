pub mod arn;
pub mod policy;
