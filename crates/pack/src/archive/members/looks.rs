//! What a file is that is no archive.

/// For errors.
pub(crate) fn looks_like(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(&head[..head.len().min(64)]).trim_start().to_lowercase();
    match head {
        [] => "it is empty".to_owned(),
        [b'P', b'K', 3, 4, ..] => "it is a zip file".to_owned(),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "it is compressed with xz".to_owned(),
        [b'B', b'Z', b'h', ..] => "it is compressed with bzip2".to_owned(),
        _ if text.starts_with("<!doctype") || text.starts_with("<html") => "it is a web page".to_owned(),
        [b'{' | b'[', ..] => "it looks like JSON".to_owned(),
        _ => "its first block is no tar header".to_owned(),
    }
}
