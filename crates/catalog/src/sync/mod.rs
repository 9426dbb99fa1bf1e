//! Keeping the catalogue in step with its registries.
//!
//! `worker` and `pushes` decide when (`lanes` keeps count), `run` does one registry, `walk` lists and compares with what
//! is `known`, `fetch` writes what changed while `read` reads it, `tag` fetches one tag (`layer` finds its archive, `unpack` unpacks
//! it), `record` writes down, `verdict` judges, `convert` makes catalogue rows of a pack, `next` says when the next run is due. `index` does a Helm repository, which lists
//! everything in one file.
//! Invariants: a run writes under a lease, fenced in each transaction; what it cannot see for certain it does not
//! delete; it is safe to do twice and may be cut off anywhere.

pub(crate) mod convert;
mod fetch;
mod held;
mod index;
mod known;
mod lanes;
mod layer;
mod next;
mod pushes;
mod read;
mod record;
mod run;
mod tag;
mod unpack;
mod verdict;
mod walk;
mod worker;
