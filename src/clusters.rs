//! The clusters that a project names: how the chosen one is reached, and whether the one that
//! answers is the one that was meant.
//!
//! Pure: takes what the manifests say and the id of the cluster that answers. Must not reach a
//! client; [`Clusters::check`] is asked before anything but the id is read.

use std::path::PathBuf;

use crate::diagnostic::{Code, Diagnostic, Span};

/// An entry of `clusters`, as far as every run must know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedCluster {
    pub name: String,
    pub span: Span,
    pub profile: Option<String>,
    /// The id that it has, and the place that says so.
    pub id: Option<(String, Span)>,
}

/// How the chosen cluster is reached, each with the place that says so.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// `host:port`, by comma.
    pub bootstrap_servers: Option<(String, Span)>,
    /// The Java client's properties file, seen from the working directory.
    pub command_config: Option<(PathBuf, Span)>,
    /// How many brokers it has when all are up, at least 1.
    pub brokers: Option<usize>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Clusters {
    pub named: Vec<NamedCluster>,
    /// The name that was chosen, and how that cluster is reached.
    pub chosen: Option<(String, Reach)>,
    pub profile: Option<String>,
}

impl Clusters {
    pub fn chosen(&self) -> Option<&NamedCluster> {
        let name = self.chosen_name()?;
        self.named.iter().find(|one| one.name == name)
    }

    /// How many brokers the chosen cluster has when all are up, where it says so.
    pub fn brokers(&self) -> Option<usize> {
        self.chosen.as_ref().and_then(|(_, reach)| reach.brokers)
    }

    pub fn chosen_name(&self) -> Option<&str> {
        self.chosen.as_ref().map(|(name, _)| name.as_str())
    }

    /// Whether any entry states an id, so that the one of the cluster that answers matters.
    pub fn tell_ids(&self) -> bool {
        self.named.iter().any(|one| one.id.is_some())
    }

    /// Checks that the cluster that answers is the one that was chosen, and is run with its
    /// profile. `found` is its id; brokers before Kafka 0.10.1 have none.
    ///
    /// A cluster that was chosen by its name is run with whatever profile was settled for it, and
    /// must not have the id of another entry. Without a name, a run is stopped where entries have the
    /// id and none of them has the run's profile.
    ///
    /// # Errors
    /// The problem, of [`Code::WrongCluster`]; it points at the entry.
    pub fn check(&self, found: Option<&str>) -> Result<(), Box<Diagnostic>> {
        if let Some(chosen) = self.chosen()
            && let Some((id, span)) = &chosen.id
        {
            return match found {
                Some(found) if found == id => Ok(()),
                _ => Err(Box::new(self.wrong_cluster(chosen, *span, found))),
            };
        }
        let theirs: Vec<_> = self.named.iter().filter(|one| one.has(found)).collect();
        if let Some(chosen) = self.chosen() {
            return match theirs.is_empty() {
                true => Ok(()),
                false => Err(Box::new(self.wrong_cluster(chosen, chosen.span, found))),
            };
        }
        let fits = |one: &&NamedCluster| one.profile == self.profile;
        match theirs.first() {
            Some(first) if !theirs.iter().any(fits) => Err(Box::new(self.wrong_profile(first))),
            _ => Ok(()),
        }
    }

    /// The chosen cluster is not the one that answers.
    fn wrong_cluster(&self, chosen: &NamedCluster, span: Span, found: Option<&str>) -> Diagnostic {
        let message = format!("the cluster that answers is not `{}`", chosen.name);
        let other = self.named.iter().find(|one| one.has(found));
        let answers = match (other, found) {
            (Some(other), _) => format!("`{}` answers", other.name),
            (None, Some(found)) => format!("{found} answers"),
            (None, None) => "a cluster without an id answers".to_owned(),
        };
        let help = match other {
            Some(other) => format!(
                "nothing was read of its topics; correct the address, or choose --cluster {}",
                other.name
            ),
            None => "nothing was read of its topics; check the address, or the id if the cluster \
                     was built anew"
                .to_owned(),
        };
        Diagnostic::error(Code::WrongCluster, message)
            .at(span, answers)
            .help(help)
    }

    /// The cluster is known, and not run with this profile.
    fn wrong_profile(&self, entry: &NamedCluster) -> Diagnostic {
        let name = &entry.name;
        let theirs = match &entry.profile {
            Some(profile) => format!("the profile `{profile}`"),
            None => "no profile".to_owned(),
        };
        let message = format!("the cluster that answers is `{name}`, which is run with {theirs}");
        let label = match &self.profile {
            Some(profile) => format!("this run has --profile {profile}"),
            None => "this run has no profile".to_owned(),
        };
        let span = entry.id.as_ref().map_or(entry.span, |(_, span)| *span);
        Diagnostic::error(Code::WrongCluster, message)
            .at(span, label)
            .help(format!(
                "nothing was read of its topics; if you mean it, choose it by name: --cluster {name}"
            ))
    }
}

impl NamedCluster {
    fn has(&self, id: Option<&str>) -> bool {
        let own = self.id.as_ref().map(|(id, _)| id.as_str());
        own.is_some() && own == id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    fn clusters(entries: &[(&str, Option<&str>, Option<&str>)]) -> Clusters {
        let mut sources = Sources::default();
        let source = sources.add("topicctl.yaml", "clusters:".to_owned());
        let span = Span {
            source,
            start: 0,
            end: 8,
        };
        let named = entries.iter().map(|(name, profile, id)| NamedCluster {
            name: (*name).to_owned(),
            span,
            profile: profile.map(str::to_owned),
            id: id.map(|id| (id.to_owned(), span)),
        });
        Clusters {
            named: named.collect(),
            ..Clusters::default()
        }
    }

    fn run(clusters: &Clusters, chosen: Option<&str>, profile: Option<&str>) -> Clusters {
        Clusters {
            chosen: chosen.map(|name| (name.to_owned(), Reach::default())),
            profile: profile.map(str::to_owned),
            ..clusters.clone()
        }
    }

    #[test]
    fn an_id_that_belongs_to_an_entry_with_another_profile_stops_the_run() {
        let all = clusters(&[
            ("prod", Some("prod"), Some("P")),
            ("dev", Some("dev"), Some("D")),
            ("plain", None, Some("N")),
        ]);
        for (profile, id, fits) in [
            (Some("prod"), "P", true),
            (Some("dev"), "D", true),
            (None, "N", true),
            (Some("dev"), "X", true),
            (Some("dev"), "P", false),
            (None, "P", false),
            (Some("dev"), "N", false),
        ] {
            let run = run(&all, None, profile);
            assert_eq!(run.check(Some(id)).is_ok(), fits, "{profile:?} at {id}");
        }
        assert!(run(&all, None, Some("dev")).check(None).is_ok());
    }

    #[test]
    fn a_chosen_cluster_must_have_its_id() {
        let all = clusters(&[("prod", None, Some("P")), ("dev", Some("dev"), None)]);
        let prod = run(&all, Some("prod"), None);
        assert!(prod.check(Some("P")).is_ok());
        assert!(prod.check(Some("X")).is_err());
        assert!(prod.check(None).is_err());
        // Chosen by name with a profile that its entry leaves open.
        assert!(
            run(&all, Some("prod"), Some("dev"))
                .check(Some("P"))
                .is_ok()
        );
        // It has no id of its own, and yet it is not another one, whatever that one's profile.
        let dev = run(&all, Some("dev"), Some("dev"));
        assert!(dev.check(Some("X")).is_ok());
        assert!(dev.check(Some("P")).is_err());
        let same = clusters(&[("prod", None, Some("P")), ("other", None, None)]);
        assert!(run(&same, Some("other"), None).check(Some("P")).is_err());
    }

    #[test]
    fn one_cluster_may_have_entries_for_several_profiles() {
        let all = clusters(&[("a", Some("a"), Some("S")), ("b", Some("b"), Some("S"))]);
        for (profile, fits) in [("a", true), ("b", true), ("c", false)] {
            assert_eq!(
                run(&all, None, Some(profile)).check(Some("S")).is_ok(),
                fits
            );
        }
    }
}
