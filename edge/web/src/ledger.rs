//! From an office's ledger to commands: the same way for the command line and
//! the browser. Nothing is imported twice: rights and contracts are known by
//! their numbers, receipts and distributions by keys that are the same in
//! every run.

use std::collections::{BTreeMap, HashMap, HashSet};

use dukou_chain::history::{
    CaseCommand, DealCommand, Origin, PastCase, PastDeal, PastDistribution, PastReceipt,
};
use dukou_chain::institution;
use dukou_chain::people::PersonKind;
use dukou_chain::terms::{
    Contributor, LicenceKind, Mode, Party, PartyKind, PartySize, Pricing, ResultKind,
};
use dukou_chain::whole::{Command, State};
use dukou_chain::{agreement, protection};
use dukou_intake::{Batch, Known, Mapping, Place, contract_key, title_key};
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{
    BatchId, CaseId, Date, DealId, InstitutionId, Money, PersonId, ReceiptId, Share, UnitId,
};
use dukou_store::{Db, Envelope, Fault, Store, Value};
use sha2::{Digest, Sha256};

use crate::accounts::{self, NewPerson};

/// What the system has already.
#[derive(Default)]
pub struct InSystem {
    rights: HashMap<String, CaseId>,
    /// Imported cases without a number, by title.
    titles: HashMap<String, CaseId>,
    contracts: HashMap<String, DealId>,
    receipts: HashSet<String>,
    distributions: HashSet<String>,
    /// Prices by contract.
    prices: HashMap<String, Money>,
    /// Receipts by contract, where all of them were imported and none was refunded or
    /// reversed since.
    received: HashMap<String, Option<Vec<(Date, Money)>>>,
}

impl Known for InSystem {
    fn right(&self, number: &str) -> bool {
        self.rights.contains_key(&protection::normal_number(number))
    }

    fn title(&self, title: &str) -> bool {
        self.titles.contains_key(title)
    }

    fn contract(&self, key: &str) -> bool {
        self.contracts
            .contains_key(&agreement::contract_claim(key).value)
    }

    fn price(&self, key: &str) -> Option<Money> {
        let claim = agreement::contract_claim(key).value;
        self.prices.get(&claim).copied()
    }

    fn received(&self, key: &str) -> Option<Vec<(Date, Money)>> {
        let claim = agreement::contract_claim(key).value;
        self.received.get(&claim).cloned().flatten()
    }

    fn receipt(&self, key: &str) -> bool {
        self.receipts.contains(&receipt_id(key).to_string())
    }

    fn distribution(&self, key: &str) -> bool {
        self.distributions.contains(key)
    }
}

/// The id of an imported receipt, the same in every run.
fn receipt_id(key: &str) -> ReceiptId {
    let digest = Sha256::digest(format!("dukou receipt\n{key}").as_bytes());
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    ReceiptId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Reads what an institution has already.
///
/// # Errors
/// When the database cannot be read.
pub fn in_system(store: &Store, institution: InstitutionId) -> Result<InSystem, Fault> {
    let key = [Value::from(institution.to_string())];
    store.read(|db| {
        let mut known = InSystem::default();
        db.each(
            "SELECT kind, value, stream FROM claim WHERE institution = $1 AND kind IN ('right', 'contract')",
            &key,
            &mut |row| {
                match row.text(2).parse() {
                    Ok(StreamId::Case(case)) if row.text(0) == "right" => {
                        known.rights.insert(row.text(1).to_owned(), case);
                    }
                    Ok(StreamId::Deal(deal)) if row.text(0) == "contract" => {
                        known.contracts.insert(row.text(1).to_owned(), deal);
                    }
                    _ => {}
                }
                Ok(())
            },
        )?;
        db.each(
            "SELECT id, title FROM case_view WHERE institution = $1 AND history = 1 AND right_number = ''",
            &key,
            &mut |row| {
                if let Ok(case) = row.text(0).parse() {
                    known.titles.insert(title_key(row.text(1)), case);
                }
                Ok(())
            },
        )?;
        read_money(db, &key, &mut known)?;
        db.each("SELECT id FROM receipt_view WHERE institution = $1 AND history = 1", &key, &mut |row| {
            known.receipts.insert(row.text(0).to_owned());
            Ok(())
        })?;
        db.each(
            "SELECT bytes FROM journal WHERE institution = $1 AND kind = 'history.distribution_imported.v1'",
            &key,
            &mut |row| {
                let entry: serde_json::Value = serde_json::from_str(row.text(0)).unwrap_or_default();
                if let Some(done) = entry.pointer("/body/key").and_then(serde_json::Value::as_str) {
                    known.distributions.insert(done.to_owned());
                }
                Ok(())
            },
        )?;
        Ok(known)
    })
}

/// Prices and receipts of the contracts, for a ledger that comes again with other ones.
fn read_money(db: &mut dyn Db, key: &[Value], known: &mut InSystem) -> Result<(), Fault> {
    db.each(
        "SELECT contract_no, price_minor FROM deal_view WHERE institution = $1 AND history = 1",
        key,
        &mut |row| {
            let claim = agreement::contract_claim(row.text(0)).value;
            known.received.insert(claim.clone(), Some(Vec::new()));
            known.prices.insert(claim, Money::from_fen(row.int(1)));
            Ok(())
        },
    )?;
    db.each(
        "SELECT d.contract_no, r.received, r.amount_minor, r.refunded_minor, r.standing FROM receipt_view r JOIN deal_view d ON d.institution = r.institution AND d.id = r.deal WHERE r.institution = $1 AND d.history = 1",
        key,
        &mut |row| {
            let claim = agreement::contract_claim(row.text(0)).value;
            let plain = row.text(4) == "history" && row.int(3) == 0;
            let day = row.text(1).parse().ok().filter(|_| plain);
            let paid = known.received.entry(claim).or_default();
            match (paid.as_mut(), day) {
                (Some(paid), Some(day)) => paid.push((day, Money::from_fen(row.int(2)))),
                _ => *paid = None,
            }
            Ok(())
        },
    )
}

/// Column mappings that people corrected before.
///
/// # Errors
/// When the database cannot be read.
pub fn saved_mappings(store: &Store, institution: InstitutionId) -> Result<Vec<Mapping>, Fault> {
    let rows = store.read(|db| {
        db.rows(
            "SELECT mapping FROM import_mapping WHERE institution = $1",
            &[institution.to_string().into()],
        )
    })?;
    Ok(rows
        .iter()
        .filter_map(|row| serde_json::from_str(row.text(0)).ok())
        .collect())
}

/// Turns the good rows of a batch into commands.
struct Maker<'a> {
    batch: &'a Batch,
    id: BatchId,
    institution: InstitutionId,
    actor: Actor,
    known: &'a InSystem,
    units: HashMap<String, UnitId>,
    people: HashMap<(String, Option<UnitId>), PersonId>,
    roster: HashMap<String, Vec<(PersonId, Option<UnitId>)>>,
    cases: BTreeMap<String, CaseId>,
    /// Cases without a number, by title.
    titled: BTreeMap<String, CaseId>,
    case_people: HashMap<CaseId, Vec<(String, PersonId)>>,
    deals: HashMap<String, DealId>,
    deal_cases: HashMap<DealId, Vec<CaseId>>,
    out: Vec<Envelope>,
}

/// Commands for every good row that is not in the system yet.
///
/// # Errors
/// When the database cannot be read.
pub fn commands(
    store: &Store,
    institution: InstitutionId,
    actor: &Actor,
    batch: &Batch,
    known: &InSystem,
) -> Result<Vec<Envelope>, Fault> {
    let mut maker = Maker {
        batch,
        id: BatchId(uuid::Uuid::now_v7()),
        institution,
        actor: actor.clone(),
        known,
        units: units(store, institution)?,
        people: HashMap::new(),
        roster: roster(store, institution)?,
        cases: BTreeMap::new(),
        titled: BTreeMap::new(),
        case_people: HashMap::new(),
        deals: HashMap::new(),
        deal_cases: HashMap::new(),
        out: Vec::new(),
    };
    for row in batch
        .accepted
        .achievements
        .iter()
        .filter(|row| !row.already)
    {
        maker.achievement(row);
    }
    for row in batch
        .accepted
        .contracts
        .iter()
        .filter(|it| !it.already && it.waits_for.is_empty())
    {
        maker.contract(row);
    }
    for row in batch
        .accepted
        .receipts
        .iter()
        .filter(|it| !it.already && it.waits_for.is_none())
    {
        maker.receipt(row);
    }
    let distributions = batch.accepted.distributions.iter();
    for row in distributions.filter(|it| !it.already && it.waits_for.is_none()) {
        maker.distribution(row);
    }
    Ok(maker.out)
}

fn units(store: &Store, institution: InstitutionId) -> Result<HashMap<String, UnitId>, Fault> {
    let (_, state) = store.state(institution, StreamId::Institution)?;
    let State::Institution(it) = state.as_ref() else {
        return Ok(HashMap::new());
    };
    Ok(it
        .units
        .iter()
        .map(|(id, (zh, _))| (zh.clone(), *id))
        .collect())
}

type Roster = HashMap<String, Vec<(PersonId, Option<UnitId>)>>;

fn roster(store: &Store, institution: InstitutionId) -> Result<Roster, Fault> {
    let rows = store.read(|db| {
        db.rows(
            "SELECT s.text, v.id, v.unit FROM person_view v JOIN sealed s ON s.institution = v.institution AND s.subject = v.id AND s.field = 'name' WHERE v.institution = $1 AND v.kind <> 'service'",
            &[institution.to_string().into()],
        )
    })?;
    let mut roster = Roster::new();
    for row in rows {
        if let Ok(id) = row.text(1).parse() {
            let unit = row.text(2).parse().ok();
            roster
                .entry(row.text(0).to_owned())
                .or_default()
                .push((id, unit));
        }
    }
    Ok(roster)
}

/// The mode as the ledger words it.
fn mode(text: &str) -> (Mode, Option<LicenceKind>) {
    if text.contains("许可") {
        let kind = if text.contains("独占") {
            Some(LicenceKind::Exclusive)
        } else if text.contains("排他") {
            Some(LicenceKind::Sole)
        } else if text.contains("普通") || text.contains("非独占") {
            Some(LicenceKind::NonExclusive)
        } else {
            None
        };
        (Mode::Licence, kind)
    } else if text.contains("作价") || text.contains("入股") || text.contains("投资") {
        (Mode::Equity, None)
    } else if text.contains("转让") || text.contains("出让") {
        (Mode::Transfer, None)
    } else {
        (Mode::Other, None)
    }
}

fn pricing(text: &str) -> Option<Pricing> {
    if text.contains("协议") {
        Some(Pricing::Agreement)
    } else if text.contains("挂牌") {
        Some(Pricing::Listing)
    } else if text.contains("拍卖") {
        Some(Pricing::Auction)
    } else {
        None
    }
}

/// The kind of an imported achievement; the reader took no row whose kind is unknown.
fn result_kind(words: Option<&str>, number: &str) -> ResultKind {
    dukou_intake::right_kind(words, number).map_or(ResultKind::None, ResultKind::from)
}

impl Maker<'_> {
    fn send(&mut self, command: Command) {
        self.out
            .push(Envelope::new(self.institution, self.actor.clone(), command));
    }

    fn origin(&self, place: Place) -> Origin {
        let sheet = self.batch.sheets.get(place.sheet);
        Origin {
            batch: self.id,
            file: sheet.map(|it| it.file.clone()).unwrap_or_default(),
            sheet: sheet.map(|it| it.sheet.clone()).unwrap_or_default(),
            row: u32::try_from(place.row).unwrap_or(u32::MAX),
        }
    }

    fn unit(&mut self, name: &str) -> UnitId {
        if let Some(known) = self.units.get(name) {
            return *known;
        }
        let unit = UnitId(uuid::Uuid::now_v7());
        self.units.insert(name.to_owned(), unit);
        self.send(Command::Institution(institution::Command::AddUnit {
            unit,
            name_zh: name.to_owned(),
            name_en: String::new(),
        }));
        unit
    }

    /// The person of this name in this unit: the roster's when there is exactly
    /// one, else one that this import registers.
    fn person(&mut self, name: &str, unit: Option<UnitId>) -> PersonId {
        let key = (name.to_owned(), unit);
        if let Some(known) = self.people.get(&key) {
            return *known;
        }
        let mut fitting = self
            .roster
            .get(name)
            .into_iter()
            .flatten()
            .filter(|(_, at)| *at == unit);
        let only = match (fitting.next(), fitting.next()) {
            (Some((id, _)), None) => Some(*id),
            _ => None,
        };
        let id = only.unwrap_or_else(|| {
            let person = NewPerson {
                id: PersonId(uuid::Uuid::now_v7()),
                name: name.to_owned(),
                staff_no: String::new(),
                kind: PersonKind::Staff,
                unit,
                posts: Vec::new(),
                roles: Vec::new(),
            };
            self.out.extend(accounts::registration(
                self.institution,
                &self.actor,
                &person,
            ));
            person.id
        });
        self.people.insert(key, id);
        id
    }

    fn achievement(&mut self, row: &dukou_intake::Achievement) {
        let unit = row.college.as_deref().map(|name| self.unit(name));
        let case = CaseId(uuid::Uuid::now_v7());
        let mut named = Vec::new();
        let mut contributors: Vec<Contributor> = Vec::new();
        for (place, name) in row.inventors.iter().enumerate() {
            let person = self.person(name, unit);
            named.push((name.clone(), person));
            // Where the ledger has no shares, they are not given: zero, to be filled in.
            let share = row.shares.as_ref().and_then(|it| it.get(place)).copied();
            contributors.push(Contributor {
                person,
                role: String::new(),
                share: share.unwrap_or(Share::ZERO),
                main: false,
            });
        }
        let past = PastCase {
            title: row.title.clone(),
            kind: result_kind(row.right_kind.as_deref(), &row.number),
            right_number: row.number.clone(),
            contributors,
            unit,
            filed: row.filed,
            granted: row.granted,
            origin: self.origin(row.place),
        };
        if row.number.is_empty() {
            self.titled.insert(title_key(&row.title), case);
        } else {
            self.cases.insert(row.number.clone(), case);
        }
        self.case_people.insert(case, named);
        self.send(Command::CaseHistory(case, CaseCommand::Import { past }));
    }

    fn case_of(&self, number: &str) -> Option<CaseId> {
        let in_system = || self.known.rights.get(&protection::normal_number(number));
        self.cases.get(number).or_else(in_system).copied()
    }

    fn contract(&mut self, row: &dukou_intake::Contract) {
        let deal = DealId(uuid::Uuid::now_v7());
        let numbered = row.numbers.iter().filter_map(|it| self.case_of(it));
        let titled = row.titles.iter().filter_map(|it| {
            let key = title_key(it);
            let in_system = || self.known.titles.get(&key);
            self.titled.get(&key).or_else(in_system).copied()
        });
        let mut cases: Vec<CaseId> = numbered.chain(titled).collect();
        cases.dedup();
        let (mode, licence) = mode(row.mode.as_deref().unwrap_or_default());
        let past = PastDeal {
            contract_no: row.no.clone(),
            cases: cases.clone(),
            mode,
            licence,
            party: Party {
                name: row.firm.clone().unwrap_or_else(|| "未填".to_owned()),
                uscc: row.uscc.clone(),
                kind: PartyKind::Unknown,
                size: PartySize::Unknown,
            },
            amount: row.amount,
            signed: row.signed,
            pricing: row.pricing.as_deref().and_then(pricing),
            origin: self.origin(row.place),
        };
        self.deals.insert(contract_key(&row.no), deal);
        self.deal_cases.insert(deal, cases);
        self.send(Command::DealHistory(deal, DealCommand::Contract { past }));
    }

    fn deal_of(&self, no: &str) -> Option<DealId> {
        let claim = agreement::contract_claim(no).value;
        let in_system = || self.known.contracts.get(&claim);
        self.deals
            .get(&contract_key(no))
            .or_else(in_system)
            .copied()
    }

    fn receipt(&mut self, row: &dukou_intake::Receipt) {
        let Some(deal) = self.deal_of(&row.no) else {
            return;
        };
        let past = PastReceipt {
            receipt: receipt_id(&row.key),
            received: row.date,
            amount: row.amount,
            payer: row.payer.clone().unwrap_or_default(),
            origin: self.origin(row.place),
        };
        self.send(Command::DealHistory(deal, DealCommand::Receipt { past }));
    }

    fn distribution(&mut self, row: &dukou_intake::Distribution) {
        let Some(deal) = self.deal_of(&row.no) else {
            return;
        };
        let cases = self.deal_cases.get(&deal).cloned().unwrap_or_default();
        let mut people = Vec::new();
        for (name, amount) in &row.persons {
            let of_cases = cases
                .iter()
                .filter_map(|case| self.case_people.get(case))
                .flatten()
                .find(|(known, _)| known == name)
                .map(|(_, person)| *person);
            let person = match of_cases {
                Some(person) => person,
                None => self.person(name, None),
            };
            people.push((person, *amount));
        }
        let mut pools: Vec<(String, Money)> = Vec::new();
        for (name, amount) in [
            ("team", row.team),
            ("college", row.college),
            ("university", row.university),
        ] {
            pools.extend(amount.map(|it| (name.to_owned(), it)));
        }
        pools.extend(row.others.iter().cloned());
        let sum = Money::sum(pools.iter().map(|(_, it)| *it)).unwrap_or_default();
        let past = PastDistribution {
            net: row.net.unwrap_or(sum),
            pools,
            people,
            key: row.key.clone(),
            origin: self.origin(row.place),
        };
        self.send(Command::DealHistory(
            deal,
            DealCommand::Distribution { past },
        ));
    }
}
