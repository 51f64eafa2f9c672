//! Pictures for testing what draws them.

use super::model::{FunctionStop, Link, LinkProof, Mark, Outsiders, Picture, Station};

/// All its texts are the same, and it has every kind of part.
pub(crate) fn picture_of(text: &str, functions: usize) -> Picture {
    let t = || text.to_owned();
    let link = |proof| Link { proof, words: t(), basis: t(), causes: vec![1] };
    let station = || Station { name: t(), is_known: false, mark: Some(Mark::Changed) };
    let others = || Outsiders { names: vec![t(), t()], link: link(LinkProof::Fails) };
    Picture {
        genesys_side: t(),
        aws_side: t(),
        stations: [(); 6].map(|()| station()),
        links: [
            LinkProof::Unknown,
            LinkProof::NotRead,
            LinkProof::Accepted,
            LinkProof::Read,
            LinkProof::Planned(Mark::Gone),
        ]
        .map(link),
        functions: vec![
            FunctionStop {
                link: link(LinkProof::Called),
                station: station(),
                others: Some(others()),
                end_to_end: None,
            };
            functions
        ],
        others: Some(others()),
        more: Some(link(LinkProof::Fails)),
        elsewhere: vec![2],
        end_to_end: Some(link(LinkProof::NotRead)),
    }
}
