//! Kafka's config providers (KIP-297, KIP-421): values that stand elsewhere, as
//! `${file:/run/secrets/kafka.properties:password}`.
//!
//! Takes the properties of a file and look-ups, and gives the properties with the values in the
//! place of what names them. Without `config.providers`, values stay as they are. A value that was
//! looked up is in no problem.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::super::layers::SetBy;
use super::super::properties::{self, Property};
use super::super::{Lookups, problem};
use crate::diagnostic::Diagnostic;

const LIST: &str = "config.providers";

const WAY_OUT: &str = "topicctl has Kafka's own FileConfigProvider, EnvVarConfigProvider and \
                       DirectoryConfigProvider: let a file or a variable hold the secret, or set \
                       KAFKA_USERNAME and KAFKA_PASSWORD";

/// `org.apache.kafka.common.config.ConfigTransformer.DEFAULT_PATTERN`.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}";
    Regex::new(pattern).expect("the pattern above is a regular expression")
});

#[derive(Clone, Copy)]
enum Kind {
    File,
    Variable,
    Directory,
}

struct Provider {
    kind: Kind,
    /// Beginnings of the paths that may be read; any, where there are none.
    allowed_paths: Vec<PathBuf>,
    /// What the names of variables must match as a whole.
    allowed_names: Option<Regex>,
}

impl Kind {
    fn of(class: &str) -> Option<Self> {
        match class.rsplit('.').next()? {
            "FileConfigProvider" => Some(Self::File),
            "EnvVarConfigProvider" => Some(Self::Variable),
            "DirectoryConfigProvider" => Some(Self::Directory),
            _ => None,
        }
    }
}

/// Puts values in the place of what names them, and takes out what says how. A property whose value
/// is not found is a problem, and left out.
pub(super) fn resolve(
    mut found: Vec<Property>,
    place: impl Fn(&Property) -> SetBy,
    lookups: Lookups,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Property> {
    let own = |property: &Property| {
        let rest = property.key.trim().strip_prefix(LIST);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let declarations: Vec<Property> = found.extract_if(.., |property| own(property)).collect();
    let providers = declared(&declarations, &place, problems);
    found.retain_mut(|property| {
        let value = replaced(&property.value, &providers, lookups);
        let value = value.map_err(|(words, help)| {
            let found = problem(format!("the value of `{}`: {words}", property.key));
            problems.push(place(property).locate(found).help(help));
        });
        value.map(|value| property.value = value).is_ok()
    });
    found
}

/// Providers by their names; `None` for one that is a problem already.
fn declared(
    declarations: &[Property],
    place: impl Fn(&Property) -> SetBy,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Option<Provider>> {
    let property = |key: &str| declarations.iter().find(|one| one.key.trim() == key);
    let text = |key: &str| property(key).map(|one| one.value.trim());
    let Some(list) = property(LIST) else {
        return BTreeMap::new();
    };
    let mut providers = BTreeMap::new();
    for name in list
        .value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let of = |rest: &str| format!("{LIST}.{name}.{rest}");
        let class = property(&of("class"));
        let mut refuse = |at: &Property, words: String, help: &str| {
            problems.push(place(at).locate(problem(words)).help(help));
        };
        let kind = class.map(|class| Kind::of(class.value.trim()));
        let pattern_key = of("param.allowlist.pattern");
        let pattern =
            property(&pattern_key).map(|at| (at, Regex::new(&format!("^(?:{})$", at.value))));
        let provider = match (class, kind, pattern) {
            (Some(class), Some(None), _) => {
                let shown = class.value.trim();
                let words = format!(
                    "`{}` names {shown}, which has no counterpart here",
                    class.key
                );
                refuse(class, words, WAY_OUT);
                None
            }
            (_, Some(Some(_)), Some((at, Err(_)))) => {
                let words = format!("`{pattern_key}` is no regular expression");
                refuse(at, words, "write for example KAFKA_.*");
                None
            }
            (_, Some(Some(kind)), pattern) => Some(Provider {
                kind,
                allowed_paths: paths(text(&of("param.allowed.paths"))),
                allowed_names: pattern.and_then(|(_, pattern)| pattern.ok()),
            }),
            _ => {
                let class = of("class");
                let words = format!("`{LIST}` names `{name}`, and `{class}` is not set");
                let example = "org.apache.kafka.common.config.provider.FileConfigProvider";
                refuse(
                    list,
                    words,
                    &format!("set {class}, for example to {example}"),
                );
                None
            }
        };
        providers.insert(name.to_owned(), provider);
    }
    providers
}

fn paths(list: Option<&str>) -> Vec<PathBuf> {
    let list = list.unwrap_or_default().split(',').map(str::trim);
    let filled = list.filter(|path| !path.is_empty());
    filled.map(|path| normal(Path::new(path))).collect()
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// What is wrong with a reference, and the way out.
type Fault = (String, String);

fn replaced(
    value: &str,
    providers: &BTreeMap<String, Option<Provider>>,
    lookups: Lookups,
) -> Result<String, Fault> {
    let (mut replaced, mut behind) = (String::new(), 0);
    for found in REFERENCE.captures_iter(value) {
        // A name that is not declared may be a part of the value.
        let Some(provider) = providers.get(&found[1]) else {
            continue;
        };
        let whole = found.get(0).map(|whole| whole.range()).unwrap_or_default();
        replaced.push_str(&value[behind..whole.start]);
        if let Some(provider) = provider {
            replaced.push_str(&provider.value(&found, lookups)?);
        }
        behind = whole.end;
    }
    replaced.push_str(&value[behind..]);
    Ok(replaced)
}

impl Provider {
    fn value(&self, found: &Captures, lookups: Lookups) -> Result<String, Fault> {
        let path = found.get(2).map_or("", |path| path.as_str());
        let key = &found[3];
        let fault = |words: String, help: &str| Err((words, help.to_owned()));
        if let Kind::Variable = self.kind {
            let allowed = self.allowed_names.as_ref();
            if allowed.is_some_and(|pattern| !pattern.is_match(key)) {
                let help = "name it in param.allowlist.pattern of its provider";
                return fault(format!("the variable {key} may not be read"), help);
            }
            return (lookups.variable)(key).map_or_else(
                || fault(format!("there is no variable {key}"), "set it"),
                Ok,
            );
        }
        if path.is_empty() || key.is_empty() {
            let words = "a reference without a path or a key".to_owned();
            return fault(words, "write ${NAME:PATH:KEY}");
        }
        let file = match self.kind {
            Kind::Directory => Path::new(path).join(key),
            _ => PathBuf::from(path),
        };
        let at = normal(&file);
        let allowed = &self.allowed_paths;
        if !allowed.is_empty() && !allowed.iter().any(|allowed| at.starts_with(allowed)) {
            let help = "name its directory in param.allowed.paths of its provider";
            return fault(format!("{} may not be read", file.display()), help);
        }
        let text = lookups.text(&file).map_err(|error| {
            let words = format!("{} cannot be read ({error})", file.display());
            (words, "write the path of a file that is there".to_owned())
        })?;
        match self.kind {
            Kind::Directory => Ok(without_line_break(text)),
            _ => of_properties(&text, key).ok_or_else(|| {
                let words = format!("{} has no `{key}`", file.display());
                (
                    words,
                    "write the name of a property of that file".to_owned(),
                )
            }),
        }
    }
}

fn of_properties(text: &str, key: &str) -> Option<String> {
    let all = properties::pairs(text);
    let mut of_key = all.into_iter().filter(|(found, _)| found == key);
    of_key.next_back().map(|(_, value)| value)
}

fn without_line_break(mut text: String) -> String {
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    text
}
