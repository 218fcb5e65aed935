//! The law as dated data, and the checks that read it.
//!
//! `law/cn/*.toml` holds the parameters of the country, `law/cn/<province>/` the
//! overlays. Every value carries the day from which it holds, the article it
//! stands in and whether a published copy was seen. Code asks for a parameter
//! by id on a day and gets value and citation together:
//!
//! ```
//! use dukou_kernel::Date;
//! use dukou_rules::Rulebook;
//!
//! let book = Rulebook::builtin();
//! let rules = book.at(Date::constant(2025, 3, 1)).within("CN-ZJ");
//! let least = rules.share("reward.min.transfer_license").unwrap();
//! assert_eq!(least.value.to_string(), "7/10");
//! assert_eq!(least.citation.id, "zj.37");
//! ```

mod change;
mod codes;
mod read;
mod register;
mod file;
#[cfg(test)]
mod file_tests;
mod floor;
mod rulebook;
mod step;
mod terms;
mod timeline;
mod ordered;
mod policy;
mod proposed;
mod publicity;
mod leader;
mod equity;
mod exemption;
mod tax;
mod filing;
mod relief;
mod conditions;
mod export;
mod decisions;

pub use change::{Change, ChangeKind, Changed};
pub use codes::{cell_words, code_words, subject};
pub use decisions::{
    AppraisalAnswer, AppraisalNeed, AppraisalQuestion, ContractAmounts, ContractAmountsAnswer,
    SelfImplementation, SelfImplementationAnswer, appraisal_need, contract_amounts,
    contribution_appraisal, self_implementation, technology_exceeds,
};
pub use equity::{Equity, EquityAnswer, EquityChecked, EquityPerson, check_equity, equity};
pub use exemption::{Exemption, ExemptionAnswer, exemption};
pub use export::{ExportFacts, export_findings};
pub use file::LawError;
pub use filing::{filing_day, rolled_filing_day};
pub use leader::{
    Award, Leader, LeaderAnswer, leader, leader_allowed, must_publish, reward_publication,
};
pub use ordered::Ordered;
pub use policy::{
    DistributionPolicy, Flush, OFFICE, PolicyError, SchoolPolicy, TEAM, Tier, Window, school_policy,
};
pub use proposed::ProposedPolicy;
pub use publicity::{
    Due, Publicity, PublicityAnswer, PublicityKind, least_publicity, market_publicity,
    natural_days, publicity, publicity_end, working_days,
};
pub use read::READ;
pub use register::{
    Article, Bracket, Checklist, DatedValue, Document, Mark, Origin, Parameter, Region, Row, Unit,
    Value,
};
pub use relief::{ContractKind, Relief, ReliefFacts, ReliefKind, pit_relief};
pub use rulebook::{COUNTRY, InForce, LookupError, Rulebook, RulesOn};
pub use step::{RuleError, Step, refused_finding_severity};
pub use tax::{Cit, CitAnswer, CitMode, Pit, PitAnswer, cit, income_tax, pit};
pub use terms::{CatalogueResult, Funding, LicenceKind, Mode, PartyKind, Post, Pricing, Taker};
