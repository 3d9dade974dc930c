//! Bearer tokens, against a broker that verifies them.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use librdkafka_admin::{AdminClient, AdminOptions, BearerToken, Error, Listener};
use local_kafka::identity_provider::{AUDIENCE, CLIENT_ID, IdentityProvider};
use local_kafka::{LocalKafka, Security};

struct Asking {
    wanted: mpsc::Sender<()>,
    errors: Arc<Mutex<Vec<Error>>>,
}

impl Listener for Asking {
    fn connected(&self) {}

    fn error(&self, error: Error) {
        self.errors.lock().expect("a lock").push(error);
    }

    fn token_wanted(&self) {
        let _ = self.wanted.send(());
    }
}

const PROPERTIES: [(&str, &str); 2] = [
    ("security.protocol", "sasl_plaintext"),
    ("sasl.mechanism", "OAUTHBEARER"),
];

/// In milliseconds. A connection that is not authenticated anew by then is closed.
const SESSION: &str = "10000";

/// Brokers let nobody authenticate twice within a second: of what is left of a token when the next
/// is fetched, a session must be longer.
const LIFETIME: Duration = Duration::from_secs(14);

#[test]
fn connections_outlive_their_tokens_and_their_sessions() {
    let provider = IdentityProvider::start().expect("an identity provider");
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .oauthbearer(&provider)
        .property(
            "listener.name.client.oauthbearer.connections.max.reauth.ms",
            SESSION,
        )
        .start()
        .expect("a broker");
    let (wanted, wanting) = mpsc::channel();
    let errors = Arc::default();
    let listener = Asking {
        wanted,
        errors: Arc::clone(&errors),
    };
    let servers = [("bootstrap.servers", kafka.bootstrap_servers())];
    let properties = servers.into_iter().chain(PROPERTIES);
    let client = AdminClient::start(properties, Arc::new(listener)).expect("a client");

    let (given, giving) = mpsc::channel();
    let slot = client.token_slot();
    thread::spawn(move || {
        while wanting.recv().is_ok() {
            let lifetime = i64::try_from(LIFETIME.as_secs()).expect("a number");
            let value = provider
                .token(CLIENT_ID, AUDIENCE, lifetime)
                .expect("a token");
            let token = BearerToken {
                value: &value,
                principal: CLIENT_ID,
                expires: SystemTime::now() + LIFETIME,
                extensions: &[("logicalCluster".to_owned(), "lkc-1".to_owned())],
            };
            slot.set(&token).expect("a token that it takes");
            let _ = given.send(());
        }
    });

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut tokens = 0;
    while tokens < 2 {
        let options = AdminOptions::new(Duration::from_secs(240));
        let described = runtime.block_on(client.describe_topics(options, ["any"]).result());
        described.expect("an answer");
        tokens += giving.try_iter().count();
    }
    let errors = errors.lock().expect("a lock");
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_malformed_token_is_refused_and_a_slot_outlives_its_client() {
    let (wanted, wanting) = mpsc::channel();
    let errors: Arc<Mutex<Vec<Error>>> = Arc::default();
    let listener = Asking {
        wanted,
        errors: Arc::clone(&errors),
    };
    let properties = [("bootstrap.servers", "127.0.0.1:1")]
        .into_iter()
        .chain(PROPERTIES);
    let client = AdminClient::start(properties, Arc::new(listener)).expect("a client");
    wanting.recv().expect("it wants a token");
    let slot = client.token_slot();
    let mut token = BearerToken {
        value: "a.b.c",
        principal: CLIENT_ID,
        expires: SystemTime::now() - LIFETIME,
        extensions: &[],
    };
    assert!(slot.set(&token).is_err(), "it has expired");
    token.expires = SystemTime::now() + LIFETIME;
    let auth = [("auth".to_owned(), "x".to_owned())];
    token.extensions = &auth;
    assert!(slot.set(&token).is_err(), "the name is reserved");
    token.extensions = &[];
    slot.set(&token).expect("a good one");
    wanting.recv().expect("it wants the next in time");
    slot.fail("nobody\0answers");
    drop(client);
    slot.set(&token).expect("nothing to do");
    slot.fail("nothing to do");
}
