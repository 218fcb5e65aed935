//! The living style guide: every component on one page.

use askama::Template;
use dukou_kernel::Money;

use crate::app::App;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

#[derive(Template)]
#[template(path = "styleguide.html")]
struct Guide {
    p: Page,
    tokens: Vec<(&'static str, &'static str, &'static str)>,
    tones: Vec<(&'static str, &'static str, &'static str)>,
    big: Money,
    small: Money,
    minus: Money,
}

/// The page.
///
/// # Errors
/// When the template fails.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    Answer::html(&Guide {
        p: Page::new(app, req)?,
        tokens: vec![
            ("paper", "纸", "Paper"),
            ("surface", "面", "Surface"),
            ("sunken", "沉", "Sunken"),
            ("line", "线", "Line"),
            ("ink", "墨", "Ink"),
            ("water", "水", "Water"),
            ("water-tint", "水底", "Water tint"),
            ("seal", "朱", "Seal"),
            ("ochre", "赭", "Ochre"),
            ("pine", "松", "Pine"),
        ],
        tones: vec![
            ("grey", "草稿", "Draft"),
            ("water", "公示中", "In publicity"),
            ("pine", "已对平", "Closed"),
            ("ochre", "待补", "Missing"),
            ("seal", "已拒绝", "Refused"),
        ],
        big: Money::from_fen(120_776_632),
        small: Money::from_fen(60_388_316),
        minus: Money::from_fen(-38_593),
    })
}
