//! What a form is made of.

use dukou_kernel::Text;
use serde_json::Value;

/// One choice of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// As sent.
    pub value: String,
    /// As read.
    pub label: Text,
}

/// What kind of field.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// One line.
    Line,
    /// Several lines, with the longest length.
    Long(usize),
    /// A day.
    Day,
    /// Yuan with at most two decimals.
    Money,
    /// A whole number.
    Number,
    /// A share: 70%, 1/3.
    Share,
    /// One of a list.
    Choose(Vec<Choice>),
    /// Several of a list.
    Several(Vec<Choice>),
    /// Yes or no, as two radio buttons with these words.
    YesNo(Text, Text),
    /// One file.
    File,
    /// Contributors with shares.
    Shares(Vec<Choice>),
    /// Payments: label, amount, day.
    Schedule,
    /// Equity parts for persons.
    Holdings(Vec<Choice>),
    /// Sent along, not shown.
    Hidden,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Path in the command's JSON, dots between: `terms.price`.
    pub path: &'static str,
    /// Label.
    pub label: Text,
    /// What to write, above the input.
    pub hint: Text,
    /// Kind.
    pub kind: Kind,
    /// Must it be filled in?
    pub required: bool,
    /// What stands in it at first.
    pub value: Value,
}

impl Field {
    /// A required field.
    pub fn new(path: &'static str, kind: Kind, zh: &str, en: &str) -> Self {
        Self {
            path,
            label: Text::new(zh, en),
            hint: Text::default(),
            kind,
            required: true,
            value: Value::Null,
        }
    }

    /// With words above the input.
    #[must_use]
    pub fn hint(mut self, zh: &str, en: &str) -> Self {
        self.hint = Text::new(zh, en);
        self
    }

    /// May stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Filled in at first.
    #[must_use]
    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.value = value.into();
        self
    }
}

/// A form for one command.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The command.
    pub command: &'static str,
    /// What the form is called.
    pub title: Text,
    /// What will happen, in one sentence.
    pub happens: Text,
    /// Under which article or rule.
    pub basis: Text,
    /// The verb on the button.
    pub verb: Text,
    /// True for what cannot be taken back.
    pub danger: bool,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// Path of an id made for the command, if it needs one.
    pub new_id: Option<&'static str>,
}
