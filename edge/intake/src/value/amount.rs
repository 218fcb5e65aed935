//! Money cells: yuan, 万元, 亿元, 大写, brackets for refunds. Whole fen, exactly.

use super::numeral;
pub use super::unit::Unit;
use crate::cell::{Cell, plain_number, squeeze};
use dukou_kernel::Money;

/// Reads an amount. `unit` counts where the cell itself names none. `None`
/// when no amount can be read out of the cell.
pub fn read(cell: &Cell, unit: Unit) -> Option<Money> {
    match cell {
        Cell::Empty | Cell::Error(_) => None,
        Cell::Number(number) | Cell::Day(_, number) => {
            if matches!(cell, Cell::Day(stamp, _) if stamp.year >= 1950) {
                return None;
            }
            number
                .is_finite()
                .then(|| decimal(&plain_number(*number), unit.fen()))?
        }
        Cell::Text(text) => from_text(text, unit),
    }
}

/// Whether an amount in another currency makes these yuan at a rate in millionths,
/// which may count one or a hundred of its units, within one part in a hundred.
pub fn is_worth(original: Money, rate_millionths: Money, yuan: Money) -> bool {
    let product = i128::from(original.fen()).checked_mul(i128::from(rate_millionths.fen()));
    let wanted = i128::from(yuan.fen());
    [1_000_000, 100_000_000].into_iter().any(|parts| {
        let found = product.map(|product| product / parts);
        found.is_some_and(|found| (found - wanted).abs() <= wanted.abs() / 100)
    })
}

/// Reads an amount typed as text.
pub fn from_text(text: &str, unit: Unit) -> Option<Money> {
    let plain = squeeze(text);
    if plain.is_empty() || plain.chars().count() > 80 {
        return None;
    }
    // A whole amount in brackets is a refund: (1,234.56).
    if let Some(inner) = plain
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        && !inner.contains(['(', ')'])
    {
        let value = one(inner, unit)?;
        return (value.fen() >= 0).then(|| Money::from_fen(-value.fen()));
    }
    let (outside, inside) = brackets(&plain)?;
    // 人民币贰拾万元整 ¥200,000.00 is one amount said twice, or no amount.
    let value = match outside.split_once('¥') {
        Some((words, figures)) if words.contains(['元', '圆']) && !figures.is_empty() => {
            let words = words.trim_end_matches([':', ',', ';', '，', '；']);
            let said = one(words.trim_end_matches("小写"), unit)?;
            (one(figures, Unit::Yuan)? == said).then_some(said)?
        }
        _ => one(&outside, unit)?,
    };
    for note in inside {
        if note.chars().any(|c| c.is_ascii_digit()) || numeral_note(&note) {
            // 伍拾万元整(500,000.00元) is one amount said twice, or no amount.
            let doubled = one(&note, unit).filter(|other| *other == value);
            let says_unit = Unit::named(&note).is_none();
            let said = says_unit && one(&note, Unit::Yuan) == Some(value);
            if doubled.is_none() && !said && !adds_up(&note, unit, value) {
                return None;
            }
        }
    }
    Some(value)
}

/// 300万（首付100万，里程碑200万）: the parts make the whole.
fn adds_up(note: &str, unit: Unit, whole: Money) -> bool {
    let pieces = note.split(['，', ',', '、', ';', '；', '+']);
    let parts: Option<Vec<Money>> = pieces
        .map(|piece| {
            let figures = piece.find(|c: char| c.is_ascii_digit() || c == '¥')?;
            one(piece.get(figures..)?, unit)
        })
        .collect();
    let parts = parts.filter(|parts| parts.len() > 1);
    parts.is_some_and(|parts| Money::sum(parts).is_ok_and(|sum| sum == whole))
}

fn numeral_note(note: &str) -> bool {
    let head: String = note
        .chars()
        .take_while(|c| numeral::is_numeral(*c))
        .collect();
    head.chars().count() >= 2
}

/// The text outside brackets and the texts inside them.
fn brackets(plain: &str) -> Option<(String, Vec<String>)> {
    let (mut outside, mut inside, mut open) = (String::new(), Vec::new(), None::<String>);
    for c in plain.chars() {
        match (c, &mut open) {
            ('(', None) => open = Some(String::new()),
            (')', Some(note)) => {
                inside.push(std::mem::take(note));
                open = None;
            }
            ('(' | ')', _) => return None,
            (other, Some(note)) => note.push(other),
            (other, None) => outside.push(other),
        }
    }
    open.is_none().then_some((outside, inside))
}

fn one(text: &str, unit: Unit) -> Option<Money> {
    let mut rest = text;
    let mut negative = false;
    loop {
        let before = rest;
        for prefix in [
            "人民币",
            "大写",
            "小写",
            "合计",
            "RMB",
            "rmb",
            "CNY",
            "cny",
            "¥",
            ":",
            "计",
            "共",
            "总价",
            "金额",
        ] {
            rest = rest.strip_prefix(prefix).unwrap_or(rest);
        }
        for prefix in ["-", "负", "退款", "退回", "退", "冲减", "冲销"] {
            if let Some(shorter) = rest.strip_prefix(prefix) {
                if negative {
                    return None;
                }
                negative = true;
                rest = shorter;
            }
        }
        rest = rest.strip_prefix('+').unwrap_or(rest);
        if rest == before {
            break;
        }
    }
    for suffix in ["人民币", "RMB", "rmb", "CNY", "¥"] {
        rest = rest.strip_suffix(suffix).unwrap_or(rest);
    }
    let value = if rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        arabic(rest, unit)
    } else {
        capital(rest, unit)
    }?;
    Some(if negative {
        Money::from_fen(value.fen().checked_neg()?)
    } else {
        value
    })
}

/// `1,234.56`, `12.5万元`, `3e6`, `12万5千元`.
fn arabic(text: &str, unit: Unit) -> Option<Money> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '，')))
        .unwrap_or(text.len());
    let (digits, tail) = text.split_at_checked(end)?;
    let digits = grouped(digits)?;
    let tail = tail.strip_suffix(['整', '正']).unwrap_or(tail);
    if let Some(exponent) = tail.strip_prefix(['e', 'E']) {
        let power: u32 = exponent
            .strip_prefix('+')
            .unwrap_or(exponent)
            .parse()
            .ok()?;
        return decimal(&digits, unit.fen().checked_mul(10i128.checked_pow(power)?)?);
    }
    let factor = match tail {
        "" => unit.fen(),
        "元" | "圆" | "块" | "块钱" | "元人民币" | "yuan" => Unit::Yuan.fen(),
        "分" => 1,
        "角" => 10,
        "百元" => 10_000,
        "千" | "千元" | "仟元" | "k" | "K" => Unit::Thousand.fen(),
        "万" | "万元" | "万圆" | "萬元" | "萬" | "w" | "W" | "万元人民币" | "万RMB" => {
            Unit::TenThousand.fen()
        }
        "十万" | "十万元" => 10_000_000,
        "百万" | "百万元" => Unit::Million.fen(),
        "千万" | "千万元" => 1_000_000_000,
        "亿" | "亿元" | "億元" | "亿圆" => Unit::HundredMillion.fen(),
        _ => return mixed(&digits, tail),
    };
    decimal(&digits, factor)
}

/// `12万5千元`, `3元5角`: two or more counted parts, each unit smaller.
fn mixed(first: &str, tail: &str) -> Option<Money> {
    let mut total = 0i128;
    let mut last = i128::MAX;
    let mut digits = first.to_owned();
    let mut rest = tail;
    loop {
        let cut = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (name, more) = rest.split_at_checked(cut)?;
        let factor = match name {
            "亿" => Unit::HundredMillion.fen(),
            "万" => Unit::TenThousand.fen(),
            "千" | "千元" => Unit::Thousand.fen(),
            "百" | "百元" => 10_000,
            "元" | "圆" | "块" => 100,
            "角" | "毛" => 10,
            "分" => 1,
            // 3万5: one last digit counts the next lower unit.
            "" if more.is_empty() && digits.len() == 1 && last >= 100 => last / 10,
            _ => return None,
        };
        if factor >= last {
            return None;
        }
        total = total.checked_add(i128::from(decimal(&digits, factor)?.fen()))?;
        last = factor;
        if more.is_empty() {
            return i64::try_from(total).ok().map(Money::from_fen);
        }
        let end = more
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(more.len());
        let (next, after) = more.split_at_checked(end)?;
        digits = next.to_owned();
        rest = after;
    }
}

/// Commas only where thousands or ten thousands are cut.
fn grouped(digits: &str) -> Option<String> {
    let plain: String = digits
        .chars()
        .map(|c| if c == '，' || c == '\'' { ',' } else { c })
        .collect();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if fraction.contains([',', '.']) {
        return None;
    }
    let mut parts = whole.split(',');
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let even = |n: usize| rest.iter().all(|part| part.len() == n) && first.len() <= n;
    if !rest.is_empty() && (first.is_empty() || !(even(3) || even(4))) {
        return None;
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    Some(format!("{}.{fraction}", whole.replace(',', "")))
}

/// A plain decimal times `factor` fen, rounded half away from zero.
fn decimal(digits: &str, factor: i128) -> Option<Money> {
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !all(whole) || !all(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if whole.trim_start_matches('0').len() > 18 || fraction.len() > 18 {
        return None;
    }
    let mantissa: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled = mantissa.checked_mul(factor)?;
    let rounded = scaled.checked_add(scale / 2)? / scale;
    let fen = i64::try_from(rounded).ok()?;
    Some(Money::from_fen(if negative { -fen } else { fen }))
}

/// 叁佰贰拾万元整, 壹仟零伍拾元伍角, 三百万.
fn capital(text: &str, unit: Unit) -> Option<Money> {
    let text = text.strip_suffix(['整', '正']).unwrap_or(text);
    let spoken = text
        .strip_suffix("块钱")
        .or_else(|| text.strip_suffix('块'));
    let in_yuan = spoken.map(|spoken| format!("{spoken}元"));
    let text = in_yuan.as_deref().unwrap_or(text);
    let (yuan, change) = match text.find(['元', '圆', '圓']) {
        Some(at) => {
            let (head, tail) = text.split_at_checked(at)?;
            let mut tail = tail.chars();
            tail.next();
            (head, Some(tail.as_str()))
        }
        None => (text, None),
    };
    let change = change.map(|c| c.strip_suffix(['整', '正']).unwrap_or(c));
    if change.is_none() && (yuan.contains(['角', '分'])) {
        return i64::try_from(cents(yuan)?).ok().map(Money::from_fen);
    }
    let value = numeral::counted(yuan)?;
    let factor = match change {
        None if !yuan.contains(['万', '亿', '萬', '億']) => unit.fen(),
        _ => 100,
    };
    let mut fen = value.checked_mul(factor)?;
    if let Some(change) = change.filter(|c| !c.is_empty()) {
        fen = fen.checked_add(cents(change)?)?;
    }
    i64::try_from(fen).ok().map(Money::from_fen)
}

/// 伍角, 零伍分, 伍角贰分.
fn cents(text: &str) -> Option<i128> {
    let mut rest = text;
    let mut fen = 0;
    let mut seen = false;
    for (mark, factor) in [('角', 10), ('分', 1)] {
        if let Some((count, after)) = rest.split_once(mark) {
            let count = numeral::counted(count)?;
            if count > 9 {
                return None;
            }
            fen += count * factor;
            rest = after;
            seen = true;
        }
    }
    (seen && rest.is_empty()).then_some(fen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_offices_type_them_are_read_to_the_fen() {
        use Unit::{TenThousand as Wan, Yuan};
        for (typed, unit, fen) in [
            ("1,234.56", Yuan, 123_456),
            ("￥1,234.56", Yuan, 123_456),
            ("１２３４．５", Yuan, 123_450),
            ("12.5万", Yuan, 12_500_000),
            ("12.5 万元", Wan, 12_500_000),
            ("12.5", Wan, 12_500_000),
            ("80,000.00元", Wan, 8_000_000),
            ("0.3亿元", Yuan, 3_000_000_000),
            ("叁佰贰拾万元整", Wan, 320_000_000),
            ("人民币壹仟零伍拾元伍角", Yuan, 105_050),
            ("人民币（大写）：伍拾万元整", Yuan, 50_000_000),
            ("壹佰元零伍分", Yuan, 10_005),
            ("伍拾万元整（¥500,000.00）", Wan, 50_000_000),
            ("三百万", Yuan, 300_000_000),
            ("叁佰贰拾", Wan, 320_000_000),
            ("(1,234.56)", Yuan, -123_456),
            ("-5万元", Yuan, -5_000_000),
            ("20万元（含税）", Yuan, 20_000_000),
            ("1.5E+5", Yuan, 15_000_000),
            ("12万5千元", Yuan, 12_500_000),
            ("33.333333", Wan, 33_333_333),
            ("100元整", Yuan, 10_000),
            ("RMB 3,000", Yuan, 300_000),
            ("1000000.004", Yuan, 100_000_000),
        ] {
            assert_eq!(
                from_text(typed, unit),
                Some(Money::from_fen(fen)),
                "{typed}"
            );
        }
        for wrong in [
            "",
            "-",
            "面议",
            "待定",
            "待评估",
            "约50万元",
            "50万元/年",
            "10%",
            "1,23",
            "1.2.3",
            "$500",
            "500美元",
            "20万+提成",
            "20万元（税后18万元）",
            "见合同",
            "99999999999999999999",
            "50-60万",
            "无",
        ] {
            assert_eq!(from_text(wrong, Yuan), None, "{wrong}");
        }
    }

    #[test]
    fn number_cells_lose_their_float_artefacts() {
        for (number, unit, fen) in [
            (0.1 + 0.2, Unit::Yuan, 30),
            (1_152_522.000_000_000_1, Unit::Yuan, 115_252_200),
            (99.999_999_99, Unit::Yuan, 10_000),
            (35.6, Unit::TenThousand, 35_600_000),
            (1.005, Unit::Yuan, 101),
            (-66_666.666, Unit::Yuan, -6_666_667),
            (2_333_332.4, Unit::Yuan, 233_333_240),
        ] {
            assert_eq!(
                read(&Cell::Number(number), unit),
                Some(Money::from_fen(fen)),
                "{number}"
            );
        }
    }

    #[test]
    fn units_are_found_in_headers_and_notes() {
        assert_eq!(Unit::named("合同金额（万元）"), Some(Unit::TenThousand));
        assert_eq!(Unit::named("单位：人民币 元"), Some(Unit::Yuan));
        assert_eq!(Unit::named("金额/亿元"), Some(Unit::HundredMillion));
        assert_eq!(Unit::named("合同金额"), None);
    }
}
