//! Which pushes wait, are being read, and are done: one lane for each registry they came to. Pure bookkeeping.
//!
//! Invariant: an event is done when each lane that it concerns has read its repository in a run that began after the
//! event was there, or has left it to a run over the whole registry. Lanes do not wait for each other.

use packyard_oci::RepoName;
use packyard_store::Event;
use std::collections::{BTreeMap, HashMap};

/// Runs of one lane at the same time, so that a large pack does not hold up small ones. What comes meanwhile is
/// gathered, and read by one run.
const RUNS: usize = 3;
/// Repositories of one run.
const REPOSITORIES: usize = 100;

#[derive(Default)]
pub(super) struct Lanes {
    /// Events under way, and how many lanes have yet to be done with them.
    events: HashMap<i64, (Event, usize)>,
    lanes: HashMap<String, Lane>,
    done: Vec<Event>,
}

#[derive(Default)]
struct Lane {
    /// Events that wait, by repository.
    waiting: BTreeMap<RepoName, Vec<i64>>,
    running: HashMap<RepoName, Vec<i64>>,
    runs: usize,
}

impl Lanes {
    /// Takes up `event`, which is about `repository` and concerns `registries`, unless it is under way.
    pub(super) fn add(&mut self, event: Event, repository: &str, registries: &[&str]) {
        if self.events.contains_key(&event.id) {
            return;
        }
        let name = repository.parse::<RepoName>().ok().filter(|_| !registries.is_empty());
        let Some(name) = name else { return self.done.push(event) };
        for uid in registries {
            let lane = self.lanes.entry((*uid).to_owned()).or_default();
            lane.waiting.entry(name.clone()).or_default().push(event.id);
        }
        self.events.insert(event.id, (event, registries.len()));
    }

    pub(super) fn holds(&self, event: i64) -> bool {
        self.events.contains_key(&event)
    }

    /// Nothing is under way, and nothing to be told.
    pub(super) fn is_quiet(&self) -> bool {
        self.events.is_empty() && self.done.is_empty()
    }

    pub(super) fn under_way(&self) -> usize {
        self.events.len()
    }

    /// Runs to start now: a registry and what to read there. No repository is read by two runs at the same time.
    pub(super) fn next(&mut self) -> Vec<(String, Vec<RepoName>)> {
        let mut out = Vec::new();
        for (uid, lane) in &mut self.lanes {
            let free = |name: &&RepoName| !lane.running.contains_key(*name);
            let names: Vec<RepoName> = lane.waiting.keys().filter(free).take(REPOSITORIES).cloned().collect();
            if names.is_empty() || lane.runs >= RUNS {
                continue;
            }
            for name in &names {
                if let Some(events) = lane.waiting.remove(name) {
                    lane.running.insert(name.clone(), events);
                }
            }
            lane.runs += 1;
            out.push((uid.clone(), names));
        }
        out
    }

    /// A run of [`Lanes::next`] is through. `left`: it was not, and what waits in this lane is left to a whole run too,
    /// which will list it later than it was pushed.
    pub(super) fn ended(&mut self, uid: &str, names: &[RepoName], left: bool) {
        let Some(lane) = self.lanes.get_mut(uid) else { return };
        lane.runs = lane.runs.saturating_sub(1);
        let mut events: Vec<i64> = names.iter().filter_map(|name| lane.running.remove(name)).flatten().collect();
        if left {
            events.extend(std::mem::take(&mut lane.waiting).into_values().flatten());
        }
        for id in events {
            if let Some((_, lanes)) = self.events.get_mut(&id) {
                *lanes -= 1;
                if *lanes == 0 {
                    self.done.extend(self.events.remove(&id).map(|(event, _)| event));
                }
            }
        }
    }

    /// Events that are done and not yet told.
    pub(super) fn take_done(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(lanes: &mut Lanes, id: i64, repository: &str, registries: &[&str]) {
        let event = Event { id, at: 0, topic: String::new(), object: repository.to_owned() };
        lanes.add(event, repository, registries);
    }

    fn done(lanes: &mut Lanes) -> Vec<i64> {
        let mut ids: Vec<i64> = lanes.take_done().iter().map(|event| event.id).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn pushes_during_a_run_are_gathered_and_read_again() {
        let mut lanes = Lanes::default();
        add(&mut lanes, 1, "a", &["own"]);
        let (_, first) = lanes.next().pop().unwrap();
        add(&mut lanes, 2, "a", &["own"]);
        add(&mut lanes, 3, "a", &["own"]);
        assert!(lanes.next().is_empty(), "one repository is read by one run at a time");
        lanes.ended("own", &first, false);
        assert_eq!(done(&mut lanes), [1]);
        let (_, second) = lanes.next().pop().unwrap();
        lanes.ended("own", &second, false);
        assert_eq!(done(&mut lanes), [2, 3]);
        assert_eq!(lanes.under_way(), 0);
    }

    #[test]
    fn many_repositories_take_few_runs() {
        let mut lanes = Lanes::default();
        let mut runs = 0;
        for id in 1..=50 {
            add(&mut lanes, id, &format!("r{id}"), &["own"]);
            runs += lanes.next().len();
        }
        assert_eq!(runs, RUNS);
        lanes.ended("own", &["r1".parse().unwrap()], false);
        let rest = lanes.next().pop().unwrap().1;
        assert_eq!(rest.len(), 50 - RUNS);
    }

    #[test]
    fn a_lane_that_hangs_holds_up_no_other_and_is_left_to_its_whole_run() {
        let mut lanes = Lanes::default();
        add(&mut lanes, 1, "a", &["own", "hangs"]);
        let mut runs = lanes.next();
        runs.sort();
        let names = runs[0].1.clone();
        lanes.ended("own", &names, false);
        assert!(done(&mut lanes).is_empty(), "the other lane is not done");
        add(&mut lanes, 2, "a", &["own", "hangs"]);
        assert_eq!(lanes.next(), [("own".to_owned(), names.clone())]);
        lanes.ended("own", &names, false);
        lanes.ended("hangs", &names, true);
        assert_eq!(done(&mut lanes), [1, 2]);
    }

    #[test]
    fn what_concerns_nobody_is_done_at_once() {
        let mut lanes = Lanes::default();
        add(&mut lanes, 1, "a", &[]);
        add(&mut lanes, 2, "Not A Name", &["own"]);
        assert_eq!(done(&mut lanes), [1, 2]);
        assert!(lanes.next().is_empty());
    }
}
