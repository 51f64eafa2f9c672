//! Pictures for testing what draws them.

use super::model::{FunctionStop, Link, LinkProof, Outsiders, Picture, Station};

/// All its texts are the same, and it has every kind of part.
pub(crate) fn picture_of(text: &str, functions: usize) -> Picture {
    let t = || text.to_owned();
    let link = |proof| Link { proof, words: t(), basis: t(), causes: vec![1] };
    let station = |kind| Station { kind, name: t(), is_known: false };
    let others = || Outsiders { names: vec![t(), t()], link: link(LinkProof::Fails) };
    Picture {
        genesys_side: t(),
        aws_side: t(),
        stations: ["Genesys Cloud", "integration", "credential", "role", "policy"].map(station),
        links: [LinkProof::Unknown, LinkProof::NotRead, LinkProof::Accepted, LinkProof::Read].map(link),
        functions: vec![
            FunctionStop {
                link: link(LinkProof::Called),
                station: station("function"),
                others: Some(others()),
            };
            functions
        ],
        others: others(),
        more: Some(link(LinkProof::Fails)),
        elsewhere: vec![2],
        end_to_end: link(LinkProof::NotRead),
    }
}
