//! 权利号码 — reads a right's number as people write it.
//!
//! | form | as written | normal form |
//! |---|---|---|
//! | application, patent | ZL201810123456.5, 201810123456.5, ZL03112233.8, 03112233 | `2018101234565`: digits with the check digit, no ZL |
//! | publication | CN 110212345 B; U, Y utility models; S, D designs | `CN110212345B` |
//! | PCT | PCT/CN2021/123456, WO2021/123456 A1 | `PCT/CN2021/123456`, `WO2021123456A1` |
//! | foreign | US 11,123,456 B2 (letters of ST.3) | `US11123456B2` |
//! | software | 2021SR0123456, 软著登字第1234567号 | `2021SR0123456`, `软著登字第1234567号` |
//! | plant variety | CNA20170123.4; forestry 20180123 where the kind is told | `CNA201701234`, `20180123` |
//! | layout | BS.175531234 | `BS175531234` |
//!
//! The check digit of an application (专利申请号标准 ZC 0006): digits times 2 to 9 and
//! again from 2, summed, modulo 11; ten is X. A wrong one is a [`Fault`] that names the
//! one that fits; where none is written, it is added.

use dukou_kernel::{Finding, Text, text};

use crate::RightKind;
use crate::table::office;

/// The form of a number (号码形式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// 专利申请号、专利号
    Application,
    /// 公开（公告）号
    Publication,
    /// 国际申请号、国际公布号
    Pct,
    /// Number of a foreign office.
    Foreign,
    /// 软件著作权登记号
    Software,
    /// 品种权申请号、品种权号
    Plant,
    /// 布图设计登记号
    Layout,
}

/// A number that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Kind of right it shows; `None` where the number does not show it.
    pub kind: Option<RightKind>,
    /// Office that gave it: a code of `law/rights/offices.tsv`.
    pub office: &'static str,
    /// Its form.
    pub form: Form,
    /// Normal form.
    pub text: String,
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// 无: nothing is registered.
    None,
    /// 技术秘密
    Secret,
    /// 申请中: filed, the number is not written.
    Pending,
}

/// What is wrong with a number, and what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub wrong: Text,
    /// What to write.
    pub expected: Text,
}

impl Fault {
    /// As a refusal of the field that holds the number.
    pub fn finding(self) -> Finding {
        let (wrong, expected) = (self.wrong, self.expected);
        Finding::refused(
            "right.number",
            Text::new(
                format!("{}{}", wrong.zh, expected.zh),
                format!("{} {}", wrong.en, expected.en),
            ),
        )
    }
}

/// What a cell or field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A number.
    Number(Number),
    /// That there is none.
    Absent(Absence),
    /// Nothing that is understood.
    Wrong(Fault),
}

/// Half-width, upper case, without blanks, quotes and words before a colon.
pub fn plain(text: &str) -> String {
    let narrow = text.chars().filter_map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '。' => Some('.'),
        c if c.is_whitespace() || c.is_control() => None,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => None,
        '\'' | '"' | '*' | '_' | '·' => None,
        '‐' | '‑' | '–' | '—' => Some('-'),
        c => Some(c),
    });
    let upper: String = narrow.flat_map(char::to_uppercase).collect();
    upper
        .rsplit_once(':')
        .map_or(upper.clone(), |(_, tail)| tail.to_owned())
}

/// The check digit of an application number's 8 or 12 digits.
pub fn check_digit(body: &str) -> Option<char> {
    if !matches!(body.len(), 8 | 12) || !digits(body) {
        return None;
    }
    let sum: u32 = body
        .chars()
        .zip((2..=9).cycle())
        .filter_map(|(c, weight)| c.to_digit(10).map(|digit| digit * weight))
        .sum();
    match sum % 11 {
        10 => Some('X'),
        rest => char::from_digit(rest, 10),
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Reads what stands where a right's number is asked for.
pub fn read(text: &str) -> Reading {
    let shown = plain(text);
    if let Some(absence) = absent(&shown) {
        return Reading::Absent(absence);
    }
    let shown = shown
        .split_once('(')
        .map_or(shown.as_str(), |(head, _)| head);
    // Dots and hyphens only part digits; the stroke of PCT/… is part of it.
    let bare: String = shown.chars().filter(|c| !matches!(c, '.' | '-')).collect();
    let found = software(&bare)
        .or_else(|| plant(&bare))
        .or_else(|| layout(&bare))
        .or_else(|| pct(&bare))
        .or_else(|| publication(&bare));
    if let Some(number) = found {
        return Reading::Number(number);
    }
    match application(&bare) {
        Some(Ok(number)) => return Reading::Number(number),
        Some(Err(fault)) => return Reading::Wrong(fault),
        None => {}
    }
    foreign(&bare).map_or_else(|| Reading::Wrong(unknown(text)), Reading::Number)
}

/// Reads the number of a right whose kind is told.
///
/// # Errors
/// When it is no number, or one of another kind.
pub fn read_as(kind: RightKind, text: &str) -> Result<Number, Fault> {
    let bare: String = plain(text)
        .chars()
        .filter(|c| !matches!(c, '.' | '-'))
        .collect();
    if kind == RightKind::PlantVariety
        && bare.len() == 8
        && digits(&bare)
        && year(bare.get(..4), 1999)
    {
        return Ok(number(Some(kind), "NFGA", Form::Plant, bare));
    }
    let mut number = match read(text) {
        Reading::Number(number) => number,
        Reading::Wrong(fault) => return Err(fault),
        Reading::Absent(_) => return Err(unknown(text)),
    };
    if kind == RightKind::DefencePatent
        && number.form == Form::Application
        && matches!(
            number.kind,
            Some(RightKind::Invention | RightKind::UtilityModel)
        )
    {
        number.kind = Some(kind);
        number.office = "CNIPA-D";
    }
    let form = match number.form {
        Form::Application => "application",
        Form::Publication => "publication",
        Form::Pct => "pct",
        Form::Foreign => "foreign",
        Form::Software => "software",
        Form::Plant => "plant",
        Form::Layout => "layout",
    };
    let takes = kind.row().map_or("", |row| row.numbering);
    let form_fits = takes.split(' ').any(|it| it == form || it == "any");
    let kind_fits = takes == "any" || number.kind.is_none_or(|shown| shown == kind);
    if form_fits && kind_fits {
        number.kind = Some(kind);
        return Ok(number);
    }
    let (want, shown) = (kind.label(), text.trim());
    let (want_zh, want_en) = (want.zh, want.en);
    Err(Fault {
        wrong: text!(
            "“{shown}”不是“{want_zh}”的号码。",
            "“{shown}” is no number of this kind: {want_en}."
        ),
        expected: text!("改正种类或号码。", "Correct the kind or the number."),
    })
}

fn number(kind: Option<RightKind>, office: &'static str, form: Form, text: String) -> Number {
    Number {
        kind,
        office,
        form,
        text,
    }
}

fn absent(shown: &str) -> Option<Absence> {
    // 无（技术秘密） says what there is instead.
    let (head, inside) = shown.split_once('(').unwrap_or((shown, ""));
    if let Some(said) = absent_word(inside.trim_end_matches(')')) {
        return absent_word(head).map(|_| said);
    }
    absent_word(head)
}

fn absent_word(word: &str) -> Option<Absence> {
    match word {
        "无" | "暂无" | "没有" | "未申请" | "未申请专利" | "无专利" | "无专利号" | "NONE"
        | "N/A" | "/" | "-" | "--" | "不涉及" => Some(Absence::None),
        "技术秘密" | "专有技术" | "商业秘密" | "技术诀窍" | "非专利技术" | "KNOW-HOW"
        | "KNOWHOW" => Some(Absence::Secret),
        "申请中" | "专利申请中" | "已申请" | "受理中" | "已受理" | "审查中" | "实审中"
        | "实质审查中" | "实质审查" | "待授权" | "尚未授权" | "未授权" | "PENDING" => {
            Some(Absence::Pending)
        }
        _ => None,
    }
}

fn year(text: Option<&str>, first: u32) -> bool {
    text.and_then(|it| it.parse::<u32>().ok())
        .is_some_and(|year| (first..2100).contains(&year))
}

fn software(bare: &str) -> Option<Number> {
    let make = |text: String| number(Some(RightKind::Software), "CPCC", Form::Software, text);
    let inner = bare.strip_prefix("软著登字第").unwrap_or(bare);
    let inner = inner.strip_suffix('号').unwrap_or(inner);
    if let Some((day, serial)) = inner.split_once("SR") {
        let fits = day.len() == 4
            && year(Some(day), 1990)
            && (5..=7).contains(&serial.len())
            && digits(serial);
        return fits.then(|| make(inner.to_owned()));
    }
    let certificate = bare.starts_with("软著登字第") && digits(inner);
    certificate
        .then(|| make(format!("软著登字第{inner}号")))
        .filter(|_| (4..=8).contains(&inner.len()))
}

fn plant(bare: &str) -> Option<Number> {
    let body = bare.strip_prefix("CNA")?;
    let fits = digits(body) && (8..=11).contains(&body.len()) && year(body.get(..4), 1999);
    fits.then(|| {
        let kind = Some(RightKind::PlantVariety);
        number(kind, "MARA", Form::Plant, bare.to_owned())
    })
}

fn layout(bare: &str) -> Option<Number> {
    let body = bare.strip_prefix("BS")?;
    (digits(body) && (8..=11).contains(&body.len())).then(|| {
        let kind = Some(RightKind::IcLayout);
        number(kind, "CNIPA", Form::Layout, bare.to_owned())
    })
}

fn pct(bare: &str) -> Option<Number> {
    if let Some(body) = bare
        .strip_prefix("PCT/")
        .or_else(|| bare.strip_prefix("PCT"))
    {
        let (land, rest) = body.split_at_checked(2)?;
        office(land).filter(|it| it.st3)?;
        let (day, serial) = rest.split_once('/')?;
        let fits =
            digits(day) && digits(serial) && matches!((day.len(), serial.len()), (2, 5) | (4, 6));
        return fits.then(|| number(None, "WO", Form::Pct, format!("PCT/{land}{day}/{serial}")));
    }
    let body = bare.strip_prefix("WO")?.replace('/', "");
    let tail = body.trim_start_matches(|c: char| c.is_ascii_digit());
    let figures = body.len().checked_sub(tail.len())?;
    let kind = matches!(tail, "" | "A1" | "A2" | "A3" | "A4" | "A8" | "A9");
    (kind && matches!(figures, 7 | 8 | 10))
        .then(|| number(None, "WO", Form::Pct, format!("WO{body}")))
}

fn publication(bare: &str) -> Option<Number> {
    let body = bare.strip_prefix("CN")?;
    let figures = body.find(|c: char| !c.is_ascii_digit())?;
    let (_, tail) = body.split_at_checked(figures)?;
    let (letter, level) = tail.split_at_checked(1)?;
    let kind = match letter {
        "A" | "B" | "C" => RightKind::Invention,
        "U" | "Y" => RightKind::UtilityModel,
        "S" | "D" => RightKind::Design,
        _ => return None,
    };
    let fits =
        (7..=9).contains(&figures) && (level.is_empty() || level.len() == 1 && digits(level));
    fits.then(|| number(Some(kind), "CN", Form::Publication, bare.to_owned()))
}

fn application(bare: &str) -> Option<Result<Number, Fault>> {
    let body = bare
        .strip_prefix("ZL")
        .or_else(|| bare.strip_prefix("CN"))
        .unwrap_or(bare);
    let body = body.strip_prefix("ZL").unwrap_or(body);
    let (figures, check) = match body.len() {
        8 | 12 => (body, ""),
        9 | 13 => body.split_at_checked(body.len() - 1)?,
        _ => return None,
    };
    let digit = check_digit(figures)?;
    if !matches!(check, "" | "X") && !digits(check) {
        return None;
    }
    let (dated, letter) = if figures.len() == 12 {
        (year(figures.get(..4), 2003), figures.get(4..5)?)
    } else {
        // Two digits of the year, from 1985 to 2003.
        let day: u32 = figures.get(..2)?.parse().ok()?;
        (day >= 85 || day <= 3, figures.get(2..3)?)
    };
    let kind = match letter {
        "1" | "8" => RightKind::Invention,
        "2" | "9" => RightKind::UtilityModel,
        "3" => RightKind::Design,
        _ => return None,
    };
    if !dated {
        return None;
    }
    if !check.is_empty() && !check.starts_with(digit) {
        return Some(Err(Fault {
            wrong: text!(
                "申请号 {figures} 的校验位写作 {check}，算得 {digit}。",
                "Application {figures} is written with the check digit {check}; the one that fits is {digit}."
            ),
            expected: text!(
                "核对号码；各位数字无误时应为 {figures}.{digit}。",
                "Compare it with the notice; if its digits are right, it is {figures}.{digit}."
            ),
        }));
    }
    let text = format!("{figures}{digit}");
    Some(Ok(number(Some(kind), "CN", Form::Application, text)))
}

fn foreign(bare: &str) -> Option<Number> {
    let (land, rest) = bare.split_at_checked(2)?;
    let office = office(land).filter(|it| it.st3 && !matches!(land, "CN" | "WO"))?;
    let body: String = rest.chars().filter(|c| !matches!(c, '/' | ',')).collect();
    let figures = body.bytes().filter(u8::is_ascii_digit).count();
    let fits = (4..=14).contains(&figures)
        && body.len() <= figures + 4
        && body.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| number(None, office.code, Form::Foreign, format!("{land}{body}")))
}

fn unknown(shown: &str) -> Fault {
    let shown: String = shown.trim().chars().take(40).collect();
    Fault {
        wrong: text!(
            "“{shown}”不是认得的号码形式。",
            "“{shown}” has the form of no number of a right."
        ),
        expected: text!(
            "写专利号（ZL201810123456.5）、公开（公告）号（CN110212345B）、PCT/CN2021/123456、带国别代码的外国号码（US11123456B2）、软件登记号（2021SR0123456）、品种权号（CNA20170123.4）或布图设计登记号（BS.175531234）。",
            "Write a patent number (ZL201810123456.5), a publication (CN110212345B), PCT/CN2021/123456, a foreign number with its country code (US11123456B2), a software registration (2021SR0123456), a plant variety (CNA20170123.4) or a layout (BS.175531234)."
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use RightKind::{Design, Invention, PlantVariety, Software, UtilityModel};

    fn good(text: &str) -> Number {
        match read(text) {
            Reading::Number(number) => number,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (typed, kind, office, normal) in [
            ("ZL201810123456.5", Some(Invention), "CN", "2018101234565"),
            ("201810123456.5", Some(Invention), "CN", "2018101234565"),
            (
                "ZL 2018 1 0123456.5",
                Some(Invention),
                "CN",
                "2018101234565",
            ),
            (
                "专利号：ＺＬ201810123456.5",
                Some(Invention),
                "CN",
                "2018101234565",
            ),
            ("ZL201810123456", Some(Invention), "CN", "2018101234565"),
            (
                "ZL201920234567.3",
                Some(UtilityModel),
                "CN",
                "2019202345673",
            ),
            ("ZL202030345678.X", Some(Design), "CN", "202030345678X"),
            (
                " CN 1 1 0 2 1 2 3 4 5 B",
                Some(Invention),
                "CN",
                "CN110212345B",
            ),
            ("CN2759999Y", Some(UtilityModel), "CN", "CN2759999Y"),
            ("CN300123456D", Some(Design), "CN", "CN300123456D"),
            ("CN109097365B2", Some(Invention), "CN", "CN109097365B2"),
            ("CN 114.018.693.A", Some(Invention), "CN", "CN114018693A"),
            ("PCT/CN2021/123456", None, "WO", "PCT/CN2021/123456"),
            ("PCT/CN03/00123", None, "WO", "PCT/CN03/00123"),
            ("WO2021/123456A1", None, "WO", "WO2021123456A1"),
            ("US 11,123,456 B2", None, "US", "US11123456B2"),
            ("EP3456789B1", None, "EP", "EP3456789B1"),
            ("JP2021-123456A", None, "JP", "JP2021123456A"),
            ("2020SR0123456", Some(Software), "CPCC", "2020SR0123456"),
            (
                "软著登字第1234567号",
                Some(Software),
                "CPCC",
                "软著登字第1234567号",
            ),
            ("CNA20170123.4", Some(PlantVariety), "MARA", "CNA201701234"),
            (
                "CNA20191000001",
                Some(PlantVariety),
                "MARA",
                "CNA20191000001",
            ),
            (
                "BS.175531234",
                Some(RightKind::IcLayout),
                "CNIPA",
                "BS175531234",
            ),
        ] {
            let read = good(typed);
            assert_eq!((read.kind, read.office), (kind, office), "{typed}");
            assert_eq!(read.text, normal, "{typed}");
        }
        let old = good("ZL99112233");
        assert_eq!(old.text.len(), 9);
        assert_eq!(old.text.chars().last(), check_digit("99112233"));
    }

    #[test]
    fn what_says_that_there_is_no_number_is_told_apart() {
        assert_eq!(read("无"), Reading::Absent(Absence::None));
        assert_eq!(read(" 技术秘密 "), Reading::Absent(Absence::Secret));
        assert_eq!(read("申请中"), Reading::Absent(Absence::Pending));
        assert_eq!(read("申请中（2023年）"), Reading::Absent(Absence::Pending));
        assert_eq!(read("无（技术秘密）"), Reading::Absent(Absence::Secret));
        assert_eq!(read("——"), Reading::Absent(Absence::None));
        for open in ["待补", "见合同（无）", "", "(无)"] {
            assert!(matches!(read(open), Reading::Wrong(_)), "{open}");
        }
    }

    #[test]
    fn a_wrong_check_digit_names_the_one_that_fits() {
        let Reading::Wrong(fault) = read("ZL201810123456.7") else {
            panic!("taken");
        };
        assert!(fault.wrong.zh.contains("算得 5"), "{fault:?}");
        assert!(fault.expected.en.contains("201810123456.5"), "{fault:?}");
    }

    #[test]
    fn what_fits_no_form_is_a_fault() {
        for wrong in [
            "",
            "CN2158486",
            "CN123456A",
            "CN1234567890A",
            "CN113942150",
            "CN113942150X",
            "CN11394215OA",
            "113942150A",
            "SR123456",
            "ZZ1234567",
            "一种水泵",
            "2021SR12",
            "CNA12",
            "BS12",
            "PCT/CN2021/12",
            "ZL201840123456.5",
            "20180207",
            "1234567",
        ] {
            assert!(matches!(read(wrong), Reading::Wrong(_)), "{wrong}");
        }
    }

    #[test]
    fn the_kind_that_is_told_must_fit_the_number() {
        assert!(read_as(Invention, "ZL201810123456.5").is_ok());
        assert!(read_as(Design, "ZL201810123456.5").is_err());
        assert!(read_as(Software, "CN110212345B").is_err());
        let defence = read_as(RightKind::DefencePatent, "ZL201810123456.5").unwrap();
        assert_eq!(defence.office, "CNIPA-D");
        let forest = read_as(PlantVariety, "20180123").unwrap();
        assert_eq!((forest.office, forest.text.as_str()), ("NFGA", "20180123"));
        assert!(read_as(UtilityModel, "US11123456B2").is_ok());
        assert!(read_as(Invention, "无").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}") {
            let _ = read(&text);
            for kind in RightKind::ALL {
                let _ = read_as(*kind, &text);
            }
        }

        #[test]
        fn a_normal_form_reads_as_itself(text in "(ZL)?20[01][0-9][123][0-9]{7}|CN[0-9]{7,9}[ABCUYSD]|US[0-9]{6,8}B2|20[12][0-9]SR[0-9]{6,7}") {
            if let Reading::Number(first) = read(&text) {
                prop_assert_eq!(good(&first.text), first);
            }
        }

        #[test]
        fn exactly_one_check_digit_fits(serial in 0u32..10_000_000, year in 2004u32..2030, kind in 1u32..=3) {
            let body = format!("{year}{kind}{serial:07}");
            let fitting = "0123456789X".chars()
                .filter(|c| matches!(read(&format!("ZL{body}.{c}")), Reading::Number(_)))
                .collect::<Vec<_>>();
            prop_assert_eq!(fitting, vec![check_digit(&body).unwrap()]);
        }
    }
}
