//! A real browser in front of a served application: what a person does with it.

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

/// A browser over a served application.
pub struct Stage {
    pub fixture: Fixture,
    pub client: Client,
    driver: Child,
    profile: PathBuf,
    base: String,
    pub lang: &'static str,
    /// True for somebody without a mouse.
    pub keyboard: bool,
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
        // axe walks long pages, and machines are shared.
        "timeouts": {"script": 120_000},
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
    /// The status of the page that stands here.
    pub async fn status(&self) -> i64 {
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        let status = self.client.execute(status, vec![]).await.unwrap();
        status.as_i64().unwrap_or_default()
    }

    pub async fn open(lang: &'static str) -> Option<Self> {
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
            keyboard: false,
        })
    }

    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }

    pub async fn go(&self, path: &str) {
        self.client
            .goto(&format!("{}{path}", self.base))
            .await
            .unwrap();
    }

    /// Another person sits down in front of the browser.
    pub async fn be(&self, role: Role) {
        let pairs = [
            ("dukou_session", self.fixture.of(role).token.as_str()),
            ("dukou_lang", self.lang),
        ];
        for (name, value) in pairs {
            self.cookie(name, value).await;
        }
    }

    pub async fn cookie(&self, name: &str, value: &str) {
        let params = json!({"name": name, "value": value, "url": self.base, "path": "/"});
        let done = self.order("Network.setCookie", params).await;
        assert_eq!(done["success"], json!(true), "{done}");
    }

    /// A screen or a sheet of this many CSS pixels.
    pub async fn width(&self, width: u32, height: u32) {
        let params =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.order("Emulation.setDeviceMetricsOverride", params)
            .await;
    }

    /// What WebDriver has no word for, in the browser's own protocol.
    pub async fn order(&self, name: &str, params: serde_json::Value) -> serde_json::Value {
        let order = Own("goog/cdp/execute", json!({"cmd": name, "params": params}));
        self.client.issue_cmd(order).await.unwrap()
    }

    pub async fn here(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().trim_start_matches(&self.base).to_owned()
    }

    pub async fn find(&self, css: &str) -> Element {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element,
            Err(why) => panic!(
                "{css} on {}: {why}\n{}",
                self.here().await,
                self.text().await
            ),
        }
    }

    pub async fn text(&self) -> String {
        self.client
            .find(Locator::Css("body"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap_or_default()
    }

    pub async fn type_in(&self, name: &str, text: &str) {
        self.fill(&format!("main [name=\"{name}\"]"), text).await;
    }

    pub async fn fill(&self, css: &str, text: &str) {
        if self.keyboard {
            self.write_by_keys(css, text).await;
            return;
        }
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub async fn click(&self, css: &str) {
        if self.keyboard {
            self.enter(css).await;
        } else {
            self.find(css).await.click().await.unwrap();
        }
    }

    pub async fn choose(&self, name: &str, value: &str) {
        let list = format!("main select[name=\"{name}\"]");
        if self.keyboard {
            self.choose_by_keys(&list, value).await;
        } else {
            self.click(&format!("{list} option[value=\"{value}\"]"))
                .await;
        }
    }

    pub async fn tick(&self, name: &str, value: &str) {
        let group = format!("main input[name=\"{name}\"]");
        let choice = format!("{group}[value=\"{value}\"]");
        if self.keyboard {
            // Tab leads into a group of choices, and past each box of several.
            let radio = format!("{choice}[type=radio]");
            let alone = self.client.find(Locator::Css(&radio)).await.is_err();
            let way = if alone { &choice } else { &group };
            self.tick_by_keys(way, value).await;
        } else {
            self.click(&choice).await;
        }
    }

    pub async fn attach(&self, name: &str) {
        let path = self.fixture.folder.join("会议纪要.pdf");
        std::fs::write(&path, PDF).unwrap();
        let css = format!("main input[type=file][name=\"{name}\"]");
        if self.keyboard {
            // What follows is the system's own window.
            self.reach(&css).await;
        }
        let field = self.find(&css).await;
        field.send_keys(path.to_str().unwrap()).await.unwrap();
    }

    /// Presses the form's button and waits for the page that follows.
    pub async fn press(&self, label: &str) {
        let css = "main form .form-foot button.primary";
        let button = self.find(css).await;
        assert_eq!(button.text().await.unwrap(), label);
        self.follow(css).await;
    }

    /// Clicks and waits for the page that follows: what is looked for next is not
    /// found on the one that is about to go.
    pub async fn follow(&self, css: &str) {
        self.client
            .execute("window.before = true", vec![])
            .await
            .unwrap();
        self.click(css).await;
        self.until("return document.readyState === 'complete' && !window.before")
            .await;
    }

    /// A click on the case's page that opens a step, in the head or under 更多.
    pub async fn step(&self, command: &str) {
        let anchor = format!("a#{}", command.replace('.', "-"));
        match self.client.find(Locator::Css(&anchor)).await {
            Ok(_) => self.follow(&anchor).await,
            Err(_) => {
                self.click("main .page-head details.menu summary").await;
                let css = format!("main .menu-box a[href$=\"/do/{command}\"]");
                self.follow(&css).await;
            }
        }
        self.until(&format!(
            "return location.pathname.endsWith('/do/{command}')"
        ))
        .await;
    }

    /// Presses, and expects the case's page with the rail at this stop.
    pub async fn press_to(&self, label: &str, stop: &str) {
        self.press(label).await;
        let here = self.here().await;
        let arrived = here.starts_with("/cases/") && !here.contains("/do/");
        assert!(arrived, "{label} stays on {here}\n{}", self.text().await);
        assert_eq!(self.rail().await, stop, "after {label}");
    }

    pub async fn rail(&self) -> String {
        // Wide screens show the stops themselves and hide this line.
        let line = self.find(".rail-head b").await;
        line.prop("textContent").await.unwrap().unwrap_or_default()
    }

    /// Waits until a script says true.
    pub async fn until(&self, script: &str) {
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

    /// What the browser complained about.
    pub async fn complaints(&self) -> Vec<String> {
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

    pub fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.lang == "zh" { zh } else { en }
    }
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
