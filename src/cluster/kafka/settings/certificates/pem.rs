//! PEM text: its blocks, and the line breaks that they need.

/// The labels of its blocks, as `CERTIFICATE`.
pub(super) fn labels(text: &str) -> impl Iterator<Item = &str> {
    let blocks = text.split("-----BEGIN ").skip(1);
    blocks.filter_map(|block| Some(block.split_once("-----")?.0))
}

pub(super) fn is_of_key(label: &str) -> bool {
    label.ends_with("PRIVATE KEY")
}

pub(super) fn is_of_certificate(label: &str) -> bool {
    label.ends_with("CERTIFICATE")
}

/// What a text has in place of what is wanted.
pub(super) fn holds(text: &str) -> &'static str {
    let has = |is: fn(&str) -> bool| labels(text).any(is);
    match (has(is_of_certificate), has(is_of_key)) {
        (true, true) => "a certificate and a private key",
        (true, false) => "a certificate",
        (false, true) => "a private key",
        (false, false) if has(|label| label.ends_with("CERTIFICATE REQUEST")) => {
            "a request for a certificate"
        }
        (false, false) if has(|label| label.ends_with("PUBLIC KEY")) => "a public key",
        (false, false) => "neither",
    }
}

/// PEM with the line breaks that OpenSSL insists on and a continued property line loses.
pub(super) fn rewrap(text: &str) -> Option<String> {
    const WIDTH: usize = 64;
    let mut pem = String::new();
    // As variables and shells hold it, with its line breaks written out.
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let mut rest = text.as_str();
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let (label, block) = block.split_once("-----")?;
        let end = format!("-----END {label}-----");
        let (body, after) = block.split_once(end.as_str())?;
        rest = after;
        if body.contains("Proc-Type:") {
            // Its headers need their own lines, so that it must have them.
            let lines: Vec<&str> = body.trim().lines().map(str::trim).collect();
            pem.push_str(&format!(
                "-----BEGIN {label}-----\n{}\n{end}\n",
                lines.join("\n")
            ));
            continue;
        }
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        if !body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        {
            return None;
        }
        pem.push_str(&format!("-----BEGIN {label}-----\n"));
        for line in body.as_bytes().chunks(WIDTH) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str(&end);
        pem.push('\n');
    }
    (!pem.is_empty()).then_some(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_gets_its_line_breaks_back() {
        let body = "A".repeat(70);
        let one_line = format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----");
        let wrapped = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n{}\n-----END CERTIFICATE-----\n",
            &body[..64],
            &body[64..]
        );
        assert_eq!(rewrap(&one_line).as_deref(), Some(wrapped.as_str()));
        assert_eq!(rewrap(&wrapped).as_deref(), Some(wrapped.as_str()));
        assert_eq!(
            rewrap(&format!("{wrapped} {one_line}")),
            Some(wrapped.repeat(2))
        );
        assert_eq!(rewrap("/etc/ssl/ca.pem"), None);
        assert_eq!(rewrap("-----BEGIN X-----abc"), None);
    }
}
