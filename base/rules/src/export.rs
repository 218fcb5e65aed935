//! Technology that leaves China: when the project manager must approve (科技进步法
//! 第34条), and what every contract across the border needs (对外贸易法第17条;
//! 技术进出口管理条例第28–38条).

use dukou_kernel::{Finding, Severity, Text, text};

use crate::conditions::{self, Known};
use crate::register::Row;
use crate::rulebook::{LookupError, RulesOn};
use crate::step::RuleError;
use crate::terms::{CatalogueResult, LicenceKind, Mode, PartyKind};

/// What decides about a contract across the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportFacts {
    /// The recipient, as it is on file.
    pub recipient: PartyKind,
    /// Is the recipient abroad, where somebody said so?
    pub abroad: Option<bool>,
    /// How the result goes over.
    pub mode: Mode,
    /// Extent of a licence.
    pub licence: Option<LicenceKind>,
    /// Was the result achieved with fiscal money?
    pub fiscal: bool,
    /// Is the project manager's approval on file?
    pub approved: bool,
    /// What the catalogue says, once it was looked at.
    pub catalogue: Option<CatalogueResult>,
    /// Is the letter of intent for a restricted technology on file (许可意向书)?
    pub intent: bool,
    /// Is the contract registered, or licensed, for export?
    pub permitted: bool,
}

impl ExportFacts {
    /// Is the recipient abroad? `None` where neither file nor person says.
    pub fn is_abroad(&self) -> Option<bool> {
        match self.recipient.abroad() {
            Some(true) => Some(true),
            known => self.abroad.or(known),
        }
    }

    /// The words under which check-lists name this way: a contribution to a
    /// company assigns the right; a licence that does not say is an ordinary one
    /// (法释〔2020〕19号第25条).
    fn ways(&self) -> Vec<&'static str> {
        match self.mode {
            Mode::Transfer | Mode::Other => vec![self.mode.code()],
            Mode::Equity => vec![Mode::Equity.code(), Mode::Transfer.code()],
            Mode::Licence => {
                let kind = self.licence.unwrap_or(LicenceKind::NonExclusive);
                vec![Mode::Licence.code(), kind.code()]
            }
        }
    }
}

/// Fiscal results to recipients abroad.
const FISCAL: &str = "export.fiscal";
/// Every contract that moves technology out of China.
const ANY: &str = "export.any";

/// What the border asks of a contract: nothing towards a recipient in China, a
/// foreign-invested company included. Where nobody knows whether the recipient is
/// abroad, a finding asks.
///
/// # Errors
/// When the rulebook cannot answer.
pub fn export_findings(
    facts: &ExportFacts,
    rules: &RulesOn<'_>,
) -> Result<Vec<Finding>, RuleError> {
    match facts.is_abroad() {
        Some(false) => return Ok(Vec::new()),
        None => return Ok(vec![unclear(facts, rules)]),
        Some(true) => {}
    }
    let ways = facts.ways();
    let applies = |row: &Row| ways.iter().any(|way| row.applies_to(way));
    let mut findings = Vec::new();
    if facts.fiscal {
        for row in rows(FISCAL, rules)? {
            if applies(row) {
                findings.push(approval(facts, row));
            }
        }
    }
    for row in rows(ANY, rules)? {
        if applies(row) && concerns(facts, row) {
            findings.extend(at_the_border(facts, row));
        }
    }
    Ok(findings)
}

fn rows<'a>(list: &str, rules: &RulesOn<'a>) -> Result<Vec<&'a Row>, RuleError> {
    match rules.checklist(list) {
        Ok(rows) => Ok(rows),
        Err(LookupError::NotInForce { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// A row for one kind of technology speaks only once the catalogue was looked at.
fn concerns(facts: &ExportFacts, row: &Row) -> bool {
    row.kinds.is_empty() || facts.catalogue.is_some_and(|it| row.admits(it.code()))
}

fn unclear(facts: &ExportFacts, rules: &RulesOn<'_>) -> Finding {
    let severity = match facts.recipient {
        PartyKind::Unknown => Severity::Warning,
        _ => Severity::Refused,
    };
    let message = text!(
        "没有写明对方是否在境外：境外组织或个人须核对出口目录并办理登记或许可，境内外商投资企业不须。写明后再签约。",
        "It is not said whether the other side is abroad: an organisation or person abroad needs the export catalogue check and registration or licence, a foreign-invested company in China does not. Say which before signing."
    );
    Finding::new(severity, "export.recipient_unclear", message)
        .cite(rules.book().article("tie_rules.2"))
        .at("export.abroad")
}

fn approval(facts: &ExportFacts, row: &Row) -> Finding {
    if facts.approved {
        let message = text!(
            "向境外转让、独占许可已经项目管理机构批准",
            "Transfer or exclusive licence abroad approved by the project manager"
        );
        return Finding::new(Severity::Info, "export.approved", message).cite(row.citation.clone());
    }
    let message = text!(
        "财政资金形成的知识产权向境外转让或独占许可，须经项目管理机构批准。签约时附上批件。",
        "A right from fiscal funds goes abroad by transfer or exclusive licence only with the project manager's approval. Attach it when signing."
    );
    Finding::new(row.severity, "export.approval", message)
        .cite(row.citation.clone())
        .at("export_approval")
}

fn at_the_border(facts: &ExportFacts, row: &Row) -> Option<Finding> {
    let (known, field) = match row.key.as_str() {
        "catalogue" => (
            Known::from(Some(facts.catalogue.is_some())),
            "export.catalogue",
        ),
        "not_forbidden" => (
            match facts.catalogue {
                None => Known::Beside,
                Some(found) => Known::from(Some(found != CatalogueResult::Prohibited)),
            },
            "export.catalogue",
        ),
        "intent_before_negotiation" => (Known::from(Some(facts.intent)), "export.intent_no"),
        "licence" | "registration" => (Known::from(Some(facts.permitted)), "export.permit_no"),
        // Nothing of the contract shows it: the row itself is the reminder.
        _ => return Some(reminder(row)),
    };
    let code = format!("export.{}", row.key);
    let found = conditions::finding(row, known, &code, row.severity)?;
    Some(found.at(field))
}

fn reminder(row: &Row) -> Finding {
    let (words, citation) = (&row.words, &row.citation);
    let message = Text::new(
        format!("技术出境须知：{}（{}）。", words.zh, citation.zh),
        format!("Across the border: {} ({}).", words.en, citation.en),
    );
    Finding::new(
        row.severity.max(Severity::Warning),
        &format!("export.{}", row.key),
        message,
    )
    .cite(citation.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;
    use jiff::civil::date;

    fn facts() -> ExportFacts {
        ExportFacts {
            recipient: PartyKind::Abroad,
            abroad: None,
            mode: Mode::Transfer,
            licence: None,
            fiscal: true,
            approved: false,
            catalogue: Some(CatalogueResult::Free),
            intent: false,
            permitted: true,
        }
    }

    fn refused(facts: &ExportFacts) -> Vec<String> {
        let book = Rulebook::builtin();
        let found = export_findings(facts, &book.at(date(2026, 11, 30))).unwrap();
        found
            .into_iter()
            .filter(|it| it.severity == Severity::Refused)
            .map(|it| it.code)
            .collect()
    }

    /// 科技进步法第34条: recipients abroad, transfer or exclusive licence, fiscal.
    #[test]
    fn only_transfers_and_exclusive_licences_of_fiscal_results_need_the_manager() {
        let licence = |kind| ExportFacts {
            mode: Mode::Licence,
            licence: Some(kind),
            ..facts()
        };
        assert_eq!(refused(&facts()), ["export.approval"]);
        assert_eq!(
            refused(&licence(LicenceKind::Exclusive)),
            ["export.approval"]
        );
        for free in [
            licence(LicenceKind::Sole),
            licence(LicenceKind::NonExclusive),
            ExportFacts {
                mode: Mode::Licence,
                licence: None,
                ..facts()
            },
            ExportFacts {
                fiscal: false,
                ..facts()
            },
            ExportFacts {
                approved: true,
                ..facts()
            },
        ] {
            assert!(refused(&free).is_empty(), "{free:?}");
        }
        // 作价投资 assigns the right.
        let equity = ExportFacts {
            mode: Mode::Equity,
            ..facts()
        };
        assert_eq!(refused(&equity), ["export.approval"]);
    }

    /// 技术进出口管理条例第28–38条: every contract, fiscal or not.
    #[test]
    fn every_contract_across_the_border_is_held_against_the_catalogue() {
        let own = ExportFacts {
            fiscal: false,
            ..facts()
        };
        let of = |catalogue| ExportFacts {
            catalogue,
            permitted: false,
            ..own
        };
        assert_eq!(refused(&of(None)), ["export.catalogue"]);
        assert_eq!(
            refused(&of(Some(CatalogueResult::Prohibited))),
            ["export.not_forbidden"]
        );
        assert_eq!(
            refused(&of(Some(CatalogueResult::Restricted))),
            ["export.intent_before_negotiation"]
        );
        let book = Rulebook::builtin();
        let found = export_findings(
            &of(Some(CatalogueResult::Free)),
            &book.at(date(2026, 11, 30)),
        );
        let found = found.unwrap();
        let missing = found.iter().find(|it| it.code == "export.registration");
        assert_eq!(missing.unwrap().severity, Severity::Warning);
    }

    #[test]
    fn a_foreign_invested_company_in_china_is_domestic_and_the_older_word_asks() {
        let of = |recipient, abroad| ExportFacts {
            recipient,
            abroad,
            catalogue: None,
            ..facts()
        };
        let book = Rulebook::builtin();
        let found =
            |facts: &ExportFacts| export_findings(facts, &book.at(date(2026, 11, 30))).unwrap();
        assert!(found(&of(PartyKind::ForeignInvested, None)).is_empty());
        assert_eq!(
            refused(&of(PartyKind::Foreign, None)),
            ["export.recipient_unclear"]
        );
        assert!(found(&of(PartyKind::Foreign, Some(false))).is_empty());
        assert_eq!(
            refused(&of(PartyKind::Foreign, Some(true))),
            ["export.approval", "export.catalogue"]
        );
        let unsaid = found(&of(PartyKind::Unknown, None));
        assert_eq!(unsaid.len(), 1);
        assert_eq!(unsaid[0].severity, Severity::Warning);
        // What is on file as abroad stays abroad.
        assert_eq!(
            refused(&of(PartyKind::Abroad, Some(false))),
            ["export.approval", "export.catalogue"]
        );
    }
}
