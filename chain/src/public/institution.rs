//! 学校

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Checked, Code, Day, File, Id, Pen};
use crate::institution as stored;

public_types! {
    /// 已设立 — the institution was founded.
    "dukou.institution.founded/v1" => Founded;
    /// 设置已改 — its settings changed.
    "dukou.institution.profile_set/v1" => ProfileSet;
    /// 院系已设 — a college or office was added.
    "dukou.institution.unit_added/v1" => UnitAdded;
    /// 放假安排已采用 — a year's holidays were adopted.
    "dukou.institution.year_adopted/v1" => YearAdopted;
    /// 本校办法已采用 — own rules were adopted.
    "dukou.institution.policy_adopted/v1" => PolicyAdopted;
    /// 法规文件已加载 — law files were loaded over those that the program carries.
    "dukou.institution.law_loaded/v1" => LawLoaded;
    /// 权限已改 — one cell of the permission table changed.
    "dukou.institution.permission_set/v1" => PermissionSet;
}

/// 已设立 — the institution was founded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Founded {
    /// What it says of itself.
    pub profile: Profile,
}

/// 设置已改 — its settings changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileSet {
    /// What it says of itself from now on.
    pub profile: Profile,
}

/// 院系已设 — a college or office was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnitAdded {
    /// Its id.
    pub unit: Id,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
}

/// 放假安排已采用 — a year's holidays were adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct YearAdopted {
    /// Which year.
    pub year: i16,
}

/// 本校办法已采用 — own rules were adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyAdopted {
    /// In force from.
    #[schemars(with = "Day")]
    pub from: Date,
    /// The published document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
    /// What was checked against the statute.
    pub findings: Vec<Checked>,
}

/// 权限已改 — one cell of the permission table changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PermissionSet {
    /// Who.
    pub role: Code,
    /// What.
    pub action: Code,
    /// On what, before.
    pub before: Code,
    /// On what, from now on.
    pub scope: Code,
}

/// What an institution says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Profile {
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Letters before every number.
    pub prefix: String,
    /// Whose overlay applies.
    pub jurisdiction: Code,
    /// 国家设立的高等院校
    pub state_established: bool,
    /// 中央级事业单位
    pub central_unit: bool,
}

/// 法规文件已加载 — law files were loaded over those that the program carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LawLoaded {
    /// Their names, such as `CN-ZJ/reward.toml`.
    pub files: Vec<String>,
}

fn profile(it: &stored::Profile) -> Profile {
    Profile {
        name_zh: it.name_zh.clone(),
        name_en: it.name_en.clone(),
        prefix: it.prefix.clone(),
        jurisdiction: Code::new(&it.jurisdiction),
        state_established: it.state_established,
        central_unit: it.central_unit,
    }
}

pub(super) fn of(event: &stored::Event, _: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Founded(it) => Founded {
            profile: profile(&it.profile),
        }
        .into(),
        Event::ProfileSet(it) => ProfileSet {
            profile: profile(&it.profile),
        }
        .into(),
        Event::UnitAdded(it) => UnitAdded {
            unit: Id::new(it.unit),
            name_zh: it.name_zh.clone(),
            name_en: it.name_en.clone(),
        }
        .into(),
        Event::YearAdopted(it) => YearAdopted {
            year: it.year.year(),
        }
        .into(),
        Event::PolicyAdopted(it) => PolicyAdopted {
            from: it.from,
            paper: File::perhaps(it.paper.as_ref()),
            findings: Checked::all(&it.findings),
        }
        .into(),
        Event::LawLoaded(it) => LawLoaded {
            files: it.files.iter().map(|it| it.name.clone()).collect(),
        }
        .into(),
        Event::PermissionSet(it) => PermissionSet {
            role: Code::new(it.role.code()),
            action: Code::new(&it.action),
            before: Code::new(it.before.code()),
            scope: Code::new(it.scope.code()),
        }
        .into(),
    }
}
