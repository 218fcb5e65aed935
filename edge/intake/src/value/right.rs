//! Numbers of rights: publication numbers, software registrations, and the
//! application numbers under which a right may also be known.

use dukou_rights::{Form, Reading, RightKind};

use crate::cell::squeeze;

/// Upper case, half-width, no blanks, dots or hyphens, no words before it.
pub fn plain(text: &str) -> String {
    let upper = squeeze(text).to_uppercase();
    let bare = upper
        .rsplit_once([':', '：'])
        .map_or(upper.as_str(), |(_, tail)| tail);
    bare.chars()
        .filter(|c| !matches!(c, '.' | '-' | '·' | '_' | '\'' | '"' | '*'))
        .collect()
}

/// The number of a text when it has one of these forms.
fn of_form(text: &str, wanted: &[Form]) -> Option<String> {
    match dukou_rights::read(text) {
        Reading::Number(read) if wanted.contains(&read.form) => Some(read.text),
        _ => None,
    }
}

/// The publication number in normal form: CN, 7 to 9 digits, A, B, C, U, Y, S or D, and
/// perhaps one more digit.
pub fn publication(text: &str) -> Option<String> {
    of_form(text, &[Form::Publication])
}

/// The number under which an achievement is known: every form but an application's,
/// which has a column of its own.
pub fn register(text: &str) -> Option<String> {
    const FORMS: &[Form] = &[
        Form::Publication,
        Form::Software,
        Form::Plant,
        Form::Layout,
        Form::Pct,
        Form::Foreign,
    ];
    of_form(text, FORMS)
}

/// The kind of right that a ledger's words name; `None` when they name none known here.
pub fn kind_of_words(words: &str) -> Option<RightKind> {
    const WORDS: &[(&str, RightKind)] = &[
        ("国防", RightKind::DefencePatent),
        ("软件", RightKind::Software),
        ("软著", RightKind::Software),
        ("布图", RightKind::IcLayout),
        ("植物", RightKind::PlantVariety),
        ("生物医药", RightKind::Biomedical),
        ("技术秘密", RightKind::KnowHow),
        ("外观", RightKind::Design),
        ("实用新型", RightKind::UtilityModel),
        ("发明", RightKind::Invention),
    ];
    let found = WORDS.iter().find(|(word, _)| words.contains(word));
    found.map(|(_, kind)| *kind)
}

/// The kind of right of a row: as its words say, else as its number shows.
pub fn kind(words: Option<&str>, number: &str) -> Option<RightKind> {
    words
        .and_then(kind_of_words)
        .or_else(|| match dukou_rights::read(number) {
            Reading::Number(read) => read.kind,
            _ => None,
        })
}

/// The publication number a text starts with, and the rest of the text.
fn leading(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix("CN")?;
    let digits = body.find(|c: char| !c.is_ascii_digit())?;
    if !(7..=9).contains(&digits) {
        return None;
    }
    let (_, tail) = body.split_at_checked(digits)?;
    let mut chars = tail.chars();
    if !matches!(chars.next(), Some('A' | 'B' | 'C' | 'U' | 'Y' | 'S' | 'D')) {
        return None;
    }
    let mut end = 2 + digits + 1;
    if chars.next().is_some_and(|c| c.is_ascii_digit()) {
        end += 1;
    }
    text.split_at_checked(end)
        .map(|(head, rest)| (head.to_owned(), rest))
}

/// A software copyright's registration number: 2021SR0123456.
pub fn software(text: &str) -> Option<String> {
    of_form(text, &[Form::Software])
}

/// A right's number in normal form, or `None` when its shape is impossible.
pub fn number(text: &str) -> Option<String> {
    publication(text).or_else(|| software(text))
}

/// The digits of an application number (ZL 2021 1 0387142.6) whose check digit
/// fits.
pub fn application(text: &str) -> Option<String> {
    let number = plain(text);
    let number = number
        .strip_prefix("ZL")
        .or_else(|| number.strip_prefix("CN"))
        .unwrap_or(&number);
    let (body, check) = number.split_at_checked(number.len().checked_sub(1)?)?;
    if !matches!(body.len(), 8 | 12) || !body.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let wanted = dukou_rights::check_digit(body)?;
    check.starts_with(wanted).then(|| number.to_owned())
}

/// The pieces of a cell that names one or more rights, cut at separators.
pub fn pieces(text: &str) -> Vec<String> {
    let mut cut = vec![String::new()];
    let mut depth = 0usize;
    for c in text.chars().map(crate::cell::narrow) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' | ',' | '、' | '/' | '\\' | '\n' | '\r' | '|' | '和' | '及' | '与' | '&' | '+'
                if depth == 0 =>
            {
                cut.push(String::new());
            }
            other if depth == 0 => {
                if let Some(last) = cut.last_mut() {
                    last.push(other);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for piece in cut {
        let joined = plain(&piece);
        let joined = without_count(&joined);
        if joined.is_empty() {
            continue;
        }
        match run(joined) {
            Some(numbers) => found.extend(numbers),
            None => match applications(&piece) {
                Some(numbers) => found.extend(numbers),
                None => found.push(piece.trim().to_owned()),
            },
        }
    }
    if found
        .iter()
        .any(|piece| number(piece).is_none() && application(piece).is_none())
        && let Some(numbers) = embedded(text)
    {
        return numbers;
    }
    found
}

/// Several application numbers with nothing but blanks between them.
fn applications(piece: &str) -> Option<Vec<String>> {
    if application(piece).is_some() {
        return None;
    }
    let upper = piece.to_uppercase();
    let parts: Vec<&str> = if upper.matches("ZL").count() > 1 {
        upper.split("ZL").collect()
    } else {
        upper.split_whitespace().collect()
    };
    let parts: Vec<&str> = parts
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .collect();
    (parts.len() > 1).then(|| parts.into_iter().map(application).collect())?
}

/// Publication numbers among other words: 《一种泵》CN112233445A（已授权）. `None`
/// unless every CN in the text begins one.
fn embedded(text: &str) -> Option<Vec<String>> {
    let upper: Vec<char> = text
        .chars()
        .map(crate::cell::narrow)
        .flat_map(char::to_uppercase)
        .collect();
    let mut numbers: Vec<String> = Vec::new();
    let mut at = 0;
    while at < upper.len() {
        let starts = upper.get(at) == Some(&'C') && upper.get(at + 1) == Some(&'N');
        let inside = at
            .checked_sub(1)
            .and_then(|i| upper.get(i))
            .is_some_and(char::is_ascii_alphanumeric);
        if !starts || inside {
            if upper.get(at) == Some(&'Z') && upper.get(at + 1) == Some(&'L') {
                return None;
            }
            at += 1;
            continue;
        }
        let mut end = at + 2;
        let mut found = "CN".to_owned();
        while let Some(c) = upper.get(end).filter(|c| c.is_ascii_digit() || **c == ' ') {
            found.extend(Some(*c).filter(|c| *c != ' '));
            end += 1;
        }
        found.push(*upper.get(end)?);
        end += 1;
        let next = |index: usize| upper.get(index).copied().unwrap_or(' ');
        if next(end).is_ascii_digit()
            && !next(end + 1).is_ascii_alphanumeric()
            && !matches!(next(end + 1), '.' | '、' | ')')
        {
            found.push(next(end));
            end += 1;
        } else if next(end).is_ascii_alphabetic() && next(end) != 'C' {
            return None;
        }
        let number = publication(&found)?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
        at = end;
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// 等3件 behind the last number says how many, no number itself.
fn without_count(piece: &str) -> &str {
    match piece.split_once('等') {
        Some((head, tail))
            if tail
                .chars()
                .all(|c| c.is_ascii_digit() || "件项个专利共一二三四五六七八九十".contains(c)) =>
        {
            head
        }
        _ => piece,
    }
}

/// Several numbers with nothing but blanks between them.
fn run(joined: &str) -> Option<Vec<String>> {
    let mut rest = joined;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (number, after) = leading(rest)?;
        numbers.push(number);
        rest = after;
    }
    (!numbers.is_empty()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publication_numbers_are_normalised_and_impossible_ones_refused() {
        for (typed, wanted) in [
            ("CN113942150A", "CN113942150A"),
            (" cn 113942150 a ", "CN113942150A"),
            ("ＣＮ２１５４９８９２４Ｕ", "CN215498924U"),
            ("CN1234567C", "CN1234567C"),
            ("CN 114.018.693.A", "CN114018693A"),
            ("CN109097365B2", "CN109097365B2"),
            ("专利号：CN109097365B", "CN109097365B"),
        ] {
            assert_eq!(publication(typed).as_deref(), Some(wanted), "{typed}");
        }
        for wrong in [
            "CN2158486",
            "CN123456A",
            "CN1234567890A",
            "113942150A",
            "CN113942150",
            "CN113942150X",
            "ZL202110387142.6",
            "CN11394215OA",
            "CN113942150AB",
        ] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        assert_eq!(number("2021SR0123456").as_deref(), Some("2021SR0123456"));
    }

    #[test]
    fn every_kind_of_number_is_taken_as_its_own_kind() {
        for (words, number, wanted) in [
            (None, "CN2759999Y", Some(RightKind::UtilityModel)),
            (None, "CN300123456D", Some(RightKind::Design)),
            (None, "2020SR0123456", Some(RightKind::Software)),
            (
                Some("植物新品种"),
                "CNA20170123.4",
                Some(RightKind::PlantVariety),
            ),
            (None, "BS.175531234", Some(RightKind::IcLayout)),
            (
                Some("国防专利"),
                "CN109097365B",
                Some(RightKind::DefencePatent),
            ),
            (Some("发明"), "US11123456B2", Some(RightKind::Invention)),
            (Some("别的"), "US11123456B2", None),
        ] {
            assert!(register(number).is_some(), "{number}");
            assert_eq!(kind(words, number), wanted, "{words:?} {number}");
        }
        assert_eq!(register("无"), None);
    }

    #[test]
    fn an_application_number_is_known_by_its_check_digit() {
        assert_eq!(
            application("ZL 2021 1 0387142.6").as_deref(),
            application("202110387142.6").as_deref()
        );
        let sound = (0..10)
            .filter(|d| application(&format!("20211038714{d}6")).is_some())
            .count()
            + (0..10)
                .filter(|d| application(&format!("202110387142{d}")).is_some())
                .count();
        assert!(sound >= 1);
        assert_eq!(application("CN113942150A"), None);
    }

    #[test]
    fn several_numbers_in_one_cell_come_apart() {
        for typed in [
            "CN114155095A、CN114003316A",
            "CN114155095A；cn114003316a",
            "CN 114155095A CN114003316A",
            "CN114155095A\nCN114003316A",
            "CN114155095A（泵）,CN114003316A（阀）",
            "CN114155095A和CN114003316A等2件",
        ] {
            assert_eq!(pieces(typed), ["CN114155095A", "CN114003316A"], "{typed}");
        }
        assert_eq!(pieces("一种水泵"), ["一种水泵"]);
    }
}
