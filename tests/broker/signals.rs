//! SIGINT, SIGTERM and SIGHUP end a run in good order: what is known is reported, and the exit code says
//! which signal it was.

use std::sync::{Arc, mpsc};

use local_kafka::free_port;
use local_kafka::proxy::Fault;
use rustix::process::{Pid, Signal, kill_process};

use crate::kafka::{CREATE_TOPICS, LIST_OFFSETS, Proxied, names, until};
use crate::support::binary::{Manifests, Running, on};

/// Lets a hook of the proxy signal a process that is started after it.
struct Target(mpsc::Sender<Pid>);

impl Target {
    fn new(signal: Signal) -> (Self, impl FnOnce() + Send + 'static) {
        let (sender, receiver) = mpsc::channel();
        let send = move || {
            let pid = receiver.recv().expect("a process");
            kill_process(pid, signal).expect("a running process");
        };
        (Self(sender), send)
    }

    fn is(&self, run: &Running) {
        self.0.send(run.pid()).expect("a hook");
    }
}

#[test]
fn an_interrupt_while_settling_reports_what_was_created() {
    let proxied = Proxied::shared();
    for (signal, code, name) in [
        (Signal::INT, 130, "interrupt-settling"),
        (Signal::TERM, 143, "terminate-settling"),
        (Signal::HUP, 129, "hang-up-settling"),
    ] {
        let manifests = Manifests::small([name]);
        // The first look whether it is served gets no answer, so that settling takes its time.
        proxied.proxy.on_request(LIST_OFFSETS, Fault::Swallow);
        let (target, send) = Target::new(signal);
        proxied.proxy.on_request_call(LIST_OFFSETS, Box::new(send));
        let run = on(&proxied.servers(), "apply", &manifests)
            .args(&["-o", "json"])
            .start();
        target.is(&run);
        let report = run.end().report().exits(code).all_are("created");
        let found_text = report.diagnostics();
        assert!(found_text.contains("interrupted by SIG"), "{found_text}");
        assert!(
            found_text.contains("what was sent is reported"),
            "{found_text}"
        );
        assert!(names(&proxied.kafka).contains(name));
    }
}

#[test]
fn an_interrupt_before_the_creation_creates_nothing() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["interrupt-checking"]);
    let (target, send) = Target::new(Signal::INT);
    // The check gets no answer: whoever waits for it is interrupted.
    proxied.proxy.on_request(CREATE_TOPICS, Fault::Swallow);
    proxied.proxy.on_request_call(CREATE_TOPICS, Box::new(send));
    let run = on(&proxied.servers(), "apply", &manifests).start();
    target.is(&run);
    run.end()
        .exits(130)
        .says("interrupted by SIGINT; nothing was created");
    assert_eq!(proxied.count(CREATE_TOPICS), 1);
    assert!(!names(&proxied.kafka).contains("interrupt-checking"));
}

#[test]
fn an_interrupt_while_waiting_for_a_broker_ends_the_wait() {
    let manifests = Manifests::small(["interrupt-waiting"]);
    let servers = format!("127.0.0.1:{}", free_port().expect("a port"));
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for format in ["text", "json"] {
            let run = on(&servers, "apply", &manifests);
            let mut run = run.args(&["--wait", "10m", "-o", format]).start();
            run.until_it_says("waiting for");
            run.signal(signal);
            let ended = run.end().exits(code).says("nothing was created");
            if format == "json" {
                ended.report().exits(code);
            }
        }
    }
}

#[test]
fn a_second_interrupt_does_not_wait_for_what_was_sent() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["interrupt-twice"]);
    // Two looks whether it is served get no answer, and with each comes a signal.
    proxied.proxy.on_requests(LIST_OFFSETS, Fault::Swallow, 2);
    let (target, send) = Target::new(Signal::INT);
    let (again, send_again) = Target::new(Signal::INT);
    let proxy = Arc::clone(&proxied.proxy);
    let with_the_first = move || {
        proxy.on_request_call(LIST_OFFSETS, Box::new(send_again));
        send();
    };
    proxied
        .proxy
        .on_request_call(LIST_OFFSETS, Box::new(with_the_first));
    let run = on(&proxied.servers(), "apply", &manifests);
    let run = run.args(&["--settle-timeout", "10m", "-o", "json"]).start();
    target.is(&run);
    again.is(&run);
    let report = run.end().report().exits(130).all_are("failed");
    let error = report.topic("interrupt-twice")["error"]
        .as_str()
        .expect("an error")
        .to_owned();
    assert!(error.contains("created, but not usable"), "{error}");
}

#[test]
fn a_second_interrupt_does_not_wait_for_the_answer_to_a_creation() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["interrupt-unanswered"]);
    let (target, send) = Target::new(Signal::INT);
    proxied.break_creation(Fault::DropResponse);
    proxied.before_creation(send);
    // Long enough for the test to be given up before.
    let run = on(&proxied.servers(), "apply", &manifests);
    let run = run.args(&["--timeout", "1h", "-o", "json"]).start();
    target.is(&run);
    until("it is created", || {
        let is_there = names(&proxied.kafka).contains("interrupt-unanswered");
        is_there.then_some(())
    });
    run.signal(Signal::INT);
    let report = run.end().report().exits(130).all_are("unknown");
    let error = report.topic("interrupt-unanswered")["error"]
        .as_str()
        .expect("an error")
        .to_owned();
    assert!(
        error.contains("the creation was sent and not answered (interrupted meanwhile)"),
        "{error}"
    );
}

/// What `nohup` is for.
#[test]
fn a_hang_up_that_is_ignored_from_the_start_ends_nothing() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["hang-up-ignored"]);
    let (target, send) = Target::new(Signal::HUP);
    proxied.proxy.on_request_call(LIST_OFFSETS, Box::new(send));
    let run = on(&proxied.servers(), "apply", &manifests).args(&["-o", "json"]);
    let run = run.nohup().start();
    target.is(&run);
    run.end().report().exits(0).all_are("created");
}
