//! Certificates for tests: an [`Authority`] issues what a [`Request`] asks for, good or with a fault.
//!
//! All of it is in memory, and each has a key of its own. What is asked for is not judged: a
//! certificate that expired years ago is as good a wish as any other. Nothing here is safe where
//! anybody else can reach it.

use std::{
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use openssl::{
    asn1::Asn1Time,
    bn::{BigNum, MsbOption},
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, PKeyRef, Private},
    x509::{
        X509, X509Builder, X509NameBuilder, X509Ref,
        extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName},
    },
};

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// What a certificate shall say: whose it is, from when to when, and what for.
#[derive(Clone, Debug)]
pub struct Request {
    common_name: String,
    hosts: Vec<String>,
    addresses: Vec<String>,
    /// In days from now.
    valid: Range<i64>,
    purpose: Purpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Server,
    Client,
    Authority,
}

impl Request {
    /// A server on loopback: 127.0.0.1, ::1 and localhost.
    #[must_use]
    pub fn loopback() -> Self {
        Self {
            hosts: vec!["localhost".to_owned()],
            addresses: vec!["127.0.0.1".to_owned(), "::1".to_owned()],
            ..Self::new("localhost", Purpose::Server)
        }
    }

    /// A server of this host name, and of no other.
    #[must_use]
    pub fn host(name: &str) -> Self {
        Self {
            hosts: vec![name.to_owned()],
            ..Self::new(name, Purpose::Server)
        }
    }

    /// A client of this name. Its certificate cannot stand for a server.
    #[must_use]
    pub fn client(name: &str) -> Self {
        Self::new(name, Purpose::Client)
    }

    fn new(common_name: &str, purpose: Purpose) -> Self {
        Self {
            common_name: common_name.to_owned(),
            hosts: vec![],
            addresses: vec![],
            valid: -1..30,
            purpose,
        }
    }

    /// From when to when it is valid, in days from now.
    #[must_use]
    pub fn valid(mut self, days: Range<i64>) -> Self {
        self.valid = days;
        self
    }
}

/// A certificate with its key, and the certificates that a peer is sent along with it.
#[derive(Clone)]
pub struct Certificate {
    certificate: X509,
    key: PKey<Private>,
    chain: Vec<X509>,
    /// What a peer must trust.
    root: X509,
}

impl Certificate {
    /// One that nobody else signed.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot make it.
    pub fn self_signed(request: &Request) -> Result<Self> {
        let key = new_key()?;
        let certificate = build(request, &key, None)?;
        Ok(Self {
            root: certificate.clone(),
            chain: vec![],
            certificate,
            key,
        })
    }

    /// Has its issuer's certificate sent along, up to the root.
    #[must_use]
    pub fn with_root(mut self) -> Self {
        self.chain.push(self.root.clone());
        self
    }

    /// Forgets to send the certificates between it and the root.
    #[must_use]
    pub fn without_chain(mut self) -> Self {
        self.chain.clear();
        self
    }

    /// What a peer is sent, as PEM: the certificate, and those that go along with it.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot write it.
    pub fn pem(&self) -> Result<Vec<u8>> {
        let mut pem = self.certificate.to_pem()?;
        for one in &self.chain {
            pem.extend(one.to_pem()?);
        }
        Ok(pem)
    }

    /// Its key as PEM (PKCS#8), unencrypted.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot write it.
    pub fn key_pem(&self) -> Result<Vec<u8>> {
        Ok(self.key.private_key_to_pem_pkcs8()?)
    }

    /// What a peer must trust, as PEM.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot write it.
    pub fn root_pem(&self) -> Result<Vec<u8>> {
        Ok(self.root.to_pem()?)
    }

    pub(crate) fn x509(&self) -> &X509Ref {
        &self.certificate
    }

    pub(crate) fn key(&self) -> &PKeyRef<Private> {
        &self.key
    }
}

impl std::fmt::Debug for Certificate {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.certificate.fmt(f)
    }
}

/// A certificate authority, or one that it has authorized.
#[derive(Clone, Debug)]
pub struct Authority(Certificate);

impl Authority {
    /// A root of this name.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot make it.
    pub fn new(name: &str) -> Result<Self> {
        let request = Request::new(name, Purpose::Authority);
        Ok(Self(Certificate::self_signed(&request)?))
    }

    /// An authority below this one.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot make it.
    pub fn authorize(&self, name: &str) -> Result<Self> {
        Ok(Self(self.issue(&Request::new(name, Purpose::Authority))?))
    }

    /// A certificate that this authority signed.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot make it.
    pub fn issue(&self, request: &Request) -> Result<Certificate> {
        let key = new_key()?;
        let Self(issuer) = self;
        let certificate = build(request, &key, Some(issuer))?;
        let is_root = issuer.root == issuer.certificate;
        let between = (!is_root).then(|| issuer.certificate.clone());
        let chain = between.into_iter().chain(issuer.chain.iter().cloned());
        Ok(Certificate {
            chain: chain.collect(),
            certificate,
            key,
            root: issuer.root.clone(),
        })
    }

    /// Its certificate as PEM.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot write it.
    pub fn pem(&self) -> Result<Vec<u8>> {
        Ok(self.0.certificate.to_pem()?)
    }
}

fn new_key() -> Result<PKey<Private>> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

/// Signs with the issuer's key, or with its own.
fn build(request: &Request, key: &PKey<Private>, issuer: Option<&Certificate>) -> Result<X509> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", &request.common_name)?;
    let name = name.build();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let at = |days: i64| Asn1Time::from_unix(now.cast_signed() + days * SECONDS_A_DAY);
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;

    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(serial.to_asn1_integer()?.as_ref())?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(issuer.map_or(&name, |issuer| issuer.certificate.subject_name()))?;
    builder.set_pubkey(key)?;
    builder.set_not_before(at(request.valid.start)?.as_ref())?;
    builder.set_not_after(at(request.valid.end)?.as_ref())?;
    extend(&mut builder, request, issuer)?;
    builder.sign(
        issuer.map_or(key, Certificate::key),
        MessageDigest::sha256(),
    )?;
    Ok(builder.build())
}

fn extend(
    builder: &mut X509Builder,
    request: &Request,
    issuer: Option<&Certificate>,
) -> Result<()> {
    if !request.hosts.is_empty() || !request.addresses.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for host in &request.hosts {
            names.dns(host);
        }
        for address in &request.addresses {
            names.ip(address);
        }
        let issuer = issuer.map(Certificate::x509);
        let names = names.build(&builder.x509v3_context(issuer, None))?;
        builder.append_extension(names)?;
    }
    match request.purpose {
        Purpose::Authority => {
            builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
            let usage = KeyUsage::new()
                .critical()
                .key_cert_sign()
                .crl_sign()
                .build()?;
            builder.append_extension(usage)?;
        }
        Purpose::Server => {
            builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        }
        Purpose::Client => {
            builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use openssl::{
        stack::Stack,
        x509::{X509StoreContext, X509VerifyResult, store::X509StoreBuilder},
    };

    use super::*;

    fn verified(certificate: &Certificate, root: &Certificate) -> Result<X509VerifyResult> {
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(root.certificate.clone())?;
        let mut chain = Stack::new()?;
        for one in &certificate.chain {
            chain.push(one.clone())?;
        }
        let mut context = X509StoreContext::new()?;
        let store = store.build();
        Ok(
            context.init(&store, &certificate.certificate, &chain, |context| {
                context.verify_cert()?;
                Ok(context.error())
            })?,
        )
    }

    #[test]
    fn a_certificate_is_good_but_for_the_fault_that_was_asked_for() -> Result<()> {
        let root = Authority::new("root")?;
        let other = Authority::new("other")?;
        let between = root.authorize("between")?;
        let good = root.issue(&Request::loopback())?;
        let far = between.issue(&Request::host("kafka.example"))?;
        let expired = root.issue(&Request::loopback().valid(-20..-10))?;
        for (certificate, authority, code) in [
            (&good, &root, 0),
            (&far, &root, 0),
            (&good.clone().with_root(), &root, 0),
            (&expired, &root, 10),
            (&root.issue(&Request::loopback().valid(5..9))?, &root, 9),
            (&far.clone().without_chain(), &root, 20),
            (&good, &other, 20),
            (&good.clone().with_root(), &other, 19),
            (&Certificate::self_signed(&Request::loopback())?, &root, 18),
        ] {
            let result = verified(certificate, &authority.0)?;
            assert_eq!(result.as_raw(), code, "{result}: {certificate:?}");
        }
        Ok(())
    }
}
