//! Manual pages: what clap knows about each command, then exit statuses, environment, files and examples.

use std::io;

use clap::Command;
use clap_mangen::Man;

use crate::explain::Status;

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "GENESYS_IAM_FILE, GENESYS_IAM_READS, GENESYS_IAM_COLOR, GENESYS_IAM_ASSUME_ROLE, GENESYS_IAM_WAIT",
        "Defaults of --file, --reads, --color, --assume-role and --wait.",
    ),
    (
        "AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID and others of AWS's tools",
        "Credentials and settings for AWS. The region is always that of the spec.",
    ),
    (
        "AWS_ENDPOINT_URL, GENESYSCLOUD_ENDPOINT_URL, AWS_CA_BUNDLE, HTTPS_PROXY",
        "Other servers, certificates and a proxy.",
    ),
    ("AWS_MAX_ATTEMPTS, AWS_RETRY_MODE", "How often a call to AWS is tried."),
    (
        "GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET, GENESYSCLOUD_REGION, GENESYSCLOUD_ACCESS_TOKEN",
        "The OAuth client for Genesys Cloud, or its token. Without them only the AWS side is read.",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "No colour, or colour also without a terminal."),
    ("RUST_LOG", "A filter for the log, where -v is not given."),
];

const FILES: &[(&str, &str)] = &[
    ("genesys.toml", "The spec, in the current folder or above it, up to the root of the repository."),
    (".genesys-iam/sandbox.json", "The state of the sandbox, beside the spec."),
    ("~/.aws/config, ~/.aws/credentials", "Profiles of AWS's tools."),
];

/// The page for the tool and one for each command: file name and text.
///
/// # Errors
///
/// None: the pages are written to memory.
pub(super) fn pages(program: Command) -> io::Result<Vec<(String, String)>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    add(&program, None, &mut pages)?;
    Ok(pages)
}

fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

fn add(command: &Command, parent: Option<&str>, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let name = name(command);
    pages.push((format!("{name}.1"), page(command, &name, parent)?));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        add(inner, Some(&name), pages)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str, parent: Option<&str>) -> io::Result<String> {
    let man = Man::new(command.clone())
        .title(name)
        .date(option_env!("GENESYS_IAM_DATE").unwrap_or_default())
        .source(concat!("genesys-iam ", env!("CARGO_PKG_VERSION")))
        .manual("genesys-iam");
    let rendered = |section: &dyn Fn(&mut dyn io::Write) -> io::Result<()>| {
        let mut text = Vec::new();
        section(&mut text)?;
        // An empty line between two breaks is one vertical space.
        Ok::<_, io::Error>(String::from_utf8_lossy(&text).replace("\n.br\n\n.br\n", "\n.sp\n"))
    };
    let help = Help::of(command);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();

    // Without a date its place is left out, and the version would be taken for it.
    let title = rendered(&|out| man.render_title(out))?;
    let mut page =
        title.replace(".TH NAME 1  ".replace("NAME", name).as_str(), &format!(".TH {name} 1 \"\" "));
    page.push_str(&format!(".SH NAME\n{} \\- {}\n", escaped(name), escaped(&about)));
    page.push_str(&format!(".SH SYNOPSIS\n{}\n", escaped(&usage)));
    page.push_str(&rendered(&|out| man.render_description_section(out))?);
    for paragraph in &help.paragraphs {
        page.push_str(&format!(".PP\n{}\n", escaped(paragraph)));
    }
    page.push_str(&rendered(&|out| man.render_options_section(out))?);
    let mut inner = command.get_subcommands().filter(|inner| !inner.is_hide_set()).peekable();
    if inner.peek().is_some() {
        page.push_str(&rendered(&|out| man.render_subcommands_section(out))?);
    }
    let statuses: Vec<(String, &str)> =
        Status::ALL.iter().map(|status| ((*status as i32).to_string(), status.meaning())).collect();
    section(&mut page, "EXIT STATUS", statuses.iter().map(|(status, meaning)| (status.as_str(), *meaning)));
    section(&mut page, "ENVIRONMENT", ENVIRONMENT.iter().copied());
    section(&mut page, "FILES", FILES.iter().copied());
    section(
        &mut page,
        "EXAMPLES",
        help.examples.iter().map(|(command, about)| (command.as_str(), about.as_str())),
    );
    let others = parent.map(str::to_owned).into_iter().chain(inner.map(self::name));
    let others: Vec<String> = others.map(|name| format!(".BR {} (1)", escaped(&name))).collect();
    if !others.is_empty() {
        page.push_str(&format!(".SH SEE ALSO\n{}\n", others.join(",\n")));
    }
    Ok(page)
}

/// What `--help` says after the options: examples, and paragraphs.
struct Help {
    examples: Vec<(String, String)>,
    paragraphs: Vec<String>,
}

impl Help {
    fn of(command: &Command) -> Self {
        let after = command.get_after_long_help().or(command.get_after_help());
        let after = after.map(ToString::to_string).unwrap_or_default();
        let mut help = Self { examples: Vec::new(), paragraphs: Vec::new() };
        for block in after.split("\n\n") {
            if block.lines().any(|line| line.starts_with("  ")) {
                let examples = block.lines().filter_map(|line| line.strip_prefix("  genesys-iam "));
                help.examples.extend(examples.map(|example| {
                    let (command, about) = example.split_once("  ").unwrap_or((example, ""));
                    (format!("genesys-iam {command}"), about.trim().to_owned())
                }));
            } else if !block.trim().is_empty() {
                help.paragraphs.push(block.trim().replace('\n', " "));
            }
        }
        help
    }
}

fn section<'a>(page: &mut String, heading: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str(&format!(".SH \"{heading}\"\n"));
    for (term, meaning) in rows {
        page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escaped(term), escaped(meaning)));
    }
}

/// Text as roff: it cannot contain a request or an escape, and hyphens can be pasted.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
    let lines =
        text.lines().map(|line| if line.starts_with('.') { format!("\\&{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}
