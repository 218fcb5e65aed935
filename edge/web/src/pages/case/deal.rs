//! Deals of the case: terms, payments, receipts.

use dukou_chain::whole::{self, Deal};
use dukou_kernel::{DealId, Lang, Money};

use super::views::{DealView, Fact, ReceiptView};
use super::words::receipt_state;
use super::{Build, LoadedCase, LoadedDeal};
use crate::data;
use crate::failure::Failure;
use crate::sight::Sight;

impl Build<'_> {
    pub(super) fn terms(&self, deal: &Deal) -> Vec<Fact> {
        let Some((_, opened)) = &deal.matching.opened else {
            return Vec::new();
        };
        let party = deal.agreement.party().unwrap_or(&opened.party);
        let nature = format!("{}（{}）", party.name, self.text(&party.kind.label()));
        let Some(terms) = deal.terms() else {
            return vec![
                self.fact("方式", "Mode", self.text(&opened.mode.label())),
                self.fact("对方", "Other side", nature),
            ];
        };
        let mut mode = vec![self.text(&terms.mode.label())];
        mode.extend(terms.licence.map(|it| self.text(&it.label())));
        mode.extend(Some(terms.territory.clone()).filter(|it| !it.is_empty()));
        mode.extend(terms.term_years.map(|years| match self.req.lang {
            Lang::Zh => format!("{years}年"),
            Lang::En => format!("{years} years"),
        }));
        let mut price = Vec::new();
        if terms.price.is_positive() {
            price.push(format!("¥{}", terms.price));
        }
        if let Some(royalty) = terms.royalty {
            let base = &terms.royalty_base;
            let part = royalty.to_percent_text();
            price.push(match self.req.lang {
                Lang::Zh => format!("另按{base}提成 {part}"),
                Lang::En => format!("plus {part} of {base}"),
            });
        }
        if let Some(equity) = &terms.equity {
            let (part, value) = (equity.holding.to_percent_text(), equity.valued);
            price.push(match self.req.lang {
                Lang::Zh => format!("作价 ¥{value}，持股 {part}"),
                Lang::En => format!("valued ¥{value} for {part}"),
            });
        }
        let comma = self.req.t("，", ", ");
        let mut facts = vec![
            self.fact("方式", "Mode", mode.join(comma)),
            self.fact("对方", "Other side", nature),
            Fact {
                span: true,
                ..self.fact("价格", "Price", price.join(comma))
            },
            self.fact("定价方式", "Price route", self.text(&terms.pricing.label())),
        ];
        if let Some(decision) = deal.negotiation.current_decision() {
            facts.push(self.fact(
                "资产评估",
                "Appraisal",
                self.text(&decision.appraisal.label()),
            ));
            facts.push(self.fact(
                "决策",
                "Decision",
                format!("{} {}", decision.meeting, decision.held),
            ));
        }
        if let Some((_, signed)) = &deal.agreement.signed {
            facts.push(self.fact(
                "合同",
                "Contract",
                format!("{} {}", signed.contract_no, signed.signed),
            ));
        }
        if let Some(registered) = &deal.agreement.registered {
            facts.push(self.fact("认定登记", "Registration", registered.register_no.clone()));
        }
        facts
    }

    /// The other achievements of the same deal: address and name. What the
    /// reader may not open is counted, not named.
    pub(super) fn also(&self, covered: &[LoadedCase]) -> Vec<(String, String)> {
        let mut list: Vec<(String, String)> = covered
            .iter()
            .filter(|it| it.readable)
            .filter_map(|it| {
                let disclosure = &data::as_case(&it.state).ok()?.disclosure;
                let name = format!("{} {}", disclosure.number, disclosure.title());
                Some((format!("/cases/{}", it.id), name))
            })
            .collect();
        let hidden = covered.len() - list.len();
        if hidden > 0 {
            list.push((
                String::new(),
                match self.req.lang {
                    Lang::Zh => format!("另有{hidden}项，你无权查看"),
                    Lang::En => format!("{hidden} more that you may not open"),
                },
            ));
        }
        list
    }

    pub(super) fn schedule(&self, deal: &Deal) -> Vec<(String, Money, String)> {
        let Some(terms) = deal.terms() else {
            return Vec::new();
        };
        terms
            .schedule
            .iter()
            .map(|it| {
                let due = it.due.map_or_else(String::new, |day| day.to_string());
                (it.label.clone(), it.amount, due)
            })
            .collect()
    }

    pub(super) fn terms_aside(&self, deal: &Deal) -> String {
        let Some((on, agreed)) = &deal.negotiation.terms else {
            return self.t("还没有条款", "no terms yet");
        };
        let version = agreed.version;
        match self.req.lang {
            Lang::Zh => format!("条款第{version}版，{on} 双方确认"),
            Lang::En => format!("Terms v{version}, agreed {on}"),
        }
    }

    pub(super) fn deals(&self, deals: &[LoadedDeal], focus: Option<DealId>) -> Vec<DealView> {
        deals
            .iter()
            .filter_map(|(id, state)| {
                let deal = data::as_deal(state).ok()?;
                let (_, opened) = deal.matching.opened.as_ref()?;
                let ended = deal.closing.ended.as_ref();
                let (stop, tone) = match ended {
                    Some((_, it)) => (self.text(&it.outcome.label()), "grey"),
                    None => (self.text(&whole::deal_stop(deal).label()), "water"),
                };
                Some(DealView {
                    id: id.to_string(),
                    number: opened.number.clone(),
                    party: deal.agreement.party().unwrap_or(&opened.party).name.clone(),
                    mode: self.text(&deal.terms().map_or(opened.mode, |it| it.mode).label()),
                    stop,
                    tone,
                    current: focus == Some(*id),
                })
            })
            .collect()
    }

    /// The receipts, for whoever may read them.
    pub(super) fn receipts(&self, id: DealId, deal: &Deal) -> Result<Vec<ReceiptView>, Failure> {
        let sight = Sight::new(self.institution, self.user);
        if !self.app.store.read(|db| sight.reads_money(db, id))? {
            return Ok(Vec::new());
        }
        let views = deal
            .income
            .order
            .iter()
            .filter_map(|receipt_id| deal.income.receipts.get(receipt_id))
            .map(|receipt| {
                let rid = receipt.received.receipt;
                let standing = if receipt.reversed {
                    "reversed"
                } else if receipt.history {
                    "history"
                } else {
                    deal.distribution.standing_of(rid)
                };
                let (state, tone) = receipt_state(standing, self.req.lang);
                ReceiptView {
                    day: receipt.received.received.to_string(),
                    amount: receipt.received.amount,
                    payer: receipt.received.payer.clone(),
                    state,
                    tone,
                    split: if receipt.history || receipt.reversed {
                        String::new()
                    } else {
                        format!("/deals/{id}/split/{rid}")
                    },
                }
            })
            .collect();
        Ok(views)
    }
}
