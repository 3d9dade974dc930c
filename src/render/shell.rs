//! Words and beginnings of the shell scripts. Pure text for a POSIX shell.

use crate::diagnostic::printable;
use crate::remedy;

/// A word in the quotes that it needs; `None` where a terminal or an editor would not show what it
/// is.
pub(super) fn word(text: &str) -> Option<String> {
    (printable(text) == text).then(|| remedy::quoted(text))
}

/// The beginning of a script: what it is for, and the cluster that it needs.
pub(super) fn header(purpose: &[&str]) -> String {
    let mut script = "#!/bin/sh\n".to_owned();
    for line in purpose {
        script.push_str("# ");
        script.push_str(line);
        script.push('\n');
    }
    script.push_str("set -eu\n: \"${KAFKA_BOOTSTRAP_SERVERS:?}\"\n");
    script
}

/// A function that calls one of Kafka's tools with the connection and these arguments. The tool's
/// path and a properties file may come from outside.
pub(super) fn function(name: &str, path: &str, tool: &str, arguments: &str) -> String {
    format!(
        "\n{name}() {{\n  \"${{{path}:-{tool}}}\" --bootstrap-server \"$KAFKA_BOOTSTRAP_SERVERS\" \\\n    \
         ${{KAFKA_COMMAND_CONFIG:+--command-config \"$KAFKA_COMMAND_CONFIG\"}} \\\n    \
         {arguments} \"$@\"\n}}\n"
    )
}
