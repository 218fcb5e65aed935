//! One case told by commands from disclosure to payment, so that every page
//! has something to show.

use dukou_chain::assessment::{self, Conclusion};
use dukou_chain::deal::{self, Appraisal, Terms};
use dukou_chain::disclosure::{self, Details, PriorWork, Secrecy};
use dukou_chain::people::Role;
use dukou_chain::protection;
use dukou_chain::terms::{
    Attachment, Contributor, Disclosed, Funding, Mode, Party, PartyKind, PartySize, Pricing,
    PriorKind, ResultKind, RightKind,
};
use dukou_chain::whole::Command;
use dukou_chain::{agreement, distribution, income, matching, publicity};
use dukou_kernel::{CaseId, DealId, InstitutionId, Money, NoticeId, ReceiptId, RightId, Share};
use uuid::Uuid;

use crate::fixture::{Fixture, PDF};

/// What the story left behind.
#[derive(Clone, Copy)]
pub struct Told {
    pub case: CaseId,
    pub deal: DealId,
    pub receipt: ReceiptId,
    pub notice: NoticeId,
}

/// A title that must never reach a browser as it stands.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'>&膜";

pub fn paper(fixture: &Fixture) -> Attachment {
    kept(fixture, fixture.institution, PDF)
}

/// A file that an institution has received.
pub fn kept(fixture: &Fixture, institution: InstitutionId, bytes: &[u8]) -> Attachment {
    kept_as(fixture, institution, ("paper.pdf", bytes))
}

/// Evidence of any name.
pub fn kept_as(
    fixture: &Fixture,
    institution: InstitutionId,
    (name, bytes): (&str, &[u8]),
) -> Attachment {
    let meta = fixture.store().put_file(name, bytes).unwrap();
    let params = [
        institution.to_string().into(),
        meta.hash.clone().into(),
        name.into(),
        meta.media.into(),
        i64::try_from(meta.size).unwrap().into(),
        fixture.store().now_ms().into(),
        "test".into(),
    ];
    fixture
        .store()
        .write(move |db| db.exec("INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING", &params))
        .unwrap();
    Attachment {
        file: meta.hash.parse().unwrap(),
        name: name.to_owned(),
    }
}

pub fn details(fixture: &Fixture, title: &str) -> Details {
    Details {
        title: title.to_owned(),
        kind: ResultKind::Invention,
        secrecy: Secrecy::No,
        nearest: vec![PriorWork {
            kind: PriorKind::Paper,
            text: "doi:10.1000/1".to_owned(),
        }],
        novelty: "通量高一倍，成本低三成。".to_owned(),
        contributors: vec![Contributor {
            person: fixture.of(Role::Inventor).person,
            role: "提出技术路线".to_owned(),
            share: Share::percent(100),
            main: true,
        }],
        funding: vec![Funding::National],
        funding_note: String::new(),
        disclosed: Disclosed::No,
        disclosed_on: None,
        unit: Some(fixture.unit),
        evidence: Vec::new(),
    }
}

/// A disclosure that waits in the office.
pub fn disclosed(fixture: &Fixture, title: &str) -> CaseId {
    let case = CaseId(Uuid::now_v7());
    let submit = disclosure::Command::Submit {
        details: details(fixture, title),
    };
    fixture.act(Role::Inventor, Command::Disclosure(case, submit));
    case
}

/// A disclosure that the office gave back.
pub fn returned(fixture: &Fixture, title: &str) -> CaseId {
    let case = disclosed(fixture, title);
    let reason = "补充实验记录".to_owned();
    let back = disclosure::Command::Return { reason };
    fixture.act(Role::Manager, Command::Disclosure(case, back));
    case
}

/// A case with a deal that was just opened.
pub fn opened(fixture: &Fixture, title: &str) -> (CaseId, DealId) {
    let case = disclosed(fixture, title);
    let manager = fixture.of(Role::Manager).person;
    let accept = disclosure::Command::Accept { manager };
    fixture.act(Role::Manager, Command::Disclosure(case, accept));
    let conclude = assessment::Command::Conclude {
        conclusion: Conclusion::File,
        evaluator: "技术转移中心".to_owned(),
        readiness: 6,
        market: String::new(),
        summary: "区别清楚，有可预见的受让方。".to_owned(),
        report: None,
    };
    fixture.act(Role::Manager, Command::Assessment(case, conclude));
    let right = protection::Command::RecordRight {
        right: RightId(Uuid::now_v7()),
        kind: RightKind::Invention,
        number: format!("CN119{:06}A", case.0.as_u128() % 1_000_000),
        filed: fixture.store().today(),
        granted: None,
        owners: "云泽大学".to_owned(),
        paper: None,
    };
    fixture.act(Role::Manager, Command::Protection(case, right));
    let deal = DealId(Uuid::now_v7());
    let open = matching::Command::Open {
        cases: vec![case],
        mode: Mode::Transfer,
        party: Party {
            name: "江州新材料有限公司".to_owned(),
            uscc: None,
            kind: PartyKind::Private,
            size: PartySize::Medium,
        },
        asking: None,
        note: String::new(),
    };
    fixture.act(Role::Manager, Command::Matching(deal, open));
    (case, deal)
}

/// The whole road.
pub fn tell(fixture: &Fixture) -> Told {
    let (case, deal) = decided(fixture, HOSTILE);
    let paper = paper(fixture);
    let price = Money::from_fen(PRICE);
    let notice = NoticeId(Uuid::now_v7());
    let post = publicity::Command::Post {
        notice,
        days: 15,
        contact: "技术转移中心".to_owned(),
        summary: String::new(),
    };
    fixture.act(Role::Manager, Command::Publicity(deal, post));
    fixture.wait_days(30);
    let close = publicity::Command::Close {
        result: "公示期满，无异议。".to_owned(),
    };
    fixture.act(Role::Manager, Command::Publicity(deal, close));
    let sign = agreement::Command::Sign {
        contract_no: "HT-1".to_owned(),
        signed: fixture.store().today(),
        paper: paper.clone(),
        export_approval: None,
        export: None,
    };
    fixture.act(Role::Manager, Command::Agreement(deal, sign));
    let receipt = ReceiptId(Uuid::now_v7());
    let receive = income::Command::Receive {
        receipt,
        received: fixture.store().today(),
        amount: price,
        payer: "江州新材料有限公司".to_owned(),
        bank_ref: String::new(),
        paper: None,
    };
    fixture.act(Role::Finance, Command::Income(deal, receive));
    let distribution = |command| Command::Distribution(deal, command);
    fixture.act(
        Role::Manager,
        distribution(distribution::Command::Propose { receipt }),
    );
    let note = String::new();
    fixture.act(
        Role::Approver,
        distribution(distribution::Command::Approve { receipt, note }),
    );
    let post = distribution::Command::PostReward {
        receipt,
        notice: NoticeId(Uuid::now_v7()),
        days: 15,
        contact: "技术转移中心".to_owned(),
        registrar: String::new(),
    };
    fixture.act(Role::Manager, distribution(post));
    Told {
        case,
        deal,
        receipt,
        notice,
    }
}

/// What the deal of the story costs, in fen.
const PRICE: i64 = 30_000_000;

/// A deal whose terms are agreed and decided.
pub fn decided(fixture: &Fixture, title: &str) -> (CaseId, DealId) {
    let (case, deal) = opened(fixture, title);
    let paper = paper(fixture);
    let price = Money::from_fen(PRICE);
    let terms = Terms {
        mode: Mode::Transfer,
        licence: None,
        territory: "境内".to_owned(),
        term_years: None,
        price,
        royalty: None,
        royalty_base: String::new(),
        equity: None,
        pricing: Pricing::Agreement,
        schedule: Vec::new(),
        weights: std::collections::BTreeMap::new(),
    };
    let agree = deal::Command::AgreeTerms { terms, paper: None };
    fixture.act(Role::Manager, Command::Negotiation(deal, agree));
    let declare = deal::Command::DeclareInterest {
        related: false,
        note: String::new(),
        paper: None,
    };
    fixture.act(Role::Inventor, Command::Negotiation(deal, declare));
    let decide = deal::Command::Decide {
        meeting: "校长办公会第21次".to_owned(),
        held: fixture.store().today(),
        approved: true,
        appraisal: Appraisal::Waived,
        appraised: None,
        note: String::new(),
        minutes: paper,
    };
    fixture.act(Role::Approver, Command::Negotiation(deal, decide));
    (case, deal)
}
