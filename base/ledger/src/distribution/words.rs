//! The steps of a distribution in words.

use dukou_kernel::{Money, Text, text};
use dukou_rules::{Rulebook, Step};

use super::parts::{Flow, Paid, Receipt, ReceiptSplit};
use crate::split::Claim;

/// How a receipt became net income, or what a refund undid.
pub(super) fn flow(out: &mut ReceiptSplit, flow: &Flow, receipt: &Receipt, book: &Rulebook) {
    let fen = receipt.fen.fen();
    if let Some(of) = &receipt.of {
        let words = text!(
            "退款冲回到账 {of}：先净收入，再已收回费用，再已返还发明人",
            "the refund undoes {of}: net first, then recovered costs, then the return to inventors"
        );
        let step = Step::new("refund", words, flow.net.fen()).with("fen", fen);
        out.steps.push(
            step.with("recovered_fen", flow.recovered().fen())
                .with("returned_fen", flow.returned.fen()),
        );
        return;
    }
    if flow.returned.is_positive() {
        let words = Text::new(
            "先返还发明人自付费用（加倍）",
            "the inventors' own cost goes back first, doubled",
        );
        let step = Step::new("inventor_cost.return", words, flow.returned.fen()).with("fen", fen);
        out.steps
            .push(step.cite(book.article("moe_2020_1.double_return")));
    }
    if flow.recovered().is_positive() {
        let words = Text::new("收回应扣除的费用", "deductible costs are recovered");
        let step = Step::new("cost.recover", words, flow.recovered().fen()).with("fen", fen);
        out.steps.push(step.cite(book.article("school.policy")));
    }
    let words = Text::new(
        "净收入 = 到账 − 返还 − 收回费用",
        "net = received − returned − recovered",
    );
    let step = Step::new("net_income", words, flow.net.fen())
        .with("fen", fen)
        .with("returned_fen", flow.returned.fen())
        .with("recovered_fen", flow.recovered().fen());
    out.steps.push(step);
}

/// What one pool or person got, by the rounding rule.
pub(super) fn share_of(name: &str, claim: &Claim, part: Money, person: bool) -> Step {
    let (entitled, given, fen) = (&claim.entitled, claim.given.fen(), part.fen());
    let words = text!(
        "{name}：累计应得 {entitled} 分，此前已得 {given} 分，本次 {fen} 分",
        "{name}: entitled to {entitled} fen in all, given {given} before, {fen} now"
    );
    let rule = if person {
        "people.split"
    } else {
        "pools.split"
    };
    Step::new(rule, words, fen)
        .with("entitled_fen", entitled)
        .with("given_fen", given)
}

/// Whether a person is paid now or waits.
pub(super) fn held(name: &str, paid: Money, held: Money, threshold: Money) -> Step {
    let (paid, held, threshold) = (paid.fen(), held.fen(), threshold.fen());
    let words = text!(
        "{name}：起付额 {threshold} 分，本次支付 {paid} 分，暂存 {held} 分",
        "{name}: paid from {threshold} fen on; {paid} paid now, {held} held"
    );
    Step::new("pay_from", words, held)
        .with("paid_fen", paid)
        .with("pay_from_fen", threshold)
}

/// A payment on 31 December.
pub(super) fn flushed(paid: &Paid) -> Step {
    let Paid { date, person, fen } = paid;
    let fen = fen.fen();
    let words = text!(
        "{date} 年末支付 {person} 暂存的 {fen} 分",
        "{date}: {person}'s held {fen} fen are paid"
    );
    Step::new("flush.year_end", words, fen)
}

/// A reversal.
pub(super) fn reversal(id: &str, fen: Money) -> Step {
    let fen = fen.fen();
    let words = text!(
        "冲销 {id}：原样收回",
        "reversal of {id}: exactly its fen are taken back"
    );
    Step::new("reversal", words, fen)
}
