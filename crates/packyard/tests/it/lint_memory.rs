//! `packyard pack lint` takes the same memory whatever an archive holds. The archive is made while it is read, through a pipe,
//! so nothing of it is ever on a disk; and since the program cannot be further than the pipe is, its peak is read from /proc
//! while it runs, after each piece.

use packyard_testkit::Tar;
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// What the program itself, its runtime and the kept texts take, with room (KiB): a tenth of the smallest archive here.
const MOST: u64 = 100 << 10;

struct Linting {
    child: Child,
    peak: u64,
}

impl Linting {
    fn start(limits: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
        command.args(["pack", "lint", "/dev/stdin"]);
        command.args(limits.iter().flat_map(|limit| ["--limit", limit]));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, peak: 0 }
    }

    fn sample(&mut self) {
        // A program that has ended has no peak any more; the one before is within a pipe's length of its end.
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok());
        self.peak = self.peak.max(kib.unwrap_or(0));
    }

    /// False when the program does not read on.
    fn feed(&mut self, bytes: &[u8]) -> bool {
        let went = self.child.stdin.as_mut().unwrap().write_all(bytes).is_ok();
        self.sample();
        went
    }

    /// Exit code, output, and the peak in KiB.
    fn end(mut self) -> (Option<i32>, String, u64) {
        drop(self.child.stdin.take());
        let out = self.child.wait_with_output().unwrap();
        let text = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(self.peak > 1000, "no peak was seen");
        (out.status.code(), text, self.peak)
    }
}

/// A sound pack with one GiB in files of 64 MiB, not packed: all of it goes through the reader.
#[test]
fn an_archive_of_one_gib_is_read_in_flat_memory() {
    let mut linting = Linting::start(&["pack.archive_bytes=2GiB", "pack.unpacked_bytes=2GiB"]);
    assert!(linting.feed(&Tar::pack().file("p/values.yaml", b"pack: {}\n").open()));
    let piece = vec![0x5a; 1 << 20];
    for n in 0..16 {
        let mut tar = Tar::default();
        tar.header(format!("p/data/{n}.bin").as_bytes(), b'0', "", 64 << 20);
        assert!(linting.feed(&tar.open()));
        for _ in 0..64 {
            assert!(linting.feed(&piece), "it stopped in file {n}");
        }
    }
    assert!(linting.feed(&[0; 1024]));
    let (code, text, peak) = linting.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(peak < MOST, "{peak} KiB");
}

/// As much of a bomb of ten GiB as the program takes: with the usual limits next to nothing, with the widest that anybody would
/// set as far as those go. The rest of it is never made, since nothing reads it.
#[test]
fn a_bomb_of_ten_gib_is_refused_in_flat_memory() {
    let wide = ["pack.ratio=100000", "pack.file_bytes=20GiB", "pack.unpacked_bytes=1GiB"];
    for (limits, named) in [(&[][..], "ratio"), (&wide, "unpacked_bytes")] {
        let limits = if limits.is_empty() { &["pack.file_bytes=20GiB"] } else { limits };
        let mut linting = Linting::start(limits);
        let mut tar = Tar::pack();
        tar.header(b"p/zeros", b'0', "", 10 << 30);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&tar.open()).unwrap();
        let zeros = vec![0; 1 << 20];
        let mut made = 0_u64;
        loop {
            packed.write_all(&zeros).unwrap();
            made += 1;
            let ready = std::mem::take(packed.get_mut());
            if !ready.is_empty() && !linting.feed(&ready) {
                break;
            }
            assert!(made < 10 << 10, "all of the bomb was read");
        }
        let (code, text, peak) = linting.end();
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("error[PACK010]: ") && text.contains(named), "{text}");
        assert!(peak < MOST, "{peak} KiB");
    }
}
