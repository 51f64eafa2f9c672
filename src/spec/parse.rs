//! From TOML to a valid spec, or to every fault that it has.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Severity};
use super::genesys::{KNOWN_GENESYS_ACCOUNTS, TUTORIAL_ACCOUNT, genesys_region};
use super::limits::{self, Check};
use super::reader::{Faults, Placed, Table, string, wrong_type};
use super::{
    AssumeRole, Aws, Boundary, ExternalId, ExtraPermissions, FunctionRef, GenesysCloud, MANAGED_BY_KEY,
    RoleSpec, SPEC_KEY, Spec, Surroundings,
};
use crate::arn::{AccountId, AccountIdError, Arn, partition_of_region};
use crate::policy::lint;
use crate::policy::template::{invoke_policy, trust_policy};

/// IAM's own default, and its limits (seconds).
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 3600..=43200;
/// IAM's default quotas, in characters without white space.
const TRUST_POLICY_SIZE: usize = 2048;
const MANAGED_POLICY_SIZE: usize = 6144;
const TAG_LIMIT: usize = 50;
/// A role's and a policy's two tags of this tool.
const OWN_TAGS: usize = 2;

/// Reads a spec; `name` is what it is called unless it says so itself. Without an error there is a spec, and what is
/// returned beside it are warnings.
pub fn parse(source: &str, name: &str, surroundings: &dyn Surroundings) -> (Option<Spec>, Vec<Diagnostic>) {
    let mut faults = Faults::default();
    let spec = match DeTable::parse(source) {
        Ok(root) => {
            let table = Table::new("the file", 0..0, root.get_ref());
            Parser {
                faults: &mut faults,
                surroundings,
                names: BTreeMap::new(),
                policies: BTreeMap::new(),
                verifier: None,
            }
            .spec(table, name)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            faults.error(span, format!("this is not TOML: {}", error.message()), "here", "");
            None
        }
    };
    let mut diagnostics = faults.diagnostics;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.severity));
    let faulty = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (spec.filter(|_| !faulty), diagnostics)
}

struct Parser<'p> {
    faults: &'p mut Faults,
    surroundings: &'p dyn Surroundings,
    /// Names and policy names of the roles so far, in lower case, with the role as written.
    names: BTreeMap<String, String>,
    policies: BTreeMap<String, String>,
    verifier: Option<Arn>,
}

/// `[genesys]`, and what a role puts in its place.
#[derive(Default, Clone)]
struct Genesys {
    cloud: GenesysCloud,
    account_id: Option<Placed<AccountId>>,
    external_id: Option<ExternalId>,
    /// Whether a fault in it has been reported, so that what is missing is not reported too.
    account_given: bool,
    external_id_given: bool,
}

/// What may stand in `[defaults]` and in a role.
#[derive(Default, Clone)]
struct Common {
    path: Option<String>,
    description: Option<String>,
    max_session_duration: Option<i32>,
    permissions_boundary: Option<Boundary>,
    tags: BTreeMap<String, String>,
    policy_path: Option<String>,
    extra_permissions: Option<ExtraPermissions>,
    adopt: Option<bool>,
    prevent_destroy: Option<bool>,
}

/// The guard, for what must not leave the account; `None` where `[aws]` has faults of its own.
struct Guard {
    account_id: AccountId,
    region: String,
    partition: &'static str,
}

impl Parser<'_> {
    fn spec(&mut self, mut root: Table<'_>, stem: &str) -> Option<Spec> {
        let name = self.text(&mut root, "name", |text| {
            limits::tag_value(text)
                .and_then(|()| if text.is_empty() { Err("is empty".to_owned()) } else { Ok(()) })
        });
        let aws = root.table("aws", "[aws]", self.faults);
        let aws = root.required(
            aws,
            "aws",
            "{ region = \"us-east-1\", account_id = \"111122223333\" }",
            self.faults,
        );
        let aws = aws.and_then(|table| self.aws(table));
        let guard = aws.as_ref().map(|aws| Guard {
            account_id: aws.account_id.clone(),
            region: aws.region.clone(),
            partition: partition_of_region(&aws.region),
        });
        let genesys = match root.table("genesys", "[genesys]", self.faults) {
            Some(table) => self.genesys(table, guard.as_ref()),
            None => Genesys::default(),
        };
        let defaults = match root.table("defaults", "[defaults]", self.faults) {
            Some(mut table) => {
                let common = self.common(&mut table, guard.as_ref());
                table.finish(self.faults);
                common
            }
            None => Common::default(),
        };
        if let Some(table) = root.table("check", "[check]", self.faults) {
            self.verifier = self.verifier(table, guard.as_ref());
        }
        let roles = root.array("role", "a list of tables, [[role]]", self.faults);
        let roles = root.required(roles, "role", "[[role]], a table with a name and functions", self.faults);
        let mut read = Vec::new();
        for value in roles.iter().flat_map(|roles| roles.value) {
            match value.get_ref() {
                DeValue::Table(entries) => {
                    let table = Table::new("[[role]]", value.span(), entries);
                    read.extend(self.role(table, &genesys, &defaults, guard.as_ref()));
                }
                _ => drop(wrong_type::<()>(value, "role", "a table, [[role]]", self.faults)),
            }
        }
        if let Some(Placed { value: [], span }) = &roles {
            self.faults.error(
                span.clone(),
                "`role` is empty",
                "no role",
                "replace it by a table `[[role]]` with a name and functions",
            );
        }
        root.finish(self.faults);
        let is_named = name.is_some();
        let name = name.map_or_else(|| tag_text(stem), |name| name.value);
        Some(Spec {
            name,
            is_named,
            aws: aws?,
            genesys: genesys.cloud,
            verifier: self.verifier.take(),
            roles: read,
            left_out: Vec::new(),
        })
    }

    /// A string that passes a check.
    fn text(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        check: impl Fn(&str) -> Check,
    ) -> Option<Placed<String>> {
        let value = table.string(key, self.faults);
        self.checked(value, key, check)
    }

    /// Reports a value that does not pass.
    fn checked(
        &mut self,
        value: Option<Placed<String>>,
        key: &str,
        check: impl Fn(&str) -> Check,
    ) -> Option<Placed<String>> {
        let value = value?;
        match check(&value.value) {
            Ok(()) => Some(value),
            Err(why) => {
                self.faults.error(value.span, format!("`{key}` {why}"), "here", example(key));
                None
            }
        }
    }

    fn account_id(&mut self, value: Option<Placed<String>>, key: &str) -> Option<Placed<AccountId>> {
        let Placed { value, span } = value?;
        match value.parse::<AccountId>() {
            Ok(value) => Some(Placed { value, span }),
            Err(error) => {
                let digits: String = value.chars().filter(char::is_ascii_digit).collect();
                let known = KNOWN_GENESYS_ACCOUNTS
                    .iter()
                    .find(|known| known.for_customers && strsim::damerau_levenshtein(known.id, &digits) <= 2);
                let help = match (&error, known) {
                    (_, Some(known)) => format!("did you mean \"{}\" ({})?", known.id, known.name),
                    (AccountIdError::NotDigits, None) if digits.len() == 12 => format!("write \"{digits}\""),
                    _ => "write all 12 digits, in quotes".to_owned(),
                };
                self.faults.error(span, format!("`{key}`: {error}"), "not an account ID", help);
                None
            }
        }
    }

    fn aws(&mut self, mut table: Table<'_>) -> Option<Aws> {
        let region = table.string("region", self.faults);
        let region = table.required(region, "region", "\"us-east-1\"", self.faults);
        let region = self.checked(region, "region", limits::region);
        let account_id = table.string("account_id", self.faults);
        let account_id = table.required(account_id, "account_id", "\"111122223333\"", self.faults);
        let account_id = self.account_id(account_id, "account_id");
        let profile = self.text(&mut table, "profile", |text| {
            if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
        });
        let endpoint_url = self.text(&mut table, "endpoint_url", limits::url);
        let guard = match (&region, &account_id) {
            (Some(region), Some(account)) => Some(Guard {
                account_id: account.value.clone(),
                region: region.value.clone(),
                partition: partition_of_region(&region.value),
            }),
            _ => None,
        };
        let assume_role = self.assume_role(&mut table, guard.as_ref());
        table.finish(self.faults);
        let region = region?.value;
        Some(Aws {
            partition: partition_of_region(&region).to_owned(),
            region,
            account_id: account_id?.value,
            profile: profile.map(|profile| profile.value),
            assume_role,
            endpoint_url: endpoint_url.map(|url| url.value),
        })
    }

    /// `assume_role = "arn"`, or a table with `role_arn`, `external_id` and `session_name`.
    fn assume_role(&mut self, aws: &mut Table<'_>, guard: Option<&Guard>) -> Option<AssumeRole> {
        let value = aws.value("assume_role")?;
        if let DeValue::Table(entries) = value.get_ref() {
            let mut table = Table::new("assume_role", value.span(), entries);
            let arn = table.string("role_arn", self.faults);
            let arn =
                table.required(arn, "role_arn", "\"arn:aws:iam::111122223333:role/deploy\"", self.faults);
            let arn = arn.and_then(|arn| self.role_arn(arn, guard));
            let external_id = self.external_id(&mut table, false);
            let session_name = table.string("session_name", self.faults);
            let session_name = self.checked(session_name, "session_name", limits::session_name);
            table.finish(self.faults);
            return Some(AssumeRole {
                role_arn: arn?,
                external_id,
                session_name: session_name.map(|name| name.value),
            });
        }
        let arn = string(value, "assume_role", self.faults)?;
        Some(AssumeRole { role_arn: self.role_arn(arn, guard)?, external_id: None, session_name: None })
    }

    /// `[check] verifier`: a role or user of the spec's account.
    fn verifier(&mut self, mut table: Table<'_>, guard: Option<&Guard>) -> Option<Arn> {
        let written = table.string("verifier", self.faults);
        table.finish(self.faults);
        let written = written?;
        let arn = self.arn(&written, "verifier", guard, false)?;
        let is_identity = arn.service == "iam"
            && (arn.resource.starts_with("role/") || arn.resource.starts_with("user/"))
            && !arn.resource.contains(['*', '?', '$']);
        if !is_identity {
            self.faults.error(
                written.span,
                "`verifier` is not the ARN of one role or user",
                "another kind of ARN",
                "such as arn:aws:iam::111122223333:role/ci",
            );
            return None;
        }
        Some(arn)
    }

    fn role_arn(&mut self, written: Placed<String>, guard: Option<&Guard>) -> Option<Arn> {
        let arn = self.arn(&written, "assume_role", guard, false)?;
        if arn.service == "iam" && arn.resource.starts_with("role/") {
            return Some(arn);
        }
        let help = "an ARN of a role is arn:aws:iam::ACCOUNT:role/NAME";
        self.faults.error(
            written.span,
            "`assume_role` is not the ARN of a role",
            "another kind of ARN",
            help,
        );
        None
    }

    /// An ARN in the guard's account and partition.
    fn arn(
        &mut self,
        written: &Placed<String>,
        key: &str,
        guard: Option<&Guard>,
        aws_account: bool,
    ) -> Option<Arn> {
        let span = written.span.clone();
        let Ok(arn) = written.value.parse::<Arn>() else {
            let help = "an ARN has the form arn:partition:service:region:account:resource";
            self.faults.error(span, format!("`{key}` is not an ARN"), "not an ARN", help);
            return None;
        };
        let guard = guard?;
        if arn.partition != guard.partition {
            self.faults.error(
                span,
                format!("`{key}` is in partition `{}`, the region `{}` is not", arn.partition, guard.region),
                "another partition",
                format!("in {} ARNs begin with arn:{}:", guard.region, guard.partition),
            );
            return None;
        }
        if arn.account != guard.account_id.as_str() && !(aws_account && arn.account == "aws") {
            self.faults.error(
                span,
                format!("`{key}` is in account {}, the spec is for {}", arn.account, guard.account_id),
                "another account",
                "a spec is about one account: correct the ARN, or `[aws] account_id`",
            );
            return None;
        }
        Some(arn)
    }

    fn genesys(&mut self, mut table: Table<'_>, guard: Option<&Guard>) -> Genesys {
        let region = self.text(&mut table, "region", |text| genesys_region(text).map(drop));
        let endpoint_url = self.text(&mut table, "endpoint_url", limits::genesys_url);
        let cloud = GenesysCloud {
            region: region.map(|region| region.value),
            endpoint_url: endpoint_url.map(|url| url.value),
        };
        let account = table.string("account_id", self.faults);
        let account_given = table.value("account_id").is_some();
        let account_id = self.account_id(account, "account_id");
        if let Some(account) = &account_id {
            self.genesys_account(account, guard);
        }
        let external_id_given = table.value("external_id").is_some();
        let external_id = self.external_id(&mut table, true);
        table.finish(self.faults);
        Genesys { cloud, account_id, external_id, account_given, external_id_given }
    }

    fn genesys_account(&mut self, account: &Placed<AccountId>, guard: Option<&Guard>) {
        let Placed { value, span } = account;
        if guard.is_some_and(|guard| guard.account_id == *value) {
            self.faults.error(
                span.clone(),
                "the trusted account is the spec's own: Genesys Cloud could not assume the role",
                "same as `[aws] account_id`",
                "write \"765628985471\" (Genesys Cloud, all core and satellite regions)",
            );
            return;
        }
        let known = KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == value.as_str());
        if known.is_some_and(|known| known.for_customers) {
            return;
        }
        let names: Vec<String> = KNOWN_GENESYS_ACCOUNTS
            .iter()
            .filter(|known| known.for_customers)
            .map(|known| format!("{} ({})", known.id, known.name))
            .collect();
        let near = KNOWN_GENESYS_ACCOUNTS
            .iter()
            .find(|known| known.for_customers && strsim::damerau_levenshtein(known.id, value.as_str()) <= 2);
        let message = match (known, near) {
            (Some(_), _) => format!("{value} is a Genesys-internal account, not one for customers"),
            (None, Some(near)) => format!("{value} looks like a misprint of {} ({})", near.id, near.name),
            (None, None) if value.as_str() == TUTORIAL_ACCOUNT => format!(
                "{value} stands in tutorials of third parties and in no source of Genesys's: whoever owns it could \
                 invoke your functions"
            ),
            (None, None) => {
                format!(
                    "{value} is no known Genesys Cloud account: whoever owns it could invoke your functions"
                )
            }
        };
        let help = format!("the known ones are {}", names.join(" and "));
        let lint = if near.is_some() { &lint::MISPRINT } else { &lint::UNKNOWN_ACCOUNT };
        self.faults.lint(lint, span.clone(), message, "trusted with the role", help);
    }

    /// A string, `{ env = "NAME" }` or `{ file = "path" }`.
    fn external_id(&mut self, table: &mut Table<'_>, organization: bool) -> Option<ExternalId> {
        let value = table.value("external_id")?;
        let span = value.span();
        let id = match value.get_ref() {
            DeValue::Table(entries) => {
                let text = self.indirect(Table::new("external_id", span.clone(), entries))?;
                if let Err(why) = limits::masked_external_id(&text) {
                    self.faults.error(
                        span,
                        format!("`external_id` {why}"),
                        "read from here",
                        example("external_id"),
                    );
                    return None;
                }
                ExternalId::secret(text)
            }
            DeValue::String(_) => {
                let text = string(value, "external_id", self.faults);
                ExternalId::literal(self.checked(text, "external_id", limits::external_id)?.value)
            }
            _ => {
                let wanted = "a string, { env = \"NAME\" } or { file = \"PATH\" }";
                return wrong_type(value, "external_id", wanted, self.faults);
            }
        };
        if organization && !limits::is_guid(id.expose()) {
            self.faults.warning(
                span,
                "the external ID is not a Genesys Cloud organization ID, which is a GUID",
                "no GUID",
                "find it in Genesys Cloud under Admin > Organization Settings > Advanced, or with GET \
                 /api/v2/organizations/me",
            );
        }
        Some(id)
    }

    fn indirect(&mut self, mut table: Table<'_>) -> Option<String> {
        let env = table.string("env", self.faults);
        let file = table.string("file", self.faults);
        let span = table.span.clone();
        let faults = self.faults.diagnostics.len();
        table.finish(self.faults);
        if self.faults.diagnostics.len() > faults {
            return None;
        }
        let (text, from) = match (env, file) {
            (Some(env), None) => match self.surroundings.variable(&env.value) {
                Some(text) => (text, env),
                None => {
                    let help = format!("export {}=… before running", env.value);
                    let message = format!("the environment variable `{}` is not set", env.value);
                    self.faults.error(env.span, message, "not set", help);
                    return None;
                }
            },
            (None, Some(file)) => match self.surroundings.file(&file.value) {
                Ok(text) => (text, file),
                Err(error) => {
                    let message = format!("cannot read `{}`: {error}", file.value);
                    let help = "a relative path is relative to the spec's folder";
                    self.faults.error(file.span, message, "no such file to read", help);
                    return None;
                }
            },
            _ => {
                let help = "write { env = \"NAME\" } or { file = \"PATH\" }";
                self.faults.error(
                    span,
                    "`external_id` names no source, or two",
                    "one of `env` and `file`",
                    help,
                );
                return None;
            }
        };
        // As editors on Windows begin and end a file.
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() {
            let message = format!("`{}` is empty", from.value);
            self.faults.error(from.span, message, "empty", "put the organization ID there");
            return None;
        }
        Some(text)
    }

    fn common(&mut self, table: &mut Table<'_>, guard: Option<&Guard>) -> Common {
        let path = self.text(table, "path", limits::role_path);
        let description = self.text(table, "description", limits::description);
        let policy_path = self.text(table, "policy_path", limits::policy_path);
        let max_session_duration = table.integer("max_session_duration", self.faults).and_then(|seconds| {
            if SESSION_SECONDS.contains(&seconds.value) {
                return i32::try_from(seconds.value).ok();
            }
            let message = format!("`max_session_duration` is {}", seconds.value);
            let help = "write 3600 (one hour) to 43200 (twelve hours), in seconds";
            self.faults.error(seconds.span, message, "out of range", help);
            None
        });
        let boundary = table.string("permissions_boundary", self.faults);
        let permissions_boundary = boundary.and_then(|boundary| self.boundary(&boundary, guard));
        let tags = table.strings_by_key("tags", self.faults).unwrap_or_default();
        let tags = self.tags(tags);
        let extra_permissions =
            table.string("extra_permissions", self.faults).and_then(|text| match text.value.as_str() {
                "report" => Some(ExtraPermissions::Report),
                "remove" => Some(ExtraPermissions::Remove),
                _ => {
                    let message = "`extra_permissions` is neither \"report\" nor \"remove\"";
                    self.faults.error(text.span, message, "not known", "write \"report\" or \"remove\"");
                    None
                }
            });
        Common {
            path: path.map(|path| path.value),
            description: description.map(|text| text.value),
            max_session_duration,
            permissions_boundary,
            tags,
            policy_path: policy_path.map(|path| path.value),
            extra_permissions,
            adopt: table.boolean("adopt", self.faults),
            prevent_destroy: table.boolean("prevent_destroy", self.faults),
        }
    }

    /// `"none"` says that there is to be no boundary.
    fn boundary(&mut self, written: &Placed<String>, guard: Option<&Guard>) -> Option<Boundary> {
        if written.value == "none" {
            return Some(Boundary::None);
        }
        let arn = self.arn(written, "permissions_boundary", guard, true)?;
        if arn.service == "iam" && arn.resource.starts_with("policy/") {
            return Some(Boundary::Policy(arn));
        }
        self.faults.error(
            written.span.clone(),
            "`permissions_boundary` is not the ARN of a policy",
            "another kind of ARN",
            "an ARN of a policy is arn:aws:iam::ACCOUNT:policy/NAME; \"none\" takes a boundary away",
        );
        None
    }

    fn tags(&mut self, tags: Vec<(Placed<String>, Placed<String>)>) -> BTreeMap<String, String> {
        let mut seen = BTreeSet::new();
        let mut read = BTreeMap::new();
        for (key, value) in tags {
            if let Err(why) = limits::tag_key(&key.value) {
                self.faults.error(
                    key.span,
                    format!("the tag key `{}` {why}", key.value),
                    "here",
                    "like \"team\"",
                );
                continue;
            }
            if let Err(why) = limits::tag_value(&value.value) {
                let message = format!("the value of tag `{}` {why}", key.value);
                self.faults.error(value.span, message, "here", "like \"contact-centre\"");
                continue;
            }
            if [MANAGED_BY_KEY, SPEC_KEY].iter().any(|own| own.eq_ignore_ascii_case(&key.value)) {
                let message = format!("the tag `{}` is this tool's own", key.value);
                self.faults.error(key.span, message, "set by the tool", "leave it out");
                continue;
            }
            if !seen.insert(key.value.to_lowercase()) {
                let message = format!("the tag `{}` stands twice: IAM's tag keys ignore case", key.value);
                self.faults.error(key.span, message, "again", "leave one out");
                continue;
            }
            read.insert(key.value, value.value);
        }
        read
    }

    fn role(
        &mut self,
        mut table: Table<'_>,
        genesys: &Genesys,
        defaults: &Common,
        guard: Option<&Guard>,
    ) -> Option<RoleSpec> {
        let span = table.head();
        let name = table.string("name", self.faults);
        let name = table.required(name, "name", "\"GenesysDataActionRole\"", self.faults);
        let name = self.checked(name, "name", limits::role_name);
        let policy_name = self.text(&mut table, "policy_name", limits::policy_name);
        self.duplicates(name.as_ref(), policy_name.as_ref());
        let own = self.common(&mut table, guard);
        let genesys = match table.table("genesys", "genesys of a role", self.faults) {
            Some(table) => {
                let own = self.genesys(table, guard);
                Genesys {
                    cloud: own.cloud,
                    account_id: own.account_id.or_else(|| genesys.account_id.clone()),
                    external_id: own.external_id.or_else(|| genesys.external_id.clone()),
                    account_given: own.account_given || genesys.account_given,
                    external_id_given: own.external_id_given || genesys.external_id_given,
                }
            }
            None => genesys.clone(),
        };
        let missing = [
            (genesys.account_given, "account_id", "\"765628985471\""),
            (genesys.external_id_given, "external_id", "\"<your Genesys Cloud organization ID>\""),
        ];
        for (given, key, example) in missing {
            if !given {
                self.faults.error(
                    span.clone(),
                    format!("there is no `{key}` for this role"),
                    "this role",
                    format!("add `{key} = {example}` to [genesys]"),
                );
            }
        }
        let written = table.array("functions", "a list of strings", self.faults);
        let written = table.required(written, "functions", "[\"my-function\"]", self.faults);
        let functions = written.map(|written| self.functions(written, guard)).unwrap_or_default();
        table.finish(self.faults);

        let mut tags = defaults.tags.clone();
        tags.extend(own.tags);
        if tags.len() + OWN_TAGS > TAG_LIMIT {
            let message = format!("the role has {} tags, IAM takes {TAG_LIMIT}", tags.len() + OWN_TAGS);
            self.faults.error(span.clone(), message, "this role", "two of them are this tool's own");
        }
        let name = name?;
        let role = RoleSpec {
            path: own.path.or_else(|| defaults.path.clone()).unwrap_or_else(|| "/".to_owned()),
            description: own.description.or_else(|| defaults.description.clone()),
            max_session_duration: own.max_session_duration.or(defaults.max_session_duration).unwrap_or(3600),
            permissions_boundary: own
                .permissions_boundary
                .or_else(|| defaults.permissions_boundary.clone())
                .unwrap_or(Boundary::Unmentioned),
            tags,
            policy_name: policy_name.map_or_else(|| default_policy_name(&name.value), |name| name.value),
            policy_path: own
                .policy_path
                .or_else(|| defaults.policy_path.clone())
                .unwrap_or_else(|| "/".to_owned()),
            genesys_account_id: genesys.account_id?.value,
            external_id: genesys.external_id?,
            functions,
            adopt: own.adopt.or(defaults.adopt).unwrap_or(false),
            prevent_destroy: own.prevent_destroy.or(defaults.prevent_destroy).unwrap_or(false),
            extra_permissions: own
                .extra_permissions
                .or(defaults.extra_permissions)
                .unwrap_or(ExtraPermissions::Report),
            name: name.value.clone(),
            span: span.clone(),
        };
        self.sizes(&role, guard);
        Some(role)
    }

    fn functions(
        &mut self,
        written: Placed<&[toml::Spanned<DeValue<'_>>]>,
        guard: Option<&Guard>,
    ) -> Vec<FunctionRef> {
        if written.value.is_empty() {
            let help = "name at least one function";
            self.faults.error(written.span, "`functions` is empty", "no function", help);
        }
        let mut functions: Vec<FunctionRef> = Vec::new();
        for value in written.value {
            let Some(text) = string(value, "functions", self.faults) else { continue };
            let Some(arn) = self.function(&text, guard) else { continue };
            if let Some(first) = functions.iter().find(|function| function.arn == arn) {
                let message = format!("`{}` is the same function as `{}`", text.value, first.written);
                self.faults.error(text.span, message, "again", "leave one out");
                continue;
            }
            functions.push(FunctionRef { written: text.value, arn, span: text.span });
        }
        functions
    }

    /// A name, `name:alias`, `name:version`, a partial ARN (`ACCOUNT:function:name`) or a full one.
    fn function(&mut self, written: &Placed<String>, guard: Option<&Guard>) -> Option<Arn> {
        let text = written.value.as_str();
        let span = || written.span.clone();
        if text.contains(['*', '?']) {
            let help = "name each function: what is granted must be readable in the file";
            self.faults.error(span(), format!("`{text}` has a wildcard"), "a wildcard", help);
            return None;
        }
        let full;
        let parts: Vec<&str> = if text.starts_with("arn:") {
            full = self.arn(written, "functions", guard, false)?;
            let wrong = full.service != "lambda" || !full.resource.starts_with("function:");
            if wrong || limits::region(&full.region).is_err() {
                let help =
                    "it is arn:aws:lambda:REGION:ACCOUNT:function:NAME, with :ALIAS or :VERSION if need be";
                self.faults.error(span(), "this is not the ARN of a Lambda function", "another ARN", help);
                return None;
            }
            [full.region.as_str(), full.account.as_str()]
                .into_iter()
                .chain(full.resource.split(':'))
                .collect()
        } else {
            text.split(':').collect()
        };
        let (region, account, name, qualifier) = match parts.as_slice() {
            [region, account, "function", name] => (Some(*region), Some(*account), *name, None),
            [region, account, "function", name, q] => (Some(*region), Some(*account), *name, Some(*q)),
            [account, "function", name] => (None, Some(*account), *name, None),
            [account, "function", name, q] => (None, Some(*account), *name, Some(*q)),
            ["function", name] | [name] => (None, None, *name, None),
            ["function", name, q] | [name, q] => (None, None, *name, Some(*q)),
            _ => {
                let help = "write a name, name:alias, name:version or the function's ARN";
                self.faults.error(span(), format!("`{text}` names no function"), "not understood", help);
                return None;
            }
        };
        let checks = [
            limits::function_name(name).map_err(|why| format!("the function name `{name}` {why}")),
            qualifier.map_or(Ok(()), limits::qualifier).map_err(|why| format!("the alias or version {why}")),
            region.map_or(Ok(()), limits::region).map_err(|why| format!("the region of `{text}` {why}")),
        ];
        if let Some(why) = checks.into_iter().find_map(Result::err) {
            self.faults.error(
                span(),
                why,
                "not understood",
                "write a name, name:alias, name:version or the ARN",
            );
            return None;
        }
        let guard = guard?;
        if let Some(account) = account.filter(|account| *account != guard.account_id.as_str()) {
            let message = format!("`{text}` is in account {account}, the spec is for {}", guard.account_id);
            let help = "a spec is about one account: correct the ARN, or `[aws] account_id`";
            self.faults.error(span(), message, "another account", help);
            return None;
        }
        let region = region.unwrap_or(&guard.region);
        if partition_of_region(region) != guard.partition {
            let message = format!("`{text}` is in another partition than the region `{}`", guard.region);
            self.faults.error(
                span(),
                message,
                "another partition",
                "a role's functions are in its own partition",
            );
            return None;
        }
        let qualifier = qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        Some(Arn {
            partition: guard.partition.to_owned(),
            service: "lambda".to_owned(),
            region: region.to_owned(),
            account: guard.account_id.to_string(),
            resource: format!("function:{name}{qualifier}"),
        })
    }

    fn sizes(&mut self, role: &RoleSpec, guard: Option<&Guard>) {
        let Some(guard) = guard else { return };
        let principal = Arn::account_root(guard.partition, &role.genesys_account_id);
        let trusted: Vec<&Arn> = std::iter::once(&principal).chain(&self.verifier).collect();
        let trust = trust_policy(&trusted, role.external_id.expose()).size();
        if trust > TRUST_POLICY_SIZE {
            let message = format!("the trust policy has {trust} characters, IAM takes {TRUST_POLICY_SIZE}");
            self.faults.error(role.span.clone(), message, "this role", "the external ID is too long");
        }
        let arns: Vec<Arn> = role.functions.iter().map(|function| function.arn.clone()).collect();
        let size = invoke_policy(&arns).size();
        if size > MANAGED_POLICY_SIZE {
            let fits = (1..arns.len())
                .rev()
                .find(|n| invoke_policy(&arns[..*n]).size() <= MANAGED_POLICY_SIZE)
                .unwrap_or(0);
            self.faults.error(
                role.span.clone(),
                format!("the policy has {size} characters, IAM takes {MANAGED_POLICY_SIZE}"),
                format!("{} functions", arns.len()),
                format!("the first {fits} fit: split the others off into a second role"),
            );
        }
    }

    /// Role names are unique ignoring case, whatever the path; a policy belongs to one role.
    fn duplicates(&mut self, name: Option<&Placed<String>>, policy: Option<&Placed<String>>) {
        let Some(name) = name else { return };
        if let Some(first) = self.names.get(&name.value.to_ascii_lowercase()) {
            let message = format!("there is a role `{first}` already: IAM's names ignore case");
            self.faults.error(name.span.clone(), message, "again", "choose another name");
            return;
        }
        self.names.insert(name.value.to_ascii_lowercase(), name.value.clone());
        let default = default_policy_name(&name.value);
        let (policy, span) = policy.map_or((&default, &name.span), |policy| (&policy.value, &policy.span));
        if let Some(first) = self.policies.insert(policy.to_ascii_lowercase(), name.value.clone()) {
            let message = format!("the policy `{policy}` belongs to role `{first}` already");
            self.faults.error(span.clone(), message, "again", "choose another `policy_name`");
        }
    }
}

/// The name of a role's policy where the spec does not give another.
pub fn default_policy_name(role: &str) -> String {
    format!("GenesysLambdaInvokePolicy_{role}")
}

/// What to write instead, by key.
fn example(key: &str) -> &'static str {
    match key {
        "name" => "like \"GenesysDataActionRole\", at most 64 characters",
        "path" | "policy_path" => "like \"/genesys/\"",
        "policy_name" => "like \"GenesysLambdaInvokePolicy\", at most 128 characters",
        "description" => "like \"Lets Genesys Cloud data actions invoke Lambda\", at most 1000 characters",
        "region" => "like \"us-east-1\"",
        "endpoint_url" => "like \"http://127.0.0.1:4566\"",
        "external_id" => "it is the Genesys Cloud organization ID, a GUID",
        "session_name" => "like \"genesys-iam\", 2 to 64 characters",
        _ => "",
    }
}

/// What may stand in a tag's value.
fn tag_text(text: &str) -> String {
    let text: String = text.chars().filter(|c| limits::tag_value(&c.to_string()).is_ok()).take(256).collect();
    if text.is_empty() { "genesys".to_owned() } else { text }
}
