//! The spellings of one person's name: two scripts, marks between its parts.

use crate::cell::is_han;

/// The marks people type between the parts of a name, as U+00B7.
pub fn interpunct(c: char) -> char {
    match c {
        '•' | '‧' | '・' | '･' | '∙' | '⋅' | '●' | '˙' | '᛫' | '⸱' => '\u{b7}',
        other => other,
    }
}

/// Surnames with which most Chinese names begin (百家姓 and the later lists of the most
/// frequent), to tell a row of names from the parts of one.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙史陶贺毛段郝顾龚邵万覃武钱戴严莫孔向常汤康易乔文赖牛樊施洪颜倪安庞章鲁葛申毕聂丛焦左辛管齐祝甘温柳祁童纪舒霍阎俞翁邢单冉殷骆岳尚庄宁卓凌柴欧阮季项卜麦褚卫尤花水奚郎昌苗凤鲍费廉岑滕穆萧成茅屈盛伍虞梅徐裴";

fn begins_with_surname(name: &str) -> bool {
    name.chars().next().is_some_and(|c| SURNAMES.contains(c))
}

/// What a row of Han words with dots between them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dotted {
    /// Several people.
    People,
    /// The parts of one name.
    Parts,
    /// Either.
    Unclear,
}

/// 张三.李四 is two people, 阿不都.买买提 one.
pub fn dotted(words: &[&str]) -> Dotted {
    let short = words.iter().all(|it| (2..=3).contains(&it.chars().count()));
    let surnames = words.iter().filter(|it| begins_with_surname(it)).count();
    if short && surnames == words.len() {
        Dotted::People
    } else if words.len() == 2 && !(short && begins_with_surname(words.first().unwrap_or(&""))) {
        Dotted::Parts
    } else {
        Dotted::Unclear
    }
}

/// Whether Latin words are the same name as the Han ones: as many syllables of Pinyin as
/// there are characters.
pub fn is_same_name(han: &str, latin: &str) -> bool {
    let han: String = han.chars().filter(|c| !c.is_whitespace()).collect();
    let count = han.chars().count();
    let letters: String = latin.chars().filter(char::is_ascii_alphabetic).collect();
    let plain = latin
        .chars()
        .all(|c| c.is_ascii_alphabetic() || " -'’.,".contains(c));
    plain
        && count >= 2
        && han.chars().all(is_han)
        && syllables(&letters.to_ascii_lowercase()).contains(&count)
}

/// Letters of one name, at most.
const NAME_MAX: usize = 60;

/// 王芳/Wang Fang is one person in two scripts.
pub fn same_person(left: &str, chars: &[char], from: usize) -> bool {
    if left.is_empty() || left.chars().count() > NAME_MAX {
        return false;
    }
    let tail = chars.get(from..).unwrap_or(&[]).iter().take(NAME_MAX);
    let right: String = tail
        .take_while(|c| c.is_alphabetic() || " -'’.".contains(**c))
        .collect();
    let right = right.trim();
    is_same_name(left, right) || is_same_name(right, left)
}

/// Smith, John; Doe, Jane: between semicolons the comma stands inside a name.
pub fn family_first(left: &str, chars: &[char], from: usize) -> bool {
    let latin = |text: &str| {
        let mut all = text.chars();
        !text.is_empty() && all.all(|c| c.is_alphabetic() && !is_han(c) || " -'’.".contains(c))
    };
    if !latin(left) {
        return false;
    }
    let tail = chars.get(from..).unwrap_or(&[]).iter().take(NAME_MAX);
    let right: String = tail.take_while(|c| **c != ';').collect();
    latin(right.trim())
}

/// The name in Han characters of a person who is written in two scripts.
pub fn in_han(name: &str) -> &str {
    let Some((one, other)) = name.split_once(['/', '|', '\\', ',']) else {
        return name;
    };
    let (one, other) = (one.trim(), other.trim());
    if !is_same_name(one, other) && !is_same_name(other, one) {
        return name;
    }
    let han = if one.chars().any(is_han) { one } else { other };
    han.trim()
}

/// 王芳 Wang Fang: the Latin words behind a name that spell it say nothing more.
pub fn without_latin<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    let latin = |token: &&&str| !token.chars().any(is_han);
    let mut kept: Vec<&str> = Vec::new();
    let mut rest = tokens;
    while let Some((first, tail)) = rest.split_first() {
        kept.push(first);
        let count = tail.iter().take_while(latin).count();
        let words = tail.get(..count).unwrap_or(&[]).join(" ");
        let same = count > 0 && is_same_name(first, &words);
        rest = if same {
            tail.get(count..).unwrap_or(&[])
        } else {
            tail
        };
    }
    kept
}

/// Every number of syllables of Pinyin that the letters can be cut into.
fn syllables(letters: &str) -> Vec<usize> {
    // Ways to reach each place, by the number of syllables before it.
    let mut reached: Vec<Vec<usize>> = vec![Vec::new(); letters.len() + 1];
    if letters.is_empty() || letters.len() > 40 {
        return Vec::new();
    }
    if let Some(start) = reached.first_mut() {
        start.push(0);
    }
    for from in 0..letters.len() {
        let before = reached.get(from).cloned().unwrap_or_default();
        if before.is_empty() {
            continue;
        }
        for length in 1..=6 {
            let fits = letters.get(from..from + length).is_some_and(is_syllable);
            let Some(slot) = reached.get_mut(from + length).filter(|_| fits) else {
                continue;
            };
            for count in &before {
                if !slot.contains(&(count + 1)) {
                    slot.push(count + 1);
                }
            }
        }
    }
    reached.pop().unwrap_or_default()
}

fn is_syllable(text: &str) -> bool {
    const FINALS: [&str; 34] = [
        "a", "o", "e", "i", "u", "v", "ai", "ei", "ui", "ao", "ou", "iu", "ie", "ue", "ve", "er",
        "an", "en", "in", "un", "ang", "eng", "ing", "ong", "ia", "iao", "ian", "iang", "iong",
        "ua", "uo", "uai", "uan", "uang",
    ];
    const INITIALS: [&str; 23] = [
        "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x",
        "r", "z", "c", "s", "y", "w",
    ];
    let initial = INITIALS.iter().find_map(|it| text.strip_prefix(it));
    match initial {
        Some(rest) => FINALS.contains(&rest),
        None => matches!(
            text,
            "a" | "o" | "e" | "ai" | "ei" | "ao" | "ou" | "an" | "en" | "ang" | "er"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinyin_of_a_name_has_a_syllable_for_each_character() {
        for (han, latin) in [
            ("王芳", "Wang Fang"),
            ("李强", "LI Qiang"),
            ("诸葛亮明", "Zhuge Liangming"),
            ("欧阳锋", "Ouyang Feng"),
            ("西安", "Xi'an"),
            ("吕布", "Lv Bu"),
        ] {
            assert!(is_same_name(han, latin), "{han} {latin}");
        }
        for (han, latin) in [
            ("张三", "John Smith"),
            ("王芳", "Wang Fangfang"),
            ("王芳", ""),
            ("王", "Wang"),
            ("王芳", "Wang 2"),
        ] {
            assert!(!is_same_name(han, latin), "{han} {latin}");
        }
    }

    #[test]
    fn dots_part_people_or_a_name() {
        assert_eq!(dotted(&["张三", "李四", "王五"]), Dotted::People);
        assert_eq!(dotted(&["阿不都", "买买提"]), Dotted::Parts);
        assert_eq!(dotted(&["马合木提", "艾山"]), Dotted::Parts);
        assert_eq!(dotted(&["张三", "李四", "买买提"]), Dotted::Unclear);
        assert_eq!(dotted(&["张三", "艾力"]), Dotted::Unclear);
    }
}
