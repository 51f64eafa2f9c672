//! The nearest of what is known.

/// The nearest of the known ones, where the text is none of them but nearly one. Case does not count.
pub(super) fn near_miss<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    const NEAR: usize = 3;
    let text = text.to_ascii_lowercase();
    let distance = |known: &&'k str| strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &text);
    // The length first: the distance of long texts takes long.
    let nearest = known
        .iter()
        .filter(|known| known.len().abs_diff(text.len()) <= NEAR)
        .map(|known| (distance(known), *known))
        .min_by_key(|(distance, _)| *distance)?;
    (1..=NEAR).contains(&nearest.0).then_some(nearest.1)
}
