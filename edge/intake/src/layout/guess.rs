//! Which column holds which field, as guessed from a header and the cells
//! below it, in a form people can correct and save.

use std::collections::HashMap;

use dukou_kernel::Date;
use serde::{Deserialize, Serialize};

use super::content::{Look, look};
use super::field::{Field, Kind};
use super::find::{could_head, may_be_header};
use super::words::{Concept, meanings, plain, without_ordinal};
use crate::cell::{Cell, one_line};
use crate::grid::Grid;
use crate::value::amount::{self, Unit};
use crate::value::names;

/// One column of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Column counted from 0.
    pub index: usize,
    /// The header as people read it, its lines joined by `/`.
    pub header: String,
    /// What the column holds; nothing of use when absent.
    #[serde(default)]
    pub field: Option<Field>,
    /// What one counted unit is worth, for columns of money.
    #[serde(default)]
    pub unit: Option<Unit>,
}

/// What a sheet holds and where. Guessed, corrected by a person, saved, and
/// used again for every sheet with the same header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Stands for the words of the header; equal headers have equal prints.
    pub fingerprint: String,
    /// What the rows are; a sheet of no use when absent.
    pub kind: Option<Kind>,
    /// First row of the header, counted from 1.
    pub header_row: usize,
    /// Number of rows the header takes.
    pub header_lines: usize,
    /// The columns from left to right.
    pub columns: Vec<Column>,
}

impl Mapping {
    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| column.field == Some(field))
    }

    /// All columns of a field.
    pub fn columns_of(&self, field: Field) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(move |column| column.field == Some(field))
    }
}

/// A guess and how sure it is.
#[derive(Clone, Debug)]
pub struct Guess {
    /// The guessed mapping.
    pub mapping: Mapping,
    /// Score of the best kind; below 6 nothing is known.
    pub score: f64,
    /// Other kinds whose required fields stand in the same rows.
    pub beside: Vec<Mapping>,
}

/// The lines of every column's header.
pub fn header_parts(grid: &Grid, top: usize, lines: usize) -> Vec<Vec<String>> {
    let width = grid.width();
    let mut parts: Vec<Vec<String>> = vec![Vec::new(); width];
    for row in top..top.saturating_add(lines) {
        let leaf = row + 1 == top.saturating_add(lines);
        let mut running: Option<String> = None;
        for (column, part) in parts.iter_mut().enumerate() {
            let own = one_line(&grid.seen(row, column).shown());
            let below =
                (row + 1..top.saturating_add(lines)).any(|r| !grid.own(r, column).is_empty());
            let text = if !own.is_empty() {
                running = Some(own.clone());
                own
            } else if !leaf && below && grid.anchor(row, column).is_none() {
                // A group's word stands once, over the first of its columns.
                running.clone().unwrap_or_default()
            } else {
                if !below {
                    running = None;
                }
                String::new()
            };
            if !text.is_empty() && part.last() != Some(&text) {
                part.push(text);
            }
        }
    }
    parts
}

/// A short stable print of a header's words.
pub fn fingerprint(parts: &[Vec<String>]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut eat = |text: &str| {
        for byte in text.bytes().chain([0x1f]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let used = parts
        .iter()
        .rposition(|part| !part.is_empty())
        .map_or(0, |last| last + 1);
    for part in parts.iter().take(used) {
        eat(&plain(&part.join("/")));
    }
    format!("{hash:016x}")
}

/// What each concept is worth for a field, in per cent.
fn weights(kind: Kind, field: Field) -> &'static [(Concept, u32)] {
    use Concept as C;
    match (kind, field) {
        (_, Field::Title) => &[(C::Title, 100), (C::AnyName, 60)],
        (_, Field::RightTitle) => &[(C::Title, 100)],
        (_, Field::Number) => &[(C::Number, 100), (C::Application, 72), (C::AnyNumber, 50)],
        (_, Field::Rights) => &[(C::Number, 100), (C::Application, 72)],
        (_, Field::Application) => &[(C::Application, 100)],
        (_, Field::Inventors) => &[
            (C::Inventors, 100),
            (C::PersonName, 50),
            (C::Lead, 45),
            (C::Shares, 42),
        ],
        (_, Field::Lead) => &[(C::Lead, 90)],
        (_, Field::Others) => &[(C::Others, 90)],
        (_, Field::Shares) => &[(C::Shares, 100), (C::AnyShare, 80)],
        (_, Field::College) => &[(C::College, 100)],
        (_, Field::Filed) => &[(C::Filed, 100), (C::AnyDate, 40)],
        (_, Field::Granted) => &[(C::Granted, 100)],
        (_, Field::RightKind) => &[(C::RightKind, 100)],
        (_, Field::ContractNo) => &[(C::ContractNo, 100), (C::AnyNumber, 55)],
        (_, Field::Mode) => &[(C::Mode, 100)],
        (_, Field::Pricing) => &[(C::Pricing, 100)],
        (_, Field::Firm) => &[(C::Firm, 100), (C::Payer, 55)],
        (_, Field::Uscc) => &[(C::Uscc, 100)],
        (Kind::Contracts, Field::Amount) => &[(C::ContractAmount, 100), (C::AnyAmount, 80)],
        (_, Field::Amount) => &[(C::ReceiptAmount, 100), (C::AnyAmount, 85)],
        (_, Field::Signed) => &[(C::Signed, 100), (C::AnyDate, 70)],
        (_, Field::Date) => &[(C::ReceiptDate, 100), (C::AnyDate, 85)],
        (_, Field::Payer) => &[(C::Payer, 100), (C::Firm, 70)],
        (_, Field::Voucher) => &[(C::Voucher, 100)],
        (_, Field::Net) => &[(C::Net, 100), (C::AnyAmount, 45), (C::ReceiptAmount, 40)],
        (_, Field::TeamShare) => &[(C::TeamShare, 100), (C::AnyShare, 60), (C::Shares, 40)],
        (_, Field::Team) => &[(C::Team, 100)],
        (_, Field::CollegePart) => &[(C::CollegePart, 100)],
        (_, Field::University) => &[(C::University, 100)],
        (_, Field::OtherPart) => &[(C::OtherPart, 100)],
        (_, Field::Persons) => &[(C::Persons, 100), (C::PersonName, 60), (C::Inventors, 60)],
        (_, Field::PersonName) => &[(C::PersonName, 90), (C::AnyName, 30)],
        (_, Field::PersonAmount) => &[(C::PersonAmount, 90), (C::AnyAmount, 60), (C::Persons, 60)],
        (_, Field::AmountUnit) => &[(C::AnyUnit, 100)],
    }
}

/// How much a found field says about the kind of the sheet.
fn importance(kind: Kind, field: Field) -> f64 {
    match (kind, field) {
        (Kind::Achievements, Field::Inventors | Field::Filed) => 4.0,
        (Kind::Achievements, Field::Number) => 3.0,
        (Kind::Achievements, Field::Title | Field::Granted | Field::Shares) => 2.0,
        (Kind::Contracts, Field::Signed) => 4.0,
        (Kind::Contracts, Field::Rights | Field::Amount) => 3.0,
        (Kind::Contracts, Field::Firm | Field::Uscc | Field::Mode | Field::Pricing) => 2.0,
        (Kind::Receipts, Field::Date | Field::Amount) => 4.0,
        (Kind::Receipts, Field::Payer | Field::Voucher) => 2.0,
        (Kind::Distributions, Field::Net | Field::Team | Field::Persons) => 4.0,
        (Kind::Distributions, Field::CollegePart | Field::University | Field::PersonAmount) => 3.0,
        (_, Field::ContractNo) => 2.0,
        _ => 1.0,
    }
}

const HINTS: [(Kind, &[&str]); 4] = [
    (
        Kind::Achievements,
        &["成果", "专利", "知识产权", "发明", "patent", "软著"],
    ),
    (
        Kind::Contracts,
        &[
            "合同",
            "协议",
            "转化项目",
            "交易",
            "contract",
            "转让",
            "许可",
        ],
    ),
    (
        Kind::Receipts,
        &[
            "到账", "到帐", "到款", "收款", "入账", "进账", "来款", "回款", "经费", "流水", "收入",
            "receipt", "实收",
        ],
    ),
    (
        Kind::Distributions,
        &[
            "分配",
            "奖励",
            "分成",
            "收益",
            "酬金",
            "发放",
            "distribution",
            "奖酬",
        ],
    ),
];

/// Words in the sheet's name and titles that speak for a kind. The later a
/// kind stands in the chain the more its word weighs: 合同到账明细 is receipts.
fn hint(kind: Kind, grid: &Grid, top: usize) -> f64 {
    let spoken = |text: &str| {
        let text = text.to_lowercase();
        let last = HINTS
            .iter()
            .filter(|(_, words)| words.iter().any(|word| text.contains(word)))
            .map(|(kind, _)| *kind)
            .next_back();
        last == Some(kind)
    };
    let mut score = if spoken(&grid.sheet) { 4.0 } else { 0.0 };
    let titled = (top.saturating_sub(3)..top).any(|row| {
        let mut words = grid.row(row).iter().filter(|cell| !cell.is_empty());
        let first = words.next().map(Cell::shown);
        first.is_some_and(|text| spoken(&text)) && words.count() <= 3
    });
    if titled {
        score += 3.0;
    }
    score
}

/// Columns with the field each holds and how sure that is.
type Taken = Vec<(usize, Field, f64)>;

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
    fn assign(&self, kind: Kind) -> Taken {
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

    fn score(&self, kind: Kind, taken: &[(usize, Field, f64)]) -> f64 {
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

    fn mapping(&self, kind: Kind, taken: &[(usize, Field, f64)], frame: &Frame<'_>) -> Mapping {
        let columns = self
            .parts
            .iter()
            .enumerate()
            .map(|(index, part)| {
                let field = taken
                    .iter()
                    .find(|(column, ..)| *column == index)
                    .map(|(_, f, _)| *f);
                let unit = field
                    .filter(|f| f.is_amount() || *f == Field::Persons)
                    .and_then(|f| {
                        let named = part.iter().rev().find_map(|text| header_unit(text));
                        named.or(if f == Field::Persons {
                            None
                        } else {
                            frame.unit
                        })
                    });
                Column {
                    index,
                    header: part.join("/"),
                    field,
                    unit,
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

struct Frame<'a> {
    top: usize,
    lines: usize,
    unit: Option<Unit>,
    grid: &'a Grid,
}

/// Guesses what the rows below a header are and what each column holds.
pub fn guess(grid: &Grid, top: usize, lines: usize, today: Date) -> Guess {
    let draft = Draft::new(grid, top, lines, today);
    let frame = Frame {
        top,
        lines,
        unit: sheet_unit(grid, top),
        grid,
    };
    let mut all: Vec<(Kind, Taken, f64)> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let taken = draft.assign(kind);
            let score = draft.score(kind, &taken);
            let hinted = if score > 2.0 {
                hint(kind, frame.grid, top)
            } else {
                0.0
            };
            (kind, taken, score + hinted)
        })
        .collect();
    all.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut all = all.into_iter();
    let Some((kind, taken, score)) = all.next() else {
        return Guess {
            mapping: unknown(&draft, &frame),
            score: 0.0,
            beside: Vec::new(),
        };
    };
    let beside = all
        .filter(|(kind, taken, _)| sure(*kind, taken))
        .map(|(kind, taken, _)| draft.mapping(kind, &taken, &frame))
        .collect();
    let mapping = if score >= 6.0 {
        draft.mapping(kind, &taken, &frame)
    } else {
        unknown(&draft, &frame)
    };
    let mut guess = Guess {
        mapping,
        score,
        beside,
    };
    let first = top.saturating_add(lines);
    for mapping in std::iter::once(&mut guess.mapping).chain(&mut guess.beside) {
        part_lead_from_others(grid, first, mapping);
    }
    guess
}

/// Rows looked at to tell a lead from the others.
const LEADS_SAMPLED: usize = 200;

/// 负责人 beside 课题组成员: where the first does not stand among the names of
/// the other column, those are the others.
fn part_lead_from_others(grid: &Grid, first: usize, mapping: &mut Mapping) {
    let of = |field| mapping.column(field).map(|column| column.index);
    let (Some(lead), Some(all), None) = (of(Field::Lead), of(Field::Inventors), of(Field::Others))
    else {
        return;
    };
    let (mut inside, mut apart) = (0usize, 0usize);
    for row in (first..grid.height()).take(LEADS_SAMPLED) {
        let one = names::read(&grid.own(row, lead).shown()).names;
        let many = names::read(&grid.own(row, all).shown()).names;
        let (Some(one), false) = (one.first(), many.is_empty()) else {
            continue;
        };
        if many.contains(one) {
            inside += 1;
        } else {
            apart += 1;
        }
    }
    if apart > inside {
        for column in &mut mapping.columns {
            if column.field == Some(Field::Inventors) {
                column.field = Some(Field::Others);
            }
        }
    }
}

/// Every required field stands under a header that means just that.
fn sure(kind: Kind, taken: &[(usize, Field, f64)]) -> bool {
    let more: &[Field] = match kind {
        Kind::Distributions => &[Field::Net, Field::Team, Field::Persons],
        _ => &[],
    };
    kind.required().iter().chain(more).all(|field| {
        taken
            .iter()
            .any(|(_, f, score)| f == field && *score >= 75.0)
    })
}

fn unknown(draft: &Draft, frame: &Frame<'_>) -> Mapping {
    let mut mapping = draft.mapping(Kind::Achievements, &[], frame);
    mapping.kind = None;
    mapping
}

/// The unit a header names in brackets, behind a slash or at its end.
fn header_unit(text: &str) -> Option<Unit> {
    Unit::named(text).filter(|_| !plain(text).contains("单元"))
}

/// A note such as 单位：万元 in the rows above a header, or 万元 in the title
/// or the sheet's name.
fn sheet_unit(grid: &Grid, top: usize) -> Option<Unit> {
    for row in (0..top).rev().take(12) {
        if is_record(grid, row) || may_be_header(grid, row) {
            break;
        }
        for cell in grid.row(row).iter().take(60) {
            if let Some(unit) = noted_unit(&cell.shown()) {
                return Some(unit);
            }
        }
    }
    noted_unit(&grid.sheet)
}

/// Rows of another table above say nothing about this one.
fn is_record(grid: &Grid, row: usize) -> bool {
    let cells = grid.row(row);
    let figures = cells
        .iter()
        .filter(|cell| !could_head(cell) && !cell.shown().contains([':', '：']))
        .count();
    figures >= 2 || cells.iter().any(|cell| matches!(cell, Cell::Number(_)))
}

pub fn noted_unit(text: &str) -> Option<Unit> {
    let text = crate::cell::squeeze(text);
    let bare = text.trim_matches(['(', ')']);
    if matches!(
        bare,
        "万元" | "元" | "亿元" | "千元" | "人民币元" | "人民币万元"
    ) {
        return Unit::named(bare);
    }
    for mark in ["单位", "币种", "计量", "金额"] {
        for (at, _) in text.match_indices(mark) {
            let tail = text.get(at + mark.len()..).unwrap_or("");
            let tail = tail.strip_prefix("均").unwrap_or(tail);
            let tail = tail
                .strip_prefix(['为', ':', '(', '以', '是'])
                .unwrap_or(tail);
            let tail = tail.trim_start_matches([':', '为', '(']);
            let tail = tail.strip_prefix("人民币").unwrap_or(tail);
            let tail = tail.trim_start_matches(['(', '/', ',', '、']);
            if ["万元", "元", "亿元", "千元", "百万元"]
                .iter()
                .any(|unit| tail.starts_with(unit))
            {
                let head: String = tail.chars().take(3).collect();
                return Unit::named(&head);
            }
        }
    }
    ["(万元)", "(元)", "(亿元)", "(千元)"]
        .iter()
        .find(|unit| text.contains(**unit))
        .and_then(|unit| Unit::named(unit))
}
