//! The batch as JSON for programs.

use dukou_kernel::{Lang, Money, Severity, Share};
use serde_json::{Map, Value, json};

use crate::batch::{Accepted, Batch};
use crate::grid::column_letters;
use crate::value::share::fraction;

impl Batch {
    /// One object: `sheets`, `findings`, `totals`, and with `rows` the accepted
    /// rows in normal form.
    pub fn to_json(&self, rows: bool, lang: Lang) -> Value {
        let mut object = Map::new();
        object.insert("sheets".to_owned(), self.sheets_json());
        object.insert("findings".to_owned(), self.findings_json(lang));
        object.insert("totals".to_owned(), self.totals_json());
        if rows {
            object.insert("accepted".to_owned(), accepted_json(&self.accepted));
        }
        Value::Object(object)
    }

    fn sheets_json(&self) -> Value {
        self.sheets
            .iter()
            .map(|sheet| {
                json!({
                    "file": sheet.file,
                    "sheet": sheet.sheet,
                    "kind": sheet.kind.map_or("unknown", |kind| kind.word()),
                    "header_row": sheet.header_row,
                    "rows": sheet.rows,
                    "accepted": sheet.accepted,
                    "skipped": sheet.skipped,
                    "rejected": sheet.rejected,
                })
            })
            .collect()
    }

    fn findings_json(&self, lang: Lang) -> Value {
        self.findings
            .iter()
            .map(|finding| {
                let sheet = self.sheets.get(finding.sheet);
                let cell = finding
                    .column
                    .map(|c| format!("{}{}", column_letters(c), finding.row));
                json!({
                    "file": sheet.map(|sheet| &sheet.file),
                    "sheet": sheet.map(|sheet| &sheet.sheet),
                    "row": finding.row,
                    "column": finding.name.zh,
                    "cell": cell,
                    "code": finding.code.word(),
                    "severity": severity(finding.severity),
                    "message": finding.message.get(lang),
                    "suggestion": finding.suggestion.get(lang),
                })
            })
            .collect()
    }

    fn totals_json(&self) -> Value {
        json!({
            "achievements": self.totals.achievements,
            "contracts": self.totals.contracts,
            "contract_fen": self.totals.contracted,
            "receipts": self.totals.receipts,
            "received_fen": self.totals.received,
            "distributions": self.totals.distributions,
        })
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Refused => "refused",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn accepted_json(accepted: &Accepted) -> Value {
    let achievements: Vec<Value> = accepted
        .achievements
        .iter()
        .map(|row| {
            json!({
                "row": row.place.row,
                "title": row.title,
                "number": row.number,
                "inventors": row.inventors,
                "shares_percent": row.shares.as_ref().map(|shares| percents(shares)),
                "college": row.college,
                "filed": row.filed.to_string(),
            })
        })
        .collect();
    let contracts: Vec<Value> = accepted
        .contracts
        .iter()
        .map(|row| {
            let mut object = json!({
                "row": row.place.row,
                "no": row.no,
                "numbers": row.numbers,
                "mode": row.mode,
                "firm": row.firm,
                "uscc": row.uscc,
                "fen": row.amount,
                "signed": row.signed.to_string(),
                "pricing": row.pricing,
            });
            if let (false, Some(object)) = (row.titles.is_empty(), object.as_object_mut()) {
                object.insert("titles".to_owned(), json!(row.titles));
            }
            object
        })
        .collect();
    let receipts: Vec<Value> = accepted
        .receipts
        .iter()
        .map(|row| {
            json!({
                "row": row.place.row,
                "no": row.no,
                "date": row.date.to_string(),
                "fen": row.amount,
            })
        })
        .collect();
    let distributions: Vec<Value> = accepted
        .distributions
        .iter()
        .map(|row| {
            json!({
                "row": row.place.row,
                "no": row.no,
                "net_fen": row.net,
                "team_fen": row.team,
                "college_fen": row.college,
                "university_fen": row.university,
                "persons_fen": persons(&row.persons),
            })
        })
        .collect();
    json!({
        "achievements": achievements,
        "contracts": contracts,
        "receipts": receipts,
        "distributions": distributions,
    })
}

/// Whole per cents as whole numbers, others as decimals.
fn percents(shares: &[Share]) -> Vec<Value> {
    shares
        .iter()
        .map(|share| {
            let hundred = u128::from(share.numerator()) * 100;
            let bottom = u128::from(share.denominator());
            match u64::try_from(hundred / bottom) {
                Ok(whole) if hundred.is_multiple_of(bottom) => json!(whole),
                _ => json!(fraction(*share) * 100.0),
            }
        })
        .collect()
}

/// Two people of one name are added up, so that no fen is lost.
fn persons(persons: &[(String, Money)]) -> Value {
    let mut object = Map::new();
    for (name, money) in persons {
        let before = object.get(name).and_then(Value::as_i64).unwrap_or(0);
        object.insert(name.clone(), json!(before.saturating_add(money.fen())));
    }
    Value::Object(object)
}
