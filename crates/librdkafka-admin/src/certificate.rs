//! What OpenSSL has against a broker's certificate.

use std::ffi::c_long;

/// A certificate that was refused, and with it the connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateError {
    /// `host:port`.
    pub broker: String,
    /// `None` for a bootstrap server.
    pub broker_id: Option<i32>,
    /// `X509_V_ERR_…` of OpenSSL's x509_vfy.h.
    pub code: i32,
    /// OpenSSL's words for the code.
    pub reason: String,
    /// 0 for the broker's own certificate, 1 for that of its issuer, and so on.
    pub depth: u32,
    /// The certificate that is meant.
    pub der: Vec<u8>,
}

/// OpenSSL's words for a code.
pub(crate) fn reason(code: i32) -> String {
    // SAFETY: the text is static; a code that is not known has one too.
    let text = unsafe {
        crate::ffi::text(openssl_sys::X509_verify_cert_error_string(c_long::from(
            code,
        )))
    };
    text.unwrap_or_default()
}
