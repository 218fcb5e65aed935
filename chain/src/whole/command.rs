//! Every command of the road, with the stream it goes to.

use dukou_journal::StreamId;
use dukou_kernel::{CaseId, DealId, Finding, PersonId, text};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::closing;
use super::named::{self, Named};
use crate::{
    agreement, assessment, deal, disclosure, distribution, history, income, institution, matching,
    people, protection, publicity, valuation,
};

/// Why something is no command.
pub type BadCommand = Finding;

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident($id:ty, $command:ty) on $stream:ident by $field:literal from [$($prefix:literal),+];)+) => {
        /// A command of any stage, addressed to its stream.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "commands live one at a time")]
        pub enum Command {
            /// To the institution itself.
            Institution(institution::Command),
            $($(#[$doc])* $variant($id, $command)),+
        }

        impl Command {
            /// The stream it goes to.
            pub fn stream(&self) -> StreamId {
                match self {
                    Self::Institution(_) => StreamId::Institution,
                    $(Self::$variant(id, _) => StreamId::$stream(*id)),+
                }
            }

            /// As JSON: `{"command": "disclosure.submit", "case": "…", …}`.
            pub fn to_json(&self) -> Value {
                match self {
                    Self::Institution(command) => {
                        serde_json::to_value(command).unwrap_or_default()
                    }
                    $(Self::$variant(id, command) => {
                        let mut value = serde_json::to_value(command).unwrap_or_default();
                        if let Some(object) = value.as_object_mut() {
                            object.insert($field.to_owned(), Value::String(id.to_string()));
                        }
                        value
                    })+
                }
            }

            /// What it names beside its own stream, each with the field that names it.
            pub fn named(&self) -> Vec<(Named, &'static str)> {
                match self {
                    // The unit begins here.
                    Self::Institution(institution::Command::AddUnit { .. }) => Vec::new(),
                    Self::Institution(command) => named::within(command),
                    $(Self::$variant(_, command) => named::within(command)),+
                }
            }

            /// Reads a command from JSON.
            ///
            /// # Errors
            /// A finding that names the key that is missing, unknown or of the wrong type.
            pub fn from_json(mut value: Value) -> Result<Self, BadCommand> {
                let name = value.get("command").and_then(Value::as_str).unwrap_or_default();
                let name = name.to_owned();
                if name.starts_with("institution.") {
                    return Ok(Self::Institution(read(value)?));
                }
                $(
                    if Self::addressed(&name, $field, &[$($prefix),+], &value) {
                        let id = take_id(&mut value, $field)?;
                        return Ok(Self::$variant(id, read(value)?));
                    }
                )+
                Err(Finding::refused(
                    "command.unknown",
                    text!("没有这个命令：{name}", "There is no such command: {name}"),
                )
                .at("command"))
            }
        }
    };
}

commands! {
    /// To a person of the roster.
    Person(PersonId, people::Command) on Person by "person" from ["people."];
    /// Disclosure of a case.
    Disclosure(CaseId, disclosure::Command) on Case by "case" from ["disclosure."];
    /// Assessment of a case.
    Assessment(CaseId, assessment::Command) on Case by "case" from ["assessment."];
    /// Rights of a case.
    Protection(CaseId, protection::Command) on Case by "case" from ["protection."];
    /// Valuation of a case.
    Valuation(CaseId, valuation::Command) on Case by "case" from ["valuation."];
    /// End, correction or note of a case.
    CaseClosing(CaseId, closing::Command) on Case by "case" from ["closing."];
    /// Imported history of a case.
    CaseHistory(CaseId, history::CaseCommand) on Case by "case" from ["history."];
    /// Opening of a deal.
    Matching(DealId, matching::Command) on Deal by "deal" from ["matching."];
    /// Terms and decision of a deal.
    Negotiation(DealId, deal::Command) on Deal by "deal" from ["deal."];
    /// Publicity of a deal.
    Publicity(DealId, publicity::Command) on Deal by "deal" from ["publicity."];
    /// Contract of a deal.
    Agreement(DealId, agreement::Command) on Deal by "deal" from ["agreement."];
    /// Money of a deal.
    Income(DealId, income::Command) on Deal by "deal" from ["income."];
    /// Distribution of a deal.
    Distribution(DealId, distribution::Command) on Deal by "deal" from ["distribution."];
    /// End, correction or note of a deal.
    DealClosing(DealId, closing::Command) on Deal by "deal" from ["closing."];
    /// Imported history of a deal.
    DealHistory(DealId, history::DealCommand) on Deal by "deal" from ["history."];
}

impl Command {
    /// The name of every command. A new one is written here by hand, so that
    /// somebody thinks of who may give it.
    pub const NAMES: &[&str] = &[
        "institution.found",
        "institution.set_profile",
        "institution.add_unit",
        "institution.adopt_year",
        "institution.load_law",
        "institution.adopt_policy",
        "institution.set_permission",
        "people.register",
        "people.update",
        "people.name_heir",
        "people.name_owner",
        "people.grant_role",
        "people.revoke_role",
        "people.erase",
        "people.account",
        "disclosure.submit",
        "disclosure.accept",
        "disclosure.return",
        "disclosure.resubmit",
        "disclosure.decline",
        "disclosure.assign",
        "disclosure.confirm_share",
        "disclosure.object_share",
        "disclosure.revise_shares",
        "assessment.conclude",
        "protection.record_right",
        "protection.record_grant",
        "protection.end_right",
        "protection.record_cost",
        "valuation.note",
        "matching.open",
        "matching.note_contact",
        "deal.agree_terms",
        "deal.declare_interest",
        "deal.market_proof",
        "deal.decide",
        "publicity.post",
        "publicity.object",
        "publicity.answer",
        "publicity.close",
        "agreement.sign",
        "agreement.register",
        "agreement.amend",
        "agreement.rename_party",
        "income.receive",
        "income.refund",
        "income.reverse",
        "distribution.propose",
        "distribution.approve",
        "distribution.reject",
        "distribution.post_reward",
        "distribution.close_reward",
        "distribution.pay",
        "distribution.file_relief",
        "distribution.allot_equity",
        "closing.end",
        "closing.correct",
        "closing.note",
        "history.case",
        "history.deal",
        "history.receipt",
        "history.distribution",
    ];

    /// The command's name, as stored and sent: `disclosure.submit`.
    pub fn name(&self) -> String {
        let value = self.to_json();
        value
            .get("command")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// The cases it names beside its own stream; who may take the command must
    /// be allowed to take it on each of them.
    pub fn other_cases(&self) -> &[CaseId] {
        match self {
            Self::Matching(_, matching::Command::Open { cases, .. }) => cases,
            _ => &[],
        }
    }

    /// The action of the permission table behind a command's name.
    pub fn action(name: &str) -> &str {
        match name {
            "institution.found" | "institution.set_profile" | "institution.add_unit" => {
                "admin.settings"
            }
            "institution.adopt_year" => "admin.calendar",
            "institution.load_law" => "admin.law",
            "institution.adopt_policy" => "policy.adopt",
            "institution.set_permission" => "admin.permissions",
            "people.grant_role" => "admin.people.grant_role",
            "people.revoke_role" => "admin.people.revoke_role",
            "people.erase" => "admin.people.erase",
            "people.account" => "admin.people.account",
            "closing.correct" => "correction.note",
            "closing.note" => "case.note",
            other if other.starts_with("history.") => "import.ledger",
            other => other,
        }
    }

    /// The action behind a command's name when it is known whether it goes to a
    /// deal: to end a case and to end a deal are two rights.
    pub fn action_on(name: &str, deal: bool) -> &str {
        match name {
            "closing.end" if deal => "deal.end",
            "closing.end" => "case.end",
            other => Self::action(other),
        }
    }

    fn addressed(name: &str, field: &str, prefixes: &[&str], value: &Value) -> bool {
        prefixes.iter().any(|prefix| name.starts_with(prefix))
            && (!(name.starts_with("closing.") || name.starts_with("history."))
                || value.get(field).is_some())
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, BadCommand> {
    serde_json::from_value(value).map_err(|error| {
        let why = error.to_string();
        Finding::refused(
            "command.unreadable",
            text!(
                "命令内容不合格式：{why}",
                "The command cannot be read: {why}"
            ),
        )
    })
}

fn take_id<T: std::str::FromStr>(value: &mut Value, field: &str) -> Result<T, BadCommand> {
    let text = value
        .as_object_mut()
        .and_then(|object| object.shift_remove(field));
    text.as_ref()
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            Finding::refused(
                "command.no_target",
                text!("缺编号或编号不对：{field}", "Missing or wrong id: {field}"),
            )
            .at(field)
        })
}
