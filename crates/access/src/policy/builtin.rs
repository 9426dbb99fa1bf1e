//! The managed policies that are always there. Those of AWS keep AWS's names and lists.

/// A policy nobody can change, attached by its ARN.
#[derive(Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub arn: &'static str,
    pub name: &'static str,
    /// As IAM shows it: `ANPA...`.
    pub id: &'static str,
    pub description: &'static str,
    pub document: &'static str,
}

pub const TENANT_ADMIN: &str = "arn:aws:iam::aws:policy/PackyardTenantAdmin";

static MANAGED: [ManagedPolicy; 8] = [
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/PackPublisher",
        name: "PackPublisher",
        id: "ANPAPACKPUBLISHER0000",
        description: "Publish packs: make repositories, push, list and delete in them.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:CreateRepository","ecr:InitiateLayerUpload","ecr:CompleteLayerUpload","ecr:PutImage","ecr:UploadLayerPart","ecr:BatchCheckLayerAvailability","ecr:ListImages","ecr:DescribeImages","ecr:BatchDeleteImage","ecr:DeleteRepository","ecr:GetAuthorizationToken","ecr:DescribeRepositories","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: TENANT_ADMIN,
        name: "PackyardTenantAdmin",
        id: "ANPAPACKYARDADMIN0000",
        description: "Everything: registries, packs, profiles, users and their rights.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/PackyardProjectEditor",
        name: "PackyardProjectEditor",
        id: "ANPAPACKYARDEDITOR000",
        description: "Compose and publish cluster profiles, read packs and registries.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["packyard:ReadRegistries","packyard:SyncRegistries","packyard:ReadPacks","packyard:ReadProfiles","packyard:ManageProfiles","packyard:ReadProjects","packyard:ReadMacros","packyard:ManageMacros","packyard:ManageApiKeys"],"Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/PackyardViewer",
        name: "PackyardViewer",
        id: "ANPAPACKYARDVIEWER000",
        description: "Read packs, registries, profiles and projects.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["packyard:ReadRegistries","packyard:ReadPacks","packyard:ReadProfiles","packyard:ReadProjects","packyard:ManageApiKeys"],"Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
        name: "AmazonEC2ContainerRegistryPullOnly",
        id: "ANPAECRPULLONLY000000",
        description: "Pull from repositories.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchImportUpstreamImage"],"Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
        name: "AmazonEC2ContainerRegistryReadOnly",
        id: "ANPAECRREADONLY000000",
        description: "Read repositories and what is in them.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],"Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser",
        name: "AmazonEC2ContainerRegistryPowerUser",
        id: "ANPAECRPOWERUSER00000",
        description: "Read and write images; no rights over repositories and their policies.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings","ecr:InitiateLayerUpload","ecr:UploadLayerPart","ecr:CompleteLayerUpload","ecr:PutImage"],"Resource":"*"}]}"#,
    },
    ManagedPolicy {
        arn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess",
        name: "AmazonEC2ContainerRegistryFullAccess",
        id: "ANPAECRFULLACCESS0000",
        description: "Every action of the registry.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}"#,
    },
];

pub fn managed_policies() -> &'static [ManagedPolicy] {
    &MANAGED
}

pub fn managed_policy(arn: &str) -> Option<&'static ManagedPolicy> {
    MANAGED.iter().find(|policy| policy.arn == arn)
}
