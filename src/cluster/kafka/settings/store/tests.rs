//! Stores as other programs write them, and what a damaged one gives. `tests/broker/stores.rs` has
//! stores of Java's own making.

use std::sync::LazyLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::{X509, X509Name};

use super::*;

/// A certificate with its key.
pub(in super::super) struct Pair {
    pub(in super::super) key: PKey<Private>,
    pub(in super::super) certificate: X509,
}

pub(in super::super) static CA: LazyLock<Pair> = LazyLock::new(|| Pair::new("ca", None));
pub(in super::super) static CLIENT: LazyLock<Pair> =
    LazyLock::new(|| Pair::new("client", Some(&CA)));

impl Pair {
    pub(in super::super) fn new(name: &str, issuer: Option<&Self>) -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
        let mut subject = X509Name::builder().expect("a name");
        subject.append_entry_by_text("CN", name).expect("a name");
        let subject = subject.build();
        let mut made = X509::builder().expect("a certificate");
        made.set_version(2).expect("a version");
        let serial = BigNum::from_u32(1).and_then(|one| one.to_asn1_integer());
        made.set_serial_number(&serial.expect("a number"))
            .expect("a number");
        made.set_subject_name(&subject).expect("a name");
        let by = issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name());
        made.set_issuer_name(by).expect("a name");
        made.set_pubkey(&key).expect("a key");
        for (days, set) in [(0, true), (2, false)] {
            let time = Asn1Time::days_from_now(days).expect("a time");
            let done = match set {
                true => made.set_not_before(&time),
                false => made.set_not_after(&time),
            };
            done.expect("a time");
        }
        let with = issuer.map_or(&key, |issuer| &issuer.key);
        made.sign(with, MessageDigest::sha256())
            .expect("a signature");
        Self {
            certificate: made.build(),
            key,
        }
    }

    pub(in super::super) fn certificate_pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().expect("PEM")).expect("text")
    }

    pub(in super::super) fn key_pem(&self) -> String {
        String::from_utf8(self.key.private_key_to_pem_pkcs8().expect("PEM")).expect("text")
    }

    pub(in super::super) fn encrypted_key_pem(&self, password: &str) -> String {
        let cipher = Cipher::aes_256_cbc();
        let pem = self
            .key
            .private_key_to_pem_pkcs8_passphrase(cipher, password.as_bytes());
        String::from_utf8(pem.expect("PEM")).expect("text")
    }

    pub(in super::super) fn pkcs12(&self, password: &str) -> Vec<u8> {
        self.pkcs12_with(password, Nid::AES_256_CBC)
    }

    fn pkcs12_with(&self, password: &str, cipher: Nid) -> Vec<u8> {
        let mut store = Pkcs12::builder();
        store.key_algorithm(cipher).cert_algorithm(cipher);
        let mut others = Stack::new().expect("a stack");
        others.push(CA.certificate.clone()).expect("a stack");
        store.pkey(&self.key).cert(&self.certificate).ca(others);
        let store = store.build2(password).expect("a store");
        store.to_der().expect("a store")
    }
}

/// A store of Java before version 9: each pair is a key with its certificate and that of the CA.
pub(in super::super) fn jks(pairs: &[(&Pair, &str)], trusted: &[&X509], password: &str) -> Vec<u8> {
    let mut store = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    let block = |store: &mut Vec<u8>, bytes: &[u8]| {
        store.extend(u32::try_from(bytes.len()).expect("short").to_be_bytes());
        store.extend(bytes);
    };
    let certificate = |store: &mut Vec<u8>, one: &X509| {
        store.extend(b"\x00\x05X.509");
        block(store, &one.to_der().expect("DER"));
    };
    let entry = |store: &mut Vec<u8>, tag: u8| {
        store.extend([0, 0, 0, tag]);
        store.extend(b"\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00");
    };
    let count = u32::try_from(pairs.len() + trusted.len()).expect("few");
    store.extend(count.to_be_bytes());
    for (pair, key_password) in pairs {
        entry(&mut store, 1);
        let key = pair.key.private_key_to_pkcs8().expect("DER");
        block(&mut store, &jks::tests::encrypted(&key, key_password));
        store.extend(2_u32.to_be_bytes());
        certificate(&mut store, &pair.certificate);
        certificate(&mut store, &CA.certificate);
    }
    for one in trusted {
        entry(&mut store, 2);
        certificate(&mut store, one);
    }
    let digest = jks::tests::digest(&store, password);
    store.extend(digest);
    store
}

#[track_caller]
fn names(found: Result<Vec<X509>, Unreadable>) -> Vec<String> {
    let name = |one: &X509| format!("{:?}", one.subject_name());
    found.expect("certificates").iter().map(name).collect()
}

#[test]
fn a_key_comes_with_its_chain_and_the_first_of_several_is_taken() {
    let other = Pair::new("other", Some(&CA));
    let store = jks(&[(&CLIENT, "hush"), (&other, "hush")], &[], "hush");
    for (bytes, keys) in [(store, Some(2)), (CLIENT.pkcs12("hush"), None)] {
        let found = identity(&bytes, Some("hush"), None).expect("a key");
        assert!(found.key.public_eq(&CLIENT.key));
        let chain = names(Ok(found.chain));
        assert_eq!(
            chain,
            names(Ok(vec![CLIENT.certificate.clone(), CA.certificate.clone()]))
        );
        assert_eq!(found.keys, keys);
    }
}

#[test]
fn a_trust_store_needs_no_password_where_java_s_needs_none() {
    let ca = names(Ok(vec![CA.certificate.clone()]));
    let store = jks(&[], &[&CA.certificate], "hush");
    assert_eq!(names(trusted(&store, None)), ca);
    assert_eq!(names(trusted(&store, Some("hush"))), ca);
    let wrong = trusted(&store, Some("loud")).err();
    assert_eq!(wrong, Some(Unreadable::PasswordWrong));
    let store = CLIENT.pkcs12("hush");
    assert_eq!(names(trusted(&store, Some("hush"))).len(), 2);
    assert_eq!(
        trusted(&store, None).err(),
        Some(Unreadable::PasswordMissing)
    );
}

#[test]
fn what_is_wrong_with_a_store_is_told_apart() {
    let own = jks(&[(&CLIENT, "own")], &[], "hush");
    let pkcs12 = CLIENT.pkcs12("hush");
    let certificates = jks(&[], &[&CA.certificate], "hush");
    let (hush, loud) = (Some("hush"), Some("loud"));
    for (bytes, password, key_password, why) in [
        (&own, hush, None, Unreadable::KeyPasswordWrong),
        (&own, hush, loud, Unreadable::KeyPasswordWrong),
        (&own, loud, Some("own"), Unreadable::PasswordWrong),
        (&own, None, None, Unreadable::PasswordMissing),
        (&certificates, hush, None, Unreadable::NoKey),
        (&jks(&[], &[], "hush"), hush, None, Unreadable::NoEntries),
        (&pkcs12, loud, None, Unreadable::PasswordWrong),
        (&pkcs12, Some("hu\0sh"), None, Unreadable::PasswordWrong),
        (&pkcs12, None, None, Unreadable::PasswordMissing),
        (&pkcs12[..100].to_vec(), hush, None, Unreadable::Damaged),
        (&b"something else".to_vec(), hush, None, Unreadable::Foreign),
    ] {
        let found = identity(bytes, password, key_password).err();
        assert_eq!(found, Some(why), "{password:?} {key_password:?}");
    }
    assert!(identity(&own, hush, Some("own")).is_ok());
}

#[test]
fn no_piece_of_a_store_is_taken_for_a_whole_one() {
    let store = jks(&[(&CLIENT, "hush")], &[&CA.certificate], "hush");
    for length in 0..store.len() {
        for password in [None, Some("hush")] {
            let found = identity(&store[..length], password, Some("hush"));
            assert!(found.is_err(), "{length} bytes");
        }
    }
}

#[test]
fn a_store_is_known_by_its_first_bytes() {
    for (bytes, format) in [
        (jks(&[], &[], ""), Format::Jks),
        (CLIENT.pkcs12("hush"), Format::Pkcs12),
        (CLIENT.key_pem().into_bytes(), Format::Pem),
        (
            format!("# a note\n{}", CLIENT.certificate_pem()).into_bytes(),
            Format::Pem,
        ),
        (
            CLIENT.certificate.to_der().expect("DER"),
            Format::DerCertificate,
        ),
        (vec![0xce, 0xce, 0xce, 0xce, 0], Format::Jceks),
        (b" \n".to_vec(), Format::Empty),
        (vec![], Format::Empty),
        (vec![0x30, 0x82], Format::Other),
    ] {
        assert_eq!(Format::of(&bytes), format);
    }
}
