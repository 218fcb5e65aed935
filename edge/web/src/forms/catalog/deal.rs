//! Forms of negotiation, decision and publicity.

use dukou_chain::deal::Appraisal;
use dukou_chain::terms::{LicenceKind, Mode, Pricing};
use dukou_kernel::Text;

use super::{Offer, choices, form};
use crate::forms::{Field, Kind, Spec};

pub(super) fn terms_fields() -> Vec<Field> {
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
        .hint("协议定价须先公示", "An agreed price is published first"),
        Field::new("terms.schedule", Kind::Schedule, "付款安排", "Payments")
            .hint("各期合计等于价款", "Together they make the price")
            .optional(),
    ]
}

pub(super) fn spec(command: &str, offer: &Offer) -> Option<Spec> {
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
                        .hint(
                            "自然日，不少于法定的最短期限",
                            "Natural days, at least as many as the law asks",
                        )
                        .with(offer.days),
                    Field::new("summary", Kind::Long(1000), "内容摘要", "Abstract")
                        .hint(
                            "写可以公开的话，不写未公开的技术要点；浙江等地必填",
                            "What may be public, without technical points that are not public yet; some regions ask for it, Zhejiang among them",
                        )
                        .optional(),
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
