//! IDs that look random but are the same on every run.

/// The splitmix64 finaliser: neighbouring numbers come out far apart.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A deterministic number for a text.
pub(crate) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mix(hash ^ u64::from(byte)))
}

/// A number in UUID form.
pub(crate) fn uuid(number: u64) -> String {
    let [a, b] = [mix(number), mix(number ^ u64::MAX)];
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        a & 0xffff,
        (a >> 16) & 0xfff,
        b & 0xfff,
        b >> 16
    )
}

/// Text in AWS's ID alphabet; `counter` advances, so no two are the same.
pub(crate) fn random_text(counter: &mut u64, length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        *counter = counter.wrapping_add(1);
        let mut bits = mix(*counter);
        for _ in 0..12.min(length - text.len()) {
            text.push(char::from(ALPHABET[(bits & 31) as usize]));
            bits >>= 5;
        }
    }
    text
}
