//! 单位密钥 — a secret of each institution, kept beside its journal and never in it.
//!
//! Under it a staff number becomes the key by which the number is unique: entries hold
//! the key and nobody can try numbers against it. The secret lies in the table
//! `institution_secret`, wrapped under a key that follows from `keys/seal.key`, so every
//! server with that file opens it, and an archive carries it as it lies there. Where it
//! does not open (an archive taken in elsewhere) a new one is made; numbers that were
//! entered under another one are found by the personal data itself.

use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use dukou_journal::{SealKey, hex};
use dukou_kernel::{InstitutionId, PersonId};
use hmac::{Hmac, Mac as _};
use rand::RngExt as _;
use sha2::Sha256;

use crate::Fault;
use crate::db::Db;

/// Length of a nonce of XChaCha20-Poly1305 in bytes.
const NONCE: usize = 24;
/// What the secret is for; part of what is authenticated.
const STAFF: &str = "staff_no";

/// Opens and closes the secrets of institutions.
#[derive(Clone)]
pub(crate) struct Wrapping([u8; 32]);

impl Wrapping {
    /// Follows from the installation's seal key.
    pub(crate) fn of(key: &SealKey) -> Self {
        Self(key.derive("institution secrets"))
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, Fault> {
        XChaCha20Poly1305::new_from_slice(&self.0)
            .map_err(|_| Fault::Other("the wrapping key has a wrong length".into()))
    }

    fn wrap(&self, institution: InstitutionId, secret: &[u8; 32]) -> Result<String, Fault> {
        let nonce: [u8; NONCE] = rand::rng().random();
        let about = about(institution);
        let payload = Payload {
            msg: secret,
            aad: about.as_bytes(),
        };
        let sealed = self
            .cipher()?
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Fault::Other("a secret could not be wrapped".into()))?;
        Ok(format!("{}{}", hex(&nonce), hex(&sealed)))
    }

    /// The secret, when it was wrapped under this key for this institution.
    fn unwrap(&self, institution: InstitutionId, wrapped: &str) -> Option<[u8; 32]> {
        let bytes = unhex(wrapped)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let about = about(institution);
        let payload = Payload {
            msg: sealed,
            aad: about.as_bytes(),
        };
        let opened = self.cipher().ok()?;
        let opened = opened.decrypt(&XNonce::from(nonce), payload).ok()?;
        opened.try_into().ok()
    }
}

fn about(institution: InstitutionId) -> String {
    format!("dukou institution secret v1\n{institution}\n{STAFF}")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16)
                .ok()
                .filter(|_| pair.len() == 2)
        })
        .collect()
}

/// The newest secret of an institution that opens; a new one where none does. Whoever
/// asks holds the institution's head, so two servers do not make two.
pub(crate) fn staff_secret(
    db: &mut dyn Db,
    wrapping: &Wrapping,
    institution: InstitutionId,
    now_ms: i64,
) -> Result<[u8; 32], Fault> {
    let rows = db.rows(
        "SELECT wrapped FROM institution_secret WHERE institution = $1 AND purpose = $2 ORDER BY made_at DESC, id DESC",
        &[institution.to_string().into(), STAFF.into()],
    )?;
    let mut opened = rows
        .iter()
        .filter_map(|row| wrapping.unwrap(institution, row.text(0)));
    if let Some(secret) = opened.next() {
        return Ok(secret);
    }
    let secret: [u8; 32] = rand::rng().random();
    db.exec(
        "INSERT INTO institution_secret (institution, id, purpose, wrapped, made_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            institution.to_string().into(),
            uuid::Uuid::now_v7().to_string().into(),
            STAFF.into(),
            wrapping.wrap(institution, &secret)?.into(),
            now_ms.into(),
        ],
    )?;
    Ok(secret)
}

/// What stands for a staff number in entries: HMAC-SHA-256 under the secret, in hex.
pub(crate) fn staff_no_key(secret: &[u8; 32], number: &str) -> Option<String> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret).ok()?;
    mac.update(b"dukou staff number v1\n");
    mac.update(number.as_bytes());
    Some(hex(&mac.finalize().into_bytes()))
}

/// Whether a staff number is somebody else's, by the personal data itself: whatever
/// secret it was entered under, or before there was one.
pub(crate) fn number_taken(
    db: &mut dyn Db,
    institution: InstitutionId,
    person: PersonId,
    number: &str,
) -> Result<bool, Fault> {
    let row = db.row(
        "SELECT 1 FROM sealed WHERE institution = $1 AND field = 'staff_no' AND text = $2 AND subject <> $3 LIMIT 1",
        &[
            institution.to_string().into(),
            number.into(),
            person.to_string().into(),
        ],
    )?;
    Ok(row.is_some())
}

/// A key for a command that came without one: nobody can guess what stands between two
/// hashes of the chain when each entry holds some digits that nobody knows.
pub(crate) fn random_key() -> String {
    let bytes: [u8; 16] = rand::rng().random();
    hex(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_where_it_was_wrapped_and_for_whom() {
        let mine = Wrapping::of(&SealKey::new(vec![1; 32]));
        let other = Wrapping::of(&SealKey::new(vec![2; 32]));
        let (one, two) = (
            InstitutionId(uuid::Uuid::from_u128(1)),
            InstitutionId(uuid::Uuid::from_u128(2)),
        );
        let wrapped = mine.wrap(one, &[7; 32]).unwrap();
        assert_eq!(mine.unwrap(one, &wrapped), Some([7; 32]));
        assert_eq!(mine.unwrap(two, &wrapped), None);
        assert_eq!(other.unwrap(one, &wrapped), None);
        for bad in [
            "",
            "0",
            "zz",
            "é1",
            &wrapped[2..],
            &wrapped.replace('a', "b"),
        ] {
            assert_eq!(mine.unwrap(one, bad), None, "{bad}");
        }
        assert_ne!(mine.wrap(one, &[7; 32]).unwrap(), wrapped);
        assert_ne!(random_key(), random_key());
        assert_eq!(random_key().len(), 32);
        assert_ne!(staff_no_key(&[7; 32], "1"), staff_no_key(&[8; 32], "1"));
    }
}
