//! The words that make a row a total of the rows above it.

use crate::cell::squeeze;

const TOTALS: [&str; 8] = [
    "小计",
    "合计",
    "总计",
    "共计",
    "累计",
    "总合计",
    "汇总",
    "总和",
];

/// 小计, 合计：12项, 2021年合计, 本页小计, 以上合计 … in one of the first filled cells.
pub fn says_total(text: &str) -> bool {
    let plain: String = squeeze(text)
        .chars()
        .filter(|c| !matches!(c, '(' | ')' | '-' | '*'))
        .collect();
    let bare = plain.trim_end_matches([':', '：']);
    if bare.chars().count() > 24 {
        return false;
    }
    TOTALS.iter().any(|word| {
        bare == *word
            || (bare.ends_with(word) && bare.chars().count() <= 16)
            || bare.strip_prefix(word).is_some_and(|rest| {
                rest.starts_with([':', '共', '/'])
                    || rest.starts_with(|c: char| c.is_ascii_digit())
                    || rest.starts_with("金额")
                    || rest.starts_with("数")
                    || rest.starts_with("人民币")
            })
    }) || matches!(bare, "total" | "Total" | "TOTAL" | "subtotal" | "Subtotal")
}
