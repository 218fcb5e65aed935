//! A header read for every kind of sheet: which column could hold which field.

use std::collections::HashMap;

use dukou_kernel::Date;

use super::content::{Look, look};
use super::field::{Field, Kind};
use super::find::may_be_header;
use super::guess::{Column, Frame, Mapping, fingerprint, header_parts, importance, weights};
use super::unit::header_unit;
use super::words::{Concept, meanings, without_ordinal};
use crate::cell::Cell;
use crate::grid::Grid;
use crate::value::amount::{self, Unit};
use crate::value::currency;
use crate::value::unit::Told;

/// Columns with the field each holds and how sure that is.
pub type Taken = Vec<(usize, Field, f64)>;

/// The parts of a guess that depend on the header only.
pub struct Draft {
    parts: Vec<Vec<String>>,
    families: Vec<Option<String>>,
    meant: Vec<Vec<(Concept, u32)>>,
    looks: Vec<Look>,
    /// Fen in the first rows of columns that hold money.
    money: Vec<Vec<Option<i64>>>,
}

impl Draft {
    /// Reads the header at `top` and looks at the cells below it.
    pub fn new(grid: &Grid, top: usize, lines: usize, today: Date) -> Self {
        let parts = header_parts(grid, top, lines);
        let families = families(&parts);
        let meant = parts
            .iter()
            .zip(&families)
            .map(|(part, family)| match family {
                Some(name) if !name.is_empty() => {
                    let mut both = meanings(std::slice::from_ref(name));
                    for (concept, score) in meanings(part) {
                        // 第一完成人 is no lead where a second and a third follow.
                        if concept != Concept::Lead && !both.iter().any(|(c, _)| *c == concept) {
                            both.push((concept, score));
                        }
                    }
                    both
                }
                _ => meanings(part),
            })
            .collect();
        let first = top.saturating_add(lines);
        let rows = first..end_of_sample(grid, first);
        let looks = (0..parts.len())
            .map(|column| look(grid, column, rows.clone(), today))
            .collect();
        Self {
            parts,
            families,
            meant,
            looks,
            money: money(grid, first, rows.end),
        }
    }

    /// The best assignment of fields to columns for a kind, with the score of
    /// each pair.
    pub fn assign(&self, kind: Kind) -> Taken {
        let mut pairs = Vec::new();
        for (column, meant) in self.meant.iter().enumerate() {
            let Some(look) = self.looks.get(column) else {
                continue;
            };
            let family = self.families.get(column).is_some_and(Option::is_some);
            for field in kind.fields() {
                if family && kind == Kind::Distributions && !may_repeat(kind, *field) {
                    continue;
                }
                let of = |concept: &Concept, weight: u32| {
                    let (_, score) = meant.iter().find(|(known, _)| known == concept)?;
                    Some(f64::from(score * weight) / 100.0)
                };
                let mut named = weights(kind, *field)
                    .iter()
                    .filter_map(|(concept, weight)| of(concept, *weight))
                    .fold(0.0, f64::max);
                if *field == Field::PersonAmount && family {
                    // 完成人1金额 is one person's, as there is a 完成人2金额.
                    named = named.max(of(&Concept::Team, 90).unwrap_or(0.0));
                }
                if *field == Field::Application && look.holds_applications() {
                    named = named.max(of(&Concept::Number, 70).unwrap_or(0.0));
                }
                let strong = meant.iter().any(|(_, score)| *score >= 70);
                // Names with figures are what they are, whatever stands above them.
                let alone = if strong && *field != Field::Persons {
                    0.0
                } else {
                    look.alone(*field)
                };
                let score = (named * look.fit(*field, kind)).max(alone);
                if score >= 28.0 {
                    pairs.push((column, *field, score));
                }
            }
        }
        pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        let mut taken: Taken = Vec::new();
        for (column, field, score) in pairs {
            let many = field == Field::OtherPart;
            if taken
                .iter()
                .any(|(c, f, _)| *c == column || (*f == field && !many))
            {
                continue;
            }
            taken.push((column, field, score));
        }
        self.extend(kind, &mut taken);
        self.fill(kind, &mut taken);
        number_of_applications(kind, &mut taken);
        if kind == Kind::Distributions {
            self.add_up(&mut taken);
        }
        taken
    }

    /// Required fields no header names go to the one column left whose cells
    /// can be nothing else, where the rest of the header is understood.
    fn fill(&self, kind: Kind, taken: &mut Taken) {
        let required = kind.required();
        let holds = |taken: &Taken, field: Field| taken.iter().any(|(_, f, _)| *f == field);
        let known = required.iter().filter(|field| {
            holds(taken, **field)
                || **field == Field::Inventors
                    && (holds(taken, Field::Lead) || holds(taken, Field::Others))
        });
        let key = match kind {
            Kind::Achievements => Field::Number,
            Kind::Contracts => Field::Rights,
            _ => Field::ContractNo,
        };
        if kind == Kind::Distributions || known.count() * 2 < required.len() || !holds(taken, key) {
            return;
        }
        for field in required.iter().chain(&[Field::College]) {
            let inventors = *field == Field::Inventors
                && (holds(taken, Field::Lead) || holds(taken, Field::Others));
            if holds(taken, *field) || inventors || !kind.fields().contains(field) {
                continue;
            }
            let free = self.looks.iter().enumerate().filter(|(column, look)| {
                look.could_be(*field)
                    && !taken.iter().any(|(c, ..)| c == column)
                    && self.may_mean(*column, kind, *field)
            });
            let free: Vec<usize> = free.map(|(column, _)| column).collect();
            if let [column] = free.as_slice() {
                taken.push((*column, *field, 40.0));
            }
        }
    }

    /// A header that clearly means something else keeps its meaning.
    fn may_mean(&self, column: usize, kind: Kind, field: Field) -> bool {
        let words = self
            .parts
            .get(column)
            .map(|part| part.concat())
            .unwrap_or_default();
        let clerk = [
            "经办",
            "联系",
            "审核",
            "审批",
            "填报",
            "登记人",
            "备注",
            "摘要",
            "代理",
            "专利权人",
            "权利人名",
            "领域",
            "地址",
            "合同名称",
            "公示",
            "到期",
            "截止",
            "届满",
            "公开日",
            "缴费",
            "开票",
            "备案",
            "入库",
            "优先权",
            "手续费",
            "税",
            "累计",
            "未到",
            "评估",
        ];
        if clerk.iter().any(|word| words.contains(word)) {
            return false;
        }
        let wanted: Vec<Concept> = weights(kind, field)
            .iter()
            .map(|(concept, _)| *concept)
            .collect();
        self.meant.get(column).is_some_and(|meant| {
            meant.iter().all(|(concept, score)| {
                *score < 80 || wanted.contains(concept) || *concept == Concept::Number
            })
        })
    }

    /// Where columns of money make the net income together, those are the
    /// parts, whatever they are called.
    fn add_up(&self, taken: &mut Taken) {
        let of = |taken: &Taken, field: Field| {
            taken.iter().find(|(_, f, _)| *f == field).map(|(c, ..)| *c)
        };
        if of(taken, Field::PersonName).is_none() {
            taken.retain(|(_, field, _)| *field != Field::PersonAmount);
        }
        let mut hinted = taken.clone();
        for (field, words) in [
            (Field::CollegePart, &["学院", "院系", "二级"][..]),
            (Field::University, &["学校", "校级", "校方"]),
        ] {
            let column = self.parts.iter().enumerate().position(|(column, part)| {
                let header = part.concat();
                words.iter().any(|word| header.contains(word))
                    && !hinted.iter().any(|(c, ..)| *c == column)
                    && self
                        .money
                        .get(column)
                        .is_some_and(|cells| cells.iter().flatten().count() > 0)
            });
            if let (None, Some(column)) = (of(&hinted, field), column) {
                hinted.push((column, field, 60.0));
            }
        }
        let parts = [Field::Team, Field::CollegePart, Field::University];
        let missing: Vec<Field> = [Field::Net]
            .into_iter()
            .chain(parts)
            .filter(|field| of(&hinted, *field).is_none())
            .collect();
        let free: Vec<usize> = (0..self.money.len())
            .filter(|column| {
                !hinted.iter().any(|(c, ..)| c == column)
                    && self
                        .money
                        .get(*column)
                        .is_some_and(|cells| cells.iter().flatten().count() > 0)
            })
            .collect();
        if missing.len() > 2 || free.len() > FREE_MAX {
            return;
        }
        let choices: Vec<Vec<usize>> = if missing.is_empty() {
            vec![Vec::new()]
        } else if missing.len() == 1 {
            free.iter().map(|column| vec![*column]).collect()
        } else {
            free.iter()
                .flat_map(|a| {
                    free.iter()
                        .filter(move |b| a != *b)
                        .map(move |b| vec![*a, *b])
                })
                .collect()
        };
        for choice in choices {
            let mut tried = hinted.clone();
            for (field, column) in missing.iter().zip(&choice) {
                tried.push((*column, *field, 60.0));
            }
            if self.adds_up(&tried) {
                *taken = tried;
                return;
            }
        }
    }

    /// Net income is the sum of all parts in most rows, at least two of them.
    fn adds_up(&self, taken: &Taken) -> bool {
        let of = |field: Field| -> Option<&Vec<Option<i64>>> {
            let (column, ..) = taken.iter().find(|(_, f, _)| *f == field)?;
            self.money.get(*column)
        };
        let Some(net) = of(Field::Net) else {
            return false;
        };
        let parts: Vec<&Vec<Option<i64>>> = taken
            .iter()
            .filter(|(_, field, _)| {
                matches!(
                    field,
                    Field::Team | Field::CollegePart | Field::University | Field::OtherPart
                )
            })
            .filter_map(|(column, ..)| self.money.get(*column))
            .collect();
        let (mut equal, mut told) = (0usize, 0usize);
        for (row, net) in net.iter().enumerate() {
            let Some(net) = net else { continue };
            told += 1;
            let cells: Option<Vec<i64>> = parts
                .iter()
                .map(|part| part.get(row).copied().flatten())
                .collect();
            let sum = cells.and_then(|cells| cells.into_iter().try_fold(0i64, i64::checked_add));
            equal += usize::from(sum == Some(*net));
        }
        equal > 0 && equal * 10 >= told * 7
    }

    /// The other columns of a family hold what the first of them holds.
    fn extend(&self, kind: Kind, taken: &mut Taken) {
        for (column, family) in self.families.iter().enumerate() {
            let Some(family) = family else { continue };
            let known = taken.iter().find(|(c, field, _)| {
                may_repeat(kind, *field)
                    && self.families.get(*c).and_then(Option::as_ref) == Some(family)
            });
            let Some((_, field, score)) = known.copied() else {
                continue;
            };
            if !taken.iter().any(|(c, ..)| *c == column) {
                taken.push((column, field, score));
            }
        }
        if kind == Kind::Receipts {
            self.extend_groups(taken);
            let count = |wanted| {
                taken
                    .iter()
                    .filter(|(_, field, _)| *field == wanted)
                    .count()
            };
            if count(Field::Date) != count(Field::Amount) {
                let first = |wanted| {
                    taken
                        .iter()
                        .filter(|(_, field, _)| *field == wanted)
                        .max_by(|a, b| a.2.total_cmp(&b.2).then(b.0.cmp(&a.0)))
                        .map(|(column, ..)| *column)
                };
                let (date, amount) = (first(Field::Date), first(Field::Amount));
                taken.retain(|(column, field, _)| match field {
                    Field::Date => Some(*column) == date,
                    Field::Amount => Some(*column) == amount,
                    _ => true,
                });
            }
        }
    }

    /// 首付到账: 日期, 金额 and 验收后到账: 日期, 金额 are payments too, whatever the
    /// groups are called.
    fn extend_groups(&self, taken: &mut Taken) {
        for (field, concept) in [
            (Field::Date, Concept::ReceiptDate),
            (Field::Amount, Concept::ReceiptAmount),
        ] {
            let leaf = |column: usize| {
                let part = self.parts.get(column).filter(|part| part.len() > 1)?;
                part.last()
            };
            let Some((first, _, score)) = taken.iter().find(|(_, f, _)| *f == field).copied()
            else {
                continue;
            };
            let Some(known) = leaf(first) else { continue };
            for (column, meant) in self.meant.iter().enumerate() {
                let means = meant.iter().any(|(c, s)| *c == concept && *s >= 85);
                let free = !taken.iter().any(|(c, ..)| *c == column);
                if free && means && leaf(column) == Some(known) {
                    taken.push((column, field, score));
                }
            }
        }
    }

    pub fn score(&self, kind: Kind, taken: &[(usize, Field, f64)]) -> f64 {
        let mut counted: Vec<Field> = Vec::new();
        let mut found = 0.0;
        for (_, field, score) in taken {
            if counted.contains(field) && *field != Field::OtherPart {
                continue;
            }
            counted.push(*field);
            found += importance(kind, *field) * score.min(100.0) / 100.0;
        }
        let missing = kind
            .required()
            .iter()
            .filter(|field| !taken.iter().any(|(_, f, _)| f == *field))
            .count();
        let key = match kind {
            Kind::Achievements => Field::Number,
            _ => Field::ContractNo,
        };
        let keyless = !taken.iter().any(|(_, field, _)| *field == key);
        let thin = kind == Kind::Distributions
            && taken
                .iter()
                .filter(|(_, field, _)| field.is_amount() || *field == Field::Persons)
                .count()
                < 2;
        found - 3.0 * missing as f64 - if keyless || thin { 4.0 } else { 0.0 }
    }

    pub fn mapping(&self, kind: Kind, taken: &[(usize, Field, f64)], frame: &Frame<'_>) -> Mapping {
        let columns = self
            .parts
            .iter()
            .enumerate()
            .map(|(index, part)| {
                let field = taken
                    .iter()
                    .find(|(column, ..)| *column == index)
                    .map(|(_, f, _)| *f);
                let told = field
                    .filter(|f| f.is_amount() || *f == Field::Persons)
                    .and_then(|f| {
                        let named = part.iter().rev().find_map(|text| header_unit(text));
                        let above = frame.unit.clone().filter(|_| f != Field::Persons);
                        // 元 in a header is a word for any currency; 人民币 is not.
                        match above {
                            Some(Told::Foreign(_)) if !currency::says_yuan(&part.concat()) => above,
                            above => named.or(above),
                        }
                    });
                let (unit, unread) = told.map_or((None, None), Told::parted);
                Column {
                    index,
                    header: part.join("/"),
                    field,
                    unit,
                    unread,
                }
            })
            .collect();
        Mapping {
            fingerprint: fingerprint(&self.parts),
            kind: Some(kind),
            header_row: frame.top + 1,
            header_lines: frame.lines,
            columns,
        }
    }
}

/// Where no other column holds the number, application numbers are it.
fn number_of_applications(kind: Kind, taken: &mut Taken) {
    let held = taken.iter().any(|(_, field, _)| *field == Field::Number);
    if kind != Kind::Achievements || held {
        return;
    }
    for (_, field, _) in taken {
        if *field == Field::Application {
            *field = Field::Number;
        }
    }
}

/// Rows whose sums are looked at.
const MONEY_ROWS: usize = 30;
/// Columns of money without a name that are tried as parts, at most.
const FREE_MAX: usize = 12;

/// The figures of the first rows, column by column, all in one unit.
fn money(grid: &Grid, first: usize, end: usize) -> Vec<Vec<Option<i64>>> {
    let rows = first..end.min(first.saturating_add(MONEY_ROWS));
    (0..grid.width())
        .map(|column| {
            rows.clone()
                .map(|row| {
                    let cell = grid.own(row, column);
                    let day = matches!(cell, Cell::Day(..));
                    let fen = amount::read(cell, Unit::Yuan).map(|money| money.fen());
                    fen.filter(|_| !day)
                })
                .collect()
        })
        .collect()
}

/// Fields that may stand in several columns: 完成人1, 完成人2; 第一次到账日期,
/// 第二次到账日期.
fn may_repeat(kind: Kind, field: Field) -> bool {
    match kind {
        Kind::Achievements => matches!(field, Field::Inventors | Field::Others | Field::Shares),
        Kind::Receipts => matches!(field, Field::Date | Field::Amount),
        Kind::Distributions => matches!(field, Field::PersonName | Field::PersonAmount),
        Kind::Contracts => false,
    }
}

/// What columns have in common that differ in their ordinal only.
fn families(parts: &[Vec<String>]) -> Vec<Option<String>> {
    let keys: Vec<String> = parts
        .iter()
        .map(|part| without_ordinal(&part.concat()))
        .collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for key in &keys {
        *counts.entry(key).or_default() += 1;
    }
    let alike = |key: &str| counts.get(key).is_some_and(|count| *count > 1);
    keys.iter()
        .map(|key| (!key.is_empty() && alike(key)).then(|| key.clone()))
        .collect()
}

/// Rows looked at below a header, at most; another header ends them.
const SAMPLED: usize = 1_000;

fn end_of_sample(grid: &Grid, first: usize) -> usize {
    let last = grid.height().min(first.saturating_add(SAMPLED));
    (first.saturating_add(1)..last)
        .find(|row| may_be_header(grid, *row))
        .unwrap_or(last)
}
