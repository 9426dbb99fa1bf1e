//! The condition keys of a request, looked up only when a policy asks for one.

use crate::policy::ConditionKeys;
use crate::principal::{Caller, Kind, Proof, Target};
use std::borrow::Cow;

pub(crate) struct RequestKeys<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) target: &'a Target<'a>,
    pub(crate) now_ms: i64,
    /// Keys that only this action has (`sts:externalid`, ...), lower case.
    pub(crate) extra: &'a [(&'static str, String)],
}

impl ConditionKeys for RequestKeys<'_> {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        if let Some((_, value)) = self.extra.iter().find(|(name, _)| *name == key) {
            return Some(vec![Cow::Borrowed(value)]);
        }
        if let Some((family, tag)) = key.split_once('/') {
            return self.tag(family, tag).map(|value| vec![Cow::Borrowed(value)]);
        }
        if key == "aws:tagkeys" {
            let set = self.target.request_tags.iter().map(|(key, _)| key);
            let keys = set.chain(self.target.removed_tags).map(|key| Cow::Borrowed(key.as_str()));
            return Some(keys.collect()).filter(|keys: &Vec<_>| !keys.is_empty());
        }
        self.single(key).map(|value| vec![value])
    }
}

impl RequestKeys<'_> {
    fn tag(&self, family: &str, tag: &str) -> Option<&str> {
        let tags = match family {
            "aws:requesttag" => self.target.request_tags,
            "aws:resourcetag" | "ecr:resourcetag" | "iam:resourcetag" => self.target.resource_tags,
            "aws:principaltag" => &self.caller.principal.tags,
            _ => return None,
        };
        tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag)).map(|(_, value)| value.as_str())
    }

    fn single(&self, key: &str) -> Option<Cow<'_, str>> {
        let principal = &*self.caller.principal;
        Some(match key {
            "aws:sourceip" => Cow::Owned(self.caller.source_ip?.to_string()),
            "aws:securetransport" => Cow::Borrowed(if self.caller.secure { "true" } else { "false" }),
            "aws:currenttime" => Cow::Owned(chrono::DateTime::from_timestamp_millis(self.now_ms)?.to_rfc3339()),
            "aws:epochtime" => Cow::Owned((self.now_ms / 1000).to_string()),
            "aws:principalarn" => match &principal.kind {
                Kind::AssumedRole { role_arn, .. } => Cow::Borrowed(role_arn),
                _ => Cow::Borrowed(&principal.arn),
            },
            "aws:principalaccount" => Cow::Borrowed(&principal.account_id),
            "aws:principaltype" => Cow::Borrowed(match principal.kind {
                Kind::Root => "Account",
                Kind::User => "User",
                Kind::AssumedRole { .. } => "AssumedRole",
            }),
            "aws:username" if principal.kind == Kind::User => Cow::Borrowed(&principal.name),
            "aws:userid" => Cow::Borrowed(&principal.user_id),
            "aws:resourceaccount" => {
                Cow::Borrowed(self.target.arn.split(':').nth(4).filter(|account| !account.is_empty())?)
            }
            "aws:requestedregion" => {
                Cow::Borrowed(self.target.arn.split(':').nth(3).filter(|region| !region.is_empty())?)
            }
            "aws:multifactorauthpresent" if matches!(self.caller.proof, Proof::Temporary { .. }) => {
                Cow::Borrowed("false")
            }
            "aws:principalisawsservice" | "aws:viaawsservice" => Cow::Borrowed("false"),
            _ => return None,
        })
    }
}
