//! The `filters` and `orderBy` parameters of lists.
//!
//! The grammar is Palette's: conditions joined by the bare words `AND` and `OR` (`AND` binds tighter) without spaces,
//! `spec.name=helloANDspec.cloudTypes_in_aws,all`. Values may hold those letters too (`STANDARD`), so a word joins only
//! where the path of a known kind of field follows. An unknown path is an error: ignoring it would return too much.

mod order;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use order::parse_order;
pub(crate) use parser::parse_filters;
