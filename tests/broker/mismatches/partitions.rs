//! Partitions: too few can be added, and moves keys; too many is for the manifest to say.

use super::{ONE, Place, by_name, create, replicas, values};

#[test]
fn too_few_partitions_show_what_moves_and_are_added() {
    let place = Place::new(
        &ONE,
        "topics:
  - name: few
    tier: plain
    partitions: 6
    partition_key: { field: tenant_id, partitioner: md5 }
",
    );
    create(&ONE, "few", 3, 1, &[]);
    let mismatches = place.mismatches("few");
    let partitions = by_name(&mismatches, "partitions");
    assert_eq!(values(partitions), ("6", "3"));
    assert!(partitions["origin"].is_null());
    place
        .verify(&[])
        .exits(1)
        .says("partitions 6 declared, 3 found")
        .says("moves about 50 % of the keys (md5 of tenant_id) to another partition");
    place.remedy("few");
    assert_eq!(replicas(&ONE, "few").len(), 6);
    place.is_clean();
}

#[test]
fn only_the_named_topic_gets_partitions() {
    // To kafka-topics `few.dots` is a pattern that the other two match as well.
    let place = Place::new(
        &ONE,
        "topics: [{ name: few.dots, tier: plain, partitions: 2 }]\n",
    );
    for name in ["few.dots", "few-dots", "xfew.dots"] {
        create(&ONE, name, 1, 1, &[]);
    }
    place.remedy("few.dots");
    place.is_clean();
    assert_eq!(replicas(&ONE, "few.dots").len(), 2);
    for other in ["few-dots", "xfew.dots"] {
        assert_eq!(replicas(&ONE, other).len(), 1, "{other}");
    }
}

#[test]
fn too_many_partitions_name_the_line_to_change_instead() {
    let text = "topics: [{ name: many, tier: small }, { name: many-others, tier: small }]\n";
    let place = Place::new(&ONE, text);
    place.file(
        "topicctl.yaml",
        "tiers:\n  small:\n    partitions: 2\n  other: { partitions: 2 }\n",
    );
    create(&ONE, "many", 3, 1, &[]);
    create(&ONE, "many-others", 2, 1, &[]);
    let mismatches = place.mismatches("many");
    let partitions = by_name(&mismatches, "partitions");
    assert_eq!(values(partitions), ("2", "3"));
    assert!(partitions["remedy"].is_null(), "{partitions}");
    // The tier's line is another topic's too.
    place.verify(&[]).exits(1).says(
        "partitions cannot be taken away, only a topic of another name can have fewer: declare 3 \
         in its own entry, topics.yaml:1 (and not in topicctl.yaml:3, tier small, which holds for \
         many-others too): partitions: 3",
    );
    // Done as the report says.
    place.file(
        "topics.yaml",
        &text.replace("many, tier: small", "many, tier: small, partitions: 3"),
    );
    place.is_clean();
}

#[test]
fn a_built_in_tier_has_no_line_and_is_named() {
    // The standard tier has 3 partitions.
    let text = "topics:\n  - name: many-built-in\n    replication_factor: 1\n    config:\n      \
                compression.type: null\n      retention.ms: null\n      cleanup.policy: null\n      \
                min.insync.replicas: null\n";
    let place = Place::new(&ONE, text);
    create(&ONE, "many-built-in", 5, 1, &[]);
    place
        .verify(&[])
        .exits(1)
        .says("declare 5 in its own entry, topics.yaml:2: partitions: 5");
    place.file(
        "topics.yaml",
        &text.replace("    config", "    partitions: 5\n    config"),
    );
    place.is_clean();
}
