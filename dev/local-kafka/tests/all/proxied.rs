//! The proxy between a real client and a node that demands SASL.

use std::{
    fs,
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Result;
use local_kafka::{
    LocalKafka, Security,
    proxy::{Fault, Proxy, api_name},
};

const CREATE_TOPICS: i16 = 19;
const CLIENT: &str = "\
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username=\"admin\" password=\"admin-secret\";
default.api.timeout.ms=4000
request.timeout.ms=4000
";

#[test]
fn the_proxy_records_requests_and_breaks_them() -> Result<()> {
    let proxy = Proxy::listen()?;
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .advertise(1, &proxy.address())
        .start()?;
    proxy.forward_to(kafka.bootstrap_servers())?;
    let files = tempfile::tempdir()?;
    let config = files.path().join("client.properties");
    fs::write(&config, CLIENT)?;
    let create = |topic: &str| -> Result<Output> {
        let mut command = kafka.client_tool_command("kafka-topics")?;
        command
            .arg("--command-config")
            .arg(&config)
            .args(["--create", "--topic", topic]);
        Ok(command.output()?)
    };
    let exists = |topic: &str| -> Result<bool> {
        Ok(kafka
            .tool("kafka-topics", &["--list"])?
            .lines()
            .any(|line| line == topic))
    };

    let called = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&called);
    proxy.on_request_call(
        CREATE_TOPICS,
        Box::new(move || flag.store(true, Ordering::SeqCst)),
    );
    assert!(create("plain")?.status.success());
    assert!(called.load(Ordering::SeqCst));
    let requests = proxy.requests();
    let names: Vec<&str> = requests
        .iter()
        .map(|request| api_name(request.api_key))
        .collect();
    for name in [
        "ApiVersions",
        "SaslHandshake",
        "SaslAuthenticate",
        "CreateTopics",
    ] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    assert!(
        requests.iter().all(|request| request.size > 8),
        "{requests:?}"
    );

    // After a closed connection the client tries again by itself; without an answer it waits.
    for (topic, fault, sent, message, made) in [
        (
            "closed-before",
            Fault::CloseBeforeForwarding,
            2,
            "Created topic",
            true,
        ),
        (
            "closed-after",
            Fault::CloseAfterForwarding,
            2,
            "already exists",
            true,
        ),
        ("swallowed", Fault::Swallow, 1, "timed out", false),
        ("unanswered", Fault::DropResponse, 1, "timed out", true),
    ] {
        proxy.clear();
        proxy.on_request(CREATE_TOPICS, fault);
        let output = create(topic)?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(message), "{topic}: {text}");
        let requests = proxy.requests();
        assert_eq!(
            requests
                .iter()
                .filter(|r| r.api_key == CREATE_TOPICS)
                .count(),
            sent,
            "{topic}"
        );
        assert_eq!(exists(topic)?, made, "{topic}");
    }
    Ok(())
}
