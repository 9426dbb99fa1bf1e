//! The operations of the ECR API that Packyard answers, and the shape of each one's input (service model 2015-09-21).
//! Two values are narrower than in the model, because the registry is: a repository name has at most 255 characters
//! (distribution-spec), and there is no KMS to ask for a key.

use super::shape::{
    Member, Shape, any_text, is_exclusion_filter, is_layer_digest, is_registry_id, is_repository_name, is_upload_id,
    matching, one_of, optional, required, text,
};

/// What stands before the operation's name in `X-Amz-Target`.
pub(crate) const TARGET_PREFIX: &str = "AmazonEC2ContainerRegistry_V20150921.";

macro_rules! operations {
    ($($name:ident => $members:expr),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Operation {
            $($name),+
        }

        impl Operation {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)+
                    _ => None,
                }
            }

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name)),+
                }
            }

            /// The IAM action that allows it.
            pub(crate) fn action(self) -> &'static str {
                if self == Self::ListImageReferrers {
                    // It has no action of its own (service authorization reference).
                    return "ecr:BatchGetImage";
                }
                match self {
                    $(Self::$name => concat!("ecr:", stringify!($name))),+
                }
            }

            /// The members of its input.
            pub(crate) fn input(self) -> &'static [Member] {
                match self {
                    $(Self::$name => {
                        static MEMBERS: &[Member] = &$members;
                        MEMBERS
                    })+
                }
            }
        }
    };
}

const REGISTRY_ID: Member = optional("registryId", &ID);
const REPOSITORY_NAME: Member = required("repositoryName", &NAME);

operations! {
    CreateRepository => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        optional("tags", &TAGS),
        optional("imageTagMutability", &MUTABILITY),
        optional("imageTagMutabilityExclusionFilters", &EXCLUSION_FILTERS),
        optional("imageScanningConfiguration", &SCANNING),
        optional("encryptionConfiguration", &ENCRYPTION),
    ],
    DescribeRepositories => [
        REGISTRY_ID,
        optional("repositoryNames", &Shape::List { of: &NAME, min: 1, max: 100 }),
        optional("nextToken", &ANY),
        optional("maxResults", &MAX_RESULTS),
    ],
    DeleteRepository => [REGISTRY_ID, REPOSITORY_NAME, optional("force", &Shape::Boolean)],
    GetAuthorizationToken => [optional("registryIds", &Shape::List { of: &ID, min: 1, max: 10 })],
    BatchCheckLayerAvailability => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("layerDigests", &Shape::List { of: &LOOSE_DIGEST, min: 1, max: 100 }),
    ],
    InitiateLayerUpload => [REGISTRY_ID, REPOSITORY_NAME],
    UploadLayerPart => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("uploadId", &UPLOAD_ID),
        required("partFirstByte", &OFFSET),
        required("partLastByte", &OFFSET),
        required("layerPartBlob", &Shape::Blob),
    ],
    CompleteLayerUpload => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("uploadId", &UPLOAD_ID),
        required("layerDigests", &Shape::List { of: &LAYER_DIGEST, min: 1, max: 100 }),
    ],
    PutImage => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("imageManifest", &text(1, packyard_oci::MANIFEST_LIMIT)),
        optional("imageManifestMediaType", &ANY),
        optional("imageTag", &IMAGE_TAG),
        optional("imageDigest", &ANY),
    ],
    BatchGetImage => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("imageIds", &IMAGE_IDS),
        optional("acceptedMediaTypes", &Shape::List { of: &ANY, min: 1, max: 100 }),
    ],
    GetDownloadUrlForLayer => [REGISTRY_ID, REPOSITORY_NAME, required("layerDigest", &LAYER_DIGEST)],
    ListImages => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        optional("nextToken", &ANY),
        optional("maxResults", &MAX_RESULTS),
        optional("filter", &IMAGE_FILTER),
    ],
    DescribeImages => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        optional("imageIds", &IMAGE_IDS),
        optional("nextToken", &ANY),
        optional("maxResults", &MAX_RESULTS),
        optional("filter", &IMAGE_FILTER),
    ],
    BatchDeleteImage => [REGISTRY_ID, REPOSITORY_NAME, required("imageIds", &IMAGE_IDS)],
    DescribeRegistry => [],
    SetRepositoryPolicy => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("policyText", &text(0, 10_240)),
        optional("force", &Shape::Boolean),
    ],
    GetRepositoryPolicy => [REGISTRY_ID, REPOSITORY_NAME],
    DeleteRepositoryPolicy => [REGISTRY_ID, REPOSITORY_NAME],
    TagResource => [required("resourceArn", &ANY), required("tags", &TAGS)],
    UntagResource => [
        required("resourceArn", &ANY),
        required("tagKeys", &Shape::List { of: &ANY, min: 0, max: usize::MAX }),
    ],
    ListTagsForResource => [required("resourceArn", &ANY)],
    PutImageTagMutability => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("imageTagMutability", &MUTABILITY),
        optional("imageTagMutabilityExclusionFilters", &EXCLUSION_FILTERS),
    ],
    PutImageScanningConfiguration => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("imageScanningConfiguration", &SCANNING),
    ],
    ListImageReferrers => [
        REGISTRY_ID,
        REPOSITORY_NAME,
        required("subjectId", &Shape::Structure(&[required("imageDigest", &ANY)])),
        optional("filter", &REFERRERS_FILTER),
        optional("nextToken", &ANY),
        optional("maxResults", &Shape::Integer { min: 1, max: 50 }),
    ],
}

/// Largest decoded `layerPartBlob`.
pub(crate) const LAYER_PART_LIMIT: u64 = 20_971_520;

const NAME_PATTERN: &str = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*";
const LAYER_DIGEST_PATTERN: &str = "[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+";
const UPLOAD_ID_PATTERN: &str = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const FILTER_PATTERN: &str = "^[0-9a-zA-Z._*-]{1,128}$";

static ANY: Shape = any_text();
static ID: Shape = matching(0, usize::MAX, "[0-9]{12}", is_registry_id);
static NAME: Shape = matching(2, 255, NAME_PATTERN, is_repository_name);
static LAYER_DIGEST: Shape = matching(0, usize::MAX, LAYER_DIGEST_PATTERN, is_layer_digest);
/// In a batch, a bad digest is a failure of that item, not of the call.
static LOOSE_DIGEST: Shape = text(0, 1000);
static UPLOAD_ID: Shape = matching(0, usize::MAX, UPLOAD_ID_PATTERN, is_upload_id);
static OFFSET: Shape = Shape::Integer { min: 0, max: i64::MAX };
static MAX_RESULTS: Shape = Shape::Integer { min: 1, max: 1000 };
static IMAGE_TAG: Shape = text(1, 300);
static IMAGE_IDS: Shape = Shape::List {
    of: &Shape::Structure(&[optional("imageDigest", &ANY), optional("imageTag", &IMAGE_TAG)]),
    min: 1,
    max: 100,
};
static IMAGE_FILTER: Shape = Shape::Structure(&[
    optional("tagStatus", &one_of(&["TAGGED", "UNTAGGED", "ANY"])),
    optional("imageStatus", &IMAGE_STATUS),
]);
static REFERRERS_FILTER: Shape = Shape::Structure(&[
    optional("artifactTypes", &Shape::List { of: &text(1, 255), min: 0, max: 5 }),
    optional("artifactStatus", &IMAGE_STATUS),
]);
static IMAGE_STATUS: Shape = one_of(&["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]);
/// Lengths of keys and values are the business of [`super::tags`], which answers with codes of their own.
static TAGS: Shape =
    Shape::List { of: &Shape::Structure(&[required("Key", &ANY), required("Value", &ANY)]), min: 0, max: usize::MAX };
static MUTABILITY: Shape = one_of(&["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"]);
static EXCLUSION_FILTERS: Shape = Shape::List {
    of: &Shape::Structure(&[
        required("filterType", &one_of(&["WILDCARD"])),
        required("filter", &matching(1, 128, FILTER_PATTERN, is_exclusion_filter)),
    ]),
    min: 1,
    max: 5,
};
static SCANNING: Shape = Shape::Structure(&[optional("scanOnPush", &Shape::Boolean)]);
static ENCRYPTION: Shape = Shape::Structure(&[
    required("encryptionType", &one_of(&["AES256", "KMS", "KMS_DSSE"])),
    optional("kmsKey", &text(1, 2048)),
]);

#[cfg(test)]
mod tests;
