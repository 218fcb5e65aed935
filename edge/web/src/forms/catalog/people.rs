//! Forms of the steps on a person.

use dukou_chain::people::Role;

use super::{choices, form, reason};
use crate::forms::{Field, Kind, Offer, Spec};

pub(super) fn spec(command: &str, offer: &Offer) -> Option<Spec> {
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
        "people.name_owner" => form(
            "people.name_owner",
            ("登记系统负责人", "Name the owner"),
            (
                "此人对这个系统经接口办的事负责；有负责人才能生成令牌。",
                "The person answers for what the service does; a token needs an owner.",
            ),
            ("校内规定", "School rule"),
            vec![Field::new(
                "owner",
                Kind::Choose(offer.roster.clone()),
                "负责人",
                "Owner",
            )],
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
