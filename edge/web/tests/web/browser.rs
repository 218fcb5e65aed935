//! A real browser goes the whole road by clicking and typing.

use std::time::Duration;

use dukou_chain::people::Role;
use fantoccini::Locator;
use serde_json::json;

mod every_page;
mod faces;
mod keys;
mod prints;
mod stage;

use stage::Stage;

impl Stage {
    /// A person sits down and opens the case.
    async fn take(&self, role: Role, case: &str, command: &str) {
        self.be(role).await;
        self.go(case).await;
        self.step(command).await;
    }

    /// The form of disclosure stands at this of its three pages.
    async fn at(&self, page: u8) {
        assert!(
            self.here().await.ends_with(&format!("step={page}")),
            "{}",
            self.text().await
        );
    }

    /// Answers the secrecy question and the three steps; the case's path.
    async fn disclose(&self) -> String {
        self.be(Role::Inventor).await;
        self.go("/").await;
        self.click("nav.nav a[href=\"/disclose\"], main a[href=\"/disclose\"]")
            .await;
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
        self.at(2).await;
        self.choose("details.kind", "invention").await;
        self.choose("details.unit", &self.fixture.unit.to_string())
            .await;
        self.tick("details.funding", "national").await;
        self.choose("details.disclosed", "no").await;
        self.attach("evidence").await;
        self.press(self.t("下一步：核对并提交", "Next: check and submit"))
            .await;
        self.at(3).await;
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
        self.step("valuation.note").await;
        self.choose("method", "market").await;
        self.type_in("low", "2,000,000").await;
        self.type_in("high", "3,500,000").await;
        self.type_in(
            "basis",
            self.t("三项同类许可的价格。", "Three like licences."),
        )
        .await;
        self.press_to(
            self.t("记录价值评价", "Note a valuation"),
            self.t("对接", "Matching"),
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
        self.step("agreement.register").await;
        self.type_in("register_no", "2026110000001").await;
        self.type_in("technology_amount", "3,000,000").await;
        self.press_to(
            self.t("登记合同认定", "Register the contract"),
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
}

fn payment_verb(lang: &str) -> &'static str {
    if lang == "zh" { "兑现" } else { "Pay" }
}

async fn whole_road(lang: &'static str, keyboard: bool) {
    let Some(mut stage) = Stage::open(lang).await else {
        return;
    };
    stage.keyboard = keyboard;
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
    whole_road("zh", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_case_goes_the_whole_road_in_english_without_a_mouse() {
    whole_road("en", true).await;
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
        stage.fill("input[name=login]", account.0).await;
        stage.fill("input[name=password]", password).await;
        stage
            .follow("form[action^=\"/sign-in\"] button.primary")
            .await;
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

/// Whoever goes on before the ferry has arrived skips its passage: that is no
/// fault, and the console tells of none. Of any other it does.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_in_a_hurry_sees_no_fault() {
    let Some(stage) = Stage::open("zh").await else {
        return;
    };
    stage.be(Role::Manager).await;
    // The driver waits until a page is whole; somebody in a hurry does not.
    let hurry = json!({"source": "
        addEventListener('pageshow', () => {
          const left = Number(sessionStorage.hurry || 0);
          if (left < 1) return;
          sessionStorage.hurry = left - 1;
          const on = () => { location.href = '/cases'; };
          const back = () => history.back();
          setTimeout(location.pathname === '/cases' ? back : on, left % 6 * 10);
        });"});
    stage
        .order("Page.addScriptToEvaluateOnNewDocument", hurry)
        .await;
    stage.go("/deals").await;
    let start = "sessionStorage.hurry = 30; location.href = '/cases'";
    stage.client.execute(start, vec![]).await.unwrap();
    stage
        .until("return sessionStorage.hurry === '0' && document.readyState === 'complete'")
        .await;
    stage.go("/cases").await;
    let skip = "const passage = document.startViewTransition(() => {}); \
                passage.ready.then(() => {}); passage.skipTransition(); \
                return passage.finished";
    stage.client.execute(skip, vec![]).await.unwrap();
    assert_eq!(stage.complaints().await, Vec::<String>::new());
    let fault = "setTimeout(() => { Promise.reject(new DOMException('else', 'AbortError')); \
                 window.faulty = true; })";
    stage.client.execute(fault, vec![]).await.unwrap();
    stage.until("return window.faulty").await;
    let told = stage.complaints().await;
    assert!(told.len() == 1 && told[0].contains("else"), "{told:?}");
    stage.close().await;
}
