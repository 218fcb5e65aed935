//! 公开事件 — what leaves the program of an entry of the journal: webhooks, the change
//! feed, the entries of a case or deal.
//!
//! A stored event is the program's own memory, kept for ever in the shape it had. What
//! other systems build on are types of their own, one for each thing that can happen,
//! versioned by name (`dukou.income.received/v1`): a change of a stored shape never
//! changes them. They hold ids, codes, days and numbers; no free text, no names of
//! persons, no contacts. Amounts stand in them for whoever may read money; what a
//! reader may not read is absent, and `withheld` names it.
//!
//! The mapping is pure and complete by the compiler: an event that no type is made of
//! does not compile. The exact bytes are for archive, bundle and verifiers alone.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// One type of public event.
#[derive(Clone, Copy)]
pub struct Type {
    /// Its name with its version: `dukou.income.received/v1`.
    pub name: &'static str,
    schema: fn() -> Value,
}

impl Type {
    /// JSON Schema (2020-12) of its `data`.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }

    /// What happened, without any version: `income.received`.
    pub fn stem(&self) -> &'static str {
        let bare = self.name.strip_prefix("dukou.").unwrap_or(self.name);
        bare.split('/').next().unwrap_or(bare)
    }
}

/// The schema of what is written, with everything it is made of in place.
pub fn schema_of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.to_value()
}

/// The public types of one stage: names and variants of its `Data`.
macro_rules! public_types {
    ($($(#[$doc:meta])* $name:literal => $variant:ident;)+) => {
        /// What a public event of this stage says.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        #[allow(missing_docs, clippy::large_enum_variant, reason = "one at a time; each type says what it is")]
        pub enum Data { $($(#[$doc])* $variant($variant)),+ }

        impl Data {
            /// The public types of this stage.
            pub const TYPES: &'static [super::Type] = &[$(super::Type::new::<$variant>($name)),+];

            /// The name of its type.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),+ }
            }
        }

        $(impl From<$variant> for Data {
            fn from(data: $variant) -> Self {
                Self::$variant(data)
            }
        })+
    };
}

impl Type {
    const fn new<T: JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            schema: schema_of::<T>,
        }
    }
}

mod parts;

pub mod institution;
pub mod people;
pub mod disclosure;
pub mod assessment;
pub mod protection;
pub mod valuation;
pub mod matching;
pub mod deal;
pub mod publicity;
pub mod agreement;
pub mod income;
pub mod distribution;
pub mod closing;
pub mod history;

mod event;

pub use event::{PublicEvent, Reader, UNREADABLE};
pub use parts::{
    Award, Checked, Code, Day, Fen, File, Held, Id, MoneyRight, Part, Party, Pen, Pool, Shared,
};

use crate::whole::Event;

macro_rules! all_public {
    ($($stage:ident => $variant:ident;)+) => {
        /// What a public event says, of any stage.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        #[allow(missing_docs, clippy::large_enum_variant, reason = "one at a time; each stage's says what it is")]
        pub enum Data { $($variant($stage::Data)),+ }

        impl Data {
            /// What of a stored event may be told, as far as the pen writes amounts.
            pub fn of(event: &Event, pen: &mut Pen) -> Self {
                match event { $(Event::$variant(it) => Self::$variant($stage::of(it, pen))),+ }
            }

            /// The name of its type.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(it) => it.name()),+ }
            }
        }

        /// Every public type, in the order of the work.
        pub fn types() -> impl Iterator<Item = Type> {
            [$($stage::Data::TYPES),+].into_iter().flatten().copied()
        }
    };
}

all_public! {
    institution => Institution;
    people => Person;
    disclosure => Disclosure;
    assessment => Assessment;
    protection => Protection;
    valuation => Valuation;
    matching => Matching;
    deal => Negotiation;
    publicity => Publicity;
    agreement => Agreement;
    income => Income;
    distribution => Distribution;
    closing => Closing;
    history => History;
}

/// What happened, without any version: `income.received` of a stored kind
/// (`income.received.v1`) or of a public type (`dukou.income.received/v1`).
pub fn stem(name: &str) -> &str {
    if let Some(bare) = name.strip_prefix("dukou.") {
        return bare.split('/').next().unwrap_or(bare);
    }
    match name.rsplit_once(".v") {
        Some((head, version)) if version.bytes().all(|it| it.is_ascii_digit()) => head,
        _ => name,
    }
}

/// The public type of what happened, by stored kind, public type or bare stem.
pub fn type_of(name: &str) -> Option<Type> {
    let wanted = stem(crate::whole::present_kind(name));
    types().find(|it| it.stem() == wanted)
}

/// Every name by which somebody may ask for what happened: the stored kinds of today,
/// those of old, and the public types.
pub fn names() -> impl Iterator<Item = &'static str> {
    stored_kinds().chain(types().map(|it| it.name))
}

fn stored_kinds() -> impl Iterator<Item = &'static str> {
    Event::kinds().chain(crate::whole::OLD_SHAPES.iter().map(|it| it.kind))
}

/// The stored kinds of what such a name asks for, whatever shape they had.
pub fn kinds_of(name: &str) -> Vec<&'static str> {
    if !names().any(|it| it == name) {
        return Vec::new();
    }
    stored_kinds().filter(|it| stem(it) == stem(name)).collect()
}
