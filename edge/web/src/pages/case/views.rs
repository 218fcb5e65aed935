//! What the template shows.

use dukou_kernel::Money;

/// One stop of the rail, as shown.
pub struct RailView {
    /// `done`, `now`, `locked`, `later`, `skipped`.
    pub class: &'static str,
    /// Name.
    pub name: String,
    /// Day or counter.
    pub when: String,
}

/// One finding, as shown.
pub struct FindingView {
    /// What.
    pub what: String,
    /// Article.
    pub article: String,
    /// Is the article verified on a published copy?
    pub verified: bool,
}

/// A label and its value.
pub struct Fact {
    /// Label.
    pub label: String,
    /// Value.
    pub value: String,
    /// Wide.
    pub span: bool,
}

/// One contributor.
pub struct PersonView {
    /// Name.
    pub name: String,
    /// First character.
    pub initial: String,
    /// What the person did.
    pub role: String,
    /// Share.
    pub share: String,
    /// Word.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
    /// True for the reader.
    pub me: bool,
}

/// One right.
pub struct RightView {
    /// Number.
    pub number: String,
    /// Kind.
    pub kind: String,
    /// Filed.
    pub filed: String,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
}

/// A button for a step.
pub struct StepView {
    /// Where.
    pub href: String,
    /// The verb.
    pub label: String,
    /// Anchor, from the work list.
    pub anchor: String,
    /// True for the next step of the road.
    pub primary: bool,
    /// Why it is locked; empty when it is open.
    pub locked: String,
}

/// One deal.
pub struct DealView {
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
    /// Party.
    pub party: String,
    /// Mode.
    pub mode: String,
    /// Stop.
    pub stop: String,
    /// Tone.
    pub tone: &'static str,
    /// True when it is the one in focus.
    pub current: bool,
}

/// One receipt.
pub struct ReceiptView {
    /// Day.
    pub day: String,
    /// Amount.
    pub amount: Money,
    /// Payer.
    pub payer: String,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
    /// Where the arithmetic stands.
    pub split: String,
}

/// The publicity in progress.
pub struct LockView {
    /// Heading.
    pub title: String,
    /// Sentence.
    pub why: String,
    /// Posted.
    pub posted: String,
    /// Last day.
    pub last: String,
    /// Days passed.
    pub today: i32,
    /// Days in all.
    pub days: i32,
    /// Article.
    pub article: String,
    /// Public page.
    pub notice: String,
}

/// One entry of the timeline.
pub struct EntryView {
    /// Moment.
    pub at: String,
    /// Who.
    pub who: String,
    /// First character.
    pub initial: String,
    /// What.
    pub act: String,
    /// More.
    pub detail: String,
    /// Article of a refusal.
    pub article: String,
    /// Files: hash, name.
    pub files: Vec<(String, String)>,
    /// Number.
    pub seq: i64,
    /// Short hash.
    pub hash: String,
    /// True for a refused attempt.
    pub refused: bool,
    /// True for the newest.
    pub newest: bool,
    /// The entry it corrects.
    pub corrects: String,
    /// A clock other than the machine's.
    pub clock: String,
}
