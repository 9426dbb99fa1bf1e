//! Real packs that nobody of this project wrote, where they lie beside the workspace.

use packyard_pack::archive::{read, write};
use packyard_pack::{Pack, ReadLimits, Severity, WriteOptions, lint};
use packyard_testkit::{gnu_tar, real_packs};
use std::path::PathBuf;

fn packs(test: &str) -> Vec<PathBuf> {
    real_packs().unwrap_or_else(|| {
        packyard_testkit::skip_without_shared(test, "../shared/packs (PACKYARD_TEST_PACKS names another place)");
        Vec::new()
    })
}

#[test]
fn every_real_pack_is_acceptable() {
    for folder in packs("every_real_pack_is_acceptable") {
        let pack = Pack::open(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let errors: Vec<_> = lint::check(&pack).into_iter().filter(|f| f.severity == Severity::Error).collect();
        assert_eq!(errors, [], "{}", folder.display());
        assert_eq!(
            pack.charts.iter().filter(|c| c.declared).count() + missing(&pack),
            pack.metadata.charts.len(),
            "{}",
            folder.display()
        );
        pack.parsed_values().unwrap();
    }
}

fn missing(pack: &Pack) -> usize {
    lint::check(pack).iter().filter(|f| f.code == "PACK120").count()
}

#[test]
fn archives_of_gnu_tar_and_ours_hold_what_the_folder_holds() {
    for folder in packs("archives_of_gnu_tar_and_ours_hold_what_the_folder_holds") {
        let opened = Pack::open(&folder).unwrap();
        let mut ours = Vec::new();
        let written = write(&folder, &mut ours, &WriteOptions::default()).unwrap();
        assert_eq!(written.top_folder, format!("{}-{}", opened.metadata.name, opened.metadata.version));
        let mut again = Vec::new();
        write(&folder, &mut again, &WriteOptions::default()).unwrap();
        assert!(ours == again, "{}", folder.display());
        for bytes in [ours, gnu_tar(&folder)] {
            let read =
                read(&bytes[..], &ReadLimits::PACK).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            assert_eq!(lint::check(&read.pack), lint::check(&opened), "{}", folder.display());
            assert_eq!(read.pack.metadata, opened.metadata);
            assert!(read.pack.values == opened.values);
            assert_eq!(read.pack.charts, opened.charts);
            assert_eq!(read.pack.manifests, opened.manifests);
            assert_eq!(read.pack.schema, opened.schema);
            assert_eq!(read.pack.presets, opened.presets);
            assert_eq!(read.pack.logo, opened.logo);
        }
    }
}

#[test]
fn every_preset_can_be_switched_on() {
    for folder in packs("every_preset_can_be_switched_on") {
        let pack = Pack::open(&folder).unwrap();
        for preset in &pack.presets {
            let what = format!("{}: {}", folder.display(), preset.name);
            let text =
                packyard_pack::values::edit::apply(&pack.values, preset).unwrap_or_else(|e| panic!("{what}: {e}"));
            let on = packyard_pack::values::Values::parse(&text).unwrap();
            let is_on = on.enabled_presets().iter().any(|on| on.group == preset.group && on.preset == preset.name);
            assert!(is_on, "{what}");
        }
    }
}

/// Mends copies of all: what was mended is gone, nothing else comes, nothing else changes, and a second time does nothing.
#[test]
fn mending_once_is_enough_and_makes_nothing_worse() {
    let work = tempfile::tempdir().unwrap();
    let mut mended = 0;
    for folder in packs("mending_once_is_enough_and_makes_nothing_worse") {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let pack = Pack::open(&folder).unwrap();
        let all = |pack: &Pack| [lint::check(pack), lint::check_pedantic(pack)].concat();
        let fixes = lint::fix::fix(&pack, &all(&pack));
        let copy = work.path().join(&name);
        for file in &pack.files {
            let to = copy.join(&file.path);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(folder.join(&file.path), to).unwrap();
        }
        for (file, text) in &fixes.texts {
            std::fs::write(copy.join(file), text).unwrap();
        }
        let again = Pack::open(&copy).unwrap();
        let count = |findings: &[lint::Finding], code: &str| findings.iter().filter(|f| f.code == code).count();
        let (before, after) = (all(&pack), all(&again));
        for code in lint::RULES.iter().map(|rule| rule.code) {
            let fixed = fixes.fixed.iter().filter(|fixed| fixed.code == code).count();
            assert!(count(&after, code) <= count(&before, code) - fixed, "{name} {code}: {after:#?}");
        }
        assert_eq!(lint::fix::fix(&again, &after).fixed, [], "{name}");
        let images = |pack: &Pack| pack.parsed_values().unwrap().images().len();
        let added = fixes.fixed.iter().filter(|fixed| matches!(fixed.code, "PACK181" | "PACK142")).count();
        assert_eq!(images(&again), images(&pack) + added, "{name}");
        assert_eq!((&again.metadata.name, &again.metadata.version), (&pack.metadata.name, &pack.metadata.version));
        mended += fixes.fixed.len();
    }
    assert!(mended > 0 || real_packs().is_none());
}

/// The findings of each pack by code, so that a change of a rule shows here. Each was looked up in the pack by hand.
#[test]
fn the_findings_are_the_known_ones() {
    let known: &[(&str, &[&str])] = &[
        ("akuity-agent-0.30.0-5.5.2026", &[]),
        ("antrea-1.9.0", &[]),
        ("appdynamics-operator-1.14.168", &[]),
        ("cks-kubebench-0.16.7", &[]),
        ("crossplane-1.7.0", &[]),
        ("crowdstrike-falcon-agent-1.0.0", &["PACK140"]),
        ("csi-driver-nfs", &["PACK146"]),
        ("external-snapshotter-4.0.1", &["PACK140"]),
        ("gridlight-1.1.3", &["PACK141", "PACK181"]),
        ("haproxy-unified-gateway-1.0.1", &["PACK120"]),
        ("hello-universe-1.3.1", &[]),
        ("kubeflow-pipelines-1.5.0", &["PACK102"]),
        ("nvidia-dra-driver-25.8.1", &["PACK109"]),
        ("oam-app-controller-0.0.3", &[]),
        ("permission-manager-1.0.0", &["PACK140"]),
        ("splunk-1.4.3", &["PACK117", "PACK117"]),
        ("thanos-17.6.0", &[]),
        ("twistlock-20.09.0", &["PACK103", "PACK140"]),
        ("upbound-crossplane-2.0.2-up.4", &[]),
        ("weka-operator-v1.8.7", &["PACK101"]),
    ];
    for folder in packs("the_findings_are_the_known_ones") {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let pack = Pack::open(&folder).unwrap();
        let codes: Vec<&str> = lint::check(&pack).iter().map(|f| f.code).collect();
        let expected = known.iter().find(|(pack, _)| *pack == name).map(|(_, codes)| *codes);
        // A pack that joined the collection later has only to be acceptable, as the test above says.
        if let Some(expected) = expected {
            assert_eq!(codes, expected, "{name}: {:#?}", lint::check(&pack));
        }
    }
}
