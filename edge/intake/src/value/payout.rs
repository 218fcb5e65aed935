//! Cells that say who got how much: 张三：1,200.00；李四：800元.

use dukou_kernel::{Money, Share};

use super::amount::{Unit, from_text};
use super::{names, spelling};
use crate::cell::{is_blank, is_han, narrow};

/// One person's part as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// An amount as typed, for the unit is decided by the whole column.
    Amount(String),
    /// A share of the team's amount.
    Share(Share),
}

/// Reads the cell; `None` when it is not names with figures.
pub fn read(text: &str) -> Option<Vec<(String, Part)>> {
    let plain: Vec<char> = text.chars().map(narrow).collect();
    let mut at = 0;
    let mut found = Vec::new();
    let figure = |c: char| c.is_ascii_digit();
    while at < plain.len() {
        let mut name = String::new();
        while let Some(c) = plain.get(at).copied().filter(|c| !figure(*c)) {
            name.push(c);
            at += 1;
        }
        if at >= plain.len() {
            // Words behind the last figure, such as 元 or 合计, are no person.
            break;
        }
        let mut digits = String::new();
        while let Some(c) = plain.get(at).copied() {
            let thousands = matches!(c, ',' | '，') && group_follows(&plain, at + 1);
            if !(figure(c) || c == '.' || thousands) {
                break;
            }
            digits.push(if thousands { ',' } else { c });
            at += 1;
        }
        let mut tail = String::new();
        while let Some(c) = plain.get(at).copied() {
            let unit = matches!(c, '万' | '亿' | '千' | '元' | '圆' | '%' | '整');
            if !(unit
                || c == ' '
                    && plain
                        .get(at + 1)
                        .is_some_and(|c| matches!(c, '万' | '元' | '%'))
                    && !plain.get(at + 2).copied().is_some_and(begins_a_name))
            {
                break;
            }
            tail.push(c);
            at += 1;
        }
        // 1.张三：500 counts the people before naming them.
        let count = digits.trim_end_matches('.');
        let next_han = plain
            .get(at)
            .copied()
            .is_some_and(|c| is_han(c) || c == '、' || c == ')');
        if clean(&name).is_none() && tail.is_empty() && count.len() <= 2 && next_han {
            if plain.get(at).copied().is_some_and(|c| !is_han(c)) {
                at += 1;
            }
            continue;
        }
        let negative = name.trim_end().ends_with('-')
            && name.trim_end().trim_end_matches('-').ends_with([':', ' ']);
        let Some(name) = clean(&name) else {
            // 张三40元（57%） and 张三（57%）40元 say the same thing twice.
            let share = tail.trim() == "%";
            match found.last_mut() {
                Some((_, Part::Amount(_))) if share => continue,
                Some((_, part @ Part::Share(_))) if !share => {
                    let digits = digits.trim_end_matches(['.', ',']);
                    *part = Part::Amount(format!("{digits}{}", tail.trim()));
                    continue;
                }
                _ => return None,
            }
        };
        if matches!(name.as_str(), "合计" | "共计" | "总计" | "小计" | "共") {
            continue;
        }
        let digits = digits.trim_end_matches(['.', ',']).to_owned();
        let part = if tail.trim() == "%" {
            Part::Share(format!("{digits}%").parse().ok()?)
        } else {
            let sign = if negative { "-" } else { "" };
            Part::Amount(format!("{sign}{digits}{}", tail.trim()))
        };
        found.push((name, part));
    }
    (!found.is_empty()).then_some(found)
}

/// 万 and 元 are surnames too: behind a blank they are units only where no
/// name goes on.
fn begins_a_name(c: char) -> bool {
    is_han(c) && c != '元' && c != '整'
}

/// Three digits and then none: the comma cuts thousands.
fn group_follows(plain: &[char], from: usize) -> bool {
    let digit = |index: usize| plain.get(index).is_some_and(char::is_ascii_digit);
    (from..from + 3).all(digit) && !digit(from + 3)
}

fn clean(raw: &str) -> Option<String> {
    let marks = |c: char| {
        is_blank(c)
            || matches!(
                c,
                ':' | ';'
                    | ','
                    | '、'
                    | '/'
                    | '('
                    | ')'
                    | '='
                    | '-'
                    | '¥'
                    | '.'
                    | '|'
                    | '，'
                    | '；'
                    | '。'
                    | '+'
                    | '['
                    | ']'
                    | '*'
                    | '\u{2460}'..='\u{2473}'
            )
    };
    let mut name = raw.trim_matches(marks).to_owned();
    for word in [
        "人民币",
        "分配",
        "奖励",
        "发放",
        "实发",
        "应得",
        "所得",
        "获得",
        "获",
        "分得",
        "得",
        "RMB",
    ] {
        if let Some(shorter) = name.strip_suffix(word)
            && shorter.chars().count() >= 2
        {
            name = shorter.trim_end_matches(marks).to_owned();
        }
    }
    let told = names::read(&name).names;
    if let [one] = told.as_slice() {
        name.clone_from(one);
    }
    if name.chars().any(is_han) {
        name.retain(|c| !is_blank(c));
    }
    let name: String = name.chars().map(spelling::interpunct).collect();
    name.chars().any(char::is_alphabetic).then_some(name)
}

/// The amounts of all parts under a unit. Shares count of the team's amount.
pub fn amounts(parts: &[(String, Part)], unit: Unit, team: Option<Money>) -> Option<Vec<Money>> {
    let mut left = team.map(Money::fen);
    let shared = parts.iter().all(|(_, part)| matches!(part, Part::Share(_)));
    let whole = shared
        && Share::sum(parts.iter().filter_map(|(_, part)| match part {
            Part::Share(share) => Some(*share),
            Part::Amount(_) => None,
        }))
        .is_ok_and(|sum| sum == Share::ONE);
    let last = parts.len().saturating_sub(1);
    let mut found = Vec::with_capacity(parts.len());
    for (index, (_, part)) in parts.iter().enumerate() {
        let money = match part {
            Part::Amount(text) => from_text(text, unit)?,
            Part::Share(_) if whole && index == last => Money::from_fen(left?),
            Part::Share(share) => {
                let product = i128::from(team?.fen()).checked_mul(i128::from(share.numerator()))?;
                let bottom = i128::from(share.denominator());
                let rounded =
                    product.checked_mul(2)?.checked_add(bottom)? / bottom.checked_mul(2)?;
                Money::from_fen(i64::try_from(rounded).ok()?)
            }
        };
        left = left.and_then(|rest| rest.checked_sub(money.fen()));
        found.push(money);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(text: &str, unit: Unit, team: i64) -> Option<Vec<(String, i64)>> {
        let parts = read(text)?;
        let amounts = amounts(&parts, unit, Some(Money::from_fen(team)))?;
        Some(
            parts
                .into_iter()
                .zip(amounts)
                .map(|((name, _), money)| (name, money.fen()))
                .collect(),
        )
    }

    #[test]
    fn who_got_how_much_is_read_in_every_spelling() {
        let wanted = Some(vec![
            ("张三".to_owned(), 120_000),
            ("李四".to_owned(), 80_000),
        ]);
        for typed in [
            "张三：1200.00；李四：800",
            "张三：1,200.00，李四：800.00",
            "张三1200元、李四800元",
            "张三(1200)、李四(800)",
            "张三 1,200.00 李四 800.00",
            "张三：0.12万元；李四：0.08万元",
            "张三60%；李四40%",
            "1.张三：1200 2.李四：800",
            "张三=1200\n李四=800",
            "张三 ¥1,200；李四 ¥800",
            "张三分得1200元，李四分得800元。",
        ] {
            assert_eq!(fen(typed, Unit::Yuan, 200_000), wanted, "{typed}");
        }
        assert_eq!(
            fen("张三：0.12；李四：0.08", Unit::TenThousand, 200_000),
            wanted
        );
        assert_eq!(read("详见附件"), None);
    }
}
