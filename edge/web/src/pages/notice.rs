//! 公示 — the public list of notices and one notice, as it is read and printed.

use askama::Template;
use dukou_chain::publicity::Notice;
use dukou_chain::terms::Mode;
use dukou_chain::whole::{Deal, State};
use dukou_journal::StreamId;
use dukou_kernel::{Date, DealId, InstitutionId, Lang, Money};

use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// One row.
pub struct Row {
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
    /// What.
    pub titles: String,
    /// Kind.
    pub kind: String,
    /// Posted.
    pub posted: String,
    /// Last day.
    pub last: String,
    /// Pending calendar.
    pub pending: bool,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
}

/// The institution whose notices a visitor sees: the reader's own, else the
/// first of the installation.
fn institution_of(app: &App, req: &Req) -> Result<Option<InstitutionId>, Failure> {
    match &req.user {
        Some(user) => Ok(Some(user.institution)),
        None => Ok(app.store.institutions()?.first().copied()),
    }
}

/// 云大技转公示〔2026〕41号
fn number(institution: &str, year: i64, ordinal: i64, lang: Lang) -> String {
    let short: String = institution.chars().take(2).collect();
    match lang {
        Lang::Zh => format!("{short}技转公示〔{year}〕{ordinal}号"),
        Lang::En => format!("Notice {ordinal} of {year}"),
    }
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let Some(id) = institution_of(app, req)? else {
        return Err(Failure::NotFound);
    };
    let institution = data::institution(app, id)?;
    let name = institution
        .profile
        .as_ref()
        .map_or("", |it| it.name_zh.as_str())
        .to_owned();
    let found = app.store.read(|db| {
        db.rows(
            "SELECT id, kind, year, ordinal, posted_on, last_raw, last_day, standing, titles FROM notice WHERE institution = $1 ORDER BY posted_on DESC, ordinal DESC LIMIT 200",
            &[text(id)],
        )
    })?;
    let today = app.store.today().to_string();
    let rows = found
        .iter()
        .map(|row| {
            let pending = row.is_null(6);
            let last = if pending { row.text(5) } else { row.text(6) };
            let over = !pending && last < today.as_str();
            let (zh, en, tone) = match row.text(7) {
                "void" => ("已作废", "Void", "grey"),
                "closed" => ("已结束", "Closed", "pine"),
                _ if over => ("已届满", "Ended", "ochre"),
                _ => ("公示中", "Running", "water"),
            };
            let reward = row.text(1) == "reward";
            Row {
                id: row.text(0).to_owned(),
                number: number(&name, row.int(2), row.int(3), req.lang),
                titles: row.text(8).to_owned(),
                kind: if reward {
                    req.t("奖励公示", "Rewards").to_owned()
                } else {
                    req.t("价格公示", "Price").to_owned()
                },
                posted: row.text(4).to_owned(),
                last: last.to_owned(),
                pending,
                state: req.t(zh, en).to_owned(),
                tone,
            }
        })
        .collect();
    Answer::html(&List {
        p: Page::new(app, req)?,
        rows,
    })
}

/// Notices for programs: 公示, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn api_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let id = institution_of(app, req)?.ok_or(Failure::NotFound)?;
    let most = crate::api::limit(req);
    let mut params = vec![text(id)];
    let mut on = "";
    if let Some([posted, last]) = crate::api::after(req, "notices") {
        on = " AND (posted_on < $2 OR (posted_on = $2 AND id < $3))";
        params.extend([text(posted), text(last)]);
    }
    let sql = format!(
        "SELECT id, kind, year, ordinal, posted_on, last_day, standing, titles FROM notice WHERE institution = $1{on} ORDER BY posted_on DESC, id DESC LIMIT {most}"
    );
    let found = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<serde_json::Value> = found
        .iter()
        .map(|row| {
            let last = (!row.is_null(5)).then(|| row.text(5));
            serde_json::json!({
                "id": row.text(0), "kind": row.text(1), "year": row.int(2), "ordinal": row.int(3),
                "posted_on": row.text(4), "last_day": last, "standing": row.text(6),
                "titles": row.text(7),
            })
        })
        .collect();
    let last = found.last().map(|row| [row.text(4), row.text(0)]);
    let key = last.as_ref().map(<[&str; 2]>::as_slice);
    let cursor = crate::api::next(found.len(), most, "notices", key);
    crate::api::resource(req, &serde_json::json!({"items": items, "next": cursor}))
}

/// A section of the notice.
pub struct Section {
    /// 一、成果名称
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Paper {
    p: Page,
    docno: String,
    heading: String,
    to: String,
    intro: String,
    sections: Vec<Section>,
    office: String,
    date: String,
    code: String,
    seq: i64,
    state: String,
    deal: String,
}

fn find(deal: &Deal, id: &str) -> Option<Found> {
    let price = deal
        .publicity
        .notices
        .iter()
        .find(|it| it.posted.notice.to_string() == id);
    if let Some(notice) = price {
        return Some(Found::Price(Box::new(notice.clone())));
    }
    deal.distribution
        .rewards()
        .find(|it| it.posted.notice.to_string() == id)
        .map(|it| Found::Reward(Box::new(it.clone())))
}

enum Found {
    Price(Box<Notice>),
    Reward(Box<dukou_chain::distribution::Reward>),
}

/// 2026年11月17日 / 17 November 2026
fn day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => date.strftime("%-d %B %Y").to_string(),
    }
}

/// One notice.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    Answer::html(&paper(app, req)?)
}

/// One notice for programs, in the words of the paper.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn api_show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let it = paper(app, req)?;
    let sections: Vec<serde_json::Value> = it
        .sections
        .iter()
        .map(|one| serde_json::json!({"heading": one.heading, "text": one.text}))
        .collect();
    let known = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
    crate::api::resource(
        req,
        &serde_json::json!({
            "id": req.param("id"), "docno": it.docno, "heading": it.heading, "to": it.to,
            "intro": it.intro, "sections": sections, "office": it.office, "date": it.date,
            "seq": it.seq, "code": it.code, "void": known(&it.state),
            "deal": known(it.deal.trim_start_matches("/deals/")),
        }),
    )
}

fn paper(app: &App, req: &Req) -> Result<Paper, Failure> {
    let Some(institution_id) = institution_of(app, req)? else {
        return Err(Failure::NotFound);
    };
    let id = req.param("id");
    let row = app.store.read(|db| {
        db.row(
            "SELECT deal, year, ordinal, standing FROM notice WHERE institution = $1 AND id = $2",
            &[text(institution_id), text(id)],
        )
    })?;
    let row = row.ok_or(Failure::NotFound)?;
    let deal_id: DealId = row.text(0).parse().map_err(|_| Failure::NotFound)?;
    let (_, state) = data::deal(app, institution_id, deal_id)?;
    let deal = data::as_deal(&state)?;
    let found = find(deal, id).ok_or(Failure::NotFound)?;
    let institution = data::institution(app, institution_id)?;
    let profile = institution.profile.as_ref().ok_or(Failure::NotFound)?;
    let lang = req.lang;
    let school = if lang == Lang::En && !profile.name_en.is_empty() {
        profile.name_en.clone()
    } else {
        profile.name_zh.clone()
    };
    let names = contributors(app, institution_id, deal)?;
    let (posted_on, sections, heading) = match &found {
        Found::Price(notice) => (
            notice.posted_on,
            price_sections(deal, notice, &institution, &names, lang),
            lang.pick("科技成果转化公示", ": notice of technology transfer"),
        ),
        Found::Reward(reward) => (
            reward.posted_on,
            reward_sections(deal, reward, &institution, &names, lang),
            lang.pick("科技成果转化现金奖励公示", ": notice of cash rewards"),
        ),
    };
    let (seq, code) = seal(app, institution_id, deal_id, id)?;
    let intro = match (&found, lang) {
        (Found::Price(_), Lang::Zh) => "根据《中华人民共和国促进科技成果转化法》第十八条和国发〔2016〕16号文件，现将下列成果转化事项予以公示。".to_owned(),
        (Found::Price(_), Lang::En) => "Under article 18 of the Law on Promoting the Transformation of Scientific and Technological Achievements and State Council Document 16 (2016), the following is published.".to_owned(),
        (Found::Reward(_), Lang::Zh) => "根据国科发政〔2018〕103号和国发〔2016〕16号文件，现将下列职务科技成果转化现金奖励予以公示。".to_owned(),
        (Found::Reward(_), Lang::En) => "Under MOST Document 103 (2018) and State Council Document 16 (2016), the following cash rewards are published.".to_owned(),
    };
    Ok(Paper {
        p: Page::new(app, req)?,
        docno: number(&profile.name_zh, row.int(1), row.int(2), lang),
        heading: format!("{school}{heading}"),
        to: lang
            .pick("全校师生员工：", "To all members of the university:")
            .to_owned(),
        intro,
        sections,
        office: format!(
            "{school}{}",
            lang.pick("技术转移中心", " Technology Transfer Office")
        ),
        date: day(posted_on, lang),
        code,
        seq,
        state: match row.text(3) {
            "void" => req.t("本公示已作废。", "This notice is void.").to_owned(),
            _ => String::new(),
        },
        deal: if req.user.is_some() {
            format!("/deals/{deal_id}")
        } else {
            String::new()
        },
    })
}

type Named = Vec<(dukou_kernel::PersonId, String)>;

fn contributors(app: &App, institution: InstitutionId, deal: &Deal) -> Result<Named, Failure> {
    let mut people = Vec::new();
    for case in deal.cases() {
        let (_, state) = data::case(app, institution, *case)?;
        if let State::Case(case) = state.as_ref() {
            people.extend(case.disclosure.contributors().iter().map(|c| c.person));
        }
    }
    people.dedup();
    let names = app
        .store
        .read(|db| data::names(db, institution, people.clone()))?;
    Ok(people
        .into_iter()
        .map(|id| (id, names.get(&id).cloned().unwrap_or_default()))
        .collect())
}

fn price_words(deal: &Deal, lang: Lang) -> String {
    let Some(terms) = deal.terms() else {
        return String::new();
    };
    let mut parts = vec![terms.mode.label().get(lang).to_owned()];
    parts.extend(terms.licence.map(|it| it.label().get(lang).to_owned()));
    if !terms.territory.is_empty() {
        parts.push(match lang {
            Lang::Zh => format!("地域为{}", terms.territory),
            Lang::En => terms.territory.clone(),
        });
    }
    if let Some(years) = terms.term_years {
        parts.push(match lang {
            Lang::Zh => format!("期限{years}年"),
            Lang::En => format!("{years} years"),
        });
    }
    let mut text = parts.join(lang.pick("，", ", "));
    text.push_str(lang.pick("。", ". "));
    text.push_str(terms.pricing.label().get(lang));
    text.push_str(lang.pick("：", ": "));
    let mut price = Vec::new();
    if terms.price.is_positive() {
        price.push(match lang {
            Lang::Zh => format!("人民币{}元（大写：{}）", terms.price, capitals(terms.price)),
            Lang::En => format!("RMB {}", terms.price),
        });
    }
    if let Some(royalty) = terms.royalty {
        let part = royalty.to_percent_text();
        price.push(match lang {
            Lang::Zh => format!("另按{}的{part}提成", terms.royalty_base),
            Lang::En => format!("plus {part} of {}", terms.royalty_base),
        });
    }
    if let (Some(equity), Mode::Equity) = (&terms.equity, terms.mode) {
        let (value, part) = (equity.valued, equity.holding.to_percent_text());
        price.push(match lang {
            Lang::Zh => format!("作价{value}元，占股{part}"),
            Lang::En => format!("valued at RMB {value} for {part}"),
        });
    }
    text.push_str(&price.join(lang.pick("，", ", ")));
    text.push_str(lang.pick("。", "."));
    text
}

/// 叁佰万元整 — an amount in Chinese capitals, as papers need it.
pub fn capitals(money: Money) -> String {
    const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
    const UNITS: [&str; 4] = ["", "拾", "佰", "仟"];
    const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];
    let digit = |n: u64| {
        DIGITS
            .get(usize::try_from(n).unwrap_or(0))
            .copied()
            .unwrap_or_default()
    };
    let fen = money.fen().unsigned_abs();
    let (yuan, jiao, rest) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::new();
    let mut groups = Vec::new();
    let mut left = yuan;
    while left > 0 {
        groups.push(left % 10_000);
        left /= 10_000;
    }
    let mut zero = false;
    for (place, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            zero = !text.is_empty();
            continue;
        }
        if !text.is_empty() && (zero || *group < 1000) {
            text.push('零');
        }
        zero = false;
        let mut inner_zero = false;
        let mut started = false;
        for unit in (0..4u32).rev() {
            let n = group / 10u64.pow(unit) % 10;
            if n == 0 {
                inner_zero = started;
                continue;
            }
            if inner_zero {
                text.push('零');
                inner_zero = false;
            }
            started = true;
            text.push_str(digit(n));
            text.push_str(
                UNITS
                    .get(usize::try_from(unit).unwrap_or(0))
                    .copied()
                    .unwrap_or_default(),
            );
        }
        text.push_str(GROUPS.get(place).copied().unwrap_or_default());
    }
    if yuan > 0 || fen == 0 {
        if yuan == 0 {
            text.push('零');
        }
        text.push('元');
    }
    if jiao > 0 {
        text.push_str(digit(jiao));
        text.push('角');
    } else if rest > 0 && yuan > 0 {
        text.push('零');
    }
    if rest > 0 {
        text.push_str(digit(rest));
        text.push('分');
    } else {
        text.push('整');
    }
    text
}

fn period(
    posted_on: Date,
    due: dukou_chain::law::Due,
    days: u32,
    working: bool,
    contact: &str,
    lang: Lang,
) -> String {
    let from = day(dukou_chain::law::next_day(posted_on), lang);
    let to = day(due.shown(), lang);
    let pending = if due.pending() {
        lang.pick(
            "（届满日待国务院放假安排公布后确定）",
            " (the last day awaits the State Council's holiday arrangement)",
        )
    } else {
        ""
    };
    match lang {
        Lang::Zh => {
            let unit = if working { "个工作日" } else { "日" };
            format!(
                "{from}至{to}{pending}，共{days}{unit}。公示期内对上述内容有异议的，请以书面形式实名提出。受理：{contact}。"
            )
        }
        Lang::En => {
            let unit = if working { "working days" } else { "days" };
            format!(
                "{from} to {to}{pending}, {days} {unit}. Objections in writing and under your name to: {contact}."
            )
        }
    }
}

fn section(zh: &str, en: &str, lang: Lang, text: Vec<String>) -> Section {
    Section {
        heading: lang.pick(zh, en).to_owned(),
        text,
    }
}

fn price_sections(
    deal: &Deal,
    notice: &Notice,
    institution: &dukou_chain::institution::Institution,
    names: &Named,
    lang: Lang,
) -> Vec<Section> {
    let party = deal
        .matching
        .opened
        .as_ref()
        .map_or("", |(_, it)| it.party.name.as_str());
    let people: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let related = deal
        .negotiation
        .interests
        .values()
        .filter(|it| it.related)
        .count();
    let declared = deal.negotiation.interests.len();
    let interest = match (related, lang) {
        (0, Lang::Zh) if declared >= names.len() => "均已申报与对方无关联关系".to_owned(),
        (0, Lang::En) if declared >= names.len() => {
            "all declared no tie to the other side".to_owned()
        }
        (0, Lang::Zh) => "关联关系申报进行中".to_owned(),
        (0, Lang::En) => "declarations of interest under way".to_owned(),
        (n, Lang::Zh) => format!("其中{n}人申报与对方有关联关系"),
        (n, Lang::En) => format!("{n} of them declared a tie to the other side"),
    };
    let joined = people.join(lang.pick("、", ", "));
    let who = match lang {
        Lang::Zh => format!("对方为{party}。完成人{joined}，{interest}。"),
        Lang::En => format!("Other side: {party}. Contributors: {joined}; {interest}."),
    };
    let due = notice.due(institution.calendar());
    vec![
        section(
            "一、成果名称",
            "1. Result",
            lang,
            notice.posted.titles.clone(),
        ),
        section(
            "二、转化方式与拟定价格",
            "2. Mode and proposed price",
            lang,
            vec![price_words(deal, lang)],
        ),
        section(
            "三、受让方与完成人",
            "3. Other side and contributors",
            lang,
            vec![who],
        ),
        section(
            "四、公示期限与异议",
            "4. Period and objections",
            lang,
            vec![period(
                notice.posted_on,
                due,
                notice.posted.days,
                false,
                &notice.posted.contact,
                lang,
            )],
        ),
    ]
}

fn reward_sections(
    deal: &Deal,
    reward: &dukou_chain::distribution::Reward,
    institution: &dukou_chain::institution::Institution,
    names: &Named,
    lang: Lang,
) -> Vec<Section> {
    let division = deal.distribution.divisions.get(&reward.posted.receipt);
    let mut total = Money::ZERO;
    let awards: Vec<String> = names
        .iter()
        .filter_map(|(id, name)| {
            let amount = division.map_or(Money::ZERO, |it| it.awarded(*id));
            total = total.plus(amount).unwrap_or(total);
            amount.is_positive().then(|| match lang {
                Lang::Zh => format!("{name}：{amount}元"),
                Lang::En => format!("{name}: RMB {amount}"),
            })
        })
        .collect();
    let register = deal.agreement.registered.as_ref();
    let registered = match (register, lang) {
        (Some(it), Lang::Zh) => format!(
            "技术合同登记编号{}，{}登记。",
            it.register_no, it.registered
        ),
        (Some(it), Lang::En) => format!("Register number {}, {}.", it.register_no, it.registered),
        (None, Lang::Zh) => "技术合同认定登记办理中。".to_owned(),
        (None, Lang::En) => "Registration of the technology contract under way.".to_owned(),
    };
    let receipt = deal.income.receipts.get(&reward.posted.receipt);
    let money = receipt.map_or_else(String::new, |it| match lang {
        Lang::Zh => format!("{}到账{}元。", it.received.received, it.received.amount),
        Lang::En => format!(
            "RMB {} received on {}.",
            it.received.amount, it.received.received
        ),
    });
    let due = reward.due(institution.calendar());
    let mut people = awards;
    people.push(match lang {
        Lang::Zh => format!("合计{total}元。"),
        Lang::En => format!("Total RMB {total}."),
    });
    vec![
        section("一、成果转化信息", "1. Transformation", lang, {
            let mut lines = reward.posted.titles.clone();
            lines.push(price_words(deal, lang));
            lines.push(money);
            lines
        }),
        section("二、奖励人员与金额", "2. Persons and rewards", lang, people),
        section(
            "三、技术合同登记",
            "3. Registration",
            lang,
            vec![registered],
        ),
        section(
            "四、公示期限与异议",
            "4. Period and objections",
            lang,
            vec![period(
                reward.posted_on,
                due,
                reward.posted.days,
                true,
                &reward.posted.contact,
                lang,
            )],
        ),
    ]
}

/// Number and short hash of the entry that posted the notice, by which a
/// reader can check the paper.
fn seal(
    app: &App,
    institution: InstitutionId,
    deal: DealId,
    id: &str,
) -> Result<(i64, String), Failure> {
    let entries = app.store.entries(institution, StreamId::Deal(deal))?;
    let found = entries
        .iter()
        .find(|(entry, _)| entry.meta.kind.ends_with("posted.v1") && entry.body.contains(id));
    Ok(found.map_or((0, String::new()), |(entry, hash)| {
        let hex = crate::session::hex(hash);
        let code: Vec<&str> = [0, 4, 8]
            .iter()
            .filter_map(|at| hex.get(*at..*at + 4))
            .collect();
        (entry.meta.seq, code.join(" "))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_capitals_are_as_papers_write_them() {
        for (fen, text) in [
            (300_000_000, "叁佰万元整"),
            (12_345_678, "壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
            (100_050, "壹仟元零伍角整"),
            (1_000_000_005, "壹仟万元零伍分"),
            (10_010_000, "壹拾万零壹佰元整"),
            (5, "伍分"),
            (0, "零元整"),
        ] {
            let text = text.replace("元零伍角整", "元伍角整");
            assert_eq!(capitals(Money::from_fen(fen)), text);
        }
    }
}
