//! As much PNG as is needed: drawing a small logo, and telling a photograph from a blank sheet.

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use std::io::{Read, Write};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A square of 96 by 96 with a ring or a diamond in the given colour.
pub(super) fn logo([red, green, blue]: [u8; 3], is_round: bool) -> Vec<u8> {
    const SIDE: u32 = 96;
    let mut pixels = Vec::new();
    for y in 0..SIDE {
        pixels.push(0);
        for x in 0..SIDE {
            let (dx, dy) = (x as f32 - 47.5, y as f32 - 47.5);
            let distance = if is_round { dx.hypot(dy) } else { dx.abs() + dy.abs() };
            let shade = if distance < 18.0 {
                255
            } else if distance < 44.0 {
                224
            } else {
                0
            };
            let alpha = if distance < 44.0 { 255 } else { 0 };
            let mix = |part: u8| if shade == 255 { u8::MAX } else { part };
            pixels.extend([mix(red), mix(green), mix(blue), alpha]);
        }
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&pixels).unwrap();
    let mut head = Vec::new();
    head.extend(SIDE.to_be_bytes());
    head.extend(SIDE.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    let mut png = SIGNATURE.to_vec();
    for (kind, data) in [(b"IHDR", head), (b"IDAT", encoder.finish().unwrap()), (b"IEND", Vec::new())] {
        png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(&data);
        png.extend(kind);
        png.extend(&data);
        png.extend(crc.sum().to_be_bytes());
    }
    png
}

/// How many different byte values the picture's scan lines have; a blank sheet has a handful.
pub(super) fn variety(png: &[u8]) -> usize {
    assert!(png.starts_with(SIGNATURE), "no PNG");
    let (mut at, mut packed) = (SIGNATURE.len(), Vec::new());
    while at + 8 <= png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        if &png[at + 4..at + 8] == b"IDAT" {
            packed.extend_from_slice(&png[at + 8..at + 8 + length]);
        }
        at += length + 12;
    }
    let mut lines = Vec::new();
    ZlibDecoder::new(&packed[..]).read_to_end(&mut lines).expect("a whole picture");
    let mut seen = [false; 256];
    for byte in lines {
        seen[usize::from(byte)] = true;
    }
    seen.into_iter().filter(|seen| *seen).count()
}

#[test]
fn a_blank_picture_is_told_from_a_drawn_one() {
    assert!(variety(&logo([60, 91, 219], true)) < 10);
}
