//! 我的收益 — an inventor's own page: where is my case, who holds it since
//! when, what am I owed.

use askama::Template;
use dukou_kernel::{Money, PersonId};
use dukou_store::{Db, Fault, Record};
use serde_json::{Value, json};

use super::initial;
use crate::api::{self, reads::word};
use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

/// One of my cases.
pub struct CaseRow {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Number.
    pub number: String,
    /// Where it stands.
    pub stop: String,
    /// Tone.
    pub tone: &'static str,
    /// Who holds it.
    pub holder: String,
    /// First character.
    pub initial: String,
    /// Since when.
    pub since: String,
    /// My share.
    pub share: String,
    /// Said word.
    pub said: String,
    /// Tone of it.
    pub said_tone: &'static str,
    /// May I confirm now?
    pub confirm: bool,
}

/// One of my awards.
pub struct AwardRow {
    /// Day.
    pub day: String,
    /// Deal.
    pub deal: String,
    /// Other side.
    pub party: String,
    /// Amount.
    pub amount: Money,
    /// Paid.
    pub paid: Money,
    /// Owed.
    pub owed: Money,
    /// The arithmetic.
    pub href: String,
    /// Before Dukou.
    pub opening: bool,
}

#[derive(Template)]
#[template(path = "mine.html")]
struct Mine {
    p: Page,
    cases: Vec<CaseRow>,
    awards: Vec<AwardRow>,
    awarded: Money,
    paid: Money,
    owed: Money,
}

/// The reader's cases, and what they were awarded.
fn rows(db: &mut dyn Db, user: &User) -> Result<(Vec<Record>, Vec<Record>), Fault> {
    let key = [text(user.institution), text(user.person)];
    let cases = db.rows(
        "SELECT c.id, c.title, c.number, c.stop, c.standing, c.manager, c.since, p.share, p.said FROM case_person p CROSS JOIN case_view c \
         WHERE p.institution = $1 AND p.person = $2 AND c.institution = p.institution AND c.id = p.case_id ORDER BY c.number DESC LIMIT 200",
        &key,
    )?;
    let awards = db.rows(
        "SELECT a.awarded_on, v.number, v.party, a.amount_minor, a.paid_minor, a.deal, a.receipt, a.kind FROM award a CROSS JOIN deal_view v \
         WHERE a.institution = $1 AND a.person = $2 AND v.institution = a.institution AND v.id = a.deal ORDER BY a.awarded_on DESC LIMIT 500",
        &key,
    )?;
    Ok((cases, awards))
}

/// The same for programs: the caller's cases, what was awarded, paid and is owed.
///
/// # Errors
/// When the database cannot be read.
pub fn api_show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (cases, awards) = app.store.read(|db| rows(db, user))?;
    let cases: Vec<Value> = cases
        .iter()
        .map(|row| {
            json!({
                "case": row.text(0), "title": row.text(1), "number": row.text(2),
                "stop": row.text(3), "standing": row.text(4), "manager": word(row.text(5)),
                "since": word(row.text(6)), "share": row.text(7), "said": word(row.text(8)),
            })
        })
        .collect();
    let sum = |column: usize| {
        Money::sum(awards.iter().map(|row| Money::from_fen(row.int(column)))).unwrap_or_default()
    };
    let (awarded, paid) = (sum(3), sum(4));
    let lines: Vec<Value> = awards
        .iter()
        .map(|row| {
            let opening = row.text(7) == "opening";
            json!({
                "awarded_on": row.text(0), "deal": row.text(5), "number": row.text(1),
                "party": row.text(2), "amount_fen": row.int(3), "paid_fen": row.int(4),
                "owed_fen": row.int(3) - row.int(4), "opening": opening,
                "receipt": (!opening).then(|| row.text(6)),
            })
        })
        .collect();
    api::resource(
        req,
        &json!({
            "cases": cases, "awards": lines, "awarded_fen": awarded.fen(), "paid_fen": paid.fen(),
            "owed_fen": awarded.minus(paid).unwrap_or_default().fen(),
        }),
    )
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (found, awarded) = app.store.read(|db| rows(db, user))?;
    let managers: Vec<PersonId> = found
        .iter()
        .filter_map(|row| row.text(5).parse().ok())
        .collect();
    let names = app
        .store
        .read(|db| data::names(db, user.institution, managers))?;
    let cases = found
        .iter()
        .map(|row| {
            let (stop, tone) = super::cases::standing(row.text(3), row.text(4), req.lang);
            let office = req.t("技术转移中心", "Transfer office").to_owned();
            let holder = row
                .text(5)
                .parse()
                .ok()
                .and_then(|id: PersonId| names.get(&id).cloned())
                .unwrap_or(office);
            let (said, said_tone) = match row.text(8) {
                "confirmed" => (req.t("已确认", "confirmed"), "pine"),
                "objected" => (req.t("有异议", "objected"), "seal"),
                _ => (req.t("待确认", "to confirm"), "ochre"),
            };
            let share = row.text(7).parse::<dukou_kernel::Share>();
            CaseRow {
                id: row.text(0).to_owned(),
                title: row.text(1).to_owned(),
                number: row.text(2).to_owned(),
                stop,
                tone,
                initial: initial(&holder),
                holder,
                since: row.text(6).to_owned(),
                share: share.map_or_else(|_| String::new(), dukou_kernel::Share::to_percent_text),
                said: said.to_owned(),
                said_tone,
                confirm: row.text(8) != "confirmed",
            }
        })
        .collect();
    let awards: Vec<AwardRow> = awarded
        .iter()
        .map(|row| {
            let (amount, paid) = (Money::from_fen(row.int(3)), Money::from_fen(row.int(4)));
            let opening = row.text(7) == "opening";
            AwardRow {
                day: row.text(0).to_owned(),
                deal: row.text(1).to_owned(),
                party: row.text(2).to_owned(),
                owed: amount.minus(paid).unwrap_or_default(),
                amount,
                paid,
                href: if opening {
                    String::new()
                } else {
                    format!("/deals/{}/split/{}", row.text(5), row.text(6))
                },
                opening,
            }
        })
        .collect();
    let total = |of: fn(&AwardRow) -> Money| Money::sum(awards.iter().map(of)).unwrap_or_default();
    let (awarded, paid, owed) = (
        total(|it| it.amount),
        total(|it| it.paid),
        total(|it| it.owed),
    );
    Answer::html(&Mine {
        p: Page::new(app, req)?,
        cases,
        awarded,
        paid,
        owed,
        awards,
    })
}
