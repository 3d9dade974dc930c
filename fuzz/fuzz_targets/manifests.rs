//! Any bytes as manifests: loaded, resolved, checked, and their problems told. Nothing may panic,
//! hang or take memory without bound.
//!
//! A line `%%%` divides the input into the project file and an ordinary one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use topicctl::diagnostic;
use topicctl::layout::Layout;
use topicctl::manifest::{self, Request};

fuzz_target!(|data: &[u8]| {
    let mark = b"\n%%%\n";
    let at = data.windows(mark.len()).position(|window| window == mark);
    let texts: Vec<(&str, &[u8])> = match at {
        Some(at) => vec![
            ("topicctl.yaml", &data[..at]),
            ("topics.yaml", &data[at + mark.len()..]),
        ],
        None => vec![("topics.yaml", data)],
    };
    for profile in [None, Some("dev")] {
        let request = Request {
            profile: profile.map(str::to_owned),
            ..Request::default()
        };
        let manifests = manifest::read_texts(&texts, &request);
        for one in manifests.diagnostics.sorted(&manifests.sources).iter().take(20) {
            diagnostic::render(one, &manifests.sources, Layout::default());
        }
        // What is accepted keeps its promises.
        if !manifests.diagnostics.has_errors() {
            let names: std::collections::BTreeSet<_> =
                manifests.topics.iter().map(|topic| &topic.name).collect();
            assert_eq!(names.len(), manifests.topics.len(), "a name twice");
        }
    }
});
