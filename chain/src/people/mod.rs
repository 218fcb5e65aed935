//! 人员 — the roster: who somebody is to the institution, which posts they held
//! and when, and which roles they play here. Names and numbers of persons are
//! never in the journal: they lie in the erasable table, and events refer to it.

pub mod permission;

use dukou_kernel::{Date, Finding, PersonId, Refusal, UnitId, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use dukou_rules::Post;
pub use permission::Scope;

use crate::checks::Checks;
use crate::contract::{Claim, Context, Stage};
use crate::institution::Institution;
use crate::terms::Attachment;
use crate::whole::OldShape;

words! {
    /// What a person may do here (角色).
    Role {
        Inventor = "inventor", "科研人员", "Inventor";
        Manager = "manager", "技术经理人", "Technology manager";
        OfficeHead = "office_head", "办公室主任", "Office head";
        Approver = "approver", "审批人", "Approver";
        Finance = "finance", "财务", "Finance officer";
        Auditor = "auditor", "审计", "Auditor";
        Enterprise = "enterprise", "企业", "Enterprise";
        Public = "public", "公众", "Public";
        SystemAdmin = "system_admin", "系统管理员", "System administrator";
        SecurityAdmin = "security_admin", "安全管理员", "Security administrator";
        AuditAdmin = "audit_admin", "审计管理员", "Audit administrator";
    }
}

impl Role {
    /// True when this role signs in with a second factor (GB/T 22239-2019 8.1.4.1).
    pub fn needs_second_factor(self) -> bool {
        matches!(
            self,
            Self::Approver
                | Self::Finance
                | Self::SystemAdmin
                | Self::SecurityAdmin
                | Self::AuditAdmin
        )
    }

    /// True for the three administrators who must stay separate (三员).
    pub fn is_administrator(self) -> bool {
        matches!(
            self,
            Self::SystemAdmin | Self::SecurityAdmin | Self::AuditAdmin
        )
    }
}

words! {
    /// What somebody is to the institution (人员类别); a service is another system
    /// that calls the API in its own name.
    PersonKind {
        Staff = "staff", "教职工", "Staff";
        Student = "student", "学生", "Student";
        Outside = "outside", "校外人员", "Outside person";
        Left = "left", "已离校", "Left";
        Deceased = "deceased", "已故", "Deceased";
        Service = "service", "系统", "Service";
    }
}

/// A post with its dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenure {
    /// Which post.
    pub post: Post,
    /// Title as people say it: 教授, 副院长.
    #[serde(default)]
    pub title: String,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// The commands of people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 登记人员
    #[serde(rename = "people.register")]
    Register {
        /// 类别
        kind: PersonKind,
        /// College or office.
        #[serde(default)]
        unit: Option<UnitId>,
        /// Posts with dates.
        #[serde(default)]
        posts: Vec<Tenure>,
        /// Salted commitments to the name and to the staff number.
        seals: Seals,
        /// What stands for the staff number where it must be unique; the store puts it
        /// in, which alone has the institution's secret.
        #[serde(default)]
        staff_no_key: Option<String>,
    },
    /// 更新人员
    #[serde(rename = "people.update")]
    Update {
        /// 类别
        kind: PersonKind,
        /// College or office.
        #[serde(default)]
        unit: Option<UnitId>,
        /// Posts with dates.
        #[serde(default)]
        posts: Vec<Tenure>,
        /// Salted commitments to name and staff number, when one of them changed.
        #[serde(default)]
        seals: Option<Seals>,
    },
    /// 登记继承人
    #[serde(rename = "people.name_heir")]
    NameHeir {
        /// Who receives instead.
        heir: PersonId,
        /// The notarial certificate.
        paper: Attachment,
    },
    /// 登记系统负责人
    #[serde(rename = "people.name_owner")]
    NameOwner {
        /// Who answers for what the service does.
        owner: PersonId,
    },
    /// 授予角色
    #[serde(rename = "people.grant_role")]
    GrantRole {
        /// Which.
        role: Role,
    },
    /// 收回角色
    #[serde(rename = "people.revoke_role")]
    RevokeRole {
        /// Which.
        role: Role,
        /// Why.
        reason: String,
    },
    /// 依法删除个人信息
    #[serde(rename = "people.erase")]
    Erase {
        /// The request and its legal basis (PIPL 47).
        reason: String,
    },
    /// 账号事项: opened, locked, closed, second factor reset.
    #[serde(rename = "people.account")]
    Account {
        /// What happened, from a short fixed list.
        what: AccountFact,
    },
}

words! {
    /// What happened to an account (账号事项).
    AccountFact {
        Invited = "invited", "已发邀请", "Invited";
        Opened = "opened", "账号已开", "Account opened";
        PasswordReset = "password_reset", "密码已重置", "Password reset";
        SecondFactorSet = "second_factor_set", "动态码已设", "One-time codes set up";
        SecondFactorReset = "second_factor_reset", "动态码已重置", "One-time codes reset";
        Locked = "locked", "账号已锁定", "Account locked";
        Unlocked = "unlocked", "账号已解锁", "Account unlocked";
        Closed = "closed", "账号已停用", "Account closed";
    }
}

/// Salted commitments to a person's texts, each under a salt of its own, so that one can
/// be opened without the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seals {
    /// To the name.
    pub name: String,
    /// To the staff number (工号), where the person has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// 人员已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// 类别
    pub kind: PersonKind,
    /// College or office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Posts with dates.
    pub posts: Vec<Tenure>,
    /// Commitments to the texts; `None` in what was stored before there were two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seals: Option<Seals>,
    /// What stands for the staff number where it must be unique: an HMAC under a secret
    /// of the institution, so that nobody can try numbers against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_no_key: Option<String>,
    /// The one commitment of the first shape.
    #[serde(default, skip_serializing)]
    pub v1_seal: Option<String>,
}

/// 人员已更新
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// 类别
    pub kind: PersonKind,
    /// College or office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Posts with dates.
    pub posts: Vec<Tenure>,
    /// Commitments to the texts, when one of them changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seals: Option<Seals>,
    /// The one commitment of the first shape, when the texts changed.
    #[serde(default, skip_serializing)]
    pub v1_seal: Option<String>,
}

/// 继承人已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeirNamed {
    /// Who receives instead.
    pub heir: PersonId,
    /// The certificate.
    pub paper: Attachment,
}

/// 系统负责人已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerNamed {
    /// Who answers for it.
    pub owner: PersonId,
}

/// 角色已授予
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGranted {
    /// Which.
    pub role: Role,
}

/// 角色已收回
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRevoked {
    /// Which.
    pub role: Role,
    /// Why.
    pub reason: String,
}

/// 个人信息已删除
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Request and legal basis.
    pub reason: String,
}

/// 账号事项
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChanged {
    /// What happened.
    pub what: AccountFact,
}

events! {
    /// The events of people.
    Event {
        /// 人员已登记
        "people.registered.v2" => Registered(Registered),
        /// 人员已更新
        "people.updated.v2" => Updated(Updated),
        /// 继承人已登记
        "people.heir_named.v1" => HeirNamed(HeirNamed),
        /// 系统负责人已登记
        "people.owner_named.v1" => OwnerNamed(OwnerNamed),
        /// 角色已授予
        "people.role_granted.v1" => RoleGranted(RoleGranted),
        /// 角色已收回
        "people.role_revoked.v1" => RoleRevoked(RoleRevoked),
        /// 个人信息已删除
        "people.erased.v1" => Erased(Erased),
        /// 账号事项
        "people.account_changed.v1" => AccountChanged(AccountChanged),
    }
}

/// State of a person.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// 类别; `None` before registration.
    pub kind: Option<PersonKind>,
    /// College or office.
    pub unit: Option<UnitId>,
    /// Posts with dates.
    pub posts: Vec<Tenure>,
    /// Roles, each once.
    pub roles: Vec<Role>,
    /// Who receives instead.
    pub heir: Option<PersonId>,
    /// Who answers for a service.
    pub owner: Option<PersonId>,
    /// True after erasure.
    pub erased: bool,
    /// True while an account is open.
    pub has_account: bool,
}

/// The first shapes had one commitment to name and number together, and under
/// `staff_no_key` a hash of the number without a salt. Both stay what they are: the one
/// is held against the texts as before, the other keeps the number unique.
fn from_v1(mut body: Value) -> Result<Value, serde_json::Error> {
    if let Some(map) = body.as_object_mut()
        && let Some(seal) = map.shift_remove("seal")
    {
        map.insert("v1_seal".to_owned(), seal);
    }
    Ok(body)
}

/// Like the second shape, but that it has the old commitment.
fn registered_from_v1(body: Value) -> Result<Value, serde_json::Error> {
    // One without a commitment was never written.
    if !body.get("seal").is_some_and(Value::is_string) {
        return Err(serde::de::Error::missing_field("seal"));
    }
    from_v1(body)
}

/// To the second shape.
pub(crate) const REGISTERED_V1: OldShape = OldShape {
    kind: "people.registered.v1",
    next: "people.registered.v2",
    body: registered_from_v1,
};
/// To the second shape.
pub(crate) const UPDATED_V1: OldShape = OldShape {
    kind: "people.updated.v1",
    next: "people.updated.v2",
    body: from_v1,
};

/// The staff number is somebody else's.
pub fn staff_no_taken() -> Finding {
    Finding::refused(
        "people.staff_no_taken",
        text!(
            "这个工号已属于另一人。",
            "This staff number belongs to somebody else."
        ),
    )
    .at("staff_no")
}

/// The unique name of a staff number's commitment.
pub fn staff_claim(key: &str) -> Claim {
    Claim {
        kind: "staff",
        value: key.to_owned(),
    }
}

impl Person {
    /// The weightiest post held on a day, for the leader rule.
    pub fn post_on(&self, day: Date) -> Post {
        let rank = |post: Post| match post {
            Post::HeadOfUnit => 0,
            Post::PartySecretary => 1,
            Post::HeadOfSubunit => 2,
            Post::Deputy => 3,
            Post::HeadOfBody => 4,
            Post::None => 5,
        };
        self.posts
            .iter()
            .filter(|it| it.from <= day && it.to.is_none_or(|to| day <= to))
            .map(|it| it.post)
            .min_by_key(|post| rank(*post))
            .unwrap_or(Post::None)
    }

    fn registered(&self) -> Result<(), Refusal> {
        if self.kind.is_some() {
            return Ok(());
        }
        Err(Finding::refused(
            "people.unknown",
            text!("没有这个人。", "There is no such person."),
        )
        .into())
    }
}

/// What people may see.
pub struct Before<'a> {
    /// Rules.
    pub institution: &'a Institution,
    /// True when the staff number belongs to somebody else.
    pub staff_no_taken: bool,
    /// The person of this stream.
    pub person: PersonId,
    /// The person that the command names as owner of a service.
    pub owner: Option<&'a Person>,
}

fn check_posts(checks: &mut Checks, posts: &[Tenure]) {
    checks.refuse_if(
        posts.iter().any(|it| it.to.is_some_and(|to| to < it.from)),
        || {
            Finding::refused(
                "people.post_dates",
                text!("任职止于起始之前。", "A post ends before it begins."),
            )
            .at("posts")
        },
    );
}

impl Stage for Person {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let mut checks = Checks::default();
        match command {
            Command::Register {
                kind,
                unit,
                posts,
                seals,
                staff_no_key,
            } => {
                checks.refuse_if(self.kind.is_some(), || {
                    Finding::refused(
                        "people.exists",
                        text!("此人已登记。", "This person is registered already."),
                    )
                });
                checks.refuse_if(before.staff_no_taken, staff_no_taken);
                check_posts(&mut checks, posts);
                checks.settle()?;
                Ok(vec![Event::Registered(Registered {
                    kind: *kind,
                    unit: *unit,
                    posts: posts.clone(),
                    seals: Some(seals.clone()),
                    staff_no_key: staff_no_key.clone(),
                    v1_seal: None,
                })])
            }
            Command::Update {
                kind,
                unit,
                posts,
                seals,
            } => {
                self.registered()?;
                check_posts(&mut checks, posts);
                checks.settle()?;
                let same = self.kind == Some(*kind) && self.unit == *unit && self.posts == *posts;
                if same && seals.is_none() {
                    return Ok(Vec::new());
                }
                Ok(vec![Event::Updated(Updated {
                    kind: *kind,
                    unit: *unit,
                    posts: posts.clone(),
                    seals: seals.clone(),
                    v1_seal: None,
                })])
            }
            Command::NameHeir { heir, paper } => {
                self.registered()?;
                checks.refuse_if(self.kind != Some(PersonKind::Deceased), || {
                    Finding::refused(
                        "people.heir_of_living",
                        text!(
                            "只有已故人员才登记继承人。",
                            "Only a deceased person has an heir."
                        ),
                    )
                });
                checks.settle()?;
                Ok(vec![Event::HeirNamed(HeirNamed {
                    heir: *heir,
                    paper: paper.clone(),
                })])
            }
            Command::NameOwner { owner } => self.name_owner(before, *owner),
            Command::GrantRole { role } => self.grant(before, *role, ctx),
            Command::RevokeRole { role, reason } => {
                self.registered()?;
                checks.words("reason", reason, 500);
                checks.refuse_if(!self.roles.contains(role), || {
                    Finding::refused(
                        "people.no_role",
                        text!("此人没有这个角色。", "The person does not have this role."),
                    )
                    .at("role")
                });
                checks.settle()?;
                let revoked = RoleRevoked {
                    role: *role,
                    reason: reason.clone(),
                };
                Ok(vec![Event::RoleRevoked(revoked)])
            }
            Command::Erase { reason } => {
                self.registered()?;
                checks.words("reason", reason, 500);
                checks.settle()?;
                Ok(vec![Event::Erased(Erased {
                    reason: reason.clone(),
                })])
            }
            Command::Account { what } => {
                self.registered()?;
                Ok(vec![Event::AccountChanged(AccountChanged { what: *what })])
            }
        }
    }

    fn apply(&mut self, event: Event, _effective: Date) {
        match event {
            Event::Registered(it) => {
                self.kind = Some(it.kind);
                self.unit = it.unit;
                self.posts = it.posts;
            }
            Event::Updated(it) => {
                self.kind = Some(it.kind);
                self.unit = it.unit;
                self.posts = it.posts;
            }
            Event::HeirNamed(it) => self.heir = Some(it.heir),
            Event::OwnerNamed(it) => self.owner = Some(it.owner),
            Event::RoleGranted(it) => {
                if !self.roles.contains(&it.role) {
                    self.roles.push(it.role);
                }
            }
            Event::RoleRevoked(it) => self.roles.retain(|role| *role != it.role),
            Event::Erased(_) => self.erased = true,
            Event::AccountChanged(it) => match it.what {
                AccountFact::Opened => self.has_account = true,
                AccountFact::Closed => self.has_account = false,
                _ => {}
            },
        }
    }
}

impl Person {
    /// True for another system.
    pub fn is_service(&self) -> bool {
        self.kind == Some(PersonKind::Service)
    }

    /// Can this be somebody who signs in, or answers for a service?
    pub fn is_present(&self) -> bool {
        !self.erased
            && !matches!(
                self.kind,
                Some(PersonKind::Left | PersonKind::Deceased | PersonKind::Service) | None
            )
    }

    fn name_owner(&self, before: &Before<'_>, owner: PersonId) -> Result<Vec<Event>, Refusal> {
        self.registered()?;
        let mut checks = Checks::default();
        checks.refuse_if(!self.is_service(), || {
            Finding::refused(
                "people.owner_of_person",
                text!("只有系统才登记负责人。", "Only a service has an owner."),
            )
        });
        checks.refuse_if(!before.owner.is_some_and(Self::is_present), || {
            Finding::refused(
                "people.owner_unknown",
                text!(
                    "负责人应是名册里在校的人，填其人员编号。",
                    "The owner is somebody of the roster who is still here; give the person's id."
                ),
            )
            .at("owner")
        });
        checks.refuse_if(self.owner == Some(owner), || {
            Finding::refused(
                "people.owner_same",
                text!("负责人已是此人。", "This is the owner already."),
            )
            .at("owner")
        });
        checks.settle()?;
        Ok(vec![Event::OwnerNamed(OwnerNamed { owner })])
    }

    fn grant(&self, before: &Before<'_>, role: Role, ctx: &Context) -> Result<Vec<Event>, Refusal> {
        self.registered()?;
        let mut checks = Checks::default();
        checks.refuse_if(self.roles.contains(&role), || {
            Finding::refused(
                "people.has_role",
                text!("此人已有这个角色。", "The person has this role already."),
            )
            .at("role")
        });
        let administrator = self.roles.iter().any(|it| it.is_administrator());
        let business = self.roles.iter().any(|it| !it.is_administrator());
        let clash = (role.is_administrator() && (administrator || business))
            || (!role.is_administrator() && administrator);
        checks.refuse_if(clash, || {
            Finding::refused(
                "people.separation",
                text!(
                    "三员分立：系统、安全、审计管理员各由一人担任，且不兼业务角色。",
                    "System, security and audit administrators are three people, none with a business role."
                ),
            )
            .cite(before.institution.article("gbt_22239.separation"))
            .at("role")
        });
        checks.refuse_if(role.is_administrator() && self.is_service(), || {
            Finding::refused(
                "people.administrator_is_person",
                text!(
                    "系统、安全、审计管理员由人担任，不能是系统。",
                    "System, security and audit administrators are people, not services."
                ),
            )
            .at("role")
        });
        checks.refuse_if(ctx.actor.person() == Some(before.person), || {
            Finding::refused(
                "people.own_role",
                text!("不能给自己授权。", "Nobody grants roles to themselves."),
            )
        });
        checks.settle()?;
        Ok(vec![Event::RoleGranted(RoleGranted { role })])
    }
}
