//! 人员

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Day, File, Id, Pen};
use crate::people as stored;

public_types! {
    /// 人员已登记 — a person was registered.
    "dukou.people.registered/v1" => Registered;
    /// 人员已更新 — a person's data changed.
    "dukou.people.updated/v1" => Updated;
    /// 继承人已登记 — an heir was named.
    "dukou.people.heir_named/v1" => HeirNamed;
    /// 系统负责人已登记 — somebody answers for a service.
    "dukou.people.owner_named/v1" => OwnerNamed;
    /// 角色已授予 — a role was granted.
    "dukou.people.role_granted/v1" => RoleGranted;
    /// 角色已收回 — a role was revoked.
    "dukou.people.role_revoked/v1" => RoleRevoked;
    /// 个人信息已删除 — personal data was erased.
    "dukou.people.erased/v1" => Erased;
    /// 账号事项 — something happened to an account.
    "dukou.people.account_changed/v1" => AccountChanged;
}

/// 人员已登记 — a person was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Registered {
    /// 类别
    pub kind: Code,
    /// College or office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Id>,
    /// Posts with dates.
    pub posts: Vec<Tenure>,
}

/// 人员已更新 — a person's data changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Updated {
    /// 类别
    pub kind: Code,
    /// College or office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Id>,
    /// Posts with dates.
    pub posts: Vec<Tenure>,
}

/// 继承人已登记 — an heir was named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeirNamed {
    /// Who receives instead.
    pub heir: Id,
    /// The certificate.
    pub paper: File,
}

/// 系统负责人已登记 — somebody answers for a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnerNamed {
    /// Who.
    pub owner: Id,
}

/// 角色已授予 — a role was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleGranted {
    /// Which.
    pub role: Code,
}

/// 角色已收回 — a role was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleRevoked {
    /// Which.
    pub role: Code,
}

/// 个人信息已删除 — personal data was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Erased {}

/// 账号事项 — something happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountChanged {
    /// What.
    pub what: Code,
}

/// A post with its dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tenure {
    /// Which post.
    pub post: Code,
    /// First day.
    #[schemars(with = "Day")]
    pub from: Date,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub to: Option<Date>,
}

fn posts(all: &[stored::Tenure]) -> Vec<Tenure> {
    let one = |it: &stored::Tenure| Tenure {
        post: Code::new(it.post.code()),
        from: it.from,
        to: it.to,
    };
    all.iter().map(one).collect()
}

pub(super) fn of(event: &stored::Event, _: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Registered(it) => Registered {
            kind: Code::new(it.kind.code()),
            unit: it.unit.map(Id::new),
            posts: posts(&it.posts),
        }
        .into(),
        Event::Updated(it) => Updated {
            kind: Code::new(it.kind.code()),
            unit: it.unit.map(Id::new),
            posts: posts(&it.posts),
        }
        .into(),
        Event::HeirNamed(it) => HeirNamed {
            heir: Id::new(it.heir),
            paper: File::of(&it.paper),
        }
        .into(),
        Event::OwnerNamed(it) => OwnerNamed {
            owner: Id::new(it.owner),
        }
        .into(),
        Event::RoleGranted(it) => RoleGranted {
            role: Code::new(it.role.code()),
        }
        .into(),
        Event::RoleRevoked(it) => RoleRevoked {
            role: Code::new(it.role.code()),
        }
        .into(),
        Event::Erased(_) => Erased {}.into(),
        Event::AccountChanged(it) => AccountChanged {
            what: Code::new(it.what.code()),
        }
        .into(),
    }
}
