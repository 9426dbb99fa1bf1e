//! The repositories of one run: each is made ready once, however many packs go there side by side.

use super::ask::{Asker, Current};
use super::plan::Plan;
use super::push::explain;
use crate::commands::remote::{Base, Registry, Transfers};
use crate::printer::Printer;
use anyhow::bail;
use packyard_oci::RepoName;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

pub(super) struct Places<'a> {
    registry: &'a Registry,
    plan: &'a Plan,
    printer: &'a Printer,
    transfers: &'a Transfers,
    base: OnceCell<BaseState>,
    own: Mutex<HashMap<RepoName, Arc<OnceCell<Ready>>>>,
    created: Mutex<BTreeSet<RepoName>>,
}

/// A repository that is there, or will be with the first push, and has the config that every pack needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready {
    /// It was not there before this run: nothing need be looked for in it.
    pub(super) is_new: bool,
}

#[derive(Debug, Clone, Copy)]
struct BaseState {
    /// An artifact was put there, whose config can be mounted.
    has_config: bool,
}

impl<'a> Places<'a> {
    pub(super) fn new(registry: &'a Registry, plan: &'a Plan, printer: &'a Printer, transfers: &'a Transfers) -> Self {
        Self {
            registry,
            plan,
            printer,
            transfers,
            base: OnceCell::new(),
            own: Mutex::default(),
            created: Mutex::default(),
        }
    }

    /// The base path is asked about only when a repository is to be made: where packs are, it is.
    pub(super) async fn ready(&self, repository: &RepoName, current: &Current) -> anyhow::Result<Ready> {
        let cell =
            self.own.lock().unwrap_or_else(PoisonError::into_inner).entry(repository.clone()).or_default().clone();
        cell.get_or_try_init(|| self.make_ready(repository, current)).await.copied()
    }

    async fn make_ready(&self, repository: &RepoName, current: &Current) -> anyhow::Result<Ready> {
        let asker = Asker { registry: self.registry, plan: self.plan };
        let explain = |error| explain(error, self.registry, self.plan, repository);
        if !asker.lacks(repository, current).await {
            self.registry.push_config(repository).await.map_err(explain)?;
            return Ok(Ready { is_new: false });
        }
        if !self.plan.creates_repositories {
            bail!("there is no repository {repository}, and --create-repositories=never was given: make it first");
        }
        let base = self.base.get_or_try_init(|| self.make_base()).await?;
        if self.registry.makes_repositories() {
            if !self.registry.make_repository(repository, &self.plan.settings).await? {
                self.registry.push_config(repository).await.map_err(explain)?;
                return Ok(Ready { is_new: false });
            }
            self.note_created(repository);
        }
        let from = base.has_config.then_some(&self.plan.archive_repository);
        self.registry.upload_config(repository, from).await.map_err(explain)?;
        Ok(Ready { is_new: true })
    }

    async fn make_base(&self) -> anyhow::Result<BaseState> {
        let base = &self.plan.archive_repository;
        match self.registry.make_base(base, &self.plan.settings).await? {
            Base::Made => self.note_created(base),
            Base::There => {}
            Base::Refused(error) => {
                let text = format!("the base repository {base} was not made: {error}");
                self.transfers.aside(|| self.printer.warn(&text));
                return Ok(BaseState { has_config: false });
            }
        }
        Ok(BaseState { has_config: !self.registry.makes_repositories() })
    }

    /// Without an API the push makes a repository: it is created when that has succeeded.
    pub(super) fn note_created(&self, repository: &RepoName) {
        self.created.lock().unwrap_or_else(PoisonError::into_inner).insert(repository.clone());
    }

    /// What was made in this run.
    pub(super) fn created(&self) -> BTreeSet<RepoName> {
        self.created.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
