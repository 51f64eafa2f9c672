//! The parts of a plan that its JSON writes as words, and reads back from a saved plan.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{genesys, iam};
use crate::plan::{Change, ChangeKind, Party};
use crate::policy::access::AccessSign;

/// A change's `before` and `after`, written out only if JSON is requested.
#[derive(Debug, Clone, PartialEq)]
pub enum Sides {
    Of(Box<Change>),
    Read { before: Value, after: Value },
}

#[derive(Serialize, Deserialize)]
struct BothSides {
    before: Value,
    after: Value,
}

impl Sides {
    /// Before and after.
    pub(super) fn values(&self) -> (Value, Value) {
        match self {
            Self::Of(change) => match change.as_ref() {
                Change::Iam(change) => iam::change_json(change),
                Change::Genesys(change) => genesys::change_json(change),
            },
            Self::Read { before, after } => (before.clone(), after.clone()),
        }
    }
}

impl Serialize for Sides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (before, after) = self.values();
        BothSides { before, after }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let BothSides { before, after } = BothSides::deserialize(deserializer)?;
        Ok(Self::Read { before, after })
    }
}

/// For `#[serde(serialize_with, deserialize_with)]`: each value by its word.
macro_rules! words {
    ($write:ident, $read:ident, $type:ty, $all:expr, $word:expr) => {
        pub(super) fn $write<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str($word(*value))
        }

        pub(super) fn $read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
            let word = String::deserialize(deserializer)?;
            let found = $all.into_iter().find(|one| $word(*one) == word);
            found.ok_or_else(|| serde::de::Error::custom(format!("unknown word {word:?}")))
        }
    };
}

words!(
    write_party,
    read_party,
    Party,
    [Party::Genesys, Party::OwnAccount, Party::Unknown, Party::Everybody],
    Party::word
);
words!(
    write_kind,
    read_kind,
    ChangeKind,
    [ChangeKind::Create, ChangeKind::Change, ChangeKind::Remove],
    kind_word
);
words!(
    write_sign,
    read_sign,
    AccessSign,
    [AccessSign::Gained, AccessSign::Lost, AccessSign::Kept],
    sign_word
);

fn kind_word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Create => "create",
        ChangeKind::Change => "change",
        ChangeKind::Remove => "remove",
    }
}

fn sign_word(sign: AccessSign) -> &'static str {
    match sign {
        AccessSign::Gained => "gained",
        AccessSign::Lost => "lost",
        AccessSign::Kept => "kept",
    }
}
