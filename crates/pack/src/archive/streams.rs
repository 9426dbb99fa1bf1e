//! gzip members and zstd frames, one after the other, up to the end or to the zeros that tools of tapes fill a block with: bsdtar
//! does so when it writes into a pipe, and gzip ignores them.

use super::decompress::{LimitHit, limit_hit};
use flate2::bufread::GzDecoder;
use ruzstd::decoding::FrameDecoder;
use std::io::{self, BufRead, Read};

/// Whether nothing follows but zeros. Anything behind zeros is an error: what one reader skips, another may read.
fn is_at_end(source: &mut impl BufRead) -> io::Result<bool> {
    let mut padded = false;
    loop {
        let bytes = source.fill_buf()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        match bytes.len() {
            0 => return Ok(true),
            length if zeros < length => {
                return if padded || zeros > 0 {
                    Err(io::Error::new(io::ErrorKind::InvalidData, "data follows the zeros behind its end"))
                } else {
                    Ok(false)
                };
            }
            length => {
                padded = true;
                source.consume(length);
            }
        }
    }
}

/// The members of a gzip stream; each has its checksum compared.
pub(super) struct GzipMembers<R: BufRead> {
    /// None behind the last.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    pub(super) fn new(source: R) -> Self {
        Self { member: Some(GzDecoder::new(source)) }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let count = member.read(buf)?;
            if count > 0 {
                return Ok(count);
            }
            let Some(mut source) = self.member.take().map(GzDecoder::into_inner) else { break };
            if !is_at_end(&mut source)? {
                self.member = Some(GzDecoder::new(source));
            }
        }
        Ok(0)
    }
}

/// The frames of a zstd stream one after the other, skippable ones skipped, checksums compared.
pub(super) struct ZstdFrames<R: BufRead> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    pub(super) fn new(source: R, window: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window);
        Self { source, decoder, in_frame: false }
    }

    /// Starts the next frame; false at the end of the stream.
    fn start_frame(&mut self) -> io::Result<bool> {
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        loop {
            if is_at_end(&mut self.source)? {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, max }) => {
                    let _ = requested;
                    return Err(LimitHit::new("zstd_window_bytes", max, "a zstd frame asks for a larger window").into());
                }
                Err(other) => return Err(invalid(&other)),
            }
        }
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(said), Some(is)) if said != is => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a zstd checksum does not match"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBlocks;
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame {
                if !self.start_frame()? {
                    return Ok(0);
                }
                self.in_frame = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder.decode_blocks(&mut self.source, UptoBlocks(1)).map_err(|e| invalid(&e))?;
            }
            let count = self.decoder.read(buf)?;
            if count > 0 {
                return Ok(count);
            }
            self.end_frame()?;
        }
    }
}

/// A zstd error as the stream's: cut off when its cause is an early end.
fn invalid(error: &(dyn std::error::Error + 'static)) -> io::Error {
    let mut cause = Some(error);
    while let Some(e) = cause {
        if let Some(io) = e.downcast_ref::<io::Error>() {
            if let Some(hit) = limit_hit(io) {
                return hit.clone().into();
            }
            if io.kind() == io::ErrorKind::UnexpectedEof {
                return io::ErrorKind::UnexpectedEof.into();
            }
        }
        cause = e.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, format!("zstd: {error}"))
}
