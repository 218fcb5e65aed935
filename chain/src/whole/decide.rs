//! What a command needs loaded, and the decision itself: the one door through
//! which every change of the institution goes.

use dukou_journal::StreamId;
use dukou_kernel::{CaseId, Date, DealId, Finding, PersonId, Refusal, text};

use super::state::{Case, Deal, State, case_view};
use super::{Command, Event, closing};
use crate::contract::{Claim, Context, Need, NewEvent, Stage, States};
use crate::history::{self, CaseImported, DealImported, known_already};
use crate::institution::Institution;
use crate::matching::CaseView;
use crate::people::Person;
use crate::{
    agreement, deal, disclosure, distribution, income, matching, people, protection, publicity,
};

/// What is missing in `states` to decide on `command`. Load it and ask again;
/// when nothing is missing, [`decide`] can be called.
pub fn needs(command: &Command, states: &States, ctx: &Context) -> Vec<Need> {
    let mut wanted = vec![
        Need::Stream(StreamId::Institution),
        Need::Stream(command.stream()),
    ];
    let year = ctx.today.year();
    match command {
        Command::Person(
            _,
            people::Command::Register {
                staff_no_key: Some(key),
                ..
            },
        ) => {
            wanted.push(Need::Claim(people::staff_claim(key)));
        }
        Command::Person(_, people::Command::NameOwner { owner }) => {
            wanted.push(Need::Stream(StreamId::Person(*owner)));
        }
        Command::Disclosure(_, disclosure::Command::Submit { .. }) | Command::CaseHistory(..) => {
            wanted.push(Need::Number(format!("case:{year}")))
        }
        Command::Protection(_, protection::Command::RecordRight { number, .. })
            if !number.trim().is_empty() =>
        {
            wanted.extend(
                protection::right_claims(number)
                    .into_iter()
                    .map(Need::Claim),
            );
        }
        Command::Matching(_, matching::Command::Open { cases, .. }) => {
            wanted.push(Need::Number(format!("deal:{year}")));
            wanted.extend(cases.iter().map(|id| Need::Stream(StreamId::Case(*id))));
        }
        Command::Publicity(_, publicity::Command::Post { .. })
        | Command::Distribution(_, distribution::Command::PostReward { .. }) => {
            wanted.push(Need::Number(format!("notice:{year}")));
        }
        Command::Agreement(_, agreement::Command::Sign { contract_no, .. }) => {
            wanted.push(Need::Claim(agreement::contract_claim(contract_no)));
        }
        Command::DealHistory(_, history::DealCommand::Contract { past }) => {
            wanted.push(Need::Number(format!("deal:{year}")));
            wanted.push(Need::Claim(agreement::contract_claim(&past.contract_no)));
        }
        _ => {}
    }
    if let Command::CaseHistory(_, history::CaseCommand::Import { past }) = command {
        let claims = protection::right_claims(&past.right_number);
        wanted.extend(claims.into_iter().map(Need::Claim));
    }
    if let Some(State::Deal(deal)) = states.state(command.stream()) {
        wanted.extend(
            deal.cases()
                .iter()
                .map(|id| Need::Stream(StreamId::Case(*id))),
        );
        if matches!(command, Command::Distribution(..)) {
            wanted.extend(
                contributors(deal, states)
                    .into_iter()
                    .chain(named(command, deal, states))
                    .map(|person| Need::Stream(StreamId::Person(person))),
            );
        }
        wanted.extend(named(command, deal, states).into_iter().map(Need::Name));
    }
    wanted.retain(|need| !states.has(need));
    wanted
}

/// Everybody whom a notice will name.
fn named(command: &Command, deal: &Deal, states: &States) -> Vec<PersonId> {
    match command {
        Command::Publicity(_, publicity::Command::Post { .. }) => contributors(deal, states),
        Command::Distribution(_, distribution::Command::PostReward { receipt, .. }) => {
            let division = deal.distribution.divisions.get(receipt);
            division.map(|it| it.people()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn contributors(deal: &Deal, states: &States) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = deal
        .cases()
        .iter()
        .filter_map(|id| case_of(states, *id))
        .flat_map(|case| case.disclosure.contributors().iter().map(|c| c.person))
        .collect();
    people.sort_unstable();
    people.dedup();
    people
}

fn case_of(states: &States, id: CaseId) -> Option<&Case> {
    match states.state(StreamId::Case(id)) {
        Some(State::Case(case)) => Some(case),
        _ => None,
    }
}

/// Everything a stage of a deal may see.
struct DealBefore<'a> {
    id: DealId,
    deal: &'a Deal,
    institution: &'a Institution,
    cases: Vec<CaseView<'a>>,
    ordinal: u32,
}

/// Decides on a command: events, or the refusal with every reason.
///
/// # Errors
/// The [`Refusal`].
pub fn decide(command: &Command, states: &States, ctx: &Context) -> Result<Vec<NewEvent>, Refusal> {
    let Some(State::Institution(institution)) = states.state(StreamId::Institution) else {
        return Err(not_loaded());
    };
    let stream = command.stream();
    begun(command, states)?;
    match command {
        Command::Institution(it) => Ok(on(stream, institution.decide(&(), it, ctx)?)),
        Command::Person(id, it) => person(institution, *id, it, states, ctx),
        Command::Disclosure(id, _)
        | Command::Assessment(id, _)
        | Command::Protection(id, _)
        | Command::Valuation(id, _)
        | Command::CaseClosing(id, _)
        | Command::CaseHistory(id, _) => {
            let Some(case) = case_of(states, *id) else {
                return Err(not_loaded());
            };
            on_case(command, institution, case, states, ctx)
        }
        _ => {
            // What is decided by the law waits until the law is understood.
            if !matches!(command, Command::DealClosing(..)) {
                institution.law().sound()?;
            }
            on_deal(command, institution, states, ctx)
        }
    }
}

/// A case begins with its disclosure or its import, a deal with its opening or its
/// import; every other command needs what it goes to.
fn begun(command: &Command, states: &States) -> Result<(), Refusal> {
    let stream = command.stream();
    let version = states
        .streams
        .get(&stream)
        .map_or(0, |(version, _)| *version);
    let begins = matches!(
        command,
        Command::Institution(_)
            | Command::Person(..)
            | Command::Disclosure(_, disclosure::Command::Submit { .. })
            | Command::CaseHistory(..)
            | Command::Matching(_, matching::Command::Open { .. })
            | Command::DealHistory(_, history::DealCommand::Contract { .. })
    );
    if version > 0 || begins {
        return Ok(());
    }
    let finding = match stream {
        StreamId::Deal(_) => Finding::refused(
            "deal.unknown",
            text!("没有这个项目。", "There is no such deal."),
        ),
        _ => Finding::refused(
            "case.unknown",
            text!("没有这项成果。", "There is no such case."),
        ),
    };
    Err(finding.into())
}

fn on<T: Into<Event>>(stream: StreamId, events: Vec<T>) -> Vec<NewEvent> {
    events
        .into_iter()
        .map(|event| {
            let event: Event = event.into();
            NewEvent {
                stream,
                corrects: None,
                effective: event.own_day(),
                event,
                paper: None,
            }
        })
        .collect()
}

fn not_loaded() -> Refusal {
    Finding::refused("state.missing", text!("没有找到。", "Not found.")).into()
}

fn person(
    institution: &Institution,
    id: PersonId,
    command: &people::Command,
    states: &States,
    ctx: &Context,
) -> Result<Vec<NewEvent>, Refusal> {
    let stream = StreamId::Person(id);
    let Some(State::Person(state)) = states.state(stream) else {
        return Err(not_loaded());
    };
    let staff_no_taken = match command {
        people::Command::Register {
            staff_no_key: Some(key),
            ..
        } => taken(states, &people::staff_claim(key), stream),
        _ => false,
    };
    let owner = match command {
        people::Command::NameOwner { owner } => match states.state(StreamId::Person(*owner)) {
            Some(State::Person(owner)) => Some(owner),
            _ => None,
        },
        _ => None,
    };
    let before = people::Before {
        institution,
        staff_no_taken,
        person: id,
        owner,
    };
    Ok(on(stream, Person::decide(state, &before, command, ctx)?))
}

fn taken(states: &States, claim: &Claim, by: StreamId) -> bool {
    states
        .claims
        .get(claim)
        .copied()
        .flatten()
        .is_some_and(|holder| holder != by)
}

fn ordinal(states: &States, series: &str, today: Date) -> u32 {
    states
        .numbers
        .get(&format!("{series}:{}", today.year()))
        .copied()
        .unwrap_or(1)
}

fn on_case(
    command: &Command,
    institution: &Institution,
    case: &Case,
    states: &States,
    ctx: &Context,
) -> Result<Vec<NewEvent>, Refusal> {
    let stream = command.stream();
    match command {
        Command::CaseClosing(_, it) => return close(&case.closing, it, stream),
        Command::CaseHistory(_, history::CaseCommand::Import { past }) => {
            let known = !case.disclosure.number.is_empty();
            let mut claims = protection::right_claims(&past.right_number).into_iter();
            let held = claims.any(|claim| taken(states, &claim, stream));
            if known || case.history.is_some() || held {
                return Err(known_already(&past.right_number));
            }
            let ordinal = ordinal(states, "case", ctx.today);
            let year = ctx.today.year();
            let number = format!("{}-{year}-{ordinal:04}", institution.prefix());
            let imported = CaseImported {
                right: history::right_id(&number, ordinal, &past.right_number, &past.origin),
                formerly: None,
                number,
                series: format!("case:{year}"),
                ordinal,
                past: past.clone(),
            };
            return Ok(on(stream, vec![history::Event::Case(imported)]));
        }
        _ => {}
    }
    case.closing.open()?;
    match command {
        Command::Disclosure(_, it) => {
            let ordinal = ordinal(states, "case", ctx.today);
            let before = disclosure::Before {
                institution,
                ordinal,
            };
            Ok(on(stream, case.disclosure.decide(&before, it, ctx)?))
        }
        Command::Assessment(_, it) => Ok(on(
            stream,
            case.assessment.decide(&&case.disclosure, it, ctx)?,
        )),
        Command::Valuation(_, it) => Ok(on(
            stream,
            case.valuation.decide(&&case.disclosure, it, ctx)?,
        )),
        Command::Protection(_, it) => {
            let number_taken = match it {
                protection::Command::RecordRight { number, .. } if !number.trim().is_empty() => {
                    let mut claims = protection::right_claims(number).into_iter();
                    claims.any(|it| states.claims.get(&it).is_some_and(Option::is_some))
                }
                _ => false,
            };
            let before = protection::Before {
                disclosure: &case.disclosure,
                assessment: &case.assessment,
                number_taken,
            };
            Ok(on(stream, case.protection.decide(&before, it, ctx)?))
        }
        _ => Err(not_loaded()),
    }
}

fn close(
    closing: &closing::Closing,
    command: &closing::Command,
    stream: StreamId,
) -> Result<Vec<NewEvent>, Refusal> {
    let mut events = on(stream, closing.decide(command, true)?);
    if let closing::Command::Correct { entry, .. } = command {
        for event in &mut events {
            event.corrects = Some(*entry);
        }
    }
    Ok(events)
}

fn on_deal(
    command: &Command,
    institution: &Institution,
    states: &States,
    ctx: &Context,
) -> Result<Vec<NewEvent>, Refusal> {
    let stream = command.stream();
    let (StreamId::Deal(id), Some(State::Deal(deal))) = (stream, states.state(stream)) else {
        return Err(not_loaded());
    };
    match command {
        Command::DealClosing(_, it) => {
            deal.matching.exists()?;
            return close(&deal.closing, it, stream);
        }
        Command::DealHistory(_, it) => {
            return past_deal(it, deal, institution, states, ctx, stream);
        }
        _ => {}
    }
    deal.closing
        .open()
        .or_else(|refusal| after_the_end(command, refusal))?;
    let ids: &[CaseId] = match command {
        Command::Matching(_, matching::Command::Open { cases, .. }) => cases,
        _ => deal.cases(),
    };
    let cases: Vec<CaseView<'_>> = ids
        .iter()
        .filter_map(|id| case_of(states, *id).map(|case| case_view(*id, case)))
        .collect();
    if cases.len() != ids.len() || cases.iter().any(|case| case.disclosure.details.is_none()) {
        return Err(Finding::refused(
            "deal.unknown_case",
            text!("所选成果不存在。", "A chosen case does not exist."),
        )
        .at("cases")
        .into());
    }
    let before = DealBefore {
        id,
        deal,
        institution,
        cases,
        ordinal: 1,
    };
    deal_step(command, before, states, ctx)
}

/// Money already held follows the refund rule also after a deal has ended:
/// receipts may still be refunded or reversed, and what was awarded is paid.
fn after_the_end(command: &Command, refusal: Refusal) -> Result<(), Refusal> {
    match command {
        Command::Income(_, income::Command::Refund { .. } | income::Command::Reverse { .. })
        | Command::Distribution(..) => Ok(()),
        _ => Err(refusal),
    }
}

fn deal_step(
    command: &Command,
    mut at: DealBefore<'_>,
    states: &States,
    ctx: &Context,
) -> Result<Vec<NewEvent>, Refusal> {
    let stream = StreamId::Deal(at.id);
    let (deal, institution) = (at.deal, at.institution);
    match command {
        Command::Matching(_, it) => {
            let before = matching::Before {
                institution,
                ordinal: ordinal(states, "deal", ctx.today),
                cases: at.cases,
            };
            Ok(on(stream, deal.matching.decide(&before, it, ctx)?))
        }
        Command::Negotiation(_, it) => {
            let before = deal::Before {
                institution,
                matching: &deal.matching,
                cases: &at.cases,
                signed: deal.agreement.signed.is_some(),
            };
            Ok(on(stream, deal.negotiation.decide(&before, it, ctx)?))
        }
        Command::Publicity(_, it) => {
            at.ordinal = ordinal(states, "notice", ctx.today);
            let before = publicity::Before {
                institution,
                matching: &deal.matching,
                negotiation: &deal.negotiation,
                cases: &at.cases,
                names: &states.names,
                ordinal: at.ordinal,
            };
            if !matches!(it, publicity::Command::Post { .. }) {
                return Ok(on(stream, deal.publicity.decide(&before, it, ctx)?));
            }
            let (posted, paper) = deal.publicity.post(&before, it, ctx)?;
            let mut new = on(stream, vec![publicity::Event::Posted(posted)]);
            if let Some(new) = new.first_mut() {
                new.paper = Some(paper);
            }
            Ok(new)
        }
        Command::Agreement(_, it) => {
            let contract_no_taken = match it {
                agreement::Command::Sign { contract_no, .. } => {
                    taken(states, &agreement::contract_claim(contract_no), stream)
                }
                _ => false,
            };
            let before = agreement_before(&at, contract_no_taken);
            Ok(on(stream, deal.agreement.decide(&before, it, ctx)?))
        }
        Command::Income(_, it) => income_step(it, &at, ctx),
        Command::Distribution(_, it) => {
            let person = |id: PersonId| match states.state(StreamId::Person(id)) {
                Some(State::Person(person)) => Some(person),
                _ => None,
            };
            let before = distribution::Before {
                institution,
                matching: &deal.matching,
                negotiation: &deal.negotiation,
                agreement: &deal.agreement,
                income: &deal.income,
                cases: &at.cases,
                person: &person,
                names: &states.names,
                ordinal: ordinal(states, "notice", ctx.today),
            };
            distribution::decide(&deal.distribution, at.id, &before, it, ctx)
        }
        _ => Err(not_loaded()),
    }
}

fn agreement_before<'a>(at: &'a DealBefore<'a>, contract_no_taken: bool) -> agreement::Before<'a> {
    agreement::Before {
        institution: at.institution,
        matching: &at.deal.matching,
        negotiation: &at.deal.negotiation,
        publicity: &at.deal.publicity,
        cases: &at.cases,
        contract_no_taken,
    }
}

fn income_step(
    command: &income::Command,
    at: &DealBefore<'_>,
    ctx: &Context,
) -> Result<Vec<NewEvent>, Refusal> {
    let deal = at.deal;
    let distributed = |receipt| deal.distribution.touched(receipt);
    let before = income::Before {
        agreement: &deal.agreement,
        distributed: &distributed,
    };
    let events = deal.income.decide(&before, command, ctx)?;
    let mut claw_back = Vec::new();
    for event in &events {
        if let income::Event::Refunded(it) = event {
            claw_back.extend(deal.distribution.claw_back(it, at.institution.rulebook())?);
        }
    }
    let stream = StreamId::Deal(at.id);
    let mut all = on(stream, events);
    all.extend(on(stream, claw_back));
    Ok(all)
}

fn past_deal(
    command: &history::DealCommand,
    deal: &Deal,
    institution: &Institution,
    states: &States,
    ctx: &Context,
    stream: StreamId,
) -> Result<Vec<NewEvent>, Refusal> {
    let event = match command {
        history::DealCommand::Contract { past } => {
            let claim = agreement::contract_claim(&past.contract_no);
            if deal.matching.opened.is_some() || taken(states, &claim, stream) {
                return Err(known_already(&past.contract_no));
            }
            let ordinal = ordinal(states, "deal", ctx.today);
            let year = ctx.today.year();
            history::Event::Deal(DealImported {
                number: format!("{}-D-{year}-{ordinal:04}", institution.prefix()),
                series: format!("deal:{year}"),
                ordinal,
                past: past.clone(),
            })
        }
        history::DealCommand::Receipt { past } => {
            deal.matching.exists()?;
            if deal.income.receipts.contains_key(&past.receipt) {
                return Err(known_already(&past.received.to_string()));
            }
            history::Event::Receipt(past.clone())
        }
        history::DealCommand::Distribution { past } => {
            deal.matching.exists()?;
            if deal.distribution.knows(past) {
                return Err(known_already(deal.number()));
            }
            history::Event::Distribution(past.clone())
        }
    };
    Ok(on(stream, vec![event]))
}

/// A refusal by law or contract stays on the record of an existing case or
/// deal, as an entry without effect.
pub fn refused(command: &Command, refusal: &Refusal) -> Option<NewEvent> {
    let stream = command.stream();
    let on_record = matches!(stream, StreamId::Case(_) | StreamId::Deal(_));
    if !on_record || !refusal.is_legal() {
        return None;
    }
    let event = closing::Event::Refused(closing::Refused {
        command: command.name(),
        findings: refusal.findings.clone(),
    });
    Some(NewEvent {
        stream,
        event: event.into(),
        corrects: None,
        effective: None,
        paper: None,
    })
}
