//! 名册 — importing the roster from Excel or CSV. Rows are found by staff
//! number, so a second import updates instead of doubling.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::institution::{self, Institution};
use dukou_chain::people::{self, Person, PersonKind, Post, Scope, Tenure};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{Date, Finding, PersonId, Refusal, Text, UnitId, spelling};
use dukou_store::Envelope;
use serde_json::json;

use super::form::seal;
use super::{sealed, state_of};
use crate::app::App;
use crate::authorise::authorise;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

mod sheet;

use sheet::{Column, Sheet};

/// Something wrong in a row.
pub struct Fix {
    /// Row of the sheet, from 1; 0 for the sheet itself.
    pub row: usize,
    /// Heading of the column.
    pub column: String,
    /// What stands there.
    pub found: String,
    /// What is wrong and what to write instead.
    pub say: String,
}

/// What an import did or would do.
#[derive(Default)]
pub struct Outcome {
    /// Registered anew.
    pub new: usize,
    /// Updated.
    pub updated: usize,
    /// The same as before.
    pub same: usize,
    /// Units made.
    pub units: usize,
}

#[derive(Template)]
#[template(path = "roster.html")]
struct RosterPage {
    p: Page,
    fixes: Vec<Fix>,
    bad: usize,
    done: Option<Outcome>,
    may_add_units: bool,
}

/// One person of the file, from one or more rows.
struct Entry {
    name: String,
    kind: Option<PersonKind>,
    unit: Option<String>,
    posts: Vec<Written>,
}

/// A post as the file has it, perhaps without its first day.
struct Written {
    post: Post,
    title: String,
    from: Option<Date>,
    to: Option<Date>,
}

impl Written {
    /// With the day of the import where the file names none; a post without
    /// days is no leading post, so that the day decides nothing.
    fn since(&self, today: Date) -> Tenure {
        Tenure {
            post: self.post,
            title: self.title.clone(),
            from: self.from.unwrap_or(today),
            to: self.to,
        }
    }

    fn is(&self, known: &Tenure) -> bool {
        known.title == self.title && self.from.is_none_or(|from| known.from == from)
    }
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn roster(app: &App, req: &Req) -> Result<Answer, Failure> {
    page(app, req, Vec::new(), None)
}

fn page(app: &App, req: &Req, fixes: Vec<Fix>, done: Option<Outcome>) -> Result<Answer, Failure> {
    let refused = !fixes.is_empty() && done.is_none();
    let mut rows: Vec<usize> = fixes.iter().map(|it| it.row).collect();
    rows.sort_unstable();
    rows.dedup();
    let page = RosterPage {
        p: Page::new(app, req)?,
        bad: rows.len(),
        fixes,
        done,
        may_add_units: may_add_units(app, req)?,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Answer::html_with(status, &page)
}

fn may_add_units(app: &App, req: &Req) -> Result<bool, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    Ok(authorise(Some(&institution), Some(user), "admin.settings") != Scope::None)
}

/// Takes the file: nothing is imported while a row is bad, unless the good
/// ones were asked for.
///
/// # Errors
/// When the database cannot be written.
pub fn roster_submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    let upload = req
        .uploads
        .iter()
        .find(|it| it.field == "file" && !it.bytes.is_empty());
    let Some(upload) = upload else {
        let say = req.t(
            "先选一个 Excel 或 CSV 文件。",
            "Choose an Excel or CSV file first.",
        );
        return page(app, req, vec![whole(say)], None);
    };
    let wish = Wish {
        add_units: !req.field("add_units").is_empty(),
        accept_good: !req.field("accept_good").is_empty(),
        dry_run: false,
    };
    let (fixes, done) = take(app, req, &upload.bytes, wish)?;
    page(app, req, fixes, done)
}

/// How a file is to be taken.
#[derive(Clone, Copy)]
struct Wish {
    /// Make the units that the settings do not have.
    add_units: bool,
    /// Import the good rows while others are bad.
    accept_good: bool,
    /// Say what would happen, and let nothing happen.
    dry_run: bool,
}

/// What is wrong in a file, and what its import did unless it was left undone.
fn take(
    app: &App,
    req: &Req,
    bytes: &[u8],
    wish: Wish,
) -> Result<(Vec<Fix>, Option<Outcome>), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let sheet = match Sheet::read(bytes) {
        Ok(sheet) => sheet,
        Err(why) => return Ok((vec![whole(why.get(req.lang))], None)),
    };
    let add_units = wish.add_units && may_add_units(app, req)?;
    let (entries, fixes) = collect(&sheet, &institution, add_units, req);
    if entries.is_empty() || (!fixes.is_empty() && !wish.accept_good) {
        return Ok((fixes, None));
    }
    let (envelopes, outcome) = plan(app, user, &institution, entries)?;
    let carried = if wish.dry_run {
        app.store.dry_run(envelopes).map(drop)
    } else {
        app.store.execute_all(envelopes).map(drop)
    };
    match carried {
        Ok(()) => Ok((fixes, Some(outcome))),
        Err((_, rejected)) => Err(rejected.into()),
    }
}

/// The roster for programs: the file is the body. Nothing is imported while a row
/// is bad, unless the good ones were asked for.
///
/// # Errors
/// Refused with what is wrong in the rows, or the database cannot be written.
pub fn api_roster(app: &App, req: &Req) -> Result<Answer, Failure> {
    let wish = Wish {
        add_units: req.query("add_units") == "true",
        accept_good: req.query("accept_good") == "true",
        dry_run: req.query("dry_run") == "true",
    };
    let (fixes, done) = take(app, req, &req.body, wish)?;
    let Some(done) = done else {
        let findings = fixes.iter().take(MOST).map(said).collect();
        return Err(Failure::Refused(Refusal { findings }));
    };
    let fixes: Vec<serde_json::Value> = fixes
        .into_iter()
        .map(|it| json!({"row": it.row, "column": it.column, "found": it.found, "message": it.say}))
        .collect();
    Ok(Answer {
        status: StatusCode::CREATED,
        ..Answer::json(&json!({
            "imported": !wish.dry_run, "fixes": fixes,
            "counts": {
                "new": done.new, "updated": done.updated, "same": done.same, "units": done.units,
            },
        }))
    })
}

/// Most rows that a refusal names.
const MOST: usize = 300;

/// What is wrong in a row, as a refusal says it.
fn said(fix: &Fix) -> Finding {
    let say = Text::new(fix.say.clone(), fix.say.clone());
    Finding::refused("roster.row", say).at(&format!("{}.{}", fix.row, fix.column))
}

fn whole(say: &str) -> Fix {
    Fix {
        row: 0,
        column: String::new(),
        found: String::new(),
        say: say.to_owned(),
    }
}

/// The people of a sheet, by staff number, and what is wrong with the rest.
fn collect(
    sheet: &Sheet,
    institution: &Institution,
    add_units: bool,
    req: &Req,
) -> (BTreeMap<String, Entry>, Vec<Fix>) {
    let mut people: BTreeMap<String, Entry> = BTreeMap::new();
    let mut fixes = Vec::new();
    let known: HashMap<&str, ()> = institution
        .units
        .values()
        .flat_map(|(zh, en)| [(zh.as_str(), ()), (en.as_str(), ())])
        .collect();
    for row in sheet.rows() {
        let before = fixes.len();
        let (number, entry) = read_row(sheet, row, req, &mut fixes);
        if let Some(unit) = entry.unit.as_deref()
            && !add_units
            && !known.contains_key(unit)
        {
            let say = req.t(
                "学校设置里没有这个单位。先添加，或改成已有的名称。",
                "The settings have no such unit. Add it first, or write a known name.",
            );
            fixes.push(fix(sheet, row, Column::Unit, say));
        }
        if let Some(first) = people.get(&number)
            && first.name != entry.name
        {
            let say = req.t(
                "同一工号有两个姓名。改正其中一行。",
                "One staff number with two names. Correct one of the rows.",
            );
            fixes.push(fix(sheet, row, Column::Name, say));
        }
        if fixes.len() > before {
            continue;
        }
        match people.get_mut(&number) {
            Some(first) => {
                first.posts.extend(entry.posts);
                first.unit = entry.unit.or(first.unit.take());
            }
            None => {
                people.insert(number, entry);
            }
        }
    }
    (people, fixes)
}

fn fix(sheet: &Sheet, row: usize, column: Column, say: &str) -> Fix {
    Fix {
        row: row + 1,
        column: sheet.heading(column),
        found: sheet.cell(row, column),
        say: say.to_owned(),
    }
}

fn read_row(sheet: &Sheet, row: usize, req: &Req, fixes: &mut Vec<Fix>) -> (String, Entry) {
    let mut wrong = |column: Column, zh: &str, en: &str| {
        fixes.push(fix(sheet, row, column, req.lang.pick(zh, en)));
    };
    let number = spelling::number(&sheet.cell(row, Column::StaffNo));
    let name = spelling::visible(&sheet.cell(row, Column::Name));
    if number.is_empty() {
        wrong(
            Column::StaffNo,
            "工号为空。填工号；没有工号的人请逐个登记。",
            "No staff number. Fill it in, or register the person singly.",
        );
    }
    if name.is_empty() || name.chars().count() > 60 {
        wrong(
            Column::Name,
            "姓名为空或太长。填至多60字的姓名。",
            "The name is empty or too long; at most 60 characters.",
        );
    }
    let said = &sheet.cell(row, Column::Kind);
    let kind = if said.is_empty() { None } else { kind_of(said) };
    if kind.is_none() && !said.is_empty() {
        wrong(
            Column::Kind,
            "认不出类别。写：教职工、学生、校外人员、已离校、已故。",
            "Unknown kind. Write 教职工, 学生, 校外人员, 已离校 or 已故.",
        );
    }
    let mut day = |column: Column| -> Option<Date> {
        let said = &sheet.cell(row, column);
        let read = sheet::date(said);
        if read.is_none() && !said.is_empty() {
            wrong(
                column,
                "认不出日期。写成 2024-09-01。",
                "Not a date. Write 2024-09-01.",
            );
        }
        read
    };
    let (from, to) = (day(Column::From), day(Column::To));
    let title = sheet.cell(row, Column::Title);
    let post = post_of(&title);
    if from.is_none() && post != Post::None {
        wrong(
            Column::From,
            "领导职务要有任职起始日期，写成 2024-09-01。",
            "A leading post needs its first day, as 2024-09-01.",
        );
    }
    if from.is_some_and(|from| to.is_some_and(|to| to < from)) {
        wrong(
            Column::To,
            "任职止早于任职起。",
            "The post ends before it begins.",
        );
    }
    let any = from.is_some() || !title.is_empty();
    let posts = any
        .then_some(Written {
            post,
            title,
            from,
            to,
        })
        .into_iter()
        .collect();
    let unit = Some(sheet.cell(row, Column::Unit)).filter(|unit| !unit.is_empty());
    (
        number,
        Entry {
            name,
            kind,
            unit,
            posts,
        },
    )
}

fn kind_of(said: &str) -> Option<PersonKind> {
    let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if let Some(kind) = PersonKind::parse(&said.to_lowercase()) {
        return Some(kind);
    }
    if any(&["故", "去世", "逝世"]) {
        Some(PersonKind::Deceased)
    } else if any(&["离校", "离职", "调出", "辞职", "退休"]) {
        Some(PersonKind::Left)
    } else if any(&["校外", "外聘", "外单位"]) {
        Some(PersonKind::Outside)
    } else if any(&[
        "博士后",
        "教职工",
        "教师",
        "职工",
        "在职",
        "在编",
        "聘用",
        "教工",
        "staff",
        "Staff",
    ]) {
        Some(PersonKind::Staff)
    } else if any(&[
        "学生",
        "研究生",
        "本科",
        "硕士",
        "博士",
        "student",
        "Student",
    ]) {
        Some(PersonKind::Student)
    } else {
        None
    }
}

/// The leading post behind a title, where it names one beyond doubt.
fn post_of(title: &str) -> Post {
    let deputy = title.contains('副');
    let head = ["校长", "党委书记", "纪委书记"]
        .iter()
        .any(|word| title.contains(word));
    let college = title.contains('院') || title.contains('系');
    if let Some(post) = Post::ALL
        .iter()
        .copied()
        .find(|post| post.label().zh == title)
    {
        return post;
    }
    if title.contains("校长助理") {
        Post::None
    } else if head && !college && (deputy || title.contains("纪委书记")) {
        Post::Deputy
    } else if title.contains("校长") && !college {
        Post::HeadOfUnit
    } else if title.contains("党委书记") && !college {
        Post::PartySecretary
    } else if ["院长", "处长", "部长", "系主任", "所长", "馆长"]
        .iter()
        .any(|it| title.contains(it))
    {
        Post::HeadOfBody
    } else {
        Post::None
    }
}

/// The commands of an import, in one batch: all or none.
fn plan(
    app: &App,
    user: &User,
    institution: &Institution,
    entries: BTreeMap<String, Entry>,
) -> Result<(Vec<Envelope>, Outcome), Failure> {
    let mut outcome = Outcome::default();
    let mut units: HashMap<String, UnitId> = HashMap::new();
    for (id, (zh, en)) in &institution.units {
        units.insert(zh.clone(), *id);
        units.insert(en.clone(), *id);
    }
    let mut envelopes = Vec::new();
    let actor = Actor::Person(user.person);
    for name in entries.values().filter_map(|it| it.unit.clone()) {
        if units.contains_key(&name) {
            continue;
        }
        let unit = UnitId(uuid::Uuid::now_v7());
        let (name_zh, name_en) = (name.clone(), String::new());
        let add = institution::Command::AddUnit {
            unit,
            name_zh,
            name_en,
        };
        envelopes.push(Envelope::new(
            user.institution,
            actor.clone(),
            Command::Institution(add),
        ));
        units.insert(name, unit);
        outcome.units += 1;
    }
    let known = known_numbers(app, user)?;
    for (number, entry) in entries {
        let unit = entry
            .unit
            .as_ref()
            .and_then(|name| units.get(name).copied());
        let person = known.get(&number).copied();
        if let Some(envelope) = one(app, user, (&number, entry, unit), person, &mut outcome)? {
            envelopes.push(envelope);
        }
    }
    Ok((envelopes, outcome))
}

/// Whose number is whose, each in its one spelling; one that was entered before there
/// was one counts too.
fn known_numbers(app: &App, user: &User) -> Result<HashMap<String, PersonId>, Failure> {
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT subject, text FROM sealed WHERE institution = $1 AND field = 'staff_no' AND text <> ''",
            &[text(user.institution)],
        )
    })?;
    let known = rows.iter().filter_map(|row| {
        let person = row.text(0).parse().ok()?;
        Some((spelling::number(row.text(1)), person))
    });
    Ok(known.collect())
}

fn one(
    app: &App,
    user: &User,
    (number, entry, unit): (&str, Entry, Option<UnitId>),
    known: Option<PersonId>,
    outcome: &mut Outcome,
) -> Result<Option<Envelope>, Failure> {
    let (actor, today) = (Actor::Person(user.person), app.store.today());
    let Some(id) = known else {
        outcome.new += 1;
        let id = PersonId(uuid::Uuid::now_v7());
        let (seals, sealed) = seal(id, &entry.name, number);
        let command = people::Command::Register {
            kind: entry.kind.unwrap_or(PersonKind::Staff),
            unit,
            posts: entry.posts.iter().map(|it| it.since(today)).collect(),
            seals,
            staff_no_key: None,
        };
        let command = Command::Person(id, command);
        return Ok(Some(Envelope {
            sealed,
            ..Envelope::new(user.institution, actor, command)
        }));
    };
    let person = state_of(app, user, id)?;
    let renamed = sealed(app, user, id, "name")? != entry.name;
    let (kind, unit, posts) = merged(&person, &entry, unit, today);
    if !renamed && person.kind == Some(kind) && person.unit == unit && person.posts == posts {
        outcome.same += 1;
        return Ok(None);
    }
    outcome.updated += 1;
    let (seals, texts) = seal(id, &entry.name, number);
    let (seals, sealed) = if renamed {
        (Some(seals), texts)
    } else {
        (None, Vec::new())
    };
    let command = Command::Person(
        id,
        people::Command::Update {
            kind,
            unit,
            posts,
            seals,
        },
    );
    Ok(Some(Envelope {
        sealed,
        ..Envelope::new(user.institution, actor, command)
    }))
}

/// What the file leaves open stays as it was; a post with the same title and
/// first day is the same post.
fn merged(
    person: &Person,
    entry: &Entry,
    unit: Option<UnitId>,
    today: Date,
) -> (PersonKind, Option<UnitId>, Vec<Tenure>) {
    let mut posts = person.posts.clone();
    for post in &entry.posts {
        match posts.iter_mut().find(|known| post.is(known)) {
            Some(known) if post.from.is_some() => *known = post.since(today),
            Some(_) => {}
            None => posts.push(post.since(today)),
        }
    }
    let kind = entry.kind.or(person.kind).unwrap_or(PersonKind::Staff);
    (kind, unit.or(person.unit), posts)
}
