//! What a command names beside its own stream. It is found by the type of the id,
//! not by a list of commands: whoever writes a new command cannot forget it.

use std::fmt;

use dukou_kernel::{CaseId, FileHash, PersonId, UnitId};
use serde::Serialize;
use serde::ser;

/// Something of the institution that must be there before a command may name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// A person of the roster.
    Person(PersonId),
    /// A college or office.
    Unit(UnitId),
    /// A case.
    Case(CaseId),
    /// A stored file.
    File(FileHash),
}

/// What a command's body names, each with the field that names it.
pub(super) fn within(body: &impl Serialize) -> Vec<(Named, &'static str)> {
    let mut finder = Finder::default();
    // The finder itself refuses nothing, and a command can be written down.
    let _ = body.serialize(&mut finder);
    finder.found
}

/// Walks over a value as if to write it down, and keeps the ids alone.
#[derive(Default)]
struct Finder {
    found: Vec<(Named, &'static str)>,
    path: Vec<&'static str>,
}

impl Finder {
    /// The field of a form: what only says of a list or a paper which one it is,
    /// stands in the field around it.
    fn field(&self) -> &'static str {
        let own = |it: &&&str| !matches!(**it, "person" | "file");
        let named = self.path.iter().rfind(own).or(self.path.last());
        named.copied().unwrap_or_default()
    }

    fn keep(&mut self, kind: &'static str, id: &str) {
        let named = match kind {
            "PersonId" => id.parse().map(Named::Person).ok(),
            "UnitId" => id.parse().map(Named::Unit).ok(),
            "CaseId" => id.parse().map(Named::Case).ok(),
            "FileHash" => id.parse().map(Named::File).ok(),
            _ => None,
        };
        let field = self.field();
        self.found.extend(named.map(|it| (it, field)));
    }

    fn inside<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        self.path.push(key);
        value.serialize(&mut *self)?;
        self.path.pop();
        Ok(())
    }
}

macro_rules! nothing {
    ($($method:ident($value:ty)),+ $(,)?) => {$(
        fn $method(self, _: $value) -> Result<(), fmt::Error> {
            Ok(())
        }
    )+};
}

impl ser::Serializer for &mut Finder {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    nothing!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_char(char),
        serialize_str(&str),
        serialize_bytes(&[u8]),
        serialize_unit_struct(&'static str),
    );

    fn serialize_none(self) -> Result<(), fmt::Error> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), fmt::Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), fmt::Error> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(id)) => self.keep(name, &id),
            _ => value.serialize(self)?,
        }
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        key: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        self.inside(key, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), fmt::Error> {
        Ok(())
    }
}

macro_rules! list {
    ($($kind:ident by $method:ident),+ $(,)?) => {$(
        impl ser::$kind for &mut Finder {
            type Ok = ();
            type Error = fmt::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), fmt::Error> {
                Ok(())
            }
        }
    )+};
}

list!(
    SerializeSeq by serialize_element,
    SerializeTuple by serialize_element,
    SerializeTupleStruct by serialize_field,
    SerializeTupleVariant by serialize_field,
);

macro_rules! fields {
    ($($kind:ident),+ $(,)?) => {$(
        impl ser::$kind for &mut Finder {
            type Ok = ();
            type Error = fmt::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), fmt::Error> {
                self.inside(key, value)
            }

            fn end(self) -> Result<(), fmt::Error> {
                Ok(())
            }
        }
    )+};
}

fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for &mut Finder {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    struct Paper {
        file: FileHash,
    }

    #[derive(Serialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Tagged {
        Held { by: Option<PersonId> },
    }

    #[derive(Serialize)]
    enum Shape {
        Pair(PersonId, UnitId),
        One(CaseId),
        Fields { person: PersonId },
    }

    #[derive(Serialize)]
    struct Inner {
        unit: UnitId,
    }

    #[derive(Serialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }

    #[derive(Serialize)]
    struct Body {
        title: String,
        minutes: Paper,
        shapes: Vec<Shape>,
        held: Tagged,
        weights: BTreeMap<PersonId, i64>,
        pairs: Vec<(PersonId, i64)>,
        outer: Outer,
    }

    fn id<T: std::str::FromStr<Err: fmt::Debug>>(last: u8) -> T {
        let text = format!("01890a5d-ac96-774b-bcce-b302099a80{last:02x}");
        text.parse().unwrap()
    }

    #[test]
    fn every_id_is_found_however_deep_it_lies() {
        let hash: FileHash = "ab".repeat(32).parse().unwrap();
        let body = Body {
            title: id::<PersonId>(99).to_string(),
            minutes: Paper { file: hash.clone() },
            shapes: vec![
                Shape::Pair(id(1), id(2)),
                Shape::One(id(3)),
                Shape::Fields { person: id(4) },
            ],
            held: Tagged::Held { by: Some(id(5)) },
            weights: BTreeMap::from([(id(6), 1)]),
            pairs: vec![(id(7), 1)],
            outer: Outer {
                inner: Inner { unit: id(8) },
            },
        };
        let found = within(&body);
        let names: Vec<Named> = found.iter().map(|(it, _)| it.clone()).collect();
        let person = |last| Named::Person(id(last));
        assert_eq!(
            names,
            [
                Named::File(hash),
                person(1),
                Named::Unit(id(2)),
                Named::Case(id(3)),
                person(4),
                person(5),
                person(6),
                person(7),
                Named::Unit(id(8)),
            ]
        );
        // The field of a form is told, not what stands in it.
        assert_eq!(found.first().map(|it| it.1), Some("minutes"));
    }
}
