//! The one door from the stages to rulebook and calendar: a value in force on a
//! day always comes together with the article it stands in.

use std::sync::{Arc, OnceLock};

use dukou_calendar::Calendar;
use dukou_kernel::{Citation, Date, Finding, Refusal, text};
use dukou_rules::{
    AppraisalAnswer, AppraisalQuestion, InForce, PublicityKind, RuleError, RulesOn, SchoolPolicy,
};

use crate::institution::{Institution, carried};
use crate::terms::{Mode, PartyKind};

/// The working-day calendar that the program carries.
pub fn builtin_calendar() -> Arc<Calendar> {
    static CALENDAR: OnceLock<Arc<Calendar>> = OnceLock::new();
    Arc::clone(CALENDAR.get_or_init(|| Arc::new(Calendar::builtin())))
}

/// An article by its id, out of the one list of articles (`law/`), where no
/// institution is at hand. [`Institution::article`] says the same of it: a loaded
/// file adds articles, and has no other words for one that is there.
pub fn citation(id: &str) -> Citation {
    carried().article(id)
}

pub use dukou_rules::{Due, natural_days, working_days};

fn add_days(day: Date, days: i64) -> Date {
    day.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

/// The day after.
pub fn next_day(day: Date) -> Date {
    add_days(day, 1)
}

/// Days from one day to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// The rules in force on a day where the institution is.
pub fn rules(institution: &Institution, day: Date) -> RulesOn<'_> {
    institution
        .rulebook()
        .at(day)
        .within(institution.jurisdiction())
}

/// The article that asks for an abstract in a price notice, where one does.
pub fn abstract_asked(institution: &Institution, today: Date) -> Option<Citation> {
    let found = rules(institution, today)
        .flag("price.publicity.abstract")
        .ok()?;
    found.value.then_some(found.citation)
}

/// How long a notice stands, at least: the days, the article, and
/// `publicity.too_short` when fewer are asked for. Where no rule is in force the
/// notice is refused: a missing rule never shortens a period.
///
/// # Errors
/// `rule.not_in_force`.
pub fn notice_days(
    institution: &Institution,
    kind: PublicityKind,
    days: u32,
    today: Date,
) -> Result<(InForce<u32>, Option<Finding>), Refusal> {
    dukou_rules::least_publicity(kind, days, &rules(institution, today))
        .map_err(|error| Finding::refused(error.code(), error.message()).into())
}

/// Is an appraisal needed, and where does that stand? With
/// `company_law.appraisal` for an equity investment.
pub fn appraisal_need(
    institution: &Institution,
    today: Date,
    taker: PartyKind,
    mode: Mode,
    appraised: Option<bool>,
) -> AppraisalAnswer {
    let question = AppraisalQuestion {
        on: today,
        central_unit: institution.central_unit(),
        taker: taker.into(),
        mode,
        appraised,
    };
    dukou_rules::appraisal_need(&question, institution.rulebook())
}

/// A command that only a person can give came from the program.
pub fn needs_person() -> Refusal {
    Finding::refused(
        "actor.person",
        text!(
            "这一步须由具体的人来做。",
            "This step is taken by a person."
        ),
    )
    .into()
}

/// A rule cannot be answered, as a refusal.
pub fn unanswered(error: RuleError) -> Refusal {
    Finding::refused(&error.code, error.message).into()
}

/// What the statute says of a school's own rules.
pub fn check_policy(institution: &Institution, policy: &SchoolPolicy, from: Date) -> Vec<Finding> {
    policy.check(
        institution.rulebook(),
        institution.jurisdiction(),
        institution.state_established(),
        from,
    )
}
