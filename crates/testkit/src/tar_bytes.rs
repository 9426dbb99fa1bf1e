//! Tar archives written byte by byte, so that a test can say what no honest tool writes, or what a tool that is not
//! here does.

use flate2::write::GzEncoder;
use std::io::Write;

/// A tar in the making.
#[derive(Debug, Default, Clone)]
pub struct Tar(Vec<u8>);

impl Tar {
    /// With a valid pack.json in the folder `p`.
    pub fn pack() -> Self {
        let json = br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#;
        Self::default().file("p/pack.json", json)
    }

    #[must_use]
    pub fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(path, b'0', "", content)
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(path, b'2', target, b"")
    }

    pub fn hardlink(self, path: &str, target: &str) -> Self {
        self.entry(path, b'1', target, b"")
    }

    pub fn folder(self, path: &str) -> Self {
        self.entry(path, b'5', "", b"")
    }

    pub fn entry(mut self, path: &str, kind: u8, link: &str, content: &[u8]) -> Self {
        self.header(path.as_bytes(), kind, link, content.len() as u64);
        self.content(content)
    }

    /// An entry whose header says another size than its content has.
    pub fn header(&mut self, path: &[u8], kind: u8, link: &str, size: u64) {
        let mut block = [0_u8; 512];
        block[..path.len().min(100)].copy_from_slice(&path[..path.len().min(100)]);
        block[100..108].copy_from_slice(b"0000644\0");
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        // Over 8 GiB the number is binary, as GNU tar writes it.
        if size < 1 << 33 {
            block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        } else {
            block[124] = 0x80;
            block[128..136].copy_from_slice(&size.to_be_bytes());
        }
        block[136..148].copy_from_slice(b"00000000000\0");
        block[156] = kind;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&block);
    }

    fn content(mut self, content: &[u8]) -> Self {
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// The last entry's mode as eight octal digits with their end, where its content fits one block.
    #[must_use]
    pub fn mode(mut self, octal: &[u8; 8]) -> Self {
        let start = self.0.len() - 1024;
        let block = &mut self.0[start..start + 512];
        block[100..108].copy_from_slice(octal);
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self
    }

    /// A pax header for the next entry.
    pub fn pax(self, records: &[(&str, &[u8])]) -> Self {
        self.entry("pax", b'x', "", &pax_body(records))
    }

    /// Without the end mark.
    pub fn open(self) -> Vec<u8> {
        self.0
    }

    pub fn plain(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }

    pub fn gz(self) -> Vec<u8> {
        gzip(&self.plain())
    }
}

fn pax_body(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        out.extend_from_slice(format!("{length} {key}=").as_bytes());
        out.extend_from_slice(value);
        out.push(b'\n');
    }
    out
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    out.write_all(bytes).expect("memory can be written");
    out.finish().expect("memory can be written")
}
