//! Every command's form.

use dukou_chain::assessment::Conclusion;
use dukou_chain::deal::Appraisal;
use dukou_chain::people::Role;
use dukou_chain::protection::CostKind;
use dukou_chain::terms::{LicenceKind, Mode, Outcome, PartyKind, PartySize, Pricing, ResultKind};
use dukou_chain::valuation::Method;
use dukou_kernel::Text;

use super::{Choice, Field, Kind, Spec};

/// What a form may offer: people, rights, receipts, and today's date.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// Managers who may hold a case.
    pub managers: Vec<Choice>,
    /// Contributors of the case or deal.
    pub people: Vec<Choice>,
    /// Everybody who could contribute.
    pub roster: Vec<Choice>,
    /// Rights of the case.
    pub rights: Vec<Choice>,
    /// Receipts of the deal.
    pub receipts: Vec<Choice>,
    /// Open objections.
    pub objections: Vec<Choice>,
    /// Entries that may be corrected.
    pub entries: Vec<Choice>,
    /// Other cases that can go into the same deal.
    pub cases: Vec<Choice>,
    /// Whom to write to with an objection.
    pub contact: String,
    /// Days asked for.
    pub days: u32,
    /// Values that stand now, to be changed, by path.
    pub standing: serde_json::Map<String, serde_json::Value>,
}

/// Steps offered on a case, in the order of the road.
pub const CASE_STEPS: &[&str] = &[
    "disclosure.accept",
    "disclosure.return",
    "disclosure.decline",
    "disclosure.assign",
    "disclosure.confirm_share",
    "disclosure.object_share",
    "disclosure.revise_shares",
    "assessment.conclude",
    "protection.record_right",
    "protection.record_grant",
    "protection.record_cost",
    "protection.end_right",
    "valuation.note",
    "matching.open",
    "closing.note",
    "closing.correct",
    "closing.end",
];

/// Steps offered on a deal, in the order of the road.
pub const DEAL_STEPS: &[&str] = &[
    "matching.note_contact",
    "deal.agree_terms",
    "deal.declare_interest",
    "deal.decide",
    "deal.market_proof",
    "publicity.post",
    "publicity.object",
    "publicity.answer",
    "publicity.close",
    "agreement.sign",
    "agreement.register",
    "agreement.amend",
    "agreement.rename_party",
    "income.receive",
    "income.refund",
    "income.reverse",
    "distribution.propose",
    "distribution.approve",
    "distribution.reject",
    "distribution.post_reward",
    "distribution.close_reward",
    "distribution.pay",
    "distribution.allot_equity",
    "closing.note",
    "closing.correct",
    "closing.end",
];

macro_rules! choices {
    ($kind:ty) => {
        <$kind>::ALL
            .iter()
            .map(|it| Choice {
                value: it.code().to_owned(),
                label: it.label(),
            })
            .collect()
    };
}

fn form(
    command: &'static str,
    title: (&str, &str),
    happens: (&str, &str),
    basis: (&str, &str),
    fields: Vec<Field>,
) -> Spec {
    Spec {
        command,
        title: Text::new(title.0, title.1),
        happens: Text::new(happens.0, happens.1),
        basis: Text::new(basis.0, basis.1),
        verb: Text::new(title.0, title.1),
        danger: false,
        fields,
        new_id: None,
    }
}

fn reason(zh: &str, en: &str) -> Field {
    Field::new("reason", Kind::Long(1000), zh, en)
}

/// The form of a command.
pub fn spec(command: &str, offer: &Offer) -> Option<Spec> {
    let mut spec = case_spec(command, offer)
        .or_else(|| deal_spec(command, offer))
        .or_else(|| contract_spec(command, offer))
        .or_else(|| money_spec(command, offer))
        .or_else(|| people_spec(command))?;
    for field in &mut spec.fields {
        if let Some(value) = offer.standing.get(field.path) {
            field.value = value.clone();
        }
    }
    Some(spec)
}

fn case_spec(command: &str, offer: &Offer) -> Option<Spec> {
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
                    Field::new("kind", Kind::Choose(choices!(ResultKind)), "种类", "Kind"),
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
            "同一项目的其他成果",
            "Other achievements in this deal",
        )
        .hint(
            "一份合同涵盖几项成果时勾选",
            "Tick them when one contract covers several",
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

fn terms_fields() -> Vec<Field> {
    vec![
        Field::new(
            "terms.mode",
            Kind::Choose(choices!(Mode)),
            "转化方式",
            "Mode",
        ),
        Field::new(
            "terms.licence",
            Kind::Choose(choices!(LicenceKind)),
            "许可种类",
            "Kind of licence",
        )
        .hint("许可时填", "For a licence")
        .optional(),
        Field::new("terms.territory", Kind::Line, "地域", "Territory").optional(),
        Field::new("terms.term_years", Kind::Number, "年限", "Term in years").optional(),
        Field::new(
            "terms.price",
            Kind::Money,
            "价款或入门费",
            "Price or upfront fee",
        )
        .hint(
            "元，精确到分；纯作价投资填0",
            "Yuan, to the fen; 0 for pure equity",
        ),
        Field::new("terms.royalty", Kind::Share, "提成比例", "Royalty")
            .hint("例如 2%", "For example 2%")
            .optional(),
        Field::new("terms.royalty_base", Kind::Line, "提成基数", "Royalty base")
            .hint("例如 净销售额", "For example net sales")
            .optional(),
        Field::new(
            "terms.equity.holding",
            Kind::Share,
            "取得的股权比例",
            "Holding obtained",
        )
        .hint("作价投资时填", "For an equity investment")
        .optional(),
        Field::new(
            "terms.equity.valued",
            Kind::Money,
            "作价金额",
            "Value brought in",
        )
        .hint("元", "Yuan")
        .optional(),
        Field::new(
            "terms.pricing",
            Kind::Choose(choices!(Pricing)),
            "定价方式",
            "Price route",
        )
        .hint(
            "协议定价须公示15日",
            "An agreed price is published for 15 days",
        ),
        Field::new("terms.schedule", Kind::Schedule, "付款安排", "Payments")
            .hint("各期合计等于价款", "Together they make the price")
            .optional(),
    ]
}

fn deal_spec(command: &str, offer: &Offer) -> Option<Spec> {
    let today = offer.today.as_str();
    Some(match command {
        "matching.note_contact" => form(
            "matching.note_contact",
            ("记录联系", "Note a contact"),
            ("记入项目经过。", "It goes into the deal's timeline."),
            ("", ""),
            vec![
                Field::new("on", Kind::Day, "日期", "Day").with(today),
                Field::new("text", Kind::Long(2000), "说了什么", "What was said"),
            ],
        ),
        "deal.agree_terms" => {
            let mut fields = terms_fields();
            fields.push(
                Field::new("paper", Kind::File, "双方确认的条款书", "Agreed term sheet").optional(),
            );
            form(
                "deal.agree_terms",
                ("记录双方确认的条款", "Record agreed terms"),
                (
                    "新版条款取代旧版；已有的决策和公示随之作废，须重新来过。",
                    "The new terms replace the old; a decision and a notice on the old ones are void.",
                ),
                ("促进科技成果转化法第18条", "Transfer Law art. 18"),
                fields,
            )
        }
        "deal.declare_interest" => form(
            "deal.declare_interest",
            ("申报关联关系", "Declare interests"),
            (
                "申报写进决策和公示材料。",
                "The declaration goes into the decision and the notice.",
            ),
            (
                "国发〔2016〕16号（十）",
                "State Council Doc. 16 (2016) (10)",
            ),
            vec![
                Field::new(
                    "on_behalf",
                    Kind::Choose(offer.people.clone()),
                    "申报人",
                    "Who declares",
                ),
                Field::new(
                    "related",
                    Kind::YesNo(
                        Text::new("有关联", "Related"),
                        Text::new("无关联", "Not related"),
                    ),
                    "与对方",
                    "To the other side",
                ),
                Field::new(
                    "note",
                    Kind::Long(1000),
                    "有关联时写明",
                    "How, when related",
                )
                .optional(),
                Field::new("paper", Kind::File, "签字纸件", "Signed paper")
                    .hint("代办时必附", "Needed when acting for somebody")
                    .optional(),
            ],
        ),
        "deal.market_proof" => form(
            "deal.market_proof",
            ("上传技术市场公示证明", "Upload proof of market publicity"),
            (
                "有了它，按协议定价的负责人才能适用定价免责。",
                "With it, the leaders' exemption applies to an agreed price.",
            ),
            (
                "国发〔2016〕16号（十）",
                "State Council Doc. 16 (2016) (10)",
            ),
            vec![
                Field::new("place", Kind::Line, "技术市场", "Technology market"),
                Field::new("paper", Kind::File, "证明", "Proof"),
            ],
        ),
        "deal.decide" => form(
            "deal.decide",
            ("登记集体决策", "Record the collective decision"),
            (
                "领导班子对现行条款的决定记入案卷；登记人不能是谈定条款的人，也不能是完成人。",
                "The leadership's decision on these terms goes on file; whoever agreed the terms or contributed cannot record it.",
            ),
            (
                "国发〔2016〕16号（二）；财政部令第100号",
                "State Council Doc. 16 (2016) (2); MOF Decree 100",
            ),
            vec![
                Field::new("meeting", Kind::Line, "会议", "Meeting").hint(
                    "例如 校长办公会2026年第21次",
                    "For example President's meeting no. 21 of 2026",
                ),
                Field::new("held", Kind::Day, "开会日期", "Held on").with(today),
                Field::new(
                    "approved",
                    Kind::YesNo(
                        Text::new("同意", "Approved"),
                        Text::new("不同意", "Not approved"),
                    ),
                    "决定",
                    "Decision",
                ),
                Field::new(
                    "appraisal",
                    Kind::Choose(choices!(Appraisal)),
                    "资产评估",
                    "Appraisal",
                ),
                Field::new("appraised", Kind::Money, "评估值", "Appraised value")
                    .hint("已评估时填，元", "When appraised, in yuan")
                    .optional(),
                Field::new(
                    "note",
                    Kind::Long(2000),
                    "理由或条件",
                    "Reasons or conditions",
                )
                .optional(),
                Field::new("minutes", Kind::File, "会议纪要", "Minutes"),
            ],
        ),
        "publicity.post" => Spec {
            new_id: Some("notice"),
            ..form(
                "publicity.post",
                ("发布公示", "Post the notice"),
                (
                    "成果名称和拟定价格向全校公开；张贴当日不计，期间不能签约，条款改动须重新起算。技术细节和个人信息不公开。",
                    "Name and proposed price become public inside the university; the day of posting is not counted, nothing is signed meanwhile, a change of terms starts anew. Technical detail and personal data stay private.",
                ),
                (
                    "促进科技成果转化法第18条；国发〔2016〕16号（三）",
                    "Transfer Law art. 18; State Council Doc. 16 (2016) (3)",
                ),
                vec![
                    Field::new("days", Kind::Number, "公示天数", "Days")
                        .hint("自然日，不少于15日", "Natural days, at least 15")
                        .with(offer.days),
                    Field::new("contact", Kind::Line, "异议受理", "Objections to")
                        .with(offer.contact.as_str()),
                ],
            )
        },
        "publicity.object" => form(
            "publicity.object",
            ("登记异议", "Record an objection"),
            (
                "异议未答复前不能结束公示。",
                "The notice cannot be closed until it is answered.",
            ),
            ("国发〔2016〕16号（三）", "State Council Doc. 16 (2016) (3)"),
            vec![
                Field::new("text", Kind::Long(2000), "异议内容", "Objection")
                    .hint("不写提出人姓名", "Without the person's name"),
                Field::new("paper", Kind::File, "书面异议", "Letter").optional(),
            ],
        ),
        "publicity.answer" => form(
            "publicity.answer",
            ("答复异议", "Answer an objection"),
            (
                "异议成立的，本次公示作废，须改正后重新公示。",
                "If it is upheld, this notice is void and a new one is needed.",
            ),
            ("国发〔2016〕16号（三）", "State Council Doc. 16 (2016) (3)"),
            vec![
                Field::new(
                    "objection",
                    Kind::Choose(offer.objections.clone()),
                    "哪一条异议",
                    "Which objection",
                ),
                Field::new("text", Kind::Long(2000), "答复", "Answer"),
                Field::new(
                    "upheld",
                    Kind::YesNo(
                        Text::new("异议成立", "Upheld"),
                        Text::new("异议不成立", "Not upheld"),
                    ),
                    "结论",
                    "Result",
                ),
                Field::new("paper", Kind::File, "书面答复", "Written answer").optional(),
            ],
        ),
        "publicity.close" => form(
            "publicity.close",
            ("结束公示", "Close the notice"),
            (
                "公示结果存档，合同环节随之开放。",
                "The result goes on file and the contract stage opens.",
            ),
            ("促进科技成果转化法第18条", "Transfer Law art. 18"),
            vec![
                Field::new("result", Kind::Long(1000), "公示结果", "Result")
                    .with("公示期满，无异议。"),
            ],
        ),
        _ => return None,
    })
}

fn contract_spec(command: &str, offer: &Offer) -> Option<Spec> {
    let today = offer.today.as_str();
    Some(match command {
        "agreement.sign" => form(
            "agreement.sign",
            ("签订合同", "Sign the contract"),
            (
                "合同按公示的条款记入案卷，并核对决策、公示、评估和关联申报。",
                "The contract goes on file on the published terms; decision, publicity, appraisal and interests are checked.",
            ),
            (
                "促进科技成果转化法第18条；民法典第843条",
                "Transfer Law art. 18; Civil Code art. 843",
            ),
            vec![
                Field::new("contract_no", Kind::Line, "合同编号", "Contract number"),
                Field::new("signed", Kind::Day, "签订日期", "Signed on").with(today),
                Field::new("paper", Kind::File, "签署的合同", "Signed contract"),
                Field::new(
                    "export_approval",
                    Kind::File,
                    "向境外转让的批件",
                    "Approval for transfer abroad",
                )
                .hint(
                    "财政资金形成的权利给境外时必附",
                    "Needed when a fiscally funded right goes abroad",
                )
                .optional(),
            ],
        ),
        "agreement.register" => form(
            "agreement.register",
            ("登记合同认定", "Register the contract"),
            (
                "认定登记证明是税收优惠的前提。",
                "The certificate is the condition of tax relief.",
            ),
            (
                "技术合同认定登记管理办法",
                "Measures on the registration of technology contracts",
            ),
            vec![
                Field::new("register_no", Kind::Line, "登记编号", "Register number"),
                Field::new("registered", Kind::Day, "登记日期", "Registered on").with(today),
                Field::new(
                    "technology_amount",
                    Kind::Money,
                    "技术交易额",
                    "Technology amount",
                )
                .hint("元", "Yuan"),
                Field::new("paper", Kind::File, "登记证明", "Certificate").optional(),
            ],
        ),
        "agreement.amend" => {
            let mut fields = terms_fields();
            fields.push(reason("变更内容和原因", "What changes and why"));
            fields.push(Field::new(
                "paper",
                Kind::File,
                "签署的变更协议",
                "Signed amendment",
            ));
            form(
                "agreement.amend",
                ("合同变更", "Amend the contract"),
                (
                    "变更后的条款从此生效；不能改转化方式，也不能低于已公示的价格。",
                    "The amended terms apply from now on; neither the mode nor a price below the published one may change.",
                ),
                (
                    "民法典第543条；促进科技成果转化法第18条",
                    "Civil Code art. 543; Transfer Law art. 18",
                ),
                fields,
            )
        }
        "agreement.rename_party" => form(
            "agreement.rename_party",
            ("对方更名", "Rename the other side"),
            (
                "合同对方今后用新名称，旧名称保留在经过里。",
                "The other side has its new name from now on; the old one stays in the timeline.",
            ),
            ("民法典第532条", "Civil Code art. 532"),
            vec![
                Field::new("party.name", Kind::Line, "新名称", "New name"),
                Field::new("party.uscc", Kind::Line, "统一社会信用代码", "Credit code").optional(),
                Field::new(
                    "party.kind",
                    Kind::Choose(choices!(PartyKind)),
                    "性质",
                    "Nature",
                ),
                Field::new(
                    "party.size",
                    Kind::Choose(choices!(PartySize)),
                    "规模",
                    "Size",
                ),
                Field::new(
                    "paper",
                    Kind::File,
                    "登记机关的变更通知",
                    "Register's notice",
                ),
            ],
        ),
        _ => return None,
    })
}

fn money_spec(command: &str, offer: &Offer) -> Option<Spec> {
    let today = offer.today.as_str();
    let receipt = || {
        Field::new(
            "receipt",
            Kind::Choose(offer.receipts.clone()),
            "到账",
            "Receipt",
        )
    };
    Some(match command {
        "income.receive" => Spec {
            new_id: Some("receipt"),
            ..form(
                "income.receive",
                ("登记到账", "Enter a receipt"),
                (
                    "钱款记入本项目待分配收入。",
                    "The money is held for distribution under this deal.",
                ),
                ("促进科技成果转化法第43条", "Transfer Law art. 43"),
                vec![
                    Field::new("received", Kind::Day, "到账日期", "Received on")
                        .hint(
                            "银行入账日，不是开票日",
                            "The bank's day, not the invoice's",
                        )
                        .with(today),
                    Field::new("amount", Kind::Money, "金额", "Amount")
                        .hint("元，精确到分", "Yuan, to the fen"),
                    Field::new("payer", Kind::Line, "付款方", "Payer")
                        .hint("按银行回单", "As on the bank slip"),
                    Field::new("bank_ref", Kind::Line, "银行流水号", "Bank reference").optional(),
                    Field::new("paper", Kind::File, "银行回单", "Bank slip").optional(),
                ],
            )
        },
        "income.refund" => Spec {
            new_id: Some("refund"),
            danger: true,
            ..form(
                "income.refund",
                ("登记退款", "Enter a refund"),
                (
                    "先冲该笔净收入，再冲已收回的成本；已分配的部分从各方追回。",
                    "It undoes that receipt's net first, then its recovered costs; what was distributed is taken back.",
                ),
                ("本系统统一的尾差规则", "The one rounding rule"),
                vec![
                    Field::new(
                        "of",
                        Kind::Choose(offer.receipts.clone()),
                        "退哪一笔",
                        "Of which receipt",
                    ),
                    Field::new("paid", Kind::Day, "退款日期", "Refunded on").with(today),
                    Field::new("amount", Kind::Money, "金额", "Amount").hint("元", "Yuan"),
                    reason("原因", "Reason"),
                    Field::new("paper", Kind::File, "银行回单", "Bank slip").optional(),
                ],
            )
        },
        "income.reverse" => Spec {
            danger: true,
            ..form(
                "income.reverse",
                ("冲销录错的到账", "Reverse a wrong receipt"),
                (
                    "整笔冲销，原记录保留；已分配的到账不能冲销。",
                    "The whole entry is reversed and stays visible; a distributed receipt cannot be reversed.",
                ),
                ("", ""),
                vec![receipt(), reason("录错了什么", "What was wrong")],
            )
        },
        "distribution.propose" => form(
            "distribution.propose",
            ("拟定分配", "Propose the distribution"),
            (
                "按本校办法算到每个人、每一分，交审批人批准。",
                "It is computed to the person and the fen under the school's rules and goes to the approver.",
            ),
            ("促进科技成果转化法第43–45条", "Transfer Law art. 43–45"),
            vec![receipt()],
        ),
        "distribution.approve" => form(
            "distribution.approve",
            ("批准分配", "Approve the distribution"),
            (
                "批准后过账，应付到个人；拟定人和完成人不能批准。",
                "It is posted and owed to each person; neither proposer nor contributor can approve.",
            ),
            ("促进科技成果转化法第45条", "Transfer Law art. 45"),
            vec![
                receipt(),
                Field::new("note", Kind::Long(1000), "意见", "Remark").optional(),
            ],
        ),
        "distribution.reject" => form(
            "distribution.reject",
            ("退回分配", "Reject the proposal"),
            ("退回后可以重新拟定。", "It can be proposed anew."),
            ("", ""),
            vec![receipt(), reason("理由", "Reason")],
        ),
        "distribution.post_reward" => Spec {
            new_id: Some("notice"),
            ..form(
                "distribution.post_reward",
                ("发布奖励公示", "Publish the rewards"),
                (
                    "公开成果、人员、奖励金额和合同登记信息；不公开身份证号和银行账号。",
                    "Results, persons, rewards and registration become public inside the university; no ID or bank numbers.",
                ),
                (
                    "国科发政〔2018〕103号；国发〔2016〕16号（八）",
                    "MOST Doc. 103 (2018); State Council Doc. 16 (2016) (8)",
                ),
                vec![
                    receipt(),
                    Field::new("days", Kind::Number, "公示天数", "Days")
                        .hint("工作日，不少于15个", "Working days, at least 15")
                        .with(offer.days),
                    Field::new("contact", Kind::Line, "异议受理", "Objections to")
                        .with(offer.contact.as_str()),
                ],
            )
        },
        "distribution.close_reward" => form(
            "distribution.close_reward",
            ("结束奖励公示", "Close the reward notice"),
            ("公示结果存档。", "The result goes on file."),
            ("国科发政〔2018〕103号", "MOST Doc. 103 (2018)"),
            vec![
                receipt(),
                Field::new("result", Kind::Long(1000), "公示结果", "Result")
                    .with("公示期满，无异议。"),
            ],
        ),
        "distribution.pay" => form(
            "distribution.pay",
            ("兑现", "Pay"),
            (
                "付款记入本人台账；领导人员须公示满期后才能付。",
                "The payment goes to the person's account; a leader is paid only after publication.",
            ),
            (
                "促进科技成果转化法第45条；税务总局公告2018年第30号",
                "Transfer Law art. 45; STA Announcement 30 (2018)",
            ),
            vec![
                receipt(),
                Field::new(
                    "person",
                    Kind::Choose(offer.people.clone()),
                    "收款人",
                    "To whom",
                ),
                Field::new("amount", Kind::Money, "金额", "Amount")
                    .hint("元，税前", "Yuan, before tax"),
                Field::new("paid", Kind::Day, "付款日期", "Paid on").with(today),
                Field::new("voucher", Kind::Line, "凭证号", "Voucher"),
                Field::new("paper", Kind::File, "银行回单", "Bank slip").optional(),
            ],
        ),
        "distribution.allot_equity" => form(
            "distribution.allot_equity",
            ("分配股权", "Allot the equity"),
            (
                "按比例把所得股权奖给完成人，其余归学校；正职领导不得获股权。",
                "Parts of the holding go to contributors, the rest stays with the university; heads of the unit get none.",
            ),
            (
                "促进科技成果转化法第45条；国发〔2016〕16号（八）",
                "Transfer Law art. 45; State Council Doc. 16 (2016) (8)",
            ),
            vec![
                Field::new(
                    "people",
                    Kind::Holdings(offer.people.clone()),
                    "给谁，占公司多少",
                    "To whom, which part of the company",
                ),
                Field::new("paper", Kind::File, "工商登记材料", "Registration papers"),
            ],
        ),
        _ => return None,
    })
}

fn people_spec(command: &str) -> Option<Spec> {
    Some(match command {
        "people.grant_role" => form(
            "people.grant_role",
            ("授予角色", "Grant a role"),
            (
                "此人从此可做权限表里这一列的事，授予留有记录。",
                "The person may do what this column of the table allows; the grant is recorded.",
            ),
            ("GB/T 22239-2019 8.1.4.2", "GB/T 22239-2019 8.1.4.2"),
            vec![Field::new(
                "role",
                Kind::Choose(choices!(Role)),
                "角色",
                "Role",
            )],
        ),
        "people.revoke_role" => form(
            "people.revoke_role",
            ("收回角色", "Revoke a role"),
            (
                "此人不再能做这一列的事。",
                "The person may no longer do what the column allows.",
            ),
            ("GB/T 22239-2019 8.1.4.2", "GB/T 22239-2019 8.1.4.2"),
            vec![
                Field::new("role", Kind::Choose(choices!(Role)), "角色", "Role"),
                reason("原因", "Reason"),
            ],
        ),
        "people.name_heir" => form(
            "people.name_heir",
            ("登记继承人", "Name an heir"),
            (
                "此人应得的奖励付给继承人。",
                "What is owed to the person is paid to the heir.",
            ),
            ("民法典第1122条", "Civil Code art. 1122"),
            vec![
                Field::new("heir", Kind::Line, "继承人编号", "Heir's id"),
                Field::new("paper", Kind::File, "公证书", "Notarial certificate"),
            ],
        ),
        "people.erase" => Spec {
            danger: true,
            ..form(
                "people.erase",
                ("依法删除个人信息", "Erase personal data"),
                (
                    "姓名、工号和联系方式删除后不能恢复；记录链保持完整。",
                    "Name, number and contacts are erased for good; the chain stays whole.",
                ),
                ("个人信息保护法第47条", "PIPL art. 47"),
                vec![reason("申请与法律依据", "Request and legal basis")],
            )
        },
        _ => return None,
    })
}
