//! 公示页 — the page that stands in the open, made from a notice's facts and the names
//! at the time. The same facts and names give the same bytes; nothing in it asks for
//! anything outside of it, so that it reads and prints the same for ever.

use std::collections::BTreeMap;

use askama::Template;
use dukou_kernel::{Date, FileHash, Lang, PersonId, Text};
use sha2::{Digest, Sha256};

use super::capitals::capitals;
use super::content::{Facts, Offered, School, Taker, Until};
use crate::law::next_day;
use crate::terms::{Attachment, Mode};

/// A file that is put away with the entry that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its hash and name, as the entry holds them.
    pub file: Attachment,
    /// Its bytes.
    pub html: String,
}

/// Names of persons; an empty one was erased.
pub type Names = BTreeMap<PersonId, String>;

/// The name to print, or that it was erased.
pub(crate) fn name_of(names: &Names, person: PersonId, lang: Lang) -> String {
    match names.get(&person) {
        Some(name) if !name.is_empty() => name.clone(),
        _ => lang
            .pick("〔个人信息已删除〕", "[personal data erased]")
            .to_owned(),
    }
}

/// A section of the notice, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// 一、成果名称
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
}

pub(crate) fn section(heading: &str, text: Vec<String>) -> Section {
    let heading = heading.to_owned();
    Section { heading, text }
}

/// The notice in one language, in the order it is read.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "notice_article.html")]
pub struct Article {
    /// `zh-CN` or `en`.
    pub code: &'static str,
    /// 云大技转公示〔2026〕41号
    pub docno: String,
    /// What it is.
    pub heading: String,
    /// To whom.
    pub to: String,
    /// On what footing.
    pub intro: String,
    /// What is published.
    pub sections: Vec<Section>,
    /// Who posts.
    pub office: String,
    /// When.
    pub date: String,
}

/// The notice in both languages, the Chinese one first.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "notice_page.html")]
pub struct Sheet {
    /// In Chinese.
    pub zh: Article,
    /// In English.
    pub en: Article,
}

impl Sheet {
    /// The article in a language.
    pub fn article(&self, lang: Lang) -> &Article {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// The page with the name its file has, to be named by an entry.
    pub fn paper(&self) -> Paper {
        let html = self.to_string();
        let name = format!("{}.html", self.zh.docno);
        let file = hash_of(html.as_bytes());
        Paper {
            file: Attachment { file, name },
            html,
        }
    }
}

fn hash_of(bytes: &[u8]) -> FileHash {
    FileHash::of_digest(Sha256::digest(bytes).into())
}

impl Article {
    /// Reads an article out of a page, as it stands there; nothing when the page is
    /// laid out otherwise. In text no `<` stands by itself, so that what was typed
    /// makes no article.
    pub fn read(html: &str, lang: Lang) -> Option<Self> {
        let code = lang.pick_static("zh-CN", "en");
        let begin = format!("<article class=\"paper\" lang=\"{code}\">");
        let (_, rest) = html.split_once(&begin)?;
        let (article, _) = rest.split_once("</article>")?;
        let (head, rest) = article.split_once("<h2>")?;
        let (body, signed) = rest.split_once("<div class=\"signed\">")?;
        let mut signed = paragraphs(signed, "<p>").into_iter();
        let section = |text: &str| {
            let (heading, text) = text.split_once("</h2>")?;
            Some(self::section(&plain(heading), paragraphs(text, "<p>")))
        };
        Some(Self {
            code,
            docno: paragraphs(head, "<p class=\"docno\">").pop()?,
            heading: plain(head.split_once("<h1>")?.1.split_once("</h1>")?.0),
            to: paragraphs(head, "<p class=\"to\">").pop()?,
            intro: paragraphs(head, "<p>").pop()?,
            sections: body.split("<h2>").map(section).collect::<Option<_>>()?,
            office: signed.next()?,
            date: signed.next()?,
        })
    }
}

fn paragraphs(html: &str, begin: &str) -> Vec<String> {
    let all = html.split(begin).skip(1);
    all.filter_map(|it| it.split_once("</p>"))
        .map(|(text, _)| plain(text))
        .collect()
}

/// Text as it was before it was written as HTML.
fn plain(html: &str) -> String {
    let written = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    let text = html.to_owned();
    written
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

/// 云大技转公示〔2026〕41号 / Notice 41 of 2026
pub fn number(school: &str, year: i64, ordinal: i64, lang: Lang) -> String {
    let short: String = school.chars().take(2).collect();
    match lang {
        Lang::Zh => format!("{short}技转公示〔{year}〕{ordinal}号"),
        Lang::En => format!("Notice {ordinal} of {year}"),
    }
}

/// What heads and ends an article.
pub(crate) struct Frame<'a> {
    pub school: &'a School,
    pub year: i16,
    pub ordinal: u32,
    pub posted_on: Date,
    pub heading: Text,
    pub intro: Text,
}

impl Frame<'_> {
    /// The article around these sections.
    pub(crate) fn article(&self, sections: Vec<Section>, lang: Lang) -> Article {
        let school = self.school.name(lang);
        let (year, ordinal) = (i64::from(self.year), i64::from(self.ordinal));
        let office = lang.pick("技术转移中心", " Technology Transfer Office");
        Article {
            code: lang.pick_static("zh-CN", "en"),
            docno: number(&self.school.zh, year, ordinal, lang),
            heading: format!("{school}{}", self.heading.get(lang)),
            to: lang
                .pick("全校师生员工：", "To all members of the university:")
                .to_owned(),
            intro: self.intro.get(lang).to_owned(),
            sections,
            office: format!("{school}{office}"),
            date: day(self.posted_on, lang),
        }
    }
}

/// 2026年11月17日 / 17 November 2026
pub fn day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => date.strftime("%-d %B %Y").to_string(),
    }
}

/// How long it stands, and what to do with an objection.
pub(crate) fn period(
    posted_on: Date,
    until: Until,
    (days, unit): (u32, Text),
    contact: &str,
    lang: Lang,
) -> String {
    let from = day(next_day(posted_on), lang);
    let to = day(until.end.unwrap_or(until.raw), lang);
    let moved = match until.end {
        Some(end) if end != until.raw => lang.pick(
            "（末日逢休息日，已顺延）",
            " (the last day fell on a rest day and moved on)",
        ),
        Some(_) => "",
        None => lang.pick(
            "（届满日待国务院放假安排公布后确定）",
            " (the last day awaits the State Council's holiday arrangement)",
        ),
    };
    let unit = unit.get(lang);
    match lang {
        Lang::Zh => format!(
            "公示期{days}{unit}：{from}至{to}{moved}。公示期内对上述内容有异议的，请以书面形式实名提出。受理：{contact}。"
        ),
        Lang::En => format!(
            "{days} {unit}: {from} to {to}{moved}. Objections in writing and under your name to: {contact}."
        ),
    }
}

/// A title with the kind of result.
pub(crate) fn titled(title: &str, kind: Option<Text>, lang: Lang) -> String {
    match (kind, lang) {
        (Some(kind), Lang::Zh) => format!("{title}（{}）", kind.get(lang)),
        (Some(kind), Lang::En) => format!("{title} ({})", kind.get(lang).to_lowercase()),
        (None, _) => title.to_owned(),
    }
}

/// Mode and price, as a sentence each.
pub(crate) fn offer(it: &Offered, lang: Lang) -> String {
    let mut parts = vec![it.mode.label().get(lang).to_owned()];
    parts.extend(it.licence.map(|it| it.label().get(lang).to_owned()));
    if !it.territory.is_empty() {
        parts.push(match lang {
            Lang::Zh => format!("地域为{}", it.territory),
            Lang::En => it.territory.clone(),
        });
    }
    if let Some(years) = it.term_years {
        parts.push(match lang {
            Lang::Zh => format!("期限{years}年"),
            Lang::En => format!("{years} years"),
        });
    }
    let mut text = parts.join(lang.pick("，", ", "));
    text.push_str(lang.pick("。", ". "));
    text.push_str(it.pricing.label().get(lang));
    let price = price(it, lang);
    if !price.is_empty() {
        text.push_str(lang.pick("：", ": "));
        text.push_str(&price.join(lang.pick("，", ", ")));
    }
    text.push_str(lang.pick("。", "."));
    text
}

fn price(it: &Offered, lang: Lang) -> Vec<String> {
    let mut price = Vec::new();
    if it.price.is_positive() {
        price.push(match lang {
            Lang::Zh => format!("人民币{}元（大写：{}）", it.price, capitals(it.price)),
            Lang::En => format!("RMB {}", it.price),
        });
    }
    if let Some(royalty) = it.royalty {
        let (part, base) = (royalty.to_percent_text(), &it.royalty_base);
        price.push(match lang {
            Lang::Zh => format!("另按{base}的{part}提成"),
            Lang::En => format!("plus {part} of {base}"),
        });
    }
    if let (Some(equity), Mode::Equity) = (&it.equity, it.mode) {
        let (value, part) = (equity.valued, equity.holding.to_percent_text());
        price.push(match lang {
            Lang::Zh => format!("作价{value}元，占股{part}"),
            Lang::En => format!("valued at RMB {value} for {part}"),
        });
    }
    price
}

/// A price notice, to be printed.
pub(crate) struct PriceNotice<'a> {
    pub posted_on: Date,
    pub year: i16,
    pub ordinal: u32,
    pub days: u32,
    pub titles: &'a [String],
    pub facts: &'a Facts,
    pub contact: &'a str,
    /// The other side's name.
    pub party: Option<&'a str>,
}

/// The sheet of a price notice.
pub(crate) fn price_sheet(it: &PriceNotice<'_>, names: &Names) -> Sheet {
    let frame = Frame {
        school: &it.facts.school,
        year: it.year,
        ordinal: it.ordinal,
        posted_on: it.posted_on,
        heading: Text::new("科技成果转化公示", ": notice of technology transfer"),
        intro: Text::new(
            "根据《中华人民共和国促进科技成果转化法》第十八条和国发〔2016〕16号文件，现将下列成果转化事项予以公示。",
            "Under article 18 of the Law on Promoting the Transformation of Scientific and Technological Achievements and State Council Document 16 (2016), the following is published.",
        ),
    };
    let article = |lang| frame.article(price_sections(it, names, lang), lang);
    Sheet {
        zh: article(Lang::Zh),
        en: article(Lang::En),
    }
}

fn price_sections(it: &PriceNotice<'_>, names: &Names, lang: Lang) -> Vec<Section> {
    let facts = it.facts;
    let mut results: Vec<String> = Vec::new();
    for (at, title) in it.titles.iter().enumerate() {
        let kind = facts.results.get(at).map(|it| it.kind.label());
        results.push(titled(title, kind, lang));
    }
    if !facts.summary.is_empty() {
        let summary = &facts.summary;
        results.push(match lang {
            Lang::Zh => format!("内容摘要：{summary}"),
            Lang::En => format!("Abstract: {summary}"),
        });
    }
    let days = (it.days, Text::new("日", "days"));
    vec![
        section(
            lang.pick("一、成果名称与内容摘要", "1. Result and abstract"),
            results,
        ),
        section(
            lang.pick("二、转化方式与拟定价格", "2. Mode and proposed price"),
            vec![offer(&facts.offered, lang)],
        ),
        section(
            lang.pick("三、受让方与完成人", "3. Other side and contributors"),
            sides(it, names, lang),
        ),
        section(
            lang.pick("四、公示期限与异议", "4. Period and objections"),
            vec![period(it.posted_on, facts.until, days, it.contact, lang)],
        ),
    ]
}

/// The other side, the contributors, and who of them is tied to it
/// (浙江省促进科技成果转化条例第17条).
fn sides(it: &PriceNotice<'_>, names: &Names, lang: Lang) -> Vec<String> {
    let all = |list: Vec<PersonId>| {
        let names = list.into_iter().map(|who| name_of(names, who, lang));
        names.collect::<Vec<_>>().join(lang.pick("、", ", "))
    };
    let people = &it.facts.people;
    let whose = |tie: Option<bool>| -> Vec<PersonId> {
        let same = people.iter().filter(|it| it.related == tie);
        same.map(|it| it.person).collect()
    };
    let everybody = all(people.iter().map(|it| it.person).collect());
    let (tied, open) = (whose(Some(true)), whose(None));
    let taker = taker_name(it.facts.taker.as_ref(), it.party, lang);
    let mut lines = vec![match lang {
        Lang::Zh => format!("对方为{taker}。完成人：{everybody}。"),
        Lang::En => format!("Other side: {taker}. Contributors: {everybody}."),
    }];
    if tied.is_empty() && open.is_empty() {
        let none = (
            "完成人均已申报与对方无关联关系。",
            "All contributors declared no tie to the other side.",
        );
        lines.push(lang.pick(none.0, none.1).to_owned());
    }
    if !tied.is_empty() {
        let tied = all(tied);
        lines.push(match lang {
            Lang::Zh => format!("关联关系：{tied}申报为受让方本人或与对方有关联关系。"),
            Lang::En => format!("Related: {tied} declared to be the other side or tied to it."),
        });
    }
    if !open.is_empty() {
        let open = all(open);
        lines.push(match lang {
            Lang::Zh => format!("张贴时{open}的关联关系还没有申报。"),
            Lang::En => format!("Not declared when posted: {open}."),
        });
    }
    lines
}

fn taker_name(taker: Option<&Taker>, party: Option<&str>, lang: Lang) -> String {
    let Some(taker) = taker else {
        return lang.pick("（未填）", "(not given)").to_owned();
    };
    let name = taker.name.as_deref().or(party).filter(|it| !it.is_empty());
    name.map_or_else(|| taker.kind.label().get(lang).to_owned(), str::to_owned)
}
