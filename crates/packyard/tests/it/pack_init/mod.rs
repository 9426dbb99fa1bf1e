//! `packyard pack init`: from charts that lie here and elsewhere, from manifests, at a terminal and without one.

mod charts;
pub(crate) mod files;
mod manifests;
mod repositories;
mod stopped;
mod terminal;

use crate::shell::Shell;
use std::path::Path;

/// The chart of these tests, below `folder`: small, with everything a pack can take over.
pub(crate) fn write_chart(folder: &Path, name: &str, version: &str) {
    let file = |path: &str, text: &str| {
        let path = folder.join(name).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file(
        "Chart.yaml",
        &format!(
            "apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: \"1.2.3\"\ndescription: Lights of a harbour\nhome: https://lights.example.com\nkubeVersion: \">=1.26.0-0\"\nkeywords: [monitoring]\n"
        ),
    );
    file("values.yaml", VALUES);
    file("values.schema.json", SCHEMA);
    file("README.md", "# Harbour Lights\n\nFrom upstream.\n");
    file("templates/app.yaml", "kind: ConfigMap\nmetadata: {name: app}\ndata: {replicas: '{{ .Values.replicas }}'}\n");
    file(
        "templates/job.yaml",
        "spec:\n  image: \"example.org/setup:7\"\n  repository: {{ .Values.image.repository }}\n",
    );
    file("templates/tests/ping.yaml", "spec:\n  image: example.org/only-for-tests:1\n");
    file(".helmignore", "*.log\n");
    file("debug.log", "not of the chart\n");
}

const VALUES: &str = "# Lights\nreplicas: 2   # two\n\nimage:\n  repository: example.org/lights\n  tag: \"\"\nnotes: |\n  line\n\n  # no comment\nhosts:\n- a.example.com\n";
const SCHEMA: &str = r#"{"properties": {"replicas": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many"},
  "image": {"type": "object", "required": ["tag"], "properties": {"tag": {"type": "string", "pattern": "^[0-9.]*$"}}},
  "absent": {"type": "string"}}}"#;

/// The lines behind `charts:` and the chart's name, set back.
fn chart_values(pack_values: &str) -> String {
    let (_, body) = pack_values.split_once("\ncharts:\n").unwrap();
    let (_, body) = body.split_once('\n').unwrap();
    body.split_inclusive('\n').map(|line| line.strip_prefix("    ").unwrap_or(line)).collect()
}

/// The shell's temporary folder is one of its own, which must be empty at the end.
fn with_tmp(shell: &Shell, folder: &Path) -> Shell {
    let tmp = folder.join("tmp");
    std::fs::create_dir_all(&tmp).unwrap();
    shell.env("TMPDIR", tmp.to_str().unwrap())
}
