//! The answers, and the spec that they make.

use std::path::{Path, PathBuf};

use crate::commands::specs::{DEMONSTRATION, spec_name_for};
use crate::spec;

/// The values for the spec.
#[derive(Clone)]
pub(super) struct Answers {
    /// What the spec is called in the tags of what it makes.
    /// Where it will be.
    file: PathBuf,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) external_id: String,
    pub(super) functions: String,
    pub(super) genesys_account: String,
    pub(super) role: String,
    /// Empty for none, like the data actions.
    pub(super) integration: String,
    /// One per line.
    pub(super) data_actions: String,
    /// The data actions' contracts, in their order.
    pub(super) contracts: Vec<ActionFields>,
}

/// What a data action takes and returns: `NAME=TYPE`, one per line.
#[derive(Clone, Default)]
pub(super) struct ActionFields {
    pub(super) input: String,
    pub(super) output: String,
}

impl Answers {
    pub(super) fn new(role: &str, genesys_account: &str, file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            region: String::new(),
            account: String::new(),
            external_id: String::new(),
            functions: String::new(),
            genesys_account: genesys_account.to_owned(),
            role: role.to_owned(),
            integration: String::new(),
            data_actions: String::new(),
            contracts: Vec::new(),
        }
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.split(',').map(str::trim).filter(|name| !name.is_empty())
    }

    pub(super) fn data_actions(&self) -> impl Iterator<Item = &str> {
        self.data_actions.lines().map(str::trim).filter(|name| !name.is_empty())
    }

    pub(super) fn functions_without_action(&self) -> impl Iterator<Item = &str> {
        self.functions().skip(self.data_actions().count())
    }

    /// The spec; unknown values are as in the example.
    pub(super) fn text(&self) -> String {
        let functions: Vec<String> = self.functions().map(quoted).collect();
        let replacements = [
            // This path only works in the repository.
            ("#:schema ../docs/genesys.schema.json\n\n", String::new()),
            (
                "\n[aws]\n",
                format!(
                    "\nname = {}   # tags what this spec makes: no other spec of the account may have it\n\n[aws]\n",
                    quoted(&spec_name_for(&self.file, &self.role))
                ),
            ),
            ("region = \"us-east-1\"", format!("region = {}", quoted(&self.region))),
            ("account_id = \"111122223333\"", format!("account_id = {}", quoted(&self.account))),
            ("account_id = \"765628985471\"", format!("account_id = {}", quoted(&self.genesys_account))),
            (
                "external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"",
                format!("external_id = {}", quoted(&self.external_id)),
            ),
            ("tags = { team = \"contact-centre\" }", "# tags = { team = \"contact-centre\" }".to_owned()),
            ("name = \"GenesysDataActionRole\"", format!("name = {}", quoted(&self.role))),
            ("GenesysLambdaInvokePolicy_GenesysDataActionRole", spec::default_policy_name(&self.role)),
            (
                "functions = [\"my-genesys-trigger-function\"]",
                format!("functions = [{}]", functions.join(", ")),
            ),
            (
                "# function = \"my-genesys-trigger-function\"",
                format!("# function = {}", functions.first().map_or("\"\"", String::as_str)),
            ),
        ];
        let is_known = |to: &&(&str, String)| !to.1.ends_with(" = \"\"") && !to.1.ends_with("= []");
        let known = replacements.iter().filter(is_known);
        let text = known.fold(DEMONSTRATION.to_owned(), |text, (from, to)| replaced(&text, from, to));
        self.with_genesys_side(&text)
    }

    /// The example's integration and data action under the requested names; without a name they become comments.
    fn with_genesys_side(&self, text: &str) -> String {
        let (before, tables) = text.split_at(text.find("[role.integration]").unwrap_or(text.len()));
        let (integration, action) =
            tables.split_at(tables.find("[[role.data_action]]").unwrap_or(tables.len()));
        let integration = if self.integration.is_empty() {
            commented(integration, |_| true)
        } else {
            replaced(integration, "\"AWS Lambda orders\"", &quoted(&self.integration))
        };
        let functions: Vec<&str> = self.functions().collect();
        let mut names = self.data_actions();
        let Some(first) = names.next() else {
            return [before, &integration, &commented(action, |_| true)].concat();
        };
        // No real function has the example's contract.
        let contract_of = |index: usize| {
            let ActionFields { input, output } = self.contracts.get(index).cloned().unwrap_or_default();
            (contract(&input), contract(&output), example(&input))
        };
        let (input, output, test) = contract_of(0);
        let action = replaced(action, "input = { OrderNumber = \"string\" }", &format!("input = {input}"));
        let action = replaced(&action, "output = { status = \"string\" }", &format!("output = {output}"));
        let action =
            replaced(&action, "test_input = { OrderNumber = \"1\" }", &format!("test_input = {test}"));
        let action = commented(&action, |line| line.starts_with("test_input"));
        let action = replaced(&action, "\"Get order status\"", &quoted(first));
        let action = match functions.as_slice() {
            [first, _, ..] => {
                let function = format!("function = {}", quoted(first));
                replaced(&action, &format!("# {function}"), &function)
            }
            _ => action,
        };
        let others = names.enumerate().map(|(index, name)| {
            // Where there is none, the reader asks for it.
            let function =
                functions.get(index + 1).map(|function| format!("function = {}\n", quoted(function)));
            let (input, output, test) = contract_of(index + 1);
            format!(
                "\n[[role.data_action]]\nname = {}\n{}input = {input}\noutput = {output}\n# test_input = {test}\n",
                quoted(name),
                function.unwrap_or_default()
            )
        });
        [before, &integration, &action].into_iter().map(str::to_owned).chain(others).collect()
    }
}

/// An inline table; a field without a type is a string.
fn contract(fields: &str) -> String {
    table(fields, quoted)
}

/// An input that fits such a contract, to be replaced by one that the function knows.
fn example(fields: &str) -> String {
    let value = |kind: &str| match kind {
        "boolean" => "true".to_owned(),
        "integer" | "number" => "1".to_owned(),
        _ => "\"1\"".to_owned(),
    };
    table(fields, value)
}

fn table(fields: &str, value: impl Fn(&str) -> String) -> String {
    let field = |field: &str| {
        let (name, kind) = field.split_once('=').unwrap_or((field, "string"));
        let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let name = name.trim();
        let key = if name.chars().all(is_bare) && !name.is_empty() { name.to_owned() } else { quoted(name) };
        format!("{key} = {}", value(kind.trim()))
    };
    let fields: Vec<String> = fields.lines().filter(|line| !line.trim().is_empty()).map(field).collect();
    if fields.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
}

/// The text with the first `from` replaced, and a comment behind it in the column where it was.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let Some((before, after)) = text.split_once(from) else { return text.to_owned() };
    let rest = after.trim_start_matches(' ');
    let blanks = after.len() - rest.len();
    if blanks < 2 || !rest.starts_with('#') {
        return [before, to, after].concat();
    }
    let wanted = (blanks + from.chars().count()).saturating_sub(to.chars().count()).max(3);
    format!("{before}{to}{:wanted$}{rest}", "")
}

fn commented(text: &str, is_meant: impl Fn(&str) -> bool) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        if line.trim().is_empty() || line.starts_with('#') || !is_meant(line) {
            line.to_owned()
        } else {
            format!("# {line}")
        }
    });
    lines.collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
