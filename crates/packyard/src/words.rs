//! The words of the command line as text, where only their look counts: what is no UTF-8 is shown by a mark, since an
//! argument may be any bytes.

/// Without the program's own name.
pub(crate) fn typed() -> Vec<String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}
