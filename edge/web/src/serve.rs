//! From a socket to a handler and back: reads the request, finds the user,
//! asks the authorisation point, runs the handler on a blocking thread, and
//! puts the security headers on every answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodRouter, on};
use dukou_kernel::Lang;
use tokio::sync::OwnedSemaphorePermit;
use tower_http::compression::CompressionLayer;

use crate::api::{once, openapi, tokens};
use crate::app::App;
use crate::audit;
use crate::authorise::authorise;
use crate::caller;
use crate::failure::Failure;
use crate::listen::collect;
use crate::page::{self, Answer};
use crate::request::{Req, Upload, file_name};
use crate::routes::{NOT_FOUND, OTHER_METHOD, ROUTES, Route};
use crate::session::{self, COOKIE, TOAST, VISITOR};

/// Largest body of a form without files.
const FORM_LIMIT: usize = 2 << 20;

/// Most fields of one form.
const FIELDS: usize = 10_000;

/// How long a calculation waits for a place.
const PATIENCE: Duration = Duration::from_secs(10);

/// The router over [`ROUTES`].
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    let mut by_path: BTreeMap<&str, MethodRouter<Arc<App>>> = BTreeMap::new();
    for route in ROUTES {
        let method = if route.post {
            axum::routing::MethodFilter::POST
        } else {
            axum::routing::MethodFilter::GET
        };
        let handler = move |State(app): State<Arc<App>>, request: Request| async move {
            dispatch(app, route, request).await
        };
        let known = by_path.remove(route.path).unwrap_or_default();
        by_path.insert(route.path, known.merge(on(method, handler)));
    }
    for (path, methods) in by_path {
        router = router.route(path, methods);
    }
    router
        .fallback(|State(app): State<Arc<App>>, request: Request| async move {
            dispatch(app, &NOT_FOUND, request).await
        })
        .method_not_allowed_fallback(|State(app): State<Arc<App>>, request: Request| async move {
            dispatch(app, &OTHER_METHOD, request).await
        })
        .with_state(app)
        .layer(CompressionLayer::new())
}

async fn dispatch(app: Arc<App>, route: &'static Route, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let mut req = Req {
        post: parts.method == Method::POST,
        path: parts.uri.path().to_owned(),
        api: route.api || parts.uri.path().starts_with("/api/v1"),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        ..Req::default()
    };
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        let caller = caller::find(*peer, &parts.headers, &app.settings.proxies);
        (req.address, req.direct) = (caller.address, caller.direct);
    }
    if let Ok(params) = params {
        req.params = params
            .iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
    }
    read_headers(&mut req, &parts.headers);
    req.wants_json |= req.api;
    let session = cookie(&parts.headers, COOKIE);
    let new_visitor = req.visitor.is_empty();
    if new_visitor {
        req.visitor = session::token();
    }
    let began = std::time::Instant::now();
    let served = Arc::clone(&app);
    let (method, address) = (parts.method.clone(), req.address.clone());
    let secure = app.settings.secure_cookies;
    let visitor = req.visitor.clone();
    let (api, lang) = (req.api, req.lang);
    let told = !req.post && !req.toast.is_empty() && !route.path.starts_with("/static/");
    let under_way = UnderWay::of(&served);
    let worked = work(app, route, req, session, (&parts.headers, body)).await;
    drop(under_way);
    let mut response = worked.unwrap_or_else(|error| {
        tracing::error!(%error, "a handler stopped");
        plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    });
    if new_visitor {
        set_cookie(&mut response, VISITOR, &visitor, 86_400, secure);
    }
    if told && response.status().is_success() {
        set_cookie(&mut response, TOAST, "", 0, secure);
    }
    if api {
        speak(&mut response, lang);
    }
    protect(&mut response, route);
    let took = began.elapsed();
    let status = response.status().as_u16();
    served.meters.answered(route, status, took);
    if served.settings.access_log {
        access((&method, route), &response, &address, took);
    }
    response
}

/// A request under way, also when its caller goes before the answer.
struct UnderWay(Arc<App>);

impl UnderWay {
    fn of(app: &Arc<App>) -> Self {
        app.under_way.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(app))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads the body and answers. A large body is read only from somebody who may
/// send it: the right is asked for first, and only so many are read at once.
async fn work(
    app: Arc<App>,
    route: &'static Route,
    mut req: Req,
    session: Option<String>,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, tokio::task::JoinError> {
    if route.uploads {
        let asked = Arc::clone(&app);
        let (mut req, found) = tokio::task::spawn_blocking(move || {
            let found = find_user(&asked, route, &mut req, session.as_deref())
                .and_then(|()| allowed(&asked, route, &req));
            (req, found)
        })
        .await?;
        let (most, _place) = if found.is_ok() {
            (app.settings.upload_limit, app.uploads.acquire().await.ok())
        } else {
            (FORM_LIMIT, None)
        };
        let unread = read_body(&app, headers, body, (most, true, route.api), &mut req).await;
        let asked = Arc::clone(&app);
        let known = found.and(unread);
        return tokio::task::spawn_blocking(move || answer(&asked, route, &req, known)).await;
    }
    let how = (FORM_LIMIT, route.post, route.api);
    let mut unread = read_body(&app, headers, body, how, &mut req).await;
    let place = turn(&app, route).await.unwrap_or_else(|failure| {
        unread = Err(failure);
        None
    });
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let found = find_user(&app, route, &mut req, session.as_deref());
        answer(&app, route, &req, found.and(unread))
    })
    .await
}

/// A place among the calculations, for a route that is one. Who waits holds no thread.
async fn turn(app: &App, route: &Route) -> Result<Option<OwnedSemaphorePermit>, Failure> {
    if !route.calculates {
        return Ok(None);
    }
    let place = Arc::clone(&app.calculations).acquire_owned();
    let busy = || Failure::TooFast(PATIENCE.as_secs());
    let place = tokio::time::timeout(PATIENCE, place)
        .await
        .map_err(|_| busy())?;
    place.map(Some).map_err(|_| busy())
}

/// The account that asked, for the line of the log; an answer carries it there.
#[derive(Clone)]
struct Account(String);

/// One line of the process's log. A route stands by its pattern, so neither an
/// id nor a secret is in it.
fn access(
    (method, route): (&Method, &Route),
    response: &Response,
    address: &str,
    took: std::time::Duration,
) {
    let account = response.extensions().get::<Account>();
    tracing::info!(
        target: "dukou::access",
        %method,
        route = if route.path.is_empty() { "none" } else { route.path },
        status = response.status().as_u16(),
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        address,
        account = account.map_or("", |it| it.0.as_str()),
        "request"
    );
}

fn answer(app: &App, route: &'static Route, req: &Req, known: Result<(), Failure>) -> Response {
    let work = || {
        known
            .and_then(|()| guard(app, route, req))
            .and_then(|()| (route.handler)(app, req))
    };
    // A handler that stops is a fault like any other, told in the same way.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Failure::Fault("a handler stopped".to_owned())));
    // A page that sends somebody to sign in refused them all the same.
    let refused = matches!(outcome, Err(Failure::SignIn));
    let answer = outcome.unwrap_or_else(|failure| page::failed(app, req, failure));
    let status = if refused { 401 } else { answer.status.as_u16() };
    audit::note(app, route, req, status);
    let mut response = respond(app, answer);
    if let Some(user) = &req.user {
        let account = Account(user.account.to_string());
        response.extensions_mut().insert(account);
    }
    response
}

/// Who asks; refused without a look when an address or account asks too fast.
fn find_user(
    app: &App,
    route: &Route,
    req: &mut Req,
    session: Option<&str>,
) -> Result<(), Failure> {
    if !req.address.is_empty() && !route.path.starts_with("/static/") {
        app.addresses.call(&req.address)?;
    }
    identify(app, route, req, session)?;
    match &req.user {
        Some(user) => app.accounts.call(&user.person.to_string()),
        None => Ok(()),
    }
}

fn identify(app: &App, route: &Route, req: &mut Req, session: Option<&str>) -> Result<(), Failure> {
    // A token counts on the API alone. A session may read there, never write: its
    // cookie comes along without anybody wanting it.
    if route.api
        && let Some(token) = req.bearer.clone()
    {
        let who = format!("api {}", req.address);
        app.may_guess(&who, app.settings.limits.wrong_tokens)?;
        let known = tokens::user_of(&app.store, &token).inspect_err(|failure| {
            if matches!(failure, Failure::SignIn) {
                app.guessed_wrong(&who);
            }
        });
        req.user = Some(known?);
        return Ok(());
    }
    if route.api && req.post {
        return Ok(());
    }
    let Some(cookie) = session else { return Ok(()) };
    let now = app.store.now_ms();
    let idle = app.settings.idle_minutes;
    req.user = app
        .store
        .read(|db| session::user_of(db, cookie, now, idle))?;
    // The session lives on while it is used; once a minute is often enough.
    if let Some(user) = req
        .user
        .as_ref()
        .filter(|user| (now - user.seen_at).abs() > 60_000)
    {
        let params = [now.into(), user.token_hash.as_str().into()];
        // Who only reads goes on when nothing can be written.
        let noted = app.store.write(move |db| {
            db.exec(
                "UPDATE session SET seen_at = $1 WHERE token_hash = $2",
                &params,
            )
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a session was not noted");
        }
    }
    Ok(())
}

/// Signed in with every factor, and allowed by the table.
fn allowed(app: &App, route: &Route, req: &Req) -> Result<(), Failure> {
    if let Some(user) = &req.user
        && (user.half || user.must_enrol)
        && !route.half_signed_in
    {
        return Err(Failure::SignIn);
    }
    if !route.action.is_empty() {
        let institution = match &req.user {
            Some(user) => Some(crate::data::institution(app, user.institution)?),
            None => None,
        };
        let scope = authorise(institution.as_deref(), req.user.as_ref(), route.action);
        if scope == dukou_chain::people::Scope::None {
            return Err(match &req.user {
                None => Failure::SignIn,
                Some(user) => Failure::lacks(user, route.action),
            });
        }
    }
    if route.api && req.user.is_none() && route.action != "page.public" {
        return Err(Failure::SignIn);
    }
    Ok(())
}

/// No letter NUL in what somebody sent: no engine is asked about one.
fn typed(route: &Route, req: &Req) -> Result<(), Failure> {
    let mut words = req
        .params
        .values()
        .chain(req.query.iter().map(|(_, value)| value))
        .chain(req.fields.iter().map(|(_, value)| value));
    // Calculators keep nothing and answer as they do on the command line.
    let said = route.api && !route.uploads && route.action != "page.public";
    let in_body = said && std::str::from_utf8(&req.body).is_ok_and(dukou_kernel::holds_nul);
    if in_body || words.any(|it| it.contains('\0')) {
        return Err(Failure::BadRequest(dukou_kernel::Finding::refused(
            "text.nul",
            dukou_kernel::text!(
                "内容里有一个看不见的空字符（NUL），多半是从别的程序粘贴来的。删去后再提交。",
                "What was sent holds an invisible NUL letter, pasted from another program most likely. Take it out and send it again."
            ),
        )));
    }
    Ok(())
}

/// A header that counts is read whole or not at all.
fn keyed(req: &Req) -> Result<(), Failure> {
    let key = &req.idempotency_key;
    let printable = key.bytes().all(|it| (b' '..=b'~').contains(&it));
    if let Some(name) = req.odd_headers.first() {
        return Err(Failure::BadRequest(unreadable_header(name)));
    }
    if key.len() > once::LONGEST || !printable {
        return Err(Failure::BadRequest(unreadable_header("Idempotency-Key")));
    }
    Ok(())
}

fn unreadable_header(name: &str) -> dukou_kernel::Finding {
    let most = once::LONGEST;
    dukou_kernel::Finding::refused(
        "header.unreadable",
        dukou_kernel::text!(
            "请求头 {name} 写得不对：只用可见的 ASCII 字符，Idempotency-Key 至多 {most} 个。",
            "The header {name} cannot be read: printable ASCII only, for Idempotency-Key at most {most} characters."
        ),
    )
    .at(name)
}

/// Everything that must hold before a handler runs: allowed, a form that came
/// from our own page, and a question as the description of the API has it.
fn guard(app: &App, route: &Route, req: &Req) -> Result<(), Failure> {
    allowed(app, route, req)?;
    typed(route, req)?;
    if route.api {
        keyed(req)?;
        return openapi::check(route, req);
    }
    if route.post {
        let token = req.field("csrf");
        let expected = req
            .user
            .as_ref()
            .map_or(req.visitor.as_str(), |user| user.csrf.as_str());
        if token.is_empty() || token != expected {
            return Err(Failure::BadRequest(dukou_kernel::Finding::refused(
                "csrf",
                dukou_kernel::text!(
                    "页面已过期，这一步没有执行。返回重新打开页面，再做一次；填写的内容还在上一页。",
                    "This page has expired and nothing was done. Go back, reload and try again; what you typed is on the page before."
                ),
            )));
        }
    }
    Ok(())
}

fn respond(app: &App, answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    if let Ok(value) = HeaderValue::from_str(&answer.media) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(name, value);
        }
    }
    for (name, value, age) in answer.cookies {
        set_cookie(
            &mut response,
            name,
            &value,
            age,
            app.settings.secure_cookies,
        );
    }
    response
}

fn read_headers(req: &mut Req, headers: &HeaderMap) {
    let chosen = cookie(headers, "dukou_lang").and_then(|value| Lang::parse(&value));
    let wished = accepted(headers);
    // A program says what it wants; a reader has chosen on a page.
    req.lang = if req.api {
        wished.or(chosen)
    } else {
        chosen.or(wished)
    }
    .unwrap_or_default();
    req.theme = cookie(headers, "dukou_theme")
        .filter(|value| value == "light" || value == "dark")
        .unwrap_or_default();
    req.toast = cookie(headers, TOAST)
        .map(|value| {
            let pairs = pairs(format!("t={value}").as_bytes());
            pairs
                .into_iter()
                .next()
                .map_or_else(String::new, |(_, text)| text)
        })
        .unwrap_or_default();
    req.visitor = cookie(headers, VISITOR)
        .filter(|value| value.len() == 64)
        .unwrap_or_default();
    let word = |name: &str| {
        let all: Vec<&str> = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        all.join(",")
    };
    req.odd_headers = ["idempotency-key", "if-match", "if-none-match"]
        .into_iter()
        .filter(|name| {
            let all = headers.get_all(*name);
            all.iter().any(|value| value.to_str().is_err())
        })
        .collect();
    req.idempotency_key = word("idempotency-key");
    req.if_match = word("if-match");
    req.if_none_match = word("if-none-match");
    req.bearer = word("authorization")
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    req.wants_json = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("json") && !value.contains("html"));
}

/// The language that is wished most, of those there are; the first of equals.
fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let value = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u32, Lang)> = None;
    for part in value.split(',') {
        let mut words = part.split(';').map(str::trim);
        let Some(lang) = words.next().and_then(Lang::parse) else {
            continue;
        };
        let weight = words
            .find_map(|it| it.strip_prefix("q="))
            .map_or(Some(1000), thousandths);
        let weight = weight.unwrap_or(0);
        if weight > best.map_or(0, |(most, _)| most) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// A weight between 0 and 1 in thousandths.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let part = format!("{part:0<3}");
    let whole: u32 = whole.parse().ok()?;
    let part: u32 = part.get(..3)?.parse().ok()?;
    Some((whole * 1000 + part).min(1000))
}

/// Says in which language an answer of the API is, and that it hangs on the wish.
fn speak(response: &mut Response, lang: Lang) {
    let headers = response.headers_mut();
    let code = HeaderValue::from_static(lang.code());
    headers.insert(header::CONTENT_LANGUAGE, code);
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn set_cookie(response: &mut Response, name: &str, value: &str, age: i64, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

fn unreadable() -> Failure {
    Failure::BadRequest(dukou_kernel::Finding::refused(
        "form.unreadable",
        dukou_kernel::text!("表单内容读不出来。", "The form cannot be read."),
    ))
}

/// Reads the body of a form or of a call. Nothing is read of one that says by
/// itself that it is too large, or that two readers could measure differently.
async fn read_body(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    (most, reads, raw): (usize, bool, bool),
    req: &mut Req,
) -> Result<(), Failure> {
    if !reads {
        return Ok(());
    }
    if headers.contains_key(header::TRANSFER_ENCODING)
        && headers.contains_key(header::CONTENT_LENGTH)
    {
        return Err(unreadable());
    }
    let said = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|it| it > most) {
        return Err(Failure::TooLarge);
    }
    let bytes = collect(body, most, &app.settings.limits).await?;
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if raw {
        kind.clone_into(&mut req.media);
        req.body = bytes;
        return Ok(());
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        if bytes.iter().filter(|it| **it == b'&').count() >= FIELDS {
            return Err(Failure::TooLarge);
        }
        req.fields = pairs(&bytes);
    } else {
        read_parts(kind, bytes, req).await?;
    }
    // No text of people holds it, and not every database can keep it.
    if req.fields.iter().any(|(_, value)| value.contains('\0')) {
        return Err(unreadable());
    }
    Ok(())
}

/// The parts of a form with files.
async fn read_parts(kind: &str, bytes: Bytes, req: &mut Req) -> Result<(), Failure> {
    let boundary = multer::parse_boundary(kind).map_err(|_| unreadable())?;
    let mut parts = multer::Multipart::new(futures_once(bytes), boundary);
    while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
        if req.fields.len() + req.uploads.len() >= FIELDS {
            return Err(Failure::TooLarge);
        }
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(file_name);
        let content = part.bytes().await.map_err(|_| unreadable())?;
        match name {
            Some(name) if !content.is_empty() => {
                req.uploads.push(Upload {
                    field,
                    name,
                    bytes: content.to_vec(),
                });
            }
            Some(_) => {}
            None => req
                .fields
                .push((field, String::from_utf8_lossy(&content).into_owned())),
        }
    }
    Ok(())
}

fn futures_once(
    bytes: Bytes,
) -> impl tokio_stream::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    tokio_stream::once(Ok(bytes))
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

/// Security headers, on every answer.
fn protect(response: &mut Response, route: &Route) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set(
        "permissions-policy",
        "camera=(), microphone=(), geolocation=()",
    );
    if !route.path.starts_with("/static/") {
        set("cache-control", "no-store");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_handler_that_stops_is_a_problem_like_any_other() {
        static STOPS: Route = Route {
            api: true,
            action: "page.public",
            handler: |_, _| panic!("a handler that stops"),
            ..NOT_FOUND
        };
        let folder = std::env::temp_dir().join(format!("dukou-stop-{}", uuid::Uuid::now_v7()));
        let store = dukou_store::Store::open(dukou_store::Config::folder(&folder)).unwrap();
        let app = App::new(store, crate::app::Settings::default());
        let req = Req {
            wants_json: true,
            ..Req::default()
        };
        let response = answer(&app, &STOPS, &req, Ok(()));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let kind = response.headers().get(header::CONTENT_TYPE).unwrap();
        assert_eq!(kind, "application/problem+json");
        drop(app);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
