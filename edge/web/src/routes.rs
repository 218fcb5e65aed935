//! Every route, with the action of the permission table that it needs.

use crate::api::{commands, deal, openapi, reads};
use crate::app::App;
use crate::failure::Failure;
use crate::page::Answer;
use crate::pages;
use crate::request::Req;

/// A handler: from a request to an answer.
pub type Handler = fn(&App, &Req) -> Result<Answer, Failure>;

/// One route.
pub struct Route {
    /// True for POST.
    pub post: bool,
    /// Path pattern.
    pub path: &'static str,
    /// Action of the permission table; empty for what anybody may have
    /// (static files, health, signing in).
    pub action: &'static str,
    /// May somebody come here who has not given the second factor yet?
    pub half_signed_in: bool,
    /// True when files may be sent.
    pub uploads: bool,
    /// True for a calculation, which waits for a place among the few at once.
    pub calculates: bool,
    /// True for the API: a token instead of a session, JSON instead of forms.
    pub api: bool,
    /// The handler.
    pub handler: Handler,
}

const fn get(path: &'static str, action: &'static str, handler: Handler) -> Route {
    Route {
        post: false,
        path,
        action,
        half_signed_in: false,
        uploads: false,
        calculates: false,
        api: false,
        handler,
    }
}

const fn post(path: &'static str, action: &'static str, handler: Handler) -> Route {
    Route {
        post: true,
        path,
        action,
        half_signed_in: false,
        uploads: false,
        calculates: false,
        api: false,
        handler,
    }
}

const fn upload(path: &'static str, action: &'static str, handler: Handler) -> Route {
    Route {
        uploads: true,
        ..post(path, action, handler)
    }
}

const fn calculation(path: &'static str, handler: Handler) -> Route {
    Route {
        calculates: true,
        ..post(path, "page.public", handler)
    }
}

const fn api(route: Route) -> Route {
    Route { api: true, ..route }
}

const fn half(route: Route) -> Route {
    Route {
        half_signed_in: true,
        ..route
    }
}

/// What answers when nothing else does.
pub const NOT_FOUND: Route = half(get("", "", pages::system::not_found));

/// What answers at an address that takes other methods.
pub const OTHER_METHOD: Route = half(get("", "", pages::system::other_method));

/// Every route of the program. Steps of cases and deals name their own action
/// per command; the pages of steps ask the authorisation point again for it.
pub const ROUTES: &[Route] = &[
    // Anybody.
    half(get("/healthz", "", pages::system::health)),
    half(get("/readyz", "", pages::system::ready)),
    half(get("/metrics", "", pages::system::metrics)),
    half(get("/static/{name}", "", pages::system::asset)),
    half(post("/preferences", "", pages::system::preferences)),
    half(get("/sign-in", "", pages::sign_in::show)),
    half(post("/sign-in", "", pages::sign_in::submit)),
    half(post("/sign-in/demo", "", pages::sign_in::demo)),
    half(get("/sign-in/code", "", pages::sign_in::code::ask)),
    half(post("/sign-in/code", "", pages::sign_in::code::answer)),
    half(get("/sign-in/enrol", "", pages::sign_in::code::enrol)),
    half(post(
        "/sign-in/enrol",
        "",
        pages::sign_in::code::enrol_submit,
    )),
    half(post("/sign-out", "", pages::sign_in::sign_out)),
    half(get("/invite/{token}", "", pages::sign_in::invite::show)),
    half(post("/invite/{token}", "", pages::sign_in::invite::submit)),
    half(get("/styleguide", "page.public", pages::styleguide::show)),
    // The public.
    get("/notices", "page.public", pages::notice::list),
    get("/notices/{id}", "page.public", pages::notice::show),
    get("/notices/{id}/page", "page.public", pages::notice::page),
    get("/tools", "page.public", pages::tools::list),
    get("/tools/{name}", "page.public", pages::tools::show),
    calculation("/tools/{name}", pages::tools::run),
    // Work.
    get("/", "page.home", pages::home::show),
    get("/me", "page.self", pages::me::show),
    get("/mine", "money.read", pages::mine::show),
    get("/cases", "case.read", pages::cases::list),
    get("/cases.xlsx", "export.lists", pages::cases::export),
    post("/views", "page.self", pages::list::save_view),
    get("/cases/{id}", "case.read", pages::case::show),
    get(
        "/cases/{id}/do/{command}",
        "case.read",
        pages::step::show_case,
    ),
    upload(
        "/cases/{id}/do/{command}",
        "case.read",
        pages::step::submit_case,
    ),
    get("/deals", "deal.read", pages::deals::list),
    get("/deals.xlsx", "export.lists", pages::deals::export),
    get("/deals/{id}", "deal.read", pages::deals::open),
    get(
        "/deals/{id}/do/{command}",
        "deal.read",
        pages::step::show_deal,
    ),
    upload(
        "/deals/{id}/do/{command}",
        "deal.read",
        pages::step::submit_deal,
    ),
    get(
        "/deals/{id}/split/{receipt}",
        "money.read",
        pages::split::show,
    ),
    get(
        "/deals/{id}/split/{receipt}/trace.xlsx",
        "money.read",
        pages::split::export,
    ),
    get("/money", "money.read", pages::money::list),
    get("/money.xlsx", "export.lists", pages::money::export),
    get("/disclose", "disclosure.submit", pages::disclose::begin),
    post("/disclose", "disclosure.submit", pages::disclose::answer),
    get(
        "/disclose/{draft}",
        "disclosure.submit",
        pages::disclose::show,
    ),
    upload(
        "/disclose/{draft}",
        "disclosure.submit",
        pages::disclose::save,
    ),
    post(
        "/disclose/{draft}/autosave",
        "disclosure.submit",
        pages::disclose::autosave,
    ),
    get("/files/{hash}", "file.read", pages::file::show),
    get("/import", "import.ledger", pages::import::show),
    upload("/import", "import.ledger", pages::import::submit),
    get("/import/{draft}", "import.ledger", pages::import::report),
    post("/import/{draft}", "import.ledger", pages::import::act),
    get(
        "/import/{draft}/fix-list.xlsx",
        "import.ledger",
        pages::import::fix_list,
    ),
    // Rules.
    get("/rules", "rules.read", pages::rules::show),
    get("/rules/{name}", "rules.read", pages::rules::show_rule),
    // Administration.
    post("/me/password", "page.self", pages::me::change_password),
    post("/me/sessions", "page.self", pages::me::end_others),
    get("/people", "people.read", pages::people::list),
    get("/people.xlsx", "export.lists", pages::people::export),
    get("/people/new", "people.register", pages::people::new),
    post("/people/new", "people.register", pages::people::register),
    get("/people/roster", "people.register", pages::people::roster),
    upload(
        "/people/roster",
        "people.register",
        pages::people::roster_submit,
    ),
    get("/people/{id}", "people.read", pages::people::show),
    get("/people/{id}/edit", "people.update", pages::people::edit),
    post("/people/{id}/edit", "people.update", pages::people::update),
    post(
        "/people/{id}/account",
        "admin.people.account",
        pages::people::account,
    ),
    post(
        "/people/{id}/tokens",
        "admin.people.account",
        pages::people::make_token,
    ),
    post(
        "/people/{id}/tokens/revoke",
        "admin.people.account",
        pages::people::revoke_token,
    ),
    get(
        "/people/{id}/do/{command}",
        "people.read",
        pages::step::show_person,
    ),
    upload(
        "/people/{id}/do/{command}",
        "people.read",
        pages::step::submit_person,
    ),
    get("/settings", "page.self", pages::settings::show),
    post(
        "/settings/profile",
        "admin.settings",
        pages::settings::profile,
    ),
    post("/settings/unit", "admin.settings", pages::settings::unit),
    get(
        "/settings/permissions",
        "rules.read",
        pages::settings::permissions,
    ),
    post(
        "/settings/permissions",
        "admin.permissions",
        pages::settings::set_permission,
    ),
    upload(
        "/settings/calendar",
        "admin.calendar",
        pages::settings::calendar,
    ),
    get("/settings/law", "rules.read", pages::law::show),
    upload("/settings/law", "admin.law", pages::law::load),
    upload("/settings/policy", "policy.adopt", pages::settings::policy),
    post("/me/tokens", "page.self", pages::me::make_token),
    post("/me/tokens/revoke", "page.self", pages::me::revoke_token),
    get("/journal", "journal.read", pages::journal::list),
    get("/journal/verify", "journal.verify", pages::journal::verify),
    get("/audit", "admin.audit", pages::audit::list),
    get("/audit.xlsx", "admin.audit", pages::audit::export),
    // Other systems.
    get("/settings/hooks", "hook.manage", pages::hooks::show),
    post("/settings/hooks", "hook.manage", pages::hooks::make),
    post("/settings/hooks/{id}", "hook.manage", pages::hooks::act),
    post(
        "/settings/hooks/{id}/{seq}",
        "hook.manage",
        pages::hooks::settle,
    ),
    get("/api", "page.public", openapi::reader),
    api(get("/api/v1", "", reads::about)),
    api(get("/api/v1/openapi.json", "page.public", openapi::show)),
    api(get("/api/v1/cases", "case.read", reads::cases)),
    api(get("/api/v1/cases/{id}", "case.read", reads::case)),
    api(get(
        "/api/v1/cases/{id}/events",
        "case.read",
        reads::timeline,
    )),
    api(get("/api/v1/deals", "deal.read", reads::deals)),
    api(get("/api/v1/deals/{id}", "deal.read", deal::show)),
    api(get(
        "/api/v1/deals/{id}/events",
        "deal.read",
        reads::timeline,
    )),
    api(get("/api/v1/receipts", "money.read", reads::receipts)),
    api(get("/api/v1/people", "people.read", reads::people)),
    api(post(
        "/api/v1/people/{id}/account",
        "admin.people.account",
        commands::account,
    )),
    api(get(
        "/api/v1/people/{id}/tokens",
        "admin.people.account",
        pages::people::api_tokens,
    )),
    api(post(
        "/api/v1/people/{id}/tokens",
        "admin.people.account",
        pages::people::api_token_make,
    )),
    api(post(
        "/api/v1/people/{id}/tokens/{token}",
        "admin.people.account",
        pages::people::api_token_act,
    )),
    api(get("/api/v1/tasks", "page.home", reads::tasks)),
    api(get("/api/v1/events", "journal.read", reads::events)),
    api(upload("/api/v1/files", "file.upload", commands::put_file)),
    api(get("/api/v1/files/{hash}", "file.read", pages::file::show)),
    api(get("/api/v1/calc", "page.public", commands::calculators)),
    api(get(
        "/api/v1/calc/{name}",
        "page.public",
        commands::calculator,
    )),
    api(calculation("/api/v1/calc/{name}", commands::calculate)),
    api(post("/api/v1/commands", "", commands::submit)),
    api(get(
        "/api/v1/notices",
        "page.public",
        pages::notice::api_list,
    )),
    api(get("/api/v1/rules", "rules.read", pages::rules::api_list)),
    api(get("/api/v1/audit", "admin.audit", pages::audit::api_list)),
    api(get("/api/v1/hooks", "hook.manage", pages::hooks::api_list)),
    api(post("/api/v1/hooks", "hook.manage", pages::hooks::api_make)),
    api(post(
        "/api/v1/hooks/{id}",
        "hook.manage",
        pages::hooks::api_act,
    )),
    api(get(
        "/api/v1/letters",
        "hook.manage",
        pages::hooks::api_letters,
    )),
    api(post(
        "/api/v1/letters/{id}/{seq}",
        "hook.manage",
        pages::hooks::api_settle,
    )),
    api(get(
        "/api/v1/people/{id}",
        "people.read",
        pages::people::api_show,
    )),
    api(upload(
        "/api/v1/people/roster",
        "people.register",
        pages::people::api_roster,
    )),
    api(get(
        "/api/v1/institution",
        "page.self",
        pages::settings::api_show,
    )),
    api(upload(
        "/api/v1/policy",
        "policy.adopt",
        pages::settings::api_policy,
    )),
    api(upload("/api/v1/law", "admin.law", pages::law::api_load)),
    api(upload(
        "/api/v1/calendar",
        "admin.calendar",
        pages::settings::api_calendar,
    )),
    api(get(
        "/api/v1/receipts/{id}",
        "money.read",
        pages::split::api_show,
    )),
    api(get("/api/v1/mine", "money.read", pages::mine::api_show)),
    api(get(
        "/api/v1/notices/{id}",
        "page.public",
        pages::notice::api_show,
    )),
    api(upload(
        "/api/v1/imports",
        "import.ledger",
        pages::import::api_begin,
    )),
    api(get(
        "/api/v1/imports/{draft}",
        "import.ledger",
        pages::import::api_report,
    )),
    api(post(
        "/api/v1/imports/{draft}",
        "import.ledger",
        pages::import::api_act,
    )),
    api(get(
        "/api/v1/imports/{draft}/fix-list.xlsx",
        "import.ledger",
        pages::import::fix_list,
    )),
    api(get(
        "/api/v1/cases.xlsx",
        "export.lists",
        pages::cases::export,
    )),
    api(get(
        "/api/v1/deals.xlsx",
        "export.lists",
        pages::deals::export,
    )),
    api(get(
        "/api/v1/money.xlsx",
        "export.lists",
        pages::money::export,
    )),
    api(get(
        "/api/v1/people.xlsx",
        "export.lists",
        pages::people::export,
    )),
    api(get(
        "/api/v1/audit.xlsx",
        "admin.audit",
        pages::audit::export,
    )),
    api(get(
        "/api/v1/verify",
        "journal.verify",
        pages::journal::api_verify,
    )),
    api(get("/api/v1/views", "page.self", pages::list::api_views)),
    api(post(
        "/api/v1/views",
        "page.self",
        pages::list::api_set_view,
    )),
    api(get(
        "/api/v1/sessions",
        "page.self",
        pages::me::api_sessions,
    )),
    api(post(
        "/api/v1/sessions",
        "page.self",
        pages::me::api_end_sessions,
    )),
];
