//! What holds today: each parameter with its value in force, each check-list with its
//! conditions counted, by subject; for the school's region, or what another region says.

use askama::Template;
use dukou_chain::institution::Institution;
use dukou_kernel::{Date, Lang};
use dukou_rules::{Checklist, Mark, Parameter, READ, RulesOn, subject};

use super::{region_name, words};
use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::pages::settings::{YearRow, years};
use crate::request::Req;

/// One rule in a line.
struct Line {
    id: String,
    meaning: String,
    read: bool,
    least: bool,
    /// The value in force, or how many conditions are.
    value: String,
    /// Since when; empty when nothing is in force.
    from: String,
    region: String,
    article: String,
    mark: &'static str,
    /// What the search looks at besides.
    hay: String,
    doubtful: bool,
}

/// Rules about one subject.
struct Group {
    name: String,
    lines: Vec<Line>,
}

/// A tab: the rules of one region.
struct Tab {
    code: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    p: Page,
    groups: Vec<Group>,
    tabs: Vec<Tab>,
    shown: usize,
    total: usize,
    list_total: usize,
    unverified: usize,
    unread: usize,
    q: String,
    region: String,
    place: String,
    day: String,
    mark: &'static str,
    fault: String,
    years: Vec<YearRow>,
}

/// Whose rules are listed.
struct Asked<'a> {
    rules: RulesOn<'a>,
    /// The region whose own rules alone are listed.
    only: Option<&'a str>,
    day: Date,
    lang: Lang,
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let book = institution.rulebook();
    let region = book.region(req.query("region")).map(|it| it.code.as_str());
    let own = institution.jurisdiction();
    let day = app.store.today();
    let asked = Asked {
        rules: book.at(day).within(region.unwrap_or(own)),
        only: region,
        day,
        lang: req.lang,
    };
    let mut lines: Vec<Line> = book.parameters().filter_map(|it| asked.value(it)).collect();
    let total = lines.len();
    lines.extend(book.checklists().filter_map(|it| asked.list(it)));
    let list_total = lines.len() - total;
    let unverified = lines.iter().filter(|it| it.doubtful).count();
    let unread = lines.iter().filter(|it| !it.read).count();
    let mark = match req.query("mark") {
        "unverified" => "unverified",
        "unread" => "unread",
        _ => "",
    };
    let q = req.query("q").trim().to_lowercase();
    lines.retain(|it| {
        let marked = match mark {
            "unverified" => it.doubtful,
            "unread" => !it.read,
            _ => true,
        };
        marked && it.hay.contains(&q)
    });
    Answer::html(&RulesPage {
        p: Page::new(app, req)?,
        shown: lines.len(),
        groups: grouped(lines, req.lang),
        tabs: tabs(&institution, req, region),
        total,
        list_total,
        unverified,
        unread,
        q: req.query("q").to_owned(),
        region: region.unwrap_or_default().to_owned(),
        place: region_name(book, region.unwrap_or(own), req.lang),
        day: day.to_string(),
        mark,
        fault: institution.law().fault().map_or_else(String::new, |it| {
            format!("{}:{} {}", it.file, it.line, it.message.get(req.lang))
        }),
        years: years(&institution),
    })
}

fn tabs(institution: &Institution, req: &Req, chosen: Option<&str>) -> Vec<Tab> {
    let school = Tab {
        code: String::new(),
        name: req.t("适用于本校", "For this school").to_owned(),
        chosen: chosen.is_none(),
    };
    let regions = institution.rulebook().regions().map(|it| Tab {
        code: it.code.clone(),
        name: it.name.get(req.lang).to_owned(),
        chosen: Some(it.code.as_str()) == chosen,
    });
    std::iter::once(school).chain(regions).collect()
}

/// Lines by subject, in the subjects' order.
fn grouped(mut lines: Vec<Line>, lang: Lang) -> Vec<Group> {
    lines.sort_by(|a, b| (subject(&a.id).0, &a.id).cmp(&(subject(&b.id).0, &b.id)));
    let mut groups: Vec<Group> = Vec::new();
    for line in lines {
        let name = subject(&line.id).1.get(lang).to_owned();
        match groups.last_mut().filter(|it| it.name == name) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group {
                name,
                lines: vec![line],
            }),
        }
    }
    groups
}

fn mark_of(mark: Mark) -> &'static str {
    match mark {
        Mark::V => "V",
        Mark::VNear => "V~",
        Mark::K => "K",
    }
}

impl Asked<'_> {
    fn value(&self, it: &Parameter) -> Option<Line> {
        let book = self.rules.book();
        let in_force = self.rules.value(&it.id).ok();
        if let Some(code) = self.only {
            it.values.iter().find(|value| value.jurisdiction == code)?;
        }
        let in_force = in_force.filter(|value| self.only.is_none_or(|it| it == value.jurisdiction));
        let said = |text: &dyn Fn(&dukou_rules::DatedValue) -> String| {
            in_force.map_or_else(String::new, text)
        };
        let value = said(&|value| words(&value.value, it.unit, self.lang));
        let article = said(&|value| value.citation.get(self.lang).to_owned());
        let meaning = it.meaning.get(self.lang).to_owned();
        let quoted = it.values.iter().flat_map(|it| &it.quote);
        let quoted = quoted.fold(String::new(), |all, it| all + it + " ");
        Some(Line {
            hay: format!("{} {meaning} {value} {article} {quoted}", it.id).to_lowercase(),
            id: it.id.clone(),
            meaning,
            read: READ.contains(&it.id.as_str()),
            least: it.least,
            value,
            from: said(&|value| value.from.to_string()),
            region: said(&|value| region_name(book, &value.jurisdiction, self.lang)),
            article,
            mark: in_force.map_or("", |it| mark_of(it.mark)),
            doubtful: it.values.iter().any(|it| !it.mark.is_verified()),
        })
    }

    fn list(&self, it: &Checklist) -> Option<Line> {
        let rows = match self.only {
            Some(code) => {
                let own = it.rows.iter().filter(|row| row.jurisdiction == code);
                let own: Vec<_> = own.collect();
                if own.is_empty() {
                    return None;
                }
                let holds = own.into_iter().filter(|row| row.holds_on(self.day));
                holds.collect()
            }
            None => self.rules.checklist(&it.id).unwrap_or_default(),
        };
        let count = rows.len();
        let mut articles: Vec<&str> = rows.iter().map(|it| it.citation.get(self.lang)).collect();
        articles.dedup();
        let (article, others) = (
            articles.first().copied().unwrap_or_default(),
            articles.len(),
        );
        let article = match others {
            0 | 1 => article.to_owned(),
            _ => format!("{article}{}", self.lang.pick("等", " and others")),
        };
        let meaning = it.meaning.get(self.lang).to_owned();
        let inside = it.rows.iter().fold(String::new(), |all, row| {
            format!(
                "{all} {} {}",
                row.words.get(self.lang),
                row.citation.get(self.lang)
            )
        });
        Some(Line {
            hay: format!("{} {meaning} {article} {inside}", it.id).to_lowercase(),
            id: it.id.clone(),
            meaning,
            read: READ.contains(&it.id.as_str()),
            least: false,
            value: match (count, self.lang) {
                (1, Lang::En) => "1 condition".to_owned(),
                (count, Lang::En) => format!("{count} conditions"),
                (count, Lang::Zh) => format!("{count}项条件"),
            },
            from: String::new(),
            region: String::new(),
            article,
            mark: match rows.iter().all(|it| it.mark.is_verified()) {
                true => "V",
                false => "K",
            },
            doubtful: it.rows.iter().any(|it| !it.mark.is_verified()),
        })
    }
}
