//! Validate as it goes: first the list of hops that lie ahead, then each hop as soon as it is known, at last the whole
//! report with what is wrong beside its field. Parts of the page with an id, sent as events. A client that hangs up
//! ends the validation.

use super::form::Form;
use super::live;
use super::report::{self, HopView};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Visit;
use askama::Template;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream;
use packyard_catalog::{Hop, HopResult, HopState, RegistrySpec};
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;

pub(super) struct Validation {
    pub(super) state: ConsoleState,
    pub(super) visit: Visit,
    pub(super) form: Form,
    pub(super) spec: RegistrySpec,
    pub(super) existing: Option<String>,
}

#[derive(Template)]
#[template(path = "registries/hops.html")]
struct HopsPart {
    hops: Vec<HopView>,
}

#[derive(Template)]
#[template(source = r#"{% for hop in hops %}{% include "registries/hop.html" %}{% endfor %}"#, ext = "html")]
struct HopPart {
    hops: Vec<HopView>,
}

#[derive(Template)]
#[template(
    source = r#"{% include "registries/report.html" %}{% for field in form.fields() %}{{ form.error(field) }}{% endfor %}"#,
    ext = "html"
)]
struct ReportPart {
    form: Form,
}

type Work = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send>>;

enum Going {
    /// Nothing is sent yet.
    Start(Box<Validation>),
    Walk {
        /// All hops that there are.
        way: Vec<Hop>,
        hops: mpsc::UnboundedReceiver<HopResult>,
        work: Work,
    },
    Ended,
}

pub(super) fn reply(validation: Validation) -> Response {
    let events = stream::unfold(Going::Start(Box::new(validation)), |going| async move {
        match next(going).await {
            Ok((html, going)) => Some((Ok(Event::default().data(html?)), going)),
            Err(failure) => {
                tracing::error!(error = ?failure, "a validation could not be shown");
                None
            }
        }
    });
    live::events_reply(events)
}

async fn next(going: Going) -> Result<(Option<String>, Going), Failure> {
    match going {
        Going::Start(validation) if validation.form.errors.is_empty() => {
            let way = Hop::of(&validation.spec);
            let hops = way.iter().map(|hop| report::hop_ahead(*hop, *hop == Hop::Endpoint)).collect();
            let (told, hops_known) = mpsc::unbounded_channel();
            let work = Box::pin(walk(*validation, told));
            Ok((Some(HopsPart { hops }.render()?), Going::Walk { way, hops: hops_known, work }))
        }
        Going::Start(validation) => Ok((Some(finished(validation.form)?), Going::Ended)),
        Going::Walk { way, mut hops, mut work } => tokio::select! {
            biased;
            Some(hop) = hops.recv() => Ok((Some(shown(&hop, &way)?), Going::Walk { way, hops, work })),
            report = &mut work => Ok((Some(report?), Going::Ended)),
        },
        Going::Ended => Ok((None, Going::Ended)),
    }
}

async fn walk(validation: Validation, told: mpsc::UnboundedSender<HopResult>) -> Result<String, Failure> {
    let Validation { state, visit, mut form, spec, existing } = validation;
    let tell = |hop: &HopResult| {
        // Nobody listens any more when the page was left; the walk then ends too.
        let _ = told.send(hop.clone());
    };
    let found = state.catalog.validate_registry_with(visit.caller(), &spec, existing.as_deref(), tell).await;
    form.take(found, &spec)?;
    finished(form)
}

/// The hop that is known now, and the next one as being tried.
fn shown(known: &HopResult, way: &[Hop]) -> Result<String, Failure> {
    let mut hops = vec![report::hop_view(known)];
    if known.state != HopState::Failed {
        hops.extend(way.iter().find(|hop| **hop > known.hop).map(|hop| report::hop_ahead(*hop, true)));
    }
    Ok(HopPart { hops }.render()?)
}

fn finished(mut form: Form) -> Result<String, Failure> {
    form.note_errors();
    Ok(ReportPart { form }.render()?)
}
