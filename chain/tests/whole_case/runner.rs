//! A small world in memory: it loads what a decision needs, takes its events
//! in, and keeps the books, as the store does with a database.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dukou_chain::contract::{Claim, Context, Need, NewEvent, States};
use dukou_chain::whole::{self, Case, Command, Deal, Event, State};
use dukou_journal::{Actor, Entry, Meta, StreamId};
use dukou_kernel::{CaseId, Date, DealId, InstitutionId, Money, PersonId, ReceiptId, Refusal};
use dukou_ledger::{Account, Balances, Posting};
use dukou_rules::SchoolPolicy;
use serde_json::{Value, json};

/// Two inventors, and everybody whom a case passes.
pub const LI: u128 = 1;
pub const WANG: u128 = 2;
pub const MANAGER: u128 = 3;
pub const HEAD: u128 = 4;
pub const APPROVER: u128 = 5;
pub const FINANCE: u128 = 6;

pub fn id(number: u128) -> String {
    uuid::Uuid::from_u128(number).to_string()
}
pub fn person(number: u128) -> PersonId {
    PersonId(uuid::Uuid::from_u128(number))
}
pub fn receipt(number: u128) -> ReceiptId {
    ReceiptId(uuid::Uuid::from_u128(number))
}
pub fn yuan(amount: i64) -> i64 {
    amount * 100
}
pub fn paper() -> Value {
    json!({"file": "0".repeat(64), "name": "签字件.pdf"})
}

/// The case and the deal of most tests.
pub const CASE: u128 = 100;
pub const DEAL: u128 = 200;

#[derive(Clone)]
pub struct World {
    pub today: Date,
    streams: HashMap<StreamId, (i64, Arc<State>)>,
    numbers: BTreeMap<String, u32>,
    claims: BTreeMap<Claim, StreamId>,
    pub postings: Vec<(StreamId, Posting)>,
    pub kinds: Vec<&'static str>,
    /// Everything that happened, as it would be stored.
    pub entries: Vec<Entry<'static>>,
    /// Names beside the journal.
    pub names: BTreeMap<PersonId, String>,
    /// Pages that were put away, by their hashes.
    pub papers: BTreeMap<String, String>,
    /// Every command that was not refused, one line of JSON each.
    pub taken: Vec<String>,
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

impl World {
    /// Nothing at all.
    pub fn empty() -> Self {
        Self {
            today: day("2026-09-21"),
            streams: HashMap::new(),
            numbers: BTreeMap::new(),
            claims: BTreeMap::new(),
            postings: Vec::new(),
            kinds: Vec::new(),
            entries: Vec::new(),
            names: BTreeMap::from([
                (person(LI), "李青禾".to_owned()),
                (person(WANG), "王以南".to_owned()),
            ]),
            papers: BTreeMap::new(),
            taken: Vec::new(),
        }
    }

    /// A university with its people and rules, on 21 September 2026.
    pub fn new() -> Self {
        let mut world = Self::empty();
        world.must(
            HEAD,
            json!({"command": "institution.found", "profile": {
                "name_zh": "云舟大学", "name_en": "Yunzhou University", "prefix": "YZ",
                "jurisdiction": "CN", "state_established": true, "central_unit": false,
                "contact": "科技处 010-0000000",
            }}),
        );
        for who in [LI, WANG, MANAGER, HEAD, APPROVER, FINANCE] {
            world.register(who, "staff", json!([]));
        }
        let policy = serde_json::to_value(SchoolPolicy::example()).unwrap();
        world.must(
            HEAD,
            json!({
                "command": "institution.adopt_policy", "from": "2026-01-01", "policy": policy,
            }),
        );
        world
    }

    pub fn register(&mut self, who: u128, kind: &str, posts: Value) {
        self.must(
            HEAD,
            json!({
                "command": "people.register", "person": id(who), "kind": kind, "posts": posts,
                "seals": {"name": format!("seal-{who}"), "number": format!("seal-no-{who}")}, "staff_no_key": format!("no-{who}"),
            }),
        );
    }

    pub fn on(&mut self, text: &str) -> &mut Self {
        self.today = day(text);
        self
    }

    /// Gives a command; its events, or the refusal. A refusal changes nothing.
    pub fn give(&mut self, who: u128, command: Value) -> Result<Vec<Event>, Refusal> {
        self.give_for(who, None, command)
    }

    pub fn give_for(
        &mut self,
        who: u128,
        on_behalf: Option<u128>,
        command: Value,
    ) -> Result<Vec<Event>, Refusal> {
        let read = Command::from_json(command.clone())
            .unwrap_or_else(|error| panic!("{}: {command}", error.message.en));
        assert_eq!(
            Command::from_json(read.to_json()).unwrap(),
            read,
            "a command reads back"
        );
        let ctx = Context {
            actor: Actor::Person(person(who)),
            on_behalf: on_behalf.map(person),
            today: self.today,
            now_ms: 0,
        };
        let mut states = States::default();
        loop {
            let needs = whole::needs(&read, &states, &ctx);
            if needs.is_empty() {
                break;
            }
            for need in needs {
                match need {
                    Need::Stream(stream) => {
                        states.streams.insert(stream, self.load(stream));
                    }
                    Need::Number(series) => {
                        let last = self.numbers.get(&series).copied().unwrap_or(0);
                        states.numbers.insert(series, last + 1);
                    }
                    Need::Claim(claim) => {
                        let holder = self.claims.get(&claim).copied();
                        states.claims.insert(claim, holder);
                    }
                    Need::Name(person) => {
                        let name = self.names.get(&person).cloned().unwrap_or_default();
                        states.names.insert(person, name);
                    }
                }
            }
        }
        let new = whole::decide(&read, &states, &ctx)?;
        let line = json!({
            "on": self.today.to_string(), "by": id(who), "for": on_behalf.map(id),
            "command": read.to_json(),
        });
        self.taken.push(line.to_string());
        Ok(self.take_in(&ctx, new))
    }

    /// A command that the law refuses: as in the store, the attempt stays on the
    /// record, without effect.
    pub fn tried(&mut self, who: u128, command: Value, code: &str) {
        let refusal = self.refused(who, command.clone(), code);
        let read = Command::from_json(command).unwrap();
        let line = json!({
            "on": self.today.to_string(), "by": id(who), "for": null,
            "command": read.to_json(), "refused": refusal.code(),
        });
        self.taken.push(line.to_string());
        let ctx = Context {
            actor: Actor::Person(person(who)),
            on_behalf: None,
            today: self.today,
            now_ms: 0,
        };
        let kept = whole::refused(&read, &refusal).unwrap();
        self.take_in(&ctx, vec![kept]);
    }

    /// Takes in an entry as it lies in a journal, of whatever shape.
    pub fn take_stored(&mut self, entry: Entry<'static>) {
        let event = Event::from_body(&entry.meta.kind, &entry.body).unwrap();
        let (version, state) = self.load(entry.meta.stream);
        let mut state = state.as_ref().clone();
        state.apply(event.clone(), entry.meta.effective);
        let stream = entry.meta.stream;
        self.streams.insert(stream, (version + 1, Arc::new(state)));
        self.numbers.extend(event.numbers());
        for (claim, taken) in event.claims() {
            if taken {
                self.claims.insert(claim, stream);
            } else {
                self.claims.remove(&claim);
            }
        }
        let moved = event.postings().into_iter();
        self.postings.extend(moved.map(|it| (stream, it)));
        self.kinds.push(event.kind());
        self.entries.push(entry);
    }

    fn take_in(&mut self, ctx: &Context, new: Vec<NewEvent>) -> Vec<Event> {
        let mut events = Vec::new();
        for new in new {
            if let Some(paper) = new.paper {
                self.papers.insert(paper.file.file.to_string(), paper.html);
            }
            let (version, state) = self.load(new.stream);
            let meta = Meta {
                institution: InstitutionId(uuid::Uuid::from_u128(9)),
                seq: i64::try_from(self.kinds.len()).unwrap() + 1,
                stream: new.stream,
                version: version + 1,
                kind: new.event.kind().into(),
                actor: ctx.actor.clone(),
                on_behalf: ctx.on_behalf,
                at_ms: 0,
                effective: new.effective.unwrap_or(self.today),
                reason: None,
                corrects: new.corrects,
                key: None,
                request: None,
                clock: Some("test".into()),
            };
            let back = Event::from_body(new.event.kind(), &new.event.to_body()).unwrap();
            assert_eq!(back, new.event, "an event reads back from its stored body");
            let mut state = state.as_ref().clone();
            assert!(state.accepts(&new.event), "{} in its own stream", meta.kind);
            state.apply(new.event.clone(), meta.effective);
            self.streams
                .insert(new.stream, (version + 1, Arc::new(state)));
            self.numbers.extend(new.event.numbers());
            for (claim, taken) in new.event.claims() {
                if taken {
                    self.claims.insert(claim, new.stream);
                } else {
                    self.claims.remove(&claim);
                }
            }
            let moved = new.event.postings();
            self.postings
                .extend(moved.into_iter().map(|it| (new.stream, it)));
            self.kinds.push(new.event.kind());
            self.entries.push(Entry {
                meta,
                body: new.event.to_body().into(),
            });
            events.push(new.event);
        }
        events
    }

    pub fn must(&mut self, who: u128, command: Value) -> Vec<Event> {
        let name = command["command"].clone();
        self.give(who, command)
            .unwrap_or_else(|no| panic!("{name}: {:?}", no.findings))
    }

    /// The command is refused with this code; nothing changes.
    #[track_caller]
    pub fn refused(&mut self, who: u128, command: Value, code: &str) -> Refusal {
        let before = (self.kinds.len(), self.postings.len());
        let name = command["command"].clone();
        match self.give(who, command) {
            Ok(events) => panic!("{name} was not refused: {events:?}"),
            Err(refusal) => {
                let codes: Vec<&str> = refusal.findings.iter().map(|f| f.code.as_str()).collect();
                assert!(
                    codes.contains(&code),
                    "{name}: wanted {code}, got {codes:?}"
                );
                assert_eq!(before, (self.kinds.len(), self.postings.len()));
                refusal
            }
        }
    }

    fn load(&self, stream: StreamId) -> (i64, Arc<State>) {
        let known = self.streams.get(&stream).cloned();
        known.unwrap_or_else(|| (0, Arc::new(State::new(stream))))
    }

    pub fn state(&self, stream: StreamId) -> Arc<State> {
        self.load(stream).1
    }

    /// Another state of a stream, as an older journal may leave it.
    pub fn put(&mut self, stream: StreamId, state: State) {
        let (version, _) = self.load(stream);
        self.streams.insert(stream, (version, Arc::new(state)));
    }

    pub fn stream_ids(&self) -> Vec<StreamId> {
        let mut ids: Vec<StreamId> = self.streams.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    pub fn case(&self) -> Case {
        match self
            .load(StreamId::Case(CaseId(uuid::Uuid::from_u128(CASE))))
            .1
            .as_ref()
        {
            State::Case(case) => case.clone(),
            _ => panic!("not a case"),
        }
    }

    pub fn deal(&self) -> Deal {
        match self
            .load(StreamId::Deal(DealId(uuid::Uuid::from_u128(DEAL))))
            .1
            .as_ref()
        {
            State::Deal(deal) => deal.clone(),
            _ => panic!("not a deal"),
        }
    }

    pub fn owed(&self, number: u128, who: u128) -> Money {
        self.deal().distribution.divisions[&receipt(number)].owed(person(who))
    }

    pub fn balances(&self) -> Balances {
        Balances::of(self.postings.iter().map(|(_, it)| it)).unwrap()
    }

    pub fn balance(&self, account: &Account) -> i64 {
        self.balances().get(account).fen()
    }
}

/// The steps of the road, one function each, so that a test says which it takes.
impl World {
    pub fn details(&self, shares: &[(u128, &str)]) -> Value {
        let people: Vec<Value> = shares
            .iter()
            .map(|(who, share)| json!({"person": id(*who), "role": "设计", "share": share}))
            .collect();
        json!({
            "title": "一种高比能固态电解质膜", "kind": "invention", "secrecy": "no",
            "nearest": [{"kind": "paper", "text": "Nature Energy 2024, 9, 101"}],
            "novelty": "室温离子电导率提高一个量级", "contributors": people,
            "funding": ["university"], "disclosed": "no",
        })
    }

    pub fn submitted(&mut self) -> &mut Self {
        self.on("2026-08-03");
        let details = self.details(&[(LI, "60%"), (WANG, "2/5")]);
        self.must(
            LI,
            json!({"command": "disclosure.submit", "case": id(CASE), "details": details}),
        );
        self
    }

    pub fn accepted(&mut self) -> &mut Self {
        self.submitted();
        self.must(
            HEAD,
            json!({
                "command": "disclosure.accept", "case": id(CASE), "manager": id(MANAGER),
            }),
        );
        self
    }

    pub fn confirm_shares(&mut self) -> &mut Self {
        // Li submitted, and so said yes already.
        self.must(
            WANG,
            json!({"command": "disclosure.confirm_share", "case": id(CASE)}),
        );
        self
    }

    /// Accepted, assessed, a right on record; shares not confirmed.
    pub fn protected(&mut self) -> &mut Self {
        self.accepted();
        self.on("2026-08-12");
        self.must(MANAGER, json!({
            "command": "assessment.conclude", "case": id(CASE), "conclusion": "file",
            "evaluator": "技术转移办公室", "readiness": 5, "market": "动力电池", "summary": "可专利性好",
        }));
        self.must(
            MANAGER,
            json!({
                "command": "protection.record_right", "case": id(CASE), "right": id(300),
                "kind": "invention", "number": "CN 202610000001.2", "filed": "2026-08-12",
                "owners": "云舟大学",
            }),
        );
        self.must(
            MANAGER,
            json!({
                "command": "valuation.note", "case": id(CASE), "method": "royalty",
                "low": yuan(2_000_000), "high": yuan(4_000_000), "basis": "同类许可费率 3%",
            }),
        );
        self
    }

    pub fn opened(&mut self, mode: &str) -> &mut Self {
        self.on("2026-09-01");
        self.must(
            MANAGER,
            json!({
                "command": "matching.open", "deal": id(DEAL), "cases": [id(CASE)], "mode": mode,
                "party": {"name": "青岚新能源有限公司", "kind": "private", "size": "small"},
            }),
        );
        self
    }

    pub fn licence(&self, price: i64) -> Value {
        json!({
            "mode": "licence", "licence": "exclusive", "territory": "中国", "term_years": 10,
            "price": yuan(price), "pricing": "agreement",
        })
    }

    pub fn agree(&mut self, terms: &Value) -> &mut Self {
        self.must(
            MANAGER,
            json!({
                "command": "deal.agree_terms", "deal": id(DEAL), "terms": terms, "paper": paper(),
            }),
        );
        self
    }

    pub fn decide_command(&self) -> Value {
        json!({
            "command": "deal.decide", "deal": id(DEAL), "meeting": "2026年第9次校长办公会",
            "held": self.today.to_string(), "approved": true, "appraisal": "waived",
            "minutes": paper(),
        })
    }

    pub fn post_command(&self, notice: u128, days: u32) -> Value {
        json!({
            "command": "publicity.post", "deal": id(DEAL), "notice": id(notice), "days": days,
            "contact": "科技处 010-0000000",
        })
    }

    pub fn sign_command(&self) -> Value {
        json!({
            "command": "agreement.sign", "deal": id(DEAL), "contract_no": "YZ-2026-088",
            "signed": self.today.to_string(), "paper": paper(),
        })
    }

    /// The same with an appraisal of eight million on file (公司法第48条第2款).
    pub fn decide_appraised(&self) -> Value {
        let mut decide = self.decide_command();
        decide["appraisal"] = json!("done");
        decide["appraised"] = json!(yuan(8_000_000));
        decide
    }

    /// Terms agreed and decided; not in the open yet.
    pub fn decided(&mut self, terms: &Value) -> &mut Self {
        self.on("2026-09-15").agree(terms);
        let decide = if terms["mode"] == "equity" {
            self.decide_appraised()
        } else {
            self.decide_command()
        };
        self.must(HEAD, decide);
        self
    }

    /// In the open since 21 September for 15 days.
    pub fn posted(&mut self) -> &mut Self {
        self.on("2026-09-21");
        let post = self.post_command(400, 15);
        self.must(MANAGER, post);
        self
    }

    pub fn close_command(&self) -> Value {
        json!({"command": "publicity.close", "deal": id(DEAL), "result": "公示期内无异议"})
    }

    pub fn signed(&mut self) -> &mut Self {
        self.on("2026-10-09");
        let (close, sign) = (self.close_command(), self.sign_command());
        self.must(MANAGER, close);
        self.must(HEAD, sign);
        self
    }

    /// A signed licence of three million, ready for money.
    pub fn contract(&mut self) -> &mut Self {
        let terms = self.licence(3_000_000);
        self.protected()
            .opened("licence")
            .decided(&terms)
            .posted()
            .signed()
    }

    /// A signed licence with three million received.
    pub fn with_money() -> Self {
        let mut world = Self::new();
        world.contract().confirm_shares();
        world.on("2026-10-20").receive(500, yuan(3_000_000));
        world
    }

    /// A licence of three million, agreed and decided, before its notice.
    pub fn ready_to_publish() -> Self {
        let mut world = Self::new();
        let terms = world.licence(3_000_000);
        world
            .protected()
            .confirm_shares()
            .opened("licence")
            .decided(&terms);
        world
    }

    /// Half and half from now on, confirmed by both.
    pub fn halve_shares(&mut self) -> &mut Self {
        self.must(MANAGER, json!({
            "command": "disclosure.revise_shares", "case": id(CASE), "reason": "重新商定",
            "contributors": [{"person": id(LI), "share": "1/2"}, {"person": id(WANG), "share": "1/2"}],
        }));
        self.must(
            LI,
            json!({"command": "disclosure.confirm_share", "case": id(CASE)}),
        );
        self.confirm_shares()
    }

    /// An imported transfer with one receipt and its distribution to one person.
    pub fn imported(&mut self, amount: i64, received: i64, team: i64) -> Value {
        let origin = json!({"batch": id(800), "file": "台账.xlsx", "sheet": "合同", "row": 3});
        self.must(MANAGER, json!({"command": "history.case", "case": id(CASE), "past": {
            "title": "旧成果", "kind": "invention", "right_number": "ZL201910000001.X",
            "contributors": [{"person": id(LI), "share": "1"}], "filed": "2019-01-02", "origin": origin,
        }}));
        self.must(
            MANAGER,
            json!({"command": "history.deal", "deal": id(DEAL), "past": {
                "contract_no": "HT-2019-1", "cases": [id(CASE)], "mode": "transfer",
                "party": {"name": "老客户", "kind": "private", "size": "unknown"},
                "amount": amount, "signed": "2019-05-06", "origin": origin,
            }}),
        );
        self.must(
            MANAGER,
            json!({"command": "history.receipt", "deal": id(DEAL), "past": {
                "receipt": id(500), "received": "2019-06-01", "amount": received, "origin": origin,
            }}),
        );
        let mut pools = vec![json!(["team", team])];
        if received > team {
            pools.push(json!(["university", received - team]));
        }
        let past = json!({"command": "history.distribution", "deal": id(DEAL), "past": {
            "net": received, "pools": pools, "people": [[id(LI), team]], "origin": origin,
        }});
        self.must(MANAGER, past.clone());
        past
    }

    pub fn receive(&mut self, number: u128, amount: i64) -> &mut Self {
        let receive = self.receive_command(number, amount);
        self.must(FINANCE, receive);
        self
    }

    pub fn receive_command(&self, number: u128, amount: i64) -> Value {
        json!({
            "command": "income.receive", "deal": id(DEAL), "receipt": id(number),
            "received": self.today.to_string(), "amount": amount, "payer": "青岚新能源有限公司",
            "bank_ref": format!("B{number}"),
        })
    }

    pub fn refund_command(&self, number: u128, of: u128, amount: i64) -> Value {
        json!({
            "command": "income.refund", "deal": id(DEAL), "refund": id(number), "of": id(of),
            "paid": self.today.to_string(), "amount": amount, "reason": "验收未达标，按约退款",
        })
    }

    pub fn propose(&self, number: u128) -> Value {
        json!({"command": "distribution.propose", "deal": id(DEAL), "receipt": id(number)})
    }

    pub fn approve(&self, number: u128) -> Value {
        json!({"command": "distribution.approve", "deal": id(DEAL), "receipt": id(number)})
    }

    pub fn pay(&self, number: u128, who: u128, amount: i64) -> Value {
        json!({
            "command": "distribution.pay", "deal": id(DEAL), "receipt": id(number),
            "person": id(who), "amount": amount, "paid": self.today.to_string(), "voucher": "V-1",
        })
    }

    pub fn distributed(&mut self, number: u128) -> &mut Self {
        let (propose, approve) = (self.propose(number), self.approve(number));
        self.must(MANAGER, propose);
        self.must(APPROVER, approve);
        self
    }
}
