//! A request as handlers see it: who asks, for what, with which fields and files.

use std::collections::BTreeMap;

use axum::body::Bytes;
use dukou_kernel::Lang;

use crate::session::User;

/// One uploaded file, still hostile.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Form field.
    pub field: String,
    /// Name as the browser sent it.
    pub name: String,
    /// Bytes.
    pub bytes: Vec<u8>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Req {
    /// `GET` or `POST`.
    pub post: bool,
    /// Path without query.
    pub path: String,
    /// Path parameters by name.
    pub params: BTreeMap<String, String>,
    /// Query, repeated keys kept.
    pub query: Vec<(String, String)>,
    /// Form fields, repeated keys kept.
    pub fields: Vec<(String, String)>,
    /// Uploaded files.
    pub uploads: Vec<Upload>,
    /// Who is signed in.
    pub user: Option<User>,
    /// The reader's language.
    pub lang: Lang,
    /// `""`, `light` or `dark`.
    pub theme: String,
    /// Anonymous CSRF token of the visitor.
    pub visitor: String,
    /// Address of the caller, for limits and the audit log.
    pub address: String,
    /// The machine that asks, when it asks for itself.
    pub direct: Option<std::net::IpAddr>,
    /// One line to show once, left by the step before.
    pub toast: String,
    /// True on every address of the API.
    pub api: bool,
    /// True when the caller asks for JSON.
    pub wants_json: bool,
    /// The body as it came, on routes of the API.
    pub body: Bytes,
    /// What the body says it is, on routes of the API.
    pub media: String,
    /// The token of a caller of the API.
    pub bearer: Option<String>,
    /// `Idempotency-Key`, or nothing.
    pub idempotency_key: String,
    /// `If-Match`, or nothing.
    pub if_match: String,
    /// `If-None-Match`, or nothing.
    pub if_none_match: String,
    /// Headers that count and hold what no header may.
    pub odd_headers: Vec<&'static str>,
}

impl Req {
    /// A path parameter, or nothing.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A query value, or nothing.
    pub fn query(&self, name: &str) -> &str {
        first(&self.query, name)
    }

    /// A form value, or nothing.
    pub fn field(&self, name: &str) -> &str {
        first(&self.fields, name)
    }

    /// Every value of a repeated form field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The text in the reader's language.
    pub fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// Path and query, for links that come back here.
    pub fn here(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        format!("{}?{}", self.path, query.finish())
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map_or("", |(_, value)| value.as_str())
}

/// What is kept of a file's name: the last part of its path, without what
/// controls a terminal or turns the reading direction, and never a name that a
/// system keeps for a device.
pub fn file_name(sent: &str) -> String {
    const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let last = sent.rsplit(['/', '\\']).next().unwrap_or(sent);
    let plain: String = last
        .chars()
        .filter(|c| !c.is_control() && !turns(*c))
        .map(|c| {
            if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let name = shortened(plain.trim_matches([' ', '.']));
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    if name.is_empty() {
        "file".to_owned()
    } else if DEVICES.iter().any(|it| stem.eq_ignore_ascii_case(it)) {
        format!("_{name}")
    } else {
        name
    }
}

/// At most 120 letters; what is cut out stands before the ending.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 120;
    let length = name.chars().count();
    if length <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let kept = ending.chars().count() + 1;
    if ending.is_empty() || kept > 12 {
        return name.chars().take(LONGEST).collect();
    }
    let head: String = name.chars().take(LONGEST - kept).collect();
    format!("{head}.{ending}")
}
