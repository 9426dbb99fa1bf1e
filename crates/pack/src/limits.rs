//! How much of an unknown pack is read. Running over is an error that names the limit; the caller may set other numbers.

/// Limits for reading one pack, from a folder or from an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Bytes of the archive as it travels.
    pub archive_bytes: u64,
    /// Bytes of all files together, unpacked.
    pub unpacked_bytes: u64,
    /// Bytes of one file, unpacked.
    pub file_bytes: u64,
    /// Entries of an archive, of every kind.
    pub entries: u32,
    /// Folders a path may be deep.
    pub depth: u32,
    /// Bytes of one path.
    pub path_bytes: u32,
    /// Unpacked bytes for each packed byte; counts only beyond [`ReadLimits::RATIO_FREE_BYTES`].
    pub ratio: u64,
    /// Bytes of each text the pack is made of: pack.json, values.yaml, README.md, schema.yaml, presets.yaml, Chart.yaml.
    pub text_bytes: u64,
    /// Bytes of the logo.
    pub logo_bytes: u64,
    /// Bytes of one manifest that are kept; a longer one is listed without its text.
    pub manifest_bytes: u64,
    /// Bytes kept in memory for one pack, everything together.
    pub kept_bytes: u64,
    /// Bytes that the charts of a pack may unpack to, all together.
    pub chart_bytes: u64,
    /// Bytes of window a zstd frame may ask for.
    pub zstd_window_bytes: u64,
}

impl ReadLimits {
    /// The largest pack known is 5 MB unpacked; own packs may well be twenty times as big.
    pub const PACK: Self = Self {
        archive_bytes: 100 << 20,
        unpacked_bytes: 512 << 20,
        file_bytes: 128 << 20,
        entries: 20_000,
        depth: 32,
        path_bytes: 1024,
        ratio: 200,
        text_bytes: 4 << 20,
        logo_bytes: 2 << 20,
        manifest_bytes: 4 << 20,
        kept_bytes: 32 << 20,
        chart_bytes: 256 << 20,
        zstd_window_bytes: 8 << 20,
    };

    /// Small archives of repetitive text compress well without being bombs, so the ratio is asked only beyond this.
    pub const RATIO_FREE_BYTES: u64 = 16 << 20;
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self::PACK
    }
}
