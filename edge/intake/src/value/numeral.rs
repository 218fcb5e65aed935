//! Numbers written in Chinese characters, everyday and 大写.

fn digit(c: char) -> Option<i128> {
    Some(match c {
        '零' | '〇' | '○' | 'Ｏ' => 0,
        '一' | '壹' | '弌' | '壱' => 1,
        '二' | '贰' | '貳' | '两' => 2,
        '三' | '叁' | '參' | '叄' | '参' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn small_unit(c: char) -> Option<i128> {
    match c {
        '十' | '拾' => Some(10),
        '百' | '佰' => Some(100),
        '千' | '仟' => Some(1_000),
        _ => None,
    }
}

fn large_unit(c: char) -> Option<i128> {
    match c {
        '万' | '萬' => Some(10_000),
        '亿' | '億' => Some(100_000_000),
        _ => None,
    }
}

/// True for characters a Chinese numeral is made of.
pub fn is_numeral(c: char) -> bool {
    digit(c).is_some() || small_unit(c).is_some() || large_unit(c).is_some()
}

/// A row of digits read one by one: 二〇二一 → 2021.
pub fn spelled(text: &str) -> Option<i128> {
    if text.is_empty() || text.chars().count() > 12 {
        return None;
    }
    text.chars()
        .try_fold(0i128, |value, c| Some(value * 10 + digit(c)?))
}

/// A counted number: 叁佰贰拾万 → 3,200,000; 十二 → 12. `None` for anything
/// that is no number, such as 万万 alone or digits without units between them. A last
/// digit right behind a unit counts the next lower one: 三万五 is 35,000, 三万零五 30,005.
pub fn counted(text: &str) -> Option<i128> {
    if text.is_empty() || text.chars().count() > 40 {
        return None;
    }
    let (mut total, mut section, mut pending) = (0i128, 0i128, None::<i128>);
    let mut last_large = i128::MAX;
    let mut last_small = i128::MAX;
    // The unit right behind which a digit stands.
    let mut above = 1;
    for c in text.chars() {
        if let Some(value) = digit(c) {
            if value == 0 {
                above = 1;
                if pending.is_some_and(|p| p != 0) {
                    return None;
                }
                pending = None;
            } else {
                if pending.is_some() {
                    return None;
                }
                pending = Some(value);
            }
        } else if let Some(unit) = small_unit(c) {
            if unit >= last_small {
                return None;
            }
            let count = match pending.take() {
                Some(count) => count,
                None if unit == 10 && section == 0 => 1,
                None => return None,
            };
            section += count * unit;
            last_small = unit;
            above = unit;
        } else {
            let unit = large_unit(c)?;
            section += pending.take().unwrap_or(0);
            if section == 0 && total == 0 {
                return None;
            }
            if unit > last_large {
                total = total.checked_add(section)?.checked_mul(unit)?;
            } else {
                total = total.checked_add(section.checked_mul(unit)?)?;
            }
            section = 0;
            above = unit;
            last_large = unit;
            last_small = i128::MAX;
        }
    }
    total
        .checked_add(section)?
        .checked_add(pending.unwrap_or(0).checked_mul((above / 10).max(1))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_are_counted_and_spelled() {
        for (text, value) in [
            ("叁佰贰拾万", 3_200_000),
            ("壹仟零伍拾", 1_050),
            ("十二", 12),
            ("二十", 20),
            ("三十一", 31),
            ("壹亿贰仟万", 120_000_000),
            ("壹拾万零伍佰", 100_500),
            ("两万三千", 23_000),
            ("零", 0),
            ("三万五", 35_000),
            ("三万零五", 30_005),
            ("一百二", 120),
            ("二十五", 25),
            ("一亿二", 120_000_000),
            ("一千二百三十四万五千六百七十八", 12_345_678),
        ] {
            assert_eq!(counted(text), Some(value), "{text}");
        }
        for wrong in ["", "万", "一二", "十百", "面议", "百"] {
            assert_eq!(counted(wrong), None, "{wrong}");
        }
        assert_eq!(spelled("二〇二一"), Some(2021));
        assert_eq!(spelled("二零二一"), Some(2021));
        assert_eq!(spelled("二十"), None);
    }
}
