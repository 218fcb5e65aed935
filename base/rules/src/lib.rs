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

mod file;
mod rulebook;
mod step;
mod ordered;
mod policy;
mod publicity;
mod leader;
mod equity;
mod tax;
mod decisions;

pub use decisions::{
    AppraisalAnswer, AppraisalNeed, AppraisalQuestion, ContractAmounts, ContractAmountsAnswer,
    Exemption, ExemptionAnswer, Mode, Pricing, SelfImplementation, SelfImplementationAnswer, Taker,
    appraisal_need, contract_amounts, exemption, self_implementation,
};
pub use equity::{Equity, EquityAnswer, EquityPerson, equity};
pub use file::LawError;
pub use leader::{Award, Leader, LeaderAnswer, Post, leader, leader_allowed};
pub use ordered::Ordered;
pub use policy::{
    DistributionPolicy, Flush, PolicyError, SchoolPolicy, TEAM, Tier, Window, school_policy,
};
pub use publicity::{Publicity, PublicityAnswer, PublicityKind, publicity};
pub use rulebook::{
    Bracket, DatedValue, InForce, JURISDICTIONS, LookupError, Mark, Parameter, Rulebook, RulesOn,
    Unit, Value,
};
pub use step::{RuleError, Step, refused_finding_severity};
pub use tax::{Cit, CitAnswer, CitMode, Pit, PitAnswer, PitMode, cit, income_tax, pit};
