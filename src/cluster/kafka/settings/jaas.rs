//! `sasl.jaas.config`: one login module with its options,
//! `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";`
//!
//! Read as `org.apache.kafka.common.security.JaasConfig` does: options are `name=value`, values may
//! stand in double or single quotes with backslash escapes, and a semicolon ends the module.

use secrecy::SecretString;

#[derive(Debug)]
pub(super) struct Login {
    /// Whether the module is `ScramLoginModule`, else it is `PlainLoginModule`.
    pub(super) is_scram: bool,
    pub(super) username: String,
    pub(super) password: SecretString,
}

/// Reads the configuration. The error does not quote it: it may hold a password.
pub(super) fn read(text: &str) -> Result<Login, String> {
    let mut tokens = tokens(text)?.into_iter();
    let is_scram = match tokens.next() {
        Some(Token::Word(class)) => is_scram(&class)?,
        _ => return Err("it does not begin with the class of a login module".to_owned()),
    };
    match tokens.next() {
        Some(Token::Word(flag))
            if ["required", "requisite", "sufficient", "optional"]
                .contains(&flag.to_ascii_lowercase().as_str()) => {}
        _ => return Err("`required` is missing after the login module".to_owned()),
    }
    let (mut username, mut password) = (None, None);
    loop {
        match (tokens.next(), tokens.next(), tokens.next()) {
            (Some(Token::End), None, _) => break,
            (Some(Token::End), ..) => return Err("it has more than one login module".to_owned()),
            (Some(Token::Word(name)), Some(Token::Equals), Some(Token::Word(value))) => {
                match name.as_str() {
                    "username" => username = Some(value),
                    "password" => password = Some(SecretString::from(value)),
                    "tokenauth" => return Err("delegation tokens are not supported".to_owned()),
                    // What other clients keep there (`user_alice` of a broker) has no meaning here.
                    _ => {}
                }
            }
            _ => return Err("it is not of the form name=\"value\" … ending in `;`".to_owned()),
        }
    }
    match (username, password) {
        (Some(username), Some(password)) => Ok(Login {
            is_scram,
            username,
            password,
        }),
        (None, _) => Err("it has no username".to_owned()),
        (_, None) => Err("it has no password".to_owned()),
    }
}

fn is_scram(class: &str) -> Result<bool, String> {
    match class.rsplit('.').next().unwrap_or_default() {
        "PlainLoginModule" => Ok(false),
        "ScramLoginModule" => Ok(true),
        _ => Err(format!(
            "its login module {class} has no counterpart here, only PlainLoginModule and \
             ScramLoginModule have"
        )),
    }
}

#[derive(PartialEq, Eq)]
enum Token {
    Word(String),
    Equals,
    End,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = vec![];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '=' => tokens.push(Token::Equals),
            ';' => tokens.push(Token::End),
            '"' | '\'' => tokens.push(Token::Word(quoted(&mut chars, c)?)),
            c => {
                let mut word = String::from(c);
                while let Some(c) =
                    chars.next_if(|c| !c.is_whitespace() && !matches!(c, '=' | ';' | '"' | '\''))
                {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

fn quoted(chars: &mut impl Iterator<Item = char>, quote: char) -> Result<String, String> {
    let open = || "a quote is not closed".to_owned();
    let mut text = String::new();
    loop {
        match chars.next().ok_or_else(open)? {
            c if c == quote => return Ok(text),
            '\\' => text.push(match chars.next().ok_or_else(open)? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                c => c,
            }),
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";

    #[test]
    fn logins_are_read() {
        for (options, username, password) in [
            (r#"username="ci" password="s3cret";"#, "ci", "s3cret"),
            (r#"username = 'ci'  password='a"b' ;"#, "ci", "a\"b"),
            (r#"username=ci password=s3cret;"#, "ci", "s3cret"),
            (
                r#"username="c i" password="a\"b\\c;d=e";"#,
                "c i",
                "a\"b\\c;d=e",
            ),
            (
                r#"serviceName="kafka" username="ci" password="";"#,
                "ci",
                "",
            ),
        ] {
            let login = read(&format!("{PLAIN} required {options}")).expect(options);
            assert!(!login.is_scram);
            assert_eq!(login.username, username);
            assert_eq!(login.password.expose_secret(), password);
        }
    }

    #[test]
    fn errors_do_not_quote_the_password() {
        for (text, reason) in [
            ("", "does not begin"),
            ("com.example.Login required a=b;", "com.example.Login"),
            (
                &format!("{PLAIN} username=ci password=hush;"),
                "`required` is missing",
            ),
            (
                &format!("{PLAIN} required username=ci password=hush"),
                "not of the form",
            ),
            (
                &format!("{PLAIN} required username=ci password=\"hush;"),
                "not closed",
            ),
            (&format!("{PLAIN} required password=hush;"), "no username"),
            (&format!("{PLAIN} required username=ci;"), "no password"),
            (
                &format!("{PLAIN} required username=ci password=hush; x y z"),
                "more than one",
            ),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
