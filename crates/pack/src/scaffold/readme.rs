//! A README for a pack whose source has none: what it is, what it holds, what to do with it.

use super::{Answers, ChartSource, Source};

pub(super) fn of(source: &Source, answers: &Answers, images: &[String]) -> String {
    let mut out = format!("# {}\n", answers.display_name);
    match source {
        Source::Chart(chart) => chart_part(chart, &mut out),
        Source::Manifests(manifests) => {
            out.push_str("\nA pack of Kubernetes manifests:\n\n");
            out.extend(manifests.files().iter().map(|manifest| format!("- `manifests/{}`\n", manifest.file_name)));
        }
        Source::Empty => {
            out.push_str(&format!(
                "\nA pack of the layer `{}`. Say here what it is for and what it needs.\n",
                answers.layer
            ));
        }
    }
    if !images.is_empty() {
        out.push_str("\n## Images\n\n");
        out.extend(images.iter().map(|image| format!("- `{image}`\n")));
    }
    out.push_str("\n## Values\n\nvalues.yaml says what can be set. ");
    out.push_str(match source {
        Source::Chart(_) => "The values of the chart stand under `charts`, ",
        Source::Manifests(_) => "Values for templates in the manifests stand under `manifests`, ",
        Source::Empty => "Values for charts stand under `charts.NAME`, for manifests under `manifests.NAME`, ",
    });
    out.push_str("namespace and images of the pack under `pack`.\n");
    out
}

fn chart_part(chart: &ChartSource, out: &mut String) {
    if let Some(description) = &chart.description {
        out.push_str(&format!("\n{}\n", one_line(description)));
    }
    let app = chart.app_version.as_ref().map(|app| format!(" (application {})", one_line(app))).unwrap_or_default();
    out.push_str(&format!("\nThe Helm chart `{}` {}{app} as a pack.\n", chart.name, chart.version));
    let links: Vec<&String> = chart.home.iter().chain(&chart.sources).filter(|url| is_url(url)).collect();
    if !links.is_empty() {
        out.push('\n');
        out.extend(links.into_iter().map(|url| format!("- <{url}>\n")));
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;")
}

pub(super) fn is_url(text: &str) -> bool {
    let safe = text.len() <= 500
        && !text.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"'));
    safe && (text.starts_with("https://") || text.starts_with("http://"))
}
