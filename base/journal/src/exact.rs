//! What is asked of an entry's bytes beyond being readable, so that every verifier
//! sees the same in them: keys in the order of the format and none of them twice.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::entry::{DecodeError, Entry};

impl Entry<'_> {
    /// Checks that these are the only bytes this entry can have: its keys stand in
    /// order, without blanks; its body is one line, and no key stands twice in one
    /// object of it.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn exact(&self, bytes: &str) -> Result<(), DecodeError> {
        let wrong = |why: &str| DecodeError::from(serde_json::Error::custom(why));
        let empty: &RawValue = serde_json::from_str("{}")?;
        let head = self.written(empty)?;
        let same = head
            .strip_suffix("{}}")
            .and_then(|head| bytes.strip_prefix(head))
            .and_then(|rest| rest.strip_suffix('}'))
            .is_some_and(|body| body == self.body);
        if !same {
            return Err(wrong("its keys are not written as the format says"));
        }
        if !self.body.starts_with('{') {
            return Err(wrong("its body is no object"));
        }
        if self.body.contains('\n') {
            return Err(wrong("its body has a line break"));
        }
        serde_json::from_str::<NoTwins>(&self.body)?;
        Ok(())
    }
}

/// Any JSON in which no object has a key twice.
struct NoTwins;

struct Seen;

impl<'de> Deserialize<'de> for NoTwins {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Seen)
    }
}

/// A key, borrowed from the bytes where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Text)
    }
}

impl<'de> Visitor<'de> for Seen {
    type Value = NoTwins;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NoTwins, A::Error> {
        let mut keys: Vec<Key<'de>> = Vec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            keys.push(key);
            map.next_value::<NoTwins>()?;
        }
        keys.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let twin = keys.windows(2).find_map(|pair| match pair {
            [one, other] if one.0 == other.0 => Some(&one.0),
            _ => None,
        });
        match twin {
            Some(key) => Err(A::Error::custom(format!("the key {key} stands twice"))),
            None => Ok(NoTwins),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NoTwins, A::Error> {
        while list.next_element::<NoTwins>()?.is_some() {}
        Ok(NoTwins)
    }

    fn visit_bool<E>(self, _: bool) -> Result<NoTwins, E> {
        Ok(NoTwins)
    }

    fn visit_i64<E>(self, _: i64) -> Result<NoTwins, E> {
        Ok(NoTwins)
    }

    fn visit_u64<E>(self, _: u64) -> Result<NoTwins, E> {
        Ok(NoTwins)
    }

    fn visit_f64<E>(self, _: f64) -> Result<NoTwins, E> {
        Ok(NoTwins)
    }

    fn visit_str<E>(self, _: &str) -> Result<NoTwins, E> {
        Ok(NoTwins)
    }

    fn visit_unit<E>(self) -> Result<NoTwins, E> {
        Ok(NoTwins)
    }
}

#[cfg(test)]
mod tests {
    use crate::Entry;

    const GOOD: &str = r#"{"v":1,"institution":"01890a5d-ac96-774b-bcce-b302099a8057","seq":1,"stream":"institution","version":1,"kind":"a.b.v1","actor":"system:setup","at_ms":5,"effective":"2026-09-21","key":"k","body":{"a":1,"b":[{"c":null},{"c":1.5}]}}"#;

    fn found(from: &str, to: &str) -> String {
        let bytes = GOOD.replacen(from, to, 1);
        assert!(from == to || bytes != GOOD, "{from}");
        match Entry::from_bytes(&bytes).and_then(|entry| entry.exact(&bytes)) {
            Ok(()) => String::new(),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn keys_stand_in_order_and_none_twice() {
        assert_eq!(found("", ""), "");
        assert_eq!(found("[{\"c\":null},", "[{\"d\":{},\"e\":\"x\"},"), "");
        let other = "keys are not written";
        for (from, to, why) in [
            ("\"seq\":1,", "\"seq\": 1,", other),
            (
                "\"v\":1,\"institution\":\"01890a5d-ac96-774b-bcce-b302099a8057\"",
                "\"institution\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"v\":1",
                other,
            ),
            ("5d-ac96", "5D-ac96", other),
            ("\"key\":\"k\"", "\"key\":\"\\u006b\"", other),
            (
                "\"key\":\"k\"",
                "\"key\":\"k\",\"key\":\"k\"",
                "duplicate field",
            ),
            ("{\"a\":1,", "{\"a\":1,\"a\":1,", "a stands twice"),
            ("{\"a\":1,", "{\"\\u0062\":1,", "b stands twice"),
            ("{\"c\":1.5}", "{\"c\":1,\"c\":1}", "c stands twice"),
        ] {
            let said = found(from, to);
            assert!(said.contains(why), "{to}: {said}");
        }
    }
}
