//! No fen is lost or made: whatever happens to the money of a deal, the
//! accounts sum to zero, and what came in is what went out and what is held.

use dukou_ledger::Account;
use proptest::prelude::*;
use serde_json::json;

use crate::runner::*;

/// Something that finance or the office does next; refusals are fine, they
/// change nothing.
#[derive(Clone, Debug)]
enum Step {
    Receive(i64),
    Refund { of: usize, amount: i64 },
    Reverse(usize),
    Cost { amount: i64, inventor: bool },
    Distribute(usize),
    Pay { of: usize, wang: bool, amount: i64 },
    Share(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![1i64..100, 1i64..1_000_000_000];
    prop_oneof![
        3 => amount.clone().prop_map(Step::Receive),
        2 => (0usize..4, amount.clone()).prop_map(|(of, amount)| Step::Refund { of, amount }),
        1 => (0usize..4).prop_map(Step::Reverse),
        1 => (1i64..5_000_000, any::<bool>()).prop_map(|(amount, inventor)| Step::Cost { amount, inventor }),
        4 => (0usize..4).prop_map(Step::Distribute),
        1 => (1u32..100).prop_map(Step::Share),
        2 => (0usize..4, any::<bool>(), amount).prop_map(|(of, wang, amount)| Step::Pay { of, wang, amount }),
    ]
}

fn number(place: usize) -> u128 {
    500 + u128::try_from(place).unwrap()
}

fn take(world: &mut World, step: &Step, next: &mut u128) {
    *next += 1;
    let command = match step {
        Step::Receive(amount) => {
            let taken = world.deal().income.order.len();
            let command = world.receive_command(number(taken), *amount);
            (FINANCE, command)
        }
        Step::Refund { of, amount } => (FINANCE, world.refund_command(*next, number(*of), *amount)),
        Step::Reverse(of) => (
            FINANCE,
            json!({
                "command": "income.reverse", "deal": id(DEAL), "receipt": id(number(*of)), "reason": "录错",
            }),
        ),
        Step::Cost { amount, inventor } => {
            let by = if *inventor {
                json!({"who": "inventor", "person": id(LI)})
            } else {
                json!({"who": "university"})
            };
            (
                MANAGER,
                json!({
                    "command": "protection.record_cost", "case": id(CASE), "kind": "maintenance",
                    "amount": amount, "paid_on": "2026-10-20", "paid_by": by, "voucher": "F",
                }),
            )
        }
        Step::Distribute(of) => {
            let (propose, approve) = (world.propose(number(*of)), world.approve(number(*of)));
            if world.give(MANAGER, propose).is_err() {
                return;
            }
            (APPROVER, approve)
        }
        Step::Share(part) => {
            world.must(
                MANAGER,
                json!({
                    "command": "disclosure.revise_shares", "case": id(CASE), "reason": "重新商定",
                    "contributors": [
                        {"person": id(LI), "share": format!("{part}%")},
                        {"person": id(WANG), "share": format!("{}%", 100 - part)},
                    ],
                }),
            );
            let confirm = json!({"command": "disclosure.confirm_share", "case": id(CASE)});
            let _ = world.give(LI, confirm.clone());
            (WANG, confirm)
        }
        Step::Pay { of, wang, amount } => {
            let who = if *wang { WANG } else { LI };
            (FINANCE, world.pay(number(*of), who, *amount))
        }
    };
    let _ = world.give(command.0, command.1);
}

fn check(world: &World) -> Result<(), TestCaseError> {
    let balances = world.balances();
    let total: i64 = balances.iter().map(|(_, amount)| amount.fen()).sum();
    prop_assert_eq!(total, 0, "all accounts together");
    let came_in = -balances.get(&Account::Payer).fen();
    prop_assert_eq!(
        came_in,
        world.deal().income.total().fen(),
        "the payer's side is the receipts"
    );
    let held: i64 = balances
        .iter()
        .filter(|(account, _)| !matches!(account, Account::Payer | Account::PaidOut))
        .map(|(_, amount)| amount.fen())
        .sum();
    let out = balances.get(&Account::PaidOut).fen();
    prop_assert_eq!(came_in, out + held, "in = out + held");
    prop_assert!(out >= 0);
    // What is not divided yet is exactly what lies in clearing.
    let deal = world.deal();
    let open: i64 = deal
        .income
        .standing()
        .filter(|(id, _)| !deal.distribution.touched(*id))
        .map(|(_, it)| {
            it.received.amount.fen() - it.refunds.iter().map(|r| r.amount.fen()).sum::<i64>()
        })
        .sum();
    prop_assert_eq!(
        balances.get(&Account::Clearing).fen(),
        open,
        "clearing is what waits"
    );
    // What the books owe a person is what the divisions say.
    for who in [LI, WANG] {
        let owed: i64 = deal
            .distribution
            .divisions
            .values()
            .map(|it| it.owed(person(who)).fen())
            .sum();
        prop_assert_eq!(
            balances.get(&Account::Person(person(who))).fen(),
            owed,
            "person {}",
            who
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn money_is_conserved_whatever_happens(steps in proptest::collection::vec(step(), 1..24)) {
        let mut world = World::new();
        world.contract().confirm_shares();
        world.on("2026-10-20");
        let mut next = 600;
        for step in &steps {
            take(&mut world, step, &mut next);
            check(&world)?;
        }
    }
}
