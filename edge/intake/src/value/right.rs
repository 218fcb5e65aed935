//! Numbers of rights as cells hold them: one or several, alone or among other words.

use dukou_rights::{Form, Number, Reading, RightKind};

use crate::cell::{is_han, narrow};

/// What a whole text says: a number, that there is none, or nothing understood.
pub fn read(text: &str) -> Reading {
    dukou_rights::read(text)
}

fn understood(text: &str) -> Option<Number> {
    match read(text) {
        Reading::Number(number) => Some(number),
        _ => None,
    }
}

/// A right's number of any form in normal form, or `None` when it is no number.
pub fn number(text: &str) -> Option<String> {
    understood(text).map(|number| number.text)
}

/// The publication number in normal form: CN, 7 to 9 digits, A, B, C, U, Y, S or D, and
/// perhaps one more digit.
pub fn publication(text: &str) -> Option<String> {
    let number = understood(text).filter(|number| number.form == Form::Publication)?;
    Some(number.text)
}

/// An application number that is written with its check digit, in normal form.
pub fn application(text: &str) -> Option<String> {
    let number = understood(text).filter(|number| number.form == Form::Application)?;
    let written = text.chars().map(narrow).flat_map(char::to_uppercase);
    let written = written.filter(|c| c.is_ascii_digit() || *c == 'X').count();
    (written == number.text.len()).then_some(number.text)
}

/// Whether a text can be nothing but a right's number, whatever stands above its
/// column. Two letters and a few digits may be a contract's number as well.
pub fn is_certain(text: &str) -> bool {
    understood(text).is_some_and(|number| match number.form {
        Form::Application => application(text).is_some(),
        Form::Foreign => matches!(number.office, "US" | "EP" | "JP") && figures(&number.text) >= 7,
        _ => true,
    })
}

/// The year in which an application got its number; two digits up to 2003.
pub fn year(text: &str) -> Option<i16> {
    let number = understood(text).filter(|number| number.form == Form::Application)?;
    if number.text.len() == 13 {
        return number.text.get(..4)?.parse().ok();
    }
    let two: i16 = number.text.get(..2)?.parse().ok()?;
    Some(if two >= 85 { 1900 + two } else { 2000 + two })
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
        ("专有技术", RightKind::KnowHow),
        ("外观", RightKind::Design),
        ("实用新型", RightKind::UtilityModel),
        ("发明", RightKind::Invention),
    ];
    let found = WORDS.iter().find(|(word, _)| words.contains(word));
    found.map(|(_, kind)| *kind)
}

/// The kind of right of a row: as its words say, else as its number shows. The number
/// is empty where the row says that there is none.
pub fn kind(words: Option<&str>, number: &str) -> Option<RightKind> {
    words
        .and_then(kind_of_words)
        .or_else(|| understood(number).and_then(|read| read.kind.or_else(|| by_letter(&read))))
}

/// The kind that words name and the one that the number shows, where a right cannot be
/// both. A defence patent is numbered as an invention or a utility model.
pub fn differs(words: &str, number: &str) -> Option<(RightKind, RightKind)> {
    let said = kind_of_words(words)?;
    let shown = understood(number)?.kind?;
    let defence = said == RightKind::DefencePatent
        && matches!(shown, RightKind::Invention | RightKind::UtilityModel);
    let open = matches!(said, RightKind::Biomedical | RightKind::KnowHow);
    (said != shown && !defence && !open).then_some((said, shown))
}

/// The kind that the letter behind a foreign number names (WIPO Standard ST.16). The
/// European Patent Office and the PCT know inventions alone.
fn by_letter(number: &Number) -> Option<RightKind> {
    if number.form == Form::Pct || number.office == "EP" {
        return Some(RightKind::Invention);
    }
    let tail = number.text.trim_end_matches(|c: char| c.is_ascii_digit());
    let letter = tail.get(2..).and_then(|tail| tail.chars().last());
    match letter {
        Some('A' | 'B' | 'C') => Some(RightKind::Invention),
        Some('U' | 'Y' | 'Z') => Some(RightKind::UtilityModel),
        Some('S') => Some(RightKind::Design),
        // A bare number of the United States is a utility patent's.
        None if number.office == "US" => Some(RightKind::Invention),
        _ => None,
    }
}

/// The pieces of a cell that names one or more rights: numbers in normal form, other
/// words as they stand. What stands in brackets behind a number is a remark.
pub fn pieces(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut whole = true;
    for piece in cut(text, false) {
        let piece = without_count(piece.trim());
        if dukou_rights::plain(piece).is_empty() {
            continue;
        }
        match numbers(piece) {
            Some(numbers) => found.extend(numbers),
            None => {
                whole &= matches!(read(piece), Reading::Absent(_));
                found.push(piece.to_owned());
            }
        }
    }
    if whole {
        return found;
    }
    match among_words(text) {
        Ok(numbers) if numbers.is_empty() => found,
        Ok(numbers) => numbers,
        // The figures that are wrong say more than all words around them.
        Err(run) if figures(&run) >= FIGURES_LIKELY => {
            found.retain(|piece| number(piece).is_some());
            found.push(run);
            found
        }
        Err(_) => found,
    }
}

fn figures(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The application number in brackets behind another number of the same right.
pub fn application_in_brackets(text: &str) -> Option<String> {
    let plain: String = text.chars().map(narrow).collect();
    let (_, tail) = plain.split_once('(')?;
    let (inside, rest) = tail.split_once(')')?;
    (!rest.contains('(')).then(|| application(inside))?
}

/// Cuts at separators, but not inside `PCT/CN2021/123456` and `US 11,123,456`. What
/// stands in brackets is dropped, or with `opened` cut out too.
fn cut(text: &str, opened: bool) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut pieces = vec![String::new()];
    let mut depth = 0usize;
    for (at, raw) in chars.iter().enumerate() {
        let c = narrow(*raw);
        let mark = matches!(
            c,
            ';' | ',' | '、' | '/' | '\\' | '\n' | '\r' | '|' | '和' | '及' | '与' | '&' | '+'
        ) || matches!(c, '\u{2460}'..='\u{2473}');
        let last = pieces.last().map_or("", String::as_str);
        let kept = c == '/' && slash_belongs(last)
            || *raw == ',' && comma_belongs(last, chars.get(at + 1..).unwrap_or(&[]));
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 && !opened => continue,
            _ if !mark || kept => {
                if let Some(last) = pieces.last_mut() {
                    last.push(c);
                }
                continue;
            }
            _ => {}
        }
        if opened || !matches!(c, '(' | ')') {
            pieces.push(String::new());
        }
    }
    pieces
}

/// `PCT/CN2021/123456`, `WO2021/123456`, `US 16/123456`: the stroke parts no two numbers.
fn slash_belongs(before: &str) -> bool {
    let plain = dukou_rights::plain(before);
    let digits = |text: &str, lengths: &[usize]| {
        lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let at = |mark: &str| {
        plain
            .rfind(mark)
            .and_then(|at| plain.get(at + mark.len()..))
    };
    plain.ends_with("PCT")
        || at("PCT/").is_some_and(|rest| rest.get(2..).is_some_and(|it| digits(it, &[2, 4])))
        || at("WO").is_some_and(|rest| digits(rest, &[2, 4]))
        || at("US").is_some_and(|rest| digits(rest, &[2, 4]))
}

/// `US 11,123,456`: the comma cuts thousands of a foreign number.
fn comma_belongs(before: &str, after: &[char]) -> bool {
    let digit = |at: usize| after.get(at).is_some_and(char::is_ascii_digit);
    let head =
        before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | ' ' | '/'));
    let land: String = head.chars().rev().take(2).collect();
    let foreign = land.len() == 2 && land.bytes().all(|b| b.is_ascii_alphabetic());
    (0..3).all(digit)
        && !digit(3)
        && before.ends_with(|c: char| c.is_ascii_digit())
        && foreign
        && !matches!(land.to_uppercase().as_str(), "NC" | "LZ")
}

/// The numbers a piece is made of, with nothing but blanks between them.
fn numbers(piece: &str) -> Option<Vec<String>> {
    let all = |parts: &[String]| -> Option<Vec<String>> {
        (parts.len() > 1).then(|| parts.iter().map(|part| number(part)).collect())?
    };
    let upper = piece.to_uppercase();
    let tokens: Vec<String> = upper
        .split_whitespace()
        .map(|token| without_place(token).to_owned())
        .collect();
    all(&tokens)
        .or_else(|| number(without_place(&upper)).map(|one| vec![one]))
        .or_else(|| all(&grouped(&tokens)))
        .or_else(|| all(&unglued(&upper)))
}

/// Tokens joined up to the next that begins with an office's letters: `ZL 2018 1
/// 0123456.5 ZL 2019 2 …`, `CN 114155095 A CN …`.
fn grouped(tokens: &[String]) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for token in tokens {
        let begins = token
            .chars()
            .take(2)
            .filter(char::is_ascii_alphabetic)
            .count()
            == 2;
        match groups.last_mut() {
            Some(group) if !begins => group.push_str(token),
            _ => groups.push(token.clone()),
        }
    }
    groups
}

/// `CN114155095ACN114003316A`: cut before every CN and ZL.
fn unglued(upper: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = upper;
    while let Some(c) = rest.chars().next() {
        let inside = parts.last().is_some_and(|part| part.ends_with("PCT/"));
        if (rest.starts_with("CN") || rest.starts_with("ZL")) && !inside {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or("");
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// `2.CN112233445A` without the place it counts.
fn without_place(token: &str) -> &str {
    let rest = token.trim_start_matches(|c: char| c.is_ascii_digit());
    let counted = (1..=2).contains(&(token.len() - rest.len()));
    let name = rest.strip_prefix(['.', ')', '、']).map(str::trim_start);
    name.filter(|name| counted && name.starts_with(|c: char| c.is_ascii_alphabetic()))
        .unwrap_or(token)
}

/// Fewer figures than this among letters are a model or a count, no number of a right.
const FIGURES_MIN: usize = 5;
/// As many figures as this are meant as a number of a right.
const FIGURES_LIKELY: usize = 8;

/// Numbers among other words: 《一种泵》CN112233445A（已授权）. The row of figures that is
/// not understood when there is one.
fn among_words(text: &str) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    for piece in cut(text, true) {
        if let Some(numbers) = numbers(&piece) {
            found.extend(numbers);
            continue;
        }
        // Words may stand beside a number, other letters and figures may not.
        let bare = piece.trim();
        if !bare.chars().any(is_han) && bare.chars().any(char::is_alphanumeric) {
            return Err(bare.to_owned());
        }
        let in_number = |c: char| c.is_ascii_alphanumeric() || " .-/,".contains(c);
        for run in piece.split(|c: char| !in_number(c)) {
            let run = run.trim_matches([' ', '.', '-', '/', ',']);
            if figures(run) >= FIGURES_MIN {
                found.extend(numbers(run).ok_or_else(|| run.to_owned())?);
            }
        }
    }
    let mut seen = Vec::new();
    found.retain(|number| {
        let new = !seen.contains(number);
        seen.push(number.clone());
        new
    });
    Ok(found)
}

/// True for words without enough figures to hold a number: a title.
pub fn is_title(piece: &str) -> bool {
    figures(piece) < 7 && piece.chars().any(is_han) && number(piece).is_none()
}

/// 等3件 behind the last number says how many, no number itself.
fn without_count(piece: &str) -> &str {
    match piece.split_once('等') {
        Some((head, tail))
            if tail
                .chars()
                .all(|c| c.is_ascii_digit() || "件项个专利共一二三四五六七八九十".contains(c)) =>
        {
            head.trim_end()
        }
        _ => piece,
    }
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
            "ZL202110387142.7",
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
            (Some("别的"), "US11123456B2", Some(RightKind::Invention)),
            (None, "US11123456", Some(RightKind::Invention)),
            (None, "JP3456789U", Some(RightKind::UtilityModel)),
            (None, "KR301234567S", Some(RightKind::Design)),
            (None, "PCT/CN2021/123456", Some(RightKind::Invention)),
            (None, "EP3456789", Some(RightKind::Invention)),
            (None, "JP2021123456", None),
            (None, "", None),
            (Some("专有技术"), "", Some(RightKind::KnowHow)),
        ] {
            let none = number.is_empty();
            assert_eq!(super::number(number).is_none(), none, "{number}");
            assert_eq!(kind(words, number), wanted, "{words:?} {number}");
        }
        assert_eq!(super::number("无"), None);
    }

    #[test]
    fn an_application_number_is_known_by_its_check_digit() {
        for typed in ["ZL 2021 1 0387142.8", "202110387142.8", "cn2021103871428"] {
            assert_eq!(
                application(typed).as_deref(),
                Some("2021103871428"),
                "{typed}"
            );
        }
        assert_eq!(
            application("ZL202030345678.x").as_deref(),
            Some("202030345678X")
        );
        for other in ["ZL202110387142.6", "202110387142", "CN113942150A"] {
            assert_eq!(application(other), None, "{other}");
        }
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
