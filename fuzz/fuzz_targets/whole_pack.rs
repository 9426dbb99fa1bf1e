#![no_main]

#[allow(dead_code, reason = "each target uses one of them")]
#[path = "../../crates/pack/tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::whole_pack(bytes));
