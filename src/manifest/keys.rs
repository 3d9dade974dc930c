//! Names of configurations; what is odd about one is reported, with what was probably meant. The value
//! is looked at for that only: it goes with the key where that has another name. Pure.

use super::values;
use super::yaml::{Text, flow_scalar};
use crate::catalog::{self, Converted, Hint, KeyClass, Renamed, Vouched};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::topic::RETENTION_MS;
use crate::units::Measure;
use crate::wording::did_you_mean;

const LISTED: &str = "Kafka's are listed at https://kafka.apache.org/documentation/#topicconfigs";

/// Whose `config` a key stands in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Within {
    /// A topic's, a tier's or a patch's, which have the field `retention` too.
    Settings,
    AcceptedMismatch,
}

/// The keys that a `config` may hold.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    /// Those that the policy lets through.
    pub(super) vendors: &'a Vouched,
    pub(super) within: Within,
}

impl Keys<'_> {
    /// Whether the key is one that may be sent; what is odd about it is reported.
    pub(super) fn check(
        self,
        key: &Text,
        value: Option<&Text>,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let hint = match catalog::classify(&key.text) {
            KeyClass::Known(_) | KeyClass::Vendor(_) => return true,
            KeyClass::Unknown(_) if self.vendors.has(&key.text) => return true,
            KeyClass::Unknown(hint) => hint,
        };
        let value = value.map_or("", |text| &text.text);
        let diagnostic = Diagnostic::error(
            Code::UnknownConfig,
            format!("Kafka has no topic configuration `{}`", key.text),
        );
        diagnostics.push(match hint {
            Some(Hint::Key(name)) => diagnostic.at(key.span, did_you_mean(name)),
            Some(Hint::Field(name)) => diagnostic.at(key.span, "").help(own_field(name, value)),
            Some(Hint::Renamed(renamed)) => {
                let help = other_name(&key.text, &renamed, value, self.within);
                diagnostic.at(key.span, "").help(help)
            }
            None => diagnostic.at(key.span, "").help(way_of_nobody_s(&key.text)),
        });
        false
    }
}

/// The way out for a key that is like none of Kafka's.
fn way_of_nobody_s(key: &str) -> String {
    match catalog::to_vouch_for(key) {
        Some(vendors) => format!(
            "{LISTED}; one of the broker's own passes by \
             `policy: {{ config: {{ vendors: [\"{vendors}\"] }} }}` in topicctl.yaml"
        ),
        None => LISTED.to_owned(),
    }
}

/// How a configuration is written that stands among the fields of a topic, or is called otherwise
/// there; `None` for a key that is none.
pub(super) fn as_field(key: &str, value: &str) -> Option<String> {
    let plain = key.replace('_', ".");
    let renamed = match catalog::classify(&plain) {
        KeyClass::Known(spec) => Renamed {
            spec,
            counts: None,
            is_broker_s: false,
        },
        KeyClass::Unknown(Some(Hint::Renamed(renamed))) => renamed,
        _ => match catalog::classify(key) {
            KeyClass::Unknown(Some(Hint::Renamed(renamed))) => renamed,
            _ => return None,
        },
    };
    let name = renamed.spec.name;
    Some(match renamed.convert(value) {
        Some(Converted::Value { written, broker }) if name == RETENTION_MS => {
            format!("write `retention: {}`", with_unit(written, &broker))
        }
        Some(Converted::Value { written, .. }) => {
            format!("write it below `config`: `{}`", entry(name, &written))
        }
        Some(Converted::Unlikely(readings)) if name == RETENTION_MS => {
            let readings: Vec<_> = readings
                .iter()
                .map(|reading| format!("`retention: {reading}`"))
                .collect();
            format!("write the time with its unit: {}", readings.join(" or "))
        }
        _ => {
            let help = other_name(key, &renamed, value, Within::AcceptedMismatch);
            format!("it belongs below `config`; {help}")
        }
    })
}

fn own_field(name: &str, value: &str) -> String {
    match values::is_count(name, value) {
        true => format!(
            "write the topic's own field, beside `config`: `{name}: {}`",
            value.trim()
        ),
        false => format!("write the topic's own field `{name}`, beside `config`"),
    }
}

/// How a topic has what stands under another name.
fn other_name(key: &str, renamed: &Renamed, value: &str, within: Within) -> String {
    let name = renamed.spec.name;
    let is = match (renamed.is_broker_s, renamed.counts) {
        (true, None) => format!("`{key}` is a broker's configuration; "),
        (true, Some(counts)) => format!(
            "`{key}` is a broker's configuration, in {}; ",
            counts.word()
        ),
        (false, _) => String::new(),
    };
    match renamed.convert(value) {
        Some(Converted::Value { written, broker })
            if (name, within) == (RETENTION_MS, Within::Settings) =>
        {
            let field = with_unit(written, &broker);
            format!("{is}write `retention: {field}` beside `config`, or in it `{name}: {broker}`")
        }
        Some(Converted::Value { written, .. }) => {
            format!("{is}write `{}`", entry(name, &written))
        }
        Some(Converted::Unlikely(readings)) => {
            let readings: Vec<_> = readings
                .iter()
                .map(|reading| format!("`{name}: {reading}`"))
                .collect();
            format!(
                "{is}write the time with its unit: {}",
                readings.join(" or ")
            )
        }
        None => match (renamed.counts, renamed.spec.unit) {
            (Some(_), Some(measure)) => format!(
                "{is}`{name}` counts {}, so the value has to be converted",
                measure.smallest()
            ),
            _ => format!("{is}a topic's is `{name}`"),
        },
    }
}

/// A duration for the field that wants a unit.
fn with_unit(written: String, broker: &str) -> String {
    let bare = written.parse().ok();
    bare.or_else(|| broker.parse().ok().filter(|ms| *ms == -1))
        .map_or(written, |ms| Measure::Duration.human(ms))
}

/// A key with its value, as it stands in a mapping of either style.
fn entry(name: &str, value: &str) -> String {
    format!("{name}: {}", flow_scalar(value))
}
