//! Random UUIDs: what the AWS protocols call requests and uploads by.

/// A random UUID (version 4) in lower case.
pub(crate) fn random_uuid() -> String {
    let mut bytes = packyard_store::random_bytes::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = packyard_oci::hex(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UploadId;

    #[test]
    fn uuids_are_random_and_of_version_4() {
        let uuid = random_uuid();
        assert_eq!(uuid.parse::<UploadId>().unwrap().as_str(), uuid);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert_ne!(uuid, random_uuid());
    }
}
