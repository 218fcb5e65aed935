//! 学校 — settings, rules of its own, calendar and permissions of one institution.

use std::collections::BTreeMap;
use std::sync::Arc;

use dukou_calendar::{Calendar, Year};
use dukou_kernel::{Citation, Date, Finding, Refusal, Severity, UnitId, text};
use dukou_rules::{ProposedPolicy, Rulebook, SchoolPolicy};
use serde::{Deserialize, Serialize};

mod law;

pub(crate) use law::carried;
pub use law::{LONGEST, Law, LawFile, LawLoaded, MOST, TOGETHER, hash, is_name};

use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::people::{Role, Scope, permission};
use crate::terms::Attachment;

/// What the school says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Letters before every number, `YZ`.
    pub prefix: String,
    /// Whose overlay applies: the code of a region of the rulebook, `CN-ZJ`.
    pub jurisdiction: String,
    /// 国家设立的高等院校: the minima bind (第45条第2款).
    pub state_established: bool,
    /// 中央级事业单位 (财资〔2019〕57号).
    pub central_unit: bool,
    /// Office that receives objections, with telephone.
    pub contact: String,
}

/// The commands of the institution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "commands live one at a time")]
pub enum Command {
    /// 设立
    #[serde(rename = "institution.found")]
    Found {
        /// What it says of itself.
        profile: Profile,
        /// Law files that it starts with: its region may stand in them alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        law: Option<LawLoaded>,
    },
    /// 改设置
    #[serde(rename = "institution.set_profile")]
    SetProfile {
        /// What it says of itself from now on.
        profile: Profile,
    },
    /// 设院系
    #[serde(rename = "institution.add_unit")]
    AddUnit {
        /// Id.
        unit: UnitId,
        /// Name in Chinese.
        name_zh: String,
        /// Name in English.
        #[serde(default)]
        name_en: String,
    },
    /// 采用一年的放假安排
    #[serde(rename = "institution.adopt_year")]
    AdoptYear {
        /// The arrangement.
        year: Year,
    },
    /// 载入法规文件
    #[serde(rename = "institution.load_law")]
    LoadLaw {
        /// The files, with their words.
        files: Vec<LawFile>,
        /// Why.
        reason: String,
    },
    /// 采用本校办法
    #[serde(rename = "institution.adopt_policy")]
    AdoptPolicy {
        /// In force from.
        from: Date,
        /// The rules; what they leave out is settled by the law in force here.
        policy: ProposedPolicy,
        /// The published document.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 改权限表的一格
    #[serde(rename = "institution.set_permission")]
    SetPermission {
        /// Who.
        role: Role,
        /// What.
        action: String,
        /// On what.
        scope: Scope,
        /// Why.
        reason: String,
    },
}

/// 已设立 or settings changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileSet {
    /// What it says of itself.
    pub profile: Profile,
}

/// 院系已设
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitAdded {
    /// Id.
    pub unit: UnitId,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
}

/// 放假安排已采用
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct YearAdopted {
    /// The arrangement.
    pub year: Year,
}

/// 本校办法已采用
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyAdopted {
    /// In force from.
    pub from: Date,
    /// The rules.
    pub policy: SchoolPolicy,
    /// The published document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
    /// What was checked against the statute.
    pub findings: Vec<Finding>,
}

/// 权限已改
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionSet {
    /// Who.
    pub role: Role,
    /// What.
    pub action: String,
    /// On what, before.
    pub before: Scope,
    /// On what, from now on.
    pub scope: Scope,
    /// Why.
    pub reason: String,
}

events! {
    /// The events of the institution.
    Event {
        /// 已设立
        "institution.founded.v1" => Founded(ProfileSet),
        /// 设置已改
        "institution.profile_set.v1" => ProfileSet(ProfileSet),
        /// 院系已设
        "institution.unit_added.v1" => UnitAdded(UnitAdded),
        /// 放假安排已采用
        "institution.year_adopted.v1" => YearAdopted(YearAdopted),
        /// 法规已载入
        "institution.law_loaded.v1" => LawLoaded(LawLoaded),
        /// 本校办法已采用
        "institution.policy_adopted.v1" => PolicyAdopted(PolicyAdopted),
        /// 权限已改
        "institution.permission_set.v1" => PermissionSet(PermissionSet),
    }
}

/// State of the institution.
#[derive(Clone, Debug)]
pub struct Institution {
    /// What it says of itself; `None` before it is founded.
    pub profile: Option<Profile>,
    /// Colleges and offices, by id.
    pub units: BTreeMap<UnitId, (String, String)>,
    /// Own rules with their first day, in order of adoption.
    pub policies: Vec<(Date, SchoolPolicy)>,
    /// Cells of the permission table that differ from the delivered table.
    pub permissions: BTreeMap<(String, Role), Scope>,
    calendar: Arc<Calendar>,
    law: Law,
}

impl Default for Institution {
    fn default() -> Self {
        Self {
            profile: None,
            units: BTreeMap::new(),
            policies: Vec::new(),
            permissions: BTreeMap::new(),
            calendar: crate::law::builtin_calendar(),
            law: Law::default(),
        }
    }
}

impl Institution {
    /// Letters before every number.
    pub fn prefix(&self) -> &str {
        self.profile.as_ref().map_or("DK", |it| it.prefix.as_str())
    }

    /// Whose overlay applies.
    pub fn jurisdiction(&self) -> &str {
        self.profile
            .as_ref()
            .map_or("CN", |it| it.jurisdiction.as_str())
    }

    /// 中央级事业单位
    pub fn central_unit(&self) -> bool {
        self.profile.as_ref().is_some_and(|it| it.central_unit)
    }

    /// 国家设立
    pub fn state_established(&self) -> bool {
        self.profile.as_ref().is_none_or(|it| it.state_established)
    }

    /// The working-day calendar with every adopted year.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The same, to be kept by whoever asks.
    pub fn shared_calendar(&self) -> Arc<Calendar> {
        Arc::clone(&self.calendar)
    }

    /// The rules of this installation: what the program carries and what was
    /// loaded over it.
    pub fn rulebook(&self) -> &Rulebook {
        self.law.book()
    }

    /// An article by its id, as it stands in the rules of this installation.
    pub fn article(&self, id: &str) -> Citation {
        self.rulebook().article(id)
    }

    /// The same with the files that it is made of.
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// Day by which a disclosure of `today` is answered. Where the year is not
    /// known yet, the days are counted without holidays, which is never late.
    pub fn reply_by(&self, today: Date) -> Date {
        let days = self.reply_days(today);
        crate::law::working_days(&self.calendar, today, days).shown()
    }

    /// Working days in which a disclosure of `today` is answered.
    pub fn reply_days(&self, today: Date) -> u32 {
        let own = self.policy_on(today).map(|it| it.reply_days);
        own.unwrap_or_else(|| self.by_default("default.reply_days", today))
    }

    /// Natural days for which an agreed price is published, unless somebody says
    /// more.
    pub fn price_publicity_days(&self, today: Date) -> u32 {
        let own = self.policy_on(today).map(|it| it.price_publicity_days);
        own.unwrap_or_else(|| self.by_default("default.price_publicity_days", today))
    }

    /// A default where the school's own rules are silent; 0 where there is none.
    fn by_default(&self, parameter: &str, today: Date) -> u32 {
        let found = crate::law::rules(self, today).days(parameter);
        found.map(|it| it.value).unwrap_or_default()
    }

    /// Day by which an objection of `today` is answered.
    pub fn objection_answer_by(&self, today: Date) -> Date {
        let own = self.policy_on(today).map(|it| it.objection_days);
        let days = own.unwrap_or_else(|| self.by_default("default.objection_days", today));
        crate::law::working_days(&self.calendar, today, days).shown()
    }

    /// The school's own rules in force on a day.
    pub fn policy_on(&self, day: Date) -> Option<&SchoolPolicy> {
        self.policies
            .iter()
            .filter(|(from, _)| *from <= day)
            // Of two from one day the one that was adopted last.
            .max_by_key(|(from, _)| *from)
            .map(|(_, policy)| policy)
    }

    /// May this role do this, and on what? The one mapping behind every route
    /// and command.
    pub fn scope(&self, role: Role, action: &str) -> Scope {
        match self.permissions.get(&(action.to_owned(), role)) {
            // A cell from the time when it could be set to less than all.
            Some(Scope::Own | Scope::Unit) if permission::is_whole(action) => Scope::None,
            Some(scope) => *scope,
            None => permission::delivered(role, action),
        }
    }

    fn founded(&self) -> Result<(), Refusal> {
        if self.profile.is_some() {
            return Ok(());
        }
        Err(Finding::refused(
            "institution.unknown",
            text!("学校还没有设立。", "The institution is not set up yet."),
        )
        .into())
    }
}

fn check_profile(profile: &Profile, book: &Rulebook) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.words("name_zh", &profile.name_zh, 100);
    checks.at_most("name_en", &profile.name_en, 200);
    checks.at_most("contact", &profile.contact, 200);
    let letters = profile.prefix.chars().all(|c| c.is_ascii_uppercase());
    checks.refuse_if(!letters || !(2..=6).contains(&profile.prefix.len()), || {
        Finding::refused(
            "institution.prefix",
            text!(
                "编号前缀是2到6个大写字母。",
                "The prefix is 2 to 6 capital letters."
            ),
        )
        .at("prefix")
    });
    let region = &profile.jurisdiction;
    checks.refuse_if(book.region(region).is_none(), || {
        let known: Vec<&str> = book.regions().map(|it| it.code.as_str()).collect();
        let known = known.join(", ");
        Finding::refused(
            "institution.jurisdiction",
            text!(
                "没有地区 {region} 的规则。已有 {known}；其他省份先载入它的法规文件。",
                "There are no rules for the region {region}. Known are {known}; for another province load its law files first."
            ),
        )
        .at("jurisdiction")
    });
    checks.settle().map(|_| ())
}

impl Stage for Institution {
    type Command = Command;
    type Event = Event;
    type Before<'a> = ();

    fn decide(
        &self,
        _before: &(),
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Found { profile, law } => self.found(profile, law.as_ref()),
            Command::SetProfile { profile } => {
                self.founded()?;
                check_profile(profile, self.rulebook())?;
                Ok(vec![Event::ProfileSet(ProfileSet {
                    profile: profile.clone(),
                })])
            }
            Command::AddUnit {
                unit,
                name_zh,
                name_en,
            } => {
                self.founded()?;
                let mut checks = Checks::default();
                checks.words("name_zh", name_zh, 100);
                checks.settle()?;
                Ok(vec![Event::UnitAdded(UnitAdded {
                    unit: *unit,
                    name_zh: name_zh.clone(),
                    name_en: name_en.clone(),
                })])
            }
            Command::AdoptYear { year } => {
                self.founded()?;
                Ok(vec![Event::YearAdopted(YearAdopted { year: year.clone() })])
            }
            Command::LoadLaw { files, reason } => {
                self.founded()?;
                Ok(vec![Event::LawLoaded(self.law.load(files, reason)?)])
            }
            Command::AdoptPolicy {
                from,
                policy,
                paper,
            } => {
                self.founded()?;
                self.law.sound()?;
                let policy = policy.clone().settle(&crate::law::rules(self, *from));
                let findings = crate::law::check_policy(self, &policy, *from);
                let refused = findings.iter().any(|it| it.severity == Severity::Refused);
                if refused {
                    let no = findings
                        .into_iter()
                        .filter(|f| f.severity == Severity::Refused);
                    return Err(Refusal {
                        findings: no.collect(),
                    });
                }
                Ok(vec![Event::PolicyAdopted(PolicyAdopted {
                    from: *from,
                    policy,
                    paper: paper.clone(),
                    findings,
                })])
            }
            Command::SetPermission {
                role,
                action,
                scope,
                reason,
            } => {
                self.founded()?;
                self.set_permission((*role, action, *scope, reason), ctx)
            }
        }
    }

    fn apply(&mut self, event: Event, _effective: Date) {
        match event {
            Event::Founded(it) => self.profile = Some(it.profile),
            Event::ProfileSet(it) => self.profile = Some(it.profile),
            Event::UnitAdded(it) => {
                self.units.insert(it.unit, (it.name_zh, it.name_en));
            }
            Event::YearAdopted(it) => {
                let calendar = self.calendar.as_ref().clone().with_year(it.year);
                self.calendar = Arc::new(calendar);
            }
            Event::LawLoaded(it) => self.law.apply(it),
            Event::PolicyAdopted(it) => self.policies.push((it.from, it.policy)),
            Event::PermissionSet(it) => {
                self.permissions.insert((it.action, it.role), it.scope);
            }
        }
    }
}

impl Institution {
    /// The events of its founding, with the law files that it starts with.
    ///
    /// # Errors
    /// The refusal: a field, the region or a law file is wrong, or it is there already.
    pub fn found(&self, profile: &Profile, law: Option<&LawLoaded>) -> Result<Vec<Event>, Refusal> {
        let mut own = self.law.clone();
        let loaded = law.map(|it| self.law.load(&it.files, &it.reason));
        let loaded = loaded.transpose()?;
        if let Some(loaded) = &loaded {
            own.apply(loaded.clone());
        }
        check_profile(profile, own.book())?;
        if self.profile.is_some() {
            return Err(Finding::refused(
                "institution.exists",
                text!("学校已经设立。", "The institution is set up already."),
            )
            .into());
        }
        let founded = Event::Founded(ProfileSet {
            profile: profile.clone(),
        });
        let loaded = loaded.map(Event::LawLoaded);
        Ok(std::iter::once(founded).chain(loaded).collect())
    }

    fn set_permission(
        &self,
        (role, action, scope, reason): (Role, &str, Scope, &str),
        _ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let mut checks = Checks::default();
        checks.words("reason", reason, 500);
        checks.refuse_if(
            !permission::actions().any(|known| known.name == action),
            || {
                Finding::refused(
                    "permission.unknown_action",
                    text!(
                        "权限表里没有这个动作。",
                        "The permission table has no such action."
                    ),
                )
                .at("action")
            },
        );
        checks.refuse_if(permission::is_fixed(role, action, scope), || {
            Finding::refused(
                "permission.separation",
                text!(
                    "三员分立：系统、安全、审计管理员的这一格不能改，业务权限也不能给他们。",
                    "System, security and audit administrators stay separate: this cell cannot change, and they get no business rights."
                ),
            )
            .cite(self.article("gbt_22239.separation"))
            .at("scope")
        });
        let part = permission::is_whole(action) && matches!(scope, Scope::Own | Scope::Unit);
        checks.refuse_if(part, || {
            Finding::refused(
                "permission.whole",
                text!(
                    "这一项只能给全校或不给：记录和推送分不出本人或本单位的部分。",
                    "This is given for the whole institution or not at all: the journal and webhooks have no part of one's own."
                ),
            )
            .at("scope")
        });
        let before = self.scope(role, action);
        checks.refuse_if(before == scope, || {
            Finding::refused(
                "permission.same",
                text!("与现在相同。", "It stands so already."),
            )
            .at("scope")
        });
        checks.settle()?;
        Ok(vec![Event::PermissionSet(PermissionSet {
            role,
            action: action.to_owned(),
            before,
            scope,
            reason: reason.to_owned(),
        })])
    }
}
