//! Passwords: argon2id, and what a good one is.

use std::sync::{Condvar, Mutex};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use dukou_kernel::{Finding, text};

/// How many hashes may be computed at once; each takes 19 MiB.
const AT_ONCE: usize = 2;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

struct Turn;

impl Turn {
    fn take() -> Self {
        let (count, free) = (&RUNNING.0, &RUNNING.1);
        let mut running = count
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        while *running >= AT_ONCE {
            running = free
                .wait(running)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *running += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = RUNNING
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *running = running.saturating_sub(1);
        RUNNING.1.notify_one();
    }
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// The stored form of a password.
///
/// # Errors
/// When the hash cannot be computed.
pub fn hash(password: &str) -> Result<String, String> {
    let _turn = Turn::take();
    hasher()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

/// True when the password belongs to the stored form. An empty stored form
/// costs the same time and is never right.
pub fn verify(password: &str, stored: &str) -> bool {
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let _turn = Turn::take();
    let known = if stored.is_empty() { NOBODY } else { stored };
    let Ok(parsed) = PasswordHash::new(known) else {
        return false;
    };
    hasher()
        .verify_password(password.as_bytes(), &parsed)
        .is_ok()
        && !stored.is_empty()
}

/// What is wrong with a new password, if anything (GB/T 22239-2019 8.1.4.1).
pub fn weakness(password: &str, login: &str) -> Option<Finding> {
    let length = password.chars().count();
    let kinds = [
        password.chars().any(|c| c.is_ascii_lowercase()),
        password.chars().any(|c| c.is_ascii_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_ascii_alphanumeric()),
    ];
    let variety = kinds.into_iter().filter(|yes| *yes).count();
    let contains_login =
        !login.is_empty() && password.to_lowercase().contains(&login.to_lowercase());
    if length < 10 || (variety < 3 && length < 16) || length > 200 || contains_login {
        return Some(
            Finding::refused(
                "password.weak",
                text!(
                    "密码至少10位，含大写、小写、数字、符号中的三种（16位以上不限），且不含登录名。",
                    "A password has at least 10 characters of three kinds (any kinds from 16 on) and does not contain the sign-in name."
                ),
            )
            .at("password"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_only_for_its_own_hash() {
        let stored = hash("Ferry-over-1").unwrap();
        assert!(verify("Ferry-over-1", &stored));
        assert!(!verify("ferry-over-1", &stored));
        assert!(!verify("", ""));
    }

    #[test]
    fn short_plain_or_telling_passwords_are_weak() {
        for weak in ["short1A", "alllowercase", "zhangwei-2026A"] {
            assert!(weakness(weak, "zhangwei").is_some(), "{weak}");
        }
        assert!(weakness("Ferry-over-1", "zhangwei").is_none());
        assert!(weakness("correct horse battery", "zhangwei").is_none());
    }
}
