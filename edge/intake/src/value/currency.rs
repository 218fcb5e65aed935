//! Currencies that are not the yuan, as headers, cells and number formats name them.

use crate::cell::squeeze;

/// A currency that is not the yuan.
#[derive(Debug, PartialEq, Eq)]
pub struct Currency {
    /// 中文
    pub zh: &'static str,
    /// The code of ISO 4217.
    pub en: &'static str,
    words: &'static [&'static str],
}

const fn of(zh: &'static str, en: &'static str, words: &'static [&'static str]) -> Currency {
    Currency { zh, en, words }
}

/// Those that name a dollar of their own stand before the one with the bare sign.
static CURRENCIES: [Currency; 18] = [
    of(
        "港元",
        "HKD",
        &["港元", "港币", "港幣", "港纸", "hkd", "hk$"],
    ),
    of("新台币", "TWD", &["新台币", "台币", "twd", "nt$"]),
    of("澳大利亚元", "AUD", &["澳元", "澳大利亚元", "aud", "a$"]),
    of(
        "加拿大元",
        "CAD",
        &["加元", "加拿大元", "加币", "cad", "c$"],
    ),
    of("新加坡元", "SGD", &["新加坡元", "新币", "sgd", "s$"]),
    of("美元", "USD", &["美元", "美金", "usd", "us$", "$"]),
    of("欧元", "EUR", &["欧元", "eur", "€"]),
    of("英镑", "GBP", &["英镑", "gbp", "£"]),
    of("日元", "JPY", &["日元", "日圆", "日円", "円", "jpy", "jp¥"]),
    of("韩元", "KRW", &["韩元", "韩币", "韩圆", "krw", "₩"]),
    of("澳门元", "MOP", &["澳门元", "澳门币", "mop"]),
    of("瑞士法郎", "CHF", &["瑞士法郎", "瑞郎", "chf"]),
    of("卢布", "RUB", &["卢布", "rub", "₽"]),
    of("泰铢", "THB", &["泰铢", "thb"]),
    of("卢比", "INR", &["卢比", "inr", "₹"]),
    of("林吉特", "MYR", &["林吉特", "马币", "myr"]),
    of("迪拉姆", "AED", &["迪拉姆", "aed"]),
    of("外币", "foreign currency", &["外币", "外汇"]),
];

/// The currency other than the yuan that words about money name.
pub fn foreign(text: &str) -> Option<&'static Currency> {
    let plain = squeeze(text).to_lowercase();
    CURRENCIES.iter().find(|currency| {
        let mut words = currency.words.iter();
        words.any(|word| {
            plain
                .match_indices(word)
                .any(|(at, _)| stands(&plain, at, word))
        })
    })
}

/// Letters of a code are no part of a longer word.
fn stands(plain: &str, at: usize, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    let begins = word.starts_with(|c: char| c.is_ascii_alphabetic());
    let ends = word.ends_with(|c: char| c.is_ascii_alphabetic());
    let before = plain.get(..at).and_then(|head| head.chars().last());
    let after = plain
        .get(at + word.len()..)
        .and_then(|tail| tail.chars().next());
    !(begins && letter(before) || ends && letter(after))
}

/// True when the words say the yuan by name.
pub fn says_yuan(text: &str) -> bool {
    let plain = squeeze(text).to_lowercase();
    ["人民币", "rmb", "cny", "本位币", "本币"]
        .iter()
        .any(|word| plain.contains(word))
}

/// The currency other than the yuan with which a number format shows a number:
/// `[$$-409]#,##0.00`, `[$€-2] #,##0`, `"US$"#,##0`.
pub fn in_format(code: &str) -> Option<&'static Currency> {
    const JAPANESE: &str = "411";
    let mut signs = String::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..)?;
        match c {
            '[' => {
                let (inside, tail) = rest.split_once(']')?;
                rest = tail;
                if let Some(named) = inside.strip_prefix('$') {
                    let (sign, place) = named.split_once('-').unwrap_or((named, ""));
                    if place == JAPANESE && sign.contains(['¥', '￥']) {
                        return foreign("jpy");
                    }
                    signs.push_str(sign);
                    signs.push(' ');
                }
            }
            // A colour or a filler says nothing about money.
            '*' | '_' => rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..)?,
            '"' | '\\' => {}
            other => signs.push(other),
        }
    }
    foreign(&signs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_currencies_are_known_and_the_yuan_is_none() {
        for (text, wanted) in [
            ("万美元", Some("USD")),
            ("USD 50,000", Some("USD")),
            ("US$500", Some("USD")),
            ("$500", Some("USD")),
            ("HK$500", Some("HKD")),
            ("港币万元", Some("HKD")),
            ("金额（欧元）", Some("EUR")),
            ("€", Some("EUR")),
            ("5万日元", Some("JPY")),
            ("外币", Some("foreign currency")),
            ("人民币万元", None),
            ("¥500", None),
            ("RMB", None),
            ("元", None),
            ("USDT", None),
            ("增值税", None),
        ] {
            assert_eq!(foreign(text).map(|it| it.en), wanted, "{text}");
        }
    }

    #[test]
    fn number_formats_name_currencies() {
        for (code, wanted) in [
            ("[$$-409]#,##0.00", Some("USD")),
            ("[$€-2] #,##0.00", Some("EUR")),
            ("\"US$\"#,##0;\\-\"US$\"#,##0", Some("USD")),
            ("[$HK$-C04]#,##0", Some("HKD")),
            ("[$USD] #,##0.00", Some("USD")),
            ("[$¥-411]#,##0", Some("JPY")),
            ("[$¥-804]#,##0.00", None),
            ("\"¥\"#,##0.00", None),
            ("[$-804]yyyy\"年\"m\"月\"", None),
            ("[Red]#,##0.00_ ", None),
            ("yyyy-mm-dd", None),
            ("General", None),
            ("[", None),
        ] {
            assert_eq!(in_format(code).map(|it| it.en), wanted, "{code}");
        }
    }
}
