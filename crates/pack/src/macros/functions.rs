//! The functions that may stand in a macro: those of Go's templates and of Sprig 3, which Palette's documentation refers to,
//! and the few of Helm that a manifest may hold beside one.

/// Sorted by name.
#[rustfmt::skip]
pub const FUNCTIONS: &[&str] = &[
    "abbrev", "abbrevboth", "add", "add1", "add1f", "addf", "adler32sum", "ago", "all", "and", "any", "append",
    "atoi", "b32dec", "b32enc", "b64dec", "b64enc", "base", "bcrypt", "biggest", "block", "break", "buildCustomCert",
    "call", "camelcase", "cat", "ceil", "chunk", "clean", "coalesce", "compact", "concat", "contains", "continue",
    "date", "dateInZone", "dateModify", "date_in_zone", "date_modify", "decryptAES", "deepCopy", "deepEqual",
    "default", "define", "derivePassword", "dict", "dig", "dir", "div", "divf", "duration", "durationRound", "else",
    "empty", "encryptAES", "end", "env", "eq", "expandenv", "ext", "fail", "first", "float64", "floor", "fromJson",
    "fromYaml", "ge", "genCA", "genCAWithKey", "genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
    "genSignedCert", "genSignedCertWithKey", "get", "getHostByName", "gt", "has", "hasKey", "hasPrefix", "hasSuffix",
    "hello", "html", "htmlDate", "htmlDateInZone", "htpasswd", "if", "include", "indent", "index", "initial",
    "initials", "int", "int64", "isAbs", "join", "js", "kebabcase", "keys", "kindIs", "kindOf", "last", "le", "len",
    "list", "lookup", "lower", "lt", "max", "maxf", "merge", "mergeOverwrite", "min", "minf", "mod", "mul", "mulf",
    "mustAppend", "mustChunk", "mustCompact", "mustDateModify", "mustDeepCopy", "mustFirst", "mustFromJson",
    "mustHas", "mustInitial", "mustLast", "mustMerge", "mustMergeOverwrite", "mustPrepend", "mustPush",
    "mustRegexFind", "mustRegexFindAll", "mustRegexMatch", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral",
    "mustRegexSplit", "mustRest", "mustReverse", "mustSlice", "mustToDate", "mustToJson", "mustToPrettyJson",
    "mustToRawJson", "mustUniq", "mustWithout", "ne", "nindent", "nospace", "not", "now", "omit", "or", "osBase",
    "osClean", "osDir", "osExt", "osIsAbs", "pick", "pluck", "plural", "prepend", "print", "printf", "println",
    "push", "quote", "randAlpha", "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric", "range",
    "regexFind", "regexFindAll", "regexMatch", "regexQuoteMeta", "regexReplaceAll", "regexReplaceAllLiteral",
    "regexSplit", "repeat", "replace", "required", "rest", "reverse", "round", "semver", "semverCompare", "seq",
    "set", "sha1sum", "sha256sum", "sha512sum", "shuffle", "slice", "snakecase", "sortAlpha", "split", "splitList",
    "splitn", "squote", "sub", "subf", "substr", "swapcase", "template", "ternary", "title", "toDate", "toDecimal",
    "toJson", "toPrettyJson", "toRawJson", "toString", "toStrings", "toToml", "toYaml", "tpl", "trim", "trimAll",
    "trimPrefix", "trimSuffix", "trimall", "trunc", "tuple", "typeIs", "typeIsLike", "typeOf", "uniq", "unixEpoch",
    "unset", "until", "untilStep", "untitle", "upper", "urlJoin", "urlParse", "urlquery", "uuidv4", "values", "with",
    "without", "wrap", "wrapWith",
];
