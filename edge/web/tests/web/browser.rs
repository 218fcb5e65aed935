//! A real browser goes the whole road by clicking and typing.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio};
use std::time::Duration;

use dukou_chain::people::Role;
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use uuid::Uuid;

use crate::fixture::{Fixture, PDF};
use crate::story;

/// A browser over a served application.
struct Stage {
    fixture: Fixture,
    client: Client,
    driver: Child,
    profile: PathBuf,
    base: String,
    lang: &'static str,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The driver leads a group of its own: the browsers end with it.
        let group = format!("-{}", self.driver.id());
        let _ = Program::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn start_driver(port: u16) -> Option<Child> {
    let started = Program::new("chromedriver")
        .arg(format!("--port={port}"))
        .arg("--log-level=SEVERE")
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(driver) => Some(driver),
        Err(why) => {
            let required = std::env::var("DUKOU_REQUIRE_BROWSER").is_ok_and(|it| it == "1");
            assert!(!required, "chromedriver does not start: {why}");
            eprintln!("skipped: chromedriver does not start: {why}");
            None
        }
    }
}

async fn connect(port: u16, profile: &Path) -> Client {
    let args: Vec<String> = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--window-size=1280,1000",
    ]
    .iter()
    .map(|it| (*it).to_owned())
    .chain([format!("--user-data-dir={}", profile.display())])
    .collect();
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"args": args},
        "goog:loggingPrefs": {"browser": "ALL"},
    });
    let capabilities = capabilities.as_object().unwrap().clone();
    let url = format!("http://127.0.0.1:{port}");
    let mut why = String::new();
    for _ in 0..100 {
        let mut builder =
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        match builder
            .capabilities(capabilities.clone())
            .connect(&url)
            .await
        {
            Ok(client) => return client,
            Err(error) => why = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no browser: {why}");
}

impl Stage {
    async fn open(lang: &'static str) -> Option<Self> {
        let port = free_port();
        let driver = start_driver(port)?;
        let profile = std::env::temp_dir().join(format!("dukou-chrome-{}", Uuid::now_v7()));
        let client = connect(port, &profile).await;
        let fixture = Fixture::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = std::sync::Arc::clone(&fixture.app);
        tokio::spawn(dukou_web::serve(app, listener, std::future::pending()));
        Some(Self {
            fixture,
            client,
            driver,
            profile,
            base,
            lang,
        })
    }

    async fn close(self) {
        let _ = self.client.clone().close().await;
    }

    async fn go(&self, path: &str) {
        self.client
            .goto(&format!("{}{path}", self.base))
            .await
            .unwrap();
    }

    /// Another person sits down in front of the browser.
    async fn be(&self, role: Role) {
        let pairs = [
            ("dukou_session", self.fixture.of(role).token.as_str()),
            ("dukou_lang", self.lang),
        ];
        for (name, value) in pairs {
            self.cookie(name, value).await;
        }
    }

    async fn cookie(&self, name: &str, value: &str) {
        let params = json!({"name": name, "value": value, "url": self.base, "path": "/"});
        let order = json!({"cmd": "Network.setCookie", "params": params});
        let done = self
            .client
            .issue_cmd(Own("goog/cdp/execute", order))
            .await
            .unwrap();
        assert_eq!(done["success"], json!(true), "{done}");
    }

    async fn here(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().trim_start_matches(&self.base).to_owned()
    }

    async fn find(&self, css: &str) -> Element {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element,
            Err(why) => panic!(
                "{css} on {}: {why}\n{}",
                self.here().await,
                self.text().await
            ),
        }
    }

    async fn text(&self) -> String {
        self.client
            .find(Locator::Css("body"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap_or_default()
    }

    async fn type_in(&self, name: &str, text: &str) {
        let field = self.find(&format!("main [name=\"{name}\"]")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn choose(&self, name: &str, value: &str) {
        let css = format!("main select[name=\"{name}\"] option[value=\"{value}\"]");
        let option = self.find(&css).await;
        option.click().await.unwrap();
    }

    async fn tick(&self, name: &str, value: &str) {
        self.find(&format!("main input[name=\"{name}\"][value=\"{value}\"]"))
            .await
            .click()
            .await
            .unwrap();
    }

    async fn attach(&self, name: &str) {
        let path = self.fixture.folder.join("会议纪要.pdf");
        std::fs::write(&path, PDF).unwrap();
        let field = self
            .find(&format!("main input[type=file][name=\"{name}\"]"))
            .await;
        field.send_keys(path.to_str().unwrap()).await.unwrap();
    }

    /// Presses the form's button and waits for the page that follows.
    async fn press(&self, label: &str) {
        let button = self.find("main form .form-foot button.primary").await;
        assert_eq!(button.text().await.unwrap(), label);
        self.client
            .execute("window.before = true", vec![])
            .await
            .unwrap();
        button.click().await.unwrap();
        self.until("return document.readyState === 'complete' && !window.before")
            .await;
    }

    /// A click on the case's page that opens a step, in the head or under 更多.
    async fn step(&self, command: &str) {
        let anchor = format!("a#{}", command.replace('.', "-"));
        match self.client.find(Locator::Css(&anchor)).await {
            Ok(link) => link.click().await.unwrap(),
            Err(_) => {
                self.find("main .page-head details.menu summary")
                    .await
                    .click()
                    .await
                    .unwrap();
                let css = format!("main .menu-box a[href$=\"/do/{command}\"]");
                self.find(&css).await.click().await.unwrap();
            }
        }
        let here = self.here().await;
        assert!(
            here.ends_with(&format!("/do/{command}")),
            "{command} leads to {here}"
        );
    }

    /// Presses, and expects the case's page with the rail at this stop.
    async fn press_to(&self, label: &str, stop: &str) {
        self.press(label).await;
        let here = self.here().await;
        let arrived = here.starts_with("/cases/") && !here.contains("/do/");
        assert!(arrived, "{label} stays on {here}\n{}", self.text().await);
        assert_eq!(self.rail().await, stop, "after {label}");
    }

    async fn rail(&self) -> String {
        // Wide screens show the stops themselves and hide this line.
        let line = self.find(".rail-head b").await;
        line.prop("textContent").await.unwrap().unwrap_or_default()
    }
}

impl Stage {
    fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.lang == "zh" { zh } else { en }
    }

    /// A person sits down and opens the case.
    async fn take(&self, role: Role, case: &str, command: &str) {
        self.be(role).await;
        self.go(case).await;
        self.step(command).await;
    }

    /// Answers the secrecy question and the three steps; the case's path.
    async fn disclose(&self) -> String {
        self.be(Role::Inventor).await;
        self.go("/").await;
        self.find("nav.nav a[href=\"/disclose\"], main a[href=\"/disclose\"]")
            .await
            .click()
            .await
            .unwrap();
        self.tick("secrecy", "no").await;
        self.press(self.t("开始", "Begin")).await;
        let title = self.t(
            "高通量纳滤膜及其制备方法",
            "A high-flux nanofiltration membrane",
        );
        self.type_in("details.title", title).await;
        self.type_in(
            "nearest.text",
            self.t(
                "现有聚酰胺纳滤膜，CN101001A",
                "Polyamide membrane, CN101001A",
            ),
        )
        .await;
        let novelty = self.t(
            "通量提高一倍，成本降低三成。",
            "Twice the flux at seven tenths of the cost.",
        );
        self.type_in("details.novelty", novelty).await;
        self.type_in(
            "details.contributors.role",
            self.t("提出技术路线", "The idea and the route"),
        )
        .await;
        self.type_in("details.contributors.share", "100").await;
        self.choose("details.contributors.main", "yes").await;
        self.press(self.t("下一步：来源与公开情况", "Next: origin and publication"))
            .await;
        assert!(
            self.here().await.ends_with("step=2"),
            "{}",
            self.text().await
        );
        self.choose("details.kind", "invention").await;
        self.choose("details.unit", &self.fixture.unit.to_string())
            .await;
        self.tick("details.funding", "national").await;
        self.choose("details.disclosed", "no").await;
        self.attach("evidence").await;
        self.press(self.t("下一步：核对并提交", "Next: check and submit"))
            .await;
        assert!(
            self.here().await.ends_with("step=3"),
            "{}",
            self.text().await
        );
        assert!(self.text().await.contains(title));
        self.press_to(
            self.t("提交披露", "Submit the disclosure"),
            self.t("披露", "Disclosure"),
        )
        .await;
        self.here().await
    }

    /// From the office's desk to an open deal.
    async fn prepare(&self, case: &str) {
        self.take(Role::Manager, case, "disclosure.accept").await;
        self.choose(
            "manager",
            &self.fixture.of(Role::Manager).person.to_string(),
        )
        .await;
        self.press_to(
            self.t("受理披露", "Accept the disclosure"),
            self.t("评估", "Assessment"),
        )
        .await;
        self.step("assessment.conclude").await;
        self.choose("conclusion", "file").await;
        self.type_in("evaluator", self.t("技术转移中心", "Transfer office"))
            .await;
        self.type_in("readiness", "6").await;
        self.type_in(
            "summary",
            self.t("区别清楚，有受让方。", "A clear difference, and takers."),
        )
        .await;
        self.press_to(
            self.t("出具评估结论", "Conclude the assessment"),
            self.t("确权", "Rights"),
        )
        .await;
        self.step("protection.record_right").await;
        self.choose("kind", "invention").await;
        self.type_in("number", "CN202610001234A").await;
        self.type_in("owners", self.t("云泽大学", "Yunze University"))
            .await;
        self.press_to(
            self.t("登记权利", "Record a right"),
            self.t("评价", "Valuation"),
        )
        .await;
        self.step("matching.open").await;
        self.choose("mode", "transfer").await;
        self.type_in(
            "party.name",
            self.t("江州新材料有限公司", "Jiangzhou Materials Ltd"),
        )
        .await;
        self.choose("party.kind", "private").await;
        self.choose("party.size", "medium").await;
        self.press_to(
            self.t("立项对接", "Open a deal"),
            self.t("谈判", "Negotiation"),
        )
        .await;
    }

    /// Terms, decision, publicity and contract.
    async fn conclude(&self, case: &str) {
        self.take(Role::Manager, case, "deal.agree_terms").await;
        self.choose("terms.mode", "transfer").await;
        self.type_in("terms.price", "3000000").await;
        self.choose("terms.pricing", "agreement").await;
        self.press_to(
            self.t("记录双方确认的条款", "Record agreed terms"),
            self.t("定价决策", "Pricing"),
        )
        .await;
        self.take(Role::Inventor, case, "deal.declare_interest")
            .await;
        self.choose(
            "on_behalf",
            &self.fixture.of(Role::Inventor).person.to_string(),
        )
        .await;
        self.tick("related", "no").await;
        self.press_to(
            self.t("申报关联关系", "Declare interests"),
            self.t("定价决策", "Pricing"),
        )
        .await;
        self.take(Role::Approver, case, "deal.decide").await;
        self.type_in(
            "meeting",
            self.t("校长办公会2026年第21次", "President's meeting 21 of 2026"),
        )
        .await;
        self.tick("approved", "yes").await;
        self.choose("appraisal", "waived").await;
        self.attach("minutes").await;
        self.press_to(
            self.t("登记集体决策", "Record the collective decision"),
            self.t("公示", "Publicity"),
        )
        .await;
        self.take(Role::Manager, case, "publicity.post").await;
        self.press_to(
            self.t("发布公示", "Post the notice"),
            self.t("公示", "Publicity"),
        )
        .await;
        assert!(
            self.client
                .find(Locator::Css("a#publicity-close"))
                .await
                .is_err(),
            "closes too early"
        );
        self.fixture.wait_days(20);
        self.take(Role::Manager, case, "publicity.close").await;
        self.press_to(
            self.t("结束公示", "Close the notice"),
            self.t("合同", "Contract"),
        )
        .await;
        self.step("agreement.sign").await;
        self.type_in("contract_no", "HT2026-101").await;
        self.attach("paper").await;
        self.press_to(
            self.t("签订合同", "Sign the contract"),
            self.t("到账", "Receipt"),
        )
        .await;
    }

    /// Money in, split, published, paid.
    async fn pay(&self, case: &str) {
        let distribution = self.t("分配", "Distribution");
        let payment = self.t("兑现", "Payment");
        self.take(Role::Finance, case, "income.receive").await;
        self.type_in("amount", "3,000,000.00").await;
        let capitals = self.find("#f-amount-capitals").await.text().await.unwrap();
        assert_eq!(capitals, "叁佰万元整");
        self.press_to(self.t("登记到账", "Enter a receipt"), distribution)
            .await;
        self.take(Role::Manager, case, "distribution.propose").await;
        self.press_to(self.t("拟定分配", "Propose the distribution"), distribution)
            .await;
        self.take(Role::Approver, case, "distribution.approve")
            .await;
        self.press_to(self.t("批准分配", "Approve the distribution"), payment)
            .await;
        self.take(Role::Manager, case, "distribution.post_reward")
            .await;
        self.press_to(self.t("发布奖励公示", "Publish the rewards"), payment)
            .await;
        self.fixture.wait_days(40);
        self.take(Role::Manager, case, "distribution.close_reward")
            .await;
        self.press_to(self.t("结束奖励公示", "Close the reward notice"), payment)
            .await;
        self.take(Role::Finance, case, "distribution.pay").await;
        self.choose(
            "person",
            &self.fixture.of(Role::Inventor).person.to_string(),
        )
        .await;
        self.type_in("amount", &self.owed().to_string()).await;
        self.type_in("voucher", "付-00301").await;
        self.press_to(payment_verb(self.lang), self.t("已兑现", "Paid"))
            .await;
    }

    /// Seventy percent of the price, as the example rules give to people.
    fn owed(&self) -> i64 {
        2_100_000
    }

    /// What the browser complained about.
    async fn complaints(&self) -> Vec<String> {
        let order = Own("se/log", json!({"type": "browser"}));
        let log = self.client.issue_cmd(order).await.unwrap();
        log.as_array()
            .map(|list| {
                list.iter()
                    .filter(|it| it["level"] == "SEVERE")
                    .map(|it| it["message"].to_string())
                    .collect()
            })
            .unwrap_or_default()
    }
}

fn payment_verb(lang: &str) -> &'static str {
    if lang == "zh" { "兑现" } else { "Pay" }
}

/// A command of the driver's own: its address and what is sent.
#[derive(Debug)]
struct Own(&'static str, serde_json::Value);

impl fantoccini::wd::WebDriverCompatibleCommand for Own {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _url: &url::Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(self.1.to_string()))
    }
}

async fn whole_road(lang: &'static str) {
    let Some(stage) = Stage::open(lang).await else {
        return;
    };
    let case = stage.disclose().await;
    stage.prepare(&case).await;
    stage.conclude(&case).await;
    stage.pay(&case).await;
    assert_eq!(stage.complaints().await, Vec::<String>::new());
    let report = stage.fixture.store().verify(&mut |_, _| {}).unwrap();
    assert!(report.ok(), "{:?}", report.findings);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_case_goes_the_whole_road_in_chinese() {
    whole_road("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_case_goes_the_whole_road_in_english() {
    whole_road("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn narrow_screens_scroll_only_down() {
    let Some(stage) = Stage::open("zh").await else {
        return;
    };
    let told = story::tell(&stage.fixture);
    stage.client.set_window_size(390, 844).await.unwrap();
    let case = format!("/cases/{}", told.case);
    let step = format!("/deals/{}/do/distribution.pay", told.deal);
    let terms = format!("/deals/{}/do/deal.agree_terms", told.deal);
    let split = format!("/deals/{}/split/{}", told.deal, told.receipt);
    let notice = format!("/notices/{}", told.notice);
    let mut wide = Vec::new();
    for (role, paths) in [
        (
            Role::Inventor,
            vec!["/", "/mine", "/disclose", "/me", &case],
        ),
        (
            Role::Manager,
            vec![
                "/",
                "/cases",
                "/deals",
                "/money",
                &case,
                &terms,
                &split,
                "/import",
                "/people",
                "/people/roster",
            ],
        ),
        (Role::Finance, vec!["/money", &step, &split]),
        (
            Role::OfficeHead,
            vec![
                "/",
                "/rules",
                "/journal",
                "/journal/verify",
                "/settings",
                "/settings/permissions",
            ],
        ),
        (Role::SystemAdmin, vec!["/", "/settings", "/people/new"]),
        (Role::Public, vec!["/notices", &notice, "/tools"]),
    ] {
        stage.be(role).await;
        for path in paths {
            for lang in ["zh", "en"] {
                stage.cookie("dukou_lang", lang).await;
                stage.go(path).await;
                let script = "return [document.documentElement.scrollWidth, innerWidth]";
                let sizes = stage.client.execute(script, vec![]).await.unwrap();
                let (content, window) = (sizes[0].as_i64().unwrap(), sizes[1].as_i64().unwrap());
                if content > window {
                    wide.push(format!(
                        "{path} as {} in {lang}: {content} > {window}",
                        role.code()
                    ));
                }
            }
        }
    }
    wide.extend(stage.complaints().await);
    stage.close().await;
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_writes_and_loses_nothing() {
    let Some(stage) = Stage::open("zh").await else {
        return;
    };
    let fixture = &stage.fixture;
    let person = fixture.of(Role::Inventor).person;
    let account = ("wen", "Ferry-over-the-1-river");
    dukou_web::accounts::open(fixture.store(), fixture.institution, person, account, false)
        .unwrap();
    stage.cookie("dukou_lang", "zh").await;
    stage.go("/disclose").await;
    assert_eq!(stage.here().await, "/sign-in?next=%2Fdisclose");
    for password in ["not-the-password", account.1] {
        stage.find("input[name=login]").await.clear().await.unwrap();
        stage
            .find("input[name=login]")
            .await
            .send_keys(account.0)
            .await
            .unwrap();
        stage
            .find("input[name=password]")
            .await
            .send_keys(password)
            .await
            .unwrap();
        stage
            .find("form[action^=\"/sign-in\"] button.primary")
            .await
            .click()
            .await
            .unwrap();
    }
    stage
        .until("return location.pathname === '/disclose'")
        .await;
    stage.tick("secrecy", "no").await;
    stage.press("开始").await;
    // What is typed is kept without pressing anything.
    stage.type_in("details.title", "没写完的一项成果").await;
    let saved = "const it = document.querySelector('[data-save-state]'); \
                 return it.className === 'saved' && it.textContent.length > 4";
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.until(saved).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    stage.until(saved).await;
    stage.client.refresh().await.unwrap();
    let title = stage
        .find("[name=\"details.title\"]")
        .await
        .prop("value")
        .await
        .unwrap();
    assert_eq!(title.as_deref(), Some("没写完的一项成果"));
    // A secret leaves nothing behind.
    let before = fixture.entries();
    stage.go("/disclose").await;
    stage.tick("secrecy", "yes").await;
    stage.press("开始").await;
    assert!(stage.text().await.contains("没有保存任何内容"));
    assert_eq!(fixture.entries(), before);
    stage.close().await;
}

impl Stage {
    /// Waits until a script says true.
    async fn until(&self, script: &str) {
        for _ in 0..200 {
            if self
                .client
                .execute(script, vec![])
                .await
                .is_ok_and(|it| it == json!(true))
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "never: {script} on {}\n{}",
            self.here().await,
            self.text().await
        );
    }
}
