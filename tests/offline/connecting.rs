//! What docs/connecting.md has to paste is taken: every properties file, and every set of variables.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use topicctl::cluster::kafka::settings::{ConnectionOptions, Lookups, Settings};
use topicctl::diagnostic::Sources;

/// The blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/connecting.md");
    let page = fs::read_to_string(page).expect("a page");
    let (mut blocks, mut block) = (Vec::new(), None::<String>);
    for event in Parser::new(&page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if *kind == *language => {
                block = Some(String::new());
            }
            Event::Text(text) => block.iter_mut().for_each(|block| block.push_str(&text)),
            Event::End(TagEnd::CodeBlock) => blocks.extend(block.take()),
            _ => {}
        }
    }
    blocks
}

/// A certificate and its key in PEM, in place of every file that a page names.
fn certificate() -> Vec<u8> {
    let key = Rsa::generate(2048).and_then(PKey::from_rsa).expect("a key");
    let mut certificate = X509::builder().expect("a certificate");
    certificate.set_pubkey(&key).expect("a key");
    let now = Asn1Time::days_from_now(0).expect("a time");
    certificate.set_not_before(&now).expect("a time");
    certificate.set_not_after(&now).expect("a time");
    certificate
        .sign(&key, MessageDigest::sha256())
        .expect("a signature");
    let certificate = certificate.build().to_pem().expect("PEM");
    [key.private_key_to_pem_pkcs8().expect("PEM"), certificate].concat()
}

#[test]
fn every_properties_file_to_paste_is_taken() {
    let blocks = blocks("properties");
    assert!(blocks.len() >= 5, "{} files", blocks.len());
    for text in blocks {
        let mut sources = Sources::default();
        let options = ConnectionOptions {
            command_config: Some(sources.add("client.properties", text.clone())),
            ..ConnectionOptions::default()
        };
        let ca = certificate();
        let lookups = Lookups {
            file: &|_| Ok(ca.clone()),
            ..Lookups::NONE
        };
        let taken = Settings::resolve(&options, lookups, &sources);
        assert!(taken.is_ok(), "{text}\n{taken:#?}");
    }
}

#[test]
fn every_set_of_variables_to_paste_is_taken() {
    let mut tried = 0;
    let files = certificate();
    for text in blocks("sh") {
        let lines = text.lines().filter_map(|line| line.strip_prefix("export "));
        let words = lines.flat_map(|line| shlex::split(line).expect("words of a shell"));
        let mut variables: BTreeMap<String, String> = words
            .filter_map(|word| {
                word.split_once('=')
                    .map(|(a, b)| (a.to_owned(), b.to_owned()))
            })
            .collect();
        if variables.is_empty() {
            continue;
        }
        variables
            .entry("KAFKA_BOOTSTRAP_SERVERS".to_owned())
            .or_insert("kafka:9092".to_owned());
        // A name that nothing reads would be taken as well.
        let read = RefCell::new(BTreeSet::new());
        let lookups = Lookups {
            names: &Vec::new,
            variable: &|name| {
                read.borrow_mut().insert(name.to_owned());
                variables.get(name).cloned()
            },
            file: &|_| Ok(files.clone()),
        };
        let options = ConnectionOptions::default();
        let taken = Settings::resolve(&options, lookups, &Sources::default());
        assert!(taken.is_ok(), "{text}\n{taken:#?}");
        for name in variables.keys() {
            assert!(read.borrow().contains(name), "{name} in {text}");
        }
        tried += 1;
    }
    assert!(tried >= 4, "{tried} sets");
}
