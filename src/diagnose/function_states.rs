//! A function that cannot run: who has to do what about each of Lambda's reasons.

use super::functions::concerned;
use super::model::{FixStep, Means, Remedy, run, say};
use super::shell::{Shell, SpecEdit};
use super::trust::by_tool;
use crate::arn::{Arn, FunctionArn};
use crate::check::{Facts, Finding, FunctionFacts, FunctionSettings, FunctionState, Readiness, readiness};

/// Functions in a state in which Lambda does not run them.
pub(super) fn not_ready(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let (mut letter, mut console, mut cli) = (Vec::new(), Vec::new(), Vec::new());
    let mut tool = Remedy::default();
    for FunctionFacts { arn, state, .. } in concerned(facts, finding) {
        let FunctionState::Exists(settings) = state else { continue };
        if readiness(settings.state.as_deref()) != Readiness::Never {
            continue;
        }
        let WaysOut { letter: text, console: mut one, cli: mut other } =
            Stuck { arn, settings, shell }.steps();
        letter.extend(text);
        if settings.state.as_deref() == Some("ActiveNonInvocable") {
            tool.ways.extend(published(facts, arn, shell).ways);
        }
        console.append(&mut one);
        cli.append(&mut other);
    }
    let mut remedy = Remedy::default().with(Means::Owner, letter);
    remedy.ways.extend(tool.ways);
    remedy.with(Means::Console, console).with(Means::Cli, cli)
}

/// A version of it, which policy and data action name.
fn published(facts: &Facts, arn: &FunctionArn, shell: &Shell) -> Remedy {
    let new = format!("{}:1", arn.name());
    let mut tool = by_tool(facts, shell, SpecEdit::Function { old: arn, new: &new });
    for way in &mut tool.ways {
        let publish = shell.aws(&[
            "lambda",
            "publish-version",
            "--region",
            arn.region(),
            "--function-name",
            arn.name(),
        ]);
        let first = [run(publish), say(format!("with the Version that it prints, here 1 (`{new}`):"))];
        way.steps.splice(0..0, first);
    }
    tool
}

#[derive(Default)]
struct WaysOut {
    letter: Vec<FixStep>,
    console: Vec<FixStep>,
    cli: Vec<FixStep>,
}

impl WaysOut {
    fn both(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.console.push(say(text.clone()));
        self.cli.push(say(text));
        self
    }

    fn console(mut self, text: impl Into<String>) -> Self {
        self.console.push(say(text));
        self
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.cli.push(say(text));
        self
    }

    fn run(mut self, command: String) -> Self {
        self.cli.push(run(command));
        self
    }
}

struct Stuck<'a> {
    arn: &'a FunctionArn,
    settings: &'a FunctionSettings,
    shell: &'a Shell,
}

/// What a policy of an ECR repository must allow Lambda's service.
const ECR: &str = "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer for the principal lambda.amazonaws.com";
const KEY_OWNER: &str = "whoever administers its KMS key";
/// AWS's managed policy for functions in a VPC.
const VPC_ACCESS: &str = "AWSLambdaVPCAccessExecutionRole";

impl Stuck<'_> {
    fn steps(&self) -> WaysOut {
        let steps = WaysOut::default();
        match self.settings.state_reason.code.as_deref().unwrap_or_default() {
            "DisabledKMSKey" => self.deployed_again(self.key_enabled(steps)),
            "InvalidStateKMSKey" => {
                let steps = match &self.settings.kms_key {
                    Some(key) => steps
                        .console(format!("{}: Key actions > Cancel key deletion, if its deletion is scheduled", self.key_page(key)))
                        .say("if the key's state is PendingDeletion:")
                        .run(self.kms("cancel-key-deletion", key)),
                    None => steps,
                };
                self.deployed_again(self.key_enabled(steps))
            }
            "KMSKeyAccessDenied" => self.deployed_again(self.key_permitted(steps)),
            "KMSKeyNotFound" => steps
                .console(format!("{} > Configuration > Environment variables > Edit > Encryption configuration: a key that exists, or AWS's own, then Save", self.page()))
                .say("with the ARN of a key that exists (empty: AWS's own):")
                .run(self.lambda("update-function-configuration", &["--kms-key-arn", ""])),
            "ImageDeleted" | "InvalidImage" => self.image(steps),
            "ImageAccessDenied" => {
                let text = format!("Lambda may not pull its image. Please let the policy of the ECR repository allow {ECR}.");
                self.image(self.letter(steps, "whoever owns the ECR repository of its image", &text))
            }
            "InvalidRuntime" => steps
                .console(format!("{} > Code > Runtime settings > Edit: a runtime that Lambda supports, then Save", self.page()))
                .say("with a runtime that Lambda supports, such as python3.13 or nodejs22.x:")
                .run(self.lambda("update-function-configuration", &["--runtime", "RUNTIME"])),
            "InvalidZipFileException" => steps
                .console(format!("{} > Code > Upload from > .zip file: a package that is whole", self.page()))
                .say("with a package that is whole:")
                .run(self.lambda("update-function-code", &["--zip-file", "fileb://FILE.zip"])),
            "SubnetOutOfIPAddresses" => {
                self.network(steps, "with subnets that have free addresses (AvailableIpAddressCount):")
            }
            "InvalidSubnet" | "InvalidSecurityGroup" => {
                self.network(steps, "with subnets and security groups that exist, in one VPC:")
            }
            "DisallowedByVpcEncryptionControl" => {
                let text = "The VPC's encryption controls forbid it. Please exclude Lambda from them (VPC > VPC encryption controls).";
                self.deployed_again(self.letter(steps, "whoever administers the VPC", text))
            }
            "EniLimitExceeded" => {
                let steps = steps
                    .console(format!("Service Quotas ({}) > Amazon VPC > Network interfaces per Region: Request increase", self.arn.region()))
                    .say("raise the quota (network interfaces per Region), and wait until AWS grants it:")
                    .run(self.shell.aws(&["service-quotas", "request-service-quota-increase", "--region", self.arn.region(), "--service-code", "vpc", "--quota-code", "L-DF5E4CA3", "--desired-value", "10000"]));
                self.deployed_again(steps)
            }
            "EFSIOError" | "EFSMountConnectivityError" | "EFSMountFailure" | "EFSMountTimeout" => {
                let text = "It cannot reach its EFS file system. Please see to a mount target in each of the function's subnets, whose security group admits NFS (TCP 2049) from the function's.";
                let steps = self
                    .letter(steps, "whoever administers its EFS file system", text)
                    .say("which file system, subnets and security groups it has:")
                    .run(self.shown("[FileSystemConfigs,VpcConfig]"));
                self.deployed_again(steps)
            }
            "InsufficientRolePermissions" => self.deployed_again(self.network_permitted(steps)),
            "VcpuLimitExceeded" | "CapacityProviderScalingLimitExceeded" | "InsufficientCapacity"
            | "EC2RequestLimitExceeded" | "ServiceQuotaExceededException" => {
                let text = "Please raise the quota, or the capacity, that the reason names (Service Quotas; Lambda > Capacity providers).";
                self.deployed_again(self.letter(steps, "whoever administers the account", text))
            }
            code if code.starts_with("FunctionError") => {
                let group = format!("/aws/lambda/{}", self.arn.name());
                self.code(steps
                    .console(format!("CloudWatch ({}) > Log groups > {group}: why the code fails while it starts", self.arn.region()))
                    .say("see why the code fails while it starts:")
                    .run(self.shell.aws(&["logs", "tail", &group, "--region", self.arn.region(), "--since", "1d"])))
            }
            _ => self.by_state(steps),
        }
    }

    /// Without a reason that Lambda has a word for.
    fn by_state(&self, steps: WaysOut) -> WaysOut {
        let (name, state) = (self.arn.name(), self.settings.state.as_deref().unwrap_or_default());
        match state {
            "ActiveNonInvocable" => steps
                .console(format!("{} > Versions > Publish new version", self.page()))
                .run(self.lambda("publish-version", &[]))
                .both(format!(
                    "then let the policy and the data action name that version ({}:1, or what it prints), or an alias of it",
                    self.arn.unqualified()
                )),
            "Deleting" => steps.both(format!("somebody is deleting {name}: deploy it again, or let the data action name another")),
            _ => {
                let steps = steps
                    .console(format!("{}: it says there why it is {state}; fix that", self.page()))
                    .say(format!("see why it is {state}, and fix that:"))
                    .run(self.shown("[State,StateReasonCode,StateReason]"));
                self.deployed_again(steps)
            }
        }
    }

    /// Lambda sets a function up again when its configuration is written, even unchanged.
    fn deployed_again(&self, steps: WaysOut) -> WaysOut {
        let timeout = self.settings.timeout.unwrap_or(3).to_string();
        let own = match (&self.settings.kms_key, self.is_about_the_key()) {
            (Some(key), true) => ["--kms-key-arn", key],
            _ => ["--timeout", timeout.as_str()],
        };
        steps
            .console(format!(
                "{} > Configuration > General configuration > Edit > Save: Lambda sets the function up again",
                self.page()
            ))
            .say("then have Lambda set the function up again (this changes nothing else; until then its state stays as it is):")
            .run(self.lambda("update-function-configuration", &own))
    }

    fn is_about_the_key(&self) -> bool {
        self.settings.state_reason.code.as_deref().is_some_and(|code| code.contains("KMS"))
    }

    fn key_enabled(&self, steps: WaysOut) -> WaysOut {
        let Some(key) = &self.settings.kms_key else {
            return self
                .letter(
                    steps,
                    KEY_OWNER,
                    "Its KMS key is disabled. Why? If nothing speaks against it, please enable the key.",
                )
                .say("which key that is:")
                .run(self.shown("KMSKeyArn"));
        };
        let text = format!(
            "Its KMS key {key} is disabled. Why? If nothing speaks against it, please enable the key, or may we?"
        );
        self.letter(steps, KEY_OWNER, &text)
            .console(format!(
                "{}: if its status is Disabled and its owner agrees: Key actions > Enable. If it is Enabled, only the next step is left",
                self.key_page(key)
            ))
            .say("is the key still disabled? If this says Enabled, only the last command is left:")
            .run(format!("{} --query KeyMetadata.KeyState --output text", self.kms("describe-key", key)))
            .say("if it says Disabled, and its owner agrees (kms:EnableKey):")
            .run(self.kms("enable-key", key))
    }

    fn key_permitted(&self, steps: WaysOut) -> WaysOut {
        let (Some(key), Some(role)) = (&self.settings.kms_key, &self.settings.execution_role) else {
            return self
                .letter(
                    steps,
                    KEY_OWNER,
                    "Please let its execution role decrypt with its KMS key (kms:Decrypt).",
                )
                .say("which key and role these are:")
                .run(self.shown("[KMSKeyArn,Role]"));
        };
        let text =
            format!("Please let its execution role {role} decrypt with the KMS key {key} (kms:Decrypt).");
        self.letter(steps, KEY_OWNER, &text)
            .say("if they agree:")
            .console(format!("{}: Key users > Add: {}", self.key_page(key), short(role)))
            .run(self.shell.aws(&[
                "kms",
                "create-grant",
                "--region",
                self.arn.region(),
                "--key-id",
                key,
                "--grantee-principal",
                role,
                "--operations",
                "Decrypt",
            ]))
    }

    fn network_permitted(&self, steps: WaysOut) -> WaysOut {
        let Some(role) = &self.settings.execution_role else {
            return steps
                .both(format!("attach {VPC_ACCESS} to the function's execution role:"))
                .run(self.shown("Role"));
        };
        let policy = format!("arn:{}:iam::aws:policy/service-role/{VPC_ACCESS}", self.arn.as_arn().partition);
        steps
            .console(format!(
                "IAM > Roles > {} > Add permissions > Attach policies: {VPC_ACCESS}",
                short(role)
            ))
            .say("the function's own role needs what its settings ask for, in a VPC:")
            .run(self.shell.aws(&[
                "iam",
                "attach-role-policy",
                "--role-name",
                short(role),
                "--policy-arn",
                &policy,
            ]))
    }

    fn image(&self, steps: WaysOut) -> WaysOut {
        steps
            .console(format!(
                "{} > Image > Deploy new image: one that exists in ECR and that Lambda can run",
                self.page()
            ))
            .say("see which image it has, push it again or choose another, and deploy that:")
            .run(self.lambda("get-function", &["--query", "Code.ImageUri"]))
            .run(self.lambda("update-function-code", &["--image-uri", "IMAGE_URI"]))
    }

    fn code(&self, steps: WaysOut) -> WaysOut {
        steps
            .console(format!("{} > Code: fix it, then Deploy", self.page()))
            .say("fix the code, and deploy it:")
            .run(self.lambda("update-function-code", &["--zip-file", "fileb://FILE.zip"]))
    }

    fn network(&self, steps: WaysOut, with: &str) -> WaysOut {
        let region = self.arn.region();
        steps
            .console(format!(
                "{} > Configuration > VPC > Edit: {}, then Save",
                self.page(),
                with.trim_end_matches(':')
            ))
            .say("see what it has, and what there is:")
            .run(self.shown("VpcConfig"))
            .run(self.shell.aws(&[
                "ec2",
                "describe-subnets",
                "--region",
                region,
                "--query",
                "Subnets[].[SubnetId,VpcId,AvailableIpAddressCount]",
            ]))
            .say(with)
            .run(self.lambda(
                "update-function-configuration",
                &["--vpc-config", "SubnetIds=SUBNET,SecurityGroupIds=GROUP"],
            ))
    }

    /// A text for somebody else: what is wrong with the function, and what they can do.
    fn letter(&self, mut steps: WaysOut, who: &str, text: &str) -> WaysOut {
        let code = self.settings.state_reason.code.as_deref().unwrap_or_default();
        let about = format!(
            "Our Lambda function {} does not start ({code}), and Genesys Cloud, our contact centre, cannot invoke it. {text}",
            self.arn
        );
        steps.letter.extend(self.shell.letter(who, about));
        steps
    }

    /// `Lambda (us-east-1) > Functions > f`
    fn page(&self) -> String {
        format!("Lambda ({}) > Functions > {}", self.arn.region(), self.arn.name())
    }

    fn key_page(&self, key: &str) -> String {
        format!("KMS ({}) > Customer managed keys > {}", self.arn.region(), short(key))
    }

    fn kms(&self, operation: &str, key: &str) -> String {
        self.shell.aws(&["kms", operation, "--region", self.arn.region(), "--key-id", key])
    }

    fn shown(&self, query: &str) -> String {
        self.lambda("get-function-configuration", &["--query", query])
    }

    fn lambda(&self, operation: &str, more: &[&str]) -> String {
        let words = ["lambda", operation, "--region", self.arn.region(), "--function-name", self.arn.name()];
        self.shell.aws(&[&words[..], more].concat())
    }
}

/// The name at the end of an ARN.
fn short(arn: &str) -> &str {
    arn.parse::<Arn>().ok().and_then(|_| arn.rsplit('/').next()).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::StateReason;
    use crate::diagnose::SpecFile;

    fn steps(state: &str, code: Option<&str>, known: bool) -> (Vec<String>, Vec<String>, Vec<String>) {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:f:live".parse().unwrap();
        let text = |text: &str| known.then(|| text.to_owned());
        let settings = FunctionSettings {
            state: Some(state.to_owned()),
            state_reason: StateReason { code: code.map(str::to_owned), text: None },
            timeout: Some(7),
            kms_key: text("arn:aws:kms:eu-west-1:111122223333:key/k-1"),
            execution_role: text("arn:aws:iam::111122223333:role/service-role/f-role"),
            ..FunctionSettings::default()
        };
        let shell = Shell {
            program: "genesys-iam".to_owned(),
            profile: None,
            spec: SpecFile::New { file: "genesys.toml".to_owned(), made_by: None },
            in_sandbox: false,
        };
        let WaysOut { letter, console, cli } =
            Stuck { arn: &arn, settings: &settings, shell: &shell }.steps();
        let (mut words, mut commands) = (Vec::new(), Vec::new());
        for step in letter.into_iter().chain(cli) {
            match step {
                FixStep::Run(command) | FixStep::Change(command, _) => commands.push(command),
                FixStep::Do(text) | FixStep::Paste(text) => words.push(text),
            }
        }
        let console = console.into_iter().map(|step| match step {
            FixStep::Do(text) | FixStep::Run(text) | FixStep::Change(text, _) | FixStep::Paste(text) => text,
        });
        (console.collect(), words, commands)
    }

    #[test]
    fn each_reason_that_lambda_gives_has_steps_that_change_something() {
        for code in StateReason::CODES {
            for known in [true, false] {
                let (console, words, commands) = steps("Failed", Some(code), known);
                assert!(console.iter().any(|step| step.contains(" > ")), "{code}: {console:?}");
                assert!(!words.is_empty(), "{code}");
                let last = commands.last().unwrap_or_else(|| panic!("{code} has no command"));
                assert!(last.starts_with("aws lambda update-function-"), "{code}: {last}");
                assert!(
                    commands
                        .iter()
                        .all(|command| command.starts_with("aws ") && command.contains("eu-west-1")
                            || command.starts_with("aws iam ")),
                    "{code}: {commands:?}"
                );
            }
        }
        for state in ["Failed", "Deactivated", "Deleting", "ActiveNonInvocable"] {
            let (console, words, _) = steps(state, None, true);
            assert!(!console.is_empty() && !words.is_empty(), "{state}");
        }
    }

    #[test]
    fn a_disabled_key_is_named_enabled_and_used_again() {
        let (console, words, commands) = steps("Failed", Some("DisabledKMSKey"), true);
        assert!(
            console.iter().any(|step| step
                .starts_with("KMS (eu-west-1) > Customer managed keys > k-1: if its status is Disabled")),
            "{console:?}"
        );
        assert!(words[0].starts_with("send this to whoever administers its KMS key"), "{words:?}");
        assert_eq!(
            commands,
            [
                "aws kms describe-key --region eu-west-1 --key-id arn:aws:kms:eu-west-1:111122223333:key/k-1 --query \
                 KeyMetadata.KeyState --output text",
                "aws kms enable-key --region eu-west-1 --key-id arn:aws:kms:eu-west-1:111122223333:key/k-1",
                "aws lambda update-function-configuration --region eu-west-1 --function-name f --kms-key-arn \
                 arn:aws:kms:eu-west-1:111122223333:key/k-1",
            ]
        );
    }
}
