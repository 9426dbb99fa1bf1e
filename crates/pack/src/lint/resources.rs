//! Clouds a pack is for, and what it asks of machines. palette.md 1.2: `cloudTypes` and `constraints.resources`.

use super::{Finding, Rule, Subject, rules};
use crate::metadata::{Metadata, Resource};
use crate::shown::shown;

/// What Palette's schemas and clients list, together.
const CLOUDS: &[&str] = &[
    "all",
    "aks",
    "apache-cloudstack",
    "aws",
    "azure",
    "baremetal",
    "cloudstack",
    "coxedge",
    "custom",
    "edge",
    "edge-native",
    "eks",
    "gcp",
    "gke",
    "libvirt",
    "maas",
    "nested",
    "nutanix",
    "openstack",
    "tencent",
    "tke",
    "vsphere",
];
const KINDS: [&str; 3] = ["cpu", "memory", "diskSize"];
/// `master` is the older word for `control-plane`.
const SCHEDULES: [&str; 4] = ["all", "control-plane", "master", "worker"];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let metadata = &subject.pack.metadata;
    for (index, cloud) in metadata.cloud_types.iter().enumerate().filter(|(_, cloud)| !CLOUDS.contains(&cloud.as_str()))
    {
        let message = format!("Palette knows no cloud type `{}`", shown(cloud));
        let place = metadata.place(&format!("cloudTypes.{index}"));
        let finding = Finding::new(&rules::CLOUD_UNKNOWN, message).at(place);
        found.push(match CLOUDS.iter().find(|known| super::near(known, cloud)) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding,
        });
    }
    for (index, resource) in metadata.constraints.resources.iter().enumerate() {
        check_resource(subject, metadata, resource, &format!("constraints.resources.{index}"), found);
    }
}

fn check_resource(
    subject: &Subject<'_>,
    metadata: &Metadata,
    resource: &Resource,
    path: &str,
    found: &mut Vec<Finding>,
) {
    let mut note = |rule: &Rule, path: &str, message: String| {
        found.push(Finding::new(rule, message).at(metadata.place(path)));
    };
    if !KINDS.contains(&resource.kind.as_str()) {
        let message = format!("a resource has the type `{}`, not one of {}", shown(&resource.kind), KINDS.join(", "));
        note(&rules::RESOURCE, path, message);
    }
    if resource.components.is_empty() && resource.min_limit.is_none() {
        note(&rules::RESOURCE, path, "a resource has neither `minLimit` nor `components`".to_owned());
    }
    for (index, component) in resource.components.iter().enumerate() {
        let path = format!("{path}.components.{index}");
        let schedule = component.schedule_type.as_str();
        if !schedule.is_empty() && !SCHEDULES.contains(&schedule) {
            let message = format!("`scheduleType` is `{}`, not one of {}", shown(schedule), SCHEDULES.join(", "));
            note(&rules::RESOURCE, &format!("{path}.scheduleType"), message);
        }
        let references = [
            ("resourceRequestParamRef", &component.resource_request_param_ref),
            ("replicaCountParamRef", &component.replica_count_param_ref),
        ];
        for (member, reference) in references {
            if !reference.is_empty() && subject.values().is_some() && !subject.has_value_or_default(reference) {
                let message = format!("`{member}` leads to `{}`, which no values have", shown(reference));
                note(&rules::RESOURCE_PATH, &format!("{path}.{member}"), message);
            }
        }
    }
}
