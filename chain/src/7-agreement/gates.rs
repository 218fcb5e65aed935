//! What must hold before a contract is signed, each with its article, and what the
//! panel says of it afterwards.

use dukou_kernel::{Date, Finding, Severity, text};
use dukou_rules::{AppraisalNeed, Exemption, ExportFacts};

use super::{Agreement, Before, ExportRecorded};
use crate::checks::Checks;
use crate::deal::{Appraisal, Terms};
use crate::institution::Institution;
use crate::law;
use crate::matching::CaseView;
use crate::protection::not_in_future;
use crate::terms::{Funding, Mode, PartyKind};

/// What somebody who signs brings along for the border.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// The project manager's approval.
    pub approved: bool,
    /// Catalogue, registration, licence.
    pub export: ExportRecorded,
}

/// Everything that must hold before a contract is signed, and what would be good to have.
/// The compliance panel shows exactly this list.
pub fn gates(before: &Before<'_>, brought: &Brought, today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    for case in before.cases {
        found.extend(case_gates(case, before.institution));
    }
    if let Some(terms) = before.negotiation.newest() {
        found.push(before.negotiation.decision_finding());
        found.extend(
            before
                .publicity
                .finding(before.negotiation, before.institution, today),
        );
        found.extend(
            before
                .negotiation
                .market_finding(&law::rules(before.institution, today)),
        );
        found.extend(appraisal_findings(before, terms.mode, today));
        let facts = export_facts(before, terms, &brought.export, brought.approved);
        found.extend(border(before, &facts, today));
    }
    found.extend(interest_findings(before));
    found.sort_by_key(|finding| finding.severity);
    found
}

fn case_gates(case: &CaseView<'_>, institution: &Institution) -> Vec<Finding> {
    let number = &case.disclosure.number;
    let mut found = Vec::new();
    found.push(if case.assessment.history && case.assessment.concluded.is_none() {
        Finding::new(
            Severity::Warning,
            "assessment.history",
            text!(
                "{number} 为导入的历史，申请前评估在本系统之前，此处无凭证。",
                "{number} is imported history: its assessment lies before Dukou and is not evidenced here."
            ),
        )
        .cite(institution.article("moe_2020_1.assessment"))
    } else if case.assessment.concluded.is_some() {
        Finding::new(
            Severity::Info,
            "assessment.on_file",
            text!("披露与申请前评估齐全（{number}）", "Disclosure and pre-filing assessment on file ({number})"),
        )
        .cite(institution.article("moe_2020_1.assessment"))
    } else {
        Finding::refused(
            "assessment.missing",
            text!("{number} 没有申请前评估。", "{number} has no pre-filing assessment."),
        )
        .cite(institution.article("moe_2020_1.assessment"))
    });
    let open = case.disclosure.unconfirmed().count();
    found.push(if open == 0 {
        Finding::new(
            Severity::Info,
            "shares.confirmed",
            text!("完成人份额全部确认（{number}）", "All contributors confirmed their shares ({number})"),
        )
    } else {
        Finding::new(
            Severity::Warning,
            "shares.unconfirmed",
            text!(
                "{number} 有{open}人未确认份额。不影响签约；分配前须全部确认。",
                "{open} contributor(s) of {number} have not confirmed. Signing may go on; distribution may not."
            ),
        )
    }
    .cite(institution.article("school.shares")));
    found
}

fn taker(before: &Before<'_>) -> PartyKind {
    let opened = before.matching.opened.as_ref();
    opened.map_or(PartyKind::Unknown, |(_, it)| it.party.kind)
}

/// The state-asset answer, and the Company Law's own: an equity contract is not
/// signed without an appraisal on file (公司法第48条第2款).
fn appraisal_findings(before: &Before<'_>, mode: Mode, today: Date) -> Vec<Finding> {
    let done = before
        .negotiation
        .current_decision()
        .is_some_and(|it| it.appraisal == Appraisal::Done);
    let answer = law::appraisal_need(before.institution, today, taker(before), mode, Some(done));
    let message = match answer.need {
        AppraisalNeed::Exempt => text!(
            "受让方为国有全资企业，无须评估",
            "Taker wholly state-owned: no appraisal required"
        ),
        AppraisalNeed::UnitDecides => text!(
            "受让方非国有全资，是否评估由学校决定",
            "Taker not wholly state-owned: appraisal is the university's choice"
        ),
        AppraisalNeed::Required => text!("依规应当评估", "An appraisal is required"),
    };
    let need = Finding::new(Severity::Info, "appraisal.need", message).cite(answer.citation);
    let others = answer.findings.into_iter();
    std::iter::once(need)
        .chain(others.filter(|it| it.code != "rule.unverified"))
        .collect()
}

/// What the leaders' exemption from decision liability still misses
/// (国发〔2016〕16号（十）). Whether somebody sought an illegal benefit no file
/// shows, so nobody's word is taken for it.
pub fn exemption_findings(before: &Before<'_>, today: Date) -> Vec<Finding> {
    let Some(terms) = before.negotiation.newest() else {
        return Vec::new();
    };
    let notice = before.publicity.current(before.negotiation.version());
    let institution = before.institution;
    let question = Exemption {
        pricing: terms.pricing,
        published_in_unit: Some(notice.is_some()),
        published_on_market: Some(before.negotiation.market.is_some()),
        publicity_complete: Some(
            notice.is_some_and(|it| it.closed.is_some() && it.open_objections().next().is_none()),
        ),
        collective_decision: Some(
            before
                .negotiation
                .current_decision()
                .is_some_and(|it| it.approved),
        ),
        conflicts_declared: Some(all_declared(before)),
        illegal_benefit: None,
        on: Some(today),
        jurisdiction: Some(institution.jurisdiction().to_owned()),
    };
    match dukou_rules::exemption(&question, institution.rulebook(), today) {
        Ok(answer) => answer.findings,
        Err(error) => law::unanswered(error).findings,
    }
}

fn all_declared(before: &Before<'_>) -> bool {
    let mut people = before
        .cases
        .iter()
        .flat_map(|case| case.disclosure.contributors());
    people.all(|it| before.negotiation.interests.contains_key(&it.person))
}

fn interest_findings(before: &Before<'_>) -> Vec<Finding> {
    let mut people: Vec<_> = before
        .cases
        .iter()
        .flat_map(|case| case.disclosure.contributors().iter().map(|c| c.person))
        .collect();
    people.sort_unstable();
    people.dedup();
    let all = people.len();
    let declared = people
        .iter()
        .filter(|p| before.negotiation.interests.contains_key(p))
        .count();
    let related = before
        .negotiation
        .interests
        .values()
        .filter(|it| it.related)
        .count();
    let mut found = vec![
        if declared == all {
            Finding::new(
                Severity::Info,
                "interest.declared",
                text!(
                    "{all}名完成人均已申报关联关系",
                    "All {all} contributors declared their interests"
                ),
            )
        } else {
            let open = all - declared;
            Finding::new(
                Severity::Warning,
                "interest.missing",
                text!(
                    "{open}名完成人还没有申报与对方的关联关系。",
                    "{open} contributor(s) have not declared their ties to the other side."
                ),
            )
        }
        .cite(before.institution.article("conflict_of_interest")),
    ];
    if related > 0 {
        found.push(
            Finding::new(
                Severity::Warning,
                "interest.related",
                text!(
                    "{related}人与对方有关联，公示和决策材料须写明。",
                    "{related} person(s) are tied to the other side: notice and decision papers must say so."
                ),
            )
            .cite(before.institution.article("conflict_of_interest")),
        );
    }
    found
}

fn export_facts(
    before: &Before<'_>,
    terms: &Terms,
    evidence: &ExportRecorded,
    approved: bool,
) -> ExportFacts {
    let fiscal = |funding: &Funding| {
        matches!(
            funding,
            Funding::National | Funding::Ministry | Funding::Province
        )
    };
    let fiscal = before.cases.iter().any(|case| {
        let details = case.disclosure.details.as_ref();
        details.is_some_and(|details| details.funding.iter().any(fiscal))
    });
    ExportFacts {
        recipient: taker(before),
        abroad: evidence.abroad,
        mode: terms.mode,
        licence: terms.licence,
        fiscal,
        approved,
        catalogue: evidence.catalogue,
        intent: evidence.intent_no.is_some(),
        permitted: evidence.permit_no.is_some(),
    }
}

/// What was brought along, checked; blank texts are nothing.
pub(super) fn brought(
    checks: &mut Checks,
    given: Option<&ExportRecorded>,
    today: Date,
) -> ExportRecorded {
    let filled = |text: Option<String>| {
        let text = text.map(|it| it.trim().to_owned());
        text.filter(|it| !it.is_empty())
    };
    let given = given.cloned().unwrap_or_default();
    let export = ExportRecorded {
        intent_no: filled(given.intent_no),
        permit_no: filled(given.permit_no),
        ..given
    };
    for (field, text) in [
        ("export.intent_no", &export.intent_no),
        ("export.permit_no", &export.permit_no),
    ] {
        checks.at_most(field, text.as_deref().unwrap_or_default(), 60);
    }
    let bare = export.permit_on.is_some() && export.permit_no.is_none();
    checks.refuse_if(bare, || {
        Finding::refused(
            "export.permit_no",
            text!(
                "写了日期，还须写登记证或许可证编号。",
                "With the day, give the number of the certificate or licence."
            ),
        )
        .at("export.permit_no")
    });
    if let Some(day) = export.permit_on {
        not_in_future(checks, "export.permit_on", day, today);
    }
    export
}

/// What the border asks, under the rules of a day.
fn border(before: &Before<'_>, facts: &ExportFacts, day: Date) -> Vec<Finding> {
    let rules = law::rules(before.institution, day);
    match dukou_rules::export_findings(facts, &rules) {
        Ok(found) => found,
        Err(error) => law::unanswered(error).findings,
    }
}

impl Agreement {
    /// What the panel says of the contract's registration and of its way across
    /// the border.
    pub fn findings(&self, before: &Before<'_>) -> Vec<Finding> {
        let Some((_, signed)) = &self.signed else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if self.register_again() {
            found.push(
                Finding::new(
                    Severity::Warning,
                    "agreement.register_again",
                    text!(
                        "合同登记后有变更，须重新办理认定登记；未办以前不享受税收优惠。",
                        "The contract was amended after it was registered: register it again. Until then it carries no tax relief."
                    ),
                )
                .cite(before.institution.article("most_2000_063")),
            );
        }
        let evidence = self.export.clone().unwrap_or_default();
        let approved = signed.export_approval.is_some();
        let facts = export_facts(before, &signed.terms, &evidence, approved);
        if facts.permitted {
            return found;
        }
        let border = border(before, &facts, signed.signed);
        found.extend(
            border
                .into_iter()
                .filter(|it| matches!(it.code.as_str(), "export.registration" | "export.licence")),
        );
        found
    }
}
