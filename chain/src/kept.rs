//! A part of an event that people read and no rule computes with.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The words of an event: kept as they were written, and read when somebody looks.
/// A stream is loaded for every page and command, and most of them pass over these.
///
/// What was written is JSON, and no more is known of it until it is read; whoever
/// verifies a journal reads it.
#[derive(Clone, Debug)]
pub enum Kept<T> {
    /// Made just now.
    Made(T),
    /// As it stands in the journal.
    Written(Box<RawValue>),
}

impl<T: Clone + DeserializeOwned> Kept<T> {
    /// What it says.
    ///
    /// # Errors
    /// When what was written is something else.
    pub fn read(&self) -> Result<Cow<'_, T>, serde_json::Error> {
        match self {
            Self::Made(value) => Ok(Cow::Borrowed(value)),
            Self::Written(json) => serde_json::from_str(json.get()).map(Cow::Owned),
        }
    }
}

impl<T: Default> Default for Kept<T> {
    fn default() -> Self {
        Self::Made(T::default())
    }
}

impl<T> From<T> for Kept<T> {
    fn from(value: T) -> Self {
        Self::Made(value)
    }
}

impl<T: Clone + DeserializeOwned + PartialEq> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Written(one), Self::Written(other)) if one.get() == other.get() => true,
            _ => matches!((self.read(), other.read()), (Ok(one), Ok(other)) if one == other),
        }
    }
}

impl<T: Clone + DeserializeOwned + Eq> Eq for Kept<T> {}

impl<T: Serialize> Serialize for Kept<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Made(value) => value.serialize(to),
            Self::Written(json) => json.serialize(to),
        }
    }
}

impl<'de, T> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(from).map(Self::Written)
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    type Words = Kept<Vec<String>>;

    fn written(json: &str) -> Words {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn it_says_what_was_written_and_writes_it_again() {
        let made = Words::from(vec!["净收入".to_owned(), "\"net\"\n".to_owned()]);
        let json = serde_json::to_string(&made).unwrap();
        assert_eq!(json, r#"["净收入","\"net\"\n"]"#);
        let read = written(&json);
        assert_eq!(read, made);
        assert_eq!(read.read().unwrap(), made.read().unwrap());
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        let value = serde_json::to_value(&read).unwrap();
        assert_eq!(serde_json::from_value::<Words>(value).unwrap(), made);
        assert_ne!(read, Words::default());
        assert_eq!(written("[ ]"), Words::default());
    }

    #[test]
    fn what_it_cannot_be_is_told_by_whoever_reads_it() {
        let other = written(r#"{"a":1}"#);
        assert!(other.read().is_err());
        assert_ne!(other, Words::default());
        assert!(serde_json::from_str::<Words>("[").is_err());
    }
}
