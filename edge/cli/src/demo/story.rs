//! The story of the demo: some 300 achievements and 60 deals in every stage,
//! told as commands at moments before now.

mod deals;

use std::collections::BTreeMap;

use dukou_chain::assessment::{self, Conclusion};
use dukou_chain::disclosure::{self, Details, PriorWork, Secrecy};
use dukou_chain::protection::{self, CostKind, PaidBy};
use dukou_chain::terms::{
    Attachment, Contributor, Disclosed, Funding, PriorKind, ResultKind, RightKind,
};
use dukou_chain::whole::Command;
use dukou_chain::{institution, valuation};
use dukou_journal::Actor;
use dukou_kernel::{
    CaseId, Date, FileHash, InstitutionId, Money, PersonId, RightId, Share, UnitId,
};
use dukou_rules::SchoolPolicy;
use dukou_store::{Envelope, Store, Value};
use dukou_web::accounts::{self, NewPerson};

use super::people::{self, Officer, UNITS};
use super::{Act, Deed, text, titles};

const DAY_MS: i64 = 86_400_000;
const CASES: usize = 300;

struct Teller {
    institution: InstitutionId,
    now_ms: i64,
    today: Date,
    acts: Vec<Act>,
    officers: BTreeMap<&'static str, PersonId>,
    papers: BTreeMap<&'static str, Attachment>,
}

fn id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

impl Teller {
    /// A working hour in Shanghai some days before today; today's moments lie
    /// just before now.
    fn at(&self, days_ago: i64, hour: i64) -> i64 {
        const EIGHT_HOURS_MS: i64 = 8 * 3_600_000;
        let midnight = (self.now_ms + EIGHT_HOURS_MS) / DAY_MS * DAY_MS - EIGHT_HOURS_MS;
        let at_ms = midnight - days_ago * DAY_MS + hour * 3_600_000;
        at_ms.min(self.now_ms - (24 - hour) * 1000)
    }

    fn day(&self, days_ago: i64) -> Date {
        self.today.saturating_sub(jiff::Span::new().days(days_ago))
    }

    fn paper(&self, name: &'static str) -> Option<Attachment> {
        self.papers.get(name).cloned()
    }

    fn officer(&self, login: &'static str) -> Actor {
        match self.officers.get(login) {
            Some(person) => Actor::Person(*person),
            None => Actor::System("demo".to_owned()),
        }
    }

    fn act(&mut self, days_ago: i64, hour: i64, actor: Actor, command: Command) {
        let at_ms = self.at(days_ago, hour);
        let envelope = Envelope::new(self.institution, actor, command);
        self.give(at_ms, envelope);
    }

    fn act_for(
        &mut self,
        days_ago: i64,
        hour: i64,
        actor: Actor,
        person: PersonId,
        command: Command,
    ) {
        let at_ms = self.at(days_ago, hour);
        let envelope = Envelope {
            on_behalf: Some(person),
            ..Envelope::new(self.institution, actor, command)
        };
        self.give(at_ms, envelope);
    }

    fn give(&mut self, at_ms: i64, envelope: Envelope) {
        let deed = Deed::Give(Box::new(envelope));
        self.acts.push(Act { at_ms, deed });
    }
}

/// The whole story.
pub fn plan(store: &Store, institution: InstitutionId, now_ms: i64) -> Result<Vec<Act>, String> {
    let today = store.today();
    let mut teller = Teller {
        institution,
        now_ms,
        today,
        acts: Vec::new(),
        officers: BTreeMap::new(),
        papers: BTreeMap::new(),
    };
    let units = found(&mut teller);
    let from = today.saturating_sub(jiff::Span::new().years(5));
    let officers = people::officers(&units, from);
    let crowd = people::researchers(&units, 150, from);
    register(&mut teller, &officers, &crowd);
    papers(store, &mut teller)?;
    let cases = disclose(&mut teller, &crowd, &units);
    deals::deals(&mut teller, &cases);
    Ok(teller.acts)
}

/// The university, its units and its own rules, 600 days ago.
fn found(teller: &mut Teller) -> Vec<(UnitId, &'static str)> {
    let setup = || Actor::System("demo".to_owned());
    let profile = institution::Profile {
        name_zh: "云泽大学".to_owned(),
        name_en: "Yunze University".to_owned(),
        prefix: "YZ".to_owned(),
        jurisdiction: "CN".to_owned(),
        state_established: true,
        central_unit: false,
        contact: "技术转移中心，电话 000-6600 0016".to_owned(),
    };
    teller.act(
        600,
        8,
        setup(),
        Command::Institution(institution::Command::Found { profile, law: None }),
    );
    let units: Vec<(UnitId, &'static str)> =
        UNITS.iter().map(|(zh, _)| (UnitId(id()), *zh)).collect();
    for ((unit, zh), (_, en)) in units.iter().zip(UNITS) {
        let command = institution::Command::AddUnit {
            unit: *unit,
            name_zh: (*zh).to_owned(),
            name_en: (*en).to_owned(),
        };
        teller.act(600, 9, setup(), Command::Institution(command));
    }
    let policy = SchoolPolicy {
        title: "云泽大学科技成果转化收益分配办法（云大技转〔2024〕3号）".to_owned(),
        objection_days: 5,
        ..SchoolPolicy::example()
    };
    let command = institution::Command::AdoptPolicy {
        from: teller.day(900),
        policy: policy.into(),
        paper: None,
    };
    teller.act(600, 10, setup(), Command::Institution(command));
    units
}

fn register(teller: &mut Teller, officers: &[Officer], crowd: &[NewPerson]) {
    let setup = Actor::System("demo".to_owned());
    let at_ms = teller.at(599, 9);
    for officer in officers {
        teller.officers.insert(officer.login, officer.person.id);
        for envelope in accounts::registration(teller.institution, &setup, &officer.person) {
            teller.give(at_ms, envelope);
        }
    }
    for person in crowd {
        for envelope in accounts::registration(teller.institution, &setup, person) {
            teller.give(at_ms, envelope);
        }
    }
}

const PAPERS: &[(&str, &str)] = &[
    ("minutes", "校长办公会纪要.pdf"),
    ("contract", "合同（签署件）.pdf"),
    ("terms", "条款书.pdf"),
    ("report", "评估报告.pdf"),
    ("proof", "技术市场公示证明.pdf"),
    ("slip", "银行回单.pdf"),
    ("certificate", "受理通知书.pdf"),
    ("signed", "本人签字确认书.pdf"),
];

fn papers(store: &Store, teller: &mut Teller) -> Result<(), String> {
    for (key, name) in PAPERS {
        let meta = store.put_file(name, &titles::paper(key)).map_err(text)?;
        let file: FileHash = meta.hash.parse()?;
        teller.papers.insert(
            key,
            Attachment {
                file,
                name: (*name).to_owned(),
            },
        );
        let params = [
            Value::from(teller.institution.to_string()),
            meta.hash.into(),
            (*name).into(),
            meta.media.into(),
            i64::try_from(meta.size).unwrap_or(0).into(),
            teller.now_ms.into(),
            "demo".into(),
        ];
        store
            .write(move |db| {
                db.exec(
                    "INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    &params,
                )
            })
            .map_err(text)?;
    }
    Ok(())
}

/// A case that a deal can be made of.
#[derive(Clone)]
struct Ready {
    cases: Vec<CaseId>,
    people: Vec<PersonId>,
    /// Days ago on which its right was on record.
    since: i64,
    /// True when every share is confirmed.
    confirmed: bool,
}

/// 300 disclosures over eighteen months; the newest still wait.
fn disclose(
    teller: &mut Teller,
    crowd: &[NewPerson],
    units: &[(UnitId, &'static str)],
) -> Vec<Ready> {
    let mut ready = Vec::new();
    for n in 0..CASES {
        let age = 590 - i64::try_from(n * 589 / CASES).unwrap_or(0);
        let case = CaseId(id());
        let mut people: Vec<PersonId> = (0..2 + n % 3)
            .filter_map(|k| {
                crowd
                    .get((n * 3 + k * 13) % crowd.len().max(1))
                    .map(|it| it.id)
            })
            .collect();
        people.dedup();
        if n % 12 == 1 {
            people.insert(
                0,
                teller.officers.get("lu").copied().unwrap_or(PersonId(id())),
            );
        }
        if n % 15 == 2 {
            people.insert(
                0,
                teller
                    .officers
                    .get("wen")
                    .copied()
                    .unwrap_or(PersonId(id())),
            );
        }
        people.truncate(4);
        let unit = units.get(n % 10).map(|(id, _)| *id);
        if one_case(teller, n, age, (case, &people), unit) {
            let confirmed = n % 9 != 5 || people.len() < 2;
            ready.push(Ready {
                cases: vec![case],
                people,
                since: age - 45,
                confirmed,
            });
        }
    }
    ready
}

fn shares(people: &[PersonId]) -> Vec<Contributor> {
    let parts: &[u32] = match people.len() {
        1 => &[100],
        2 => &[60, 40],
        3 => &[50, 30, 20],
        _ => &[45, 30, 15, 10],
    };
    let roles = [
        "提出技术路线",
        "关键工艺与参数",
        "放大与测试",
        "样品制备与分析",
    ];
    people
        .iter()
        .zip(parts)
        .zip(roles)
        .enumerate()
        .map(|(place, ((person, part), role))| Contributor {
            person: *person,
            role: role.to_owned(),
            share: Share::percent(*part),
            main: place == 0 || (people.len() > 3 && place == 1),
        })
        .collect()
}

/// One case as far as its age lets it come; true when it can be offered.
fn one_case(
    teller: &mut Teller,
    n: usize,
    age: i64,
    (case, people): (CaseId, &[PersonId]),
    unit: Option<UnitId>,
) -> bool {
    let kinds = [
        ResultKind::Invention,
        ResultKind::UtilityModel,
        ResultKind::Software,
    ];
    let kind = kinds
        .get(n % 7 / 3)
        .copied()
        .unwrap_or(ResultKind::Invention);
    let fundings = [
        Funding::National,
        Funding::Province,
        Funding::Industry,
        Funding::University,
    ];
    let details = Details {
        title: titles::title(n),
        kind,
        secrecy: Secrecy::No,
        nearest: vec![PriorWork {
            kind: PriorKind::Paper,
            text: titles::nearest(n),
        }],
        novelty: titles::novelty(n),
        contributors: shares(people),
        funding: vec![fundings.get(n % 4).copied().unwrap_or(Funding::Other)],
        funding_note: String::new(),
        disclosed: Disclosed::No,
        disclosed_on: None,
        unit,
        evidence: Vec::new(),
    };
    let Some(by) = people.first().copied() else {
        return false;
    };
    let disclosure = |command| Command::Disclosure(case, command);
    let submit = disclosure(disclosure::Command::Submit { details });
    teller.act(age, 9, Actor::Person(by), submit);
    let manager_login = if n.is_multiple_of(2) { "shen" } else { "qin" };
    let manager = teller.officer(manager_login);
    if age < 6 {
        return false;
    }
    if n % 41 == 7 {
        let reason = "缺少与最接近工作的对比数据，请补充后再提交。".to_owned();
        teller.act(
            age - 3,
            10,
            manager,
            disclosure(disclosure::Command::Return { reason }),
        );
        return false;
    }
    if n % 53 == 9 {
        let reason = "属于个人业余完成，与本职任务和学校条件无关，不是职务科技成果。".to_owned();
        teller.act(
            age - 3,
            10,
            manager,
            disclosure(disclosure::Command::Decline { reason }),
        );
        return false;
    }
    let holder = manager.person().unwrap_or(by);
    teller.act(
        age - 3,
        10,
        manager.clone(),
        disclosure(disclosure::Command::Accept { manager: holder }),
    );
    confirm(teller, n, age, (case, people), &manager);
    if age < 25 {
        return false;
    }
    assess(teller, n, age, case, &manager);
    if age < 46 || n % 17 == 4 {
        return false;
    }
    protect(teller, n, age, (case, people, kind), &manager);
    age >= 60
}

fn confirm(
    teller: &mut Teller,
    n: usize,
    age: i64,
    (case, people): (CaseId, &[PersonId]),
    manager: &Actor,
) {
    for (place, person) in people.iter().enumerate().skip(1) {
        let open = n % 9 == 5 && place + 1 == people.len();
        if open {
            if n % 18 == 5 {
                let reason = "贡献说明漏了中试线调试，份额应为20%。".to_owned();
                let command = disclosure::Command::ObjectShare { reason };
                let since = (age - 5).min(4);
                teller.act_for(
                    since,
                    11,
                    manager.clone(),
                    *person,
                    Command::Disclosure(case, command),
                );
            }
            continue;
        }
        let paper = teller.paper("signed");
        let command = Command::Disclosure(case, disclosure::Command::ConfirmShare { paper });
        teller.act_for(age - 4, 11, manager.clone(), *person, command);
    }
}

fn assess(teller: &mut Teller, n: usize, age: i64, case: CaseId, manager: &Actor) {
    let conclusion = if n % 13 == 6 {
        Conclusion::KnowHow
    } else {
        Conclusion::File
    };
    let command = assessment::Command::Conclude {
        conclusion,
        evaluator: "技术转移中心".to_owned(),
        readiness: u8::try_from(3 + n % 7).unwrap_or(6),
        market: "省内已有三家企业表示兴趣，主要用于替代进口。".to_owned(),
        summary: "与最接近的现有技术相比区别清楚，有可预见的受让方。".to_owned(),
        report: teller.paper("report"),
    };
    teller.act(
        age - 18,
        14,
        manager.clone(),
        Command::Assessment(case, command),
    );
}

fn protect(
    teller: &mut Teller,
    n: usize,
    age: i64,
    (case, people, kind): (CaseId, &[PersonId], ResultKind),
    manager: &Actor,
) {
    let know_how = n % 13 == 6;
    let kind = if know_how { ResultKind::KnowHow } else { kind };
    let filed = teller.day(age - 44);
    let number = match kind {
        ResultKind::KnowHow => String::new(),
        ResultKind::Software => format!("{}SR{:06}", filed.year(), 100_000 + n * 37),
        ResultKind::UtilityModel => format!("CN{:09}U", 219_000_000 + n * 1013),
        _ => format!("CN{:09}A", 119_000_000 + n * 1013),
    };
    let paper = teller.paper("certificate");
    let protection = |command| Command::Protection(case, command);
    teller.act(
        age - 45,
        15,
        manager.clone(),
        protection(protection::Command::RecordRight {
            right: RightId(id()),
            kind: kind.right().unwrap_or(RightKind::KnowHow),
            number,
            filed,
            granted: None,
            owners: "云泽大学".to_owned(),
            paper,
        }),
    );
    if n.is_multiple_of(3) {
        let paid_by = match people.first() {
            Some(person) if n.is_multiple_of(12) => PaidBy::Inventor { person: *person },
            _ => PaidBy::University,
        };
        teller.act(
            age - 45,
            16,
            manager.clone(),
            protection(protection::Command::RecordCost {
                kind: CostKind::Maintenance,
                amount: Money::from_fen(86_000 + i64::try_from(n * 1300).unwrap_or(0)),
                paid_on: teller.day(age - 45),
                paid_by,
                voucher: format!("记-{:05}", 1000 + n),
                paper: None,
            }),
        );
    }
    if n.is_multiple_of(2) {
        let low = 30_000_000 + i64::try_from(n * 1_234_500).unwrap_or(0);
        let note = valuation::Command::Note {
            method: valuation::Method::Income,
            low: Money::from_fen(low),
            high: Money::from_fen(low * 2),
            basis: "按同类许可费率3%至5%、五年可预见销售额测算。".to_owned(),
            paper: None,
        };
        teller.act(
            age - 50,
            15,
            manager.clone(),
            Command::Valuation(case, note),
        );
    }
}
