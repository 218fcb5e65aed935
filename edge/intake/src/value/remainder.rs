//! Shares that some people have by name or place, and what they leave to the others:
//! 第一完成人70%，其余均分.

use dukou_kernel::Share;

use super::numeral;
use super::share::{Shares, says_equal};
use crate::cell::squeeze;

/// What one clause says.
enum Clause {
    /// These people have this share each.
    Each(Vec<usize>, Share),
    /// One of those among whom the remainder is parted.
    Member(usize),
    /// The last of them.
    Last(usize),
    /// All the others, and what the clause says of them.
    Others(Others),
}

/// What is said of the others; all of it must come true.
#[derive(Default)]
struct Others {
    count: Option<usize>,
    each: Option<Share>,
    together: Option<Share>,
}

/// Reads such shares; `None` when the text says nothing of the kind.
pub fn read(text: &str, names: &[String]) -> Option<Shares> {
    let plain = squeeze(text);
    let rest = REST.iter().any(|word| plain.contains(word)) || says_equal(&plain);
    if !rest || !plain.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    // 首位70%其余均分 is two clauses too.
    let parted_plain = REST
        .iter()
        .fold(plain, |text, word| text.replace(word, &format!("，{word}")));
    let clauses: Option<Vec<Clause>> = parted_plain
        .split(['，', ',', '；', ';', '、', '。'])
        .filter(|piece| !piece.is_empty())
        .map(|piece| clause(piece, names))
        .collect();
    let shares = clauses.and_then(|clauses| parted(clauses, names.len()));
    Some(shares.unwrap_or(Shares::Wrong(None)))
}

const REST: [&str; 7] = ["其余", "其他", "其它", "剩余", "余下", "剩下", "余者"];

fn clause(piece: &str, names: &[String]) -> Option<Clause> {
    if let Some(tail) = REST.iter().find_map(|word| piece.strip_prefix(word)) {
        return others(tail).map(Clause::Others);
    }
    let (who, at) = people(piece, names)?;
    let tail = piece.get(at..)?;
    if tail.is_empty() || says_equal(tail) {
        let [one] = who.as_slice() else { return None };
        return Some(if tail.is_empty() {
            Clause::Member(*one)
        } else {
            Clause::Last(*one)
        });
    }
    Some(Clause::Each(who, percent(tail)?))
}

/// 其余均分, 其他3人平均分配, 其余完成人各15%, 其余30%均分.
fn others(tail: &str) -> Option<Others> {
    let mut found = Others::default();
    let mut bare = tail;
    let word: String = bare
        .chars()
        .take_while(|c| c.is_ascii_digit() || numeral::is_numeral(*c))
        .collect();
    if let Some(behind) = bare.strip_prefix(word.as_str())
        && !word.is_empty()
        && behind.starts_with(['人', '位', '名'])
    {
        let count = word.parse().ok();
        let spoken = || usize::try_from(numeral::counted(&word)?).ok();
        found.count = Some(count.or_else(spoken)?);
        bare = behind;
    }
    let mut bare = bare.to_owned();
    for word in [
        "完成人",
        "发明人",
        "设计人",
        "成员",
        "人员",
        "的",
        "部分",
        "由",
        "人",
        "位",
        "名",
    ] {
        bare = bare.replace(word, "");
    }
    if let Some(each) = bare.strip_prefix('各') {
        found.each = Some(percent(each)?);
        return Some(found);
    }
    let equal = match bare.split_once('%') {
        Some((share, equal)) => {
            found.together = Some(percent(&format!("{share}%"))?);
            equal
        }
        None => &bare,
    };
    const EQUAL: [&str; 11] = [
        "均分",
        "平均",
        "平分",
        "均等",
        "等分",
        "平均分配",
        "均等分配",
        "平均分",
        "均摊",
        "等额分配",
        "均分配",
    ];
    EQUAL.contains(&equal).then_some(found)
}

/// The people a clause begins with, and where its tail begins.
fn people(piece: &str, names: &[String]) -> Option<(Vec<usize>, usize)> {
    let named = names.iter().enumerate().find_map(|(index, name)| {
        piece
            .starts_with(name.as_str())
            .then(|| (vec![index], name.len()))
    });
    if let Some((who, at)) = named {
        return Some((who, at));
    }
    for role in ["负责人", "主持人", "牵头人", "首位"] {
        if piece.starts_with(role) {
            return Some((vec![0], role.len()));
        }
    }
    let (several, rest) = match (piece.strip_prefix('第'), piece.strip_prefix('前')) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return None,
    };
    let end = rest.find(|c: char| !(numeral::is_numeral(c) || c.is_ascii_digit()))?;
    // 第一60%: the figure behind the place is the share.
    let word: String = rest
        .chars()
        .take_while(|c| numeral::is_numeral(*c))
        .collect();
    let (count, end) = if word.is_empty() {
        (rest.get(..end)?.parse().ok()?, end)
    } else {
        (usize::try_from(numeral::counted(&word)?).ok()?, word.len())
    };
    let mut at = piece.len() - rest.len() + end;
    for word in ["完成人", "发明人", "设计人", "作者", "位", "名", "人"] {
        if piece.get(at..)?.starts_with(word) {
            at += word.len();
        }
    }
    let last = count.checked_sub(1)?;
    let who = if several {
        (0..=last).collect()
    } else {
        vec![last]
    };
    (last < names.len()).then_some((who, at))
}

/// 占70%, 各40%, :70%.
fn percent(tail: &str) -> Option<Share> {
    let mut rest = tail;
    for word in [
        "各",
        "占比",
        "占",
        "贡献率",
        "贡献",
        "比例",
        "份额",
        "为",
        ":",
        "：",
    ] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let digits = rest.strip_suffix('%')?;
    format!("{digits}%").parse().ok()
}

fn parted(clauses: Vec<Clause>, people: usize) -> Option<Shares> {
    let mut shares: Vec<Option<Share>> = vec![None; people];
    let mut members: Vec<usize> = Vec::new();
    let mut told: Option<Others> = None;
    for clause in clauses {
        match clause {
            Clause::Each(who, share) => {
                for index in who {
                    let slot = shares.get_mut(index)?;
                    if slot.replace(share).is_some() {
                        return None;
                    }
                }
            }
            Clause::Member(index) => members.push(index),
            Clause::Last(index) => {
                members.push(index);
                told.get_or_insert_default();
            }
            Clause::Others(others) => told = Some(others),
        }
    }
    let given = shares.iter().flatten().copied();
    let left = Share::ONE.minus(Share::sum(given).ok()?).ok()?;
    let open: Vec<usize> = (0..people)
        .filter(|index| shares.get(*index).is_some_and(Option::is_none))
        .collect();
    members.sort_unstable();
    let named = members.is_empty() || members == open;
    let count = u64::try_from(open.len()).ok().filter(|count| *count > 0)?;
    let part = left.times(Share::new(1, count).ok()?).ok()?;
    let told = told?;
    let holds = told.count.is_none_or(|count| count == open.len())
        && told.each.is_none_or(|each| each == part)
        && told.together.is_none_or(|together| together == left);
    if !named || !holds || part.is_zero() {
        return None;
    }
    let whole = shares.into_iter().map(|share| share.unwrap_or(part));
    Some(Shares::Whole(whole.collect()))
}
