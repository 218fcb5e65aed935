//! What the program reads of the law files, so that the rules page can say of
//! the rest that nothing applies it yet. A test holds the list against the
//! source: whoever reads a new id appends it here.

/// Ids of parameters and check-lists that a function reads.
pub const READ: &[&str] = &[
    "appraisal.central_unit",
    "appraisal.to_other",
    "appraisal.to_wholly_state_owned",
    "cit.exclusive.min_term",
    "cit.exempt",
    "cit.license.min_term",
    "cit.rate",
    "contract.register.large_from",
    "inventor_cost.return_factor",
    "log.retention.min",
    "pit.brackets",
    "pit.cash_reward.included",
    "pit.filing",
    "pit.publicity.min",
    "pit.window",
    "price.publicity.min",
    "reward.main_contributor.min",
    "reward.min.equity",
    "reward.min.self_or_joint",
    "reward.min.transfer_license",
    "reward.self_or_joint.years_min",
    "vesting.publicity.min",
];
