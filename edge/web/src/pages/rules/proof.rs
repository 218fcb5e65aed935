//! What a reader needs to check a value or a condition (依据): document, article,
//! address, quotation, mark and the day of the last check.

use dukou_kernel::{Citation, Date, Text};
use dukou_rules::{DatedValue, Mark, Origin, Row, Rulebook};
use serde::Serialize;

use crate::request::Req;

/// What a reader needs to check a value or a condition.
#[derive(Serialize)]
pub struct Proof {
    /// The document.
    pub document: String,
    /// The article.
    pub article: String,
    /// Where to read it; only http addresses.
    pub url: String,
    /// The words of the article.
    pub quote: String,
    /// Why there are none.
    pub quote_missing: String,
    /// What is uncertain.
    pub note: String,
    /// `V`, `V~` or `K`.
    pub mark: &'static str,
    /// True when somebody confirmed it.
    pub verified: bool,
    /// When it was last confirmed.
    pub checked: String,
    /// File and line in which it stands.
    pub origin: String,
}

/// What stands beside a value or a condition in its file.
struct Said<'a> {
    citation: &'a Citation,
    url: Option<&'a str>,
    quote: Option<&'a str>,
    quote_missing: Option<&'a Text>,
    note: Option<&'a Text>,
    mark: Mark,
    checked: Date,
    origin: &'a Origin,
}

macro_rules! said {
    ($it:expr) => {
        Said {
            citation: &$it.citation,
            url: $it.url.as_deref(),
            quote: $it.quote.as_deref(),
            quote_missing: $it.quote_missing.as_ref(),
            note: $it.note.as_ref(),
            mark: $it.mark,
            checked: $it.checked,
            origin: &$it.origin,
        }
    };
}

impl Proof {
    /// What proves a value.
    pub fn of_value(book: &Rulebook, req: &Req, it: &DatedValue) -> Self {
        Self::of(book, req, &said!(it))
    }

    /// What proves a condition.
    pub fn of_row(book: &Rulebook, req: &Req, it: &Row) -> Self {
        Self::of(book, req, &said!(it))
    }

    fn of(book: &Rulebook, req: &Req, said: &Said<'_>) -> Self {
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let told =
            |text: Option<&Text>| text.map_or_else(String::new, |it| it.get(req.lang).to_owned());
        let document = book
            .entry(&said.citation.id)
            .and_then(|it| book.document(&it.document));
        let url = said
            .url
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        Self {
            document: document.map_or_else(String::new, |it| it.title.get(req.lang).to_owned()),
            article: said.citation.get(req.lang).to_owned(),
            url: own(url),
            quote: own(said.quote),
            quote_missing: told(said.quote_missing),
            note: told(said.note),
            mark: match said.mark {
                Mark::V => "V",
                Mark::VNear => "V~",
                Mark::K => "K",
            },
            verified: said.mark.is_verified(),
            checked: said.checked.to_string(),
            origin: said.origin.to_string(),
        }
    }
}
