//! Which column holds which field, as guessed from a header and the cells
//! below it, in a form people can correct and save.

use dukou_kernel::Date;
use serde::{Deserialize, Serialize};

use super::draft::{Draft, Taken};
use super::field::{Field, Kind};
use super::unit::sheet_unit;
use super::words::{Concept, plain};
use crate::cell::{Cell, one_line};
use crate::grid::Grid;
use crate::value::names;
use crate::value::unit::{Told, Unit};

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
    /// Words for its unit that are not understood or name another currency; they
    /// count where no unit is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
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
pub fn weights(kind: Kind, field: Field) -> &'static [(Concept, u32)] {
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
        (_, Field::Currency) => &[(C::Currency, 100)],
        (_, Field::OriginalAmount) => &[(C::OriginalAmount, 100)],
        (_, Field::Rate) => &[(C::Rate, 100)],
        (_, Field::RateSource) => &[(C::RateSource, 100)],
    }
}

/// How much a found field says about the kind of the sheet.
pub fn importance(kind: Kind, field: Field) -> f64 {
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

/// Where a header stands, and the unit named above it.
pub struct Frame<'a> {
    /// First row, counted from 0.
    pub top: usize,
    /// Rows the header takes.
    pub lines: usize,
    /// The unit that titles and notes above name.
    pub unit: Option<Told>,
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
    let named = |field: &Field| {
        let mut all = taken.iter();
        all.any(|(_, f, score)| f == field && *score >= 75.0)
    };
    let required = kind.required().iter().all(|field| match field {
        Field::Inventors => named(field) || named(&Field::Lead),
        field => named(field),
    });
    let parted = kind != Kind::Distributions
        || named(&Field::Net)
            && named(&Field::Team)
            && (named(&Field::Persons) || named(&Field::CollegePart) && named(&Field::University));
    required && parted
}

fn unknown(draft: &Draft, frame: &Frame<'_>) -> Mapping {
    let mut mapping = draft.mapping(Kind::Achievements, &[], frame);
    mapping.kind = None;
    mapping
}
