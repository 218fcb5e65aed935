//! The day by which the relief of a cash award is filed (税务总局公告2018年第30号第2条),
//! and how it moves off rest days (税收征管法实施细则第109条).

use dukou_calendar::{Calendar, Period};
use dukou_kernel::Date;

use crate::rulebook::{InForce, RulesOn};
use crate::step::RuleError;

/// Last day of filing for an award paid on a day, as counted: so many days into
/// the month after the payment.
///
/// # Errors
/// `rule.not_in_force`; `input.out_of_range` beyond the last month.
pub fn filing_day(paid: Date, rules: &RulesOn<'_>) -> Result<InForce<Date>, RuleError> {
    let day = rules.count("pit.filing")?;
    let range = || RuleError::out_of_range("/paid");
    let next = Period::Months(1)
        .end(paid.first_of_month())
        .map_err(|_| range())?;
    let place = i8::try_from(day.value).map_err(|_| range())?;
    let value = Date::new(next.year(), next.month(), place).map_err(|_| range())?;
    Ok(InForce {
        value,
        citation: day.citation,
    })
}

/// The filing day moved: by the days off of every long run of days off, as far as
/// the run lies inside the period, then to the next working day. `None` while a
/// year on the way is unknown. Where the rules do not move it, it stays.
pub fn rolled_filing_day(counted: Date, rules: &RulesOn<'_>, calendar: &Calendar) -> Option<Date> {
    let on = |id: &str| rules.flag(id).is_ok_and(|it| it.value);
    if !on("pit.filing.rolls") {
        return Some(counted);
    }
    let mut extended = 0;
    if on("tax.filing.long_rest_extends") {
        let long = rules.count("tax.filing.long_rest_days").ok()?.value;
        extended = days_in_long_runs(counted.first_of_month(), counted, long, calendar)?;
    }
    let span = jiff::Span::new().try_days(i64::from(extended)).ok()?;
    calendar.roll(counted.checked_add(span).ok()?).end
}

/// Days off between two days that belong to runs of at least `long` days off.
fn days_in_long_runs(from: Date, to: Date, long: u32, calendar: &Calendar) -> Option<u32> {
    let off = |day: Date| calendar.kind(day).ok().map(|it| !it.is_working());
    let mut run = 0u32;
    let mut before = from;
    // A run that began before the period counts with its whole length.
    while off(before)? {
        before = before.yesterday().ok()?;
        if off(before)? {
            run += 1;
        }
    }
    let (mut inside, mut found) = (0u32, 0u32);
    let mut day = from;
    loop {
        let is_off = off(day)?;
        if is_off {
            run += 1;
            inside += u32::from(day <= to);
        }
        if !is_off || day > to {
            if run >= long && !is_off {
                found += inside;
            }
            if !is_off {
                (run, inside) = (0, 0);
            }
        }
        if !is_off && day >= to {
            return Some(found);
        }
        day = day.tomorrow().ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;
    use jiff::civil::date;

    fn rolled(paid: Date) -> (Date, Option<Date>) {
        let (book, calendar) = (Rulebook::builtin(), Calendar::builtin());
        let rules = book.at(paid);
        let day = filing_day(paid, &rules).unwrap().value;
        (day, rolled_filing_day(day, &rules, &calendar))
    }

    #[test]
    fn the_filing_day_moves_off_rest_days() {
        for (paid, counted, moved) in [
            // 1-7 October off: seven days on, 22 October works.
            (date(2026, 9, 30), date(2026, 10, 15), date(2026, 10, 22)),
            // 15 August 2026 is a Saturday.
            (date(2026, 7, 10), date(2026, 8, 15), date(2026, 8, 17)),
            // 1-5 May off.
            (date(2026, 4, 1), date(2026, 5, 15), date(2026, 5, 20)),
            // 1-3 January off, the run began on the 1st; 18 January is a Sunday.
            (date(2025, 12, 31), date(2026, 1, 15), date(2026, 1, 19)),
            // 31 December to 2 January off: two of the three days lie inside.
            (date(2022, 12, 1), date(2023, 1, 15), date(2023, 1, 17)),
            // The run of 15-23 February 2026 begins on the last day itself.
            (date(2026, 1, 5), date(2026, 2, 15), date(2026, 2, 24)),
            // Weekends alone move nothing.
            (date(2026, 6, 9), date(2026, 7, 15), date(2026, 7, 15)),
        ] {
            assert_eq!(rolled(paid), (counted, Some(moved)), "{paid}");
        }
        assert_eq!(rolled(date(2026, 12, 1)), (date(2027, 1, 15), None));
    }
}
