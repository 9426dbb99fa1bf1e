//! The variables of a profile: what whoever deploys it is asked, in this order.

use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::{Frame, Section};
use crate::pages::profiles::guard::{self, Was};
use crate::pages::profiles::head::{self, Tab, Top, editable, read};
use crate::pages::profiles::variable_form::{Form, Preview};
use crate::pages::profiles::{capitalised, problem, under_profile};
use crate::visit::{Post, Visit};
use crate::words::counted;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use packyard_profile::{Error, Profile, Variable};

#[derive(Template)]
#[template(path = "profiles/variables.html")]
struct VariablesPage {
    frame: Frame,
    top: Top,
    rows: Vec<Row>,
    /// What the rows are moved among.
    order: String,
    form: Option<Form>,
    dialog: Option<Dialog>,
}

#[derive(Template)]
#[template(path = "profiles/variable_preview.html")]
struct PreviewPart {
    preview: Preview,
}

struct Row {
    name: String,
    address: String,
    display_name: String,
    description: String,
    format: &'static str,
    default: String,
    marks: Vec<&'static str>,
    /// Names of the layers whose values or manifests use it.
    layers: Vec<String>,
    /// `2 layers`.
    used: String,
    /// As it is written in values.
    reference: String,
    is_first: bool,
    is_last: bool,
}

async fn page(visit: &Visit, profile: &Profile) -> VariablesPage {
    let last = profile.variables.len().saturating_sub(1);
    let row = |(at, variable): (usize, &Variable)| row(profile, variable, at == 0, at == last);
    VariablesPage {
        frame: under_profile(visit.frame("Variables", Section::Profiles), profile),
        top: head::top(visit, profile, Tab::Variables).await,
        rows: profile.variables.iter().enumerate().map(row).collect(),
        order: guard::order_of_variables(profile),
        form: None,
        dialog: None,
    }
}

/// The list with something over it, which the trail names.
async fn page_under(visit: &Visit, profile: &Profile, title: &str) -> VariablesPage {
    let mut page = page(visit, profile).await;
    page.frame = page.frame.under("Variables", home(&profile.uid));
    page.frame.title = title.to_owned();
    page
}

fn row(profile: &Profile, variable: &Variable, is_first: bool, is_last: bool) -> Row {
    let marks = [
        ("Required", variable.required),
        ("Read-only", variable.immutable),
        ("Hidden", variable.hidden),
        ("Masked", variable.is_sensitive),
    ];
    let layers: Vec<String> = profile.layers_using(&variable.name).into_iter().map(str::to_owned).collect();
    Row {
        used: counted(layers.len() as i64, "layer"),
        layers,
        address: address(&profile.uid, &variable.name),
        name: variable.name.clone(),
        display_name: variable.display_name.clone(),
        description: variable.description.clone(),
        format: variable.format.as_str(),
        default: match variable.default_value.as_str() {
            "" => String::new(),
            _ if variable.is_sensitive => "••••••".to_owned(),
            value => value.to_owned(),
        },
        marks: marks.into_iter().filter_map(|(word, is)| is.then_some(word)).collect(),
        reference: format!("'{{{{.spectro.var.{}}}}}'", variable.name),
        is_first,
        is_last,
    }
}

fn address(uid: &str, name: &str) -> String {
    format!("/profiles/{uid}/variables/{}", encode(name))
}

fn home(uid: &str) -> String {
    format!("/profiles/{uid}/variables")
}

pub(super) async fn list(visit: Visit, Path(uid): Path<String>) -> Result<Response, Failure> {
    let profile = read(&visit, &uid).await?;
    visit.page(&page(&visit, &profile).await)
}

fn addressed(visit: &Visit, uid: &str, title: &str, action: String, form: Form) -> Form {
    Form {
        title: title.to_owned(),
        action,
        back: home(uid),
        preview_action: format!("{}/preview", home(uid)),
        csrf: visit.session.csrf.clone(),
        ..form
    }
}

fn new_form(visit: &Visit, uid: &str) -> Form {
    let form = Form { format: "string".to_owned(), input: "text".to_owned(), ..Form::default() };
    addressed(visit, uid, "Create variable", format!("{}/new", home(uid)), form)
}

fn edit_form(visit: &Visit, profile: &Profile, name: &str) -> Result<Form, Failure> {
    let variable = find(profile, name)?;
    let title = format!("Edit variable {name}");
    let form = Form { was: guard::variable(profile, variable), ..Form::of(variable) };
    Ok(addressed(visit, &profile.uid, &title, format!("{}/edit", address(&profile.uid, name)), form))
}

fn find<'a>(profile: &'a Profile, name: &str) -> Result<&'a Variable, Failure> {
    let found = profile.variables.iter().find(|variable| variable.name == name);
    found.ok_or_else(|| Failure::NotFound("This variable".to_owned()))
}

pub(super) async fn new(visit: Visit, Path(uid): Path<String>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let form = new_form(&visit, &uid);
    let page = page_under(&visit, &profile, &form.title).await;
    visit.page(&VariablesPage { form: Some(form), ..page })
}

pub(super) async fn edit(visit: Visit, Path((uid, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let form = edit_form(&visit, &profile, &name)?;
    let page = page_under(&visit, &profile, &form.title).await;
    visit.page(&VariablesPage { form: Some(form), ..page })
}

pub(super) async fn create(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let profile = editable(visit, &uid).await?;
    let form = new_form(visit, &uid).filled(&post.fields);
    save(&state, &post, &profile, None, form).await
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path((uid, name)): Path<(String, String)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let profile = editable(visit, &uid).await?;
    let form = edit_form(visit, &profile, &name)?.filled(&post.fields);
    save(&state, &post, &profile, Some(&name), form).await
}

async fn save(
    state: &ConsoleState,
    post: &Post,
    profile: &Profile,
    old: Option<&str>,
    mut form: Form,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let uid = &profile.uid;
    let before = profile.variables.iter().find(|variable| Some(variable.name.as_str()) == old);
    let variable = form.variable(before);
    for found in variable.problems() {
        form.errors.add(found.field, format!("The variable {}.", found.message));
    }
    if guard::is_stale(&post.fields, &form.was) {
        form.problem = Some(guard::overtaken(visit, profile).await);
    } else if form.errors.is_empty() {
        match state.profiles.at(profile.revision).put_variable(visit.caller(), uid, old, variable).await {
            Ok(()) => return Ok(visit.done(&home(uid), &format!("Variable {} saved", form.name))),
            Err(Error::Invalid(found)) => form.problem = Some(capitalised(&found.message)),
            Err(error) => form.problem = Some(problem(error)?),
        }
    }
    let page = page_under(visit, profile, &form.title).await;
    visit.page(&VariablesPage { form: Some(form), ..page })
}

/// The field as it would be, while somebody types.
pub(super) async fn preview(Path(_): Path<String>, post: Post) -> Result<Response, Failure> {
    let preview = Form::default().filled(&post.fields).preview();
    post.visit.part(&PreviewPart { preview })
}

/// `move` is `up` or `down`.
pub(super) async fn move_variable(
    State(state): State<ConsoleState>,
    Path((uid, name)): Path<(String, String)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    if guard::is_stale(&post.fields, &guard::order_of_variables(&profile)) {
        return refused(&visit, &profile, guard::overtaken(&visit, &profile).await).await;
    }
    let up = post.fields.text("move") == "up";
    if let Err(error) = state.profiles.at(profile.revision).move_variable(visit.caller(), &uid, &name, up).await {
        return refused(&visit, &profile, problem(error)?).await;
    }
    Ok(Redirect::to(&home(&uid)).into_response())
}

/// The variables as they are, and why they were not changed.
async fn refused(visit: &Visit, profile: &Profile, text: String) -> Result<Response, Failure> {
    let mut page = page(visit, profile).await;
    page.top.problem = Some(text);
    visit.page(&page)
}

pub(super) async fn ask_delete(visit: Visit, Path((uid, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let was = guard::variable(&profile, find(&profile, &name)?);
    let layers = profile.layers_using(&name);
    let mut consequences = vec![match layers.len() {
        0 => "No layer uses it.".to_owned(),
        n => format!("{} it in values: {}.", counted_uses(n), layers.join(", ")),
    }];
    if !layers.is_empty() {
        consequences.push("Until that is changed the profile can be neither saved nor published.".to_owned());
    }
    let dialog = Dialog {
        title: format!("Delete variable {name}?"),
        consequences,
        links: Vec::new(),
        action: format!("{}/delete?was={was}", address(&uid, &name)),
        back: home(&uid),
        csrf: visit.session.csrf.clone(),
        verb: "Delete variable",
    };
    let page = page_under(&visit, &profile, &format!("Delete variable {name}")).await;
    visit.page(&VariablesPage { dialog: Some(dialog), ..page })
}

fn counted_uses(layers: usize) -> String {
    format!("{} {}", counted(layers as i64, "layer"), if layers == 1 { "uses" } else { "use" })
}

pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path((uid, name)): Path<(String, String)>,
    Query(was): Query<Was>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    if was.is_stale(&guard::variable(&profile, find(&profile, &name)?)) {
        return refused(&visit, &profile, guard::overtaken(&visit, &profile).await).await;
    }
    if let Err(error) = state.profiles.at(profile.revision).remove_variable(visit.caller(), &uid, &name).await {
        return refused(&visit, &profile, problem(error)?).await;
    }
    Ok(visit.done(&home(&uid), &format!("Variable {name} deleted")))
}
