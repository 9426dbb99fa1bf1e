/// What profiles may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileLimits {
    /// Saved states kept in the history of each version.
    pub states: u32,
    /// Bytes of one manifest of a layer.
    pub manifest_bytes: u64,
}

impl Default for ProfileLimits {
    fn default() -> Self {
        Self { states: 50, manifest_bytes: 1 << 20 }
    }
}
