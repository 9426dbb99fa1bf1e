/// What profiles may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileLimits {
    /// Saved states kept in the history of each version.
    pub states: u32,
}

impl Default for ProfileLimits {
    fn default() -> Self {
        Self { states: 50 }
    }
}
