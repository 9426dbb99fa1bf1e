//! An index of a Helm repository that has no end: it is given up at the first limit that it comes to, which is named, and
//! nothing of it is taken.

use crate::chart_repository::ChartRepository;
use crate::fake::Fault;
use crate::world::world;
use packyard_catalog::{PackQuery, RunState, SyncLimits};

type Set = fn(&mut SyncLimits);

#[tokio::test]
async fn an_endless_index_is_given_up_at_the_first_limit() {
    let limits: [(&str, Set); 3] = [
        ("helm.index_entries = 300", |limits| limits.index.entries = 300),
        ("limit helm.index_bytes", |limits| limits.index.bytes = 64 << 10),
        ("limit index_changes_bytes = 16384", |limits| limits.index_changes_bytes = 16 << 10),
    ];
    for (name, set) in limits {
        let world = world(|config| set(&mut config.limits)).await;
        let charts = ChartRepository::with_charts().await;
        let registry = world.register_as("stable", charts.spec()).await;
        charts.fake.fault("/stable/index.yaml", Fault::EndlessIndex);
        let run = world.sync(&registry.uid, false).await;
        assert_eq!(run.state, RunState::Failed, "{name}: {}", run.message);
        assert!(run.message.contains(name), "no `{name}` in {}", run.message);
        let packs = world.catalog.packs(&world.caller, &PackQuery::default()).await.unwrap();
        assert_eq!((run.counts.added, packs.items.len()), (0, 3), "{name}");
        // And a sound one is read as ever.
        charts.fake.mend();
        let run = world.sync(&registry.uid, false).await;
        assert_eq!((run.state, run.counts.unchanged), (RunState::Success, 3), "{name}: {}", run.message);
    }
}
