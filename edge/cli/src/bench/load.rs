//! The load: cases and deals told by real commands, group by group.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dukou_chain::assessment::{self, Conclusion};
use dukou_chain::deal::{self, Appraisal, Terms};
use dukou_chain::disclosure::{self, Details, PriorWork, Secrecy};
use dukou_chain::people::{PersonKind, Role};
use dukou_chain::protection::{self, CostKind, PaidBy};
use dukou_chain::terms::{
    Attachment, Contributor, Disclosed, Funding, Mode, Party, PartyKind, PartySize, Pricing,
    PriorKind, ResultKind, RightKind,
};
use dukou_chain::whole::{Command, closing};
use dukou_chain::{agreement, distribution, income, institution, matching, valuation};
use dukou_journal::Actor;
use dukou_kernel::{
    CaseId, Date, DealId, InstitutionId, Money, PersonId, ReceiptId, RightId, Share, UnitId,
};
use dukou_rules::SchoolPolicy;
use dukou_store::{Config, Envelope, Store, Value};
use dukou_web::accounts::{self, NewPerson};
use serde::{Deserialize, Serialize};

use super::text;
use crate::demo::titles;

/// Who acts in the load; kept beside the data, so that a folder can be used again.
#[derive(Clone, Serialize, Deserialize)]
pub struct Cast {
    /// Whose journal.
    pub institution: InstitutionId,
    /// Office head, who looks at the pages.
    pub head: PersonId,
    managers: Vec<PersonId>,
    approver: PersonId,
    finance: PersonId,
    people: Vec<PersonId>,
    unit: UnitId,
    paper: Attachment,
    /// Cases told so far.
    cases: usize,
}

impl Cast {
    /// Who proposes.
    pub fn manager(&self) -> PersonId {
        self.managers.first().copied().unwrap_or(self.head)
    }

    /// Who approves.
    pub fn approver(&self) -> PersonId {
        self.approver
    }

    /// Who receives and pays.
    pub fn finance(&self) -> PersonId {
        self.finance
    }

    /// How many cases lie in the load.
    pub fn told(&self) -> usize {
        self.cases
    }
}

/// Commands in one transaction while the load is built.
const GROUP: usize = 500;

fn memo(config: &Config) -> PathBuf {
    config.data_dir.join("bench.json")
}

/// Builds the load, or takes up the one that lies there.
///
/// # Errors
/// When the folder holds something else or cannot be written.
pub fn build(config: &Config, cases: usize) -> Result<Cast, String> {
    let store = Store::open(config.clone()).map_err(text)?;
    let known = store.institutions().map_err(text)?;
    let mut cast = match std::fs::read_to_string(memo(config)) {
        Ok(json) if !known.is_empty() => {
            let cast: Cast = serde_json::from_str(&json).map_err(text)?;
            eprintln!(
                "bench: going on with the {} cases that lie there",
                cast.cases
            );
            cast
        }
        _ if known.is_empty() => found(&store)?,
        _ => return Err("the data folder holds another institution; give an empty one".to_owned()),
    };
    let began = std::time::Instant::now();
    let mut group = Vec::new();
    while cast.cases < cases {
        group.extend(script(&cast, cast.cases, store.today()));
        cast.cases += 1;
        if group.len() >= GROUP || cast.cases == cases {
            let commands: Vec<String> = group
                .iter()
                .map(|it: &Envelope| it.command.name())
                .collect();
            store
                .execute_all(std::mem::take(&mut group))
                .map_err(|(at, why)| {
                    format!("{}: {why}", commands.get(at).cloned().unwrap_or_default())
                })?;
        }
        if cast.cases % 5_000 == 0 {
            let rate = cast.cases as f64 / began.elapsed().as_secs_f64();
            eprintln!("bench: {} cases, {rate:.0} per second", cast.cases);
        }
    }
    save(config, &cast)?;
    Ok(cast)
}

fn save(config: &Config, cast: &Cast) -> Result<(), String> {
    std::fs::write(memo(config), serde_json::to_string(cast).map_err(text)?).map_err(text)
}

/// The scripts of the next cases; they are counted as told.
///
/// # Errors
/// When the folder cannot be written.
pub fn next(config: &Config, cast: &mut Cast, cases: usize) -> Result<Vec<Vec<Envelope>>, String> {
    let today = config.clock.today();
    let scripts = (cast.cases..cast.cases + cases)
        .map(|n| script(cast, n, today))
        .collect();
    cast.cases += cases;
    save(config, cast)?;
    Ok(scripts)
}

fn found(store: &Store) -> Result<Cast, String> {
    let institution = InstitutionId(uuid::Uuid::now_v7());
    let unit = UnitId(uuid::Uuid::now_v7());
    let setup = || Actor::System("bench".to_owned());
    let from = store.today().saturating_sub(jiff::Span::new().years(5));
    let profile = institution::Profile {
        name_zh: "云泽大学".to_owned(),
        name_en: "Yunze University".to_owned(),
        prefix: "YZ".to_owned(),
        jurisdiction: "CN".to_owned(),
        state_established: true,
        central_unit: false,
        contact: "技术转移中心，电话 000-6600 0016".to_owned(),
    };
    let mut acts: Vec<Envelope> = [
        institution::Command::Found { profile, law: None },
        institution::Command::AddUnit {
            unit,
            name_zh: "材料学院".to_owned(),
            name_en: "School of Materials".to_owned(),
        },
        institution::Command::AdoptPolicy {
            from,
            policy: SchoolPolicy::example().into(),
            paper: None,
        },
    ]
    .map(|it| Envelope::new(institution, setup(), Command::Institution(it)))
    .into();
    let mut enrol = |n: usize, role: Role| {
        let id = PersonId(uuid::Uuid::now_v7());
        let person = NewPerson {
            id,
            name: format!("{}{n}", role.label().zh),
            staff_no: format!("{}{n:05}", role.code()),
            kind: PersonKind::Staff,
            unit: Some(unit),
            posts: Vec::new(),
            roles: vec![role],
        };
        acts.extend(accounts::registration(institution, &setup(), &person));
        id
    };
    let head = enrol(0, Role::OfficeHead);
    let approver = enrol(0, Role::Approver);
    let finance = enrol(0, Role::Finance);
    let managers = (0..10).map(|n| enrol(n, Role::Manager)).collect();
    let people = (0..2_000).map(|n| enrol(n, Role::Inventor)).collect();
    store
        .execute_all(acts)
        .map_err(|(_, why)| why.to_string())?;
    let meta = store
        .put_file("paper.pdf", &titles::paper("bench"))
        .map_err(text)?;
    let params: [Value; 7] = [
        institution.to_string().into(),
        meta.hash.clone().into(),
        "paper.pdf".into(),
        meta.media.into(),
        i64::try_from(meta.size).unwrap_or(0).into(),
        store.now_ms().into(),
        "bench".into(),
    ];
    store
        .write(move |db| db.exec("INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7)", &params))
        .map_err(text)?;
    Ok(Cast {
        institution,
        head,
        managers,
        approver,
        finance,
        people,
        unit,
        paper: Attachment {
            file: meta.hash.parse()?,
            name: "paper.pdf".to_owned(),
        },
        cases: 0,
    })
}

/// Every command of the n-th case, in order. Two cases in three come to a deal;
/// how far it goes depends on n.
fn script(cast: &Cast, n: usize, today: Date) -> Vec<Envelope> {
    let mut teller = Teller {
        cast,
        n,
        today,
        out: Vec::with_capacity(20),
    };
    teller.case();
    teller.out
}

struct Teller<'a> {
    cast: &'a Cast,
    n: usize,
    today: Date,
    out: Vec<Envelope>,
}

impl Teller<'_> {
    fn pick(&self, from: &[PersonId], at: usize) -> PersonId {
        from.get(at % from.len().max(1))
            .copied()
            .unwrap_or(self.cast.head)
    }

    fn give(&mut self, by: PersonId, command: Command) {
        let key = format!("{}-{}", self.n, self.out.len());
        self.out.push(Envelope {
            key: Some(key),
            ..Envelope::new(self.cast.institution, Actor::Person(by), command)
        });
    }

    fn case(&mut self) {
        let n = self.n;
        let case = CaseId(uuid::Uuid::now_v7());
        let (first, second) = (
            self.pick(&self.cast.people, n * 7),
            self.pick(&self.cast.people, n * 7 + 3),
        );
        let manager = self.pick(&self.cast.managers, n);
        let about = |command| Command::Disclosure(case, command);
        let details = self.details(first, second);
        self.give(first, about(disclosure::Command::Submit { details }));
        self.give(manager, about(disclosure::Command::Accept { manager }));
        if n % 10 == 9 {
            return;
        }
        let yes = disclosure::Command::ConfirmShare { paper: None };
        self.give(second, about(yes));
        let conclude = assessment::Command::Conclude {
            conclusion: Conclusion::File,
            evaluator: "技术转移中心".to_owned(),
            readiness: u8::try_from(3 + n % 7).unwrap_or(6),
            market: "省内已有三家企业表示兴趣，主要用于替代进口。".to_owned(),
            summary: "与最接近的现有技术相比区别清楚，有可预见的受让方。".to_owned(),
            report: None,
        };
        self.give(manager, Command::Assessment(case, conclude));
        self.rights(case, manager);
        if n % 3 != 2 {
            self.deal(case, manager, [first, second]);
        }
    }

    fn details(&self, first: PersonId, second: PersonId) -> Details {
        let n = self.n;
        let part = |person, share, main| Contributor {
            person,
            role: "提出技术路线".to_owned(),
            share: Share::percent(share),
            main,
        };
        Details {
            title: titles::title(n),
            kind: ResultKind::Invention,
            secrecy: Secrecy::No,
            nearest: vec![PriorWork {
                kind: PriorKind::Paper,
                text: titles::nearest(n),
            }],
            novelty: titles::novelty(n),
            contributors: vec![part(first, 60, true), part(second, 40, false)],
            funding: vec![Funding::National],
            funding_note: String::new(),
            disclosed: Disclosed::No,
            disclosed_on: None,
            unit: Some(self.cast.unit),
            evidence: Vec::new(),
        }
    }

    fn rights(&mut self, case: CaseId, manager: PersonId) {
        let n = self.n;
        let filed = jiff::civil::date(2026, 1, 5);
        let right = protection::Command::RecordRight {
            right: RightId(uuid::Uuid::now_v7()),
            kind: RightKind::Invention,
            number: format!("CN1{n:08}A"),
            filed,
            granted: None,
            owners: "云泽大学".to_owned(),
            paper: None,
        };
        self.give(manager, Command::Protection(case, right));
        let cost = protection::Command::RecordCost {
            kind: CostKind::Maintenance,
            amount: Money::from_fen(86_000),
            paid_on: filed,
            paid_by: PaidBy::University,
            voucher: format!("记-{n:06}"),
            paper: None,
        };
        self.give(manager, Command::Protection(case, cost));
        let note = valuation::Command::Note {
            method: valuation::Method::Income,
            low: Money::from_fen(30_000_000),
            high: Money::from_fen(60_000_000),
            basis: "按同类许可费率3%至5%、五年可预见销售额测算。".to_owned(),
            paper: None,
        };
        self.give(manager, Command::Valuation(case, note));
        let note = closing::Command::Note {
            text: "电话联系企业，约下周看样。".to_owned(),
            files: Vec::new(),
        };
        self.give(manager, Command::CaseClosing(case, note));
    }

    fn deal(&mut self, case: CaseId, manager: PersonId, team: [PersonId; 2]) {
        let n = self.n;
        let deal = DealId(uuid::Uuid::now_v7());
        let price = 20_000_000 + i64::try_from(n * 8_377_700 % 500_000_000).unwrap_or(0);
        let open = matching::Command::Open {
            cases: vec![case],
            mode: Mode::Transfer,
            party: Party {
                name: titles::company(n),
                uscc: None,
                kind: PartyKind::Private,
                size: PartySize::Medium,
            },
            asking: Some(Money::from_fen(price)),
            note: "在成果对接会上接触，对方希望用于现有产线改造。".to_owned(),
        };
        self.give(manager, Command::Matching(deal, open));
        let agree = deal::Command::AgreeTerms {
            terms: Terms {
                mode: Mode::Transfer,
                licence: None,
                territory: "境内".to_owned(),
                term_years: None,
                price: Money::from_fen(price),
                royalty: None,
                royalty_base: String::new(),
                equity: None,
                pricing: Pricing::Listing,
                schedule: Vec::new(),
                weights: BTreeMap::new(),
            },
            paper: None,
        };
        self.give(manager, Command::Negotiation(deal, agree));
        if n % 7 == 6 {
            return;
        }
        for person in team {
            let none = deal::Command::DeclareInterest {
                related: false,
                note: String::new(),
                paper: None,
            };
            self.give(person, Command::Negotiation(deal, none));
        }
        self.contract(deal, manager);
        if n % 7 != 5 {
            self.money(deal, manager, price);
        }
    }

    fn contract(&mut self, deal: DealId, manager: PersonId) {
        let decide = deal::Command::Decide {
            meeting: format!("校长办公会第{}次", 1 + self.n % 24),
            held: self.today,
            approved: true,
            appraisal: Appraisal::Waived,
            appraised: None,
            note: "同意按条款办理。".to_owned(),
            minutes: self.cast.paper.clone(),
        };
        self.give(self.cast.approver, Command::Negotiation(deal, decide));
        let sign = agreement::Command::Sign {
            contract_no: format!("YZHT-{:07}", self.n),
            signed: self.today,
            paper: self.cast.paper.clone(),
            export_approval: None,
            export: None,
        };
        self.give(manager, Command::Agreement(deal, sign));
    }

    fn money(&mut self, deal: DealId, manager: PersonId, price: i64) {
        let receipt = ReceiptId(uuid::Uuid::now_v7());
        let receive = income::Command::Receive {
            receipt,
            received: self.today,
            amount: Money::from_fen(price / 5 * 2),
            payer: titles::company(self.n),
            bank_ref: format!("BK{:09}", self.n),
            paper: None,
        };
        self.give(self.cast.finance, Command::Income(deal, receive));
        let propose = distribution::Command::Propose { receipt };
        self.give(manager, Command::Distribution(deal, propose));
        if self.n % 5 == 4 {
            return;
        }
        let approve = distribution::Command::Approve {
            receipt,
            note: "同意。".to_owned(),
        };
        self.give(self.cast.approver, Command::Distribution(deal, approve));
    }
}
