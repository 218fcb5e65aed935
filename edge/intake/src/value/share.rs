//! Shares of contributors: percentages, fractions, ratios, equal parts.

use dukou_kernel::Share;

use super::numeral;
use crate::cell::{Cell, plain_number, says_nothing, squeeze};

/// What a share cell says about `people` contributors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shares {
    /// The cell says nothing.
    Absent,
    /// One share for each, together the whole.
    Whole(Vec<Share>),
    /// Something else; the sum as people would say it, where there is one.
    Wrong(Option<String>),
}

/// Reads a share cell of people whose names are not known here.
pub fn read(cell: &Cell, people: usize) -> Shares {
    match cell {
        Cell::Empty | Cell::Error(_) => Shares::Absent,
        // 6:3:1 typed into Excel becomes a time of day.
        Cell::Day(stamp, number) if *number < 1.0 => {
            let parts = [stamp.hour, stamp.minute, stamp.second];
            let used = if people == 2 { 2 } else { 3 };
            let text: Vec<String> = parts.iter().take(used).map(u8::to_string).collect();
            from_text(&text.join(":"), people)
        }
        Cell::Day(..) => Shares::Wrong(None),
        Cell::Number(number) => from_text(&plain_number(*number), people),
        Cell::Text(text) => from_text(text, people),
    }
}

/// Reads shares typed as text.
pub fn from_text(text: &str, people: usize) -> Shares {
    let plain = squeeze(text);
    if plain.is_empty() || says_nothing(text) {
        return Shares::Absent;
    }
    if says_equal(&plain) {
        return if is_all_equal(&plain, people) {
            equal(people)
        } else {
            Shares::Wrong(None)
        };
    }
    if let Some(parts) = fractions(text, people) {
        let whole = Share::sum(parts.iter().copied()).is_ok_and(|sum| sum == Share::ONE);
        return if whole {
            Shares::Whole(parts)
        } else {
            Shares::Wrong(None)
        };
    }
    let ratio =
        plain.contains([':', '∶', '︰', '比']) && !plain.contains('%') && labels(&plain) == 0;
    let Some(mut parts) = numbers(text) else {
        return Shares::Wrong(None);
    };
    if plain.starts_with(['各', '每']) && parts.len() == 1 {
        parts = vec![parts.remove(0); people];
    }
    judge(&parts, ratio, people)
}

/// True for words such as 均分.
pub fn says_equal(plain: &str) -> bool {
    [
        "平均", "均分", "平分", "均等", "等分", "等额", "各半", "均摊",
    ]
    .iter()
    .any(|word| plain.contains(word))
}

/// 均分, 三人平分, 完成人平均分配: equal parts for all, and not a word more.
pub fn is_all_equal(plain: &str, people: usize) -> bool {
    const HARMLESS: [&str; 32] = [
        "平均",
        "均分",
        "平分",
        "均等",
        "等分",
        "等额",
        "各半",
        "均摊",
        "完成人",
        "发明人",
        "设计人",
        "成员",
        "团队",
        "课题组",
        "项目组",
        "所有",
        "全部",
        "全体",
        "人员",
        "人数",
        "贡献",
        "比例",
        "份额",
        "权益",
        "收益",
        "分配",
        "分享",
        "按",
        "各",
        "均",
        "分",
        "人",
    ];
    let mut rest = plain.to_owned();
    for word in HARMLESS {
        rest = rest.replace(word, "");
    }
    let rest = rest.trim_matches(|c: char| "()（），,。.、;；:：".contains(c));
    // 三人平分 counts the people; 各半 means two.
    let counted = rest
        .parse()
        .ok()
        .or_else(|| usize::try_from(numeral::counted(rest)?).ok());
    let told = if plain.contains("各半") {
        Some(2)
    } else {
        counted
    };
    (rest.is_empty() || counted.is_some()) && told.is_none_or(|told| told == people)
}

/// Equal parts.
pub fn equal(people: usize) -> Shares {
    let Ok(count) = u64::try_from(people) else {
        return Shares::Wrong(None);
    };
    match Share::new(1, count.max(1)) {
        Ok(share) => Shares::Whole(vec![share; people]),
        Err(_) => Shares::Wrong(None),
    }
}

/// 1/3、1/3、1/3: one fraction for each.
fn fractions(text: &str, people: usize) -> Option<Vec<Share>> {
    let narrow: String = text.chars().map(crate::cell::narrow).collect();
    let parts: Vec<Share> = narrow
        .split(|c: char| c.is_whitespace() || matches!(c, '、' | ';' | ',' | '，' | '；'))
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (top, bottom) = piece.split_once('/')?;
            Share::new(top.parse().ok()?, bottom.parse().ok()?).ok()
        })
        .collect::<Option<_>>()?;
    (parts.len() == people && people > 1).then_some(parts)
}

fn labels(plain: &str) -> usize {
    plain
        .chars()
        .filter(|c| crate::cell::is_han(*c) && *c != '比')
        .count()
}

/// One number, and whether a percent sign stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The plain decimal.
    pub digits: String,
    /// A percent sign stands behind it.
    pub percent: bool,
}

/// The numbers of a text in order; `None` when there is none or one is odd.
pub fn numbers(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let plain: String = text.chars().map(crate::cell::narrow).collect();
    let mut rest = plain.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at_checked(at)?;
        if before.ends_with('-') && parts.is_empty() && before.trim() == "-" {
            return None;
        }
        let end = tail
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(tail.len());
        let (digits, after) = tail.split_at_checked(end)?;
        let digits = digits.trim_end_matches('.').to_owned();
        if digits.matches('.').count() > 1 || digits.len() > 12 {
            return None;
        }
        let after = after.trim_start();
        let percent = after.starts_with(['%', '﹪']);
        parts.push(Part { digits, percent });
        rest = after.trim_start_matches(['%', '﹪']);
    }
    (!parts.is_empty() && parts.len() <= 500).then_some(parts)
}

/// Judges numbers against the people they belong to. `ratio`: they stand in a
/// ratio such as 6:3:1, which any sum may have.
pub fn judge(parts: &[Part], ratio: bool, people: usize) -> Shares {
    let Some(values) = parts
        .iter()
        .map(|part| part.digits.parse::<Share>().ok())
        .collect::<Option<Vec<Share>>>()
    else {
        return Shares::Wrong(None);
    };
    let Ok(sum) = Share::sum(values.iter().copied()) else {
        return Shares::Wrong(None);
    };
    let percent = parts.iter().any(|part| part.percent);
    if values.len() != people || sum.is_zero() {
        return Shares::Wrong(None);
    }
    let is = |whole: u64| sum == Share::new(whole, 1).unwrap_or(Share::ZERO);
    let said = |value: Share| {
        let text = value.to_percent_text();
        if text.contains('/') {
            format!("{:.2}%", fraction(value) * 100.0)
        } else {
            text
        }
    };
    if percent {
        // 60%/0.4 mixes two spellings; all must be percentages.
        return if is(100) {
            scaled(&values, sum)
        } else {
            Shares::Wrong(hundredth(sum).map(said))
        };
    }
    let below_one = values.iter().all(|value| *value <= Share::ONE);
    let fractions = below_one && parts.iter().any(|part| part.digits.contains('.'));
    if ratio || is(100) || is(1) || is(10) {
        return scaled(&values, sum);
    }
    if fractions {
        return Shares::Wrong(Some(said(sum)));
    }
    // Bare numbers near a hundred are percentages that miss it; others are a ratio.
    let near = |low: u64, high: u64| {
        let low = Share::new(low, 1).unwrap_or(Share::ZERO);
        let high = Share::new(high, 1).unwrap_or(Share::ZERO);
        sum >= low && sum <= high
    };
    if near(50, 200) {
        return Shares::Wrong(hundredth(sum).map(said));
    }
    scaled(&values, sum)
}

fn hundredth(sum: Share) -> Option<Share> {
    sum.times(Share::new(1, 100).ok()?).ok()
}

fn scaled(values: &[Share], sum: Share) -> Shares {
    let shares = values
        .iter()
        .map(|value| {
            let inverse = Share::new(sum.denominator(), sum.numerator()).ok()?;
            value.times(inverse).ok()
        })
        .collect::<Option<Vec<Share>>>();
    shares.map_or(Shares::Wrong(None), Shares::Whole)
}

/// A share as a float, for printing only.
pub fn fraction(share: Share) -> f64 {
    share.numerator() as f64 / share.denominator() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Stamp;

    fn percents(shares: Shares) -> Option<Vec<f64>> {
        match shares {
            Shares::Whole(shares) => {
                Some(shares.into_iter().map(|s| fraction(s) * 100.0).collect())
            }
            _ => None,
        }
    }

    #[test]
    fn shares_are_read_in_every_spelling() {
        for (typed, wanted) in [
            ("60%/40%", vec![60.0, 40.0]),
            ("60、40", vec![60.0, 40.0]),
            ("12：8", vec![60.0, 40.0]),
            ("3:2", vec![60.0, 40.0]),
            ("0.6；0.4", vec![60.0, 40.0]),
            ("６０％ ４０％", vec![60.0, 40.0]),
            ("均分", vec![50.0, 50.0]),
            ("6 4", vec![60.0, 40.0]),
        ] {
            assert_eq!(percents(from_text(typed, 2)), Some(wanted), "{typed}");
        }
        assert_eq!(percents(from_text("100", 1)), Some(vec![100.0]));
        assert_eq!(percents(from_text("20", 1)), Some(vec![100.0]));
        assert_eq!(percents(read(&Cell::Number(1.0), 1)), Some(vec![100.0]));
        let time = Stamp {
            year: 1899,
            month: 12,
            day: 31,
            hour: 6,
            minute: 4,
            second: 0,
        };
        assert_eq!(
            percents(read(&Cell::Day(time, 0.25), 2)),
            Some(vec![60.0, 40.0])
        );
    }

    #[test]
    fn shares_that_miss_the_whole_are_told() {
        for (typed, people) in [
            ("70%/25%", 2),
            ("95%", 1),
            ("60、35", 2),
            ("0.6、0.3", 2),
            ("60%/40%", 3),
            ("详见协议", 2),
            ("0:0", 2),
            ("110%", 1),
        ] {
            assert!(
                matches!(from_text(typed, people), Shares::Wrong(_)),
                "{typed}"
            );
        }
        assert_eq!(from_text("70%/25%", 2), Shares::Wrong(Some("95%".into())));
        assert_eq!(from_text(" - ", 2), Shares::Absent);
    }
}
