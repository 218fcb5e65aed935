//! Cells with people's names, and shares where they stand beside the names.

use dukou_kernel::spelling::is_invisible;

use crate::cell::{is_blank, is_han, narrow, says_nothing};
use crate::value::share::{self, Part, Shares, judge};
use crate::value::spelling::{self, Dotted};

/// The people of one cell in order, and what it says about their shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// Names in order.
    pub names: Vec<String>,
    /// Shares written beside the names.
    pub shares: Shares,
    /// It is not clear who they are.
    pub unread: bool,
}

const ROLES: [&str; 18] = [
    "第一完成人",
    "第一发明人",
    "项目负责人",
    "负责人",
    "主要完成人",
    "完成人",
    "发明人",
    "设计人",
    "课题组成员",
    "项目组成员",
    "团队成员",
    "主要成员",
    "其他完成人",
    "其他",
    "成员",
    "组长",
    "主持人",
    "参与人",
];

/// Words that send the reader elsewhere for the names.
const ELSEWHERE: [&str; 7] = ["附件", "附表", "详见", "见附", "待定", "待补", "另附"];

/// Reads a cell of names.
pub fn read(text: &str) -> People {
    if says_nothing(text) {
        return People {
            names: Vec::new(),
            shares: Shares::Absent,
            unread: false,
        };
    }
    let (plain, unclear) = canonical(text);
    let mut people = parsed(&plain);
    let elsewhere = |name: &String| ELSEWHERE.iter().any(|word| name.contains(word));
    people.unread = unclear || people.names.iter().any(elsewhere);
    people
}

fn parsed(plain: &str) -> People {
    let mut names = Vec::new();
    let mut parts: Vec<Option<Part>> = Vec::new();
    let mut ratio = false;
    for piece in cut(plain) {
        let Some((bare, part)) = apart(&piece) else {
            // 张三，60%: a figure between two marks belongs to the name before it.
            if let (Some(figure), Some(last @ None)) = (lone_figure(&piece), parts.last_mut()) {
                *last = Some(figure);
            }
            continue;
        };
        let found = by_blanks(&bare);
        let last = found.len().saturating_sub(1);
        for (index, name) in found.into_iter().enumerate() {
            names.push(name);
            parts.push(if index == last { part.clone() } else { None });
        }
    }
    ratio |= parts.iter().flatten().all(|part| !part.percent);
    let figures: Option<Vec<u32>> = parts
        .iter()
        .map(|part| part.as_ref()?.digits.parse().ok())
        .collect();
    let bare = !parts.iter().flatten().any(|part| part.percent);
    if let Some(figures) = figures.filter(|all| bare && all.iter().all(|it| *it < 10)) {
        // 王芳1，李强2 counts the people.
        if figures.len() > 1 && (1..).zip(&figures).all(|(place, it)| place == *it) {
            return people(names, Shares::Absent);
        }
        if !matches!(figures.iter().sum(), 1 | 10) {
            return people(names, Shares::Wrong(None));
        }
    }
    let shares = if parts.iter().all(Option::is_none) {
        Shares::Absent
    } else {
        match parts.into_iter().collect::<Option<Vec<Part>>>() {
            Some(parts) => judge(&parts, ratio && small_ratio(&parts), names.len()),
            None => Shares::Wrong(None),
        }
    };
    match shares {
        Shares::Absent if names.len() > 1 && share::says_equal(plain) => {
            let names: Vec<String> = names
                .into_iter()
                .filter(|n| !share::says_equal(n))
                .collect();
            let mut left = crate::cell::squeeze(plain);
            for name in &names {
                left = left.replacen(&crate::cell::squeeze(name), "", 1);
            }
            let shares = if share::is_all_equal(&left, names.len()) {
                share::equal(names.len())
            } else {
                Shares::Wrong(None)
            };
            people(names, shares)
        }
        Shares::Wrong(None) => figures_behind(plain).unwrap_or(people(names, shares)),
        shares => people(names, shares),
    }
}

/// 张三、李四（6:4）, 张三、李四按60%、40%分配, 张三、李四各50%: all names
/// first, then all figures.
fn figures_behind(plain: &str) -> Option<People> {
    let at = plain.find(|c: char| c.is_ascii_digit())?;
    let (head, tail) = plain.split_at_checked(at)?;
    let words: String = tail.chars().filter(|c| is_han(*c)).collect();
    let harmless = [
        "",
        "分配",
        "比例",
        "比例分配",
        "分",
        "分成",
        "的比例分配",
        "的比例",
        "比",
        "比比",
    ];
    if !harmless.contains(&words.as_str()) {
        return None;
    }
    let mut head = head.trim_end_matches(|c: char| {
        is_blank(c) || matches!(c, '(' | ':' | '[' | ',' | ';' | '-' | '=')
    });
    let mut each = false;
    let mut more = true;
    while more {
        more = false;
        for word in [
            "各占",
            "各",
            "分别占",
            "分别为",
            "分别",
            "依次为",
            "依次",
            "按照",
            "按",
            "贡献比例",
            "贡献率",
            "贡献度",
            "贡献",
            "分配比例",
            "比例为",
            "比例",
            "占比",
            "份额",
            "为",
        ] {
            if let Some(shorter) = head.strip_suffix(word) {
                each |= word.starts_with('各');
                more = true;
                head = shorter.trim_end_matches(|c: char| {
                    is_blank(c) || matches!(c, '(' | ':' | '[' | ',' | ';' | '-' | '、' | '=')
                });
            }
        }
    }
    let names: Vec<String> = cut(head)
        .iter()
        .filter_map(|piece| apart(piece))
        .flat_map(|(bare, _)| by_blanks(&bare))
        .collect();
    let mut parts = share::numbers(tail)?;
    if each && parts.len() == 1 {
        parts = vec![parts.first()?.clone(); names.len()];
    }
    if names.len() < 2 || parts.len() != names.len() {
        return None;
    }
    let ratio = tail.contains([':', '∶', '比']) && !parts.iter().any(|part| part.percent);
    let shares = judge(&parts, ratio, names.len());
    Some(people(names, shares))
}

fn people(names: Vec<String>, shares: Shares) -> People {
    People {
        names,
        shares,
        unread: false,
    }
}

fn small_ratio(parts: &[Part]) -> bool {
    parts
        .iter()
        .all(|part| !part.digits.contains('.') && part.digits.len() == 1)
}

/// A dot between Han words, before it is known what it parts.
const DOT: char = '\u{1}';

/// Half-width marks, one kind of middle dot, roles and 等 taken away. True when it is not
/// clear what the dots between the words part.
fn canonical(text: &str) -> (String, bool) {
    let mut plain = String::with_capacity(text.len());
    let mut previous = ' ';
    let seen: Vec<char> = text.chars().filter(|c| !is_invisible(*c)).collect();
    for (index, raw) in seen.iter().copied().enumerate() {
        let next = seen.get(index + 1).copied().unwrap_or(' ');
        let c = match raw {
            '.' | '．' if is_han(previous) && is_han(next) => DOT,
            '．' => '·',
            DOT => ' ',
            '\n' | '\r' => '\n',
            '\u{2460}'..='\u{2473}' => ';',
            '\t' => ' ',
            other => narrow(spelling::interpunct(other)),
        };
        // 王芳Wang Fang, but not 王伟A.
        let more = seen.get(index + 1).is_some_and(char::is_ascii_alphabetic);
        if is_han(previous) && c.is_ascii_alphabetic() && more {
            plain.push(' ');
        }
        plain.push(c);
        previous = raw;
    }
    let (plain, unclear) = without_dots(&plain);
    let plain = without_labels(&plain);
    let trimmed = plain.trim().trim_end_matches(['。', '.']);
    if let Some(at) = trimmed.rfind('等') {
        let (head, tail) = trimmed.split_at_checked(at).unwrap_or((trimmed, ""));
        let counted = tail.chars().skip(1).all(|c| {
            c.is_ascii_digit() || is_blank(c) || "人位名共一二三四五六七八九十".contains(c)
        });
        if counted && !head.is_empty() {
            let head = head.trim_end_matches([',', '、', ';']);
            return (head.to_owned(), unclear);
        }
    }
    (trimmed.to_owned(), unclear)
}

/// Every row of Han words with dots between them as people or as one name.
fn without_dots(plain: &str) -> (String, bool) {
    let mut kept = String::with_capacity(plain.len());
    let mut unclear = false;
    let mut run = String::new();
    for c in plain.chars().chain(['\n']) {
        if is_han(c) || matches!(c, DOT | '·') {
            run.push(c);
            continue;
        }
        let words: Vec<&str> = run.split([DOT, '·']).collect();
        let told = (words.len() > 1).then(|| spelling::dotted(&words));
        let dots = run.contains(DOT);
        match told {
            Some(Dotted::People) if dots => kept.push_str(&words.join(";")),
            // With the mark of a name between them, three people or one nobody can tell.
            Some(Dotted::People) => {
                unclear |= words.len() > 2;
                kept.push_str(&run);
            }
            Some(Dotted::Unclear) if dots => {
                unclear = true;
                kept.push_str(&words.join(";"));
            }
            _ => kept.push_str(&run.replace(DOT, "·")),
        }
        run.clear();
        kept.push(c);
    }
    kept.pop();
    (kept, unclear)
}

/// 第一完成人：张三 names a role before the person; 张三：李四 parts two people.
fn without_labels(plain: &str) -> String {
    let mut kept = String::with_capacity(plain.len());
    let mut chars = plain.chars().peekable();
    while let Some(c) = chars.next() {
        let name_follows = chars
            .peek()
            .is_some_and(|next| is_han(*next) || next.is_whitespace());
        if c != ':' {
            kept.push(c);
            continue;
        }
        let label = kept.rfind(|c: char| !is_han(c)).map_or(0, |at| {
            at + kept
                .get(at..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8)
        });
        let role = kept
            .get(label..)
            .is_some_and(|word| ROLES.iter().any(|role| word.ends_with(role)));
        if role {
            kept.truncate(label);
            kept.push(';');
        } else if name_follows && !chars.peek().is_some_and(|c| c.is_whitespace()) {
            kept.push(';');
        } else {
            kept.push(c);
        }
    }
    kept
}

/// Cuts at marks that always part people; brackets hold together.
fn cut(plain: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut depth = 0usize;
    let chars: Vec<char> = plain.chars().collect();
    let listed = plain.contains(';');
    for (index, c) in chars.iter().copied().enumerate() {
        let before = index
            .checked_sub(1)
            .and_then(|i| chars.get(i))
            .copied()
            .unwrap_or(' ');
        let after = chars.get(index + 1).copied().unwrap_or(' ');
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let comma_in_name = c == ',' && before.is_ascii_digit() && after.is_ascii_digit();
        let parts = matches!(
            c,
            ';' | ',' | '、' | '/' | '\\' | '|' | '\n' | '，' | '；' | '&' | '+' | '。'
        );
        let alias = matches!(c, '/' | '|' | '\\' | ',') && {
            let left = pieces.last().map_or("", |piece| piece.trim());
            spelling::same_person(left, &chars, index + 1)
                || c == ',' && listed && spelling::family_first(left, &chars, index + 1)
        };
        if depth == 0 && parts && !comma_in_name && !alias {
            pieces.push(String::new());
            continue;
        }
        if depth == 0 && is_blank(before) && counts_a_name(&chars, index) {
            pieces.push(String::new());
        }
        // 张三60%李四40%: a name begins right behind a figure.
        let shown = chars
            .iter()
            .take(index)
            .rev()
            .copied()
            .find(|c| !is_blank(*c))
            .unwrap_or(' ');
        let figure = shown.is_ascii_digit() || matches!(shown, '%' | ')');
        let share_before = figure
            && pieces
                .last()
                .is_some_and(|p| p.chars().any(|c| c.is_ascii_digit()));
        let starts = is_han(c) || c.is_ascii_alphabetic();
        if depth == 0
            && starts
            && share_before
            && pieces.last().is_some_and(|p| p.chars().any(is_han))
        {
            pieces.push(String::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

/// `2.李四` begins here: a figure of one or two digits, a mark, and a name.
fn counts_a_name(chars: &[char], from: usize) -> bool {
    let tail = chars.get(from..).unwrap_or(&[]);
    let digits = tail.iter().take_while(|c| c.is_ascii_digit()).count();
    let mark = tail
        .get(digits)
        .is_some_and(|c| matches!(c, '.' | ')' | '、'));
    let name = tail.iter().skip(digits + 1).find(|c| !is_blank(**c));
    (1..=2).contains(&digits) && mark && name.is_some_and(|c| is_han(*c))
}

/// One piece into a bare name and the share beside it.
fn apart(piece: &str) -> Option<(String, Option<Part>)> {
    let piece = piece.trim();
    // 1.张三 or (1)张三 counts the people.
    let counted = piece.trim_start_matches(['(', ' ']);
    let digits = counted
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(counted.len());
    let (count, tail) = counted.split_at_checked(digits)?;
    let piece = if count.is_empty() || count.len() > 2 {
        piece
    } else {
        match tail.trim_start_matches(['.', ')', '、', ' ', '·']) {
            "" => piece,
            rest if rest.starts_with(|c: char| is_han(c) || c.is_ascii_alphabetic()) => rest,
            _ => piece,
        }
    };
    // 60%张三
    let digits = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if digits.len() < piece.len()
        && let Some(name) = digits.strip_prefix('%').map(str::trim)
        && name.starts_with(is_han)
        && name.chars().all(|c| is_han(c) || c == '·')
    {
        let figure = piece.get(..piece.len() - digits.len())?.to_owned();
        return Some((
            name.to_owned(),
            Some(Part {
                digits: figure,
                percent: true,
            }),
        ));
    }
    let mut name = String::new();
    let mut rest = piece;
    if let Some(at) =
        piece.find(|c: char| c.is_ascii_digit() || matches!(c, '(' | ':' | '=' | '<' | '['))
    {
        let (head, tail) = piece.split_at_checked(at)?;
        name.push_str(head);
        rest = tail;
    } else {
        name.push_str(piece);
        rest = rest.get(rest.len()..)?;
    }
    let figures = rest.find(|c: char| c.is_ascii_digit()).and_then(|at| {
        let (_, tail) = rest.split_at_checked(at)?;
        let end = tail
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(tail.len());
        let (digits, after) = tail.split_at_checked(end)?;
        let percent = after.trim_start().starts_with(['%', '﹪']);
        let digits = digits.trim_end_matches('.');
        // A long row of digits is a staff number, no share.
        let share = digits.len() <= 3 || digits.contains('.') || percent;
        share.then(|| Part {
            digits: digits.to_owned(),
            percent,
        })
    });
    let name = name.trim_matches(|c: char| {
        is_blank(c)
            || matches!(
                c,
                '-' | '*' | ':' | '.' | '_' | '#' | '[' | ']' | '"' | '\''
            )
    });
    let mut name = name;
    if figures.is_some() {
        // 张三占60%
        for word in ["占比", "占", "比例", "贡献率", "贡献", "享有"] {
            if let Some(shorter) = name.strip_suffix(word)
                && shorter.chars().count() >= 2
            {
                name = shorter.trim_end();
            }
        }
    }
    if !name.chars().any(char::is_alphabetic) {
        return None;
    }
    // Wang Fang（王芳）
    let inside = rest.strip_prefix('(').and_then(|tail| tail.split_once(')'));
    let inside = inside.map(|(inside, _)| inside.trim());
    let name = inside
        .filter(|inside| spelling::is_same_name(inside, name))
        .unwrap_or(spelling::in_han(name));
    Some((name.to_owned(), figures))
}

/// A piece that is nothing but a share.
fn lone_figure(piece: &str) -> Option<Part> {
    let plain = crate::cell::squeeze(piece);
    let digits = plain.trim_end_matches('%');
    let shaped = !digits.is_empty() && digits.len() <= 6 && digits.parse::<f64>().is_ok();
    (shaped && (plain.ends_with('%') || digits.contains('.'))).then(|| Part {
        digits: digits.to_owned(),
        percent: plain.ends_with('%'),
    })
}

const TITLES: [&str; 20] = [
    "教授",
    "副教授",
    "讲师",
    "助教",
    "研究员",
    "副研究员",
    "助理研究员",
    "工程师",
    "高级工程师",
    "实验师",
    "高级实验师",
    "博士",
    "博士后",
    "硕士",
    "院士",
    "教师",
    "学生",
    "老师",
    "研究生",
    "博导",
];

/// 张三和李四: five characters or more are two people.
fn joined_by_and(token: &str) -> Vec<&str> {
    let count = |text: &str| text.chars().count();
    let cut = token
        .match_indices(['和', '与', '及'])
        .find_map(|(at, mark)| {
            let (left, right) = (token.get(..at)?, token.get(at + mark.len()..)?);
            ((2..=4).contains(&count(left)) && (2..=4).contains(&count(right)))
                .then_some((left, right))
        })
        .filter(|_| count(token) >= 5 && token.chars().all(is_han));
    match cut {
        Some((left, right)) => vec![left, right],
        None => vec![token],
    }
}

/// Blanks part Chinese names, but not 王 伟 and not John Smith.
fn by_blanks(text: &str) -> Vec<String> {
    let tokens: Vec<&str> = text
        .split(is_blank)
        .filter(|token| !token.is_empty())
        .collect();
    let long = |token: Option<&&str>| token.is_some_and(|token| token.chars().count() > 1);
    let tokens: Vec<&str> = tokens
        .iter()
        .enumerate()
        .filter(|(index, token)| {
            let between = long(index.checked_sub(1).and_then(|i| tokens.get(i)))
                && long(tokens.get(index + 1));
            !(between && matches!(**token, "和" | "与" | "及"))
        })
        .filter(|(index, token)| *index == 0 || !TITLES.contains(token))
        .flat_map(|(_, token)| joined_by_and(token))
        .collect();
    let tokens = spelling::without_latin(&tokens);
    let mut names: Vec<String> = Vec::new();
    let mut open = false;
    let single = |token: &str| token.chars().count() == 1 && token.chars().all(is_han);
    let han = |token: &str| token.chars().any(is_han);
    for (index, token) in tokens.iter().enumerate() {
        let next_single = tokens.get(index + 1).is_some_and(|next| single(next));
        match names.last_mut() {
            Some(last) if !han(token) && !han(last) => {
                last.push(' ');
                last.push_str(token);
                open = false;
            }
            Some(last) if token.starts_with('·') || last.ends_with('·') => last.push_str(token),
            Some(last) if single(token) && open => {
                last.push_str(token);
                // 欧 阳 锋: three single characters are one name.
                open = last.chars().count() < 2;
            }
            Some(last) if single(token) && !next_single && han(last) => {
                last.push_str(token);
                open = false;
            }
            _ => {
                names.push((*token).to_owned());
                open = single(token);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::share::fraction;

    fn names(text: &str) -> Vec<String> {
        read(text).names
    }

    #[test]
    fn people_come_apart_at_every_separator() {
        for typed in [
            "张三；李四",
            "张三;李四",
            "张三、李四",
            "张三，李四",
            "张三,李四",
            "张三/李四",
            "张三 李四",
            "张三\n李四",
            "张三　李四",
            "张三、李四等",
            "张三、李四等5人",
            "1.张三 2.李四",
            "张三（负责人）、李四",
            "1、张三；2、李四",
            "负责人：张三；成员：李四",
            "张三、李四。",
        ] {
            assert_eq!(names(typed), ["张三", "李四"], "{typed}");
        }
        assert_eq!(names("王 伟"), ["王伟"]);
        assert_eq!(names("王 伟、李小明"), ["王伟", "李小明"]);
        assert_eq!(names("王 伟 李小明"), ["王伟", "李小明"]);
        assert_eq!(names("张三 李 四"), ["张三", "李四"]);
        assert_eq!(
            names("阿不都•买买提；古丽.艾山"),
            ["阿不都·买买提", "古丽·艾山"]
        );
        assert_eq!(names("John Smith, 王伟"), ["John Smith", "王伟"]);
        assert_eq!(
            names("John Smith; Mary Ann Lee"),
            ["John Smith", "Mary Ann Lee"]
        );
        assert_eq!(names("-"), Vec::<String>::new());
    }

    #[test]
    fn shares_beside_the_names_are_read() {
        for typed in [
            "张三60%；李四40%",
            "张三(60%)、李四(40%)",
            "张三：0.6，李四：0.4",
            "张三（60％） 李四（40％）",
            "张三60%李四40%",
            "张三 60% 李四 40%",
            "张三60、李四40",
            "张三:60%\n李四:40%",
            "张三(6)、李四(4)",
            "张三-60%，李四-40%",
        ] {
            let people = read(typed);
            assert_eq!(people.names, ["张三", "李四"], "{typed}");
            let Shares::Whole(shares) = people.shares else {
                panic!("{typed}: {:?}", people.shares)
            };
            let percents: Vec<f64> = shares.into_iter().map(|s| fraction(s) * 100.0).collect();
            assert_eq!(percents, [60.0, 40.0], "{typed}");
        }
        assert!(matches!(read("张三60%；李四30%").shares, Shares::Wrong(_)));
        assert!(matches!(read("张三60%；李四").shares, Shares::Wrong(_)));
    }
}
