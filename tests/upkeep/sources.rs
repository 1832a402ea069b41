//! The sources of `src` as the tests of this folder see them: files, modules, what each file defines, and which paths it
//! names. Unit tests (`#[cfg(test)]`) are left out.
//!
//! ```text
//! src/**.rs ─ syn ─► modules (items, imports, globs) ─ resolve ─► the file in which a name is defined
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Fields, Item, UseTree, Visibility};

use crate::matched_text::{self, Match};

/// All of `src`, read once.
pub static SOURCES: LazyLock<Sources> = LazyLock::new(|| Sources::read(&src()));

pub fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A path as a file writes it.
#[derive(Debug, Clone)]
struct Named {
    /// The module in which it is written.
    module: Vec<String>,
    segments: Vec<String>,
    /// Names that only pass through (`pub use`) are no use of them.
    only_passes: bool,
}

/// A struct, or a variant of an enum, by the number of its fields.
#[derive(Debug)]
pub struct Shape {
    pub name: String,
    pub fields: usize,
}

/// One file.
#[derive(Debug)]
pub struct File {
    /// Below `src`, with `/`.
    pub path: String,
    pub text: String,
    /// Types that other modules may see.
    pub types: Vec<String>,
    pub shapes: Vec<Shape>,
    pub matches: Vec<Match>,
    named: Vec<Named>,
}

#[derive(Debug, Default)]
struct Module {
    /// Names of items that are defined in the module.
    items: BTreeSet<String>,
    modules: BTreeSet<String>,
    imports: BTreeMap<String, Import>,
    globs: Vec<Vec<String>>,
    file: usize,
}

#[derive(Debug)]
struct Import {
    segments: Vec<String>,
    public: bool,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An item of this project: its file and its full path, re-exports followed.
    Item { file: usize, path: String },
    /// Something of another crate, by its full path.
    Foreign(String),
}

#[derive(Debug, Default)]
pub struct Sources {
    pub files: Vec<File>,
    modules: BTreeMap<Vec<String>, Module>,
}

impl Sources {
    /// Reads the crate whose `lib.rs` stands in `root`.
    pub fn read(root: &Path) -> Self {
        let mut sources = Self::default();
        sources.file(root, &root.join("lib.rs"), &[]);
        sources
    }

    /// Reads one file and those of its modules. Where a module has no file, nothing is read: it stands in another target.
    fn file(&mut self, root: &Path, path: &Path, module: &[String]) {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        self.files.push(File { path: name, text, types: vec![], shapes: vec![], matches: vec![], named: vec![] });
        let number = self.files.len() - 1;
        let is_root = path.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs");
        let below = if is_root { path.parent().unwrap().to_owned() } else { path.with_extension("") };
        self.items(root, &below, number, module, parsed.items);
    }

    fn items(&mut self, root: &Path, below: &Path, file: usize, module: &[String], items: Vec<Item>) {
        self.modules.entry(module.to_vec()).or_default().file = file;
        for item in items {
            if is_test(attributes(&item)) {
                continue;
            }
            match item {
                Item::Use(import) => self.import(file, module, &import.tree, !is_private(&import.vis)),
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let path: Vec<String> = module.iter().cloned().chain([name.clone()]).collect();
                    self.module(module).modules.insert(name.clone());
                    let below_it = below.join(&name);
                    match inner.content {
                        Some((_, items)) => self.items(root, &below_it, file, &path, items),
                        None => {
                            let flat = below.join(format!("{name}.rs"));
                            let next = if flat.exists() { flat } else { below_it.join("mod.rs") };
                            self.file(root, &next, &path);
                        }
                    }
                }
                other => self.item(file, module, &other),
            }
        }
    }

    fn module(&mut self, path: &[String]) -> &mut Module {
        self.modules.entry(path.to_vec()).or_default()
    }

    /// An item that is no module and no import: what it defines, and which paths it names.
    fn item(&mut self, file: usize, module: &[String], item: &Item) {
        if let Some((name, visibility)) = type_of(item)
            && is_public(visibility)
        {
            self.files[file].types.push(name);
        }
        self.files[file].shapes.extend(shapes(item));
        if let Some(name) = name_of(item) {
            self.module(module).items.insert(name);
        }
        let tokens = item.to_token_stream();
        self.files[file].matches.extend(matched_text::find(tokens.clone()));
        self.paths(file, module, tokens);
    }

    /// The paths in a stream of tokens, in groups and in macros too.
    fn paths(&mut self, file: usize, module: &[String], tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.paths(file, module, group.stream()),
                // An import in a function.
                TokenTree::Ident(word) if word == "use" => {
                    let end = (at..tokens.len()).find(|&n| is(n, ';')).unwrap_or(tokens.len());
                    let tree: TokenStream = tokens[at + 1..end].iter().cloned().collect();
                    if let Ok(tree) = syn::parse2::<UseTree>(tree) {
                        self.import(file, module, &tree, false);
                    }
                    at = end;
                }
                TokenTree::Ident(first) => {
                    let mut segments = vec![first.to_string()];
                    let after_dot = at > 0 && is(at - 1, '.') && !(at > 1 && is(at - 2, '.'));
                    while is(at + 1, ':') && is(at + 2, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else { break };
                        segments.push(next.to_string());
                        at += 3;
                    }
                    let called = matches!(tokens.get(at + 1), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis);
                    let looks_like_an_item = called || is(at + 1, '!') || segments[0].starts_with(char::is_uppercase);
                    if !after_dot && (segments.len() > 1 || looks_like_an_item) {
                        let module = module.to_vec();
                        self.files[file].named.push(Named { module, segments, only_passes: false });
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn import(&mut self, file: usize, module: &[String], tree: &UseTree, public: bool) {
        let mut leaves = Vec::new();
        expand(&mut Vec::new(), tree, &mut leaves);
        for (segments, alias) in leaves {
            match alias {
                Some(alias) => {
                    self.module(module).imports.insert(alias, Import { segments: segments.clone(), public });
                }
                None => self.module(module).globs.push(segments.clone()),
            }
            self.files[file].named.push(Named { module: module.to_vec(), segments, only_passes: public });
        }
    }

    /// Where a path leads, as it is written in `module`. Nothing for names of locals, generics and the prelude, and for
    /// a module itself.
    fn resolve(&self, module: &[String], segments: &[String], depth: usize) -> Option<Place> {
        let (first, rest) = segments.split_first()?;
        if depth > 20 {
            return None;
        }
        match first.as_str() {
            "crate" => self.walk(&[], rest, depth),
            "self" => self.walk(module, rest, depth),
            "super" => self.walk(&module[..module.len().checked_sub(1)?], rest, depth),
            "Self" => None,
            _ => self.walk(module, segments, depth).or_else(|| foreign(segments)),
        }
    }

    /// Goes down from a module of this project.
    fn walk(&self, module: &[String], segments: &[String], depth: usize) -> Option<Place> {
        let (first, rest) = segments.split_first()?;
        if first == "super" {
            return self.walk(&module[..module.len().checked_sub(1)?], rest, depth);
        }
        let here = self.modules.get(module)?;
        if here.modules.contains(first) && !rest.is_empty() {
            let inner: Vec<String> = module.iter().cloned().chain([first.clone()]).collect();
            if let Some(found) = self.walk(&inner, rest, depth) {
                return Some(found);
            }
        }
        if here.items.contains(first) {
            let path = module.iter().chain([first]).cloned().collect::<Vec<_>>().join("::");
            return Some(Place::Item { file: here.file, path });
        }
        if let Some(import) = here.imports.get(first) {
            let whole: Vec<String> = import.segments.iter().chain(rest).cloned().collect();
            // An import of the name that is asked for (`use url::Url` in a module that is asked for `Url`).
            return if import.segments == [first.clone()] {
                foreign(&whole)
            } else {
                self.resolve(module, &whole, depth + 1)
            };
        }
        here.globs.iter().find_map(|glob| {
            let whole: Vec<String> = glob.iter().chain(segments).cloned().collect();
            match self.resolve(module, &whole, depth + 1) {
                Some(Place::Foreign(_)) | None => None,
                found => found,
            }
        })
    }

    /// What a file uses, and by which names.
    pub fn uses(&self, file: usize) -> BTreeSet<Place> {
        let used = self.files[file].named.iter().filter(|named| !named.only_passes);
        used.filter(|named| {
            // A single name is that of an import, which is seen where it is imported, or stands in the file itself.
            let [name] = named.segments.as_slice() else { return true };
            self.modules.get(&named.module).is_some_and(|m| m.imports.get(name).is_none_or(|i| i.public))
        })
        .filter_map(|named| self.resolve(&named.module, &named.segments, 0))
        .filter(|place| !matches!(place, Place::Item { file: of, .. } if *of == file))
        .collect()
    }

    /// The files that each file uses, with the names by which it does.
    pub fn edges(&self) -> Vec<BTreeMap<usize, BTreeSet<String>>> {
        (0..self.files.len())
            .map(|from| {
                let mut edges: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
                for place in self.uses(from) {
                    if let Place::Item { file, path } = place {
                        edges.entry(file).or_default().insert(path);
                    }
                }
                edges
            })
            .collect()
    }
}

/// A path of another crate. A single name is one of the prelude, or a local.
fn foreign(segments: &[String]) -> Option<Place> {
    (segments.len() > 1).then(|| Place::Foreign(segments.join("::")))
}

fn expand(head: &mut Vec<String>, tree: &UseTree, out: &mut Vec<(Vec<String>, Option<String>)>) {
    match tree {
        UseTree::Path(path) => {
            head.push(path.ident.to_string());
            expand(head, &path.tree, out);
            head.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| expand(head, tree, out)),
        UseTree::Glob(_) => out.push((head.clone(), None)),
        UseTree::Name(name) if name.ident == "self" => out.push((head.clone(), head.last().cloned())),
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            out.push((head.iter().cloned().chain([name.clone()]).collect(), Some(name)));
        }
        UseTree::Rename(rename) => {
            let mut path = head.clone();
            if rename.ident != "self" {
                path.push(rename.ident.to_string());
            }
            out.push((path, Some(rename.rename.to_string())));
        }
    }
}

fn is_private(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Inherited)
}

/// Seen in the whole crate.
fn is_public(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(to) => to.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| {
                let words = list.tokens.to_string();
                words == "test" || words.starts_with("all (test") || words.starts_with("all(test")
            })
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

fn type_of(item: &Item) -> Option<(String, &Visibility)> {
    match item {
        Item::Enum(i) => Some((i.ident.to_string(), &i.vis)),
        Item::Struct(i) => Some((i.ident.to_string(), &i.vis)),
        Item::Trait(i) => Some((i.ident.to_string(), &i.vis)),
        Item::Type(i) => Some((i.ident.to_string(), &i.vis)),
        _ => None,
    }
}

fn name_of(item: &Item) -> Option<String> {
    match item {
        Item::Const(i) => Some(i.ident.to_string()),
        Item::Fn(i) => Some(i.sig.ident.to_string()),
        Item::Static(i) => Some(i.ident.to_string()),
        Item::Macro(i) => i.ident.as_ref().map(ToString::to_string),
        other => type_of(other).map(|(name, _)| name),
    }
}

fn shapes(item: &Item) -> Vec<Shape> {
    let count = |fields: &Fields| fields.len();
    match item {
        Item::Struct(i) => vec![Shape { name: i.ident.to_string(), fields: count(&i.fields) }],
        Item::Enum(i) => {
            let shape =
                |v: &syn::Variant| Shape { name: format!("{}::{}", i.ident, v.ident), fields: count(&v.fields) };
            i.variants.iter().map(shape).collect()
        }
        _ => Vec::new(),
    }
}
