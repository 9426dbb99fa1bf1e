//! The managed policies that are always there. Those of AWS keep AWS's names and lists.

use serde_json::Value;

/// A policy nobody can change, attached by its ARN.
#[derive(Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub arn: &'static str,
    pub name: &'static str,
    /// As IAM shows it: `ANPA...`.
    pub id: &'static str,
    pub description: &'static str,
    pub document: &'static str,
    /// Whether a user may hold it in one project only.
    pub in_projects: bool,
}

impl ManagedPolicy {
    /// The actions it allows: a document of ours has no denials and no conditions.
    pub fn actions(&self) -> Vec<String> {
        let document: Value = serde_json::from_str(self.document).unwrap_or_default();
        let statements = document["Statement"].as_array().cloned().unwrap_or_default();
        let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        });
        actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
    }

    /// Whether it allows the action, be it as one of many (`ecr:*`).
    pub fn allows(&self, action: &str) -> bool {
        self.actions().iter().any(|known| match known.strip_suffix('*') {
            Some(beginning) => action.starts_with(beginning),
            None => known == action,
        })
    }
}

pub const TENANT_ADMIN: &str = "arn:aws:iam::aws:policy/PackyardTenantAdmin";
pub const PROJECT_ADMIN: &str = "arn:aws:iam::aws:policy/PackyardProjectAdmin";

static MANAGED: [ManagedPolicy; 9] = [
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/PackPublisher",
        name: "PackPublisher",
        id: "ANPAPACKPUBLISHER0000",
        description: "Publish packs: make repositories, push, list and delete in them.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:CreateRepository","ecr:InitiateLayerUpload","ecr:CompleteLayerUpload","ecr:PutImage","ecr:UploadLayerPart","ecr:BatchCheckLayerAvailability","ecr:ListImages","ecr:DescribeImages","ecr:BatchDeleteImage","ecr:DeleteRepository","ecr:GetAuthorizationToken","ecr:DescribeRepositories","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Resource":"*"}]}"#,
        in_projects: false,
    },
    ManagedPolicy {
        arn: TENANT_ADMIN,
        name: "PackyardTenantAdmin",
        id: "ANPAPACKYARDADMIN0000",
        description: "Everything: registries, packs, profiles, users and their rights.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        in_projects: false,
    },
    ManagedPolicy {
        arn: PROJECT_ADMIN,
        name: "PackyardProjectAdmin",
        id: "ANPAPACKYARDPROJECT00",
        description: "All that an editor may, and change projects, their members and their members' roles.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["packyard:ReadRegistries","packyard:SyncRegistries","packyard:ReadPacks","packyard:ReadProfiles","packyard:ManageProfiles","packyard:ReadProjects","packyard:ManageProjects","packyard:ManageMembers","packyard:ReadMacros","packyard:ManageMacros","packyard:ManageApiKeys","iam:ListUsers"],"Resource":"*"}]}"#,
        in_projects: true,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/PackyardProjectEditor",
        name: "PackyardProjectEditor",
        id: "ANPAPACKYARDEDITOR000",
        description: "Compose and publish cluster profiles, read packs and registries.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["packyard:ReadRegistries","packyard:SyncRegistries","packyard:ReadPacks","packyard:ReadProfiles","packyard:ManageProfiles","packyard:ReadProjects","packyard:ReadMacros","packyard:ManageMacros","packyard:ManageApiKeys"],"Resource":"*"}]}"#,
        in_projects: true,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/PackyardViewer",
        name: "PackyardViewer",
        id: "ANPAPACKYARDVIEWER000",
        description: "Read packs, registries, profiles and projects.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["packyard:ReadRegistries","packyard:ReadPacks","packyard:ReadProfiles","packyard:ReadProjects","packyard:ManageApiKeys"],"Resource":"*"}]}"#,
        in_projects: true,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
        name: "AmazonEC2ContainerRegistryPullOnly",
        id: "ANPAECRPULLONLY000000",
        description: "Pull from repositories.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchImportUpstreamImage"],"Resource":"*"}]}"#,
        in_projects: false,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
        name: "AmazonEC2ContainerRegistryReadOnly",
        id: "ANPAECRREADONLY000000",
        description: "Read repositories and what is in them.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],"Resource":"*"}]}"#,
        in_projects: false,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser",
        name: "AmazonEC2ContainerRegistryPowerUser",
        id: "ANPAECRPOWERUSER00000",
        description: "Read and write images; no rights over repositories and their policies.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings","ecr:InitiateLayerUpload","ecr:UploadLayerPart","ecr:CompleteLayerUpload","ecr:PutImage"],"Resource":"*"}]}"#,
        in_projects: false,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess",
        name: "AmazonEC2ContainerRegistryFullAccess",
        id: "ANPAECRFULLACCESS0000",
        description: "Every action of the registry.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}"#,
        in_projects: false,
    },
];

pub fn managed_policies() -> &'static [ManagedPolicy] {
    &MANAGED
}

pub fn managed_policy(arn: &str) -> Option<&'static ManagedPolicy> {
    MANAGED.iter().find(|policy| policy.arn == arn)
}
