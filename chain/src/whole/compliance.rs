//! The compliance panel: what is refused, missing, satisfied, each with its article.

use dukou_kernel::{Date, Finding, Severity, text};

use super::state::{Case, Deal, case_view};
use crate::agreement::{self, Brought};
use crate::disclosure::{Say, Standing};
use crate::institution::Institution;
use crate::law;
use crate::matching::CaseView;

/// Findings of a case by itself, the weightiest first.
pub fn case_findings(case: &Case, _today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    if case.history.is_some() {
        found.push(Finding::new(
            Severity::Warning,
            "history",
            text!(
                "导入的历史：早于渡口，此处无凭证",
                "Imported history: before Dukou, not evidenced here"
            ),
        ));
    }
    if case.disclosure.standing == Standing::Accepted {
        found.push(
            Finding::new(
                Severity::Info,
                "disclosure.accepted",
                text!(
                    "职务科技成果，披露已受理",
                    "Service achievement, disclosure accepted"
                ),
            )
            .cite(law::citation("transfer_law.2")),
        );
    }
    found.push(assessment_finding(case));
    for say in case.disclosure.says.values() {
        if let Say::Objected { answer_by, .. } = say {
            found.push(
                Finding::new(
                    Severity::Warning,
                    "shares.objected",
                    text!(
                        "有人对份额提出异议，须在{answer_by}前书面答复",
                        "A share is objected to; answer in writing by {answer_by}"
                    ),
                )
                .cite(law::citation("school.shares")),
            );
        }
    }
    let open = case.disclosure.unconfirmed().count();
    if open > 0 {
        found.push(
            Finding::new(
                Severity::Warning,
                "shares.unconfirmed",
                text!(
                    "{open}人未确认份额；分配前须全部确认",
                    "{open} contributor(s) have not confirmed; distribution waits for all"
                ),
            )
            .cite(law::citation("school.shares")),
        );
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

fn assessment_finding(case: &Case) -> Finding {
    let citation = law::citation("moe_2020_1.assessment");
    if case.assessment.concluded.is_some() {
        Finding::new(
            Severity::Info,
            "assessment.on_file",
            text!("申请前评估已作出", "Pre-filing assessment on file"),
        )
    } else {
        Finding::new(
            Severity::Warning,
            "assessment.missing",
            text!("还没有申请前评估", "No pre-filing assessment yet"),
        )
    }
    .cite(citation)
}

/// Findings of a deal: before the contract what signing asks for, afterwards
/// what was checked then, and always the money's side.
pub fn deal_findings(
    deal: &Deal,
    cases: &[(dukou_kernel::CaseId, &Case)],
    institution: &Institution,
    today: Date,
) -> Vec<Finding> {
    let views: Vec<CaseView<'_>> = cases
        .iter()
        .map(|(id, case)| case_view(*id, case))
        .collect();
    let before = agreement::Before {
        institution,
        matching: &deal.matching,
        negotiation: &deal.negotiation,
        publicity: &deal.publicity,
        cases: &views,
        contract_no_taken: false,
    };
    let mut found = match &deal.agreement.signed {
        Some((_, signed)) if deal.history.is_none() => {
            let mut then = vec![
                Finding::new(
                    Severity::Info,
                    "agreement.signed",
                    text!(
                        "合同已签，签约时各项已核对",
                        "Contract signed; everything was checked then"
                    ),
                )
                .cite(institution.article("transfer_law.18")),
            ];
            match signed.findings.read() {
                Ok(checked) => then.extend(checked.into_owned()),
                Err(_) => then.push(Finding::new(
                    Severity::Warning,
                    "agreement.unreadable",
                    text!(
                        "签约时的核对记录读不出来，请系统管理员核验数据（dukou verify）。",
                        "What was checked at signing cannot be read: ask the system administrator to verify the data (dukou verify)."
                    ),
                )),
            }
            then
        }
        Some(_) => vec![Finding::new(
            Severity::Warning,
            "history",
            text!(
                "导入的合同：早于渡口，此处无凭证",
                "Imported contract: before Dukou, not evidenced here"
            ),
        )],
        None => agreement::gates(&before, &Brought::default(), today),
    };
    if deal.history.is_none() {
        found.extend(agreement::exemption_findings(&before, today));
        found.extend(deal.agreement.findings(&before));
    }
    found.extend(deal.distribution.findings(today));
    found.sort_by_key(|finding| finding.severity);
    found
}
