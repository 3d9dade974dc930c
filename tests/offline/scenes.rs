//! The scenes without a cluster, and what all scenes together must show.

use std::collections::BTreeSet;

use topicctl::diagnostic::Code;

use crate::support::scene::{self, Scene, Stage};

/// No cluster.
struct Offline;

impl Stage for Offline {
    fn bootstrap_servers(&self) -> Option<&str> {
        None
    }

    fn step(&mut self, words: &[&str]) -> Result<(), String> {
        Err(format!("nobody can {} without a cluster", words.join(" ")))
    }

    fn replacements(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[test]
fn every_scene_is_answered_as_it_is_written() {
    let mut scenes = scene::all();
    scenes.retain(|scene| scene.cluster.is_none());
    scene::play(scenes, |scene| scene.play(&mut Offline));
}

/// What is reported to a manifest's author must have been read once by somebody.
#[test]
fn every_code_of_manifests_has_a_scene() {
    let scenes = scene::all();
    let shown: BTreeSet<_> = scenes.iter().flat_map(Scene::codes).collect();
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| code.is_of_manifests() && !shown.contains(code.as_str()))
        .map(|code| code.as_str())
        .collect();
    assert!(missing.is_empty(), "no scene shows {}", missing.join(", "));
}

/// The commands of this scene name the same files in other orders, and are answered the same.
#[test]
fn output_is_the_same_in_any_order_of_files() {
    let scene = Scene::named("order-of-files");
    let answers = scene.session.split("$ ").skip(1);
    let answers: Vec<_> = answers.filter_map(|one| one.split_once('\n')).collect();
    assert!(!answers.is_empty());
    for pair in answers.chunks(2) {
        let [(one, first), (other, second)] = pair else {
            panic!("the scene has an odd number of commands")
        };
        assert_eq!(first.trim_end(), second.trim_end(), "{one}\n{other}");
    }
}
