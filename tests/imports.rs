//! The modules of the program import each other one way: between the folders of `src`, in the order of the table in
//! docs/ARCHITECTURE.md, and inside each folder without a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A module: its path from the root of the crate.
type Module = Vec<String>;

/// What the source files say.
#[derive(Default)]
struct Sources {
    /// Names that a module exports of others, and the paths that they are names of.
    exported: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
    /// Paths that a module names, from the root of the crate.
    named: BTreeMap<Module, BTreeSet<Vec<String>>>,
}

/// Reads what one file names.
struct Reader<'a> {
    module: &'a Module,
    exported: BTreeMap<String, Vec<String>>,
    named: BTreeSet<Vec<String>>,
}

impl Reader<'_> {
    /// A path as it is written, from the root of the crate. A first name that is none of the keywords is taken to be a
    /// child of this module; if it is not, it stands for nothing here.
    fn absolute(&self, segments: &[String]) -> Vec<String> {
        let mut path = match segments.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            _ => self.module.clone(),
        };
        for segment in segments {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => drop(path.pop()),
                name => path.push(name.to_owned()),
            }
        }
        path
    }

    fn name(&mut self, segments: &[String]) {
        let path = self.absolute(segments);
        self.named.insert(path);
    }

    fn imported(&mut self, tree: &syn::UseTree, before: &[String], exports: bool) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        let (path, name) = match tree {
            syn::UseTree::Path(path) => return self.imported(&path.tree, &with(&path.ident), exports),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.imported(tree, before, exports));
            }
            syn::UseTree::Glob(_) => return self.name(before),
            syn::UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            syn::UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            syn::UseTree::Rename(renamed) => (with(&renamed.ident), Some(renamed.rename.to_string())),
        };
        match name.filter(|_| exports) {
            Some(name) => drop(self.exported.insert(name, self.absolute(&path))),
            None => self.name(&path),
        }
    }

    /// Paths in what a macro is given.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.name(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {
                    self.name(&std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.name(&path);
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.imported(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.name(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

impl Sources {
    /// Reads module `module` in `file`, and the modules that it declares.
    fn read(&mut self, file: &Path, module: Module) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reader =
            Reader { module: &module, exported: BTreeMap::default(), named: BTreeSet::default() };
        reader.visit_file(&parsed);
        let Reader { exported, named, .. } = reader;
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "mod") => file.parent().unwrap().to_owned(),
            _ => file.with_extension(""),
        };
        for item in &parsed.items {
            let syn::Item::Mod(declared) = item else { continue };
            if declared.content.is_some() || is_for_tests(&declared.attrs) {
                continue;
            }
            let name = declared.ident.to_string();
            let inner = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
            let inner = inner.into_iter().find(|file| file.exists()).expect(&name);
            self.read(&inner, [module.clone(), vec![name]].concat());
        }
        self.exported.insert(module.clone(), exported);
        self.named.insert(module, named);
    }

    /// The module that a path leads to, through what modules export of others.
    fn module_of(&self, path: &[String]) -> Module {
        let known = |length: &usize| self.named.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(known).unwrap_or(0);
        let (module, rest) = path.split_at(length);
        match rest.first().and_then(|name| self.exported.get(module)?.get(name)) {
            // Of what is exported a further name may be asked for.
            Some(target) if target != path => self.module_of(&[target, &rest[1..]].concat()),
            _ => module.to_vec(),
        }
    }

    /// Which module imports from which.
    fn imports(&self) -> BTreeSet<(Module, Module)> {
        let pairs = |(module, paths): (&Module, &BTreeSet<Vec<String>>)| {
            let to = paths.iter().filter(|path| path.len() > module.len() || !module.starts_with(path));
            to.map(|path| (module.clone(), self.module_of(path))).collect::<Vec<_>>()
        };
        let all: BTreeSet<_> = self.named.iter().flat_map(pairs).collect();
        all.into_iter().filter(|(from, to)| from != to && !to.is_empty()).collect()
    }
}

fn imports() -> BTreeSet<(Module, Module)> {
    let mut sources = Sources::default();
    sources.read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"), Vec::new());
    sources.imports()
}

/// What lies in one folder, and what imports from what there. The folder's own file is `mod.rs`.
fn by_folder(imports: &BTreeSet<(Module, Module)>) -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let mut folders: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::default();
    for (from, to) in imports {
        let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        let place = |module: &Module| module.get(shared).cloned().unwrap_or_else(|| "mod.rs".to_owned());
        let folder = folders.entry(from[..shared].to_vec()).or_default();
        folder.entry(place(from)).or_default().insert(place(to));
    }
    folders
}

/// Whether `to` is reached from `from`.
fn reaches(edges: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut ahead) = (BTreeSet::new(), vec![from]);
    while let Some(at) = ahead.pop() {
        for next in edges.get(at).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                ahead.push(next);
            }
        }
    }
    false
}

#[test]
fn no_folder_has_a_circle_of_imports() {
    let mut circles = Vec::new();
    for (folder, edges) in by_folder(&imports()) {
        let inside: Vec<&String> = edges.keys().filter(|file| reaches(&edges, file, file)).collect();
        for file in &inside {
            let back = edges[*file].iter().filter(|to| reaches(&edges, to, file));
            circles.extend(back.map(|to| format!("src/{}: {file} imports from {to}", folder.join("/"))));
        }
    }
    assert!(circles.is_empty(), "imports go in a circle:\n{}", circles.join("\n"));
}

#[test]
fn folders_import_from_those_above_them_in_the_table() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).unwrap();
    let table = text.split_once("## Modules").unwrap().1.split_once("\n\n|").unwrap().1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let order: Vec<&str> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split(',').map(|name| name.trim().trim_matches('`')))
        .collect();
    assert!(order.len() > 10, "{order:?}");
    let place = |module: &Module| {
        let found = order.iter().position(|name| *name == module[0]);
        found.unwrap_or_else(|| panic!("docs/ARCHITECTURE.md has no row for {}", module[0]))
    };
    let wrong: Vec<String> = imports()
        .iter()
        .filter(|(from, to)| from[..].first().is_some_and(|name| name != &to[0]) && place(from) < place(to))
        .map(|(from, to)| format!("{} imports from {}", from.join("::"), to.join("::")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
