//! The story of the deals: from the first contact to the last payment.

use std::collections::BTreeMap;

use dukou_chain::deal::{self, Appraisal, Holding, Instalment, Terms};
use dukou_chain::terms::{LicenceKind, Mode, Outcome, Party, PartyKind, PartySize, Pricing};
use dukou_chain::whole::{Command, closing};
use dukou_chain::{agreement, distribution, income, matching, publicity};
use dukou_journal::Actor;
use dukou_kernel::{Date, DealId, Money, NoticeId, ReceiptId, Share};

use super::{Ready, Teller, id};
use crate::demo::{Act, Deed, Settle, Settling, titles};

const DEALS: usize = 60;

/// 60 deals, spread over every stage by how long ago they began.
pub(super) fn deals(teller: &mut Teller, cases: &[Ready]) {
    let step = (cases.len() / DEALS).max(1);
    for n in 0..DEALS.min(cases.len() / step) {
        let Some(first) = cases.get(n * step) else {
            break;
        };
        let mut ready = first.clone();
        // Now and then one contract covers two achievements.
        if n % 8 == 1
            && let Some(second) = cases.get(n * step + 1)
        {
            ready.cases.extend(&second.cases);
            let more = second.people.iter().filter(|it| !first.people.contains(it));
            ready.people.extend(more);
            ready.since = ready.since.min(second.since);
            ready.confirmed &= second.confirmed;
        }
        one_deal(teller, n, &ready);
    }
}

struct DealStory {
    deal: DealId,
    n: usize,
    mode: Mode,
    pricing: Pricing,
    price: i64,
    manager: Actor,
}

/// Where the story of the n-th deal stops.
fn stage(n: usize) -> usize {
    // 0 opened, 1 terms, 2 decided, 3 in publicity, 4 notice ended, 5 signed,
    // 6 received, 7 proposed, 8 approved, 9 rewards published, 10 paid, 11 lost.
    [10, 3, 6, 0, 10, 8, 2, 7, 10, 5, 3, 9, 1, 10, 4, 11]
        .get(n % 16)
        .copied()
        .unwrap_or(10)
}

fn one_deal(teller: &mut Teller, n: usize, ready: &Ready) {
    let stage = stage(n);
    // How many days ago the price was decided, so that work is due around today.
    let decided = match stage {
        3 => [9, 14, 3, 15].get(n / 16 % 4).copied().unwrap_or(9),
        4 => 19,
        0..=2 => 6,
        5 | 6 => 40,
        7 | 8 => 55,
        // Paid deals lie back in time, the first ones furthest.
        _ => 75 + 60 * (3 - i64::try_from(n / 16).unwrap_or(3)).max(0),
    };
    let decided = decided.min(ready.since - 12).max(3);
    let mode = match n % 6 {
        0 | 3 => Mode::Transfer,
        5 => Mode::Equity,
        _ => Mode::Licence,
    };
    let pricing = if n % 11 == 8 {
        Pricing::Listing
    } else {
        Pricing::Agreement
    };
    let story = DealStory {
        deal: DealId(id()),
        n,
        mode: if stage >= 6 && mode == Mode::Equity {
            Mode::Licence
        } else {
            mode
        },
        pricing,
        price: 20_000_000 + i64::try_from(n * 8_377_700 % 500_000_000).unwrap_or(0),
        manager: teller.officer(if n.is_multiple_of(2) { "shen" } else { "qin" }),
    };
    open(teller, &story, ready, decided + 10);
    if stage == 11 {
        let command = closing::Command::End {
            outcome: Outcome::Lost,
            reason: "对方改用自研方案，退出谈判。".to_owned(),
            paper: None,
        };
        let head = teller.officer("he");
        teller.act(decided, 16, head, Command::DealClosing(story.deal, command));
        return;
    }
    if stage == 0 {
        return;
    }
    agree(teller, &story, ready, decided + 4);
    if stage == 1 {
        return;
    }
    decide(teller, &story, decided);
    if stage == 2 {
        return;
    }
    let signed = publish(teller, &story, decided, stage);
    if stage <= 4 {
        return;
    }
    sign(teller, &story, signed);
    if stage >= 6 {
        money(teller, &story, ready, signed, stage);
    }
}

fn open(teller: &mut Teller, story: &DealStory, ready: &Ready, ago: i64) {
    let kinds = [
        PartyKind::Private,
        PartyKind::StateHolding,
        PartyKind::Private,
        PartyKind::WhollyStateOwned,
    ];
    let sizes = [PartySize::Medium, PartySize::Large, PartySize::Small];
    let command = matching::Command::Open {
        cases: ready.cases.clone(),
        mode: story.mode,
        party: Party {
            name: titles::company(story.n),
            uscc: Some(titles::credit_code(story.n)),
            kind: kinds
                .get(story.n % 4)
                .copied()
                .unwrap_or(PartyKind::Private),
            size: sizes
                .get(story.n % 3)
                .copied()
                .unwrap_or(PartySize::Unknown),
        },
        asking: Some(Money::from_fen(story.price)),
        note: "在成果对接会上接触，对方希望用于现有产线改造。".to_owned(),
    };
    teller.act(
        ago,
        9,
        story.manager.clone(),
        Command::Matching(story.deal, command),
    );
}

fn terms(teller: &Teller, story: &DealStory) -> Terms {
    let price = if story.mode == Mode::Equity {
        0
    } else {
        story.price
    };
    let first = price / 5 * 2;
    let schedule = if price == 0 {
        Vec::new()
    } else {
        vec![
            Instalment {
                label: "合同生效30日内".to_owned(),
                amount: Money::from_fen(first),
                due: Some(teller.today.saturating_add(
                    jiff::Span::new().days(i64::try_from(story.n * 5 % 40).unwrap_or(0) - 8),
                )),
            },
            Instalment {
                label: "中试线验收30日内".to_owned(),
                amount: Money::from_fen(price - first),
                due: None,
            },
        ]
    };
    Terms {
        mode: story.mode,
        licence: (story.mode == Mode::Licence).then_some(LicenceKind::Exclusive),
        territory: "境内".to_owned(),
        term_years: (story.mode == Mode::Licence).then_some(6),
        price: Money::from_fen(price),
        royalty: (story.mode == Mode::Licence).then(|| Share::percent(2)),
        royalty_base: if story.mode == Mode::Licence {
            "净销售额".to_owned()
        } else {
            String::new()
        },
        equity: (story.mode == Mode::Equity).then(|| Holding {
            holding: Share::percent(20),
            valued: Money::from_fen(story.price),
        }),
        pricing: story.pricing,
        schedule,
        weights: BTreeMap::new(),
    }
}

fn agree(teller: &mut Teller, story: &DealStory, ready: &Ready, ago: i64) {
    let command = deal::Command::AgreeTerms {
        terms: terms(teller, story),
        paper: teller.paper("terms"),
    };
    teller.act(
        ago,
        10,
        story.manager.clone(),
        Command::Negotiation(story.deal, command),
    );
    for person in &ready.people {
        let command = deal::Command::DeclareInterest {
            related: false,
            note: String::new(),
            paper: teller.paper("signed"),
        };
        let command = Command::Negotiation(story.deal, command);
        teller.act_for(ago, 11, story.manager.clone(), *person, command);
    }
}

fn decide(teller: &mut Teller, story: &DealStory, ago: i64) {
    let Some(minutes) = teller.paper("minutes") else {
        return;
    };
    // A right put into a company is appraised (company_law.48.2).
    let put_in = story.mode == Mode::Equity;
    let command = deal::Command::Decide {
        meeting: format!("校长办公会第{}次", 1 + story.n % 24),
        held: teller.day(ago),
        approved: true,
        appraisal: if put_in {
            Appraisal::Done
        } else {
            Appraisal::Waived
        },
        appraised: put_in.then(|| Money::from_fen(story.price)),
        note: "同意按条款办理。".to_owned(),
        minutes,
    };
    let approver = teller.officer("zhou");
    teller.act(ago, 14, approver, Command::Negotiation(story.deal, command));
}

/// Posts the notice and closes it when its time has come; how many days ago
/// the contract could be signed.
fn publish(teller: &mut Teller, story: &DealStory, decided: i64, stage: usize) -> i64 {
    if story.pricing != Pricing::Agreement {
        return decided - 1;
    }
    let command = publicity::Command::Post {
        notice: NoticeId(id()),
        days: 15,
        contact: "技术转移中心，电话 000-6600 0016".to_owned(),
        summary: String::new(),
    };
    teller.act(
        decided,
        16,
        story.manager.clone(),
        Command::Publicity(story.deal, command),
    );
    if stage == 3 {
        return 0;
    }
    let posted = teller.day(decided);
    let due = dukou_chain::law::natural_days(&dukou_chain::law::builtin_calendar(), posted, 15);
    let Some(end) = due.end else { return -1 };
    let ended = i64::from(dukou_chain::law::days_between(end, teller.today));
    if stage >= 5 && ended >= 1 {
        let close = publicity::Command::Close {
            result: "公示期满，无异议。".to_owned(),
        };
        teller.act(
            ended - 1,
            9,
            story.manager.clone(),
            Command::Publicity(story.deal, close),
        );
        if story.n % 3 != 1
            && let Some(paper) = teller.paper("proof")
        {
            let proof = deal::Command::MarketProof {
                place: "省技术交易市场".to_owned(),
                paper,
            };
            teller.act(
                ended - 1,
                9,
                story.manager.clone(),
                Command::Negotiation(story.deal, proof),
            );
        }
    }
    ended - 1
}

fn sign(teller: &mut Teller, story: &DealStory, ago: i64) {
    let Some(paper) = teller.paper("contract").filter(|_| ago >= 0) else {
        return;
    };
    let signed = teller.day(ago);
    let command = agreement::Command::Sign {
        contract_no: format!("YZHT{}-{:03}", signed.year(), 101 + story.n),
        signed,
        paper,
        export_approval: None,
        export: None,
    };
    teller.act(
        ago,
        10,
        story.manager.clone(),
        Command::Agreement(story.deal, command),
    );
    if story.n.is_multiple_of(2) && ago >= 6 {
        let command = agreement::Command::Register {
            register_no: format!("{}33{:010}", signed.year(), 4_400_000 + story.n * 17),
            registered: teller.day(ago - 5),
            technology_amount: Money::from_fen(story.price),
            paper: None,
            export: None,
        };
        teller.act(
            ago - 5,
            10,
            story.manager.clone(),
            Command::Agreement(story.deal, command),
        );
    }
}

fn money(teller: &mut Teller, story: &DealStory, ready: &Ready, signed: i64, stage: usize) {
    let ago = signed - 4;
    if ago < 1 || story.mode == Mode::Equity {
        return;
    }
    let receipt = ReceiptId(id());
    let finance = teller.officer("fang");
    let command = income::Command::Receive {
        receipt,
        received: teller.day(ago),
        amount: Money::from_fen(story.price / 5 * 2),
        payer: titles::company(story.n),
        bank_ref: format!("BK{:09}", 700_000_000 + story.n * 4241),
        paper: teller.paper("slip"),
    };
    teller.act(
        ago,
        11,
        finance.clone(),
        Command::Income(story.deal, command),
    );
    if stage < 7 || !ready.confirmed {
        return;
    }
    let distribution = |command| Command::Distribution(story.deal, command);
    teller.act(
        ago - 1,
        9,
        story.manager.clone(),
        distribution(distribution::Command::Propose { receipt }),
    );
    if stage < 8 {
        return;
    }
    let approver = teller.officer("zhou");
    let note = "同意。".to_owned();
    teller.act(
        ago - 2,
        9,
        approver,
        distribution(distribution::Command::Approve { receipt, note }),
    );
    if stage < 9 {
        return;
    }
    reward(teller, story, ready, receipt, (ago - 3, stage));
}

fn reward(
    teller: &mut Teller,
    story: &DealStory,
    ready: &Ready,
    receipt: ReceiptId,
    (ago, stage): (i64, usize),
) {
    let distribution = |command| Command::Distribution(story.deal, command);
    let post = distribution::Command::PostReward {
        receipt,
        notice: NoticeId(id()),
        days: 15,
        contact: "技术转移中心，电话 000-6600 0016".to_owned(),
        registrar: "江州市技术市场管理办公室".to_owned(),
    };
    teller.act(ago, 10, story.manager.clone(), distribution(post));
    let calendar = dukou_chain::law::builtin_calendar();
    let due = dukou_chain::law::working_days(&calendar, teller.day(ago), 15);
    let Some(end) = due.end else { return };
    let ended = i64::from(dukou_chain::law::days_between(end, teller.today)) - 1;
    if stage < 10 || ended < 1 {
        return;
    }
    let close = distribution::Command::CloseReward {
        receipt,
        result: "公示期满，无异议。".to_owned(),
    };
    teller.act(ended, 10, story.manager.clone(), distribution(close));
    let finance = teller.officer("fang");
    if let Some(person) = ready.people.first().filter(|_| story.n % 5 == 2) {
        // The rest of this one stays owed, so that payment is work for today.
        let pay = distribution::Command::Pay {
            receipt,
            person: *person,
            amount: Money::from_fen(100_000),
            paid: teller.day(ended - 1),
            voucher: format!("付-{:05}", 300 + story.n),
            paper: None,
        };
        teller.act(ended - 1, 15, finance, distribution(pay));
    } else {
        let at_ms = teller.at(ended - 1, 15);
        let deed = Deed::Settle(Settle {
            institution: teller.institution,
            actor: finance,
            deal: story.deal,
            receipt,
            on: teller.day(ended - 1),
            what: Settling::Pay(format!("付-{:05}", 300 + story.n)),
        });
        teller.acts.push(Act { at_ms, deed });
    }
    file(teller, story, receipt, teller.day(ended - 1));
}

/// Files the relief of a month's awards, on the tenth of the month after; those of the
/// last days are work for today.
fn file(teller: &mut Teller, story: &DealStory, receipt: ReceiptId, paid: Date) {
    let month = jiff::Span::new().months(1).days(9);
    let filed = paid.first_of_month().saturating_add(month);
    let ago = i64::from(dukou_chain::law::days_between(filed, teller.today));
    let Some(paper) = teller.paper("slip").filter(|_| ago > 0) else {
        return;
    };
    let deed = Deed::Settle(Settle {
        institution: teller.institution,
        actor: teller.officer("fang"),
        deal: story.deal,
        receipt,
        on: filed,
        what: Settling::File(paper),
    });
    let at_ms = teller.at(ago, 16);
    teller.acts.push(Act { at_ms, deed });
}
