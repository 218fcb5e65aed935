//! What is wrong with a cell, and what to write instead.

use dukou_kernel::{Severity, Text, text};
use dukou_rights::RightKind;

use crate::layout::{Field, Kind};

mod money;

pub use money::*;

/// One bad or odd cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFinding {
    /// Index into the batch's sheets.
    pub sheet: usize,
    /// Row in the sheet, counted from 1.
    pub row: usize,
    /// Column in the sheet, counted from 0, where the field has one.
    pub column: Option<usize>,
    /// The field the cell belongs to.
    pub field: Field,
    /// The field's name, not always this sheet's header.
    pub name: Text,
    /// Stable code.
    pub code: Code,
    /// `Refused` rejects the row, `Warning` does not.
    pub severity: Severity,
    /// What is wrong.
    pub message: Text,
    /// What to write instead.
    pub suggestion: Text,
}

/// The codes of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A cell is empty that must not be.
    Required,
    /// Not a day of this world.
    DateInvalid,
    /// Grant before filing.
    DateOrder,
    /// A filing day after the year in which the number was given (warning).
    DateNumber,
    /// Shares do not make the whole.
    SharesSum,
    /// A patent number of impossible shape.
    NumberMalformed,
    /// An application number beside another number that is none (warning).
    ApplicationMalformed,
    /// The right is applied for, its number is not written (warning).
    NumberPending,
    /// A number that does not show its kind, without words that name it.
    KindUnknown,
    /// Words for the kind that are not known; the number's own kind is taken (warning).
    KindUnread,
    /// The words name another kind than the number shows (warning).
    KindDiffers,
    /// The same right or contract as an earlier row.
    Duplicate,
    /// A credit code with a wrong check character.
    UsccCheckDigit,
    /// A credit code that fails the formula and is kept (warning).
    UsccKept,
    /// A code of before 2015-10-01 (warning).
    UsccOld,
    /// A number that names something and lost digits.
    IdentifierInexact,
    /// Names that cannot be told apart, or words that are none.
    NamesUnread,
    /// No amount can be read.
    AmountUnreadable,
    /// Words for the unit of an amount that are not understood.
    UnitUnread,
    /// Money that is not the yuan.
    CurrencyForeign,
    /// The original amount at its rate does not make the yuan.
    RateMismatch,
    /// An error, or a formula whose value the file lacks.
    CellError,
    /// A contract or right that is neither in this batch nor in the system.
    ReferenceUnknown,
    /// The parts of a distribution do not add up.
    SumMismatch,
    /// The system has the contract with another price.
    ContractChanged,
    /// The system has the receipt with another amount.
    ReceiptChanged,
    /// A refund larger than what was received.
    RefundExceeds,
    /// A cell that is struck through in a row that is not.
    CellStruck,
    /// Perhaps the same receipt as an earlier row (warning).
    ReceiptRepeated,
    /// More was received than the contract's price (warning).
    ReceiptsExceed,
    /// An amount that is nothing like its contract's, or no price (warning).
    AmountImplausible,
    /// A row that is void or struck through, and not imported (warning).
    RowVoid,
    /// A hidden sheet, which is not imported (warning).
    SheetHidden,
    /// A day that has not come yet (warning).
    DateFuture,
    /// The payer is spelled differently from the contract's party (warning).
    PayerDiffers,
}

impl Code {
    /// The code as JSON and files spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::DateInvalid => "date.invalid",
            Self::DateOrder => "date.order",
            Self::DateNumber => "date.number",
            Self::SharesSum => "shares.sum",
            Self::NumberMalformed => "number.malformed",
            Self::ApplicationMalformed => "application.malformed",
            Self::NumberPending => "number.pending",
            Self::KindUnknown => "kind.unknown",
            Self::KindUnread => "kind.unread",
            Self::KindDiffers => "kind.differs",
            Self::Duplicate => "duplicate",
            Self::UsccCheckDigit => "uscc.check_digit",
            Self::UsccKept => "uscc.kept",
            Self::UsccOld => "uscc.old",
            Self::IdentifierInexact => "identifier.inexact",
            Self::NamesUnread => "names.unread",
            Self::AmountUnreadable => "amount.unreadable",
            Self::UnitUnread => "unit.unread",
            Self::CurrencyForeign => "currency.foreign",
            Self::RateMismatch => "rate.mismatch",
            Self::CellError => "cell.error",
            Self::ReferenceUnknown => "reference.unknown",
            Self::SumMismatch => "sum.mismatch",
            Self::ContractChanged => "contract.changed",
            Self::ReceiptChanged => "receipt.changed",
            Self::RefundExceeds => "refund.exceeds_receipts",
            Self::CellStruck => "cell.struck",
            Self::ReceiptRepeated => "receipt.repeated",
            Self::ReceiptsExceed => "receipts.exceed",
            Self::AmountImplausible => "amount.implausible",
            Self::RowVoid => "row.void",
            Self::SheetHidden => "sheet.hidden",
            Self::DateFuture => "date.future",
            Self::PayerDiffers => "payer.differs",
        }
    }

    /// Whether the row is rejected.
    pub fn severity(self) -> Severity {
        match self {
            Self::DateFuture
            | Self::PayerDiffers
            | Self::KindUnread
            | Self::KindDiffers
            | Self::DateNumber
            | Self::ReceiptRepeated
            | Self::ReceiptsExceed
            | Self::AmountImplausible
            | Self::RowVoid
            | Self::SheetHidden
            | Self::UsccKept
            | Self::UsccOld
            | Self::ApplicationMalformed
            | Self::NumberPending => Severity::Warning,
            _ => Severity::Refused,
        }
    }
}

/// A finding before its place in the batch is known.
#[derive(Clone, Debug)]
pub struct Note {
    /// The field concerned.
    pub field: Field,
    /// The field whose column holds the cell, when it is another one.
    pub cell: Field,
    /// Its code.
    pub code: Code,
    /// What is wrong.
    pub message: Text,
    /// What to write instead.
    pub suggestion: Text,
}

impl Note {
    /// A note on a field's own cell.
    pub fn new(field: Field, code: Code, message: Text, suggestion: Text) -> Self {
        Self {
            field,
            cell: field,
            code,
            message,
            suggestion,
        }
    }

    /// Puts the note at the cell of another field.
    #[must_use]
    pub fn at_cell_of(mut self, cell: Field) -> Self {
        self.cell = cell;
        self
    }
}

/// A cell is empty that must not be.
pub fn required(field: Field, kind: Kind) -> Note {
    let (name_zh, name_en) = both(field, kind);
    Note::new(
        field,
        Code::Required,
        text!("“{name_zh}”为空。", "The {name_en} is missing."),
        text!("填写{name_zh}。", "Write the {name_en}."),
    )
}

/// A whole column is missing that must not be.
pub fn column_missing(field: Field, kind: Kind) -> Note {
    let (name_zh, name_en) = both(field, kind);
    Note::new(
        field,
        Code::Required,
        text!(
            "表中没有找到“{name_zh}”这一列，整张表无法导入。",
            "No column with the {name_en} was found, so no row of the sheet can be imported."
        ),
        text!(
            "补上“{name_zh}”列，或在列对应中指定哪一列是{name_zh}。",
            "Add the column, or say in the mapping which column holds the {name_en}."
        ),
    )
}

/// Not a day of this world.
pub fn date_invalid(field: Field, kind: Kind, shown: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let shown = quoted(shown);
    Note::new(
        field,
        Code::DateInvalid,
        text!(
            "{name_zh}“{shown}”不是有效日期。",
            "The {name_en} “{shown}” is no real day."
        ),
        text!(
            "写成年-月-日，例如 2023-05-18。",
            "Write year-month-day, such as 2023-05-18."
        ),
    )
}

/// A day that has not come yet.
pub fn date_future(field: Field, kind: Kind, shown: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    Note::new(
        field,
        Code::DateFuture,
        text!(
            "{name_zh} {shown} 在今天之后。",
            "The {name_en} {shown} lies in the future."
        ),
        text!(
            "请核对年份；如无误可不改。",
            "Check the year; leave it if it is right."
        ),
    )
}

/// Grant before filing.
pub fn date_order(filed: &str, granted: &str) -> Note {
    Note::new(
        Field::Granted,
        Code::DateOrder,
        text!(
            "授权日 {granted} 早于申请日 {filed}。",
            "The grant on {granted} comes before the filing on {filed}."
        ),
        text!(
            "核对申请日与授权日，改正写错的一个。",
            "Check both days and correct the wrong one."
        ),
    )
}

/// A filing day after the year in which the number was given.
pub fn date_number(filed: &str, number: &str) -> Note {
    Note::new(
        Field::Filed,
        Code::DateNumber,
        text!(
            "申请日 {filed} 晚于申请号 {number} 的年份。",
            "The filing on {filed} comes after the year of the application number {number}."
        ),
        text!(
            "核对申请日与申请号，改正写错的一个。",
            "Check the day and the number and correct the wrong one."
        ),
    )
}

/// Shares do not make the whole.
pub fn shares_sum(sum: Option<&str>, people: usize) -> Note {
    let message = match sum {
        Some(sum) => text!(
            "各完成人比例合计为 {sum}，不是 100%。",
            "The shares of the inventors make {sum}, not 100%."
        ),
        None => text!(
            "贡献比例与 {people} 位完成人对不上，或无法读出。",
            "The shares cannot be read, or do not match the {people} inventors."
        ),
    };
    Note::new(
        Field::Shares,
        Code::SharesSum,
        message,
        text!(
            "按完成人顺序写明每人比例，合计 100%，例如 60%/40%。",
            "Write one share for each inventor in order, together 100%, such as 60%/40%."
        ),
    )
}

/// A number of a right that is none, with what is expected instead.
pub fn number_malformed(field: Field, fault: dukou_rights::Fault) -> Note {
    Note::new(field, Code::NumberMalformed, fault.wrong, fault.expected)
}

/// An application number beside another number that is none.
pub fn application_malformed(fault: dukou_rights::Fault) -> Note {
    let code = Code::ApplicationMalformed;
    Note::new(Field::Application, code, fault.wrong, fault.expected)
}

/// The right is applied for, its number is not written.
pub fn number_pending() -> Note {
    Note::new(
        Field::Number,
        Code::NumberPending,
        text!(
            "权利还在申请中，没有号码。",
            "The right is applied for and has no number yet."
        ),
        text!(
            "有申请号时填写申请号，例如 201810123456.5；没有可不改，拿到后在案卷里登记。",
            "Write the application number if there is one, such as 201810123456.5; if not, leave it and record the number in the case later."
        ),
    )
}

/// A number that does not show its kind, without words that name it.
pub fn kind_unknown(field: Field, number: &str) -> Note {
    Note::new(
        field,
        Code::KindUnknown,
        text!(
            "{number} 看不出权利种类。",
            "{number} does not show which kind of right it is."
        ),
        text!(
            "在成果类型一列写明，例如发明、实用新型、外观设计、植物新品种。",
            "Write the kind in its column: 发明, 实用新型, 外观设计 or 植物新品种."
        ),
    )
}

/// Words for the kind that are not known.
pub fn kind_unread(field: Field, words: &str, number: &str) -> Note {
    let shown = quoted(words);
    Note::new(
        field,
        Code::KindUnread,
        text!(
            "成果类型“{shown}”不认得，按号码 {number} 的种类导入。",
            "The kind “{shown}” is not known; the kind that {number} shows is taken."
        ),
        text!(
            "写发明、实用新型、外观设计、国防专利、软件、布图设计或植物新品种。",
            "Write 发明, 实用新型, 外观设计, 国防专利, 软件, 布图设计 or 植物新品种."
        ),
    )
}

/// The words name another kind than the number shows.
pub fn kind_differs(said: RightKind, shown: RightKind, number: &str) -> Note {
    let (said, shown) = (said.label(), shown.label());
    let (said_zh, said_en) = (said.zh, said.en);
    let (shown_zh, shown_en) = (shown.zh, shown.en);
    Note::new(
        Field::RightKind,
        Code::KindDiffers,
        text!(
            "成果类型写“{said_zh}”，号码 {number} 是{shown_zh}的号码；按成果类型导入。",
            "The kind says “{said_en}”, the number {number} is one of this kind: {shown_en}. The kind as written is taken."
        ),
        text!(
            "改正类型或号码；无误可不改。",
            "Correct the kind or the number; leave it if both are right."
        ),
    )
}

/// The same right or contract as an earlier row.
pub fn duplicate(field: Field, number: &str, sheet: &str, row: usize) -> Note {
    Note::new(
        field,
        Code::Duplicate,
        text!(
            "{number} 已在“{sheet}”第 {row} 行出现。",
            "{number} already stands in row {row} of “{sheet}”."
        ),
        text!(
            "保留一行，删去重复的一行。",
            "Keep one of the rows and delete the other."
        ),
    )
}

/// A credit code that fails the formula. `kept`: the institution has seen it on the licence.
pub fn uscc(shown: &str, kept: bool) -> Note {
    let shown = quoted(shown);
    let code = if kept {
        Code::UsccKept
    } else {
        Code::UsccCheckDigit
    };
    Note::new(
        Field::Uscc,
        code,
        text!(
            "统一社会信用代码“{shown}”不合校验公式。",
            "The credit code “{shown}” fails the check formula."
        ),
        if kept {
            text!(
                "本校已确认执照上就是这个代码，照此导入。",
                "The institution has confirmed that the licence says so; it is imported as it is."
            )
        } else {
            text!(
                "对照营业执照逐位核对 18 位代码；执照上确实如此的，先确认保留该代码再导入。",
                "Compare all 18 characters with the business licence; if the licence says so, confirm that the code is kept and import again."
            )
        },
    )
}

/// A code of before 2015-10-01.
pub fn uscc_old(shown: &str) -> Note {
    let shown = quoted(shown);
    Note::new(
        Field::Uscc,
        Code::UsccOld,
        text!(
            "“{shown}”是 2015年10月1日前的登记号或组织机构代码。",
            "“{shown}” is a registration or organisation code of before 2015-10-01."
        ),
        text!(
            "有 18 位统一社会信用代码时换成它；没有可不改。",
            "Write the 18 characters of the credit code if there is one; leave it if not."
        ),
    )
}

/// A number that names something and lost digits.
pub fn identifier_inexact(field: Field, kind: Kind, shown: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let shown = quoted(shown);
    Note::new(
        field,
        Code::IdentifierInexact,
        text!(
            "{name_zh}“{shown}”是按数字存的，末几位可能已丢失。",
            "The {name_en} “{shown}” is stored as a figure whose last digits may be lost."
        ),
        text!(
            "把这一列设为文本格式，照合同或证书重新填写全部各位。",
            "Make the column text and write all digits anew from the paper."
        ),
    )
}

/// Names that cannot be told apart, or words that are none.
pub fn names_unread(field: Field, shown: &str) -> Note {
    let shown = quoted(shown);
    Note::new(
        field,
        Code::NamesUnread,
        text!(
            "“{shown}”里分不清是哪几个人。",
            "It is not clear who the people in “{shown}” are."
        ),
        text!(
            "写出每个人的姓名，用顿号或分号隔开。",
            "Write the name of every person, with semicolons between them."
        ),
    )
}

/// An error, or a formula whose value the file lacks.
pub fn cell_error(field: Field, kind: Kind, shown: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let formula = shown.starts_with('=');
    let shown = quoted(shown);
    let (message, suggestion) = if formula {
        (
            text!(
                "{name_zh}是公式“{shown}”，文件里没有算出的值。",
                "The {name_en} is the formula “{shown}”, whose value the file does not hold."
            ),
            text!(
                "用 Excel 或 WPS 打开、重新计算并保存后再导入，或直接写值。",
                "Open the file in Excel or WPS, let it calculate, save and import again; or write the value."
            ),
        )
    } else {
        (
            text!(
                "{name_zh}的单元格显示错误“{shown}”。",
                "The cell of the {name_en} shows the error “{shown}”."
            ),
            text!(
                "改正公式或加宽这一列，或直接写{name_zh}。",
                "Mend the formula or widen the column, or write the {name_en} itself."
            ),
        )
    };
    Note::new(field, Code::CellError, message, suggestion)
}

/// A contract or right that is neither in this batch nor in the system.
pub fn reference_unknown(field: Field, shown: &str) -> Note {
    let shown = quoted(shown);
    let (message, suggestion) = if field == Field::ContractNo {
        (
            text!(
                "合同“{shown}”不在本批台账中，系统里也没有。",
                "The contract “{shown}” is neither in these ledgers nor in the system."
            ),
            text!(
                "核对合同编号，或把该合同补进合同表。",
                "Check the contract number, or add the contract."
            ),
        )
    } else {
        (
            text!(
                "成果“{shown}”不在本批台账中，系统里也没有。",
                "The right “{shown}” is neither in these ledgers nor in the system."
            ),
            text!(
                "核对专利号，或把该成果补进成果表。",
                "Check the number, or add the achievement."
            ),
        )
    };
    Note::new(field, Code::ReferenceUnknown, message, suggestion)
}

/// A row that is void or struck through.
pub fn row_void(kind: Kind, words: Option<&str>) -> Note {
    let field = kind.required().first().copied().unwrap_or(Field::Title);
    let message = match words.map(quoted) {
        Some(words) => text!(
            "这一行标为“{words}”，没有导入。",
            "The row says “{words}” and is not imported."
        ),
        None => text!(
            "这一行被划掉，没有导入。",
            "The row is struck through and is not imported."
        ),
    };
    Note::new(
        field,
        Code::RowVoid,
        message,
        text!(
            "仍然有效的，去掉作废字样或删除线再导入；否则可不改。",
            "If it still holds, remove the words or the line through it and import again; if not, leave it."
        ),
    )
}

/// A cell that is struck through in a row that is not.
pub fn cell_struck(field: Field, kind: Kind, shown: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let shown = quoted(shown);
    Note::new(
        field,
        Code::CellStruck,
        text!(
            "{name_zh}“{shown}”被划掉，不知道现在是多少。",
            "The {name_en} “{shown}” is struck through, and nothing says what holds now."
        ),
        text!(
            "改成现在有效的内容，去掉删除线。",
            "Write what holds now, without the line through it."
        ),
    )
}

/// What a hidden sheet is told as: there is no cell to blame.
pub fn sheet_hidden(very: bool) -> (Text, Text) {
    let message = if very {
        text!(
            "工作表被深度隐藏（只能在 VBA 中取消），没有导入。",
            "The sheet is very hidden (only VBA shows it) and was not imported."
        )
    } else {
        text!(
            "工作表被隐藏，没有导入。",
            "The sheet is hidden and was not imported."
        )
    };
    let suggestion = text!(
        "其中的行要导入的，取消隐藏后再导入；否则可不改。",
        "If its rows count, show the sheet and import again; if not, leave it."
    );
    (message, suggestion)
}

fn both(field: Field, kind: Kind) -> (String, String) {
    let name = field.name_in(kind);
    (name.zh, name.en)
}

/// At most forty characters of a cell, on one line.
fn quoted(shown: &str) -> String {
    let line = crate::cell::one_line(shown);
    if line.chars().count() <= 40 {
        return line;
    }
    line.chars().take(39).chain(['…']).collect()
}
