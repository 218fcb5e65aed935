//! What every page carries, and how an answer is made.

use askama::Template;
use axum::http::{HeaderName, StatusCode, header};
use dukou_chain::people::{Role, Scope};
use dukou_kernel::{Finding, Lang};

use crate::app::App;
use crate::authorise::authorise;
use crate::failure::Failure;
use crate::problem::describe;
use crate::request::Req;

/// An answer, before it becomes HTTP.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Media type.
    pub media: String,
    /// Further headers.
    pub headers: Vec<(HeaderName, String)>,
    /// Cookies with their age in seconds; 0 removes.
    pub cookies: Vec<(&'static str, String, i64)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A page.
    ///
    /// # Errors
    /// When the template fails.
    pub fn html(template: &impl Template) -> Result<Self, Failure> {
        Self::html_with(StatusCode::OK, template)
    }

    /// A page with a status of its own.
    ///
    /// # Errors
    /// When the template fails.
    pub fn html_with(status: StatusCode, template: &impl Template) -> Result<Self, Failure> {
        Ok(Self {
            status,
            media: "text/html; charset=utf-8".to_owned(),
            headers: Vec::new(),
            cookies: Vec::new(),
            body: template.render()?.into_bytes(),
        })
    }

    /// To another page, after a form was taken.
    pub fn see_other(to: &str) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            media: "text/plain".to_owned(),
            headers: vec![(header::LOCATION, safe_path(to))],
            cookies: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Bytes of any kind.
    pub fn bytes(media: &str, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            media: media.to_owned(),
            headers: Vec::new(),
            cookies: Vec::new(),
            body,
        }
    }

    /// A file to save.
    pub fn download(media: &str, name: &str, body: Vec<u8>) -> Self {
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let value = format!(
            "attachment; filename*=UTF-8''{}",
            encoded.replace('+', "%20")
        );
        let mut answer = Self::bytes(media, body);
        answer.headers.push((header::CONTENT_DISPOSITION, value));
        answer
    }

    /// JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::bytes("application/json", value.to_string().into_bytes())
    }

    /// With a cookie.
    #[must_use]
    pub fn cookie(mut self, name: &'static str, value: &str, seconds: i64) -> Self {
        self.cookies.push((name, value.to_owned(), seconds));
        self
    }

    /// With a one-line message on the next page.
    #[must_use]
    pub fn toast(self, text: &str) -> Self {
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        self.cookie(crate::session::TOAST, &encoded, 20)
    }
}

/// Only paths of our own are followed after a form: never another site. Letters
/// that a header cannot carry are written in percent.
pub fn safe_path(to: &str) -> String {
    let inside = to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains(|c: char| c == '\\' || c.is_control());
    if !inside {
        return "/".to_owned();
    }
    let mut path = String::with_capacity(to.len());
    for c in to.chars() {
        if c.is_ascii_graphic() {
            path.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    path
}

/// One entry of the navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Where it leads.
    pub href: &'static str,
    /// Word.
    pub label: &'static str,
    /// Icon of the bottom bar.
    pub icon: &'static str,
    /// True on its own pages.
    pub current: bool,
    /// What waits for the reader.
    pub count: Option<String>,
}

/// The signed-in person, as the page head shows them.
#[derive(Clone, Debug)]
pub struct PageUser {
    /// Name.
    pub name: String,
    /// First character of the name.
    pub initial: String,
    /// Roles in words.
    pub role_name: String,
}

/// One person of the demo's row.
#[derive(Clone, Debug)]
pub struct DemoChoice {
    /// Sign-in name.
    pub id: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: String,
    /// True for the one who is signed in.
    pub current: bool,
}

/// The demo's banner.
#[derive(Clone, Debug)]
pub struct Demo {
    /// People to become with one click.
    pub people: Vec<DemoChoice>,
}

/// What every page carries.
#[derive(Clone, Debug)]
pub struct Page {
    /// The reader's language.
    pub lang: Lang,
    /// `""`, `light` or `dark`.
    pub theme: String,
    /// CSRF token for this page's forms.
    pub csrf: String,
    /// Who is signed in.
    pub user: Option<PageUser>,
    /// Top bar.
    pub nav: Vec<NavItem>,
    /// Bottom bar of narrow screens.
    pub bottom_nav: Vec<NavItem>,
    /// Path and query of this page.
    pub here: String,
    /// The demo's banner.
    pub demo: Option<Demo>,
    /// One-line message.
    pub toast: Option<String>,
    /// Name of the institution.
    pub institution: String,
    /// Version of the program.
    pub build: &'static str,
    /// True when the search box is shown.
    pub search_allowed: bool,
}

impl Page {
    /// The text in the reader's language.
    pub fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// A text that exists in both languages.
    pub fn text<'a>(&self, text: &'a dukou_kernel::Text) -> &'a str {
        text.get(self.lang)
    }

    /// The article behind a finding, or nothing.
    pub fn article<'a>(&self, finding: &'a Finding) -> &'a str {
        finding.citation.as_ref().map_or("", |it| it.get(self.lang))
    }

    /// A count with its word: `3件` / `3 cases`, `1 case`.
    pub fn n(&self, count: usize, zh: &str, one: &str, many: &str) -> String {
        match self.lang {
            Lang::Zh => format!("{count}{zh}"),
            Lang::En => format!("{count} {}", if count == 1 { one } else { many }),
        }
    }

    /// The page head for a request.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn new(app: &App, req: &Req) -> Result<Self, Failure> {
        let institution = match &req.user {
            Some(user) => Some(crate::data::institution(app, user.institution)?),
            None => crate::data::first_institution(app)?,
        };
        let name = institution
            .as_ref()
            .and_then(|it| it.profile.as_ref())
            .map(|profile| {
                let english = req.lang == Lang::En && !profile.name_en.is_empty();
                if english {
                    profile.name_en.clone()
                } else {
                    profile.name_zh.clone()
                }
            });
        let full = req
            .user
            .as_ref()
            .filter(|user| !user.half && !user.must_enrol);
        let count = match full {
            Some(user) => Some(crate::data::my_task_count(app, user)?),
            None => None,
        };
        let nav = full.map_or_else(Vec::new, |user| {
            let allowed =
                |action: &str| authorise(institution.as_deref(), Some(user), action) != Scope::None;
            nav(req, &user.roles, &allowed, count)
        });
        let search_allowed = full.is_some_and(|user| {
            authorise(institution.as_deref(), Some(user), "case.read") != Scope::None
        });
        let bottom_nav = nav.iter().take(4).cloned().collect();
        Ok(Self {
            lang: req.lang,
            theme: req.theme.clone(),
            csrf: req
                .user
                .as_ref()
                .map_or_else(|| req.visitor.clone(), |user| user.csrf.clone()),
            user: full.map(|user| page_user(user, req.lang)),
            nav,
            bottom_nav,
            here: req.here(),
            demo: app.settings.demo.then(|| demo(app, req)),
            toast: Some(req.toast.clone()).filter(|it| !it.is_empty()),
            institution: name.unwrap_or_default(),
            build: env!("CARGO_PKG_VERSION"),
            search_allowed,
        })
    }
}

fn page_user(user: &crate::session::User, lang: Lang) -> PageUser {
    let roles: Vec<String> = user
        .roles
        .iter()
        .map(|role| role.label().get(lang).to_owned())
        .collect();
    PageUser {
        initial: user
            .name
            .chars()
            .next()
            .map_or_else(String::new, |c| c.to_string()),
        name: user.name.clone(),
        role_name: roles.join(lang.pick("、", ", ")),
    }
}

fn demo(app: &App, req: &Req) -> Demo {
    let current = req.user.as_ref().map(|user| user.person);
    let people = app
        .settings
        .demo_people
        .iter()
        .map(|it| DemoChoice {
            id: it.login.clone(),
            name: it.name.clone(),
            role: req.lang.pick(&it.role_zh, &it.role_en).to_owned(),
            current: current == Some(it.person),
        })
        .collect();
    Demo { people }
}

fn nav(
    req: &Req,
    roles: &[Role],
    allowed: &dyn Fn(&str) -> bool,
    count: Option<String>,
) -> Vec<NavItem> {
    let inventor_only = roles == [Role::Inventor];
    let administrator = roles.iter().any(|role| role.is_administrator());
    let mut items = Vec::new();
    let mut add = |href: &'static str, zh: &'static str, en: &'static str, icon: &'static str| {
        let current = if href == "/" {
            req.path == "/"
        } else {
            req.path.starts_with(href)
        };
        let count = count.clone().filter(|_| href == "/");
        items.push(NavItem {
            href,
            label: req.lang.pick(zh, en),
            icon,
            current,
            count,
        });
    };
    add("/", "待办", "Work", "work");
    if allowed("case.read") {
        if inventor_only {
            add("/cases", "我的成果", "My results", "case");
            add("/mine", "我的收益", "My awards", "money");
        } else {
            add("/cases", "成果", "Cases", "case");
            add("/deals", "项目合同", "Deals", "contract");
            add("/money", "资金", "Money", "money");
        }
    }
    if !administrator {
        add("/notices", "公示", "Notices", "bell");
    }
    if allowed("import.ledger") {
        add("/import", "导入", "Import", "up");
    }
    if allowed("people.read") {
        add("/people", "人员", "People", "people");
    }
    if allowed("rules.read") {
        add("/rules", "规则", "Rules", "rule");
    }
    if allowed("journal.read") || allowed("journal.verify") {
        add("/journal", "记录", "Journal", "history");
    }
    if allowed("admin.audit") && administrator {
        add("/audit", "审计日志", "Audit log", "shield");
    }
    if allowed("hook.manage") || allowed("admin.settings") || allowed("admin.permissions") {
        add("/settings", "设置", "Settings", "settings");
    }
    items
}

/// The page for something that went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    p: Page,
    heading: String,
    findings: Vec<Finding>,
    lead: String,
    back: String,
    reference: String,
}

/// Turns a failure into an answer: problem+json for programs, a page for people.
pub fn failed(app: &App, req: &Req, failure: Failure) -> Answer {
    if matches!(failure, Failure::SignIn) && !req.wants_json {
        let half = req.user.as_ref().is_some_and(|user| user.half);
        let enrol = req.user.as_ref().is_some_and(|user| user.must_enrol);
        let next: String = form_urlencoded::byte_serialize(req.here().as_bytes()).collect();
        let to = if half {
            format!("/sign-in/code?next={next}")
        } else if enrol {
            format!("/sign-in/enrol?next={next}")
        } else {
            format!("/sign-in?next={next}")
        };
        return Answer::see_other(&to);
    }
    let described = describe(req, failure);
    if req.wants_json {
        return described.problem(req);
    }
    let Ok(p) = Page::new(app, req) else {
        return Answer {
            status: described.status,
            ..Answer::bytes(
                "text/plain; charset=utf-8",
                format!("{} {}\n", described.lead, described.reference).into_bytes(),
            )
        };
    };
    let status = described.status;
    let page = FailurePage {
        p,
        heading: described.heading,
        findings: described.findings,
        lead: described.lead,
        back: if req.post {
            String::new()
        } else {
            "/".to_owned()
        },
        reference: described.reference,
    };
    Answer::html_with(status, &page).unwrap_or_else(|_| Answer::see_other("/"))
}
