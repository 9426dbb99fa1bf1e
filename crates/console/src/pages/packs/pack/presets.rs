//! The presets of a pack: what each adds to the values and takes from them.

use packyard_catalog::PackPreset;

/// Of these only one is on at a time.
pub(super) struct PresetGroup {
    pub(super) name: String,
    pub(super) presets: Vec<PresetView>,
}

pub(super) struct PresetView {
    pub(super) display_name: String,
    pub(super) name: String,
    pub(super) adds: String,
    pub(super) removes: Vec<String>,
}

/// In the order of the file, groups by their first preset.
pub(super) fn groups(presets: &[PackPreset]) -> Vec<PresetGroup> {
    let mut groups: Vec<PresetGroup> = Vec::new();
    for preset in presets {
        let view = PresetView {
            display_name: if preset.display_name.is_empty() { &preset.name } else { &preset.display_name }.clone(),
            name: preset.name.clone(),
            adds: preset.add.trim_end().to_owned(),
            removes: preset.remove.clone(),
        };
        match groups.iter_mut().find(|group| group.name == preset.group) {
            Some(group) => group.presets.push(view),
            None => groups.push(PresetGroup { name: preset.group.clone(), presets: vec![view] }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_of_a_group_stand_together_in_the_order_of_the_file() {
        let preset = |group: &str, name: &str| PackPreset {
            name: name.to_owned(),
            group: group.to_owned(),
            ..PackPreset::default()
        };
        let found = groups(&[preset("Store", "on"), preset("Size", "small"), preset("Store", "off")]);
        let names: Vec<Vec<&str>> = found
            .iter()
            .map(|group| group.presets.iter().map(|preset| preset.display_name.as_str()).collect())
            .collect();
        assert_eq!((found[0].name.as_str(), names), ("Store", vec![vec!["on", "off"], vec!["small"]]));
    }
}
