//! Forms of receipts, refunds, distribution and payment.

use super::{Offer, form, reason};
use crate::forms::{Field, Kind, Spec};

pub(super) fn spec(command: &str, offer: &Offer) -> Option<Spec> {
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
                        .hint(
                            "工作日，不少于规定的最短期限",
                            "Working days, at least as many as the rules ask",
                        )
                        .with(offer.days),
                    Field::new("registrar", Kind::Line, "登记机构", "Registering body")
                        .hint(
                            "合同已认定登记的，写登记机构；没有登记的不填，公示写明未登记",
                            "The body that registered the contract; leave empty when it is not registered, and the notice says so",
                        )
                        .optional(),
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
        "distribution.file_relief" => form(
            "distribution.file_relief",
            ("登记个税备案", "Record the tax filing"),
            (
                "记下本月奖励已向主管税务机关备案；此后补发的另行备案。",
                "Records that the month's awards were filed with the tax office; what is paid later is filed by itself.",
            ),
            ("税务总局公告2018年第30号", "STA Announcement 30 (2018)"),
            vec![
                receipt(),
                Field::new(
                    "month",
                    Kind::Choose(offer.months.clone()),
                    "发放的月份",
                    "Month of payment",
                ),
                Field::new("filed", Kind::Day, "备案日期", "Filed on").with(today),
                Field::new("paper", Kind::File, "备案表", "The filing").hint(
                    "税务机关受理的《备案表》",
                    "The form as the tax office took it",
                ),
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
