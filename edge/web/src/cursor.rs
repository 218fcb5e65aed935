//! 翻页 — where a list goes on: the key of the last line that was given, packed so
//! that nobody builds one by hand, and only good for the list that gave it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes that tell a damaged cursor.
const CHECK: usize = 4;

fn check(list: &str, key: &[u8]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(list.as_bytes());
    hasher.update([0]);
    hasher.update(key);
    hasher.finalize().iter().take(CHECK).copied().collect()
}

/// The cursor behind a line of a list.
pub fn pack(list: &str, key: &[&str]) -> String {
    let key = serde_json::json!(key).to_string();
    let mut bytes = check(list, key.as_bytes());
    bytes.extend(key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key in a cursor of this list, when it is whole and has so many parts.
pub fn unpack<const N: usize>(list: &str, cursor: &str) -> Option<[String; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (sum, key) = bytes.split_at_checked(CHECK)?;
    if check(list, key) != sum {
        return None;
    }
    let parts: Vec<String> = serde_json::from_slice(key).ok()?;
    parts.try_into().ok()
}

/// Is this a cursor of the list?
pub fn fits(list: &str, cursor: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(cursor) else {
        return false;
    };
    bytes
        .split_at_checked(CHECK)
        .is_some_and(|(sum, key)| check(list, key) == sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_list_alone_and_whole() {
        let cursor = pack("cases", &["2026-01-01", "7"]);
        let key = ["2026-01-01".to_owned(), "7".to_owned()];
        assert_eq!(unpack("cases", &cursor), Some(key));
        assert_eq!(unpack::<1>("cases", &cursor), None);
        assert_eq!(unpack::<2>("deals", &cursor), None);
        assert!(fits("cases", &cursor) && !fits("deals", &cursor));
        for at in 0..cursor.len() {
            let mut damaged = cursor.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert!(!fits("cases", &damaged), "{damaged}");
        }
        assert!(!fits("cases", "") && !fits("cases", "=") && !fits("cases", "7"));
    }
}
