//! What proves to Amazon MSK who we are: the URL of a request to connect, signed and not sent
//! (Signature Version 4 in the query), in base64. Brokers take it for a bearer token.
//!
//! Pure: takes credentials, region and time. Amazon's own signers give the same URL, but for the
//! name of the program in it, which is not signed (`make test-msk-signer`).

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqsign_aws_v4::{Credential, EMPTY_STRING_SHA256};
use reqsign_core::hash::{hex_hmac_sha256, hex_sha256, hmac_sha256};
use reqsign_core::time::Timestamp;

/// How long a URL is valid, as for all of Amazon's signers.
pub(super) const LIFETIME: Duration = Duration::from_secs(900);

/// All but the unreserved characters of RFC 3986, section 2.3.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "kafka-cluster";
const USER_AGENT: &str = concat!("topicctl/", env!("CARGO_PKG_VERSION"));

pub(super) fn token(credential: &Credential, region: &str, time: SystemTime) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(url(credential, region, time))
}

fn url(credential: &Credential, region: &str, time: SystemTime) -> String {
    let time = iso8601(time);
    let date = &time[..8];
    // So in China too, where the services themselves are below amazonaws.com.cn.
    let host = format!("kafka.{region}.amazonaws.com");
    let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
    let query = query(credential, &scope, &time);
    let request = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{EMPTY_STRING_SHA256}");
    let to_sign = format!(
        "{ALGORITHM}\n{time}\n{scope}\n{}",
        hex_sha256(request.as_bytes())
    );
    let secret = format!("AWS4{}", credential.secret_access_key);
    let parts = [date, region, SERVICE, "aws4_request"];
    let key = parts.iter().fold(secret.into_bytes(), |key, part| {
        hmac_sha256(&key, part.as_bytes())
    });
    let signature = hex_hmac_sha256(&key, to_sign.as_bytes());
    let agent = encoded(USER_AGENT);
    format!("https://{host}/?{query}&X-Amz-Signature={signature}&User-Agent={agent}")
}

/// What is signed of the query, in the order of its names.
fn query(credential: &Credential, scope: &str, time: &str) -> String {
    let seconds = LIFETIME.as_secs().to_string();
    let id = format!("{}/{scope}", credential.access_key_id);
    let mut pairs = vec![
        ("Action", "kafka-cluster:Connect"),
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &id),
        ("X-Amz-Date", time),
        ("X-Amz-Expires", &seconds),
    ];
    let token = credential.session_token.as_deref();
    pairs.extend(token.map(|token| ("X-Amz-Security-Token", token)));
    pairs.push(("X-Amz-SignedHeaders", "host"));
    let pairs = pairs.into_iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `20261126T123456Z`. Whole seconds: a part of one is dropped.
fn iso8601(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    Timestamp::from_second(seconds)
        .unwrap_or_default()
        .format_iso8601()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What Amazon's own signer makes of credentials, region and moment (`make test-msk-signer`),
    /// but for the name of the program.
    const URLS: &str = include_str!("presigned/urls.json");

    fn credential(id: &str, secret: &str, session: Option<&str>) -> Credential {
        Credential {
            access_key_id: id.to_owned(),
            secret_access_key: secret.to_owned(),
            session_token: session.map(str::to_owned),
            expires_in: None,
        }
    }

    /// Address and parameters: what is signed has an order of its own.
    fn parts(url: &str) -> BTreeSet<&str> {
        url.split(['?', '&']).collect()
    }

    #[test]
    fn urls_are_those_of_amazon_s_signer() {
        let cases: Vec<serde_json::Value> = serde_json::from_str(URLS).expect("JSON");
        assert!(cases.len() > 3);
        for case in &cases {
            let text = |name: &str| case[name].as_str();
            let [id, secret, region, signed] =
                ["id", "secret", "region", "url"].map(|name| text(name).expect("a text"));
            let credential = credential(id, secret, text("session"));
            // A part of a second is dropped.
            let moment = Duration::from_secs(case["time"].as_u64().expect("seconds"));
            let moment = SystemTime::UNIX_EPOCH + moment + Duration::from_millis(999);
            let found = url(&credential, region, moment);
            let (found, agent) = found.split_once("&User-Agent=").expect("a name");
            assert_eq!(parts(found), parts(signed));
            assert!(agent.starts_with("topicctl%2F"), "{agent}");
        }
    }

    #[test]
    fn a_token_is_one_word_for_sasl() {
        let token = token(
            &credential("AK", "hush", None),
            "eu-west-1",
            SystemTime::UNIX_EPOCH,
        );
        let url = BASE64_URL_SAFE_NO_PAD.decode(&token).expect("base64");
        let url = String::from_utf8(url).expect("a URL");
        assert!(url.starts_with("https://kafka.eu-west-1.amazonaws.com/?"));
        assert!(!url.contains("hush"));
        assert!(!token.contains('='));
    }
}
