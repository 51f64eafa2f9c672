//! How a thing was found out.

use super::words::words;

words! {
    /// Kinds of evidence, from the weakest to the strongest; never collapsed into one "OK".
    pub enum Level {
        /// the live documents, evaluated offline by IAM's rules
        Evaluated = "evaluated",
        /// Genesys Cloud's configuration, as its API shows it
        Configured = "configured",
        /// what happened, as AWS recorded it: Genesys Cloud assumed the role
        Observed = "observed",
        /// real calls that must be refused
        Refused = "refused",
        /// real calls that must succeed: the role assumed, the function invoked with `DryRun`
        Assumed = "assumed",
        /// Genesys Cloud itself invoked the function
        EndToEnd = "end-to-end",
    }
}

impl Level {
    /// Levels whose documents or configuration can be read without a call that proves something.
    pub fn is_read(self) -> bool {
        match self {
            Self::Evaluated | Self::Configured => true,
            Self::Observed | Self::Refused | Self::Assumed | Self::EndToEnd => false,
        }
    }

    /// A call that this check made: AWS's records only say what was once true.
    pub fn is_call(self) -> bool {
        match self {
            Self::Refused | Self::Assumed | Self::EndToEnd => true,
            Self::Evaluated | Self::Configured | Self::Observed => false,
        }
    }
}
