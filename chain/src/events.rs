//! Declares the events of a stage: one enum, its stored kinds, reading and writing.

/// `events! { #[doc] Event { "disclosure.submitted.v1" => Submitted(Submitted), … } }`
///
/// A kind is written once and for ever; a changed shape gets a new version and
/// the old one an upcast where it is read.
macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $kind:literal => $variant:ident($body:ty)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "events live one at a time")]
        pub enum $name { $($(#[$vdoc])* $variant($body)),+ }

        impl $name {
            /// Every kind of this stage, as stored.
            pub const KINDS: &'static [&'static str] = &[$($kind),+];

            /// The stored kind, with its version.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind),+ }
            }

            /// The body as JSON text.
            pub fn to_body(&self) -> String {
                let text = match self { $(Self::$variant(body) => serde_json::to_string(body)),+ };
                text.unwrap_or_default()
            }

            /// Reads a stored body; `None` when the kind is not one of this stage.
            pub fn from_body(kind: &str, body: &str) -> Option<Result<Self, serde_json::Error>> {
                match kind {
                    $($kind => Some(serde_json::from_str(body).map(Self::$variant)),)+
                    _ => None,
                }
            }
        }
    };
}
