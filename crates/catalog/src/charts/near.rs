//! Where the index may be when it is not where it was looked for: a few cheap questions to the same server.

use super::index::{INDEX, IndexFailure};
use super::repository::Repository;
use packyard_oci::client::{Validators, Wanted, WebFolder};

/// Folders in which people keep charts, and leave out of the address.
const USUAL: [&str; 2] = ["charts", "stable"];
/// Folders that are looked into.
const FOLDERS: usize = 4;
/// Bytes of a file in which an index shows itself.
const HEAD: usize = 4096;

impl Repository {
    /// What to enter instead, where that can be found out.
    pub(crate) async fn advice(&self, failure: &IndexFailure) -> Option<String> {
        if !failure.is_elsewhere() {
            return None;
        }
        if let Some(pages) = pages_of_github(&self.folder.shown()) {
            return Some(format!(
                "A repository of GitHub serves its charts from its pages, mostly at `{pages}`: enter that address."
            ));
        }
        for folder in self.folder.near(&USUAL).into_iter().take(FOLDERS) {
            if self.meter.ask(self.has_index(&folder)).await {
                let shown = folder.shown();
                return Some(format!("There is an {INDEX} at `{shown}`: enter that address."));
            }
        }
        let client = self.as_registry()?;
        let probe = self.meter.ask(client.probe()).await.ok()?;
        probe.is_registry.then(|| {
            "An OCI registry answers there, which has no index: register it as an OCI registry with provider type Helm."
                .to_owned()
        })
    }

    async fn has_index(&self, folder: &WebFolder) -> bool {
        let Some(url) = folder.resolve(INDEX) else { return false };
        let wanted = Wanted { url: &url, what: INDEX, limit: self.limits.index.bytes, limit_name: "helm.index_bytes" };
        let Ok(Some(mut download)) = self.downloads.get_unless(wanted, &Validators::default()).await else {
            return false;
        };
        let mut head = Vec::new();
        while head.len() < HEAD {
            match download.chunk().await {
                Ok(Some(chunk)) => head.extend_from_slice(&chunk),
                _ => break,
            }
        }
        let head = String::from_utf8_lossy(&head);
        head.lines().any(|line| line.starts_with("apiVersion:") || line.starts_with("entries:"))
    }
}

/// `https://github.com/org/repo` is a page for people.
fn pages_of_github(shown: &str) -> Option<String> {
    let mut parts = shown.strip_prefix("https://github.com/")?.split('/');
    let (org, repo) = (parts.next()?, parts.next()?);
    Some(format!("https://{org}.github.io/{repo}"))
}

#[cfg(test)]
mod tests {
    use super::pages_of_github;

    #[test]
    fn the_pages_of_a_github_repository_are_elsewhere() {
        let pages = pages_of_github("https://github.com/example/charts/tree/main").unwrap();
        assert_eq!(pages, "https://example.github.io/charts");
        assert_eq!(pages_of_github("https://example.github.io/charts"), None);
    }
}
