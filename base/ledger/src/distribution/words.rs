//! A line of the explanation in words, for whoever reads it.

use dukou_kernel::{Money, Text, text};
use dukou_rules::Step;

use super::trace::{Input, Line, Operation, Quantity, Subject};
use crate::exact::Exact;

/// A line in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What was computed, for whom.
    pub item: Text,
    /// From what.
    pub formula: Text,
    /// What came out.
    pub result: Text,
}

/// An exact number of fen in yuan: `46,311.80`, with further decimals where it has
/// them, and with the fraction of a fen where it has none that end.
pub fn amount_text(amount: &Exact) -> Text {
    let printed = amount.to_string();
    let (top, bottom) = printed.split_once('/').unwrap_or((&printed, "1"));
    let (Ok(top), Ok(bottom)) = (top.parse::<i128>(), bottom.parse::<i128>()) else {
        return text!("{printed}分", "{printed} fen");
    };
    let magnitude = top.unsigned_abs();
    let whole = magnitude / bottom.unsigned_abs().max(1);
    let rest = magnitude % bottom.unsigned_abs().max(1);
    let Ok(fen) = i64::try_from(whole) else {
        return text!("{printed}分", "{printed} fen");
    };
    let minus = if top < 0 { "−" } else { "" };
    let yuan = Money::from_fen(fen);
    if rest == 0 {
        return text!("{minus}{yuan}", "{minus}{yuan}");
    }
    let scaled = rest.checked_mul(10_000);
    match scaled {
        Some(scaled) if scaled.is_multiple_of(bottom.unsigned_abs()) => {
            let digits = format!("{:04}", scaled / bottom.unsigned_abs());
            let digits = digits.trim_end_matches('0');
            text!("{minus}{yuan}{digits}", "{minus}{yuan}{digits}")
        }
        _ => text!(
            "{minus}{yuan}又{rest}/{bottom}分",
            "{minus}{yuan} and {rest}/{bottom} fen"
        ),
    }
}

fn quantity(value: &Quantity) -> Text {
    match value {
        Quantity::Amount(amount) => amount_text(amount),
        Quantity::Share(share) => Text::new(share.to_percent_text(), share.to_percent_text()),
        Quantity::Date(day) => Text::new(day.to_string(), day.to_string()),
        Quantity::Count(count) => Text::new(count.to_string(), count.to_string()),
        Quantity::Met(true) => Text::new("满足", "met"),
        Quantity::Met(false) => Text::new("不满足", "not met"),
    }
}

fn input(line: &Line, name: &str) -> Text {
    line.input(name).map_or_else(|| Text::new("", ""), quantity)
}

/// A line in words. `who` names the pool or person that it is about, `of` what else
/// it is about (a kind of cost, a receipt).
pub fn words(line: &Line, who: &Text, of: &Text) -> Words {
    let (item, formula) = match line.operation {
        Operation::Receive => (
            Text::new("到账", "Received"),
            joined(line, &[("received_on", "到账日", "on")]),
        ),
        Operation::Undo => (
            Text::new(
                "退款冲回：先净收入，再已收回的费用，再返还发明人的部分",
                "Refund: undone from net income first, then recovered costs, then what went back to inventors",
            ),
            joined(
                line,
                &[
                    ("refunded_on", "退款日", "on"),
                    ("refunded", "退款", "refunded"),
                    ("recovered", "恢复待收回费用", "costs due again"),
                    ("returned", "恢复待返还", "return due again"),
                ],
            ),
        ),
        Operation::Least => least(line, who, of),
        Operation::Subtract => (
            Text::new("净收入", "Net income"),
            chained(line, &["received", "returned", "recovered"], " − "),
        ),
        Operation::Multiply => tier(line, who),
        Operation::Round => rounded(line, who),
        Operation::Compare => compared(line, who),
        Operation::Hold => held(line, who),
        Operation::Pay => (
            both(
                format!("{}：年末支付暂存的奖励", who.zh),
                format!("{}: held award paid at the year end", who.en),
            ),
            joined(line, &[("paid_on", "支付日", "on")]),
        ),
        Operation::Told => (of.clone(), Text::new("", "")),
        Operation::Reverse => (
            Text::new(
                "冲销：原样收回",
                "Reversal: exactly what was given is taken back",
            ),
            of.clone(),
        ),
    };
    let result = match line.operation {
        Operation::Told => Text::new("", ""),
        _ => quantity(&line.result),
    };
    Words {
        item,
        formula,
        result,
    }
}

fn both(zh: String, en: String) -> Text {
    Text::new(zh, en)
}

fn least(line: &Line, who: &Text, of: &Text) -> (Text, Text) {
    let formula = joined(
        line,
        &[
            ("due", "尚应", "due"),
            ("left", "余额", "left of the receipt"),
        ],
    );
    if line.rule == "cost.recover" {
        let item = both(
            format!("收回费用：{}", of.zh),
            format!("Cost recovered: {}", of.en),
        );
        return (item, formula);
    }
    match &line.subject {
        Subject::Person { .. } => (
            both(
                format!("{}：垫付费用返还", who.zh),
                format!("{}: own costs returned", who.en),
            ),
            formula,
        ),
        _ => {
            let factor = input(line, "factor");
            let item = both(
                format!("先返还发明人垫付的费用（{}倍）", factor.zh),
                format!("Inventors' own costs go back first ({} times)", factor.en),
            );
            (item, formula)
        }
    }
}

fn tier(line: &Line, who: &Text) -> (Text, Text) {
    let (above, up_to) = (input(line, "above"), input(line, "up_to"));
    let range = if up_to.zh.is_empty() {
        both(
            format!("超过 {} 的部分", above.zh),
            format!("above {}", above.en),
        )
    } else {
        both(
            format!("{} 至 {} 的部分", above.zh, up_to.zh),
            format!("from {} to {}", above.en, up_to.en),
        )
    };
    let item = both(
        format!("{}：{}", who.zh, range.zh),
        format!("{}: {}", who.en, range.en),
    );
    (item, chained(line, &["stretch", "share"], " × "))
}

fn rounded(line: &Line, who: &Text) -> (Text, Text) {
    let (entitled, given) = (input(line, "entitled"), input(line, "given"));
    let (mut zh, mut en) = (
        format!("累计应得 {} − 此前已得 {}", entitled.zh, given.zh),
        format!("entitled to {} − given before {}", entitled.en, given.en),
    );
    if line.input("share").is_some() {
        let (team, share) = (input(line, "team"), input(line, "share"));
        zh = format!("团队累计 {} × {} = {zh}", team.zh, share.zh);
        en = format!("team's total {} × {} = {en}", team.en, share.en);
    }
    (who.clone(), both(zh, en))
}

fn compared(line: &Line, who: &Text) -> (Text, Text) {
    let main = line.rule == super::trace::MAIN_MINIMUM;
    let item = if main {
        Text::new(
            "主要贡献人员所得不低于奖励总额的最低比例",
            "The main contributors' part of the reward reaches the minimum",
        )
    } else {
        both(
            format!("{}累计应得不低于净收入的最低比例", who.zh),
            format!("{}: the part of net income reaches the minimum", who.en),
        )
    };
    let (part, whole, least) = (
        input(line, "part"),
        input(line, "whole"),
        input(line, "least"),
    );
    let formula = both(
        format!("{} ≥ {} × {}", part.zh, whole.zh, least.zh),
        format!("{} ≥ {} × {}", part.en, whole.en, least.en),
    );
    (item, formula)
}

fn held(line: &Line, who: &Text) -> (Text, Text) {
    match &line.subject {
        Subject::Person { .. } => (
            both(
                format!("{}：未满起付额，暂存", who.zh),
                format!("{}: held below the paying threshold", who.en),
            ),
            joined(
                line,
                &[
                    ("paid", "本次支付", "paid now"),
                    ("pay_from", "起付额", "paid from"),
                ],
            ),
        ),
        _ => (
            Text::new(
                "每人累计满此数才支付",
                "A person is paid once this much has come together",
            ),
            Text::new("", ""),
        ),
    }
}

/// Named inputs, one after the other.
fn joined(line: &Line, names: &[(&str, &str, &str)]) -> Text {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (name, chinese, english) in names {
        if line.input(name).is_some() {
            let value = input(line, name);
            zh.push(format!("{chinese} {}", value.zh));
            en.push(format!("{english} {}", value.en));
        }
    }
    both(zh.join("，"), en.join(", "))
}

/// Inputs with a sign between them.
fn chained(line: &Line, names: &[&str], sign: &str) -> Text {
    let values: Vec<Text> = names.iter().map(|name| input(line, name)).collect();
    let zh: Vec<&str> = values.iter().map(|it| it.zh.as_str()).collect();
    let en: Vec<&str> = values.iter().map(|it| it.en.as_str()).collect();
    both(zh.join(sign), en.join(sign))
}

/// A line as a step of a calculator: the same words, its inputs as they are.
pub fn step(line: &Line) -> Step {
    let who = match &line.subject {
        Subject::Total => Text::new("", ""),
        Subject::Pool { name } => Text::new(name.clone(), name.clone()),
        Subject::Person { id } => Text::new(id.clone(), id.clone()),
    };
    let of = line.of.clone().unwrap_or_default();
    let Words { item, formula, .. } = words(line, &who, &Text::new(of.clone(), of));
    let text = if formula.zh.is_empty() {
        item
    } else {
        both(
            format!("{}：{}", item.zh, formula.zh),
            format!("{}: {}", item.en, formula.en),
        )
    };
    let mut step = Step::new(&line.rule, text, raw(&line.result));
    for Input { name, value } in &line.inputs {
        let name = match value {
            Quantity::Amount(_) => format!("{name}_fen"),
            _ => name.clone(),
        };
        step = step.with(&name, raw(value));
    }
    match &line.article {
        Some(article) => step.cite(article.clone()),
        None => step,
    }
}

fn raw(value: &Quantity) -> String {
    match value {
        Quantity::Amount(amount) => amount.to_string(),
        Quantity::Share(share) => share.to_string(),
        Quantity::Date(day) => day.to_string(),
        Quantity::Count(count) => count.to_string(),
        Quantity::Met(met) => met.to_string(),
    }
}
