//! The commitment by which an entry stands for texts of a person that lie beside
//! the journal and can be erased there.

use sha2::{Digest, Sha256};

use crate::chain::hex;

/// `SHA-256(salt "\n" name "\n" staff number)` as 64 hex digits; what a person does
/// not have is empty. So entries of the first shapes committed to both together.
pub fn commitment(salt: &str, name: &str, staff_no: &str) -> String {
    hex(&Sha256::digest(
        format!("{salt}\n{name}\n{staff_no}").as_bytes(),
    ))
}

/// `SHA-256(salt "\n" word)` as 64 hex digits: one text under a salt of its own.
pub fn commitment_to(salt: &str, word: &str) -> String {
    hex(&Sha256::digest(format!("{salt}\n{word}").as_bytes()))
}

/// True for 64 lower-case hex digits. Nothing else is a commitment, and nothing
/// can be held against it.
pub fn is_commitment(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_hangs_on_every_text() {
        let one = commitment("5a", "李一", "1001");
        assert!(is_commitment(&one));
        for other in [
            commitment("5b", "李一", "1001"),
            commitment("5a", "李二", "1001"),
            commitment("5a", "李一", ""),
        ] {
            assert_ne!(one, other);
        }
        assert!(!is_commitment("9f2c") && !is_commitment(&one.to_uppercase()));
    }
}
