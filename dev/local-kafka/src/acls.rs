//! Puts many `kafka-acls --add` calls into few: each is a JVM that takes a second.
//!
//! One call makes every combination of its principals, operations and resources. So two calls that
//! differ in one of these only can be one call; any other two cannot, without granting too much.

use std::collections::BTreeSet;

/// An option with its values, e.g. `--topic orders`.
type Flag = Vec<String>;
type Call = BTreeSet<Flag>;

const DIMENSIONS: [&[&str]; 3] = [
    &[
        "--topic",
        "--group",
        "--cluster",
        "--transactional-id",
        "--delegation-token",
    ],
    &["--operation"],
    &["--allow-principal"],
];

/// The same ACLs in fewer calls.
pub(crate) fn merged(calls: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut calls: Vec<Call> = calls.iter().map(|args| flags(args)).collect();
    for dimension in DIMENSIONS {
        let mut fewer: Vec<(Call, Call)> = Vec::new();
        for call in calls {
            let (along, rest): (Call, Call) = call
                .into_iter()
                .partition(|flag| dimension.contains(&flag[0].as_str()));
            // An absent option means something of its own: no `--operation` is all of them.
            let twin = fewer.iter_mut().find(|(other, other_rest)| {
                *other_rest == rest && other.is_empty() == along.is_empty()
            });
            match twin {
                Some((other, _)) => other.extend(along),
                None => fewer.push((along, rest)),
            }
        }
        calls = fewer
            .into_iter()
            .map(|(along, rest)| &along | &rest)
            .collect();
    }
    calls
        .into_iter()
        .map(|call| call.into_iter().flatten().collect())
        .collect()
}

fn flags(args: &[String]) -> Call {
    let mut flags: Vec<Flag> = Vec::new();
    for arg in args {
        match flags.last_mut() {
            Some(flag) if !arg.starts_with("--") => flag.push(arg.clone()),
            _ => flags.push(vec![arg.clone()]),
        }
    }
    flags.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(calls: &[&str]) -> Vec<String> {
        let split = |call: &&str| call.split(' ').map(str::to_owned).collect();
        let calls: Vec<Vec<String>> = calls.iter().map(split).collect();
        merged(&calls).iter().map(|args| args.join(" ")).collect()
    }

    #[test]
    fn calls_that_differ_in_one_dimension_become_one() {
        assert_eq!(
            merge(&[
                "--allow-principal User:a --operation Describe --topic x",
                "--allow-principal User:a --operation Describe --cluster",
                "--allow-principal User:a --operation Read --topic x --cluster",
            ]),
            ["--allow-principal User:a --cluster --operation Describe --operation Read --topic x"]
        );
    }

    #[test]
    fn merging_never_grants_more() {
        let different = [
            "--allow-principal User:a --operation Read --topic x",
            "--allow-principal User:b --operation Read --topic y",
            "--allow-principal User:c --topic x",
            "--deny-principal User:a --operation Read --topic x",
        ];
        assert_eq!(merge(&different).len(), different.len());
    }
}
