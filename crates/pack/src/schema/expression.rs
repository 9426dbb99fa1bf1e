//! The expression of a schema entry: stages joined by `|` between `{{` and `}}`, in the words of Go templates.

use super::format::Format;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Expression {
    pub(super) required: bool,
    pub(super) readonly: bool,
    pub(super) format: Option<Format>,
    pub(super) hints: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpressionError {
    #[error("the expression is not between `{{{{` and `}}}}`")]
    NoBraces,
    #[error("a text is not closed by its quote")]
    OpenQuote,
    #[error("`{0}` is not a word of the schema language: required, readonly, format, hints")]
    UnknownStage(String),
    #[error("`{0}` needs a text in quotes")]
    NeedsText(&'static str),
    #[error("`{0}` takes nothing after it")]
    TakesNothing(&'static str),
    #[error("a stage is empty")]
    EmptyStage,
    #[error("{0}")]
    Format(String),
}

enum Token {
    Pipe,
    Word(String),
    Text(String),
}

pub(super) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let inner = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).ok_or(ExpressionError::NoBraces)?;
    let inner = inner.strip_prefix("- ").unwrap_or(inner);
    let inner = inner.strip_suffix(" -").unwrap_or(inner);
    let mut out = Expression::default();
    for stage in tokens(inner)?.split(|token| matches!(token, Token::Pipe)) {
        apply(stage, &mut out)?;
    }
    Ok(out)
}

fn apply(stage: &[Token], out: &mut Expression) -> Result<(), ExpressionError> {
    let Some((first, arguments)) = stage.split_first() else { return Err(ExpressionError::EmptyStage) };
    let word = match first {
        Token::Word(word) => word.as_str(),
        Token::Text(text) => return Err(ExpressionError::UnknownStage(crate::shown::shown(text))),
        Token::Pipe => return Err(ExpressionError::EmptyStage),
    };
    let texts = || -> Option<Vec<&str>> {
        arguments.iter().map(|token| if let Token::Text(text) = token { Some(text.as_str()) } else { None }).collect()
    };
    match word {
        "required" if arguments.is_empty() => out.required = true,
        "required" => return Err(ExpressionError::TakesNothing("required")),
        "readonly" if arguments.is_empty() => out.readonly = true,
        "readonly" => return Err(ExpressionError::TakesNothing("readonly")),
        "format" => match texts().as_deref() {
            Some([template]) => out.format = Some(Format::parse(template).map_err(ExpressionError::Format)?),
            _ => return Err(ExpressionError::NeedsText("format")),
        },
        "hints" => match texts() {
            Some(hints) if !hints.is_empty() => out.hints.extend(hints.into_iter().map(str::to_owned)),
            _ => return Err(ExpressionError::NeedsText("hints")),
        },
        other => return Err(ExpressionError::UnknownStage(crate::shown::shown(other))),
    }
    Ok(())
}

fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut out = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_whitespace() => {}
            '|' => out.push(Token::Pipe),
            '"' => out.push(Token::Text(quoted(&mut rest)?)),
            '`' => out.push(Token::Text(raw(&mut rest)?)),
            c => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| !c.is_whitespace() && !matches!(c, '|' | '"' | '`')) {
                    word.push(c);
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}

/// Text in double quotes. Of Go's escapes the usual ones mean what they say; an unknown one keeps its backslash, so that
/// `\d` of a regular expression written without doubling still means a digit.
fn quoted(rest: &mut impl Iterator<Item = char>) -> Result<String, ExpressionError> {
    let mut out = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(out),
            '\\' => match rest.next().ok_or(ExpressionError::OpenQuote)? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                c @ ('"' | '\\') => out.push(c),
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    Err(ExpressionError::OpenQuote)
}

fn raw(rest: &mut impl Iterator<Item = char>) -> Result<String, ExpressionError> {
    let mut out = String::new();
    for c in rest {
        if c == '`' {
            return Ok(out);
        }
        out.push(c);
    }
    Err(ExpressionError::OpenQuote)
}
