//! Worked cases and properties of the distribution engine.

use super::*;
use dukou_rules::Flush;
use jiff::civil::date;
use proptest::prelude::*;

/// The carried rules, read once.
fn book() -> &'static Rulebook {
    static BOOK: std::sync::OnceLock<Rulebook> = std::sync::OnceLock::new();
    BOOK.get_or_init(Rulebook::builtin)
}

/// Upper end, and pools in per cent.
type Row<'a> = (Option<i64>, &'a [(&'a str, u32)]);

fn policy(tiers: &[Row<'_>]) -> DistributionPolicy {
    let tier = |(up_to, pools): &Row<'_>| dukou_rules::Tier {
        up_to_fen: up_to.map(Money::from_fen),
        pools: pools
            .iter()
            .map(|(name, part)| ((*name).to_owned(), Share::percent(*part)))
            .collect(),
    };
    DistributionPolicy {
        deduct: vec!["maintenance".into()],
        window: Window::Lifetime,
        tiers: tiers.iter().map(tier).collect(),
        pay_from_fen: Money::ZERO,
        flush: None,
    }
}

fn person(id: &str, share: &str, main: bool) -> PersonShare {
    PersonShare {
        id: id.into(),
        share: share.parse().unwrap(),
        main,
    }
}

fn terms(policy: DistributionPolicy) -> Arc<Terms> {
    Arc::new(Terms {
        jurisdiction: "CN".into(),
        state_established: true,
        policy,
    })
}

fn receipt(id: &str, date: Date, fen: i64, of: Option<&str>) -> Receipt {
    Receipt {
        id: id.into(),
        date,
        fen: Money::from_fen(fen),
        of: of.map(Into::into),
        agreement: None,
    }
}

fn fen(map: &Ordered<Money>) -> Vec<(String, i64)> {
    map.iter()
        .map(|(name, money)| (name.to_owned(), money.fen()))
        .collect()
}

fn amounts(map: &Ordered<Money>) -> Vec<i64> {
    map.values().map(|money| money.fen()).collect()
}

fn two_tiers() -> DistributionState {
    let policy = policy(&[
        (Some(2_500_000), &[("team", 100)]),
        (None, &[("team", 70), ("college", 10), ("university", 20)]),
    ]);
    let people = vec![person("A", "1/2", true), person("B", "1/2", false)];
    DistributionState::new(terms(policy), people).unwrap()
}

#[test]
fn receipts_and_a_refund_run_through_tiers_costs_and_people() {
    let book = book();
    let mut state = two_tiers();
    assert_eq!(
        state
            .add_cost("maintenance", Money::from_fen(2_000_000))
            .unwrap(),
        None
    );
    let odd = state
        .add_cost("lunch", Money::from_fen(5))
        .unwrap()
        .unwrap();
    assert_eq!(odd.finding.code, "cost.not_deductible");
    let receipts = [
        receipt("r1", date(2025, 3, 1), 60_000_000, None),
        receipt("r2", date(2026, 1, 10), 40_000_000, None),
        receipt("r3", date(2026, 2, 1), -5_000_000, Some("r2")),
    ];
    let out = distribute(&mut state, &receipts, book).unwrap();
    assert_eq!(
        (out[0].net_fen.fen(), out[0].recovered_fen.fen()),
        (58_000_000, 2_000_000)
    );
    assert_eq!(
        amounts(&out[0].pools),
        [2_500_000 + 38_850_000, 5_550_000, 11_100_000]
    );
    assert_eq!(amounts(&out[0].people), [20_675_000, 20_675_000]);
    assert_eq!(amounts(&out[1].pools), [28_000_000, 4_000_000, 8_000_000]);
    assert_eq!(amounts(&out[2].pools), [-3_500_000, -500_000, -1_000_000]);
    assert!(out.iter().all(|it| it.findings.is_empty()));
    let totals = state.totals().unwrap();
    assert_eq!(totals.net_fen.fen(), 93_000_000);
    assert_eq!(totals.recovered_fen.fen(), 2_000_000);
}

#[test]
fn the_inventors_own_cost_goes_back_doubled_before_all_else() {
    let book = book();
    let people = vec![person("A", "1", true)];
    let mut state =
        DistributionState::new(terms(policy(&[(None, &[("team", 70), ("u", 30)])])), people)
            .unwrap();
    state
        .add_cost("maintenance", Money::from_fen(600_000))
        .unwrap();
    state
        .add_inventor_cost(Money::from_fen(900_000), 2)
        .unwrap();
    let out = state
        .receive(&receipt("a", date(2025, 1, 1), 50_000_000, None), book)
        .unwrap();
    assert_eq!(out.returned_to_inventors_fen.fen(), 1_800_000);
    assert_eq!(out.net_fen.fen(), 47_600_000);
    assert_eq!(fen(&out.pools)[0], ("team".to_owned(), 33_320_000));
    // Undone from the net backwards; costs and return are due again.
    let back = state
        .receive(
            &receipt("b", date(2025, 2, 1), -49_000_000, Some("a")),
            book,
        )
        .unwrap();
    assert_eq!(
        (back.net_fen.fen(), back.recovered_fen.fen()),
        (-47_600_000, -600_000)
    );
    assert_eq!(back.returned_to_inventors_fen.fen(), -800_000);
    assert_eq!(state.inventor_due().fen(), 800_000);
    let more = state.receive(&receipt("c", date(2025, 3, 1), -1_000_001, Some("a")), book);
    assert_eq!(more.unwrap_err().code, "refund.exceeds_receipt");
    let again = state
        .receive(&receipt("d", date(2025, 3, 1), 1_400_001, None), book)
        .unwrap();
    assert_eq!(
        (
            again.returned_to_inventors_fen.fen(),
            again.recovered_fen.fen(),
            again.net_fen.fen()
        ),
        (800_000, 600_000, 1)
    );
}

#[test]
fn refunds_name_an_earlier_receipt() {
    let book = book();
    let mut state = two_tiers();
    let receipts = [
        receipt("r2", date(2026, 2, 1), -1, Some("r1")),
        receipt("r1", date(2026, 3, 1), 100, None),
    ];
    let error = distribute(&mut state, &receipts, book).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.pointer.as_str()),
        ("refund.unknown_receipt", "/receipts/0/of")
    );
    state
        .receive(&receipt("r1", date(2026, 1, 1), 100, None), book)
        .unwrap();
    let twice = state.receive(&receipt("r1", date(2026, 1, 1), 100, None), book);
    assert_eq!(twice.unwrap_err().code, "receipt.duplicate_id");
    state
        .receive(&receipt("f", date(2026, 1, 2), -1, Some("r1")), book)
        .unwrap();
    let refund_of_refund = state.receive(&receipt("g", date(2026, 1, 3), -1, Some("f")), book);
    assert_eq!(refund_of_refund.unwrap_err().code, "refund.unknown_receipt");
    let minimum = state.receive(&receipt("h", date(2026, 1, 3), i64::MIN, Some("r1")), book);
    assert_eq!(minimum.unwrap_err().code, "refund.exceeds_receipt");
    state
        .receive(&receipt("max", date(2026, 1, 3), i64::MAX - 99, None), book)
        .unwrap();
    let over = state.receive(&receipt("over", date(2026, 1, 3), 1, None), book);
    assert_eq!(over.unwrap_err().code, "input.out_of_range");
}

#[test]
fn windows_start_the_tiers_again() {
    let book = book();
    for (window, second) in [
        (Window::Lifetime, [70, 30]),
        (Window::Year, [100, 0]),
        (Window::Receipt, [100, 0]),
    ] {
        let mut rules = policy(&[
            (Some(100), &[("team", 100)]),
            (None, &[("team", 70), ("u", 30)]),
        ]);
        rules.window = window;
        let mut state = DistributionState::new(terms(rules), Vec::new()).unwrap();
        state
            .receive(&receipt("a", date(2025, 12, 31), 100, None), book)
            .unwrap();
        let out = state
            .receive(&receipt("b", date(2026, 1, 1), 100, None), book)
            .unwrap();
        assert_eq!(amounts(&out.pools), second, "{window:?}");
    }
    let mut rules = policy(&[(None, &[("team", 100)])]);
    rules.window = Window::Agreement;
    let mut state = DistributionState::new(terms(rules), Vec::new()).unwrap();
    let out = state.receive(&receipt("a", date(2025, 12, 31), 100, None), book);
    assert_eq!(out.unwrap_err().code, "receipt.agreement_missing");
}

#[test]
fn small_money_is_held_and_paid_at_the_threshold_or_at_year_end() {
    let book = book();
    let mut rules = policy(&[(None, &[("team", 100)])]);
    rules.pay_from_fen = Money::from_fen(100);
    rules.flush = Some(Flush::YearEnd);
    let mut state = DistributionState::new(
        terms(rules),
        vec![person("A", "3/4", true), person("B", "1/4", false)],
    )
    .unwrap();
    let first = state
        .receive(&receipt("a", date(2025, 1, 1), 120, None), book)
        .unwrap();
    assert_eq!(
        (amounts(&first.held_fen), amounts(&first.paid_fen)),
        (vec![90, 30], vec![0, 0])
    );
    let second = state
        .receive(&receipt("b", date(2025, 2, 1), 20, None), book)
        .unwrap();
    assert_eq!(
        (amounts(&second.held_fen), amounts(&second.paid_fen)),
        (vec![0, 35], vec![105, 0])
    );
    let third = state
        .receive(&receipt("c", date(2026, 1, 1), 4, None), book)
        .unwrap();
    assert_eq!(
        third.flushed,
        vec![Paid {
            date: date(2025, 12, 31),
            person: "B".into(),
            fen: Money::from_fen(35)
        }]
    );
    assert_eq!(amounts(&third.held_fen), [3, 1]);
    let last = state
        .receive(&receipt("d", date(2026, 12, 31), 4, None), book)
        .unwrap();
    assert_eq!(
        (amounts(&last.held_fen), amounts(&last.paid_fen)),
        (vec![0, 0], vec![6, 2])
    );
}

#[test]
fn below_the_minimum_is_found_with_article_and_shortfall() {
    let book = book();
    let rules = || policy(&[(None, &[("team", 45), ("university", 55)])]);
    let people = || vec![person("A", "2/5", true), person("B", "3/5", false)];
    let ask = |terms: Arc<Terms>, day| {
        let mut state = DistributionState::new(terms, people()).unwrap();
        state
            .receive(&receipt("a", day, 91_470_000, None), book)
            .unwrap()
            .findings
    };
    let found = ask(terms(rules()), date(2025, 1, 1));
    assert_eq!(found[0].finding.code, "reward.below_minimum");
    assert_eq!(found[0].finding.severity, Severity::Refused);
    assert_eq!(
        found[0].shortfall_fen,
        Some(Money::from_fen(45_735_000 - 41_161_500))
    );
    assert_eq!(found[1].finding.code, "reward.main_below_minimum");
    let private = Arc::new(Terms {
        state_established: false,
        ..Terms::clone(&terms(rules()))
    });
    assert!(
        ask(private, date(2025, 1, 1))
            .iter()
            .all(|it| it.finding.severity == Severity::Info)
    );
    let zhejiang = Arc::new(Terms {
        jurisdiction: "CN-ZJ".into(),
        ..Terms::clone(&terms(rules()))
    });
    assert_eq!(
        ask(zhejiang, date(2025, 1, 1))[0]
            .finding
            .citation
            .as_ref()
            .unwrap()
            .id,
        "zj.37"
    );
    assert_eq!(
        ask(terms(rules()), date(2015, 9, 30))[0].finding.code,
        "rule.not_in_force"
    );
}

#[test]
fn a_reversal_takes_back_exactly_what_its_entry_gave() {
    let book = book();
    let mut state = two_tiers();
    state
        .receive(&receipt("a", date(2025, 1, 1), 101, None), book)
        .unwrap();
    let before = state.clone();
    let given = state
        .receive(&receipt("b", date(2025, 1, 2), 33_333_333, None), book)
        .unwrap();
    let back = state.reverse("b", date(2025, 1, 3)).unwrap();
    let negative: Vec<i64> = amounts(&given.people).iter().map(|it| -it).collect();
    assert_eq!(amounts(&back.people), negative);
    assert_eq!(
        state.totals().unwrap().people,
        before.totals().unwrap().people
    );
    assert_eq!(state.totals().unwrap().net_fen.fen(), 101);
    assert_eq!(
        state.reverse("b", date(2025, 1, 3)).unwrap_err().code,
        "reversal.unknown_receipt"
    );
    state
        .receive(&receipt("f", date(2025, 1, 4), -1, Some("a")), book)
        .unwrap();
    assert_eq!(
        state.reverse("a", date(2025, 1, 5)).unwrap_err().code,
        "reversal.has_refunds"
    );
    state.reverse("f", date(2025, 1, 5)).unwrap();
    state.reverse("a", date(2025, 1, 5)).unwrap();
    assert_eq!(state.totals().unwrap().net_fen, Money::ZERO);
}

/// A state without what was paid out of it, which no entry says.
fn sums(state: &DistributionState) -> DistributionState {
    let mut sums = state.clone();
    for person in &mut sums.people {
        person.unpaid = Money::ZERO;
    }
    sums
}

/// The lines of a computation add up by themselves: the tiers to what each pool is
/// entitled to, and every whole fen to the net.
fn explained(computation: &Computation) {
    use trace::{Operation, Quantity, Subject};
    let lines = trace::explain(computation).unwrap();
    let [entry] = computation.entries.as_slice() else {
        panic!("one receipt at a time")
    };
    for (before, after) in computation.before.pools.iter().zip(&entry.pools) {
        let subject = Subject::Pool {
            name: before.0.clone(),
        };
        let of = |operation| {
            let mine = move |it: &&trace::Line| it.operation == operation;
            let lines = lines.iter().filter(|it| it.subject == subject);
            let amount = |it: &trace::Line| match &it.result {
                Quantity::Amount(amount) => amount.clone(),
                other => panic!("{other:?}"),
            };
            lines
                .filter(mine)
                .map(amount)
                .fold(Exact::zero(), |sum, it| sum.plus(&it))
        };
        assert_eq!(
            before.1.plus(&of(Operation::Multiply)),
            after.0,
            "{lines:#?}"
        );
        assert_eq!(of(Operation::Round), after.1.into(), "{lines:#?}");
    }
}

#[test]
fn the_trace_of_version_1_stays_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/trace.v1.json");
    let mut state = two_tiers();
    state
        .add_cost("maintenance", Money::from_fen(2_000_000))
        .unwrap();
    state
        .add_inventor_cost(Money::from_fen(900_000), 2)
        .unwrap();
    let book = book();
    let mut cases = Vec::new();
    for receipt in [
        receipt("r1", date(2025, 3, 1), 60_000_001, None),
        receipt("r2", date(2026, 2, 1), -5_000_000, Some("r1")),
    ] {
        let out = state.receive(&receipt, book).unwrap();
        cases.push(out.computation.unwrap());
    }
    let explain = |it: &Arc<Computation>| {
        let lines = trace::explain(it).unwrap();
        serde_json::json!({"schema": trace::SCHEMA, "computation": it, "lines": lines})
    };
    let now: Vec<serde_json::Value> = cases.iter().map(explain).collect();
    if std::env::var_os("DUKOU_WRITE_GOLDEN").is_some() && !std::path::Path::new(path).exists() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).unwrap();
        std::fs::write(path, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
    }
    let kept: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(now.len(), kept.len());
    for case in kept {
        let computation: Computation = serde_json::from_value(case["computation"].clone()).unwrap();
        let lines = trace::explain(&computation).unwrap();
        assert_eq!(serde_json::to_value(lines).unwrap(), case["lines"]);
    }
    let mut other = Computation::clone(&cases[0]);
    other.trace = 9;
    assert_eq!(trace::explain(&other), Err(trace::UnknownVersion(9)));
}

#[test]
fn exact_amounts_are_said_as_a_person_reads_them() {
    for (fen, zh, en) in [
        ("4631180", "46,311.80", "46,311.80"),
        ("23155902/5", "46,311.804", "46,311.804"),
        ("37/3", "0.12又1/3分", "0.12 and 1/3 fen"),
        ("-37/2", "−0.185", "−0.185"),
    ] {
        let said = amount_text(&fen.parse().unwrap());
        assert_eq!((said.zh.as_str(), said.en.as_str()), (zh, en));
    }
}

#[test]
fn nobody_is_named_main_contributor_by_the_program() {
    let people = vec![person("A", "1/2", false), person("B", "1/2", false)];
    let rules = policy(&[(None, &[("team", 70), ("u", 30)])]);
    let mut state = DistributionState::new(terms(rules), people).unwrap();
    let mut said = state.clone();
    state.main_stated(false);
    let first = receipt("a", date(2025, 1, 1), 1000, None);
    let found = state.receive(&first, book()).unwrap().findings;
    assert_eq!(found[0].finding.code, "reward.main_unnamed");
    assert_eq!(found[0].finding.severity, Severity::Warning);
    // Said of everybody that they are not, there is a minimum, and it is not met.
    let found = said.receive(&first, book()).unwrap().findings;
    assert_eq!(found[0].finding.code, "reward.main_below_minimum");
    assert_eq!(found[0].finding.severity, Severity::Refused);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn money_is_conserved_whatever_comes(
        amounts in proptest::collection::vec((-300i64..1000, 0usize..8), 1..20),
        cost in 0i64..500,
        inventor in 0i64..100,
        year in proptest::bool::ANY,
    ) {
        let book = book();
        let mut rules = policy(&[(Some(250), &[("team", 90), ("office", 10)]), (None, &[("team", 55), ("u", 45)])]);
        if year { rules.window = Window::Year; }
        rules.pay_from_fen = Money::from_fen(60);
        let ids: Vec<String> = (1..=3).map(|n| format!("00000000-0000-0000-0000-00000000000{n}")).collect();
        let people = ids.iter().map(|id| person(id, "1/3", true)).collect();
        let mut state = DistributionState::new(terms(rules), people).unwrap();
        state.add_cost("maintenance", Money::from_fen(cost)).unwrap();
        state.add_inventor_cost(Money::from_fen(inventor), 2).unwrap();
        let (mut received, mut paid, mut postings) = (0i64, 0i64, Vec::new());
        let mut stored = state.clone();
        for (index, (amount, of)) in amounts.iter().enumerate() {
            let of = (*amount < 0).then(|| format!("{of}"));
            let day = date(2025, 1, 1).saturating_add(jiff::Span::new().days(40 * index as i64));
            let before = state.clone();
            let Ok(out) = state.receive(&receipt(&index.to_string(), day, *amount, of.as_deref()), book) else {
                prop_assert_eq!(&state, &before, "an error changes nothing");
                continue;
            };
            received += amount;
            // What is stored of it leads to the same state without any rule.
            let computation = out.computation.clone().unwrap();
            let json = serde_json::to_string(&*computation).unwrap();
            let read: Computation = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&read, &*computation);
            for entry in &read.entries { stored.take(entry).unwrap(); }
            prop_assert_eq!(sums(&stored), sums(&state));
            prop_assert!(trace::explain(&read).unwrap().iter().all(|line| out.lines.contains(line)));
            explained(&read);
            let sum = |map: &Ordered<Money>| map.values().map(|it| it.fen()).sum::<i64>();
            prop_assert_eq!(out.net_fen.fen() + out.recovered_fen.fen() + out.returned_to_inventors_fen.fen(), *amount);
            prop_assert_eq!(sum(&out.pools), out.net_fen.fen());
            prop_assert_eq!(sum(&out.people), out.pools.get(TEAM).unwrap().fen());
            paid += sum(&out.paid_fen);
            postings.extend(out.postings().unwrap());
            prop_assert!(out.pools.values().chain(out.people.values()).all(|it| it.fen().signum() * amount.signum() >= 0));
        }
        let totals = state.totals().unwrap();
        let sum = |map: &Ordered<Money>| map.values().map(|it| it.fen()).sum::<i64>();
        prop_assert_eq!(sum(&totals.people), paid + sum(&totals.held_fen));
        prop_assert_eq!(totals.net_fen.fen() + totals.recovered_fen.fen() + totals.returned_to_inventors_fen.fen(), received);
        let balances = crate::Balances::of(&postings).unwrap();
        prop_assert_eq!(balances.get(&crate::Account::Clearing), Money::ZERO);
        prop_assert_eq!(balances.get(&crate::Account::Payer).fen(), -received);
    }
}

#[test]
fn the_schools_own_rules_are_cited_as_the_law_data_have_them() {
    let book = book();
    assert_eq!(book.article("school.policy"), dukou_rules::school_policy());
}
