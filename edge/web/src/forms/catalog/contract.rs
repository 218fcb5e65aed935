//! Forms of the contract and of what happens to it.

use dukou_chain::terms::{CatalogueResult, PartyKind, PartySize};
use dukou_kernel::Text;

use super::deal::terms_fields;
use super::{Offer, choices, form, reason};
use crate::forms::{Field, Kind, Spec};

fn permit_no() -> Field {
    Field::new(
        "export.permit_no",
        Kind::Line,
        "技术出口合同登记证或许可证编号",
        "Export registration or licence number",
    )
    .hint(
        "对方在境外时填；还没有的，办好后在“登记合同认定”里补填",
        "When the other side is abroad; without one yet, add it later under “Register the contract”",
    )
    .optional()
}

fn permit_on() -> Field {
    Field::new(
        "export.permit_on",
        Kind::Day,
        "登记或许可日期",
        "Registered or licensed on",
    )
    .optional()
}

pub(super) fn spec(command: &str, offer: &Offer) -> Option<Spec> {
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
                "促进科技成果转化法第18条；民法典第843条；技术进出口管理条例第28–38条",
                "Transfer Law art. 18; Civil Code art. 843; Technology Import and Export Regulations art. 28–38",
            ),
            vec![
                Field::new("contract_no", Kind::Line, "合同编号", "Contract number"),
                Field::new("signed", Kind::Day, "签订日期", "Signed on").with(today),
                Field::new("paper", Kind::File, "签署的合同", "Signed contract"),
                Field::new(
                    "export.abroad",
                    Kind::YesNo(
                        Text::new("在境外", "Abroad"),
                        Text::new("在境内", "In China"),
                    ),
                    "对方在境外还是境内",
                    "Is the other side abroad?",
                )
                .hint(
                    "对方性质没有写明时必选；境内的外商投资企业为境内",
                    "Needed where its kind does not say; a foreign-invested company in China is in China",
                )
                .optional(),
                Field::new(
                    "export.catalogue",
                    Kind::Choose(choices!(CatalogueResult)),
                    "出口目录核对结果",
                    "Export catalogue",
                )
                .hint(
                    "对方在境外时必选：对照禁止出口、限制出口技术目录",
                    "Needed when the other side is abroad: against the catalogue of barred and restricted technologies",
                )
                .optional(),
                Field::new(
                    "export.intent_no",
                    Kind::Line,
                    "出口许可意向书编号",
                    "Letter of intent for an export licence",
                )
                .hint("限制出口的技术须先取得", "A restricted technology needs it first")
                .optional(),
                permit_no(),
                permit_on(),
                Field::new(
                    "export_approval",
                    Kind::File,
                    "项目管理机构的批件",
                    "Project manager's approval",
                )
                .hint(
                    "财政资金形成的权利向境外转让或独占许可时必附",
                    "Needed for a transfer or exclusive licence of a fiscally funded right to somebody abroad",
                )
                .optional(),
            ],
        ),
        "agreement.register" => form(
            "agreement.register",
            ("登记合同认定", "Register the contract"),
            (
                "认定登记证明是税收优惠的前提；合同变更后须重新登记。",
                "The certificate is the condition of tax relief; an amended contract is registered again.",
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
                .hint(
                    "元，按登记证明，不超过合同金额",
                    "Yuan, as on the certificate, at most the contract's price",
                ),
                Field::new("paper", Kind::File, "登记证明", "Certificate").optional(),
                permit_no(),
                permit_on(),
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
