//! The canonical bytes as the program itself writes them, read straight through:
//! a third of the time of the general reader, which takes whatever this one
//! leaves. A body is cut out, not looked into; whoever decodes the event does.

use std::borrow::Cow;
use std::str::FromStr;

use dukou_kernel::Date;

use crate::entry::{Entry, Meta};

/// What is left to read.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip(&mut self, word: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    /// A text without escapes, behind its opening quote and up to its closing one.
    fn text(&mut self) -> Option<&'a str> {
        let end = memchr::memchr2(b'"', b'\\', self.0.as_bytes())?;
        let (text, rest) = self.0.split_at_checked(end)?;
        // Not `any`: without a way out in the middle it looks at many at once.
        let control = text.bytes().fold(false, |found, byte| found | (byte < 32));
        self.0 = rest.strip_prefix('"').filter(|_| !control)?;
        Some(text)
    }

    /// An id as it is written, behind its opening quote.
    fn id<T: FromStr>(&mut self) -> Option<T> {
        let (id, rest) = self.0.split_at_checked(36)?;
        self.0 = rest.strip_prefix('"')?;
        id.parse().ok()
    }

    /// A whole number as JSON writes it.
    fn number(&mut self) -> Option<i64> {
        let minus = self.0.starts_with('-');
        let digits = self.0.as_bytes().get(usize::from(minus)..)?;
        let mut number = 0i64;
        let mut count = 0usize;
        for digit in digits.iter().map(|it| it.wrapping_sub(b'0')) {
            if digit > 9 {
                break;
            }
            let digit = i64::from(digit);
            number = number.checked_mul(10)?;
            number = if minus {
                number.checked_sub(digit)?
            } else {
                number.checked_add(digit)?
            };
            count += 1;
        }
        // No zeros in front, and no zero below zero.
        let zero = digits.first() == Some(&b'0');
        if count == 0 || (zero && (minus || count > 1)) {
            return None;
        }
        self.0 = self.0.get(usize::from(minus) + count..)?;
        Some(number)
    }

    /// A day, behind its opening quote.
    fn day(&mut self) -> Option<Date> {
        let (day, rest) = self.0.split_at_checked(10)?;
        self.0 = rest.strip_prefix('"')?;
        let &[a, b, c, d, b'-', m, n, b'-', x, y] = day.as_bytes() else {
            return None;
        };
        let digits = [a, b, c, d, m, n, x, y].map(|it| it.wrapping_sub(b'0'));
        if digits.iter().any(|it| *it > 9) {
            return None;
        }
        let [a, b, c, d, m, n, x, y] = digits;
        let two = |tens: u8, ones: u8| tens.saturating_mul(10).saturating_add(ones);
        let year = i16::from(two(a, b)) * 100 + i16::from(two(c, d));
        let part = |it: u8| i8::try_from(it).ok();
        Date::new(year, part(two(m, n))?, part(two(x, y))?).ok()
    }

    fn optional(&mut self, word: &str) -> Option<Option<&'a str>> {
        match self.0.strip_prefix(word) {
            None => Some(None),
            Some(rest) => {
                self.0 = rest;
                self.text().map(Some)
            }
        }
    }
}

/// The entry, or nothing when its bytes are in any way unusual.
pub(crate) fn read(bytes: &str) -> Option<Entry<'_>> {
    let mut at = Cursor(bytes);
    at.skip("{\"v\":1,\"institution\":\"")?;
    let institution = at.id()?;
    at.skip(",\"seq\":")?;
    let seq = at.number()?;
    at.skip(",\"stream\":\"")?;
    let stream = at.text()?.parse().ok()?;
    at.skip(",\"version\":")?;
    let version = at.number()?;
    at.skip(",\"kind\":\"")?;
    let kind = at.text()?.into();
    at.skip(",\"actor\":\"")?;
    let actor = at.text()?.parse().ok()?;
    let on_behalf = match at.optional(",\"on_behalf\":\"")? {
        Some(id) => Some(id.parse().ok()?),
        None => None,
    };
    at.skip(",\"at_ms\":")?;
    let at_ms = at.number()?;
    at.skip(",\"effective\":\"")?;
    let effective = at.day()?;
    let reason = at.optional(",\"reason\":\"")?.map(Cow::Borrowed);
    let corrects = match at.skip(",\"corrects\":") {
        Some(()) => Some(at.number()?),
        None => None,
    };
    let key = at.optional(",\"key\":\"")?.map(Cow::Borrowed);
    let request = at.optional(",\"request\":\"")?.map(Cow::Borrowed);
    let clock = at.optional(",\"clock\":\"")?.map(Cow::Borrowed);
    at.skip(",\"body\":")?;
    let body = at.0.strip_suffix('}')?;
    if !(body.starts_with('{') && body.ends_with('}')) {
        return None;
    }
    let meta = Meta {
        institution,
        seq,
        stream,
        version,
        kind,
        actor,
        on_behalf,
        at_ms,
        effective,
        reason,
        corrects,
        key,
        request,
        clock,
    };
    Some(Entry {
        meta,
        body: Cow::Borrowed(body),
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::borrow::Cow;

    use crate::{Actor, Entry, Meta, StreamId};
    use dukou_kernel::{Date, InstitutionId, PersonId};
    use proptest::prelude::*;

    fn id() -> InstitutionId {
        "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
    }

    fn word() -> impl Strategy<Value = Option<String>> {
        proptest::option::of("[a-z0-9\"\\\\\n，中]{0,12}")
    }

    fn entry() -> impl Strategy<Value = Entry<'static>> {
        let numbers = (1i64.., 1i64.., any::<i64>(), proptest::option::of(1i64..));
        let words = (word(), word(), word(), word(), "[a-z\"{},:中]{0,20}");
        (numbers, words, any::<bool>()).prop_map(|(numbers, words, person)| {
            let someone = PersonId(id().0);
            let meta = Meta {
                institution: id(),
                seq: numbers.0,
                stream: StreamId::Person(someone),
                version: numbers.1,
                kind: "closing.noted.v1".into(),
                actor: match person {
                    true => Actor::Person(someone),
                    false => Actor::System("test".into()),
                },
                on_behalf: person.then_some(someone),
                at_ms: numbers.2,
                effective: Date::constant(2026, 11, 25),
                reason: words.0.map(Cow::Owned),
                corrects: numbers.3,
                key: words.1.map(Cow::Owned),
                request: words.2.map(Cow::Owned),
                clock: words.3.map(Cow::Owned),
            };
            let body = format!("{{\"text\":{}}}", serde_json::json!(words.4));
            Entry {
                meta,
                body: body.into(),
            }
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_the_general_reader_reads(entry in entry()) {
            let bytes = entry.to_bytes().unwrap();
            prop_assert_eq!(&Entry::from_any_bytes(&bytes).unwrap(), &entry);
            let meta = &entry.meta;
            let escaped = [&meta.reason, &meta.key, &meta.request, &meta.clock]
                .iter()
                .any(|text| text.as_ref().is_some_and(|it| it.contains(['"', '\\', '\n'])));
            prop_assert_eq!(read(&bytes), (!escaped).then_some(entry));
        }

        #[test]
        fn where_both_read_bytes_they_agree(entry in entry(), at in 0usize..400, by in any::<u8>()) {
            let mut bytes = entry.to_bytes().unwrap().into_bytes();
            let at = at % bytes.len();
            bytes[at] = by;
            let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
            match (read(&text), Entry::from_any_bytes(&text)) {
                (Some(quick), Ok(general)) => prop_assert_eq!(quick, general),
                // Only the body was left unread, and it is no JSON.
                (Some(quick), Err(_)) => {
                    let body = serde_json::from_str::<serde_json::Value>(&quick.body);
                    prop_assert!(body.is_err(), "{}", text);
                }
                (None, _) => {}
            }
        }
    }
}
