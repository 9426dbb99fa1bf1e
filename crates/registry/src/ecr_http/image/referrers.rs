//! ListImageReferrers.

use crate::ecr_http::call::{Call, page_size};
use crate::ecr_http::error::EcrError;
use crate::ecr_http::input;
use packyard_oci::Digest;
use serde_json::{Value, json};

/// Referrers of a page when the caller does not say.
const DEFAULT_REFERRERS: usize = 20;

pub(crate) async fn referrers(call: &Call<'_>, input: input::ListImageReferrers) -> Result<Value, EcrError> {
    let subject: Digest =
        input.subject_id.image_digest.parse().map_err(|error| EcrError::invalid("subjectId.imageDigest", error))?;
    let repository = call.repository(&input.repository_name).await?;
    let filter = input.filter.unwrap_or_default();
    let types = filter.artifact_types.unwrap_or_default();
    let pager = call.pager(&format!("{} {subject} {}", repository.name, types.join(" ")));
    let after = pager.after(input.next_token.as_deref())?.unwrap_or_default();
    if matches!(filter.artifact_status.as_deref(), Some("ARCHIVED" | "ACTIVATING")) {
        return Ok(json!({ "referrers": [] }));
    }
    // The registry looks for one type; of several the page is cut down here, and may be short of its size.
    let single = match &types[..] {
        [one] => Some(one.as_str()),
        _ => None,
    };
    let limit = input.max_results.map_or(DEFAULT_REFERRERS, |rows| page_size(Some(rows)));
    let page = call.registry.referrers(&repository, &subject, single, &after, Some(limit)).await?;
    let rows: Vec<Value> = page.descriptors.iter().filter_map(|text| referrer(text, &types)).collect();
    let mut answer = json!({ "referrers": rows });
    pager.put_token(&mut answer, page.next.as_deref());
    Ok(answer)
}

fn referrer(descriptor: &str, types: &[String]) -> Option<Value> {
    let mut row: Value = serde_json::from_str(descriptor).ok()?;
    let kind = row["artifactType"].as_str();
    if !types.is_empty() && !types.iter().any(|wanted| Some(wanted.as_str()) == kind) {
        return None;
    }
    row["artifactStatus"] = json!("ACTIVE");
    Some(row)
}
