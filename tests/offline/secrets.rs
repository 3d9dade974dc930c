//! No output holds a secret: not at any verbosity, in no format and no file, whatever way it was
//! given, and no core file is left of a process that had it.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::binary::{Manifests, command, directory, start, topicctl_in};
use crate::support::report_grammar::FORMATS;

const SECRET: &str = "hunter2-4711";

/// The secret, and what SASL PLAIN and a header of HTTP make of it.
const TRACES: [&str; 3] = [SECRET, "aHVudGVyMi00NzEx", "AGNpAGh1bnRlcjItNDcxM"];

/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:1";

const TOPICS: &str = "topics: [{ name: a, partitions: 1, replication_factor: 1 }]\n";

#[derive(Default)]
struct Way {
    words: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// What stands in `client.properties`, if there is one.
    properties: String,
}

fn flags(settings: &[&str]) -> Way {
    let words = settings.iter().flat_map(|one| ["-X", one]);
    Way {
        words: words.map(with_secret).collect(),
        ..Way::default()
    }
}

fn variables(variables: &[(&'static str, &str)]) -> Way {
    let variables = variables.iter();
    Way {
        variables: variables
            .map(|(name, value)| (*name, with_secret(value)))
            .collect(),
        ..Way::default()
    }
}

fn properties(text: &str) -> Way {
    Way {
        words: ["--command-config", "client.properties"]
            .map(str::to_owned)
            .into(),
        properties: with_secret(text),
        ..Way::default()
    }
}

/// `@` is where the secret stands.
fn with_secret(text: &str) -> String {
    text.replace('@', SECRET)
}

/// The ways in which a secret can be given, and what people get wrong in each.
fn ways() -> Vec<(&'static str, Way)> {
    let user = ("KAFKA_USERNAME", "ci");
    let password = ("KAFKA_PASSWORD", "@");
    let plain = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n";
    let jaas = |rest: &str| {
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule required";
        properties(&format!(
            "{plain}sasl.jaas.config={module} username=\"ci\" {rest}\n"
        ))
    };
    let pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\\n@\\n-----END ENCRYPTED PRIVATE KEY-----";
    vec![
        ("variables", variables(&[user, password])),
        (
            "variables, unencrypted",
            variables(&[
                user,
                password,
                ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
                ("KAFKA_SASL_MECHANISM", "PLAIN"),
            ]),
        ),
        ("a variable without a user", variables(&[password])),
        (
            "variables with a wrong protocol",
            variables(&[user, password, ("KAFKA_SECURITY_PROTOCOL", "TLS")]),
        ),
        ("flags", flags(&["sasl.username=ci", "sasl.password=@"])),
        (
            "a flag twice",
            flags(&["sasl.password=@", "sasl.password=@2"]),
        ),
        ("a flag with a typo", flags(&["sasl.pasword=@"])),
        ("a flag without a key", flags(&["@"])),
        ("a flag without `=`", flags(&["sasl.password @"])),
        (
            "a key's password",
            flags(&["ssl.key.password=@", "ssl.key.location=none.pem"]),
        ),
        (
            "a store's password",
            flags(&["ssl.keystore.password=@", "ssl.keystore.location=none"]),
        ),
        ("a key", flags(&[&format!("ssl.key.pem={pem}")])),
        (
            "a client's secret",
            flags(&["sasl.oauthbearer.client.secret=@"]),
        ),
        (
            "TOPICCTL_X",
            variables(&[("TOPICCTL_X", "sasl.username=ci sasl.password=@")]),
        ),
        (
            "TOPICCTL_X with a typo",
            variables(&[("TOPICCTL_X", "sasl.pasword=@")]),
        ),
        ("JAAS", jaas("password=\"@\";")),
        ("JAAS with an open quote", jaas("password=\"@;")),
        ("JAAS with a typo", jaas("passwort=\"@\";")),
        ("JAAS with a broken escape", jaas("password=\"@\\u00zz\";")),
        ("JAAS on two lines", jaas("\\\n  password=\"@\" \\\n  odd")),
        (
            "properties",
            properties(&format!("{plain}sasl.username=ci\nsasl.password=@\n")),
        ),
        (
            "properties with a typo",
            properties(&format!("{plain}sasl.pasword=@\n")),
        ),
        ("a password alone", properties("@\n")),
        (
            "stores",
            properties(
                "ssl.keystore.password=@\nssl.truststore.password=@\nssl.keystore.type=JKS\n",
            ),
        ),
        (
            "a PEM store",
            properties(&format!(
                "security.protocol=SSL\nssl.keystore.type=PEM\nssl.key.password=@\n\
                 ssl.keystore.key={pem}\n"
            )),
        ),
    ]
}

#[track_caller]
fn holds_no_secret(what: &str, text: &str) {
    for trace in TRACES {
        assert!(!text.contains(trace), "{what}:\n{text}");
    }
}

/// What is in all files of a directory but those that a person wrote.
fn written(directory: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("UTF-8"));
    let ours = names.filter(|name| !["topics.yaml", "client.properties"].contains(&name.as_str()));
    let read = |name: String| {
        (
            fs::read_to_string(directory.join(&name)).expect("text"),
            name,
        )
    };
    ours.map(read).map(|(text, name)| (name, text)).collect()
}

#[test]
fn no_output_holds_a_secret_in_whatever_way_it_was_given() {
    let reports = FORMATS.map(|(format, extension)| format!("{format}=report.{extension}"));
    let mut logged = 0;
    for (name, way) in ways() {
        for (told, command) in [
            ("-v", "plan"),
            ("-Xdebug=all", "verify"),
            ("-ojson", "apply"),
            ("-Xdebug=all", "export"),
            ("-ojson", "doctor"),
            ("-Xdebug=all", "doctor"),
        ] {
            // The variable is put aside by the flag.
            let of_variable = way.variables.iter().any(|(name, _)| *name == "TOPICCTL_X");
            let told = if of_variable && told.starts_with("-X") {
                "-b"
            } else {
                told
            };
            let told = if told == "-b" { Vec::new() } else { vec![told] };
            let directory = directory(&[("topics.yaml", TOPICS)]);
            if !way.properties.is_empty() {
                fs::write(directory.path().join("client.properties"), &way.properties)
                    .expect("a file");
            }
            let words: Vec<&str> = way.words.iter().map(String::as_str).collect();
            let mut run = topicctl_in(directory.path(), &[command, "-b", NOWHERE])
                .args(&["--timeout", "300ms"])
                .args(&words)
                .args(&told)
                .envs(way.variables.iter().map(|(name, value)| (*name, value)))
                .env("TOPICCTL_LOG", "trace");
            let has_reports = !["export", "doctor"].contains(&command);
            if command != "export" {
                run = run.arg("topics.yaml");
            }
            if has_reports {
                run = run.args(&["--report", &reports.join(",")]);
            }
            if command == "verify" {
                run = run.args(&["--remedies", "remedies.sh"]);
            }
            let ended = run.run();
            assert!(
                matches!(ended.code(), Some(2 | 3)),
                "{name}, {command}: {ended}"
            );
            logged += usize::from(ended.stderr.contains("DEBUG"));
            holds_no_secret(&format!("{name}, {command}"), &ended.to_string());
            let files = written(directory.path());
            assert!(
                !has_reports || files.len() >= FORMATS.len(),
                "{name}: {files:?}"
            );
            for (file, text) in files {
                holds_no_secret(&format!("{name}, {command}, {file}"), &text);
            }
        }
    }
    assert!(logged > 20, "{logged} runs had a log");
}

#[test]
fn a_command_line_that_is_not_understood_shows_no_secret() {
    let directory = directory(&[("topics.yaml", TOPICS)]);
    for (format, _) in FORMATS {
        let secret = format!("sasl.password={SECRET}");
        let run = topicctl_in(
            directory.path(),
            &["plan", "-X", &secret, "--nope", "-o", format],
        );
        holds_no_secret(format, &run.run().exits(2).to_string());
        let help = topicctl_in(directory.path(), &["plan", "-X", &secret, "--help"])
            .env("KAFKA_PASSWORD", SECRET)
            .env("TOPICCTL_X", secret);
        holds_no_secret("--help", &help.run().exits(0).to_string());
    }
}

/// Who may change manifests may not read all that the pipeline can.
#[test]
fn a_file_that_a_manifest_leads_to_is_not_shown() {
    let outside = directory(&[
        ("environ", &format!("KAFKA_PASSWORD={SECRET}\0HOME=/root\0")),
        ("token", &format!("{SECRET}\n")),
        (
            "key.pem",
            &format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n"),
        ),
        (
            "settings.yaml",
            &format!("password: {SECRET}\nlist: [{SECRET}]\n"),
        ),
        ("list.yaml", &format!("- {SECRET}\n- {SECRET}\n")),
        (
            "client.properties",
            &format!("sasl.jaas.config={SECRET} \"\nfoo={SECRET}\n"),
        ),
        (
            "netrc",
            &format!("machine example.com\nlogin ci\npassword {SECRET}\n"),
        ),
    ]);
    for entry in fs::read_dir(outside.path()).expect("a directory") {
        let secret = entry.expect("an entry").path();
        let project = format!(
            "clusters: {{ x: {{ command_config: {} }} }}\n",
            secret.display()
        );
        let properties = directory(&[("topicctl.yaml", &project), ("topics.yaml", TOPICS)]);
        let linked = directory(&[("topics.yaml", TOPICS)]);
        symlink(&secret, linked.path().join("link.yaml")).expect("a link");
        let below = directory(&[]);
        fs::create_dir(below.path().join("manifests")).expect("a directory");
        fs::write(below.path().join("manifests/topics.yaml"), TOPICS).expect("a file");
        symlink(&secret, below.path().join("topicctl.yaml")).expect("a link");
        for (format, _) in FORMATS {
            let run = |directory: &Path, words: &[&str]| {
                let ended = topicctl_in(directory, words)
                    .args(&["-o", format])
                    .run()
                    .exits(2);
                holds_no_secret(&secret.display().to_string(), &ended.to_string());
            };
            run(
                properties.path(),
                &["plan", ".", "--cluster", "x", "-b", NOWHERE],
            );
            run(linked.path(), &["validate", "."]);
            run(below.path(), &["validate"]);
        }
    }
}

#[test]
fn properties_without_an_end_are_refused() {
    let project = "clusters: { x: { command_config: /dev/zero } }\n";
    let directory = directory(&[("topicctl.yaml", project), ("topics.yaml", TOPICS)]);
    topicctl_in(
        directory.path(),
        &["plan", ".", "--cluster", "x", "-b", NOWHERE],
    )
    .run()
    .exits(2)
    .says("cannot read /dev/zero")
    .says("it is larger than 1 MiB");
}

#[test]
fn a_process_that_is_killed_leaves_no_core_file() {
    let manifests = Manifests::of(TOPICS);
    let before = written(manifests.path());
    // The shell allows what the system lets it.
    let mut shell = Command::new("sh");
    let waits = command(
        manifests.path(),
        &["plan", "topics.yaml", "-b", NOWHERE, "--wait", "10m"],
    );
    shell
        .args(["-c", "ulimit -c \"$(ulimit -H -c)\"; exec \"$0\" \"$@\""])
        .arg(waits.get_program())
        .args(waits.get_args())
        .current_dir(manifests.path())
        .env("KAFKA_USERNAME", "ci")
        .env("KAFKA_PASSWORD", SECRET)
        .stdin(Stdio::null());
    let mut running = start(shell);
    running.until_it_says("waiting for");
    #[cfg(target_os = "linux")]
    {
        let pid = running.pid().as_raw_nonzero();
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("its limits");
        let mut limits = limits.lines();
        let core = limits.find_map(|line| line.strip_prefix("Max core file size"));
        let core: Vec<_> = core.expect("a limit").split_whitespace().collect();
        assert_eq!(core, ["0", "0", "bytes"]);
    }
    running.signal(Signal::ABORT);
    let ended = running.end();
    assert_eq!(
        ended.status().signal(),
        Some(Signal::ABORT.as_raw()),
        "{ended}"
    );
    assert!(!ended.status().core_dumped(), "{ended}");
    assert_eq!(written(manifests.path()), before);
}
