//! Rules of the IAM service model for names, paths, documents and passwords.

use super::{IamError, IamFault};
use secrecy::{ExposeSecret, SecretString};

const NAME: &str = r"satisfy regular expression pattern: [\w+=,.@-]+";

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

pub(super) fn name(text: &str, member: &str, longest: usize) -> Result<(), IamError> {
    if text.is_empty() {
        return Err(IamError::constraint(text, member, "have length greater than or equal to 1"));
    }
    if text.chars().count() > longest {
        return Err(IamError::constraint(text, member, &format!("have length less than or equal to {longest}")));
    }
    if is_name(text) { Ok(()) } else { Err(IamError::constraint(text, member, NAME)) }
}

pub(super) fn path(text: &str) -> Result<(), IamError> {
    let whole = text.starts_with('/') && text.ends_with('/') && text.len() <= 512;
    if whole && text.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
        return Ok(());
    }
    Err(IamError::new(
        IamFault::ValidationError,
        format!(
            "The specified value for path is invalid: '{text}'. It must begin and end with / and contain only alphanumeric characters and/or / characters."
        ),
    ))
}

pub(super) fn tags(tags: &[(String, String)], quota: &str) -> Result<(), IamError> {
    if tags.len() > 50 {
        return Err(IamError::new(IamFault::LimitExceeded, format!("Cannot exceed quota for {quota}: 50")));
    }
    for (index, (key, value)) in tags.iter().enumerate() {
        let member = format!("tags.{}.member.key", index + 1);
        if key.is_empty() || key.chars().count() > 128 {
            return Err(IamError::constraint(key, &member, "have length between 1 and 128"));
        }
        if value.chars().count() > 256 {
            return Err(IamError::constraint(value, &member, "have length less than or equal to 256"));
        }
        if tags[..index].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(key)) {
            return Err(IamError::new(
                IamFault::InvalidInput,
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
    }
    Ok(())
}

/// An address that is also the user's name: what IAM takes as one, with an `@` in it.
pub(super) fn email(text: &str) -> Result<&str, IamError> {
    let text = text.trim();
    let has_sides = text.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
    if has_sides && text.matches('@').count() == 1 && is_name(text) && text.len() <= 64 {
        return Ok(text);
    }
    let shown = if text.is_empty() {
        "an email address is needed".to_owned()
    } else {
        format!("`{text}` is no email address here")
    };
    let rule = "write it as name@host, with letters, digits and . _ + = , - only, at most 64 characters";
    Err(IamError::new(IamFault::ValidationError, format!("{shown}: {rule}")))
}

/// Longest first or last name, in characters.
const PERSON_NAME_MAX: usize = 64;

pub(super) fn person_name<'a>(text: &'a str, what: &str) -> Result<&'a str, IamError> {
    let text = text.trim();
    if text.chars().count() > PERSON_NAME_MAX || text.chars().any(char::is_control) {
        let text = format!("the {what} has at most {PERSON_NAME_MAX} characters, all of them printable");
        return Err(IamError::new(IamFault::ValidationError, text));
    }
    Ok(text)
}

/// The account's password policy.
pub(crate) fn password(password: &SecretString) -> Result<(), IamError> {
    let length = password.expose_secret().chars().count();
    let violation = |text: &str| Err(IamError::new(IamFault::PasswordPolicyViolation, text));
    match length {
        0..8 => violation("Password should have a minimum length of 8"),
        8..=128 => Ok(()),
        _ => violation("Password should have a maximum length of 128"),
    }
}
