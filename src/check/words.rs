//! A table of names: one row per variant, with its word for machines and its sentence for people.

/// An enum whose variants have a stable word, in lower case with hyphens, and a sentence: their doc comment.
macro_rules! words {
    (
        $(#[$of_type:meta])*
        pub enum $name:ident { $($(#[doc = $sentence:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$of_type])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $sentence])+ $variant,)+ }

        impl $name {
            /// In the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Stable, for machines.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// For people.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => concat!($($sentence),+).trim_ascii(),)+ }
            }
        }
    };
}

pub(super) use words;
