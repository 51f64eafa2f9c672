//! Whose organization the operator's credentials for Genesys Cloud belong to.

/// The organization that vouches for its own external ID.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OwnOrganization {
    /// Nothing needed it.
    #[default]
    NotAsked,
    /// The environment has no OAuth client.
    NoCredentials {
        variables: [String; 2],
        /// `[genesys] credentials` names them.
        are_chosen: bool,
    },
    /// Why not.
    NotRead(String),
    Read {
        id: String,
        name: String,
    },
}

impl OwnOrganization {
    /// The variables that the spec chose and nobody set.
    pub fn missing_choice(&self) -> Option<&[String; 2]> {
        match self {
            Self::NoCredentials { variables, are_chosen: true } => Some(variables),
            _ => None,
        }
    }
}
