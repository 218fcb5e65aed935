//! 设置 — what the school says of itself: profile, units, calendar, own rules,
//! and the permission table.

use askama::Template;
use axum::http::StatusCode;
use dukou_calendar::Year;
use dukou_chain::institution::{Command, Institution, Profile};
use dukou_chain::people::{Role, Scope, permission};
use dukou_chain::whole;
use dukou_journal::Actor;
use dukou_kernel::{Finding, Refusal, Text, UnitId};
use dukou_rules::{COUNTRY, ProposedPolicy, Region, Rulebook, SchoolPolicy};
use dukou_store::{Envelope, Rejected};
use serde_json::json;

use super::people::Pick;
use crate::api;
use crate::app::App;
use crate::authorise::authorise;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// A known year.
pub struct YearRow {
    /// The year.
    pub year: i16,
    /// The State Council's notice.
    pub notice: String,
    /// When it was published.
    pub published: String,
    /// True when somebody compared it with the notice.
    pub checked: bool,
}

/// Own rules with their first day.
pub struct PolicyRow {
    /// First day.
    pub from: String,
    /// Title and document number.
    pub title: String,
    /// The tiers in words.
    pub tiers: Vec<String>,
    /// The other values: name and value.
    pub values: Vec<(String, String)>,
    /// True for the one in force today.
    pub current: bool,
}

/// A refusal in words.
pub struct Said {
    /// What is wrong and what to do.
    pub message: String,
    /// The article behind it.
    pub article: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    p: Page,
    profile: Profile,
    jurisdictions: Vec<Pick>,
    units: Vec<(String, String)>,
    years: Vec<YearRow>,
    policies: Vec<PolicyRow>,
    today: String,
    section: &'static str,
    errors: Vec<Said>,
    may_settings: bool,
    may_calendar: bool,
    may_hooks: bool,
    may_policy: bool,
    law_files: usize,
    law_fault: bool,
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    page(app, req, None, "", &[])
}

fn page(
    app: &App,
    req: &Req,
    typed: Option<Profile>,
    section: &'static str,
    findings: &[Finding],
) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let may = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    let profile = typed
        .or_else(|| institution.profile.clone())
        .ok_or(Failure::NotFound)?;
    let page = SettingsPage {
        p: Page {
            here: "/settings".to_owned(),
            ..Page::new(app, req)?
        },
        jurisdictions: jurisdictions(req, institution.rulebook(), &profile.jurisdiction),
        profile,
        units: institution.units.values().cloned().collect(),
        years: years(&institution),
        policies: policies(app, req, &institution),
        today: app.store.today().to_string(),
        section,
        errors: said(req, findings),
        may_settings: may("admin.settings"),
        may_calendar: may("admin.calendar"),
        may_hooks: may("hook.manage"),
        may_policy: may("policy.adopt"),
        law_files: institution.law().files().len(),
        law_fault: institution.law().fault().is_some(),
    };
    let bad = !findings.is_empty();
    Answer::html_with(
        if bad {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        },
        &page,
    )
}

pub(super) fn said(req: &Req, findings: &[Finding]) -> Vec<Said> {
    let one = |it: &Finding| Said {
        message: it.message.get(req.lang).to_owned(),
        article: it
            .citation
            .as_ref()
            .map_or("", |cited| cited.get(req.lang))
            .to_owned(),
    };
    findings.iter().map(one).collect()
}

fn jurisdictions(req: &Req, book: &Rulebook, chosen: &str) -> Vec<Pick> {
    let of = |region: &Region| Pick {
        code: region.code.clone(),
        label: if region.code == COUNTRY {
            req.t("国家规定（无地方规则）", "National rules only")
                .to_owned()
        } else {
            region.name.get(req.lang).to_owned()
        },
        chosen: region.code == chosen,
    };
    book.regions().map(of).collect()
}

/// Every year that the calendar of the school knows, newest first.
pub fn years(institution: &Institution) -> Vec<YearRow> {
    let mut years: Vec<YearRow> = institution
        .calendar()
        .years()
        .map(|it| YearRow {
            year: it.year(),
            notice: it.notice().unwrap_or_default().to_owned(),
            published: it
                .published()
                .map_or_else(String::new, |day| day.to_string()),
            checked: it.is_checked(),
        })
        .collect();
    years.reverse();
    years
}

fn policies(app: &App, req: &Req, institution: &Institution) -> Vec<PolicyRow> {
    let today = app.store.today();
    let current = institution.policy_on(today);
    let mut rows: Vec<PolicyRow> = institution
        .policies
        .iter()
        .map(|(from, policy)| PolicyRow {
            from: from.to_string(),
            title: policy.title.clone(),
            tiers: tiers(req, policy),
            values: values(req, policy),
            current: current.is_some_and(|it| std::ptr::eq(it, policy)),
        })
        .collect();
    rows.reverse();
    rows
}

fn tiers(req: &Req, policy: &SchoolPolicy) -> Vec<String> {
    let tiers = policy.distribution.tiers.iter().map(|tier| {
        let upto = match tier.up_to_fen {
            Some(amount) => format!("{}{amount}{}", req.t("至", "up to "), req.t("元", " yuan")),
            None => req.t("以上部分", "above").to_owned(),
        };
        let pools: Vec<String> = tier
            .pools
            .iter()
            .map(|(name, share)| format!("{} {}", pool(req, name), share.to_percent_text()))
            .collect();
        format!(
            "{upto}{}{}",
            req.t("：", ": "),
            pools.join(req.t("，", ", "))
        )
    });
    tiers.collect()
}

fn pool(req: &Req, name: &str) -> String {
    match name {
        "team" => req.t("完成人团队", "team").to_owned(),
        "college" => req.t("院系", "college").to_owned(),
        "university" => req.t("学校", "university").to_owned(),
        "office" => req.t("转化机构", "office").to_owned(),
        other => other.to_owned(),
    }
}

fn values(req: &Req, policy: &SchoolPolicy) -> Vec<(String, String)> {
    let days = |count: u32| format!("{count}{}", req.t("日", " days"));
    let working = |count: u32| format!("{count}{}", req.t("个工作日", " working days"));
    let pair = |zh: &str, en: &str, value: String| (req.lang.pick(zh, en).to_owned(), value);
    vec![
        pair(
            "作价投资归团队",
            "Shares to the team",
            policy.equity_team.to_percent_text(),
        ),
        pair(
            "主要贡献人不少于",
            "Main contributors at least",
            policy.main_contributors.to_percent_text(),
        ),
        pair(
            "协议定价公示",
            "Notice of an agreed price",
            days(policy.price_publicity_days),
        ),
        pair(
            "赋权公示",
            "Notice of vesting",
            days(policy.vesting_publicity_days),
        ),
        pair(
            "现金奖励公示",
            "Notice of a cash reward",
            working(policy.reward_publicity_working_days),
        ),
        pair(
            "披露答复",
            "Answer to a disclosure",
            working(policy.reply_days),
        ),
        pair(
            "异议答复",
            "Answer to an objection",
            working(policy.objection_days),
        ),
    ]
}

/// Sends a command to the institution; the findings when it is refused.
fn send(app: &App, req: &Req, command: Command) -> Result<Vec<Finding>, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let actor = Actor::Person(user.person);
    let command = whole::Command::Institution(command);
    match app
        .store
        .execute(Envelope::new(user.institution, actor, command))
    {
        Ok(_) => Ok(Vec::new()),
        Err(Rejected::Refused(refusal)) => Ok(refusal.findings),
        Err(other) => Err(other.into()),
    }
}

fn done(req: &Req, to: &str) -> Answer {
    Answer::see_other(to).toast(req.t("已保存", "Saved"))
}

/// Changes what the school says of itself.
///
/// # Errors
/// When the database cannot be written.
pub fn profile(app: &App, req: &Req) -> Result<Answer, Failure> {
    let text = |name: &str| req.field(name).trim().to_owned();
    let profile = Profile {
        name_zh: text("name_zh"),
        name_en: text("name_en"),
        prefix: text("prefix"),
        jurisdiction: text("jurisdiction"),
        state_established: !req.field("state_established").is_empty(),
        central_unit: !req.field("central_unit").is_empty(),
        contact: text("contact"),
    };
    let findings = send(
        app,
        req,
        Command::SetProfile {
            profile: profile.clone(),
        },
    )?;
    if findings.is_empty() {
        return Ok(done(req, "/settings"));
    }
    page(app, req, Some(profile), "profile", &findings)
}

/// Adds a college or office.
///
/// # Errors
/// When the database cannot be written.
pub fn unit(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let name_zh = req.field("name_zh").trim().to_owned();
    let name_en = req.field("name_en").trim().to_owned();
    let institution = data::institution(app, user.institution)?;
    let findings = if institution.units.values().any(|(zh, _)| *zh == name_zh) {
        let say = dukou_kernel::text!("已有这个单位。", "This unit exists already.");
        vec![Finding::refused("unit.exists", say)]
    } else {
        let unit = UnitId(uuid::Uuid::now_v7());
        send(
            app,
            req,
            Command::AddUnit {
                unit,
                name_zh,
                name_en,
            },
        )?
    };
    if findings.is_empty() {
        Ok(done(req, "/settings#units"))
    } else {
        page(app, req, None, "units", &findings)
    }
}

/// The uploaded file as text, or what is wrong with it.
fn uploaded(req: &Req) -> Result<String, Finding> {
    let upload = req
        .uploads
        .iter()
        .find(|it| it.field == "file" && !it.bytes.is_empty());
    let upload = upload.ok_or_else(|| {
        let say = dukou_kernel::text!("先选一个 TOML 文件。", "Choose a TOML file first.");
        Finding::refused("upload.missing", say).at("file")
    })?;
    String::from_utf8(upload.bytes.clone()).map_err(|_| {
        let say = dukou_kernel::text!("文件不是 UTF-8 文本。", "The file is not UTF-8 text.");
        Finding::refused("upload.encoding", say).at("file")
    })
}

fn at_line(code: &str, line: usize, message: &Text) -> Finding {
    let message = if line == 0 {
        message.clone()
    } else {
        Text::new(
            format!("第{line}行：{}", message.zh),
            format!("line {line}: {}", message.en),
        )
    };
    Finding::refused(code, message).at("file")
}

fn read_year(toml: &str) -> Result<Year, Finding> {
    Year::parse(toml).map_err(|error| at_line("calendar.file", error.line, &error.message))
}

fn read_policy(from: &str, toml: &str) -> Result<Command, Finding> {
    let from = from.trim().parse().map_err(|_| {
        let say = dukou_kernel::text!(
            "填施行日期，如 2026-01-01。",
            "Give the first day, as 2026-01-01."
        );
        Finding::refused("policy.from", say).at("from")
    })?;
    let policy = ProposedPolicy::parse(toml)
        .map_err(|error| at_line(error.code, error.line, &error.message))?;
    Ok(Command::AdoptPolicy {
        from,
        policy,
        paper: None,
    })
}

/// Adopts a year's arrangement from a file.
///
/// # Errors
/// When the database cannot be written.
pub fn calendar(app: &App, req: &Req) -> Result<Answer, Failure> {
    let read = uploaded(req).and_then(|toml| read_year(&toml));
    let findings = match read {
        Ok(year) => send(app, req, Command::AdoptYear { year })?,
        Err(finding) => vec![finding],
    };
    if findings.is_empty() {
        Ok(done(req, "/settings#calendar"))
    } else {
        page(app, req, None, "calendar", &findings)
    }
}

/// Adopts the school's own rules from a file; refused below the statute.
///
/// # Errors
/// When the database cannot be written.
pub fn policy(app: &App, req: &Req) -> Result<Answer, Failure> {
    let read = uploaded(req).and_then(|toml| read_policy(req.field("from"), &toml));
    let findings = match read {
        Ok(command) => send(app, req, command)?,
        Err(finding) => vec![finding],
    };
    if findings.is_empty() {
        Ok(done(req, "/settings#policy"))
    } else {
        page(app, req, None, "policy", &findings)
    }
}

/// The body of a call as text, or what is wrong with it.
fn sent(req: &Req) -> Result<&str, Finding> {
    std::str::from_utf8(&req.body).map_err(|_| {
        let say = dukou_kernel::text!("正文不是 UTF-8 文本。", "The body is not UTF-8 text.");
        Finding::refused("upload.encoding", say)
    })
}

/// What an adoption answers to a program: done as said, or refused with why.
fn adopted(
    app: &App,
    req: &Req,
    command: Command,
    told: &serde_json::Value,
) -> Result<Answer, Failure> {
    let findings = send(app, req, command)?;
    if !findings.is_empty() {
        return Err(Failure::Refused(Refusal { findings }));
    }
    Ok(Answer {
        status: StatusCode::CREATED,
        ..Answer::json(told)
    })
}

/// Adopts a year's arrangement; its TOML is the body of the call.
///
/// # Errors
/// Not readable, refused, or the database cannot be written.
pub fn api_calendar(app: &App, req: &Req) -> Result<Answer, Failure> {
    let year = sent(req).and_then(read_year).map_err(Failure::BadRequest)?;
    let told = json!({"year": year.year()});
    adopted(app, req, Command::AdoptYear { year }, &told)
}

/// Adopts the school's own rules; their TOML is the body of the call.
///
/// # Errors
/// Not readable, refused below the statute, or the database cannot be written.
pub fn api_policy(app: &App, req: &Req) -> Result<Answer, Failure> {
    let from = req.query("from").trim();
    let command = sent(req)
        .and_then(|toml| read_policy(from, toml))
        .map_err(Failure::BadRequest)?;
    adopted(app, req, command, &json!({"from": from}))
}

/// The institution for programs, with the version that commands on it are based
/// on; the permission table as far as the caller may read the rules.
///
/// # Errors
/// When the database cannot be read.
pub fn api_show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (version, state) = app
        .store
        .state(user.institution, dukou_journal::StreamId::Institution)?;
    let whole::State::Institution(institution) = state.as_ref() else {
        return Err(Failure::NotFound);
    };
    let units: Vec<serde_json::Value> = institution
        .units
        .iter()
        .map(|(id, (zh, en))| json!({"id": id, "name_zh": zh, "name_en": en}))
        .collect();
    let policies: Vec<serde_json::Value> = institution
        .policies
        .iter()
        .map(|(from, policy)| json!({"from": from, "policy": policy}))
        .collect();
    let years: Vec<&Year> = institution.calendar().years().collect();
    let rules = authorise(Some(institution), Some(user), "rules.read") != Scope::None;
    let permissions = rules.then(|| -> Vec<serde_json::Value> {
        permission::actions()
            .map(|it| {
                let cells: serde_json::Map<String, serde_json::Value> = Role::ALL
                    .iter()
                    .map(|role| {
                        let scope = institution.scope(*role, &it.name).code();
                        (role.code().to_owned(), json!(scope))
                    })
                    .collect();
                json!({"action": it.name, "title": req.t(&it.zh, &it.en), "scopes": cells})
            })
            .collect()
    });
    api::versioned(
        req,
        version,
        &json!({
            "id": user.institution, "version": version, "profile": institution.profile.as_ref().map(crate::api::said::institution::Profile::of),
            "units": units, "policies": policies, "years": years, "permissions": permissions,
        }),
    )
}

/// A cell of the permission table.
pub struct Cell {
    /// Role.
    pub role: &'static str,
    /// Scope in words.
    pub scope: String,
    /// Code of the scope.
    pub code: &'static str,
    /// True when it differs from the delivered table.
    pub changed: bool,
}

/// One action of the permission table.
pub struct ActionRow {
    /// Name.
    pub name: String,
    /// In words.
    pub label: String,
    /// One cell per role.
    pub cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "permissions.html")]
struct PermissionsPage {
    p: Page,
    roles: Vec<String>,
    rows: Vec<ActionRow>,
    changed: usize,
    may_change: bool,
    errors: Vec<Said>,
    action_picks: Vec<Pick>,
    role_picks: Vec<Pick>,
    scope_picks: Vec<Pick>,
    reason: String,
}

/// The permission table.
///
/// # Errors
/// When the database cannot be read.
pub fn permissions(app: &App, req: &Req) -> Result<Answer, Failure> {
    permissions_page(app, req, &[])
}

fn permissions_page(app: &App, req: &Req, findings: &[Finding]) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let wanted = |name: &str| {
        if req.post {
            req.field(name).to_owned()
        } else {
            req.query(name).to_owned()
        }
    };
    let (action, role, scope) = (wanted("action"), wanted("role"), wanted("scope"));
    let rows: Vec<ActionRow> = permission::actions()
        .map(|it| action_row(it, &institution, req))
        .collect();
    let page = PermissionsPage {
        p: Page::new(app, req)?,
        roles: Role::ALL
            .iter()
            .map(|it| it.label().get(req.lang).to_owned())
            .collect(),
        changed: rows
            .iter()
            .flat_map(|row| &row.cells)
            .filter(|cell| cell.changed)
            .count(),
        action_picks: rows
            .iter()
            .map(|row| Pick {
                code: row.name.clone(),
                label: format!("{} · {}", row.label, row.name),
                chosen: row.name == action,
            })
            .collect(),
        rows,
        may_change: authorise(Some(&institution), Some(user), "admin.permissions") != Scope::None,
        errors: said(req, findings),
        role_picks: Role::ALL
            .iter()
            .map(|it| Pick {
                code: it.code().to_owned(),
                label: it.label().get(req.lang).to_owned(),
                chosen: it.code() == role,
            })
            .collect(),
        scope_picks: Scope::ALL
            .iter()
            .map(|it| Pick {
                code: it.code().to_owned(),
                label: it.label().get(req.lang).to_owned(),
                chosen: it.code() == scope,
            })
            .collect(),
        reason: wanted("reason"),
    };
    let bad = !findings.is_empty();
    Answer::html_with(
        if bad {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        },
        &page,
    )
}

fn action_row(action: &permission::Action, institution: &Institution, req: &Req) -> ActionRow {
    let cells = Role::ALL.iter().map(|role| {
        let scope = institution.scope(*role, &action.name);
        Cell {
            role: role.code(),
            scope: scope.label().get(req.lang).to_owned(),
            code: scope.code(),
            changed: scope != permission::delivered(*role, &action.name),
        }
    });
    ActionRow {
        name: action.name.clone(),
        label: req.t(&action.zh, &action.en).to_owned(),
        cells: cells.collect(),
    }
}

/// Changes one cell, with a reason; the change stands in the journal.
///
/// # Errors
/// When the database cannot be written.
pub fn set_permission(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (role, scope) = (
        Role::parse(req.field("role")),
        Scope::parse(req.field("scope")),
    );
    let (Some(role), Some(scope)) = (role, scope) else {
        let say = dukou_kernel::text!("选角色和范围。", "Choose a role and a scope.");
        return permissions_page(app, req, &[Finding::refused("permission.missing", say)]);
    };
    let command = Command::SetPermission {
        role,
        action: req.field("action").to_owned(),
        scope,
        reason: req.field("reason").trim().to_owned(),
    };
    let findings = send(app, req, command)?;
    if findings.is_empty() {
        let said = req.t("权限已改，已进记录", "Permission changed and recorded");
        return Ok(Answer::see_other("/settings/permissions").toast(said));
    }
    permissions_page(app, req, &findings)
}
