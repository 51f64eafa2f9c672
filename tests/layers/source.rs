//! Rust sources, as far as it takes to see which file uses which.

use std::collections::{BTreeMap, BTreeSet};

/// The files of a crate, by their path below `src`.
pub struct Sources {
    /// Without comments, strings and tests.
    code: BTreeMap<String, String>,
    /// By module path: `["plan", "model"]`.
    modules: BTreeMap<Vec<String>, String>,
    /// What each file re-exports: name, and the path that it stands for.
    exports: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Sources {
    pub fn new(files: BTreeMap<String, String>) -> Self {
        let path = |file: &str| -> Vec<String> {
            let name = file.trim_end_matches(".rs");
            if matches!(name, "lib") {
                return Vec::new();
            }
            name.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
        };
        let only_in_tests: BTreeSet<Vec<String>> = files
            .iter()
            .flat_map(|(file, text)| {
                let parent = path(file);
                test_modules(text).into_iter().map(move |name| [parent.clone(), vec![name]].concat())
            })
            .collect();
        let is_product = |file: &str| {
            let path = path(file);
            !(1..=path.len()).any(|length| only_in_tests.contains(&path[..length]))
        };
        let code: BTreeMap<String, String> = files
            .iter()
            .filter(|(file, _)| is_product(file))
            .map(|(file, text)| (file.clone(), product_code(text)))
            .collect();
        let modules = code.keys().map(|file| (path(file), file.clone())).collect();
        let mut sources = Self { code, modules, exports: BTreeMap::new() };
        let exports = sources.code.iter().map(|(file, code)| {
            let mut names = BTreeMap::new();
            for (is_export, path, name) in imports(code) {
                if is_export && name != "*" {
                    names.insert(name, sources.absolute(file, &path));
                }
            }
            (file.clone(), names)
        });
        sources.exports = exports.collect();
        sources
    }

    pub fn product_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.code.iter().map(|(file, code)| (file.as_str(), code.as_str()))
    }

    /// Which file uses an item of which other file.
    pub fn uses(&self) -> BTreeSet<(String, String)> {
        let mut uses = BTreeSet::new();
        for (file, code) in &self.code {
            // A facade hands on what its own files declare: who uses that uses the declaration.
            let hands_on = |path: &[String], is_export: bool, name: &str| {
                is_export && name != "*" && file.ends_with("/mod.rs") && self.is_below(file, path)
            };
            let named =
                imports(code).into_iter().filter(|(is_export, path, name)| !hands_on(path, *is_export, name));
            let named = named.flat_map(|(_, path, name)| {
                let path = self.absolute(file, &path);
                let everything = if name == "*" { self.exported(&path) } else { Vec::new() };
                [vec![path], everything].concat()
            });
            let others = paths(&without_imports(code)).into_iter().map(|path| self.absolute(file, &path));
            for path in named.chain(others) {
                if let Some(used) = self.declared(&path, 0)
                    && used != *file
                    && used != "lib.rs"
                {
                    uses.insert((file.clone(), used));
                }
            }
        }
        uses
    }

    /// What a glob import of a module brings.
    fn exported(&self, module: &[String]) -> Vec<Vec<String>> {
        let exports = self.modules.get(module).and_then(|file| self.exports.get(file));
        exports.into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    fn is_below(&self, facade: &str, path: &[String]) -> bool {
        self.absolute(facade, path).starts_with(&self.absolute(facade, &["self".to_owned()]))
    }

    /// From the root of the crate.
    fn absolute(&self, file: &str, path: &[String]) -> Vec<String> {
        let own = self.modules.iter().find(|(_, known)| *known == file).map(|(path, _)| path.clone());
        let mut at = own.unwrap_or_default();
        let mut rest = path;
        match path[0].as_str() {
            "crate" | "genesys_iam" => {
                at.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            _ => {}
        }
        [at, rest.to_vec()].concat()
    }

    /// The file that declares what a path names; nothing for other crates.
    fn declared(&self, path: &[String], depth: usize) -> Option<String> {
        let length = (0..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let file = &self.modules[&path[..length]];
        let Some(name) = path.get(length) else { return Some(file.clone()) };
        match self.exports[file].get(name) {
            Some(export) if depth < 8 => {
                let further = [export.clone(), path[length + 1..].to_vec()].concat();
                self.declared(&further, depth + 1)
            }
            _ if length == 0 => None,
            _ => Some(file.clone()),
        }
    }
}

/// `use` items: whether they re-export, the path, and the name that it gets.
fn imports(code: &str) -> Vec<(bool, Vec<String>, String)> {
    let mut found = Vec::new();
    for item in code.split(';') {
        // What is before it ends in another item.
        let Some(at) = find_use(item) else { continue };
        let before = item[..at].trim_end();
        let is_export = before.ends_with("pub") || before.ends_with(')') && before.contains("pub(");
        let mut leaves = Vec::new();
        tree(item[at + 4..].trim(), &mut Vec::new(), &mut leaves);
        found.extend(leaves.into_iter().map(|(path, name)| (is_export, path, name)));
    }
    found
}

fn find_use(item: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = item[from..].find("use ").map(|at| at + from) {
        if !item[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            return Some(at);
        }
        from = at + 4;
    }
    None
}

/// The leaves of a tree such as `a::{self, b::C as D}`.
fn tree(text: &str, before: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, String)>) {
    let text = text.trim();
    if let Some(open) = text.find('{') {
        let depth = before.len();
        before
            .extend(text[..open].split("::").map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned));
        let (mut level, mut start) = (0, open + 1);
        for (at, letter) in text.char_indices().skip_while(|(at, _)| *at <= open) {
            match letter {
                '{' => level += 1,
                '}' if level > 0 => level -= 1,
                ',' | '}' if level == 0 => {
                    tree(&text[start..at], before, leaves);
                    start = at + 1;
                }
                _ => {}
            }
        }
        before.truncate(depth);
        return;
    }
    if text.is_empty() {
        return;
    }
    let (path, renamed) =
        text.split_once(" as ").map_or((text, None), |(path, name)| (path, Some(name.trim())));
    let mut full = before.clone();
    full.extend(path.split("::").map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()));
    if full.last().is_some_and(|last| last == "self") && full.len() > 1 {
        full.pop();
    }
    let name = full.last().cloned().unwrap_or_default();
    if name == "*" {
        full.pop();
    }
    leaves.push((full, renamed.map_or(name, str::to_owned)));
}

/// Paths in the code that begin at the crate, or above or in this module.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut from = 0;
    while let Some(at) = code[from..].find("::").map(|at| at + from) {
        let start = code[..at].rfind(|letter| !is_word(letter)).map_or(0, |before| before + 1);
        from = at + 2;
        let first = &code[start..at];
        // `pub(in crate::a)` says who may use it, and uses nothing.
        if first.is_empty() || code[..start].ends_with("::") || code[..start].ends_with("(in ") {
            continue;
        }
        let mut path = vec![first.to_owned()];
        let mut rest = &code[at + 2..];
        loop {
            let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            path.push(rest[..end].to_owned());
            match rest[end..].strip_prefix("::") {
                Some(further) => rest = further,
                None => break,
            }
        }
        if first.chars().next().is_some_and(char::is_lowercase) {
            found.push(path);
        }
    }
    found
}

fn without_imports(code: &str) -> String {
    code.split_inclusive(';').map(|item| find_use(item).map_or(item, |at| &item[..at])).collect()
}

/// Names of the modules that only tests have.
fn test_modules(text: &str) -> Vec<String> {
    let text = without_comments_and_strings(text);
    let mut names = Vec::new();
    for rest in text.split("#[cfg(test)]").skip(1) {
        let item = rest.trim_start().trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ");
        if let Some(name) = item.trim_start_matches("pub ").strip_prefix("mod ")
            && let Some(end) = name.find([';', ' ', '{'])
        {
            names.push(name[..end].to_owned());
        }
    }
    names
}

/// Code without comments, strings and what only tests have.
pub fn product_code(text: &str) -> String {
    let code = without_comments_and_strings(text);
    let mut out = String::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        rest = &rest[at + "#[cfg(test)]".len()..];
        // The item ends with its block, or with the semicolon before any.
        let mut level = 0;
        let end = rest.char_indices().find_map(|(at, letter)| {
            match letter {
                ';' if level == 0 => return Some(at + 1),
                '{' => level += 1,
                '}' if level == 1 => return Some(at + 1),
                '}' => level -= 1,
                _ => {}
            }
            None
        });
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    out + rest
}

fn without_comments_and_strings(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            end_of_comment(rest)
        } else if let Some(hashes) = raw_string(rest)
            .filter(|_| !out.ends_with(|before: char| before.is_alphanumeric() || before == '_'))
        {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = rest.find('"').unwrap() + 1;
            rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len())
        } else if letter == '"' {
            end_of_string(rest)
        } else if letter == '\'' {
            end_of_char(rest)
        } else {
            0
        };
        if skip == 0 {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            rest = &rest[skip..];
        }
    }
    out
}

/// Comments nest.
fn end_of_comment(text: &str) -> usize {
    let (mut level, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            level += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            level -= 1;
            at += 2;
            if level == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// 0 for a lifetime.
fn end_of_char(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => {
            letters.next();
            text[2..].char_indices().skip(1).find(|(_, letter)| *letter == '\'').map_or(0, |(at, _)| at + 3)
        }
        Some((at, letter)) if text[at + letter.len_utf8()..].starts_with('\'') => at + letter.len_utf8() + 1,
        _ => 0,
    }
}
