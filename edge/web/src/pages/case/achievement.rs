//! The achievement itself: facts, contributors, rights.

use std::collections::HashMap;

use dukou_chain::disclosure::Say;
use dukou_chain::protection::RightStatus;
use dukou_kernel::{Lang, PersonId};

use super::Build;
use super::views::{Fact, PersonView, RightView};
use crate::pages::initial;

impl Build<'_> {
    pub(super) fn facts(&self) -> Vec<Fact> {
        let Some(details) = &self.case.disclosure.details else {
            return Vec::new();
        };
        let unit = details
            .unit
            .and_then(|id| self.institution.units.get(&id))
            .map(|(zh, en)| {
                if en.is_empty() {
                    zh.clone()
                } else {
                    self.t(zh, en)
                }
            });
        let funding: Vec<String> = details
            .funding
            .iter()
            .map(|it| self.text(&it.label()))
            .collect();
        let mut facts = vec![self.fact("类型", "Kind", self.text(&details.kind.label()))];
        facts.extend(unit.map(|unit| self.fact("单位", "Unit", unit)));
        if !funding.is_empty() {
            let joined = funding.join(self.req.t("、", ", "));
            facts.push(self.fact("经费来源", "Funding", joined));
        }
        if self.case.history.is_none() {
            let mut public = self.text(&details.disclosed.label());
            if let Some(day) = details.disclosed_on {
                public = format!("{public} {day}");
            }
            facts.push(self.fact("公开情况", "Publication", public));
        }
        if let Some((_, it)) = &self.case.assessment.concluded {
            facts.push(self.fact("评估结论", "Assessment", self.text(&it.conclusion.label())));
            let level = it.readiness;
            facts.push(self.fact(
                "就绪度",
                "Readiness",
                match self.req.lang {
                    Lang::Zh => format!("第{level}级，共13级"),
                    Lang::En => format!("level {level} of 13"),
                },
            ));
        }
        if let Some((day, note)) = self.case.valuation.notes.last() {
            let value = format!("¥{} – ¥{} ({day})", note.low, note.high);
            facts.push(self.fact("价值评价", "Valuation", value));
        }
        facts
    }

    pub(super) fn people(&self, names: &HashMap<PersonId, String>) -> Vec<PersonView> {
        let disclosure = &self.case.disclosure;
        disclosure
            .contributors()
            .iter()
            .map(|it| {
                let name = names.get(&it.person).cloned().unwrap_or_default();
                let (state, tone) = match disclosure.says.get(&it.person) {
                    Some(Say::Confirmed(_)) => (self.t("已确认", "confirmed"), "pine"),
                    Some(Say::Objected { .. }) => (self.t("有异议", "objects"), "seal"),
                    None => (self.t("待确认", "pending"), "ochre"),
                };
                PersonView {
                    initial: initial(&name),
                    name,
                    role: it.role.clone(),
                    share: if it.share.is_zero() {
                        self.t("未填", "not given")
                    } else {
                        it.share.to_percent_text()
                    },
                    state,
                    tone,
                    me: it.person == self.user.person,
                }
            })
            .collect()
    }

    pub(super) fn people_aside(&self) -> String {
        let all = self.case.disclosure.contributors().len();
        let done = all - self.case.disclosure.unconfirmed().count();
        match self.req.lang {
            Lang::Zh => format!("{all}人中{done}人已确认"),
            Lang::En => format!("{done} of {all} confirmed"),
        }
    }

    pub(super) fn rights(&self) -> Vec<RightView> {
        self.case
            .protection
            .rights
            .values()
            .map(|right| {
                let status = right.status();
                RightView {
                    number: right.recorded.number.clone(),
                    kind: self.text(&right.recorded.kind.label()),
                    filed: right.recorded.filed.to_string(),
                    state: self.text(&status.label()),
                    tone: match status {
                        RightStatus::Granted | RightStatus::Held => "pine",
                        RightStatus::Filed => "water",
                        RightStatus::Ended => "grey",
                    },
                }
            })
            .collect()
    }
}
