//! Forms of the steps on a case, up to the opening of a deal.

use dukou_chain::assessment::Conclusion;
use dukou_chain::protection::CostKind;
use dukou_chain::terms::{Mode, Outcome, PartyKind, PartySize, RightKind};
use dukou_chain::valuation::Method;
use dukou_kernel::Text;

use super::{Offer, choices, form, reason};
use crate::forms::{Choice, Field, Kind, Spec};

pub(super) fn spec(command: &str, offer: &Offer) -> Option<Spec> {
    let today = offer.today.as_str();
    let rights = || Kind::Choose(offer.rights.clone());
    Some(match command {
        "disclosure.accept" => form(
            "disclosure.accept",
            ("受理披露", "Accept the disclosure"),
            (
                "受理后由所选技术经理人经办，完成人会看到。",
                "The chosen manager holds the case from now on; the contributors see it.",
            ),
            (
                "教科技〔2020〕1号；校内规定",
                "MOE Doc. 1 (2020); school rule",
            ),
            vec![Field::new(
                "manager",
                Kind::Choose(offer.managers.clone()),
                "经办人",
                "Manager",
            )],
        ),
        "disclosure.return" => form(
            "disclosure.return",
            ("退回补充", "Return for more"),
            (
                "披露回到完成人手里，补充后再提交；已填内容都在。",
                "The disclosure goes back to the inventor; everything stays filled in.",
            ),
            ("校内规定", "School rule"),
            vec![reason("还缺什么", "What is missing")],
        ),
        "disclosure.decline" => Spec {
            danger: true,
            ..form(
                "disclosure.decline",
                ("不予受理", "Decline"),
                (
                    "本案就此终结，理由会告知完成人，记录保留。",
                    "The case ends here; the reason is told to the inventors and stays on record.",
                ),
                ("校内规定", "School rule"),
                vec![reason("理由", "Reason")],
            )
        },
        "disclosure.assign" => form(
            "disclosure.assign",
            ("转交经办人", "Hand over the case"),
            (
                "本案改由所选技术经理人经办。",
                "The chosen manager holds the case from now on.",
            ),
            ("校内规定", "School rule"),
            vec![Field::new(
                "manager",
                Kind::Choose(offer.managers.clone()),
                "新经办人",
                "New manager",
            )],
        ),
        "disclosure.confirm_share" => form(
            "disclosure.confirm_share",
            ("确认份额", "Confirm the share"),
            (
                "确认后，这个份额就是以后分配收益的依据；改动份额须重新确认。",
                "The share is then the basis of every later distribution; a change needs a new confirmation.",
            ),
            ("校内规定", "School rule"),
            vec![
                Field::new(
                    "on_behalf",
                    Kind::Choose(offer.people.clone()),
                    "完成人",
                    "Contributor",
                )
                .hint(
                    "代办时选本人，并附签字纸件",
                    "When acting for somebody, choose the person and attach the signed paper",
                ),
                Field::new("paper", Kind::File, "签字纸件", "Signed paper").optional(),
            ],
        ),
        "disclosure.object_share" => form(
            "disclosure.object_share",
            ("对份额提出异议", "Object to a share"),
            (
                "办公室须按期书面答复；答复前不能分配。",
                "The office answers in writing and in time; nothing is distributed before.",
            ),
            ("校内规定", "School rule"),
            vec![
                Field::new(
                    "on_behalf",
                    Kind::Choose(offer.people.clone()),
                    "完成人",
                    "Contributor",
                ),
                reason(
                    "理由和你认为对的份额",
                    "Why, and which share would be right",
                ),
            ],
        ),
        "disclosure.revise_shares" => form(
            "disclosure.revise_shares",
            ("改份额", "Revise the shares"),
            (
                "新份额生效，所有完成人须重新确认。",
                "The new shares stand; every contributor confirms anew.",
            ),
            ("校内规定", "School rule"),
            vec![
                Field::new(
                    "contributors",
                    Kind::Shares(offer.roster.clone()),
                    "谁做了贡献，各占多少",
                    "Who contributed, and how much",
                )
                .hint("合计须正好100%", "Exactly 100% in total"),
                reason("为什么改", "Why"),
            ],
        ),
        "assessment.conclude" => form(
            "assessment.conclude",
            ("出具评估结论", "Conclude the assessment"),
            (
                "结论记入案卷；结论为申请时，才能登记申请号。",
                "The conclusion goes on file; a filing is recorded only when it says to file.",
            ),
            ("教科技〔2020〕1号", "MOE Doc. 1 (2020)"),
            vec![
                Field::new(
                    "conclusion",
                    Kind::Choose(choices!(Conclusion)),
                    "结论",
                    "Conclusion",
                ),
                Field::new("evaluator", Kind::Line, "评估人", "Evaluator")
                    .hint("本中心，或受托机构名称", "This office, or the outside body"),
                Field::new(
                    "readiness",
                    Kind::Number,
                    "技术就绪度",
                    "Technology readiness",
                )
                .hint(
                    "1到13级（GB/T 22900-2022）",
                    "Level 1 to 13 (GB/T 22900-2022)",
                ),
                Field::new(
                    "market",
                    Kind::Long(2000),
                    "市场与可能的受让方",
                    "Market and possible takers",
                )
                .optional(),
                Field::new("summary", Kind::Long(2000), "理由", "Reasons"),
                Field::new("report", Kind::File, "评估报告", "Report").optional(),
            ],
        ),
        "protection.record_right" => Spec {
            new_id: Some("right"),
            ..form(
                "protection.record_right",
                ("登记权利", "Record a right"),
                (
                    "专利、登记证书或技术秘密记入案卷，权属从此清楚。",
                    "The patent, registration or know-how goes on file.",
                ),
                ("专利法；教科技〔2020〕1号", "Patent Law; MOE Doc. 1 (2020)"),
                vec![
                    Field::new("kind", Kind::Choose(choices!(RightKind)), "种类", "Kind"),
                    Field::new(
                        "number",
                        Kind::Line,
                        "申请号、公开号或登记号",
                        "Filing, publication or registration number",
                    )
                    .hint("技术秘密可以不填", "Empty for know-how")
                    .optional(),
                    Field::new("filed", Kind::Day, "申请日", "Filing date").with(today),
                    Field::new("granted", Kind::Day, "授权日", "Grant date").optional(),
                    Field::new("owners", Kind::Line, "权利人", "Owners"),
                    Field::new(
                        "paper",
                        Kind::File,
                        "受理通知或证书",
                        "Notice or certificate",
                    )
                    .optional(),
                ],
            )
        },
        "protection.record_grant" => form(
            "protection.record_grant",
            ("登记授权", "Record the grant"),
            ("授权日记入案卷。", "The grant goes on file."),
            ("专利法第39、40条", "Patent Law art. 39, 40"),
            vec![
                Field::new("right", rights(), "权利", "Right"),
                Field::new("granted", Kind::Day, "授权日", "Grant date").with(today),
                Field::new("paper", Kind::File, "证书", "Certificate").optional(),
            ],
        ),
        "protection.end_right" => Spec {
            danger: true,
            ..form(
                "protection.end_right",
                ("登记失效", "Record the end of a right"),
                (
                    "权利自所填日期起失效，记录保留。",
                    "The right ends on the day given; the record stays.",
                ),
                ("专利法第44条", "Patent Law art. 44"),
                vec![
                    Field::new("right", rights(), "权利", "Right"),
                    Field::new("ended", Kind::Day, "失效日", "Since").with(today),
                    reason("原因", "Reason"),
                ],
            )
        },
        "protection.record_cost" => form(
            "protection.record_cost",
            ("登记费用", "Record a cost"),
            (
                "费用在以后的分配中先行扣除；完成人垫付的加倍返还。",
                "Costs are deducted before a distribution; what an inventor paid goes back double.",
            ),
            (
                "教科技〔2020〕1号（加倍返还）",
                "MOE Doc. 1 (2020), double return",
            ),
            vec![
                Field::new("kind", Kind::Choose(choices!(CostKind)), "类别", "Kind"),
                Field::new("amount", Kind::Money, "金额", "Amount")
                    .hint("元，精确到分", "Yuan, to the fen"),
                Field::new("paid_on", Kind::Day, "付款日", "Paid on").with(today),
                Field::new("paid_by", Kind::Choose(payers(offer)), "谁付的", "Who paid"),
                Field::new("voucher", Kind::Line, "凭证号", "Voucher"),
                Field::new("paper", Kind::File, "票据", "Receipt").optional(),
            ],
        ),
        "valuation.note" => form(
            "valuation.note",
            ("记录价值评价", "Note a valuation"),
            (
                "评价是谈价的依据，本身不是价格。",
                "A valuation is a basis for the talks; it is not the price.",
            ),
            ("财政部令第100号第39、40条", "MOF Decree 100 art. 39, 40"),
            vec![
                Field::new("method", Kind::Choose(choices!(Method)), "方法", "Method"),
                Field::new("low", Kind::Money, "下限", "Lower end").hint("元", "Yuan"),
                Field::new("high", Kind::Money, "上限", "Upper end").hint("元", "Yuan"),
                Field::new(
                    "basis",
                    Kind::Long(2000),
                    "假设与来源",
                    "Assumptions and sources",
                ),
                Field::new("paper", Kind::File, "测算书或报告", "Workings or report").optional(),
            ],
        ),
        "closing.note" => form(
            "closing.note",
            ("记一笔", "Write a note"),
            (
                "记入经过，署名，不能再改。",
                "It goes into the timeline under your name and cannot be changed.",
            ),
            ("", ""),
            vec![
                Field::new("text", Kind::Long(2000), "内容", "Text"),
                Field::new("files", Kind::File, "附件", "File").optional(),
            ],
        ),
        "closing.correct" => form(
            "closing.correct",
            ("更正一条记录", "Correct an entry"),
            (
                "原记录保留，更正写在它下面。",
                "The entry stays; the correction names it.",
            ),
            ("", ""),
            vec![
                Field::new(
                    "entry",
                    Kind::Choose(offer.entries.clone()),
                    "更正哪一条",
                    "Which entry",
                ),
                Field::new("text", Kind::Long(2000), "正确的是什么", "What is right"),
            ],
        ),
        "closing.end" => Spec {
            danger: true,
            ..form(
                "closing.end",
                ("终结", "End it"),
                (
                    "终结后不能恢复，只能另立新案；已发生的费用、钱款和记录全部保留。",
                    "It cannot be reopened, only begun anew; costs, money and records all stay.",
                ),
                ("校内规定", "School rule"),
                vec![
                    Field::new(
                        "outcome",
                        Kind::Choose(choices!(Outcome)),
                        "怎样终结",
                        "How",
                    ),
                    reason("理由", "Reason"),
                    Field::new("paper", Kind::File, "依据文件", "Document").optional(),
                ],
            )
        },
        "matching.open" => form(
            "matching.open",
            ("立项对接", "Open a deal"),
            (
                "从这里起，谈判、定价、公示、合同和到账都记在这个项目下。",
                "Negotiation, pricing, publicity, contract and money are kept under this deal from now on.",
            ),
            ("促进科技成果转化法第16条", "Transfer Law art. 16"),
            matching_fields(offer),
        ),
        _ => return None,
    })
}

fn matching_fields(offer: &Offer) -> Vec<Field> {
    let mut fields = vec![
        Field::new("mode", Kind::Choose(choices!(Mode)), "转化方式", "Mode"),
        Field::new("party.name", Kind::Line, "对方名称", "Other side"),
        Field::new("party.uscc", Kind::Line, "统一社会信用代码", "Credit code")
            .hint("18位，可以后补", "18 characters; may follow later")
            .optional(),
        Field::new(
            "party.kind",
            Kind::Choose(choices!(PartyKind)),
            "对方性质",
            "Nature",
        ),
        Field::new(
            "party.size",
            Kind::Choose(choices!(PartySize)),
            "企业规模",
            "Size",
        ),
        Field::new("asking", Kind::Money, "我方报价", "Our asking price")
            .hint("元，可以不填", "Yuan; may stay empty")
            .optional(),
        Field::new(
            "note",
            Kind::Long(2000),
            "怎么对接上的，对方要什么",
            "How you met, what they need",
        )
        .optional(),
    ];
    if !offer.cases.is_empty() {
        let also = Field::new(
            "cases",
            Kind::Several(offer.cases.clone()),
            "一并纳入的成果",
            "Achievements to take along",
        )
        .hint(
            "一份合同涵盖几项成果时勾选；先列本人经办的",
            "Tick them when one contract covers several; yours first",
        )
        .optional();
        fields.insert(fields.len() - 1, also);
    }
    fields
}

fn payers(offer: &Offer) -> Vec<Choice> {
    let university = Choice {
        value: "university".into(),
        label: Text::new("学校", "University"),
    };
    let people = offer.people.iter().map(|it| Choice {
        value: it.value.clone(),
        label: Text::new(
            format!("{}（垫付）", it.label.zh),
            format!("{} (advanced)", it.label.en),
        ),
    });
    std::iter::once(university).chain(people).collect()
}
