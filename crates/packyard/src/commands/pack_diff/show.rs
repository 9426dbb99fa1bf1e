//! Differences as a person reads them.

use super::changes::Differences;
use crate::terminal::line;
use console::Style;
use packyard_pack::compare::{Change, Kind};
use std::fmt;

struct Paint {
    heading: Style,
    added: Style,
    removed: Style,
    changed: Style,
}

impl Paint {
    fn new(paints: bool) -> Self {
        let style = || Style::new().force_styling(paints);
        Self { heading: style().bold(), added: style().green(), removed: style().red(), changed: style().cyan() }
    }

    fn of(&self, kind: Kind) -> (&Style, char) {
        match kind {
            Kind::Added => (&self.added, '+'),
            Kind::Removed => (&self.removed, '-'),
            Kind::Changed => (&self.changed, '~'),
        }
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same {
            return write!(f, "{} and {} are the same", line(&self.a), line(&self.b));
        }
        let paint = Paint::new(self.paints);
        writeln!(f, "{}", paint.removed.apply_to(format_args!("--- {}", line(&self.a))))?;
        write!(f, "{}", paint.added.apply_to(format_args!("+++ {}", line(&self.b))))?;
        let metadata: Vec<Change> = self.sections.metadata.iter().map(Change::to_text).collect();
        section(f, &paint, "metadata", &metadata)?;
        if let Some(diff) = &self.sections.values {
            write!(f, "\n\n{}", paint.heading.apply_to("values"))?;
            unified(f, &paint, diff)?;
        }
        section(f, &paint, "charts", &self.sections.charts)?;
        section(f, &paint, "manifests", &self.sections.manifests)?;
        section(f, &paint, "images", &self.sections.images)?;
        section(f, &paint, "schema", &self.sections.schema)?;
        section(f, &paint, "presets", &self.sections.presets)?;
        section(f, &paint, "files", &self.files)
    }
}

fn section(f: &mut fmt::Formatter<'_>, paint: &Paint, title: &str, changes: &[Change]) -> fmt::Result {
    if changes.is_empty() {
        return Ok(());
    }
    write!(f, "\n\n{}", paint.heading.apply_to(title))?;
    for change in changes {
        let (style, mark) = paint.of(change.change);
        let said = |text: &Option<String>| text.as_deref().map(line).unwrap_or_default().into_owned();
        let name = line(&change.name);
        let text = match (change.change, said(&change.from), said(&change.to)) {
            (Kind::Added, _, to) if !to.is_empty() => format!("{mark} {name}: {to}"),
            (Kind::Removed, from, _) if !from.is_empty() => format!("{mark} {name}: {from}"),
            (Kind::Changed, from, to) if change.from.is_some() => format!("{mark} {name}: {from} -> {to}"),
            _ => format!("{mark} {name}"),
        };
        write!(f, "\n  {}", style.apply_to(text))?;
        if let Some(diff) = &change.diff {
            unified(f, paint, diff)?;
        }
    }
    Ok(())
}

fn unified(f: &mut fmt::Formatter<'_>, paint: &Paint, diff: &str) -> fmt::Result {
    for text in diff.trim_end_matches('\n').split('\n') {
        // Tabs keep their width; whatever else could move the cursor is written out.
        let shown = crate::terminal::lines(text);
        match text.as_bytes().first() {
            Some(b'+') => write!(f, "\n{}", paint.added.apply_to(shown))?,
            Some(b'-') => write!(f, "\n{}", paint.removed.apply_to(shown))?,
            Some(b'@') => write!(f, "\n{}", paint.changed.apply_to(shown))?,
            _ => write!(f, "\n{shown}")?,
        }
    }
    Ok(())
}
