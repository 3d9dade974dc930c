use super::*;
use crate::doctor::{Cause, StepName};

fn examination() -> Examination {
    let at = Subject::Bootstrap("kafka:9093".to_owned());
    let took = Duration::from_micros(12_345);
    let seen =
        |phrases: &[&str]| -> Vec<String> { phrases.iter().map(|one| (*one).to_owned()).collect() };
    let settings = seen(&["kafka:9093, set by -b", "SSL"]);
    let refused = seen(&[
        "the certificate of kafka:9093 is self-signed, and not trusted here",
        "TLSv1.3",
    ]);
    let trust = "give it (PEM) as CA: SSL_CA_LOCATION, or ssl.ca.location with -X";
    let failed = |name, subject| {
        let step = Step::failed(name, subject, Cause::NotAuthorized, refused.clone());
        step.took(took).help(trust)
    };
    Examination {
        steps: vec![
            Step::ok(StepName::Settings, &Subject::Connection, settings),
            Step::ok(StepName::Resolve, &at, seen(&["10.0.0.1"])).took(took),
            failed(StepName::Tls, &at),
            failed(StepName::SignIn, &Subject::Connection),
            Step::not_tried(
                StepName::Cluster,
                &Subject::Connection,
                "nobody is signed in",
            ),
        ],
        elapsed: Duration::from_millis(25),
    }
}

fn text(examination: &Examination) -> String {
    let mut text = Vec::new();
    write_text(examination, Layout::default(), &mut text).expect("memory has room");
    String::from_utf8(text).expect("text")
}

fn json(examination: &Examination) -> serde_json::Value {
    let mut text = Vec::new();
    write_json(
        examination,
        ExitCode::from(crate::interrupt::Signal::Interrupt),
        &mut text,
    )
    .expect("memory has room");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn steps_stand_below_their_address_and_one_way_out_is_told_once() {
    assert_eq!(
        text(&examination()),
        "  ok        settings              kafka:9093, set by -b
                                  SSL

kafka:9093
  ok        resolve       0.01 s  10.0.0.1
  failed    tls           0.01 s  the certificate of kafka:9093 is self-signed,
                                    and not trusted here
                                  TLSv1.3
            help: give it (PEM) as CA: SSL_CA_LOCATION, or ssl.ca.location with
                  -X

  failed    sign-in       0.01 s  the certificate of kafka:9093 is self-signed,
                                    and not trusted here
                                  TLSv1.3
  not tried cluster               nobody is signed in

5 steps: 2 ok, 2 failed, 1 not tried. 0.03 s
"
    );
}

#[test]
fn all_that_is_well_is_one_word_at_the_end() {
    let mut all = examination();
    all.steps.truncate(2);
    assert!(text(&all).ends_with("\n2 steps: all ok. 0.03 s\n"));
    assert!(text(&Examination::default()).ends_with("0 steps: nothing was seen. 0.00 s\n"));
}

#[test]
fn json_has_every_step_with_its_way_out_and_a_time() {
    let found = json(&examination());
    assert_eq!(found["schema"], "topicctl.doctor/1");
    assert_eq!(found["exit_code"], 130);
    assert_eq!(
        found["summary"],
        serde_json::json!({ "ok": 2, "warning": 0, "failed": 2, "not-tried": 1 })
    );
    let steps = found["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 5);
    assert_eq!(steps[1]["elapsed_ms"], 12.345);
    assert_eq!(steps[2]["address"], "kafka:9093");
    assert_eq!(steps[2]["help"], steps[3]["help"]);
    assert_eq!(steps[4]["status"], "not-tried");
    assert_eq!(steps[4]["elapsed_ms"], serde_json::Value::Null);
}

#[test]
fn what_a_broker_says_commands_no_terminal_and_no_ci_server() {
    let hostile = "\u{1b}[2J\n::error::x ##[command]y";
    let mut all = examination();
    for step in &mut all.steps {
        step.seen = vec![hostile.to_owned()];
        step.help = Some(hostile.to_owned());
        step.command = Some(hostile.to_owned());
    }
    let text = text(&all);
    assert!(!text.contains('\u{1b}') && !text.contains("##["), "{text}");
    let begins = |line: &str| line.trim_start().starts_with("::");
    assert!(!text.lines().any(begins), "{text}");
    let mut written = Vec::new();
    write_json(
        &all,
        ExitCode::from(crate::interrupt::Signal::Interrupt),
        &mut written,
    )
    .expect("memory has room");
    let written = String::from_utf8(written).expect("text");
    assert!(!written.contains("##["), "{written}");
    assert_eq!(json(&all)["steps"][0]["seen"][0], hostile);
}

#[test]
fn a_broker_that_is_well_is_one_line() {
    let took = Duration::from_millis(40);
    let broker = |id, failed: bool| {
        let subject = Subject::Broker {
            id,
            address: format!("kafka-{id}:9092"),
        };
        let seen = || vec!["10.0.0.1: refuses the connection".to_owned()];
        let tcp = match failed {
            true => Step::failed(StepName::Tcp, &subject, Cause::NotReached, seen()),
            false => Step::ok(StepName::Tcp, &subject, seen()),
        };
        let resolve = Step::ok(StepName::Resolve, &subject, vec!["10.0.0.1".to_owned()]);
        [resolve.took(took), tcp.took(took)]
    };
    let brokers = [broker(1, false), broker(2, false), broker(3, true)];
    let examination = Examination {
        steps: brokers.into_iter().flatten().collect(),
        elapsed: took,
    };
    assert_eq!(
        text(&examination),
        "  ok        broker 1      0.08 s  kafka-1:9092
                                  resolve, tcp
  ok        broker 2      0.08 s  kafka-2:9092
                                  resolve, tcp

broker 3, which the cluster advertises at kafka-3:9092
  ok        resolve       0.04 s  10.0.0.1
  failed    tcp           0.04 s  10.0.0.1: refuses the connection

6 steps: 5 ok, 1 failed. 0.04 s
"
    );
}
