//! Commands in remedies, ready to type: with the options given to this run.

/// What is repeated.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// `-C iam --sandbox`
    pub options: String,
    /// `--file genesys.toml`
    pub specs: String,
}

const BEGINS: &str = "`genesys-iam ";
/// For these, remedies name the command but not its specs.
const TAKES_SPECS: [&str; 5] = ["plan", "apply", "check", "destroy", "permissions"];

impl Typed {
    /// A text with its commands ready to type. One that starts with an option of its own is complete.
    pub fn commands(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(BEGINS) {
            let (before, after) = rest.split_at(at + BEGINS.len());
            out.push_str(before);
            let command = &after[..after.find('`').unwrap_or(after.len())];
            let name = command.split(' ').next().unwrap_or_default();
            // A file named elsewhere is not a spec.
            let is_named = command.split(' ').any(|word| self.specs.split(' ').any(|spec| spec == word));
            let takes_specs = TAKES_SPECS.contains(&name) && !command.contains("--file") && !is_named;
            let specs = if takes_specs { self.specs.as_str() } else { "" };
            if !command.starts_with('-') {
                // `genesys-iam --sandbox sandbox serve` would say it twice.
                let options = match name {
                    "sandbox" => self.options.replace("--sandbox", "").trim().to_owned(),
                    _ => self.options.clone(),
                };
                for words in [options.as_str(), specs] {
                    out.push_str(words);
                    out.push_str(if words.is_empty() { "" } else { " " });
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_repeats_the_options_of_the_run_and_one_that_is_whole_does_not() {
        let typed = Typed { options: "-C iam --sandbox".to_owned(), specs: "--file a.toml".to_owned() };
        let text = "`genesys-iam plan --out FILE`, `genesys-iam init`, `genesys-iam apply --file b.toml`, \
                    `genesys-iam --sandbox plan`, `genesys-iam apply a.toml`, `plan` and genesys-iam plan";
        assert_eq!(
            typed.commands(text),
            "`genesys-iam -C iam --sandbox --file a.toml plan --out FILE`, `genesys-iam -C iam --sandbox init`, \
             `genesys-iam -C iam --sandbox apply --file b.toml`, `genesys-iam --sandbox plan`, `genesys-iam -C iam --sandbox apply a.toml`, `plan` and genesys-iam plan"
        );
        assert_eq!(Typed::default().commands(text), text);
        assert_eq!(typed.commands("`genesys-iam sandbox reset`"), "`genesys-iam -C iam sandbox reset`");
    }
}
