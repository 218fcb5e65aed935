//! What the cells of a column look like, whatever stands above them.

use std::ops::Range;

use dukou_kernel::{Date, Money};

use super::field::{Field, Kind};
use crate::cell::{Cell, is_han, says_nothing, squeeze};
use crate::grid::Grid;
use crate::total::says_total;
use crate::value::amount::{self, Unit};
use crate::value::unit::{Told, token};
use crate::value::{date, names, payout, right, uscc};

/// Cells looked at per column.
const SAMPLE: usize = 60;

/// Counts over a sample of a column.
#[derive(Clone, Debug, Default)]
pub struct Look {
    filled: usize,
    days: usize,
    /// Days that are written as days: no bare figure, which may be an amount.
    spelled_days: usize,
    numbers: usize,
    publications: usize,
    people: usize,
    coded: usize,
    phrases: usize,
    colleges: usize,
    applications: usize,
    codes: usize,
    amounts: usize,
    units: usize,
    payouts: usize,
    plain_figures: usize,
    words: usize,
    large: usize,
    letters: usize,
    firms: usize,
    distinct: usize,
}

/// Looks at a column below its header.
pub fn look(grid: &Grid, column: usize, rows: Range<usize>, today: Date) -> Look {
    let mut look = Look::default();
    let mut seen: Vec<String> = Vec::new();
    for row in rows {
        let cell = grid.own(row, column);
        let silent = cell.is_empty() || cell.is_ditto() || matches!(cell, Cell::Error(_));
        if silent || is_aside(grid, row) {
            continue;
        }
        let shown = cell.shown();
        if says_nothing(&shown) {
            continue;
        }
        look.filled += 1;
        let han = shown.chars().filter(|c| is_han(*c)).count();
        let people = names::read(&shown).names;
        let named = |name: &String| (2..=4).contains(&name.chars().count()) || name.contains('·');
        let people = !people.is_empty()
            && people.iter().all(named)
            && !shown.chars().any(|c| c.is_ascii_digit());
        look.people += usize::from(people && han >= 2);
        look.phrases += usize::from(han >= 5 && !people);
        look.coded += usize::from(
            shown.chars().any(|c| c.is_ascii_digit()) && shown.chars().any(char::is_alphabetic),
        );
        look.colleges += usize::from(
            ["学院", "系", "院", "所", "学部", "中心", "处", "公司"]
                .iter()
                .any(|word| shown.trim().ends_with(word)),
        );
        let figure = matches!(cell, Cell::Number(_)) || squeeze(&shown).parse::<f64>().is_ok();
        look.days += usize::from(is_day(cell, today));
        look.spelled_days += usize::from(!figure && is_day(cell, today));
        look.numbers += usize::from(is_right(&shown));
        look.publications += usize::from(right::publication(&shown).is_some());
        look.applications += usize::from(
            right::pieces(&shown)
                .first()
                .is_some_and(|piece| right::application(piece).is_some()),
        );
        look.codes += usize::from(is_code(&shown));
        look.amounts += usize::from(amount::read(cell, Unit::Yuan).is_some());
        let hundred = |money: Money| money.fen() > 10_000;
        look.large += usize::from(amount::read(cell, Unit::Yuan).is_some_and(hundred));
        look.units += usize::from(is_unit(&shown));
        look.payouts +=
            usize::from(matches!(cell, Cell::Text(text) if payout::read(text).is_some()));
        look.plain_figures += usize::from(figure);
        look.words += usize::from(shown.chars().filter(|c| is_han(*c)).count() >= 2);
        look.letters += usize::from(shown.chars().filter(|c| c.is_alphabetic()).count() >= 2);
        look.firms += usize::from(
            ["公司", "企业", "集团", "厂", "研究院", "中心", "院", "社"]
                .iter()
                .any(|word| shown.contains(word)),
        );
        if !seen.contains(&shown) {
            seen.push(shown);
        }
        if look.filled >= SAMPLE {
            break;
        }
    }
    look.distinct = seen.len();
    look
}

/// Totals, section titles and notes say nothing about the columns they stand in.
fn is_aside(grid: &Grid, row: usize) -> bool {
    let mut filled = grid.row(row).iter().filter(|cell| !cell.is_empty());
    let Some(first) = filled.next() else {
        return true;
    };
    filled.next().is_none() && grid.width() > 2 || says_total(&first.shown())
}

/// A day whose spelling is no bare serial number, which could be anything.
fn is_day(cell: &Cell, today: Date) -> bool {
    match cell {
        Cell::Number(number) => *number >= 18_264.0 && date::read(cell, today).is_some(),
        _ => date::read(cell, today).is_some(),
    }
}

fn is_right(shown: &str) -> bool {
    right::pieces(shown).first().is_some_and(|piece| {
        right::is_certain(piece)
            || (dukou_rights::plain(piece).starts_with("CN")
                && piece.chars().filter(char::is_ascii_digit).count() >= 5)
    })
}

fn is_code(shown: &str) -> bool {
    let plain = squeeze(shown);
    plain.len() == 18
        && plain.is_ascii()
        && uscc::read(shown) != uscc::Code::Absent
        && !plain.contains('-')
}

fn is_unit(shown: &str) -> bool {
    matches!(token(shown), Some(Told::Unit(_) | Told::Foreign(_)))
}

impl Look {
    fn part(&self, count: usize) -> f64 {
        if self.filled == 0 {
            0.0
        } else {
            count as f64 / self.filled as f64
        }
    }

    /// How well the cells fit the field: below 1 they speak against it, above
    /// 1 for it.
    pub fn fit(&self, field: Field, kind: Kind) -> f64 {
        match self.filled {
            0 => 1.0,
            // One cell says something, but may be the bad one.
            1 => self.fit_of_many(field, kind).sqrt(),
            _ => self.fit_of_many(field, kind),
        }
    }

    fn fit_of_many(&self, field: Field, kind: Kind) -> f64 {
        let graded = |part: f64| -> f64 {
            if part >= 0.6 {
                1.15
            } else if part >= 0.25 {
                1.0
            } else {
                0.32
            }
        };
        let against = |part: f64| if part > 0.6 { 0.25 } else { 1.0 };
        match field {
            // Of two columns of numbers the one with publication numbers names the right.
            Field::Number if self.part(self.applications) > 0.6 => 0.6,
            Field::Number | Field::Rights => graded(self.part(self.numbers)).max(0.35),
            Field::Application if self.part(self.applications) >= 0.6 => 1.15,
            Field::Application => against(self.part(self.publications)),
            Field::Uscc => graded(self.part(self.codes)).max(0.5),
            field if field.is_date() => graded(self.part(self.days)),
            Field::PersonAmount
            | Field::Team
            | Field::CollegePart
            | Field::University
            | Field::Net
            | Field::OtherPart => {
                graded(self.part(self.amounts)).min(1.0) * against(self.part(self.spelled_days))
            }
            Field::Amount => graded(self.part(self.amounts)) * against(self.part(self.numbers)),
            Field::AmountUnit => {
                if self.part(self.units) > 0.9 {
                    1.2
                } else if self.part(self.units) >= 0.5 {
                    1.0
                } else {
                    0.0
                }
            }
            Field::Persons => graded(self.part(self.payouts)),
            Field::PersonName => {
                against(self.part(self.payouts)) * against(self.part(self.plain_figures))
            }
            Field::Inventors if self.part(self.letters) < 0.3 => 0.25,
            Field::Inventors | Field::Title | Field::College | Field::Mode | Field::Pricing => {
                against(self.part(self.plain_figures))
                    * against(self.part(self.numbers))
                    * against(self.part(self.days))
                    * if kind == Kind::Distributions {
                        against(self.part(self.amounts))
                    } else {
                        1.0
                    }
            }
            Field::Firm => {
                let varied = if self.filled >= 5 && self.distinct == 1 {
                    0.6
                } else {
                    1.0
                };
                let firms = if self.part(self.firms) >= 0.5 {
                    1.1
                } else {
                    1.0
                };
                against(self.part(self.plain_figures)) * varied * firms
            }
            Field::ContractNo => {
                against(self.part(self.days))
                    * against(self.part(self.numbers))
                    * against(self.part(self.codes))
            }
            Field::Shares => {
                against(self.part(self.days))
                    * if self.part(self.words) > 0.6 {
                        0.45
                    } else {
                        1.0
                    }
            }
            Field::TeamShare => against(self.part(self.days)) * against(self.part(self.large)),
            _ => 1.0,
        }
    }

    /// Whether the cells could be those of a field whose header is not known.
    pub fn could_be(&self, field: Field) -> bool {
        let most = |count: usize| self.part(count) >= 0.7;
        let plain = self.filled > 0
            && !most(self.numbers)
            && (field == Field::ContractNo || !most(self.payouts));
        plain
            && match field {
                Field::Title => {
                    most(self.phrases)
                        && self.distinct * 5 >= self.filled * 4
                        && !most(self.firms)
                        && !most(self.colleges)
                        && !most(self.days)
                }
                Field::Inventors => most(self.people) && !most(self.colleges) && !most(self.firms),
                Field::College => most(self.colleges),
                Field::Filed | Field::Signed | Field::Date => most(self.days),
                Field::Amount => most(self.amounts) && most(self.large) && !most(self.spelled_days),
                Field::ContractNo => {
                    self.distinct * 5 >= self.filled * 4
                        && !most(self.days)
                        && !most(self.amounts)
                        && !most(self.codes)
                        && most(self.coded)
                }
                _ => false,
            }
    }

    /// True when most cells are application numbers.
    pub fn holds_applications(&self) -> bool {
        self.part(self.applications) > 0.6
    }

    /// A field the cells alone give away, with a score, where the header says
    /// nothing.
    pub fn alone(&self, field: Field) -> f64 {
        if self.filled < 2 {
            return 0.0;
        }
        match field {
            Field::Number | Field::Rights if self.part(self.numbers) >= 0.6 => 50.0,
            Field::Application if self.part(self.applications) >= 0.6 => 45.0,
            Field::Uscc if self.part(self.codes) >= 0.6 => 50.0,
            Field::Firm | Field::Payer if self.part(self.firms) >= 0.8 && self.distinct > 1 => 40.0,
            Field::Persons
                if self.part(self.payouts) >= 0.7
                    && self.part(self.words) > 0.7
                    && self.part(self.days) < 0.2
                    && self.part(self.numbers) < 0.2 =>
            {
                45.0
            }
            _ => 0.0,
        }
    }
}
