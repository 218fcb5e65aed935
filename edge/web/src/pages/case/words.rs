//! Entries of the timeline in words.

use dukou_chain::public::MoneyRight;
use dukou_journal::Entry;
use dukou_kernel::{Finding, Lang, Money, Text};

use super::views::EntryView;
use crate::forms::Offer;
use crate::pages::journal::KINDS;

/// Word and tone for a receipt.
pub fn receipt_state(standing: &str, lang: Lang) -> (String, &'static str) {
    let (zh, en, tone) = match standing {
        "proposed" => ("待批准", "Awaiting approval", "ochre"),
        "approved" => ("待兑现", "To be paid", "water"),
        "paid" => ("已兑现", "Paid", "pine"),
        "reversed" => ("已冲销", "Reversed", "grey"),
        "history" => ("导入", "Imported", "grey"),
        _ => ("待分配", "Undistributed", "ochre"),
    };
    (lang.pick(zh, en).to_owned(), tone)
}

pub(super) fn files_of(entries: &[EntryView]) -> Vec<(String, String, String)> {
    entries
        .iter()
        .flat_map(|entry| {
            let day: String = entry.at.chars().take(10).collect();
            entry
                .files
                .iter()
                .map(move |(hash, name)| (hash.clone(), name.clone(), day.clone()))
        })
        .collect()
}

pub(super) struct Told {
    pub act: String,
    pub detail: String,
    pub article: String,
    pub files: Vec<(String, String)>,
    pub refused: bool,
}

/// An entry in words: what was done, with the few facts a reader looks for; its amount
/// for whoever may read it: of one person's money, that person.
pub(super) fn tell(entry: &Entry, right: MoneyRight, lang: Lang) -> Told {
    let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
    let kind = kind_text(&entry.meta.kind);
    let mut files = Vec::new();
    attachments(&body, &mut files);
    let readable = match right {
        MoneyRight::None => false,
        MoneyRight::All => true,
        MoneyRight::Own(mine) => {
            let whose = body.get("person").and_then(serde_json::Value::as_str);
            whose.is_none_or(|it| it == mine.to_string())
        }
    };
    let word = |key: &str| {
        body.get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let money = |key: &str| {
        body.get(key)
            .and_then(serde_json::Value::as_i64)
            .map(|fen| format!("¥{}", Money::from_fen(fen)))
    };
    let mut told = Told {
        act: kind.get(lang).to_owned(),
        detail: String::new(),
        article: String::new(),
        files,
        refused: entry.meta.kind == "closing.refused.v1",
    };
    if told.refused {
        refused_words(&body, lang, &mut told);
        return told;
    }
    let parts: Vec<String> = [
        "meeting",
        "contract_no",
        "number",
        "register_no",
        "place",
        "result",
        "text",
        "reason",
        "note",
    ]
    .iter()
    .map(|key| word(key).to_owned())
    .chain(money("amount").filter(|_| readable))
    .filter(|part| !part.is_empty())
    .collect();
    told.detail = parts.join(lang.pick("；", "; "));
    told
}

fn refused_words(body: &serde_json::Value, lang: Lang, told: &mut Told) {
    let command = body
        .get("command")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let verb = crate::forms::spec(command, &Offer::default())
        .map_or_else(|| command.to_owned(), |spec| spec.verb.get(lang).to_owned());
    told.act = format!("{}{verb}", lang.pick("拒绝：", "Refused: "));
    let findings: Vec<Finding> = body
        .get("findings")
        .and_then(|list| serde_json::from_value(list.clone()).ok())
        .unwrap_or_default();
    let words: Vec<&str> = findings.iter().map(|it| it.message.get(lang)).collect();
    told.detail = words.join(" ");
    told.article = findings
        .iter()
        .find_map(|it| it.citation.as_ref())
        .map_or_else(String::new, |it| it.get(lang).to_owned());
}

fn attachments(value: &serde_json::Value, found: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(object) => {
            let file = object.get("file").and_then(serde_json::Value::as_str);
            let name = object.get("name").and_then(serde_json::Value::as_str);
            if let (Some(file), Some(name), 64) = (file, name, file.map_or(0, str::len)) {
                found.push((file.to_owned(), name.to_owned()));
                return;
            }
            object.values().for_each(|inner| attachments(inner, found));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|it| attachments(it, found)),
        _ => {}
    }
}

/// What a kind of entry says, in both languages.
pub fn kind_text(kind: &str) -> Text {
    let now = dukou_chain::whole::present_kind(kind);
    let known = KINDS.iter().find(|(known, _, _)| *known == now);
    known.map_or_else(|| Text::new(kind, kind), |(_, zh, en)| Text::new(*zh, *en))
}
