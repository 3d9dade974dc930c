//! Amazon's shared configuration: the files `~/.aws/config` and `~/.aws/credentials` with their
//! profiles, and which of them is meant.
//!
//! Reads files through a function, and variables likewise. What a profile means is not decided here.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

const DEFAULT: &str = "default";

/// The profiles of both files.
pub(in super::super::super) struct SharedConfig {
    profiles: BTreeMap<String, Profile>,
    /// `~/.aws/sso-session` sections, by name.
    sso_sessions: BTreeMap<String, Profile>,
    /// The files as they were looked for.
    pub(super) files: [ConfigFile; 2],
}

#[derive(Clone, Default)]
pub(in super::super::super) struct Profile(BTreeMap<String, String>);

pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    /// Why it could not be read.
    pub(super) error: Option<io::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Config,
    Credentials,
}

impl SharedConfig {
    /// Reads both files. One that is not there has no profiles.
    pub(in super::super::super) fn read(
        variable: &dyn Fn(&str) -> Option<String>,
        file: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Self {
        let home = variable("HOME").unwrap_or_default();
        let path = |name: &str, usual: &str| {
            let named = variable(name).filter(|path| !path.is_empty());
            let path = named.unwrap_or_else(|| format!("~/.aws/{usual}"));
            PathBuf::from(match path.strip_prefix("~/") {
                Some(rest) => format!("{home}/{rest}"),
                None => path,
            })
        };
        let mut all = Self {
            profiles: BTreeMap::new(),
            sso_sessions: BTreeMap::new(),
            files: [
                ConfigFile {
                    path: path("AWS_CONFIG_FILE", "config"),
                    error: None,
                },
                ConfigFile {
                    path: path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
                    error: None,
                },
            ],
        };
        // What stands in both, the second says.
        for (index, kind) in [Kind::Config, Kind::Credentials].into_iter().enumerate() {
            match file(&all.files[index].path) {
                Ok(bytes) => all.take(&String::from_utf8_lossy(&bytes), kind),
                Err(error) => all.files[index].error = Some(error),
            }
        }
        all
    }

    fn take(&mut self, text: &str, kind: Kind) {
        let mut section = None;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let words = line.trim();
            if words.is_empty() || words.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = words.strip_prefix('[') {
                let name = name.split(']').next().unwrap_or_default();
                section = self.section(name.trim(), kind);
                continue;
            }
            // An indented line belongs to the setting above it, and none of those matters here.
            if line.starts_with(char::is_whitespace) {
                continue;
            }
            if let (Some(section), Some((name, value))) = (&mut section, words.split_once('=')) {
                let value = value.split(" #").next().unwrap_or_default();
                let name = name.trim().to_ascii_lowercase();
                section.0.insert(name, value.trim().to_owned());
            }
        }
    }

    fn section(&mut self, name: &str, kind: Kind) -> Option<&mut Profile> {
        let mut words = name.split_whitespace();
        let (first, second) = (words.next()?, words.next());
        match (kind, first, second) {
            (Kind::Credentials, ..) | (Kind::Config, DEFAULT, None) => {
                Some(self.profiles.entry(name.to_owned()).or_default())
            }
            (Kind::Config, "profile", Some(_)) => {
                let name = name["profile".len()..].trim().trim_matches(['"', '\'']);
                Some(self.profiles.entry(name.to_owned()).or_default())
            }
            (Kind::Config, "sso-session", Some(_)) => {
                let name = name["sso-session".len()..].trim();
                Some(self.sso_sessions.entry(name.to_owned()).or_default())
            }
            _ => None,
        }
    }

    pub(in super::super::super) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    pub(super) fn sso_session(&self, name: &str) -> Option<&Profile> {
        self.sso_sessions.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }
}

impl Profile {
    pub(in super::super::super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}

/// The profile that is meant where none is named, and the variable that names it.
pub(in super::super::super) fn usual_profile(
    variable: &dyn Fn(&str) -> Option<String>,
) -> (String, Option<&'static str>) {
    let named = |name| {
        Some((
            variable(name).filter(|value| !value.is_empty())?,
            Some(name),
        ))
    };
    let named = named("AWS_PROFILE").or_else(|| named("AWS_DEFAULT_PROFILE"));
    named.unwrap_or_else(|| (DEFAULT.to_owned(), None))
}

impl fmt::Display for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.error {
            None => write!(f, "{path}"),
            Some(error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "{path} (no such file)")
            }
            Some(error) => write!(f, "{path} ({error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# of the team
[default]
region = eu-west-1
[profile ci]
role_arn = arn:aws:iam::1:role/ci # assumed
source_profile=base
s3 =
    region = us-east-1
[sso-session corp]
sso_region = eu-central-1
[ci]
region = nowhere
";
    const CREDENTIALS: &str = "\
[base]
aws_access_key_id = AK
AWS_SECRET_ACCESS_KEY = a=b==
[ci]
region = eu-north-1
";

    fn read(variables: &[(&str, &str)]) -> SharedConfig {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        SharedConfig::read(&variable, &|path| match path.to_str() {
            Some("/home/ci/.aws/config" | "/etc/aws") => Ok(CONFIG.into()),
            Some("/home/ci/.aws/credentials") => Ok(CREDENTIALS.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        })
    }

    #[test]
    fn profiles_of_both_files_are_joined() {
        let all = read(&[("HOME", "/home/ci")]);
        let get = |profile: &str, name: &str| all.profile(profile)?.get(name).map(str::to_owned);
        assert_eq!(get("default", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(get("ci", "region").as_deref(), Some("eu-north-1"));
        let role = get("ci", "role_arn");
        assert_eq!(role.as_deref(), Some("arn:aws:iam::1:role/ci"));
        assert_eq!(get("ci", "source_profile").as_deref(), Some("base"));
        assert_eq!(get("ci", "s3"), None);
        assert_eq!(
            get("base", "aws_secret_access_key").as_deref(),
            Some("a=b==")
        );
        let session = all.sso_session("corp").expect("a session");
        assert_eq!(session.get("sso_region"), Some("eu-central-1"));
        assert_eq!(all.names().collect::<Vec<_>>(), ["base", "ci", "default"]);
    }

    #[test]
    fn variables_name_files_and_profile() {
        let all = read(&[("AWS_CONFIG_FILE", "/etc/aws"), ("HOME", "/nowhere")]);
        assert!(all.profile("ci").is_some() && all.profile("base").is_none());
        assert_eq!(all.files[0].to_string(), "/etc/aws");
        assert_eq!(
            all.files[1].to_string(),
            "/nowhere/.aws/credentials (no such file)"
        );
        assert_eq!(usual_profile(&|_| None), ("default".to_owned(), None));
        let named = usual_profile(&|name| (name == "AWS_PROFILE").then(|| "ci".to_owned()));
        assert_eq!(named, ("ci".to_owned(), Some("AWS_PROFILE")));
    }
}
