use super::parser::FIELDS;
use super::{parse_filters, parse_order};
use packyard_catalog::{Field, Filter, Op, OrderBy};
use proptest::prelude::*;

fn is(field: Field, op: Op, values: &[&str]) -> Filter {
    Filter::Is { field, op, values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn groups<const N: usize>(groups: [Vec<Filter>; N]) -> Filter {
    Filter::Any(groups.into_iter().map(Filter::All).collect())
}

#[test]
fn reads_what_clients_send() {
    let table = [
        ("spec.name=hello", groups([vec![is(Field::Name, Op::Eq, &["hello"])]])),
        (
            "spec.name=xANDspec.version=1.0ANDspec.registryUid=5eecc89d0b150045ae661cef",
            groups([vec![
                is(Field::Name, Op::Eq, &["x"]),
                is(Field::Version, Op::Eq, &["1.0"]),
                is(Field::RegistryUid, Op::Eq, &["5eecc89d0b150045ae661cef"]),
            ]]),
        ),
        (
            "spec.cloudTypes_in_aws,allANDspec.layer=addon",
            groups([vec![is(Field::CloudTypes, Op::In, &["aws", "all"]), is(Field::Layer, Op::Eq, &["addon"])]]),
        ),
        ("spec.version>3.26.9", groups([vec![is(Field::Version, Op::Gt, &["3.26.9"])]])),
        ("spec.version>=3.26.9", groups([vec![is(Field::Version, Op::Ge, &["3.26.9"])]])),
        ("spec.version<=3", groups([vec![is(Field::Version, Op::Le, &["3"])]])),
        ("spec.version!=3", groups([vec![is(Field::Version, Op::Ne, &["3"])]])),
        (
            "spec.name=aORspec.name=bANDspec.version=1",
            groups([
                vec![is(Field::Name, Op::Eq, &["a"])],
                vec![is(Field::Name, Op::Eq, &["b"]), is(Field::Version, Op::Eq, &["1"])],
            ]),
        ),
        (
            "spec.name=a AND spec.version=1.0 OR metadata.uid=u",
            groups([
                vec![is(Field::Name, Op::Eq, &["a"]), is(Field::Version, Op::Eq, &["1.0"])],
                vec![is(Field::Uid, Op::Eq, &["u"])],
            ]),
        ),
    ];
    for (text, wanted) in table {
        assert_eq!(parse_filters(text).expect(text), wanted, "{text}");
    }
}

#[test]
fn values_may_hold_the_letters_of_joints() {
    let table = [
        ("spec.displayName=STANDARD ORDER", "STANDARD ORDER"),
        ("spec.displayName=ANDROID", "ANDROID"),
        ("spec.displayName=a=b>c", "a=b>c"),
        ("spec.displayName='quotedANDspec.name=inside'", "quotedANDspec.name=inside"),
        ("spec.displayName=\" spaced \"", " spaced "),
        ("spec.displayName=it's", "it's"),
        ("spec.displayName=", ""),
        ("spec.displayName=comma, kept", "comma, kept"),
    ];
    for (text, value) in table {
        assert_eq!(
            parse_filters(text).expect(text),
            groups([vec![is(Field::DisplayName, Op::Eq, &[value])]]),
            "{text}"
        );
    }
}

#[test]
fn refuses_what_it_does_not_know_by_name() {
    for (text, named) in [
        ("spec.colour=red", "spec.colour"),
        ("spec.name=aANDspec.colour=red", "spec.colour"),
        ("hello", "hello"),
        ("=", "known paths"),
        ("spec.name", "spec.name"),
    ] {
        let error = parse_filters(text).expect_err(text);
        assert_eq!((error.status.as_u16(), error.code), (400, "InvalidFilter"), "{text}");
        assert!(error.message.contains(named), "{text}: {}", error.message);
    }
    parse_filters(&"x".repeat(9000)).expect_err("too long");
    let many = vec!["spec.name=a"; 101].join("AND");
    assert!(parse_filters(&many).expect_err("too many").message.contains("100"));
}

#[test]
fn reads_orders() {
    assert_eq!(
        parse_order("metadata.name=1,spec.version=-1").expect("an order"),
        [(OrderBy::Name, true), (OrderBy::Version, false)]
    );
    assert_eq!(parse_order("").expect("none"), []);
    assert_eq!(parse_order("spec.colour=1").expect_err("unknown").code, "InvalidOrder");
    assert_eq!(parse_order("spec.name=2").expect_err("direction").code, "InvalidOrder");
}

fn field() -> impl Strategy<Value = usize> {
    0..FIELDS.len()
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        let _ = parse_filters(&text);
        let _ = parse_order(&text);
    }

    #[test]
    fn never_panics_on_near_filters(text in "((spec\\.|metadata\\.|AND|OR|_in_|[=<>!,'\" ]|name|version|é|.){0,3}){0,12}") {
        let _ = parse_filters(&text);
    }

    /// What was put together from conditions comes apart into the same ones.
    #[test]
    fn comes_apart_as_it_was_put_together(
        parts in prop::collection::vec((field(), "[a-zA-Z0-9.-][a-zA-Z0-9.:/ -]{0,12}[a-zA-Z0-9]", any::<bool>()), 1..8)
    ) {
        let mut text = String::new();
        let mut wanted = vec![Vec::new()];
        for (index, (field, value, or)) in parts.iter().enumerate() {
            let (path, field) = FIELDS[*field];
            if index > 0 {
                text.push_str(if *or { "OR" } else { "AND" });
                if *or {
                    wanted.push(Vec::new());
                }
            }
            text.push_str(path);
            text.push('=');
            text.push_str(value);
            wanted.last_mut().expect("never empty").push(is(field, Op::Eq, &[value]));
        }
        prop_assert_eq!(parse_filters(&text).expect("a valid filter"), Filter::Any(wanted.into_iter().map(Filter::All).collect()));
    }
}
