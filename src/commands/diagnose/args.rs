//! The options of `diagnose`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::options::{ReportFormat, without_page};
use crate::commands::since::Since;

#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// The role, by name or ARN; without it, the only one that looks like Genesys Cloud's, or a list of several
    #[arg(value_name = "ROLE")]
    pub role: Option<String>,
    /// What you see fail: the text of Architect, or of the data action's test; with - from standard input
    #[arg(long, value_name = "TEXT")]
    pub error: Option<String>,
    /// See who used the role since then (30m, 2h, 7d, 2026-11-01, 2026-11-01T12:00:00Z); 90 days back without it
    #[arg(long, value_name = "TIME", value_parser = Since::given)]
    pub since: Option<Since>,
    /// How to print it; markdown and json are masked, for a ticket
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = without_page(Some("For a ticket: external IDs are masked")))]
    pub format: ReportFormat,
    /// Write the spec of the role as it should be to this file (NAME.toml), which must not exist
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A line more for the role in that file, such as `extra_permissions = "remove"`; repeatable
    #[arg(long, value_name = "LINE", requires = "out")]
    pub with: Vec<String>,
    /// In that file, another function in place of one (name or ARN); repeatable
    #[arg(long = "function", value_name = "OLD=NEW", requires = "out")]
    pub functions: Vec<String>,
    /// AWS region, if the functions do not name it; it also decides the partition
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
}
