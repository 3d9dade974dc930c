//! `sasl.jaas.config`: one login module with its options,
//! `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";`
//!
//! Read as `org.apache.kafka.common.security.JaasConfig` does: options are `name=value`, values may
//! stand in double or single quotes with backslash escapes, and a semicolon ends the module. What
//! the options mean is not decided here.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

/// A login module with its options, any of which may be a secret.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) module: Module,
    options: BTreeMap<String, SecretString>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Module {
    Plain,
    Scram,
    OAuthBearer,
    /// Of Amazon's library for Java, aws-msk-iam-auth.
    MskIam,
}

impl Module {
    const KNOWN: [(&'static str, Self); 4] = [
        ("PlainLoginModule", Self::Plain),
        ("ScramLoginModule", Self::Scram),
        ("OAuthBearerLoginModule", Self::OAuthBearer),
        ("IAMLoginModule", Self::MskIam),
    ];
}

impl Login {
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(SecretString::expose_secret)
    }

    pub(super) fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        let options = self.options.iter();
        options.map(|(name, value)| (name.as_str(), value.expose_secret()))
    }
}

/// Reads the configuration. The error does not quote it: it may hold a password.
pub(super) fn read(text: &str) -> Result<Login, String> {
    let mut tokens = tokens(text)?.into_iter();
    let module = match tokens.next() {
        Some(Token::Word(class)) => module(&class)?,
        _ => return Err("it does not begin with the class of a login module".to_owned()),
    };
    match tokens.next() {
        Some(Token::Word(flag))
            if ["required", "requisite", "sufficient", "optional"]
                .contains(&flag.to_ascii_lowercase().as_str()) => {}
        _ => return Err("`required` is missing after the login module".to_owned()),
    }
    let mut options = BTreeMap::new();
    loop {
        match (tokens.next(), tokens.next(), tokens.next()) {
            (Some(Token::End), None, _) => return Ok(Login { module, options }),
            (Some(Token::End), ..) => return Err("it has more than one login module".to_owned()),
            (Some(Token::Word(name)), Some(Token::Equals), Some(Token::Word(value))) => {
                options.insert(name, value.into());
            }
            _ => return Err("it is not of the form name=\"value\" … ending in `;`".to_owned()),
        }
    }
}

fn module(class: &str) -> Result<Module, String> {
    let name = class.rsplit('.').next().unwrap_or_default();
    let known = Module::KNOWN.into_iter().find(|(known, _)| *known == name);
    known.map(|(_, module)| module).ok_or_else(|| {
        let [others @ .., last] = Module::KNOWN.map(|(known, _)| known);
        format!(
            "its login module {class} has no counterpart here, only {} and {last} have",
            others.join(", ")
        )
    })
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
            assert_eq!(login.module, Module::Plain);
            assert_eq!(login.option("username"), Some(username));
            assert_eq!(login.option("password"), Some(password));
            assert!(!format!("{login:?}").contains("s3cret"));
        }
    }

    #[test]
    fn modules_are_known_by_their_classes() {
        let security = "org.apache.kafka.common.security";
        for (class, module) in [
            (format!("{security}.scram.ScramLoginModule"), Module::Scram),
            (
                format!("{security}.oauthbearer.OAuthBearerLoginModule"),
                Module::OAuthBearer,
            ),
            (
                "software.amazon.msk.auth.iam.IAMLoginModule".to_owned(),
                Module::MskIam,
            ),
        ] {
            let login = read(&format!("{class} required awsProfileName=ci;")).expect("a login");
            assert_eq!(login.module, module);
            assert_eq!(
                login.options().collect::<Vec<_>>(),
                [("awsProfileName", "ci")]
            );
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
