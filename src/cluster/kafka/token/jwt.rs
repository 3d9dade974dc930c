//! What a token says of itself, where it is a JSON Web Token (RFC 7519).
//!
//! Nothing is verified: that is for the broker. An opaque token says nothing.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next())
        else {
            return None;
        };
        let payload = payload.trim_end_matches('=');
        let json = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
        match serde_json::from_slice(&json).ok()? {
            Value::Object(claims) => Some(Self(claims)),
            _ => None,
        }
    }

    pub(super) fn expires(&self) -> Option<SystemTime> {
        let seconds = self.0.get("exp")?.as_f64()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }

    pub(super) fn text(&self, claim: &str) -> Option<String> {
        let text = self.0.get(claim)?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    /// What brokers are often set up to expect: `issuer https://idp, audience kafka`.
    pub(super) fn summary(&self) -> String {
        let audience = match self.0.get("aud") {
            Some(Value::Array(all)) => all
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            Some(Value::String(one)) => one.clone(),
            _ => String::new(),
        };
        let or_none = |text: String| match text.is_empty() {
            true => "none".to_owned(),
            false => text,
        };
        let issuer = or_none(self.text("iss").unwrap_or_default());
        format!("issuer {issuer}, audience {}", or_none(audience))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn claims_are_read() {
        let claims = Claims::read(&token(
            r#"{"sub":"ci","exp":1.5,"iss":"i","aud":["a","b"]}"#,
        ));
        let claims = claims.expect("claims");
        assert_eq!(claims.text("sub").as_deref(), Some("ci"));
        let expires = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        assert_eq!(claims.expires(), Some(expires));
        assert_eq!(claims.summary(), "issuer i, audience a b");
        let claims = Claims::read(&token(r#"{"sub":7,"exp":-1}"#)).expect("claims");
        assert_eq!((claims.text("sub"), claims.expires()), (None, None));
        assert_eq!(claims.summary(), "issuer none, audience none");
    }

    #[test]
    fn what_is_no_json_web_token_has_no_claims() {
        for text in ["", "opaque", "a.b", "a.b.c", "e30.W10.x", "e30.e30.x.y"] {
            assert!(Claims::read(text).is_none(), "{text}");
        }
    }
}
