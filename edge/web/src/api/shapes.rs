//! The shapes of commands as JSON Schema. One line a command, in the order of the
//! table of names: `name:what`, `?` for what may be left out, `~` for what may be
//! left out or `null`, `[]` for a list. A test holds every line to the commands that
//! the program itself reads, field by field.

use dukou_chain::assessment::Conclusion;
use dukou_chain::deal::Appraisal;
use dukou_chain::people::{PersonKind, Post, Role, Scope};
use dukou_chain::protection::CostKind;
use dukou_chain::terms::{
    CatalogueResult, Disclosed, Funding, LicenceKind, Mode, Outcome, PartyKind, PartySize, Pricing,
    PriorKind, ResultKind, RightKind,
};
use dukou_chain::valuation::Method;
use dukou_chain::whole::Command;
use dukou_kernel::Lang;
use serde_json::{Map, Value, json};

use super::commands::open_to_callers;
use crate::forms::{self, Offer};

/// Fields of each command beside its name and target.
const COMMANDS: &[(&str, &str)] = &[
    ("institution.set_profile", "profile:profile"),
    ("institution.add_unit", "unit:id name_zh:text name_en?:text"),
    ("institution.adopt_year", "year:year"),
    ("institution.load_law", "files:law_file[] reason:text"),
    (
        "institution.adopt_policy",
        "from:day policy:object paper~:paper",
    ),
    (
        "institution.set_permission",
        "role:role action:text scope:scope reason:text",
    ),
    (
        "people.register",
        "name:name staff_no?:text kind:person_kind unit~:id posts?:post[]",
    ),
    (
        "people.update",
        "name?:name kind:person_kind unit~:id posts?:post[]",
    ),
    ("people.name_heir", "heir:id paper:paper"),
    ("people.name_owner", "owner:id"),
    ("people.grant_role", "role:role"),
    ("people.revoke_role", "role:role reason:text"),
    ("people.erase", "reason:text"),
    ("disclosure.submit", "details:details"),
    ("disclosure.accept", "manager:id"),
    ("disclosure.return", "reason:text"),
    ("disclosure.resubmit", "details:details"),
    ("disclosure.decline", "reason:text"),
    ("disclosure.assign", "manager:id"),
    ("disclosure.confirm_share", "paper~:paper"),
    ("disclosure.object_share", "reason:text"),
    (
        "disclosure.revise_shares",
        "contributors:contributor[] reason:text",
    ),
    (
        "assessment.conclude",
        "conclusion:conclusion evaluator:text readiness:byte market:text summary:text report~:paper",
    ),
    (
        "protection.record_right",
        "right:id kind:right_kind number?:text filed:day granted~:day owners:text paper~:paper",
    ),
    (
        "protection.record_grant",
        "right:id granted:day paper~:paper",
    ),
    ("protection.end_right", "right:id ended:day reason:text"),
    (
        "protection.record_cost",
        "kind:cost_kind amount:fen paid_on:day paid_by:paid_by voucher:text paper~:paper",
    ),
    (
        "valuation.note",
        "method:method low:fen high:fen basis:text paper~:paper",
    ),
    (
        "matching.open",
        "cases:id[] mode:mode party:party asking~:fen note?:text",
    ),
    ("matching.note_contact", "on:day text:text"),
    ("deal.agree_terms", "terms:terms paper~:paper"),
    (
        "deal.declare_interest",
        "related:flag note?:text paper~:paper",
    ),
    ("deal.market_proof", "place:text paper:paper"),
    (
        "deal.decide",
        "meeting:text held:day approved:flag appraisal:appraisal appraised~:fen note?:text minutes:paper",
    ),
    (
        "publicity.post",
        "notice:id days:count contact:text summary?:text",
    ),
    ("publicity.object", "text:text paper~:paper"),
    (
        "publicity.answer",
        "objection:count text:text upheld:flag paper~:paper",
    ),
    ("publicity.close", "result:text"),
    (
        "agreement.sign",
        "contract_no:text signed:day paper:paper export_approval~:paper export~:export",
    ),
    (
        "agreement.register",
        "register_no:text registered:day technology_amount:fen paper~:paper export~:export",
    ),
    ("agreement.amend", "terms:terms reason:text paper:paper"),
    ("agreement.rename_party", "party:party paper:paper"),
    (
        "income.receive",
        "receipt:id received:day amount:fen payer:text bank_ref?:text paper~:paper",
    ),
    (
        "income.refund",
        "refund:id of:id paid:day amount:fen reason:text paper~:paper",
    ),
    ("income.reverse", "receipt:id reason:text"),
    ("distribution.propose", "receipt:id"),
    ("distribution.approve", "receipt:id note?:text"),
    ("distribution.reject", "receipt:id reason:text"),
    (
        "distribution.post_reward",
        "receipt:id notice:id days:count contact:text registrar?:text",
    ),
    ("distribution.close_reward", "receipt:id result:text"),
    (
        "distribution.pay",
        "receipt:id person:id amount:fen paid:day voucher:text paper~:paper",
    ),
    (
        "distribution.file_relief",
        "receipt:id month:day filed:day paper:paper",
    ),
    ("distribution.allot_equity", "people:holding[] paper:paper"),
    ("closing.end", "outcome:outcome reason:text paper~:paper"),
    ("closing.correct", "entry:number text:text"),
    ("closing.note", "text:text files?:paper[]"),
    ("history.case", "past:past_case"),
    ("history.deal", "past:past_deal"),
    ("history.receipt", "past:past_receipt"),
    ("history.distribution", "past:past_distribution"),
];

/// Groups of fields that stand within commands.
const GROUPS: &[(&str, &str)] = &[
    ("paper", "file:hash name:text"),
    ("law_file", "name:text file:hash text:text"),
    (
        "profile",
        "name_zh:text name_en:text prefix:text jurisdiction:text state_established:flag central_unit:flag contact:text",
    ),
    (
        "year",
        "year:number notice~:text published~:day checked?:flag holidays:holiday[]",
    ),
    ("holiday", "name:object off~:days work?:day[]"),
    ("post", "post:post_kind title?:text from:day to~:day"),
    (
        "details",
        "title:text kind:result_kind secrecy:secrecy nearest:prior[] novelty:text contributors:contributor[] funding:funding[] funding_note?:text disclosed:disclosed disclosed_on~:day unit~:id evidence?:paper[]",
    ),
    ("prior", "kind:prior_kind text:text"),
    ("contributor", "person:id role?:text share:share main?:flag"),
    (
        "party",
        "name:text uscc~:text kind:party_kind size:party_size",
    ),
    (
        "terms",
        "mode:mode licence~:licence territory?:text term_years~:count price:fen royalty~:share royalty_base?:text equity~:equity pricing:pricing schedule?:instalment[] weights?:object",
    ),
    ("equity", "holding:share valued:fen"),
    (
        "export",
        "abroad~:flag catalogue~:catalogue intent_no~:text permit_no~:text permit_on~:day",
    ),
    ("instalment", "label:text amount:fen due~:day"),
    ("holding", "person:id holding:share"),
    ("origin", "batch:id file:text sheet:text row:count"),
    (
        "past_case",
        "title:text kind:result_kind right_number:text contributors:contributor[] unit~:id filed:day granted~:day origin:origin",
    ),
    (
        "past_deal",
        "contract_no:text cases:id[] mode:mode licence~:licence party:party amount:fen signed:day pricing~:pricing origin:origin",
    ),
    (
        "past_receipt",
        "receipt:id received:day amount:fen payer?:text origin:origin",
    ),
    (
        "past_distribution",
        "net:fen pools:pairs people:pairs key?:text origin:origin",
    ),
];

macro_rules! one_of {
    ($kind:ty) => {
        json!({"enum": <$kind>::ALL.iter().map(|it| it.code()).collect::<Vec<_>>()})
    };
}

/// The words that something takes, when it is one of a list.
fn words(what: &str) -> Option<Value> {
    Some(match what {
        "role" => one_of!(Role),
        "scope" => one_of!(Scope),
        "person_kind" => one_of!(PersonKind),
        "post_kind" => one_of!(Post),
        "conclusion" => one_of!(Conclusion),
        "result_kind" => one_of!(ResultKind),
        "right_kind" => one_of!(RightKind),
        "cost_kind" => one_of!(CostKind),
        "method" => one_of!(Method),
        "mode" => one_of!(Mode),
        "licence" => one_of!(LicenceKind),
        "catalogue" => one_of!(CatalogueResult),
        "pricing" => one_of!(Pricing),
        "appraisal" => one_of!(Appraisal),
        "outcome" => one_of!(Outcome),
        "prior_kind" => one_of!(PriorKind),
        "funding" => one_of!(Funding),
        "disclosed" => one_of!(Disclosed),
        "party_kind" => one_of!(PartyKind),
        "party_size" => one_of!(PartySize),
        "secrecy" => json!({"enum": ["no", "yes_or_maybe"]}),
        _ => return None,
    })
}

/// What stands for itself.
fn plain(what: &str) -> Value {
    match what {
        "id" => json!({"type": "string", "format": "uuid"}),
        "hash" => json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        "day" => json!({"type": "string", "format": "date"}),
        "days" => {
            json!({"type": "array", "items": plain("day"), "minItems": 2, "maxItems": 2})
        }
        "fen" => json!({"type": "integer", "description": "fen"}),
        "share" => json!({"type": "string", "description": "1/3, 33.3%"}),
        "flag" => json!({"type": "boolean"}),
        "byte" => json!({"type": "integer", "minimum": 0, "maximum": 255}),
        "count" => json!({"type": "integer", "minimum": 0, "maximum": 65_535}),
        "number" => json!({"type": "integer"}),
        "name" => json!({"type": "string", "minLength": 1, "maxLength": 60}),
        "pairs" => {
            json!({"type": "array", "items": {"type": "array", "prefixItems": [{"type": "string"}, plain("fen")], "minItems": 2, "maxItems": 2}})
        }
        "paid_by" => json!({"oneOf": [
            {"type": "object", "required": ["who"], "properties": {"who": {"const": "university"}}},
            {"type": "object", "required": ["who", "person"], "properties": {
                "who": {"const": "inventor"}, "person": plain("id"),
            }},
        ]}),
        "object" => json!({"type": "object"}),
        _ => json!({"type": "string", "pattern": "^[^\\u0000]*$"}),
    }
}

fn shape(what: &str) -> Value {
    if let Some(item) = what.strip_suffix("[]") {
        return json!({"type": "array", "items": shape(item)});
    }
    if let Some((_, fields)) = GROUPS.iter().find(|(name, _)| *name == what) {
        let (required, properties) = group(fields);
        return json!({
            "type": "object", "required": required, "properties": properties,
            "additionalProperties": false,
        });
    }
    words(what).unwrap_or_else(|| plain(what))
}

/// What must be given, and what may be.
fn group(fields: &str) -> (Vec<String>, Map<String, Value>) {
    let mut required = Vec::new();
    let mut properties = Map::new();
    for field in fields.split(' ') {
        let Some((name, what)) = field.split_once(':') else {
            continue;
        };
        let bare = name.trim_end_matches(['?', '~']);
        if bare == name {
            required.push(bare.to_owned());
        }
        let schema = match name.ends_with('~') {
            true => json!({"anyOf": [shape(what), {"type": "null"}]}),
            false => shape(what),
        };
        properties.insert(bare.to_owned(), schema);
    }
    (required, properties)
}

/// What a command is addressed to.
fn targets(name: &str) -> &'static [&'static str] {
    match name {
        "history.case" => &["case"],
        "history.deal" | "history.receipt" | "history.distribution" => &["deal"],
        _ => match name.split('.').next().unwrap_or_default() {
            "institution" => &[],
            "people" => &["person"],
            "disclosure" | "assessment" | "protection" | "valuation" => &["case"],
            "closing" => &["case", "deal"],
            _ => &["deal"],
        },
    }
}

/// The schema of one command.
fn command(name: &str, lang: Lang) -> Value {
    let fields = COMMANDS.iter().find(|(it, _)| *it == name);
    let (mut required, fields) = fields.map(|(_, it)| group(it)).unwrap_or_default();
    let mut properties = Map::new();
    properties.insert("command".to_owned(), json!({"const": name}));
    for (key, about, schema) in [
        (
            "on_behalf",
            ("为谁代办，附其签字件", "for whom, on attached paper"),
            plain("id"),
        ),
        ("_reason", ("原因", "why"), plain("text")),
    ] {
        let about = json!({"description": lang.pick(about.0, about.1)});
        properties.insert(key.to_owned(), json!({"allOf": [schema, about]}));
    }
    required.insert(0, "command".to_owned());
    let targets = targets(name);
    for target in targets {
        properties.insert((*target).to_owned(), plain("id"));
    }
    properties.extend(fields);
    let spec = forms::spec(name, &Offer::default());
    for field in spec.iter().flat_map(|it| &it.fields) {
        if let Some(schema) = properties
            .get_mut(field.path)
            .and_then(Value::as_object_mut)
        {
            schema.insert("title".to_owned(), json!(field.label.get(lang)));
        }
    }
    let title = spec.map_or_else(|| name.to_owned(), |it| it.title.get(lang).to_owned());
    let mut schema = Map::new();
    if let [one, two] = targets {
        // Either a case or a deal, never both.
        let either = json!([{"required": [one]}, {"required": [two]}]);
        schema.insert("oneOf".to_owned(), either);
    } else {
        required.extend(targets.iter().map(|it| (*it).to_owned()));
    }
    for (key, value) in [
        ("type", json!("object")),
        ("title", json!(title)),
        ("required", json!(required)),
        ("properties", json!(properties)),
        ("additionalProperties", json!(false)),
    ] {
        schema.insert(key.to_owned(), value);
    }
    Value::Object(schema)
}

/// The schema of each command that callers may send.
pub fn commands(lang: Lang) -> Vec<Value> {
    Command::NAMES
        .iter()
        .filter(|name| open_to_callers(name))
        .map(|name| command(name, lang))
        .collect()
}

/// What the calculators take: one of their questions.
pub fn question() -> Value {
    let all = dukou_calc::calculators().iter();
    json!({"type": "object", "anyOf": all.map(|it| (it.schema)()).collect::<Vec<_>>()})
}
