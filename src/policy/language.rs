//! The kinds of text that patterns tell apart.
//!
//! A document tests a text with finitely many patterns; texts that match the same ones are of one kind to it. Walking
//! the states that all patterns can be in after the same text reaches every existing kind, each with a shortest text,
//! so what holds for those texts holds for all.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::ops::ControlFlow;

use super::pattern::Piece;

/// What one place in a pattern accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternStep {
    Literal(char),
    LiteralInAnyCase(char),
    One,
    OneButColon,
    Run,
    RunButColon,
}

impl PatternStep {
    fn is_run(self) -> bool {
        matches!(self, Self::Run | Self::RunButColon)
    }

    /// Whether this character passes the step. A run can end without one.
    fn passes(self, c: char) -> bool {
        match self {
            Self::Literal(wanted) => wanted == c,
            Self::LiteralInAnyCase(wanted) => wanted.eq_ignore_ascii_case(&c),
            Self::One => true,
            Self::OneButColon => c != ':',
            Self::Run | Self::RunButColon => false,
        }
    }

    fn stays(self, c: char) -> bool {
        self == Self::Run || self == Self::RunButColon && c != ':'
    }
}

/// Texts that match at least one of several patterns.
#[derive(Debug, Clone, Default)]
pub(super) struct Language(Vec<Vec<PatternStep>>);

impl Language {
    /// What `StringLike` matches.
    pub(super) fn add_glob(&mut self, pieces: &[Piece]) {
        self.add(pieces.iter().map(|piece| match piece {
            Piece::Literal(c) => PatternStep::Literal(*c),
            Piece::Question => PatternStep::One,
            Piece::Star => PatternStep::Run,
        }));
    }

    pub(super) fn add_literal(&mut self, text: &str) {
        self.add(text.chars().map(PatternStep::Literal));
    }

    pub(super) fn add_literal_in_any_case(&mut self, text: &str) {
        self.add(text.chars().map(PatternStep::LiteralInAnyCase));
    }

    /// What `ArnLike` matches: wildcards do not match a colon except in the last component.
    pub(super) fn add_arn(&mut self, pieces: &[Piece]) {
        let mut colons = 0;
        let steps: Vec<PatternStep> = pieces
            .iter()
            .map(|piece| {
                colons += usize::from(*piece == Piece::Literal(':'));
                match piece {
                    Piece::Literal(c) => PatternStep::Literal(*c),
                    Piece::Question if colons < 5 => PatternStep::OneButColon,
                    Piece::Star if colons < 5 => PatternStep::RunButColon,
                    Piece::Question => PatternStep::One,
                    Piece::Star => PatternStep::Run,
                }
            })
            .collect();
        self.add(steps.into_iter());
    }

    fn add(&mut self, steps: impl Iterator<Item = PatternStep>) {
        let mut pattern: Vec<PatternStep> = Vec::new();
        for step in steps {
            // Two consecutive runs are one.
            if !(step.is_run() && pattern.last() == Some(&step)) {
                pattern.push(step);
            }
        }
        self.0.push(pattern);
    }

    fn characters(&self) -> impl Iterator<Item = char> {
        self.0.iter().flatten().flat_map(|step| match *step {
            PatternStep::Literal(c) => vec![c],
            PatternStep::LiteralInAnyCase(c) => vec![c.to_ascii_lowercase(), c.to_ascii_uppercase()],
            PatternStep::OneButColon | PatternStep::RunButColon => vec![':'],
            PatternStep::One | PatternStep::Run => Vec::new(),
        })
    }
}

/// The texts to search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts {
    /// Allowed characters, in order of preference.
    pub(super) alphabet: &'static str,
    pub(super) shortest: usize,
    pub(super) longest: usize,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// Every kind was visited.
    Complete,
    Stopped,
    /// There are too many states to visit in a moment.
    TooLarge,
}

/// State words that a walk may compute: about a tenth of a second.
const MOST: usize = 2_000_000;

/// Visits a shortest text of every kind that the languages distinguish.
pub(super) fn visit_kinds(
    languages: &[Language],
    texts: Texts,
    mut visit: impl FnMut(&str) -> ControlFlow<()>,
) -> Walk {
    let symbols = symbols(languages, texts.alphabet);
    let machines: Vec<Machine> = languages
        .iter()
        .flat_map(|language| &language.0)
        .map(|steps| Machine::new(steps, &symbols))
        .collect();
    let product = Product { languages, machines };
    let mut nodes: Vec<Reached> = vec![Reached { before: 0, symbol: 0, length: 0 }];
    let start = product.start();
    let (mut seen, mut kinds) = (HashSet::from([(start.clone(), 0)]), HashSet::new());
    let mut queue = VecDeque::from([(start, 0)]);
    let mut work = 0;
    while let Some((state, node)) = queue.pop_front() {
        let length = nodes[node].length;
        if length >= texts.shortest
            && kinds.insert(product.matched(&state))
            && visit(&spell(&nodes, node, &symbols)).is_break()
        {
            return Walk::Stopped;
        }
        if length == texts.longest {
            continue;
        }
        for symbol in 0..symbols.len() {
            work += state.len() + 1;
            if work > MOST {
                return Walk::TooLarge;
            }
            let next = product.next(&state, symbol);
            if seen.insert((next.clone(), (length + 1).min(texts.shortest))) {
                nodes.push(Reached { before: node, symbol, length: length + 1 });
                queue.push_back((next, nodes.len() - 1));
            }
        }
    }
    Walk::Complete
}

/// How a state was first reached.
struct Reached {
    before: usize,
    symbol: usize,
    length: usize,
}

fn spell(nodes: &[Reached], mut node: usize, symbols: &[char]) -> String {
    let mut text = Vec::new();
    while nodes[node].length > 0 {
        text.push(symbols[nodes[node].symbol]);
        node = nodes[node].before;
    }
    text.iter().rev().collect()
}

/// The characters that the languages name, plus one for all others, which they treat alike.
fn symbols(languages: &[Language], alphabet: &str) -> Vec<char> {
    let named: BTreeSet<char> = languages.iter().flat_map(Language::characters).collect();
    let (named, others): (Vec<char>, Vec<char>) = alphabet.chars().partition(|c| named.contains(c));
    others.into_iter().take(1).chain(named).collect()
}

/// One pattern's steps as bits: a set bit in a state marks a place that the text so far may have reached.
struct Machine {
    length: usize,
    runs: Vec<u64>,
    /// Runs that stay on any symbol.
    open_runs: Vec<u64>,
    /// By symbol.
    passes: Vec<Vec<u64>>,
    stays: Vec<Vec<u64>>,
}

impl Machine {
    fn new(steps: &[PatternStep], symbols: &[char]) -> Self {
        let words = steps.len() / 64 + 1;
        let mask = |of: &dyn Fn(PatternStep) -> bool| {
            let mut mask = vec![0_u64; words];
            for (at, _) in steps.iter().enumerate().filter(|(_, step)| of(**step)) {
                mask[at / 64] |= 1 << (at % 64);
            }
            mask
        };
        Self {
            length: steps.len(),
            runs: mask(&PatternStep::is_run),
            open_runs: mask(&|step| step == PatternStep::Run),
            passes: symbols.iter().map(|c| mask(&|step| step.passes(*c))).collect(),
            stays: symbols.iter().map(|c| mask(&|step| step.stays(*c))).collect(),
        }
    }

    fn words(&self) -> usize {
        self.runs.len()
    }

    fn start(&self) -> Vec<u64> {
        let mut state = vec![0; self.words()];
        state[0] = 1;
        self.settle(&mut state);
        state
    }

    fn next(&self, state: &[u64], symbol: usize) -> Vec<u64> {
        let mut next = vec![0; self.words()];
        let mut carry = 0;
        for (at, word) in state.iter().enumerate() {
            let passed = word & self.passes[symbol][at];
            next[at] = (passed << 1) | carry | (word & self.stays[symbol][at]);
            carry = passed >> 63;
        }
        self.settle(&mut next);
        next
    }

    /// Runs may be empty; places before the last open run add nothing to what that run can be followed by.
    fn settle(&self, state: &mut [u64]) {
        loop {
            let (mut changed, mut carry) = (false, 0);
            for (at, word) in state.iter_mut().enumerate() {
                let left = *word & self.runs[at];
                let more = *word | (left << 1) | carry;
                carry = left >> 63;
                changed |= more != *word;
                *word = more;
            }
            if !changed {
                break;
            }
        }
        let last = (0..state.len()).rev().find(|&at| state[at] & self.open_runs[at] != 0);
        if let Some(at) = last {
            let bit = 63 - (state[at] & self.open_runs[at]).leading_zeros();
            state[at] &= u64::MAX << bit;
            state[..at].fill(0);
        }
    }

    fn matched(&self, state: &[u64]) -> bool {
        state[self.length / 64] & (1 << (self.length % 64)) != 0
    }

    /// Whether any continuation matches too.
    fn always_matches(&self, state: &[u64]) -> bool {
        let Some(last) = self.length.checked_sub(1) else { return false };
        state[last / 64] & self.open_runs[last / 64] & (1 << (last % 64)) != 0
    }
}

/// All machines at once. A state has, for each language, a word that is 1 once any continuation matches, and the words
/// of its machines.
struct Product<'a> {
    languages: &'a [Language],
    machines: Vec<Machine>,
}

impl Product<'_> {
    fn start(&self) -> Vec<u64> {
        let mut machines = self.machines.iter();
        let mut state = Vec::new();
        for language in self.languages {
            let mut part = Vec::new();
            let own: Vec<&Machine> = machines.by_ref().take(language.0.len()).collect();
            own.iter().for_each(|machine| part.extend(machine.start()));
            push(&mut state, part, &own);
        }
        state
    }

    fn next(&self, state: &[u64], symbol: usize) -> Vec<u64> {
        let mut machines = self.machines.iter();
        let mut next = Vec::with_capacity(state.len());
        let mut rest = state;
        for language in self.languages {
            let own: Vec<&Machine> = machines.by_ref().take(language.0.len()).collect();
            let words: usize = own.iter().map(|machine| machine.words()).sum();
            let (part, after) = rest.split_at(words + 1);
            rest = after;
            if part[0] == 1 {
                next.extend(part);
                continue;
            }
            let mut moved = Vec::with_capacity(words);
            let mut at = 1;
            for machine in &own {
                moved.extend(machine.next(&part[at..at + machine.words()], symbol));
                at += machine.words();
            }
            push(&mut next, moved, &own);
        }
        next
    }

    /// Which languages the text has matched.
    fn matched(&self, state: &[u64]) -> Vec<bool> {
        let mut machines = self.machines.iter();
        let mut at = 0;
        let mut matched = Vec::with_capacity(self.languages.len());
        for language in self.languages {
            let mut any = state[at] == 1;
            at += 1;
            for machine in machines.by_ref().take(language.0.len()) {
                any |= machine.matched(&state[at..at + machine.words()]);
                at += machine.words();
            }
            matched.push(any);
        }
        matched
    }
}

/// Appends one language's part of a state.
fn push(state: &mut Vec<u64>, mut part: Vec<u64>, machines: &[&Machine]) {
    let mut at = 0;
    let mut always = false;
    for machine in machines {
        always |= machine.always_matches(&part[at..at + machine.words()]);
        at += machine.words();
    }
    if always {
        part.fill(0);
    }
    state.push(u64::from(always));
    state.extend(part);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::budget::Budget;
    use super::super::pattern::{arn_matches, matches, wildcards};
    use super::*;

    const TEXTS: Texts = Texts { alphabet: "xab:", shortest: 2, longest: 4 };

    fn all_texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut all = Vec::new();
        for length in 1..=TEXTS.longest {
            texts = texts
                .iter()
                .flat_map(|text| TEXTS.alphabet.chars().map(move |c| format!("{text}{c}")))
                .collect();
            if length >= TEXTS.shortest {
                all.extend(texts.iter().cloned());
            }
        }
        all
    }

    fn kinds(languages: &[Language], texts: Texts) -> Vec<String> {
        let mut found = Vec::new();
        let walk = visit_kinds(languages, texts, |text| {
            found.push(text.to_owned());
            ControlFlow::Continue(())
        });
        assert_eq!(walk, Walk::Complete);
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        /// Brute force finds no kind that the walk misses, and the walk never yields two texts of one kind.
        #[test]
        fn a_walk_visits_every_kind_of_text_once(
            patterns in prop::collection::vec(prop::collection::vec("[ab:?*]{0,6}", 1..3), 1..4),
        ) {
            let globs: Vec<Vec<Vec<Piece>>> =
                patterns.iter().map(|all| all.iter().map(|one| wildcards(one)).collect()).collect();
            let languages: Vec<Language> = globs.iter().map(|all| {
                let mut language = Language::default();
                all.iter().for_each(|pieces| language.add_glob(pieces));
                language
            }).collect();
            let kind = |text: &str| -> Vec<bool> {
                let matched = |pieces: &Vec<Piece>| matches(pieces, text, &Budget::new()) == Some(true);
                globs.iter().map(|all| all.iter().any(matched)).collect()
            };
            let found = kinds(&languages, TEXTS);
            let of_walk: BTreeSet<Vec<bool>> = found.iter().map(|text| kind(text)).collect();
            let of_all: BTreeSet<Vec<bool>> = all_texts().iter().map(|text| kind(text)).collect();
            prop_assert_eq!(found.len(), of_walk.len());
            prop_assert_eq!(of_walk, of_all);
        }

        #[test]
        fn the_pattern_of_an_arn_is_read_as_the_evaluator_reads_it(
            pattern in "[a:?*]{5,9}", text in "[ab:]{5,9}",
        ) {
            let pieces = wildcards(&pattern);
            let Some(expected) = arn_matches(&pieces, &text, &Budget::new()) else { return Ok(()) };
            let (mut arn, mut itself) = (Language::default(), Language::default());
            arn.add_arn(&pieces);
            itself.add_literal(&text);
            let texts = Texts { alphabet: "xab:", shortest: 5, longest: 9 };
            let mut matched = None;
            let product = Product {
                languages: &[arn.clone()],
                machines: arn.0.iter().map(|steps| Machine::new(steps, &symbols(&[itself.clone()], "xab:"))).collect(),
            };
            let symbols = symbols(&[itself], texts.alphabet);
            let mut state = product.start();
            for c in text.chars() {
                let symbol = symbols.iter().position(|known| *known == c).unwrap();
                state = product.next(&state, symbol);
                matched = Some(product.matched(&state)[0]);
            }
            prop_assert_eq!(matched, Some(expected));
        }
    }

    #[test]
    fn a_text_of_a_kind_is_a_shortest_one_within_the_lengths() {
        let mut language = Language::default();
        language.add_glob(&wildcards("*-vendor"));
        let texts = Texts { alphabet: "abcdefghijklmnopqrstuvwxyz-", shortest: 2, longest: 1224 };
        assert_eq!(kinds(&[language.clone()], texts), ["aa", "-vendor"]);
        assert_eq!(kinds(&[language], Texts { longest: 6, ..texts }), ["aa"]);
    }

    #[test]
    fn literals_in_any_case_and_long_patterns_are_told_apart() {
        let long = "ab".repeat(100);
        let mut any_case = Language::default();
        any_case.add_literal_in_any_case("Ab");
        let mut exact = Language::default();
        exact.add_literal(&long);
        let texts = Texts { alphabet: "xabAB", shortest: 1, longest: 300 };
        assert_eq!(kinds(&[any_case, exact], texts), ["x", "ab", &long]);
    }

    #[test]
    fn a_walk_over_too_many_states_says_so() {
        let languages: Vec<Language> = (0..40)
            .map(|n: u32| {
                let mut language = Language::default();
                language.add_glob(&wildcards(&format!(
                    "*{}*",
                    char::from_u32(97 + n % 26).unwrap().to_string().repeat(1 + n as usize / 26)
                )));
                language
            })
            .collect();
        let texts = Texts { alphabet: "abcdefghijklmnopqrstuvwxyz", shortest: 2, longest: 1224 };
        assert_eq!(visit_kinds(&languages, texts, |_| ControlFlow::Continue(())), Walk::TooLarge);
    }
}
