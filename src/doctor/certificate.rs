//! A broker's certificate and what is wrong with it, in words. Pure: it was looked at by somebody
//! else, and nothing of a key is in it.

/// Less is a warning: who renews certificates wants to know.
const FEW_DAYS: i64 = 14;

/// What a certificate says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Certificate {
    /// `CN=kafka, O=Example`.
    pub subject: String,
    pub issuer: String,
    /// The hosts and addresses that it is for.
    pub names: Vec<String>,
    /// In UTC, `2026-11-27`.
    pub valid_from: String,
    pub valid_to: String,
    /// Until it expires; negative where it has.
    pub days_left: i64,
}

/// What is wrong with a certificate, and the way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    pub words: String,
    pub help: String,
    /// Whether it is the name, which not every connection insists on.
    pub is_of_name: bool,
}

impl Certificate {
    pub fn expires_soon(&self) -> bool {
        (0..FEW_DAYS).contains(&self.days_left)
    }

    /// Line by line.
    pub fn words(&self) -> Vec<String> {
        let names = match self.names.as_slice() {
            [] => "it has no names but this one".to_owned(),
            names => format!("for {}", names.join(", ")),
        };
        vec![
            format!("certificate of {}", self.subject),
            names,
            format!("signed by {}", self.signer()),
            format!(
                "valid from {} to {}, {}",
                self.valid_from,
                self.valid_to,
                self.time_left()
            ),
        ]
    }

    fn signer(&self) -> &str {
        match self.issuer == self.subject {
            true => "itself",
            false => &self.issuer,
        }
    }

    fn time_left(&self) -> String {
        match self.days_left {
            i64::MIN..=-1 => "and so expired".to_owned(),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(days_left: i64) -> Certificate {
        Certificate {
            subject: "CN=kafka".to_owned(),
            issuer: "CN=root".to_owned(),
            names: vec!["kafka".to_owned(), "10.0.0.1".to_owned()],
            valid_from: "2026-01-01".to_owned(),
            valid_to: "2026-02-01".to_owned(),
            days_left,
        }
    }

    #[test]
    fn a_certificate_says_whose_it_is_and_how_long_it_lasts() {
        assert_eq!(
            certificate(31).words(),
            [
                "certificate of CN=kafka",
                "for kafka, 10.0.0.1",
                "signed by CN=root",
                "valid from 2026-01-01 to 2026-02-01, 31 days left",
            ]
        );
        let own = Certificate {
            issuer: "CN=kafka".to_owned(),
            names: Vec::new(),
            ..certificate(-1)
        };
        assert_eq!(own.words()[1], "it has no names but this one");
        assert_eq!(own.words()[2], "signed by itself");
        assert!(own.words()[3].ends_with("and so expired"));
        for (days, soon) in [(-1, false), (0, true), (13, true), (14, false)] {
            assert_eq!(certificate(days).expires_soon(), soon, "{days}");
        }
    }
}
