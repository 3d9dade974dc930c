use super::*;

const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const LIMIT: Duration = Duration::from_secs(5);

fn timed<T>(seen: T) -> Timed<T> {
    let elapsed = Duration::from_millis(1);
    Timed { seen, elapsed }
}

fn connected() -> Looked {
    Looked {
        resolve: timed(Ok(vec![HOST])),
        tcp: Some(timed(vec![Attempt {
            address: HOST,
            failed: None,
        }])),
        tls: None,
        api_versions: None,
        sasl: None,
    }
}

/// What a broker shows that is well.
fn answering() -> Looked {
    Looked {
        tls: Some(timed(Ok(handshake()))),
        api_versions: Some(timed(Ok(apis()))),
        sasl: Some(timed(Ok(Sasl::Taken(offered())))),
        ..connected()
    }
}

fn handshake() -> Handshake {
    Handshake {
        version: "TLSv1.3".to_owned(),
        cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
        chain: vec![Certificate {
            subject: "CN=kafka".to_owned(),
            issuer: "CN=root".to_owned(),
            days_left: 90,
            ..Certificate::default()
        }],
        ..Handshake::default()
    }
}

fn apis() -> Apis {
    Apis {
        count: 75,
        serves_clients: true,
        lacking: Vec::new(),
        features: vec![("metadata.version".to_owned(), 25)],
    }
}

fn offered() -> Vec<String> {
    vec!["PLAIN".to_owned(), "SCRAM-SHA-512".to_owned()]
}

fn speaks(protocol: &str) -> Speaks {
    let has_sasl = protocol.starts_with("SASL");
    Speaks {
        protocol: protocol.to_owned(),
        mechanism: has_sasl.then(|| "PLAIN".to_owned()),
        verifies_trust: true,
        verifies_name: true,
        has_certificate: false,
    }
}

fn taken(looked: &Looked, speaks: &Speaks) -> Vec<Step> {
    steps(&Subject::Bootstrap("kafka:9092".to_owned()), looked, speaks)
}

/// The last step, which must have failed.
#[track_caller]
fn failure(looked: &Looked, speaks: &Speaks, name: StepName) -> (Cause, String, String) {
    let steps = taken(looked, speaks);
    let step = steps.iter().find(|step| step.name == name);
    let step = step.expect("a step");
    let Status::Failed(cause) = step.status else {
        panic!("{step:?}")
    };
    (
        cause,
        step.seen.join("; "),
        step.help.clone().expect("a way out"),
    )
}

#[test]
fn a_broker_that_is_well_has_the_steps_of_its_protocol() {
    for (protocol, names) in [
        ("PLAINTEXT", "resolve tcp api-versions"),
        ("SSL", "resolve tcp tls api-versions"),
        ("SASL_PLAINTEXT", "resolve tcp api-versions sasl"),
        ("SASL_SSL", "resolve tcp tls api-versions sasl"),
    ] {
        let mut looked = answering();
        if !protocol.starts_with("SASL") {
            looked.sasl = Some(timed(Ok(Sasl::None)));
        }
        let steps = taken(&looked, &speaks(protocol));
        let found: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(found.join(" "), names);
        assert!(
            steps.iter().all(|step| step.status == Status::Ok),
            "{steps:#?}"
        );
    }
}

#[test]
fn what_stands_behind_a_step_that_failed_is_not_tried() {
    let looked = Looked {
        resolve: timed(Err("Name or service not known".to_owned())),
        tcp: None,
        ..connected()
    };
    let (cause, seen, _) = failure(&looked, &speaks("SASL_SSL"), StepName::Resolve);
    assert_eq!(cause, Cause::NotReached);
    assert_eq!(seen, "the name does not resolve; Name or service not known");
    let steps = taken(&looked, &speaks("SASL_SSL"));
    let untried = steps.iter().skip(1);
    assert_eq!(steps.len(), 5);
    for step in untried {
        assert_eq!(step.status, Status::NotTried, "{step:?}");
        assert_eq!((step.seen.len(), step.elapsed), (1, None), "{step:?}");
    }
}

#[test]
fn one_address_of_a_name_that_takes_the_connection_is_enough() {
    let attempt = |failed| Attempt {
        address: HOST,
        failed,
    };
    for (failed, words) in [
        (NoConnection::Refused, "refuses the connection"),
        (NoConnection::Silent(LIMIT), "no answer within 5 s"),
        (
            NoConnection::Other("No route to host".to_owned()),
            "No route to host",
        ),
    ] {
        let mut looked = connected();
        looked.tcp = Some(timed(vec![attempt(Some(failed.clone())), attempt(None)]));
        let tcp = &taken(&looked, &speaks("PLAINTEXT"))[1];
        assert_eq!(tcp.status, Status::Ok);
        let (one, other) = (
            format!("127.0.0.1: {words}"),
            "127.0.0.1: takes the connection",
        );
        assert_eq!(tcp.seen, [one.as_str(), other]);
        assert!(looked.is_connected());
        looked.tcp = Some(timed(vec![attempt(Some(failed))]));
        let (cause, ..) = failure(&looked, &speaks("PLAINTEXT"), StepName::Tcp);
        assert_eq!(cause, Cause::NotReached);
        assert!(!looked.is_connected());
    }
}

#[test]
fn a_certificate_fails_the_step_where_the_connection_would_end() {
    let objection = |is_of_name| Objection {
        words: "it is wrong".to_owned(),
        help: "mend it".to_owned(),
        is_of_name,
    };
    let tls = |trust, name, is_of_name| {
        let mut looked = answering();
        let mut handshake = handshake();
        handshake.objections.push(objection(is_of_name));
        looked.tls = Some(timed(Ok(handshake)));
        let speaks = Speaks {
            verifies_trust: trust,
            verifies_name: name,
            ..speaks("SASL_SSL")
        };
        taken(&looked, &speaks).swap_remove(2)
    };
    let failed = Status::Failed(Cause::NotAuthorized);
    for (trust, name, is_of_name, status) in [
        (true, true, false, failed),
        (true, true, true, failed),
        (true, false, true, Status::Warning),
        (true, false, false, failed),
        (false, true, false, Status::Warning),
        (false, true, true, Status::Warning),
    ] {
        let step = tls(trust, name, is_of_name);
        assert_eq!(step.status, status, "{trust} {name} {is_of_name}");
        assert_eq!(step.seen[0], "it is wrong");
        assert_eq!(step.help.as_deref(), Some("mend it"));
    }
}

#[test]
fn a_certificate_that_expires_soon_is_a_warning() {
    let mut looked = answering();
    let mut handshake = handshake();
    handshake.chain[0].days_left = 3;
    looked.tls = Some(timed(Ok(handshake)));
    let tls = &taken(&looked, &speaks("SSL"))[2];
    assert_eq!(tls.status, Status::Warning);
    assert_eq!(
        tls.help.as_deref(),
        Some("have the certificate renewed soon")
    );
}

#[test]
fn a_client_certificate_that_is_asked_for_is_told() {
    for (asks, has, words) in [
        (
            true,
            true,
            Some("it asks for a client certificate, and gets one"),
        ),
        (
            true,
            false,
            Some("it asks for a client certificate, and none is set"),
        ),
        (
            false,
            true,
            Some("it asks for no client certificate; the one that is set goes unused"),
        ),
        (false, false, None),
    ] {
        let mut looked = answering();
        let asks_for_certificate = asks;
        looked.tls = Some(timed(Ok(Handshake {
            asks_for_certificate,
            ..handshake()
        })));
        let speaks = Speaks {
            has_certificate: has,
            ..speaks("SSL")
        };
        let seen = taken(&looked, &speaks).swap_remove(2).seen;
        let found = seen
            .iter()
            .find(|phrase| phrase.contains("client certificate"));
        assert_eq!(found.map(String::as_str), words);
    }
}

#[test]
fn a_connection_that_ends_in_tls_is_told_by_its_cause() {
    for (broken, cause, words, help) in [
        (
            Break::Closed,
            Cause::NotReached,
            "closed on the first message of TLS",
            "or SASL_PLAINTEXT if the connection is meant to be unencrypted",
        ),
        (
            Break::Silent(LIMIT),
            Cause::NotReached,
            "no answer to TLS within 5 s",
            "what stands on the way",
        ),
        (
            Break::Foreign("an HTTP server"),
            Cause::NotReached,
            "an HTTP server answers, without TLS",
            "check the address and the port",
        ),
        (
            Break::ClientCertificate {
                words: "it wants one".to_owned(),
                help: "give it".to_owned(),
            },
            Cause::NotAuthorized,
            "it wants one",
            "give it",
        ),
        (
            Break::Other("no shared cipher".to_owned()),
            Cause::NotAuthorized,
            "TLS failed: no shared cipher",
            "check the ssl.* settings",
        ),
    ] {
        let looked = Looked {
            tls: Some(timed(Err(broken))),
            ..connected()
        };
        let found = failure(&looked, &speaks("SASL_SSL"), StepName::Tls);
        assert_eq!(found.0, cause);
        assert!(
            found.1.contains(words) && found.2.contains(help),
            "{found:?}"
        );
        let steps = taken(&looked, &speaks("SASL_SSL"));
        assert!(
            steps[3..]
                .iter()
                .all(|step| step.status == Status::NotTried)
        );
    }
}

#[test]
fn who_does_not_answer_as_a_broker_is_told_by_what_is_seen() {
    let asking = Handshake {
        asks_for_certificate: true,
        ..handshake()
    };
    for (tls, broken, cause, words) in [
        (
            None,
            Break::Closed,
            Cause::NotReached,
            "a listener with TLS does so",
        ),
        (None, Break::Tls, Cause::NotReached, "it answers in TLS"),
        (
            None,
            Break::Foreign("an SSH server"),
            Cause::NotReached,
            "an SSH server answers, and no Kafka broker",
        ),
        (
            None,
            Break::Silent(LIMIT),
            Cause::NotReached,
            "no answer within 5 s",
        ),
        (
            None,
            Break::Other("the answer is cut".to_owned()),
            Cause::NotReached,
            "no answer of Kafka's: the answer is cut",
        ),
        (
            Some(handshake()),
            Break::Closed,
            Cause::NotReached,
            "the connection is closed after TLS",
        ),
        (
            Some(asking),
            Break::Closed,
            Cause::NotAuthorized,
            "closed after TLS, in which a client certificate was asked for",
        ),
    ] {
        let protocol = match tls {
            Some(_) => "SSL",
            None => "PLAINTEXT",
        };
        let looked = Looked {
            tls: tls.map(|tls| timed(Ok(tls))),
            api_versions: Some(timed(Err(broken))),
            ..connected()
        };
        let found = failure(&looked, &speaks(protocol), StepName::ApiVersions);
        assert_eq!(found.0, cause);
        assert!(found.1.contains(words), "{found:?}");
    }
}

#[test]
fn a_controller_is_no_broker_and_a_service_may_lack_requests() {
    let looked = |apis| Looked {
        api_versions: Some(timed(Ok(apis))),
        ..answering()
    };
    let controller = looked(Apis {
        serves_clients: false,
        ..apis()
    });
    let (cause, seen, _) = failure(&controller, &speaks("PLAINTEXT"), StepName::ApiVersions);
    assert_eq!(cause, Cause::NotReached);
    assert!(seen.starts_with("no METADATA: it takes no requests of clients"));
    let service = looked(Apis {
        lacking: vec![("CREATE_TOPICS", "topics cannot be created")],
        ..apis()
    });
    let step = taken(&service, &speaks("PLAINTEXT")).swap_remove(2);
    assert_eq!(step.status, Status::Warning);
    assert_eq!(step.seen[0], "no CREATE_TOPICS: topics cannot be created");
}

#[test]
fn mechanisms_are_compared_with_what_is_offered() {
    let answered = |sasl| Looked {
        sasl: Some(timed(Ok(sasl))),
        ..answering()
    };
    let with = speaks("SASL_PLAINTEXT");
    let step = taken(&answered(Sasl::Taken(offered())), &with).swap_remove(3);
    assert_eq!(step.seen, ["PLAIN is offered", "others are SCRAM-SHA-512"]);
    for (protocol, sasl, cause, words) in [
        (
            "SASL_PLAINTEXT",
            Sasl::NotOffered(vec!["OAUTHBEARER".to_owned()]),
            Cause::NotAuthorized,
            "PLAIN is not offered; it offers OAUTHBEARER",
        ),
        (
            "SASL_PLAINTEXT",
            Sasl::None,
            Cause::NotAuthorized,
            "this listener is without SASL",
        ),
        (
            "SASL_PLAINTEXT",
            Sasl::Error(58),
            Cause::Refused,
            "error 58 of Kafka's protocol",
        ),
        (
            "PLAINTEXT",
            Sasl::Taken(offered()),
            Cause::NotAuthorized,
            "it wants credentials, and none are given; it offers PLAIN, SCRAM-SHA-512",
        ),
    ] {
        let found = failure(&answered(sasl), &speaks(protocol), StepName::Sasl);
        assert_eq!(found.0, cause);
        assert!(found.1.contains(words), "{found:?}");
    }
    // Somebody who wants no credentials hears nothing of a listener that knows none.
    for seen in [Ok(Sasl::None), Ok(Sasl::Error(1)), Err(Break::Closed)] {
        let looked = Looked {
            sasl: Some(timed(seen)),
            ..answering()
        };
        assert_eq!(taken(&looked, &speaks("PLAINTEXT")).len(), 3);
    }
}

#[test]
fn an_address_is_a_host_and_a_port() {
    for (address, expected) in [
        ("kafka:9092", Some(("kafka", 9092))),
        ("[::1]:9092", Some(("::1", 9092))),
        ("kafka", None),
        ("kafka:x", None),
    ] {
        assert_eq!(host_and_port(address), expected);
    }
}

#[test]
fn an_address_that_the_cluster_advertises_is_the_cluster_s_to_correct() {
    let subject = Subject::Broker {
        id: 2,
        address: "kafka-2:9092".to_owned(),
    };
    let looked = Looked {
        resolve: timed(Err("Name or service not known".to_owned())),
        tcp: None,
        ..connected()
    };
    let found = steps(&subject, &looked, &speaks("PLAINTEXT"));
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(
        help.contains("advertises this address for broker 2"),
        "{help}"
    );
    assert!(help.contains("advertised.listeners"), "{help}");
    // One that is not trusted is no matter of its listeners.
    let mut looked = answering();
    looked.tls = Some(timed(Err(Break::ClientCertificate {
        words: "it wants one".to_owned(),
        help: "give it".to_owned(),
    })));
    let found = steps(&subject, &looked, &speaks("SSL"));
    assert_eq!(found[2].help.as_deref(), Some("give it"));
}
