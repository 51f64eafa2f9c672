//! The file: a plan for one spec, or for several.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::SavedError;
use super::plan::{Options, SavedPlan, digest};
use crate::arn::AccountId;
use crate::file_kind::FileKind;
use crate::files::{self, Overwrite};
use crate::spec::read_bounded;
use crate::view::{FORMAT_VERSION, PLAN_FORMAT};

/// Maximum bytes of a file.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The kind of a file with several plans.
const SEVERAL: &str = "genesys-iam saved plans";

/// The member with the digest of all others. Anyone can make another: what protects is that apply makes the plan again.
const DIGEST: &str = "digest";

/// What is in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum SavedFile {
    One(Box<SavedPlan>),
    Several(SavedFleet),
}

/// Plans for several specs, carried out together: if one no longer fits, none is carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFleet {
    format: String,
    format_version: u64,
    tool_version: String,
    /// Only the specs for these accounts; all if empty.
    pub accounts: Vec<String>,
    pub specs: Vec<SavedSpec>,
}

/// One of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedSpec {
    /// As named by the command line or the folder.
    pub file: String,
    pub saved: SavedPlan,
}

impl SavedFleet {
    pub fn new(accounts: &[AccountId], specs: Vec<SavedSpec>) -> Self {
        Self {
            format: SEVERAL.to_owned(),
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            accounts: accounts.iter().map(AccountId::to_string).collect(),
            specs,
        }
    }

    /// How the specs differ from those in `files`; `None`: they are the same.
    pub fn other_specs(&self, files: &[String]) -> Option<SavedError> {
        let same = |one: &str, other: &str| Path::new(one).components().eq(Path::new(other).components());
        let gone = self.specs.iter().filter(|spec| !files.iter().any(|file| same(file, &spec.file)));
        let gone = gone.map(|spec| format!("the plan is also for `{}`, which is not given here", spec.file));
        let more = files.iter().filter(|file| !self.specs.iter().any(|spec| same(file, &spec.file)));
        let more = more.map(|file| format!("`{file}` is not in the plan"));
        let differences: Vec<String> = gone.chain(more).collect();
        let files = || self.specs.iter().map(|spec| spec.file.clone()).collect();
        (!differences.is_empty()).then(|| SavedError::OtherSpecs { differences, files: files() })
    }

    /// The plan for the spec in a file.
    pub fn of(&self, file: &str) -> Option<&SavedPlan> {
        let same = |one: &str| Path::new(one).components().eq(Path::new(file).components());
        self.specs.iter().find(|spec| same(&spec.file)).map(|spec| &spec.saved)
    }
}

impl SavedFile {
    /// # Errors
    ///
    /// When the file cannot be read or understood, or is inconsistent.
    pub fn read(path: &Path) -> Result<Self, SavedError> {
        let path = path.to_owned();
        let text = match fs::File::open(&path).and_then(|file| read_bounded(file, LARGEST)) {
            Ok(text) => text,
            Err(source) => return Err(SavedError::Read { path, source }),
        };
        let kind = FileKind::of(text.as_bytes());
        if kind != FileKind::SavedPlan {
            return Err(SavedError::NotAPlan { path, kind });
        }
        // Editors on Windows begin files like this.
        let mut value: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => value,
            Err(source) => return Err(SavedError::Broken { path, source }),
        };
        let format = |value: &Value| value.get("format").and_then(Value::as_str).map(str::to_owned);
        let is_several = format(&value).as_deref() == Some(SEVERAL);
        let of_plan = if is_several { &value } else { &value["plan"] };
        if !is_several && format(of_plan).as_deref() != Some(PLAN_FORMAT) {
            let source = serde::de::Error::custom(format!("the format of its plan is not {PLAN_FORMAT:?}"));
            return Err(SavedError::Broken { path, source });
        }
        // The version first: the error about another layout would be meaningless.
        if let Some(found) = of_plan.get("format_version")
            && found.as_u64() != Some(FORMAT_VERSION)
        {
            return Err(SavedError::Version { path, found: found.clone() });
        }
        let sealed = value.as_object_mut().and_then(|members| members.remove(DIGEST));
        let fits = sealed.as_ref().map(|sealed| *sealed == digest(&value));
        let saved = if is_several {
            serde_json::from_value(value).map(Self::Several)
        } else {
            serde_json::from_value(value).map(|saved| Self::One(Box::new(saved)))
        };
        let saved = match saved {
            Ok(saved) => saved,
            Err(source) => return Err(SavedError::Broken { path, source }),
        };
        let plans = saved.plans();
        // One command made all of them.
        let is_alike =
            plans.iter().all(|plan| plans.first().is_some_and(|first| first.options == plan.options));
        let is_twice = match &saved {
            Self::One(_) => false,
            Self::Several(fleet) => {
                let mut seen = BTreeSet::new();
                !fleet
                    .specs
                    .iter()
                    .all(|spec| seen.insert(Path::new(&spec.file).components().collect::<PathBuf>()))
            }
        };
        // Earlier versions wrote no digest, and nothing to show.
        let fits = fits.unwrap_or(plans.iter().all(|plan| plan.shown.is_none() && plan.made.is_none()));
        let fits = fits && plans.iter().all(|plan| plan.fits_itself());
        if plans.is_empty() || is_twice || !is_alike || !fits {
            return Err(SavedError::Edited { path });
        }
        Ok(saved)
    }

    fn plans(&self) -> Vec<&SavedPlan> {
        match self {
            Self::One(plan) => vec![plan],
            Self::Several(fleet) => fleet.specs.iter().map(|spec| &spec.saved).collect(),
        }
    }

    /// A plan is carried out where it was made.
    ///
    /// # Errors
    ///
    /// When one was made in the sandbox and the other was not.
    pub fn is_for(&self, in_sandbox: bool, path: &Path) -> Result<(), SavedError> {
        let path = path.to_owned();
        match self.plans().first().and_then(|plan| plan.in_sandbox) {
            Some(true) if !in_sandbox => Err(SavedError::MadeInSandbox { path }),
            Some(false) if in_sandbox => Err(SavedError::MadeOutside { path }),
            _ => Ok(()),
        }
    }

    /// The options to carry the plans out with: see [`SavedPlan::options`].
    ///
    /// # Errors
    ///
    /// When `given` is not what they were made with.
    pub fn options(&self, given: &Options) -> Result<Options, SavedError> {
        match self.plans().first() {
            Some(plan) => plan.options(given),
            // No such file is ever read or made.
            None => Ok(given.clone()),
        }
    }

    /// The patterns of the roles that they are about, and of those that they leave out.
    pub fn selection(&self) -> (&[String], &[String]) {
        self.plans().first().map_or((&[], &[]), |plan| (&plan.options.roles, &plan.options.except))
    }

    /// Whether [`SavedFile::write`] would write there: the path is free or holds a plan.
    ///
    /// # Errors
    ///
    /// When it would not.
    pub fn check(path: &Path) -> Result<(), SavedError> {
        files::check(path, Overwrite::File)
            .map_err(|source| SavedError::Write { path: path.to_owned(), source })?;
        let is_file = |found: fs::Metadata| found.is_file() && found.len() > 0;
        match fs::metadata(path).is_ok_and(is_file).then(|| Self::read(path)) {
            None | Some(Ok(_) | Err(SavedError::Edited { .. } | SavedError::Version { .. })) => Ok(()),
            Some(_) => Err(SavedError::InTheWay { path: path.to_owned() }),
        }
    }

    /// Writes the file as a whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or anything but a saved plan is in its place.
    pub fn write(&self, path: &Path) -> Result<(), SavedError> {
        Self::check(path)?;
        let value = match self {
            Self::One(plan) => serde_json::to_value(plan),
            Self::Several(fleet) => serde_json::to_value(fleet),
        };
        let write = || {
            let mut value = value?;
            value[DIGEST] = digest(&value).into();
            let mut text = serde_json::to_vec_pretty(&value)?;
            text.push(b'\n');
            files::write(path, &text, Overwrite::File)
        };
        write().map_err(|source| SavedError::Write { path: path.to_owned(), source })
    }
}
