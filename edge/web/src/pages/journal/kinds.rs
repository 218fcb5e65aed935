//! Every stored kind of event in words.

/// Kind, 中文, English; in the order of the chain.
pub const KINDS: &[(&str, &str, &str)] = &[
    (
        "disclosure.submitted.v1",
        "披露已提交",
        "Disclosure submitted",
    ),
    (
        "disclosure.accepted.v1",
        "披露已受理",
        "Disclosure accepted",
    ),
    (
        "disclosure.returned.v1",
        "披露已退回补充",
        "Disclosure returned",
    ),
    (
        "disclosure.resubmitted.v1",
        "披露已补充",
        "Disclosure resubmitted",
    ),
    (
        "disclosure.declined.v1",
        "披露不予受理",
        "Disclosure declined",
    ),
    ("disclosure.assigned.v1", "经办人已转交", "Case handed over"),
    (
        "disclosure.share_confirmed.v1",
        "份额已确认",
        "Share confirmed",
    ),
    (
        "disclosure.share_objected.v1",
        "对份额有异议",
        "Share objected to",
    ),
    ("disclosure.shares_revised.v1", "份额已改", "Shares revised"),
    (
        "assessment.concluded.v1",
        "评估已作出",
        "Assessment concluded",
    ),
    (
        "protection.right_recorded.v1",
        "权利已登记",
        "Right recorded",
    ),
    (
        "protection.grant_recorded.v1",
        "权利已授权",
        "Grant recorded",
    ),
    ("protection.right_ended.v1", "权利已失效", "Right ended"),
    ("protection.cost_recorded.v1", "费用已登记", "Cost recorded"),
    ("valuation.noted.v1", "价值评价已记录", "Valuation noted"),
    ("matching.opened.v1", "已立项", "Deal opened"),
    ("matching.contact_noted.v1", "联系已记录", "Contact noted"),
    ("deal.terms_agreed.v1", "条款已确认", "Terms agreed"),
    (
        "deal.interest_declared.v1",
        "关联关系已申报",
        "Interests declared",
    ),
    (
        "deal.market_proved.v1",
        "市场公示证明已收",
        "Market proof received",
    ),
    ("deal.decided.v1", "集体决策已登记", "Decision recorded"),
    ("publicity.posted.v2", "公示已发布", "Notice posted"),
    ("publicity.objected.v1", "异议已登记", "Objection recorded"),
    ("publicity.answered.v1", "异议已答复", "Objection answered"),
    ("publicity.closed.v1", "公示已结束", "Notice closed"),
    ("agreement.signed.v1", "合同已签", "Contract signed"),
    (
        "agreement.registered.v1",
        "合同已认定登记",
        "Contract registered",
    ),
    ("agreement.amended.v1", "合同已变更", "Contract amended"),
    ("agreement.party_renamed.v1", "对方已更名", "Party renamed"),
    (
        "agreement.export_recorded.v1",
        "技术出口核对已记录",
        "Export check recorded",
    ),
    ("income.received.v1", "到账已登记", "Receipt entered"),
    ("income.refunded.v1", "已退款", "Refund entered"),
    ("income.reversed.v1", "到账已冲销", "Receipt reversed"),
    (
        "distribution.proposed.v1",
        "分配已拟定",
        "Distribution proposed",
    ),
    (
        "distribution.approved.v1",
        "分配已批准",
        "Distribution approved",
    ),
    (
        "distribution.rejected.v1",
        "分配已退回",
        "Distribution rejected",
    ),
    (
        "distribution.clawed_back.v1",
        "退款后追回",
        "Clawed back after a refund",
    ),
    (
        "distribution.reward_posted.v2",
        "奖励公示已发布",
        "Reward notice posted",
    ),
    (
        "distribution.reward_closed.v1",
        "奖励公示已结束",
        "Reward notice closed",
    ),
    ("distribution.paid.v1", "已兑现", "Paid"),
    (
        "distribution.relief_filed.v1",
        "个税优惠已备案",
        "Tax relief filed",
    ),
    (
        "distribution.equity_allotted.v1",
        "股权已分配",
        "Equity allotted",
    ),
    ("history.case_imported.v1", "成果已导入", "Case imported"),
    ("history.case_imported.v2", "成果已导入", "Case imported"),
    (
        "history.deal_imported.v1",
        "合同已导入",
        "Contract imported",
    ),
    (
        "history.receipt_imported.v1",
        "到账已导入",
        "Receipt imported",
    ),
    (
        "history.distribution_imported.v1",
        "以往分配已导入",
        "Past distribution imported",
    ),
    ("closing.ended.v1", "已终结", "Ended"),
    ("closing.corrected.v1", "已更正", "Corrected"),
    ("closing.noted.v1", "已记一笔", "Noted"),
    ("closing.refused.v1", "被拒绝的一步", "Refused step"),
    ("people.registered.v1", "人员已登记", "Person registered"),
    ("people.updated.v1", "人员已更新", "Person updated"),
    (
        "people.owner_named.v1",
        "系统负责人已登记",
        "Owner of a service named",
    ),
    ("people.heir_named.v1", "继承人已登记", "Heir named"),
    ("people.role_granted.v1", "角色已授予", "Role granted"),
    ("people.role_revoked.v1", "角色已收回", "Role revoked"),
    ("people.erased.v1", "个人信息已删除", "Personal data erased"),
    ("people.account_changed.v1", "账号事项", "Account changed"),
    (
        "institution.founded.v1",
        "学校已设立",
        "Institution founded",
    ),
    (
        "institution.profile_set.v1",
        "学校设置已改",
        "Settings changed",
    ),
    ("institution.unit_added.v1", "单位已添加", "Unit added"),
    (
        "institution.year_adopted.v1",
        "放假安排已采用",
        "Holiday calendar adopted",
    ),
    (
        "institution.law_loaded.v1",
        "法规文件已载入",
        "Law files loaded",
    ),
    (
        "institution.policy_adopted.v1",
        "本校办法已采用",
        "School rules adopted",
    ),
    (
        "institution.permission_set.v1",
        "权限已改",
        "Permission changed",
    ),
    (
        "distribution.proposed.v2",
        "分配已拟定",
        "Distribution proposed",
    ),
    (
        "distribution.approved.v2",
        "分配已批准",
        "Distribution approved",
    ),
    (
        "distribution.clawed_back.v2",
        "退款后追回",
        "Clawed back after a refund",
    ),
    ("people.registered.v2", "人员已登记", "Person registered"),
    ("people.updated.v2", "人员已更新", "Person updated"),
    ("publicity.posted.v1", "公示已发布", "Notice posted"),
    (
        "distribution.reward_posted.v1",
        "奖励公示已发布",
        "Reward notice posted",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_and_nothing_else_has() {
        // What is no longer written still stands in journals.
        let old = dukou_chain::whole::OLD_SHAPES.iter().map(|it| it.kind);
        let mut stored: Vec<&str> = dukou_chain::whole::Event::kinds().chain(old).collect();
        let mut named: Vec<&str> = KINDS.iter().map(|(kind, _, _)| *kind).collect();
        stored.sort_unstable();
        named.sort_unstable();
        assert_eq!(stored, named);
    }
}
