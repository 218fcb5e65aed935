//! Every page there is, with an address that leads to it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::{Role, Scope, permission::delivered};
use dukou_chain::whole::Command;
use dukou_web::routes::{ROUTES, Route};
use dukou_web::{CASE_STEPS, DEAL_STEPS, PERSON_STEPS};

use crate::fixture::Fixture;
use crate::story::{self, Told};

/// What is not HTML.
pub const OTHER: &[&str] = &[
    "/healthz",
    "/readyz",
    "/metrics",
    "/audit.xlsx",
    "/deals/{id}/split/{receipt}/trace.xlsx",
    "/static/{name}",
    "/files/{hash}",
    "/cases.xlsx",
    "/deals.xlsx",
    "/money.xlsx",
    "/people.xlsx",
    "/import/{draft}/fix-list.xlsx",
];

/// A page at an address.
pub struct Place {
    pub route: &'static Route,
    pub path: String,
    /// Action of the step that the page takes; empty for other pages.
    pub step: &'static str,
    /// The only one who may come, where a draft belongs to somebody.
    owner: Option<Role>,
}

impl Place {
    /// May somebody with this role come here?
    pub fn open_to(&self, role: Role) -> bool {
        let has = |action: &str| action.is_empty() || delivered(role, action) != Scope::None;
        let mine = self.owner.is_none_or(|owner| owner == role);
        mine && has(self.route.action) && has(self.step)
    }

    /// Somebody who may come here: whoever does most of the work, first.
    pub fn visitor(&self) -> Role {
        let first = [Role::Manager, Role::Inventor, Role::OfficeHead];
        let mut all = first.iter().chain(Role::ALL);
        *all.find(|it| self.open_to(**it)).unwrap()
    }
}

/// The pages that want no id, as they stand before anything has happened.
pub fn plain() -> Vec<Place> {
    let plain = |it: &&'static Route| {
        !it.post && !it.api && !it.path.contains('{') && !OTHER.contains(&it.path)
    };
    let place = |route: &'static Route| Place {
        route,
        path: route.path.to_owned(),
        step: "",
        owner: None,
    };
    ROUTES.iter().filter(plain).map(place).collect()
}

/// A disclosure begun by the inventor.
pub async fn draft(fixture: &Fixture) -> String {
    let inventor = fixture.of(Role::Inventor);
    let form = [("secrecy", "no")];
    let begun = fixture.post(Some(inventor), "/disclose", &form).await;
    let path = begun.location().split('?').next().unwrap();
    path.trim_start_matches("/disclose/").to_owned()
}

/// A ledger that the office head has sent: one good row, one that wants mending.
pub async fn import(fixture: &Fixture) -> String {
    let head = fixture.of(Role::OfficeHead);
    let ledger = "合同编号,专利号,受让方,合同金额,签订日期\n\
                  H-1,CN112233445A,甲公司,100,2020.1.2\n\
                  H-2,CN112233446A,乙公司,一百,2020.13.2\n";
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"台账.csv\"\r\n\r\n{ledger}\r\n--x--\r\n",
        head.csrf
    );
    let request = Request::builder()
        .uri("/import")
        .method("POST")
        .header(header::COOKIE, format!("dukou_session={}", head.token))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(body));
    let reply = fixture.raw(request.unwrap()).await;
    let path = reply.location().split('?').next().unwrap();
    path.trim_start_matches("/import/").to_owned()
}

/// Tells the story, begins a disclosure and an import, and lists every page.
pub async fn places(fixture: &Fixture) -> (Told, Vec<Place>) {
    let told = story::tell(fixture);
    let draft = draft(fixture).await;
    let import = import(fixture).await;
    assert!(!import.is_empty(), "the import is not taken");
    let person = fixture.of(Role::Inventor).person.to_string();
    let mut all = Vec::new();
    for route in ROUTES {
        if route.post || route.api || OTHER.contains(&route.path) {
            continue;
        }
        let room = route.path.split('/').nth(1).unwrap_or_default();
        let (id, steps) = match room {
            "cases" => (told.case.to_string(), CASE_STEPS),
            "deals" => (told.deal.to_string(), DEAL_STEPS),
            "notices" => (told.notice.to_string(), &[] as &[&str]),
            _ => (person.clone(), PERSON_STEPS),
        };
        let own = if room == "import" { &import } else { &draft };
        let name = match room {
            "rules" => "reward.min.transfer_license",
            _ => dukou_calc::calculators()[0].name,
        };
        let words = BTreeMap::from(
            [
                ("{id}", id.as_str()),
                ("{receipt}", &told.receipt.to_string()),
                ("{draft}", own),
                ("{name}", name),
                ("{token}", "nothing"),
            ]
            .map(|(key, value)| (key, value.to_owned())),
        );
        let mut path = route.path.to_owned();
        for (key, value) in words {
            path = path.replace(key, &value);
        }
        let owner = match route.path {
            "/disclose/{draft}" => Some(Role::Inventor),
            "/import/{draft}" => Some(Role::OfficeHead),
            _ => None,
        };
        let mut add = |path: String, step| {
            assert!(!path.contains('{'), "{path} wants an id");
            all.push(Place {
                route,
                path,
                step,
                owner,
            });
        };
        if path.contains("{command}") {
            for step in steps {
                let action = Command::action_on(step, room == "deals");
                add(path.replace("{command}", step), action);
            }
        } else {
            add(path, "");
        }
    }
    (told, all)
}
