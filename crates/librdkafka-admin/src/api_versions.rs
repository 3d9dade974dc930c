//! Which requests a broker takes, from its answer to ApiVersions.
//!
//! librdkafka asks for it on each connection and keeps the answer to itself, except for its log of
//! the context `feature` (`rd_kafka_handle_ApiVersion` and `rd_kafka_features_check`, facility
//! APIVERSION): one line for each request, and then others.

use std::collections::BTreeMap;

/// The requests that a broker takes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ApiVersions(BTreeMap<i16, (i16, i16)>);

impl ApiVersions {
    /// The newest version of a request that it takes, by the request's api key.
    pub fn newest(&self, api_key: i16) -> Option<i16> {
        self.0.get(&api_key).map(|(_, newest)| *newest)
    }

    /// Whether it takes a request at all, by its api key.
    pub fn has(&self, api_key: i16) -> bool {
        self.0.contains_key(&api_key)
    }
}

/// Puts the lines of several brokers, whose threads log at the same time, together.
#[derive(Default)]
pub(crate) struct ApiVersionsLog(BTreeMap<String, ApiVersions>);

impl ApiVersionsLog {
    /// Takes a line, without its thread, and returns a broker's answer when it is complete.
    pub(crate) fn take(&mut self, line: &str) -> Option<(String, ApiVersions)> {
        let (broker, words) = line.split_once(": ")?;
        if words == "Broker API support:" {
            self.0.insert(broker.to_owned(), ApiVersions::default());
            return None;
        }
        match entry(words) {
            Some((api_key, versions)) => {
                self.0.get_mut(broker)?.0.insert(api_key, versions);
                None
            }
            None => self.0.remove_entry(broker),
        }
    }
}

/// Reads `ApiKey Metadata (3) Versions 0..13`.
fn entry(words: &str) -> Option<(i16, (i16, i16))> {
    let words = words.trim_start().strip_prefix("ApiKey ")?;
    let (_, words) = words.rsplit_once(" (")?;
    let (api_key, words) = words.split_once(") Versions ")?;
    let (oldest, newest) = words.split_once("..")?;
    Some((
        api_key.parse().ok()?,
        (oldest.parse().ok()?, newest.parse().ok()?),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_brokers_are_told_apart() {
        let mut log = ApiVersionsLog::default();
        let mut complete = vec![];
        for line in [
            "a:1/bootstrap: Broker API support:",
            "a:1/bootstrap:   ApiKey Metadata (3) Versions 0..13",
            "b:2/7: Broker API support:",
            "a:1/bootstrap:   ApiKey Unknown-93? (93) Versions 1..1",
            "b:2/7:   ApiKey Produce (0) Versions 0..11",
            "a:1/bootstrap:  Feature MsgVer1: Produce (2..2) supported by broker",
            "a:1/bootstrap: Enabling feature MsgVer1",
            "b:2/7: Enabling feature MsgVer1",
            "a line of another kind",
        ] {
            complete.extend(log.take(line));
        }
        let [(first, one), (second, other)] = complete.as_slice() else {
            panic!("{complete:?}")
        };
        assert_eq!(
            (first.as_str(), second.as_str()),
            ("a:1/bootstrap", "b:2/7")
        );
        assert_eq!(one.newest(3), Some(13));
        assert!(one.has(93) && !one.has(0));
        assert_eq!(other.newest(0), Some(11));
    }
}
