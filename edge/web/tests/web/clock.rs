//! The machine's clock stood ahead and was set back: nobody is shut out until it has
//! come there again, and nobody stays signed in until then.

use dukou_chain::people::Role;
use dukou_web::accounts;
use totp_rs::{Builder, Secret};

use crate::fixture::{Fixture, Reply, Someone};

const SECRET: &str = "Ferry-over-the-1-river";
const YEAR_MS: i64 = 365 * 86_400_000;

/// The one-time code that the phone shows at the server's time.
pub fn code(fixture: &Fixture) -> String {
    let sql = "SELECT totp_secret FROM account WHERE login = 'shen'";
    let row = fixture.store().read(|db| db.row(sql, &[])).unwrap();
    let secret = Secret::try_from_base32(row.unwrap().text(0)).unwrap();
    let codes = Builder::new().with_secret(secret).build().unwrap();
    let seconds = u64::try_from(fixture.store().now_ms() / 1000).unwrap();
    codes.generate(seconds).to_string()
}

async fn password(fixture: &Fixture, secret: &str) -> Reply {
    let form = [("login", "shen"), ("password", secret), ("next", "/me")];
    fixture.post(None, "/sign-in", &form).await
}

/// Signs in with password and code.
async fn sign_in(fixture: &Fixture) -> Someone {
    let mut someone = fixture.of(Role::Auditor).clone();
    let with = |reply: &Reply| {
        let cookies = reply.cookies();
        let mut found = cookies
            .iter()
            .filter_map(|it| it.strip_prefix("dukou_session="));
        let value = found.next().unwrap_or_else(|| panic!("{}", reply.body));
        value.split(';').next().unwrap().to_owned()
    };
    someone.token = with(&password(fixture, SECRET).await);
    let page = fixture.get(Some(&someone), "/sign-in/code").await;
    someone.csrf = page.hidden("csrf");
    let form = [("code", code(fixture)), ("next", "/me".to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let reply = fixture.post(Some(&someone), "/sign-in/code", &form).await;
    someone.token = with(&reply);
    someone
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_shuts_nobody_out() {
    let fixture = Fixture::new();
    let person = fixture.of(Role::Auditor).person;
    let account = ("shen", SECRET);
    accounts::open(fixture.store(), fixture.institution, person, account, true).unwrap();
    let now = fixture.store().now_ms();
    fixture.store().clock().set(now + YEAR_MS);
    let ahead = sign_in(&fixture).await;
    assert_eq!(fixture.get(Some(&ahead), "/me").await.code(), 200);
    for _ in 0..5 {
        assert_eq!(password(&fixture, "wrong").await.code(), 422);
    }
    assert_eq!(password(&fixture, SECRET).await.code(), 422, "locked");

    fixture.store().clock().set(now);
    assert_ne!(
        fixture.get(Some(&ahead), "/me").await.code(),
        200,
        "signed in for a year"
    );
    let back = sign_in(&fixture).await;
    assert_eq!(fixture.get(Some(&back), "/me").await.code(), 200);
    // A code still counts once, and a lock of now still holds.
    let again = [("code", code(&fixture)), ("next", "/me".to_owned())];
    let again = again
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut half = fixture.of(Role::Auditor).clone();
    let reply = password(&fixture, SECRET).await;
    let cookie = reply.cookies().join(";");
    let (_, token) = cookie.split_once("dukou_session=").unwrap();
    half.token = token.split(';').next().unwrap().to_owned();
    half.csrf = fixture
        .get(Some(&half), "/sign-in/code")
        .await
        .hidden("csrf");
    let reply = fixture.post(Some(&half), "/sign-in/code", &again).await;
    assert_eq!(reply.code(), 422);
    for _ in 0..5 {
        password(&fixture, "wrong").await;
    }
    assert_eq!(password(&fixture, SECRET).await.code(), 422, "locked");
}
