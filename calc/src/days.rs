//! Working days, periods, publicity.

use dukou_calendar::{DayCountError, Period, YearUnknown};
use dukou_kernel::{Date, Text, text};
use dukou_rules::{Publicity, Step};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::input::{answer, parse};
use crate::{CalcError, Env};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workdays {
    #[serde(default)]
    start: Option<Date>,
    #[serde(default)]
    working_days: Option<u32>,
    #[serde(default)]
    from: Option<Date>,
    #[serde(default)]
    to: Option<Date>,
    #[serde(default)]
    date: Option<Date>,
}

fn unknown(year: YearUnknown, pointer: &str) -> CalcError {
    CalcError::new(YearUnknown::CODE, pointer, year.message())
}

/// `workdays`: the end of a count, the count between two days, or one day.
pub(crate) fn workdays(question: Value, env: &Env) -> Result<Value, CalcError> {
    let rule = |step: Step| step.cite(env.rulebook.article("holiday_rules"));
    let calendar = &env.calendar;
    match parse(question)? {
        Workdays {
            start: Some(start),
            working_days: Some(days),
            from: None,
            to: None,
            date: None,
        } => {
            let end = calendar
                .add_working_days(start, days)
                .map_err(|year| unknown(year, "/start"))?;
            let words = text!(
                "自 {start} 的次日起数 {days} 个工作日，至 {end}",
                "{days} working days from the day after {start} end on {end}"
            );
            let step = rule(
                Step::new("workdays.add", words, end)
                    .with("start", start)
                    .with("working_days", days),
            );
            Ok(json!({"end": end, "steps": [answer(&step)?], "findings": []}))
        }
        Workdays {
            start: None,
            working_days: None,
            from: Some(from),
            to: Some(to),
            date: None,
        } => {
            let days = calendar
                .working_days_between(from, to)
                .map_err(|error| match error {
                    DayCountError::Unknown(year) => unknown(year, "/to"),
                    DayCountError::Reversed => {
                        let message = Text::new("to 早于 from", "`to` lies before `from`");
                        CalcError::new("input.reversed", "/to", message)
                    }
                })?;
            let words = text!(
                "{from} 至 {to}（含首尾）有 {days} 个工作日",
                "{from} to {to}, both counted: {days} working days"
            );
            let step = rule(
                Step::new("workdays.between", words, days)
                    .with("from", from)
                    .with("to", to),
            );
            Ok(json!({"working_days": days, "steps": [answer(&step)?], "findings": []}))
        }
        Workdays {
            start: None,
            working_days: None,
            from: None,
            to: None,
            date: Some(date),
        } => {
            let (working, why) = calendar
                .is_working(date)
                .map_err(|year| unknown(year, "/date"))?;
            let step = rule(Step::new("workdays.kind", why.clone(), working).with("date", date));
            Ok(
                json!({"working": working, "why": answer(&why)?, "steps": [answer(&step)?], "findings": []}),
            )
        }
        _ => Err(which_question()),
    }
}

fn which_question() -> CalcError {
    let message = Text::new(
        "应给出 start 和 working_days，或 from 和 to，或 date",
        "give start and working_days, or from and to, or date",
    );
    CalcError::new("input.which_question", "", message)
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Roll {
    #[default]
    Civil,
    Patent,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodQuestion {
    start: Date,
    #[serde(default)]
    days: Option<u32>,
    #[serde(default)]
    months: Option<u32>,
    #[serde(default)]
    years: Option<u32>,
    #[serde(default)]
    roll: Roll,
}

/// `period`: the last day of a period, as counted and as rolled.
pub(crate) fn period(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: PeriodQuestion = parse(question)?;
    let (period, pointer) = match (question.days, question.months, question.years) {
        (Some(n), None, None) => (Period::Days(n), "/days"),
        (None, Some(n), None) => (Period::Months(n), "/months"),
        (None, None, Some(n)) => (Period::Years(n), "/years"),
        _ => {
            let message = Text::new(
                "days、months、years 须恰给一个",
                "give exactly one of days, months, years",
            );
            return Err(CalcError::new("input.which_question", "", message));
        }
    };
    let raw = period
        .end(question.start)
        .map_err(|_| CalcError::out_of_range(pointer))?;
    let count_rule = if matches!(period, Period::Days(_)) {
        "civil_code.201"
    } else {
        "civil_code.202"
    };
    let words = Text::new(
        format!("首日不计入，{}后的末日为 {raw}", period.words().zh),
        format!(
            "the first day is not counted; {} end on {raw}",
            period.words().en
        ),
    );
    let mut steps = vec![
        Step::new("period.count", words, raw)
            .with("start", question.start)
            .cite(env.rulebook.article(count_rule)),
    ];
    let mut end = raw;
    if question.roll != Roll::None {
        let rolled = env.calendar.roll(raw).end;
        end = rolled.ok_or_else(|| {
            let year = match env.calendar.kind(raw) {
                Err(year) => year,
                Ok(_) => YearUnknown {
                    year: raw.year().saturating_add(1),
                },
            };
            unknown(year, "/start")
        })?;
        let article = if question.roll == Roll::Patent {
            "patent_rules.5"
        } else {
            "civil_code.203"
        };
        let words = text!(
            "{raw} 如为休息日则顺延，末日为 {end}",
            "{raw}, rolled over rest days, is {end}"
        );
        steps.push(
            Step::new("period.roll", words, end)
                .with("raw_end", raw)
                .cite(env.rulebook.article(article)),
        );
    }
    Ok(json!({"raw_end": raw, "end": end, "steps": answer(&steps)?, "findings": []}))
}

/// `publicity`: see [`dukou_rules::publicity`].
pub(crate) fn publicity(question: Value, env: &Env) -> Result<Value, CalcError> {
    let question: Publicity = parse(question)?;
    answer(&dukou_rules::publicity(
        &question,
        &env.rulebook,
        &env.calendar,
    )?)
}
