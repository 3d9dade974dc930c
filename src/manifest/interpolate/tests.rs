//! What texts become, and what is refused.

use super::*;

fn evaluated(
    text: &str,
    vars: &[(&str, &str)],
    environment: &[(&str, &str)],
) -> Result<String, Code> {
    let mut sources = Sources::default();
    let source = sources.add("t.yaml", text.to_owned());
    let end = u32::try_from(text.len()).expect("short");
    let span = Span {
        source,
        start: 0,
        end,
    };
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| {
            (
                *name,
                Text {
                    text: (*value).to_owned(),
                    span,
                },
            )
        })
        .collect();
    let file: Vars<'_> = vars.iter().map(|(name, text)| (*name, text)).collect();
    let files = HashMap::from([(source, file)]);
    let owned = |list: &[(&str, &str)]| {
        list.iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    };
    let outside = Outside {
        given: BTreeMap::new(),
        environment: owned(environment),
    };
    let none = Vars::new();
    let scope = Scope {
        outside: &outside,
        profile: &none,
        files: &files,
        project: None,
        cluster: None,
    };
    let mut diagnostics = Diagnostics::default();
    let text = Text {
        text: text.to_owned(),
        span,
    };
    let context = Context::default().with("source", "orders");
    evaluate(&text, scope, &context, &sources, &mut diagnostics)
        .ok_or_else(|| diagnostics.sorted(&sources)[0].code)
}

#[test]
fn forms() {
    let env = [("A", "1"), ("EMPTY", "")];
    for (text, expected) in [
        ("plain", Ok("plain")),
        ("${A}", Ok("1")),
        ("x${A}y${A}z", Ok("x1y1z")),
        ("${B:-2}", Ok("2")),
        ("${EMPTY}", Ok("")),
        ("${EMPTY:-2}", Ok("2")),
        ("${B:-${A}}", Ok("1")),
        ("${B:-${C:-x}y}", Ok("xy")),
        ("$${A}", Ok("${A}")),
        ("${source}-dlq", Ok("orders-dlq")),
        ("${A:?needed}", Ok("1")),
        ("${B:?needed}", Err(Code::UndefinedVariable)),
        ("${B}", Err(Code::UndefinedVariable)),
        ("${A", Err(Code::VariableSyntax)),
        ("$A", Err(Code::VariableSyntax)),
        ("${}", Err(Code::VariableSyntax)),
        ("${A:+x}", Err(Code::VariableSyntax)),
        ("${KAFKA_PASSWORD:-x}", Err(Code::SecretVariable)),
        ("${AWS_ACCESS_KEY_ID}", Err(Code::SecretVariable)),
    ] {
        assert_eq!(
            evaluated(text, &[], &env),
            expected.map(str::to_owned),
            "{text}"
        );
    }
}

#[test]
fn vars_refer_to_vars_but_not_in_a_circle() {
    let vars = [
        ("a", "${b}!"),
        ("b", "${C:-c}"),
        ("x", "${y}"),
        ("y", "${x}"),
    ];
    assert_eq!(evaluated("${a}", &vars, &[]), Ok("c!".into()));
    assert_eq!(evaluated("${x}", &vars, &[]), Err(Code::Cycle));
}

#[test]
fn doubling_vars_end_at_a_limit() {
    let names: Vec<_> = (0..40)
        .map(|i| (format!("v{i}"), format!("${{v{0}}}${{v{0}}}", i + 1)))
        .collect();
    let mut vars: Vec<_> = names
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    vars.push(("v40", ""));
    assert_eq!(evaluated("${v0}", &vars, &[]), Err(Code::TooLarge));
}

#[test]
fn credentials_are_known_by_their_names() {
    for name in [
        "PASSWORD",
        "db_password",
        "X_SECRET",
        "TOKEN",
        "aws_region",
        "AWS_X",
    ] {
        let text = format!("${{{name}:-x}}");
        assert_eq!(
            evaluated(&text, &[], &[]),
            Err(Code::SecretVariable),
            "{name}"
        );
    }
    for name in ["PASSWORDS", "SECRETARY", "TOKENIZER", "MY_TOKENS", "AWSOME"] {
        let text = format!("${{{name}:-x}}");
        assert_eq!(evaluated(&text, &[], &[]), Ok("x".into()), "{name}");
    }
}

#[test]
fn defaults_nest_up_to_a_limit() {
    let nested = |levels: usize| format!("{}x{}", "${A:-".repeat(levels), "}".repeat(levels));
    assert_eq!(evaluated(&nested(MAX_NESTING), &[], &[]), Ok("x".into()));
    let deeper = evaluated(&nested(MAX_NESTING + 1), &[], &[]);
    assert_eq!(deeper, Err(Code::TooLarge));
}

#[test]
fn a_default_that_is_not_needed_is_not_looked_at() {
    assert_eq!(
        evaluated("${A:-${B:?no}}", &[], &[("A", "1")]),
        Ok("1".into())
    );
    assert_eq!(evaluated("${A:-$$x}", &[], &[]), Ok("$x".into()));
}

#[test]
fn a_value_is_not_read_again() {
    assert_eq!(evaluated("${A}", &[], &[("A", "${B}")]), Ok("${B}".into()));
    assert_eq!(evaluated("${A}", &[], &[("A", "$")]), Ok("$".into()));
}

#[test]
fn a_circle_is_reported_without_the_way_into_it() {
    let inside = ["z", "a", "b"].map(str::to_owned);
    assert_eq!(chain(&inside, "a"), "a → b → a");
}
