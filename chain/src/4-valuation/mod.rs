//! 价值评价 — what the result may be worth, on what basis, by whom.
//!
//! A valuation is a note for the price talks; it never becomes the price by
//! itself. Whether an appraisal (资产评估) is needed follows 财政部令第100号.

use dukou_kernel::{Date, Finding, Money, Refusal, text};
use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::disclosure::Disclosure;
use crate::terms::Attachment;

words! {
    /// How the value was found (评价方法).
    Method {
        Income = "income", "收益法", "Income approach";
        Market = "market", "市场法", "Market approach";
        Cost = "cost", "成本法", "Cost approach";
        Royalty = "royalty", "许可费节省法", "Relief from royalty";
        Appraisal = "appraisal", "资产评估报告", "Appraisal report";
        Expert = "expert", "专家评议", "Expert opinion";
    }
}

/// The commands of valuation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 记录价值评价
    #[serde(rename = "valuation.note")]
    Note {
        /// 方法
        method: Method,
        /// Lower end.
        low: Money,
        /// Upper end.
        high: Money,
        /// Assumptions and sources.
        basis: String,
        /// The workings or the report.
        #[serde(default)]
        paper: Option<Attachment>,
    },
}

/// 评价已记录
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// 方法
    pub method: Method,
    /// Lower end.
    pub low: Money,
    /// Upper end.
    pub high: Money,
    /// Assumptions and sources.
    pub basis: String,
    /// The workings or the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

events! {
    /// The events of valuation.
    Event {
        /// 评价已记录
        "valuation.noted.v1" => Noted(Noted),
    }
}

/// State of valuation: every note with its day, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Valuation {
    /// The notes.
    pub notes: Vec<(Date, Noted)>,
}

impl Stage for Valuation {
    type Command = Command;
    type Event = Event;
    type Before<'a> = &'a Disclosure;

    fn decide(
        &self,
        disclosure: &&Disclosure,
        command: &Command,
        _ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        disclosure.accepted()?;
        let Command::Note {
            method,
            low,
            high,
            basis,
            paper,
        } = command;
        let mut checks = Checks::default();
        checks.positive("low", *low);
        checks.positive("high", *high);
        checks.refuse_if(high < low, || {
            Finding::refused(
                "valuation.order",
                text!("上限低于下限。", "The upper end is below the lower end."),
            )
            .at("high")
        });
        checks.words("basis", basis, 2000);
        if *method == Method::Appraisal {
            checks.paper("paper", paper.as_ref());
        }
        checks.settle()?;
        Ok(vec![Event::Noted(Noted {
            method: *method,
            low: *low,
            high: *high,
            basis: basis.clone(),
            paper: paper.clone(),
        })])
    }

    fn apply(&mut self, event: Event, effective: Date) {
        let Event::Noted(it) = event;
        self.notes.push((effective, it));
    }
}
