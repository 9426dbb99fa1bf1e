//! The verbs of `packyard iam`, as data: names, options and results are those of `aws iam` and `aws sts`, so what is
//! known of those holds here.

use crate::terminal::WIDTH;
use packyard_oci::aws::QueryService;

pub(super) struct Verb {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) service: QueryService,
    pub(super) action: &'static str,
    pub(super) options: &'static [Opt],
}

impl Verb {
    /// With what it needs, and with everything it takes.
    pub(super) fn examples(&self) -> String {
        let line = |all: bool| {
            let options = self.options.iter().filter(|option| all || option.required);
            let words = options.map(|option| format!("--{} {}", option.flag, option.sample).trim_end().to_owned());
            over_lines(format!("  packyard iam {}", self.name), words)
        };
        let (needed, everything) = (line(false), line(true));
        if needed == everything { format!("Examples:\n{needed}") } else { format!("Examples:\n{needed}\n{everything}") }
    }
}

/// A command that is longer than a help text is wide goes on below, as a shell reads it.
fn over_lines(start: String, words: impl Iterator<Item = String>) -> String {
    words.fold(start, |text, word| {
        let last = text.lines().last().unwrap_or_default().len();
        let between = if last + word.len() + " \\".len() > WIDTH { " \\\n      " } else { " " };
        format!("{text}{between}{word}")
    })
}

/// An option that becomes a parameter of the call.
pub(super) struct Opt {
    pub(super) flag: &'static str,
    pub(super) parameter: &'static str,
    pub(super) required: bool,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    /// A value for the examples of the help.
    pub(super) sample: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Secret,
    /// `true` when it stands alone.
    Boolean,
    /// `Key=KEY,Value=VALUE`, several of them; becomes the members of a list.
    Tags,
}

type Text = &'static str;

const fn must(flag: Text, parameter: Text, help: Text, sample: Text) -> Opt {
    Opt { flag, parameter, required: true, kind: Kind::Text, help, sample }
}

const fn may(flag: Text, parameter: Text, help: Text, sample: Text) -> Opt {
    Opt { flag, parameter, required: false, kind: Kind::Text, help, sample }
}

const fn password(required: bool, help: Text) -> Opt {
    let sample = "file:///dev/stdin";
    Opt { flag: "password", parameter: "Password", required, kind: Kind::Secret, help, sample }
}

const fn iam(name: &'static str, action: &'static str, about: &'static str, options: &'static [Opt]) -> Verb {
    Verb { name, about, service: QueryService::Iam, action, options }
}

const fn sts(name: &'static str, action: &'static str, about: &'static str, options: &'static [Opt]) -> Verb {
    Verb { name, about, service: QueryService::Sts, action, options }
}

const USER: Opt = must("user-name", "UserName", "Name of the user", "pack-author");
const OWN_USER: Opt = may("user-name", "UserName", "Name of the user [default: the caller]", "pack-author");
const ROLE: Opt = must("role-name", "RoleName", "Name of the role", "packs-reader");
const POLICY: Opt = must("policy-name", "PolicyName", "Name of the inline policy", "own");
const POLICY_ARN: Opt = must(
    "policy-arn",
    "PolicyArn",
    "ARN of a managed policy, such as arn:aws:iam::aws:policy/PackPublisher",
    "arn:aws:iam::aws:policy/PackPublisher",
);
const DOCUMENT: Opt = must("policy-document", "PolicyDocument", "Policy as JSON, or file://PATH", "file://policy.json");
const KEY: Opt = must("access-key-id", "AccessKeyId", "Id of the access key", "AKIAIOSFODNN7EXAMPLE");
const PATH: Opt = may("path", "Path", "Path of the name, such as /robots/", "/robots/");
const PATH_PREFIX: Opt = may("path-prefix", "PathPrefix", "Only names under this path", "/robots/");
const TAGS: Opt = Opt {
    flag: "tags",
    parameter: "Tags",
    required: false,
    kind: Kind::Tags,
    help: "Tags, for conditions on aws:PrincipalTag; several after one another",
    sample: "Key=team,Value=packs Key=stage,Value=test",
};
const RESET: Opt = Opt {
    flag: "password-reset-required",
    parameter: "PasswordResetRequired",
    required: false,
    kind: Kind::Boolean,
    help: "The password opens nothing until its owner has chosen another one at the console",
    sample: "",
};

pub(super) const VERBS: &[Verb] = &[
    iam("create-user", "CreateUser", "Make a user", &[USER, PATH, TAGS]),
    iam("get-user", "GetUser", "Show a user", &[OWN_USER]),
    iam("list-users", "ListUsers", "List the users", &[PATH_PREFIX]),
    iam("delete-user", "DeleteUser", "Delete a user that has no keys, policies or password left", &[USER]),
    iam(
        "create-login-profile",
        "CreateLoginProfile",
        "Give a user a password: its login at the registry",
        &[
            USER,
            password(true, "The password, or file://PATH (file:///dev/stdin keeps it out of the process list)"),
            RESET,
        ],
    ),
    iam("get-login-profile", "GetLoginProfile", "Show whether a user has a password", &[USER]),
    iam(
        "update-login-profile",
        "UpdateLoginProfile",
        "Change a user's password",
        &[USER, password(false, "The new password, or file://PATH"), RESET],
    ),
    iam("delete-login-profile", "DeleteLoginProfile", "Take a user's password away", &[USER]),
    iam("create-access-key", "CreateAccessKey", "Make an AWS access key; its secret is shown this once", &[OWN_USER]),
    iam("list-access-keys", "ListAccessKeys", "List a user's access keys", &[OWN_USER]),
    iam(
        "update-access-key",
        "UpdateAccessKey",
        "Switch an access key on or off",
        &[OWN_USER, KEY, must("status", "Status", "Active or Inactive", "Inactive")],
    ),
    iam("delete-access-key", "DeleteAccessKey", "Delete an access key", &[OWN_USER, KEY]),
    iam("put-user-policy", "PutUserPolicy", "Set an inline policy of a user", &[USER, POLICY, DOCUMENT]),
    iam("get-user-policy", "GetUserPolicy", "Show an inline policy of a user", &[USER, POLICY]),
    iam("list-user-policies", "ListUserPolicies", "List the inline policies of a user", &[USER]),
    iam("delete-user-policy", "DeleteUserPolicy", "Delete an inline policy of a user", &[USER, POLICY]),
    iam("attach-user-policy", "AttachUserPolicy", "Attach a managed policy to a user", &[USER, POLICY_ARN]),
    iam("detach-user-policy", "DetachUserPolicy", "Detach a managed policy from a user", &[USER, POLICY_ARN]),
    iam("list-attached-user-policies", "ListAttachedUserPolicies", "List the managed policies of a user", &[USER]),
    iam("list-policies", "ListPolicies", "List the managed policies there are", &[]),
    iam("get-policy", "GetPolicy", "Show a managed policy", &[POLICY_ARN]),
    iam(
        "create-role",
        "CreateRole",
        "Make a role",
        &[
            ROLE,
            must(
                "assume-role-policy-document",
                "AssumeRolePolicyDocument",
                "Who may assume it: a trust policy as JSON, or file://PATH",
                "file://trust.json",
            ),
            PATH,
            may("description", "Description", "What the role is for", "'Reads packs'"),
            may("max-session-duration", "MaxSessionDuration", "Longest session, in seconds", "7200"),
            TAGS,
        ],
    ),
    iam("get-role", "GetRole", "Show a role", &[ROLE]),
    iam("list-roles", "ListRoles", "List the roles", &[PATH_PREFIX]),
    iam("delete-role", "DeleteRole", "Delete a role that has no policies left", &[ROLE]),
    iam("update-assume-role-policy", "UpdateAssumeRolePolicy", "Change who may assume a role", &[ROLE, DOCUMENT]),
    iam("put-role-policy", "PutRolePolicy", "Set an inline policy of a role", &[ROLE, POLICY, DOCUMENT]),
    iam("get-role-policy", "GetRolePolicy", "Show an inline policy of a role", &[ROLE, POLICY]),
    iam("list-role-policies", "ListRolePolicies", "List the inline policies of a role", &[ROLE]),
    iam("delete-role-policy", "DeleteRolePolicy", "Delete an inline policy of a role", &[ROLE, POLICY]),
    iam("attach-role-policy", "AttachRolePolicy", "Attach a managed policy to a role", &[ROLE, POLICY_ARN]),
    iam("detach-role-policy", "DetachRolePolicy", "Detach a managed policy from a role", &[ROLE, POLICY_ARN]),
    iam("list-attached-role-policies", "ListAttachedRolePolicies", "List the managed policies of a role", &[ROLE]),
    sts("get-caller-identity", "GetCallerIdentity", "Show whose credentials are in use", &[]),
    sts(
        "assume-role",
        "AssumeRole",
        "Exchange credentials for those of a role",
        &[
            must("role-arn", "RoleArn", "ARN of the role", "arn:aws:iam::000000000000:role/packs-reader"),
            must("role-session-name", "RoleSessionName", "Name of the session, shown in the audit log", "ci"),
            may("external-id", "ExternalId", "What the role's trust policy demands as sts:ExternalId", "packyard-42"),
            may("duration-seconds", "DurationSeconds", "Life of the credentials", "900"),
            may("policy", "Policy", "Session policy as JSON, or file://PATH", "file://policy.json"),
        ],
    ),
];

/// Results that are lists; XML cannot show an empty one as such.
pub(super) const LISTS: &[&str] =
    &["Users", "AccessKeyMetadata", "PolicyNames", "AttachedPolicies", "Policies", "Roles", "Tags"];
/// Results that are true or false.
pub(super) const BOOLEANS: &[&str] = &["PasswordResetRequired", "IsAttachable"];
/// Results that are numbers.
pub(super) const NUMBERS: &[&str] =
    &["MaxSessionDuration", "AttachmentCount", "PermissionsBoundaryUsageCount", "PackedPolicySize"];
/// Results that are policies, percent-encoded.
pub(super) const DOCUMENTS: &[&str] = &["PolicyDocument", "AssumeRolePolicyDocument", "Document"];
