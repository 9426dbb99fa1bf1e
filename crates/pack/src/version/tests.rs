use super::*;
use proptest::prelude::*;

fn v(text: &str) -> LooseVersion {
    LooseVersion::new(text)
}

#[test]
fn real_versions_stand_in_the_order_people_expect() {
    let ordered = [
        "0.0.3",
        "0.30.0-5.5.2026",
        "0.30.0",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.5",
        "1.5.0",
        "v1.8.7",
        "1.10.0",
        "2.0.2-up.4",
        "2.0.2",
        "20.09.0",
        "26.02.0",
        "26.10.0",
        "100000000000000000000000.0.0",
    ];
    for pair in ordered.windows(2) {
        assert!(v(pair[0]) < v(pair[1]), "{} < {}", pair[0], pair[1]);
    }
}

#[test]
fn spelling_does_not_make_another_release() {
    assert!(v("v1.5").same_release(&v("1.5.0")));
    assert!(v("26.02.0").same_release(&v("26.2")));
    assert!(v("1.0.0+build.7").same_release(&v("1.0.0")));
    assert!(!v("1.0.0-rc.1").same_release(&v("1.0.0")));
    assert_ne!(v("v1.5"), v("1.5.0"));
}

fn version_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[v]?[0-9]{1,3}(\\.[0-9]{1,2}){0,3}(-[a-z0-9.]{0,6})?(\\+[a-z0-9]{0,3})?",
        "[a-z0-9.+-]{0,12}",
        ".{0,8}"
    ]
}

proptest! {
    #[test]
    fn the_order_is_total(a in version_text(), b in version_text(), c in version_text()) {
        let (a, b, c) = (v(&a), v(&b), v(&c));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        if a <= b && b <= c { prop_assert!(a <= c); }
        if a.same_release(&b) && b.same_release(&c) { prop_assert!(a.same_release(&c)); }
    }

    #[test]
    fn it_agrees_with_semver(a in semver_text(), b in semver_text()) {
        let (x, y) = (semver::Version::parse(&a).unwrap(), semver::Version::parse(&b).unwrap());
        let expected = x.cmp_precedence(&y);
        prop_assert_eq!(v(&a).cmp_release(&v(&b)), expected, "{} {}", a, b);
    }
}

fn semver_text() -> impl Strategy<Value = String> {
    "(0|[1-9][0-9]{0,2})\\.(0|[1-9])\\.(0|[1-9])(-(0|[1-9]|[a-z-]{1,3})(\\.(0|[1-9][0-9]?|[a-z]{1,2})){0,2})?"
}
