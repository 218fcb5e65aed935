//! Forms: their tokens, versions and keys, and what a hostile hand may try.

use axum::body::Body;
use axum::http::{Request, header};
use dukou_chain::people::{Role, Scope, permission::delivered};
use dukou_chain::whole::Command;
use dukou_chain::{disclosure, institution};
use dukou_kernel::CaseId;
use dukou_web::routes::ROUTES;
use dukou_web::{CASE_STEPS, DEAL_STEPS};

use crate::fixture::{Fixture, VISITOR};
use crate::story::{self, HOSTILE};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_token_does_nothing() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let before = fixture.entries();
    let path = format!("/cases/{case}/do/closing.note");
    let other = fixture.of(Role::OfficeHead).csrf.clone();
    for token in ["", "wrong", VISITOR, &other] {
        let form = [("csrf", token), ("text", "一笔"), ("_key", "k1")];
        let reply = fixture.send(Some(manager), "zh", &path, Some(&form)).await;
        assert_eq!(reply.code(), 400, "{token}");
    }
    let reply = fixture
        .send(Some(manager), "zh", &path, Some(&[("text", "一笔")]))
        .await;
    assert_eq!(reply.code(), 400);
    for route in ROUTES
        .iter()
        .filter(|it| it.post && !it.api && it.action.is_empty())
    {
        let path = route.path.replace("{token}", "nothing");
        let reply = fixture
            .send(None, "zh", &path, Some(&[("lang", "en")]))
            .await;
        assert_eq!(reply.code(), 400, "{path}");
    }
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_once_and_an_old_version_is_told() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let path = format!("/cases/{case}/do/closing.note");
    let page = fixture.get(Some(manager), &path).await;
    let (key, version) = (page.hidden("_key"), page.hidden("_version"));
    let before = fixture.entries();
    let form = [
        ("text", "电话联系。"),
        ("_key", key.as_str()),
        ("_version", version.as_str()),
    ];
    for _ in 0..2 {
        let reply = fixture.post(Some(manager), &path, &form).await;
        assert_eq!(
            (reply.code(), reply.location()),
            (303, format!("/cases/{case}").as_str())
        );
    }
    assert_eq!(fixture.entries(), before + 1, "the same key twice");
    let reused = [
        ("text", "另一件事。"),
        ("_key", key.as_str()),
        ("_version", version.as_str()),
    ];
    let reply = fixture.post(Some(manager), &path, &reused).await;
    assert!(matches!(reply.code(), 400 | 409), "{}", reply.code());
    let stale = [
        ("text", "晚了一步。"),
        ("_key", "another"),
        ("_version", version.as_str()),
    ];
    let reply = fixture.post(Some(manager), &path, &stale).await;
    assert_eq!(reply.code(), 409);
    assert_eq!(fixture.entries(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_case_is_not_there() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let neighbour = fixture.neighbour();
    let before = fixture.entries();
    let path = format!("/cases/{case}/do/closing.note");
    for role in [Role::Manager, Role::OfficeHead, Role::Finance] {
        let reply = fixture
            .post(Some(&neighbour[&role]), &path, &[("text", "越界")])
            .await;
        assert_eq!(reply.code(), 404, "{role:?}");
    }
    assert_eq!(fixture.entries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_form_comes_back_with_what_was_typed() {
    let fixture = Fixture::new();
    let case = story::disclosed(&fixture, "膜");
    let manager = fixture.of(Role::Manager);
    let path = format!("/cases/{case}/do/protection.record_cost");
    let form = [
        ("amount", "三百"),
        ("voucher", "记-1<b>"),
        ("kind", "filing"),
        ("paid_by", "university"),
    ];
    let reply = fixture.post(Some(manager), &path, &form).await;
    assert_eq!(reply.code(), 422);
    assert!(reply.body.contains("value=\"三百\""), "typed text is gone");
    assert!(reply.body.contains("error-summary"));
    assert!(!reply.body.contains("记-1<b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_another_site() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "/a\r\nSet-Cookie: x=1",
        "/\t/evil.example",
    ] {
        for who in [None, Some(manager)] {
            let reply = fixture
                .post(who, "/preferences", &[("lang", "en"), ("next", next)])
                .await;
            assert_eq!((reply.code(), reply.location()), (303, "/"), "{next}");
        }
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let reply = fixture
            .get(Some(manager), &format!("/sign-in?next={query}"))
            .await;
        assert_eq!((reply.code(), reply.location()), (303, "/"), "{next}");
        let reply = fixture.get(None, &format!("/sign-in?next={query}")).await;
        // The page names itself for the way back; no form or link leads out.
        for lead in ["=\"//evil", "=\"https://evil", "=\"/\\evil", "=\"\\\\evil"] {
            assert!(!reply.body.contains(lead), "{next}");
        }
    }
    let reply = fixture
        .post(
            None,
            "/preferences",
            &[("lang", "en"), ("next", "/tools?a=1")],
        )
        .await;
    assert_eq!(reply.location(), "/tools?a=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_script_is_only_text() {
    let fixture = Fixture::new();
    let told = story::tell(&fixture);
    let manager = fixture.of(Role::Manager);
    for path in [
        format!("/cases/{}", told.case),
        format!(
            "/cases?q={}",
            form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>()
        ),
        "/cases".to_owned(),
        "/".to_owned(),
        format!("/notices/{}", told.notice),
    ] {
        let reply = fixture.get(Some(manager), &path).await;
        assert_eq!(reply.code(), 200, "{path}");
        assert!(!reply.body.contains("<script>alert"), "{path}");
        if path != "/" {
            assert!(
                reply.body.contains("alert(1)"),
                "{path} does not show the title"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_protected() {
    let fixture = Fixture::new();
    let manager = fixture.of(Role::Manager);
    for route in ROUTES.iter().filter(|it| !it.post) {
        let path = route
            .path
            .replace("{name}", "dukou.css")
            .replace(['{', '}'], "");
        for who in [None, Some(manager)] {
            let reply = fixture.get(who, &path).await;
            let csp = reply.headers["content-security-policy"].to_str().unwrap();
            assert!(
                csp.contains("default-src 'none'") && !csp.contains("unsafe"),
                "{path}"
            );
            assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(reply.headers["x-frame-options"], "DENY", "{path}");
            assert!(reply.headers.contains_key("cache-control"), "{path}");
            for inline in ["style=\"", "onclick=", "<style", "javascript:"] {
                assert!(!reply.body.contains(inline), "{path} has {inline}");
            }
        }
    }
    let fresh = Request::builder()
        .uri("/sign-in")
        .body(Body::empty())
        .unwrap();
    let reply = fixture.raw(fresh).await;
    assert!(!reply.cookies().is_empty());
    for cookie in reply.cookies() {
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
    }
    let wrong = Request::builder()
        .uri("/sign-in")
        .method("POST")
        .header(header::CONTENT_TYPE, "text/nonsense")
        .body(Body::from("x"))
        .unwrap();
    let reply = fixture.raw(wrong).await;
    assert_eq!(reply.code(), 400);
    assert!(reply.headers.contains_key("content-security-policy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_guarded_cookie_and_signing_out_ends_it() {
    let fixture = Fixture::new();
    let person = fixture.of(Role::Auditor).person;
    dukou_web::accounts::open(
        fixture.store(),
        fixture.institution,
        person,
        ("shen", "Ferry-over-the-1-river"),
        false,
    )
    .unwrap();
    let form = [("login", "shen"), ("password", "wrong"), ("next", "/cases")];
    let reply = fixture.post(None, "/sign-in", &form).await;
    assert_eq!(reply.code(), 422);
    assert!(
        !reply
            .cookies()
            .iter()
            .any(|it| it.starts_with("dukou_session="))
    );
    let form = [
        ("login", "shen"),
        ("password", "Ferry-over-the-1-river"),
        ("next", "//evil.example"),
    ];
    let reply = fixture.post(None, "/sign-in", &form).await;
    assert_eq!((reply.code(), reply.location()), (303, "/"));
    let cookies = reply.cookies();
    let cookie = cookies
        .iter()
        .find(|it| it.starts_with("dukou_session="))
        .unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let token = cookie
        .trim_start_matches("dukou_session=")
        .split(';')
        .next()
        .unwrap();
    let mut someone = fixture.of(Role::Auditor).clone();
    someone.token = token.to_owned();
    let home = fixture.get(Some(&someone), "/").await;
    assert_eq!(home.code(), 200);
    someone.csrf = home.hidden("csrf");
    assert_eq!(
        fixture.post(Some(&someone), "/sign-out", &[]).await.code(),
        303
    );
    let after = fixture.get(Some(&someone), "/").await;
    assert!(after.location().starts_with("/sign-in"), "{}", after.code());
}

fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// What a hurried person types into a page's form: the required fields only.
fn hurried(body: &str, file: &str, today: &str) -> Vec<(String, String)> {
    typed(body, file, today, ("文字1", false))
}

/// What is typed into a page's form: these words into each text, the first of
/// each choice, into the optional fields only when they are wanted.
pub fn typed(
    body: &str,
    file: &str,
    today: &str,
    (words, optional): (&str, bool),
) -> Vec<(String, String)> {
    let form = body
        .split_once("<div class=\"form-body\">")
        .map_or("", |(_, rest)| rest);
    let form = form
        .split("<div class=\"form-foot\">")
        .next()
        .unwrap_or_default();
    let chunks = form.replace("<fieldset class=\"field", "<div class=\"field");
    let mut typed = Vec::new();
    for chunk in chunks
        .split("<div class=\"field")
        .skip(1)
        .filter(|it| optional || !it.contains("（选填）"))
    {
        let mut row = chunk;
        if chunk.contains("rows-box") {
            // Of rows, the first line.
            row = chunk.split("</div>").next().unwrap_or_default();
        }
        let mut chosen = false;
        for tag in row.split('<') {
            let name = attribute(tag, "name").unwrap_or_default().to_owned();
            if tag.starts_with("select") {
                let list = row
                    .split_once(&format!("name=\"{name}\""))
                    .map_or("", |(_, rest)| rest);
                let list = list.split("</select>").next().unwrap_or_default();
                let values = list
                    .split("<option")
                    .filter_map(|it| attribute(it, "value"));
                let value = values
                    .filter(|it| !it.is_empty())
                    .last()
                    .unwrap_or_default();
                typed.push((name, value.to_owned()));
            } else if tag.starts_with("textarea") {
                typed.push((name, words.to_owned()));
            } else if tag.starts_with("input") {
                let kind = attribute(tag, "type").unwrap_or_default();
                let (name, value) = match kind {
                    "radio" | "checkbox" if chosen => continue,
                    "radio" | "checkbox" => (name, attribute(tag, "value").unwrap_or_default()),
                    "file" => (format!("_kept_{name}"), file),
                    "date" => (name, today),
                    _ if name.ends_with(".share") => (name, "100"),
                    _ if tag.contains("decimal") => (name, "1"),
                    _ => (name, words),
                };
                chosen = true;
                typed.push((name, value.to_owned()));
            }
        }
    }
    typed
}

/// A form with nothing but its required fields is taken or refused with
/// reasons; it is never unreadable.
#[tokio::test(flavor = "multi_thread")]
async fn required_fields_are_enough_to_be_understood() {
    let mut found = Vec::new();
    let (mut taken, mut refused) = (0, Vec::new());
    let steps = CASE_STEPS
        .iter()
        .map(|it| (false, *it))
        .chain(DEAL_STEPS.iter().map(|it| (true, *it)));
    for (on_deal, command) in steps {
        let fixture = Fixture::new();
        let told = story::tell(&fixture);
        let hash = story::paper(&fixture).file;
        let path = if on_deal {
            format!("/deals/{}/do/{command}", told.deal)
        } else {
            format!("/cases/{}/do/{command}", told.case)
        };
        let action = Command::action_on(command, on_deal);
        let role = *Role::ALL
            .iter()
            .rfind(|it| delivered(**it, action) != Scope::None)
            .unwrap();
        let who = fixture.of(role);
        let page = fixture.get(Some(who), &path).await;
        let today = fixture.store().today().to_string();
        let mut typed = hurried(&page.body, &format!("{}|纸件.pdf", hash.as_str()), &today);
        for name in ["_key", "_version"] {
            typed.push((name.to_owned(), page.hidden(name)));
        }
        let fields: Vec<(&str, &str)> = typed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let reply = fixture.post(Some(who), &path, &fields).await;
        match reply.code() {
            303 => taken += 1,
            422 => {
                let summary = reply
                    .body
                    .split_once("error-summary")
                    .map_or("", |(_, it)| it);
                let summary = summary.split("</ul>").next().unwrap_or_default();
                // What depends on another answer is asked for by the rules.
                if summary.contains("<li>") {
                    refused.push(command);
                } else {
                    found.push(format!("{command}: refused without a reason {typed:?}"));
                }
            }
            code => found.push(format!("{command}: {code} {typed:?}")),
        }
        let after = fixture.store().verify(&mut |_, _| {}).unwrap();
        assert!(after.ok(), "{command}: {:?}", after.findings);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(taken >= 20, "{taken} were taken; refused: {refused:?}");
}

/// A deal may cover several cases, each of them one that its opener may deal with.
#[tokio::test(flavor = "multi_thread")]
async fn a_deal_takes_along_only_cases_within_the_scope() {
    let fixture = Fixture::new();
    let (case, _) = story::opened(&fixture, "膜");
    let (second, _) = story::opened(&fixture, "催化剂");
    let manager = fixture.of(Role::Manager);
    let narrow = institution::Command::SetPermission {
        role: Role::Manager,
        action: "matching.open".to_owned(),
        scope: Scope::Own,
        reason: "各办各的".to_owned(),
    };
    fixture.act(Role::SecurityAdmin, Command::Institution(narrow));
    let hand_over = disclosure::Command::Assign {
        manager: fixture.of(Role::OfficeHead).person,
    };
    fixture.act(Role::OfficeHead, Command::Disclosure(second, hand_over));

    let path = format!("/cases/{case}/do/matching.open");
    let form = [
        ("mode", "licence"),
        ("party.name", "江东膜业有限公司"),
        ("party.kind", "private"),
        ("party.size", "small"),
        ("note", "展会上认识。"),
        ("_key", "k1"),
    ];
    let page = fixture.get(Some(manager), &path).await;
    assert!(
        !page.body.contains(&second.to_string()),
        "offers what is not theirs"
    );
    let before = fixture.entries();
    let with = |id: String| {
        let mut all: Vec<(&str, String)> =
            form.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        all.push(("cases", id));
        all
    };
    for outside in [second, CaseId(uuid::Uuid::now_v7())] {
        let fields = with(outside.to_string());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let reply = fixture.post(Some(manager), &path, &fields).await;
        assert_eq!(reply.code(), 422, "{}", reply.body);
        assert!(reply.body.contains("你无权办理"), "{}", reply.body);
    }
    assert_eq!(fixture.entries(), before);

    let back = disclosure::Command::Assign {
        manager: manager.person,
    };
    fixture.act(Role::OfficeHead, Command::Disclosure(second, back));
    let page = fixture.get(Some(manager), &path).await;
    assert!(
        page.body.contains(&second.to_string()),
        "does not offer the second case"
    );
    let fields = with(second.to_string());
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    // The same case twice is one case.
    let again = case.to_string();
    fields.push(("cases", &again));
    let reply = fixture.post(Some(manager), &path, &fields).await;
    assert_eq!(reply.code(), 303, "{}", reply.body);
    for (id, other) in [(case, second), (second, case)] {
        let page = fixture.get(Some(manager), &format!("/cases/{id}")).await;
        assert!(
            page.body.contains(&format!("<a href=\"/cases/{other}\">")),
            "{id}"
        );
        assert!(page.body.contains("同一项目的其他成果"), "{id}");
    }
}

/// A view keeps the filters of each list under a name, for its owner alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_kept_as_a_view_and_forgotten() {
    let fixture = Fixture::new();
    story::tell(&fixture);
    let head = fixture.of(Role::OfficeHead);
    for (list, path, query) in [
        ("work", "/", "whose=all&basis=law"),
        ("cases", "/cases", "stop=matching"),
        ("deals", "/deals", "sort=price"),
        ("money", "/money", "standing=paid&sort=amount"),
        ("people", "/people", "sort=unit&role=manager"),
    ] {
        let name = format!("视图 {list} <i>");
        let save = [("list", list), ("name", name.as_str()), ("query", query)];
        let reply = fixture.post(Some(head), "/views", &save).await;
        assert_eq!(
            (reply.code(), reply.location()),
            (303, format!("{path}?{query}").as_str())
        );
        let link = format!("{path}?{}", query.replace('&', "&#38;"));
        let page = fixture.get(Some(head), path).await;
        assert_eq!(page.code(), 200, "{path}");
        assert!(page.body.contains(&link), "{path} does not offer {link}");
        assert!(!page.body.contains("<i>"), "{path}");
        let other = fixture.get(Some(fixture.of(Role::Auditor)), path).await;
        assert!(!other.body.contains(&link), "{path} is another's view");
        let shown = fixture.get(Some(head), &format!("{path}?{query}")).await;
        assert_eq!(shown.code(), 200, "{path}");
        assert!(shown.body.contains("name=\"forget\""), "{path}");
        let forget = [save[0], save[1], ("query", ""), ("forget", "yes")];
        assert_eq!(
            fixture.post(Some(head), "/views", &forget).await.code(),
            303
        );
        let page = fixture.get(Some(head), path).await;
        assert!(!page.body.contains(&link), "{path} still offers it");
    }
    let wrong = [("list", "journal"), ("name", "x"), ("query", "")];
    assert_eq!(fixture.post(Some(head), "/views", &wrong).await.code(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_disclosure_is_completed_and_submitted_again() {
    let fixture = Fixture::new();
    let case = story::returned(&fixture, "一种膜");
    let inventor = fixture.of(Role::Inventor);
    let page = fixture.get(Some(inventor), &format!("/cases/{case}")).await;
    let path = format!("/disclose/{case}");
    assert!(
        page.body.contains(&format!("href=\"{path}\"")),
        "{}",
        page.body
    );
    // Nobody else finds it, and nothing is kept by looking.
    let finance = fixture.of(Role::Finance);
    assert_eq!(fixture.get(Some(finance), &path).await.code(), 403);
    let neighbour = fixture.neighbour();
    let stranger = &neighbour[&Role::Inventor];
    assert_eq!(fixture.get(Some(stranger), &path).await.code(), 404);
    let form = fixture.get(Some(inventor), &path).await;
    assert!(form.body.contains("value=\"一种膜\""), "{}", form.body);
    let person = inventor.person.to_string();
    let first = [
        ("details.title", "一种更好的膜"),
        ("nearest.kind", "paper"),
        ("nearest.text", "doi:10.1000/1"),
        (
            "details.novelty",
            "通量高一倍，成本低三成。补充了实验记录。",
        ),
        ("details.contributors.person", person.as_str()),
        ("details.contributors.role", "提出技术路线"),
        ("details.contributors.share", "100%"),
        ("details.contributors.main", "yes"),
        ("go", "next"),
    ];
    let reply = fixture
        .post(Some(inventor), &format!("{path}?step=1"), &first)
        .await;
    assert_eq!(reply.code(), 303, "{}", reply.body);
    let before = fixture.entries();
    for _ in 0..2 {
        let reply = fixture
            .post(Some(inventor), &format!("{path}?step=3"), &[("go", "next")])
            .await;
        assert!(matches!(reply.code(), 303 | 404), "{}", reply.body);
    }
    assert_eq!(fixture.entries(), before + 1, "submitted again, once");
    let page = fixture.get(Some(inventor), &format!("/cases/{case}")).await;
    assert!(page.body.contains("一种更好的膜"));
    assert!(!page.body.contains(&format!("href=\"{path}\"")));
    assert_eq!(fixture.get(Some(inventor), &path).await.code(), 404);
}
