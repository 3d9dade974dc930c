//! The Java client's trust and key stores.
//!
//! The text of a PEM store in the property itself goes on as it is, and so does the path of a store;
//! neither is read here.

use crate::cluster::kafka::settings::layers::{Layers, SetBy};

#[derive(Default)]
pub(super) struct Stores {
    truststore: Store,
    keystore: Store,
}

#[derive(Default)]
struct Store {
    location: Option<(String, SetBy)>,
    /// `ssl.truststore.certificates`, `ssl.keystore.certificate.chain`.
    certificates: Option<(String, SetBy)>,
    key: Option<(String, SetBy)>,
    password: Option<(String, SetBy)>,
}

impl Stores {
    /// Keeps a store's property; `false` for any other.
    pub(super) fn take(&mut self, key: &str, value: &str, from: &SetBy) -> bool {
        let given =
            || Some((value.to_owned(), from.clone())).filter(|(value, _)| !value.is_empty());
        match key {
            // The file itself says of what type it is.
            "ssl.truststore.type" | "ssl.keystore.type" => {}
            "ssl.truststore.location" => self.truststore.location = given(),
            "ssl.truststore.certificates" => self.truststore.certificates = given(),
            "ssl.truststore.password" => self.truststore.password = given(),
            "ssl.keystore.location" => self.keystore.location = given(),
            "ssl.keystore.certificate.chain" => self.keystore.certificates = given(),
            "ssl.keystore.key" => self.keystore.key = given(),
            "ssl.keystore.password" => self.keystore.password = given(),
            _ => return false,
        }
        true
    }

    /// Makes settings of them. What is in the files is not looked at: a stronger layer may have
    /// others, and the stated type says less than the file.
    pub(super) fn settle(self, layers: &mut Layers) {
        let Self {
            truststore,
            keystore,
        } = self;
        let mut set = |name: &str, given: Option<(String, SetBy)>| {
            if let Some((value, from)) = given {
                layers.set(name, &value, from);
            }
        };
        match truststore.certificates {
            None => {
                set("ssl.truststore.location", truststore.location);
                set("ssl.truststore.password", truststore.password);
            }
            certificates => set("ssl.ca.pem", certificates),
        }
        match (keystore.certificates, keystore.key) {
            (None, None) => {
                set("ssl.keystore.location", keystore.location);
                set("ssl.keystore.password", keystore.password);
            }
            (certificates, key) => {
                set("ssl.certificate.pem", certificates);
                set("ssl.key.pem", key);
            }
        }
    }
}
