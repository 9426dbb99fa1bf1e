//! No input panics a parser, whatever it is.

use crate::yaml_texts::yamlish;
use packyard_pack::archive::{read, write};
use packyard_pack::schema::Format;
use packyard_pack::values::Values;
use packyard_pack::{Metadata, Pack, ReadLimits, WriteOptions, lint, yaml};
use packyard_testkit::PackBuilder;
use packyard_testkit::{Tar, gzip};
use proptest::prelude::*;
use serde_json::json;

fn schemaish() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("{{".to_owned()),
        Just("}}".to_owned()),
        Just("required".to_owned()),
        Just("|".to_owned()),
        Just("format".to_owned()),
        Just("\"${number:[1-5]}\"".to_owned()),
        Just("${string:/".to_owned()),
        Just("/}".to_owned()),
        Just("${list:[".to_owned()),
        Just("]}".to_owned()),
        Just("\"".to_owned()),
        Just("`".to_owned()),
        Just("\\".to_owned()),
        Just("\\Q".to_owned()),
        Just("é".to_owned()),
        "[a-z(){}*+?0-9-]{0,6}",
    ];
    proptest::collection::vec(word, 0..20).prop_map(|words| words.join(" "))
}

fn pack_of(json: &[u8], values: &[u8], schema: &[u8], presets: &[u8]) -> Vec<u8> {
    let tar = Tar::default().file("p/pack.json", json).file("p/values.yaml", values);
    tar.file("p/schema.yaml", schema).file("p/presets.yaml", presets).gz()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn yaml_and_values(text in prop_oneof![yamlish(), ".{0,200}"], path in "[a-z.$\\[\\]0-9]{0,20}") {
        if let Ok(values) = Values::parse(&text) {
            values.lookup(&path);
            values.images();
            let lines = text.lines().count() + 1;
            for preset in values.enabled_presets() { prop_assert!(preset.mark.line <= lines); }
        }
    }

    #[test]
    fn errors_point_into_the_text(text in yamlish()) {
        if let Err(error) = yaml::parse(&text) {
            prop_assert!(error.mark.line >= 1 && error.mark.column >= 1);
            prop_assert!(error.mark.line <= text.lines().count() + 2, "{:?} {:?}", text, error);
        }
    }

    #[test]
    fn formats(text in schemaish(), value in ".{0,20}") {
        if let Ok(format) = Format::parse(&text) { format.accepts(&value); }
    }

    #[test]
    fn metadata(text in prop_oneof!["[{}\\[\\]\":,a-z0-9\\\\ \n]{0,80}", ".{0,80}"]) {
        let _ = Metadata::parse(&text);
    }

    #[test]
    fn archives_of_noise(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _ = read(&bytes[..], &ReadLimits::PACK);
        let _ = read(&gzip(&bytes)[..], &ReadLimits::PACK);
        let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd];
        zstd.extend_from_slice(&bytes);
        let _ = read(&zstd[..], &ReadLimits::PACK);
    }

    #[test]
    fn archives_with_changed_bytes(changes in proptest::collection::vec((0_usize..6000, any::<u8>()), 1..6)) {
        let tar = Tar::pack().file("p/values.yaml", b"pack: {}\n").pax(&[("path", b"p/long")]).file("p/x", b"y").symlink("p/l", "x");
        let mut bytes = tar.plain();
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        if let Ok(read) = read(&bytes[..], &ReadLimits::PACK) {
            for file in &read.pack.files { prop_assert!(!file.path.starts_with('/') && !file.path.split('/').any(|part| part == "..")); }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whole_packs(values in yamlish(), schema in schemaish(), presets in yamlish(), name in "[a-z-]{1,5}", field in yamlish()) {
        let json = json!({"name": name, "version": "1.0.0", "layer": "addon", "charts": [field], "constraints": {"dependencies": [field, {}]}});
        let schema = format!("{values}: {{schema: '{{{{ {schema} }}}}'}}");
        let bytes = pack_of(json.to_string().as_bytes(), values.as_bytes(), schema.as_bytes(), presets.as_bytes());
        if let Ok(read) = read(&bytes[..], &ReadLimits::PACK) { lint::check(&read.pack); }
    }

    #[test]
    fn what_is_written_is_read_back(
        files in proptest::collection::btree_map("[a-z]{1,3}(/[a-z]{1,60}){0,5}", proptest::collection::vec(any::<u8>(), 0..2000), 0..8),
        values in "[a-z: \n]{0,60}",
    ) {
        let prefixed: Vec<_> = files.iter().map(|(path, content)| (format!("x/{path}.bin"), content)).collect();
        let builder = prefixed.iter().fold(PackBuilder::new("p", "1.0.0").values(&values), |b, (path, content)| b.file(path, content));
        let folder = builder.folder();
        let mut bytes = Vec::new();
        let written = write(folder.path(), &mut bytes, &WriteOptions::default()).unwrap();
        prop_assert_eq!(written.packed_bytes, bytes.len() as u64);
        let read = read(&bytes[..], &ReadLimits::PACK).unwrap();
        let opened = Pack::open(folder.path()).unwrap();
        prop_assert_eq!(&read.pack.files, &opened.files);
        prop_assert_eq!(read.pack.values, values);
        for (path, content) in &prefixed {
            let file = read.pack.files.iter().find(|f| f.path == *path);
            prop_assert_eq!(file.map(|f| f.size), Some(content.len() as u64));
        }
    }
}
