//! What `schema.yaml` demands of the values of a pack.

use packyard_catalog::PackSchema;

pub(super) struct SchemaRow {
    pub(super) path: String,
    pub(super) badges: Vec<&'static str>,
    /// What the value is, as one says it.
    pub(super) kind: String,
    /// As it stands in the file, where it says more than the kind.
    pub(super) format: String,
    pub(super) hints: Vec<String>,
}

pub(super) fn row(entry: &PackSchema) -> SchemaRow {
    let badges = [(entry.required, "required"), (entry.readonly, "read-only")];
    let kind = match entry.list_options.as_slice() {
        [] => entry.kind.clone(),
        options => format!("one of {}", options.join(", ")),
    };
    let says_no_more = !entry.list_options.is_empty() || entry.format == format!("${{{}}}", entry.kind);
    SchemaRow {
        path: entry.name.clone(),
        badges: badges.into_iter().filter_map(|(is_so, word)| is_so.then_some(word)).collect(),
        kind,
        format: if says_no_more { String::new() } else { entry.format.clone() },
        hints: entry.hints.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_said_in_words_and_its_format_only_where_that_says_more() {
        let entry = |kind: &str, format: &str, options: &[&str]| PackSchema {
            name: "a.b".to_owned(),
            kind: kind.to_owned(),
            format: format.to_owned(),
            required: true,
            list_options: options.iter().map(|option| (*option).to_owned()).collect(),
            ..PackSchema::default()
        };
        let said = |entry: PackSchema| {
            let row = row(&entry);
            (row.kind, row.format)
        };
        let pair = |kind: &str, format: &str| (kind.to_owned(), format.to_owned());
        assert_eq!(said(entry("string", "${string}", &[])), pair("string", ""));
        assert_eq!(said(entry("number", "${number:[1-10]}", &[])), pair("number", "${number:[1-10]}"));
        assert_eq!(said(entry("list", "${list:[a,b]}", &["a", "b"])), pair("one of a, b", ""));
        assert_eq!(row(&entry("string", "", &[])).badges, ["required"]);
    }
}
