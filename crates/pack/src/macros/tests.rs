use super::*;
use proptest::prelude::*;

fn references(text: &str) -> Vec<(Scope, String, usize)> {
    let found = find(text);
    assert_eq!(found.unbalanced, [], "{text}");
    found.macros.into_iter().flat_map(|m| m.references).map(|r| (r.scope, r.path, r.mark.column)).collect()
}

#[test]
fn names_functions_and_pipes_are_read() {
    assert_eq!(references("a: \"{{.spectro.system.cluster.name}}\""), [(Scope::System, "cluster.name".to_owned(), 7)]);
    assert_eq!(references("a: '{{- .spectro.var.zone -}}'"), [(Scope::Var, "zone".to_owned(), 9)]);
    assert_eq!(
        references("a: '{{ default .spectro.macro.b .spectro.pack.my-pack.charts.x.port }}'"),
        [(Scope::Macro, "b".to_owned(), 16), (Scope::Pack, "my-pack.charts.x.port".to_owned(), 33)]
    );
    let found = find("v: {{ .spectro.system.kubernetes.version | substr 0 4 | default \"a }} b\" }}");
    let [one] = found.macros.as_slice() else { panic!("{found:?}") };
    let word = |text: &str| Argument::Word(text.to_owned());
    assert_eq!(one.pipeline[0].arguments, [Argument::Field(".spectro.system.kubernetes.version".to_owned())]);
    assert_eq!(one.pipeline[1], Call { function: "substr".to_owned(), arguments: vec![word("0"), word("4")] });
    assert_eq!(
        one.pipeline[2],
        Call { function: "default".to_owned(), arguments: vec![Argument::Text("a }} b".to_owned())] }
    );
    let inner = find(r#"a: "{{ (.spectro.var.a | default \"x\") }}""#);
    let Argument::Pipeline(calls) = &inner.macros[0].pipeline[0].arguments[0] else { panic!("{inner:?}") };
    assert_eq!(calls[1].arguments, [Argument::Text("x".to_owned())]);
}

#[test]
fn places_are_lines_and_columns_of_characters() {
    let found = find(
        "x: 1\n# {{.spectro.var.c}}\nä: 'ü{{.spectro.var.a}}' # {{.spectro.var.b}}\nu: 'a # {{.spectro.var.d}}'\n",
    );
    let at: Vec<_> = found.macros.iter().map(|m| (m.mark.line, m.mark.column, m.in_comment)).collect();
    assert_eq!(at, [(2, 3, true), (3, 6, false), (3, 28, true), (4, 9, false)]);
}

#[test]
fn other_templates_are_no_macros() {
    for text in [
        "{{ .Values.spectro.x }}",
        "{{ include \"a\" . }}",
        "spectro.system.cluster",
        "{{ range }}{{ end }}",
        ".spectro.var.a in prose",
        "{a: {b: 1}}",
    ] {
        assert_eq!(find(text), Found::default(), "{text}");
    }
}

#[test]
fn braces_that_do_not_match_are_seen() {
    let problems =
        |text: &str| find(text).unbalanced.into_iter().map(|u| (u.mark.column, u.problem)).collect::<Vec<_>>();
    assert_eq!(problems("a: '{{.spectro.var.a'"), [(5, "its braces do not close")]);
    assert_eq!(problems("a: '{{.spectro.var.a}'"), [(5, "its braces do not close")]);
    assert_eq!(problems("a: '{.spectro.var.a}}'"), [(6, "its braces do not open")]);
    assert_eq!(problems("a: '{{.Values.b}} { .spectro.var.a }}'"), [(21, "its braces do not open")]);
    assert_eq!(problems("a: '{{{.spectro.var.a}}}'"), []);
}

#[test]
fn what_is_undefined_depends_on_what_is_known() {
    let found = find(
        "{{.spectro.var.a}} {{.spectro.macro.b}} {{.spectro.pack.x.y.port}} {{.spectro.system.cluster.nam}} {{.spectro.vars.a}}",
    );
    let paths =
        |known: &Known<'_>| undefined(&found.macros, known).into_iter().map(|r| r.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&Known::default()), ["cluster.nam", "a"]);
    let known = Known { packs: Some(&["x.y"]), variables: Some(&["a"]), macros: Some(&[]) };
    assert_eq!(paths(&known), ["b", "cluster.nam", "a"]);
    let known = Known { packs: Some(&["z"]), variables: Some(&[]), macros: Some(&["b"]) };
    assert_eq!(paths(&known), ["a", "x.y.port", "cluster.nam", "a"]);
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\{\\{|\\}\\}|\\.spectro\\.|system\\.|var\\.|[a-z|() \"'`\\\\#é\n-]){0,30}") {
        for found in find(&text).macros {
            prop_assert!(text.contains(&found.text) && found.text.starts_with("{{") && found.text.ends_with("}}"));
            prop_assert!(!found.references.is_empty());
        }
    }

    #[test]
    fn what_is_written_is_found(scope in "(system|var|macro|pack)", path in "[a-z][a-z0-9-]{0,5}[a-z0-9](\\.[a-z0-9]{1,4}){0,3}", blank in " {0,2}", before in "[a-z: '\"é]{0,8}") {
        let text = format!("{before}{{{{{blank}.spectro.{scope}.{path}{blank}| upper{blank}}}}}");
        let found = find(&text);
        prop_assert_eq!(found.macros.len(), 1, "{}", text);
        prop_assert_eq!(&found.macros[0].references[0].path, &path);
        prop_assert_eq!(&found.macros[0].pipeline[1].function, "upper");
    }
}
