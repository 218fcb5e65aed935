//! The living style guide: every component on one page.

use askama::Template;
use dukou_chain::whole::Stop;
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
    rows: Vec<Sample>,
    rail: Vec<(&'static str, String, &'static str)>,
}

/// A row of the sample table, both languages beside each other.
struct Sample {
    title: (&'static str, &'static str),
    number: &'static str,
    tone: &'static str,
    stop: (&'static str, &'static str),
    price: Money,
    due: &'static str,
    days: i64,
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
            ("control", "框", "Control"),
            ("ink", "墨", "Ink"),
            ("ink-2", "次墨", "Ink 2"),
            ("ink-3", "淡墨", "Ink 3"),
            ("water", "水", "Water"),
            ("water-line", "浅水", "Water line"),
            ("water-tint", "水底", "Water tint"),
            ("seal", "朱", "Seal"),
            ("seal-tint", "朱底", "Seal tint"),
            ("ochre", "赭", "Ochre"),
            ("ochre-tint", "赭底", "Ochre tint"),
            ("pine", "松", "Pine"),
            ("pine-tint", "松底", "Pine tint"),
            ("focus", "焦点", "Focus"),
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
        rows: samples(),
        rail: rail(req),
    })
}

fn samples() -> Vec<Sample> {
    vec![
        Sample {
            title: (
                "高镍正极材料残锂气固原位转化包覆方法",
                "Coating of residual lithium on high-nickel cathodes",
            ),
            number: "YZ-2026-0147",
            tone: "water",
            stop: ("公示中", "In publicity"),
            price: Money::from_fen(300_000_000),
            due: "2026-12-01",
            days: 6,
        },
        Sample {
            title: (
                "隧道渗漏水高光谱识别算法",
                "Hyperspectral detection of leaks in tunnels",
            ),
            number: "YZ-2025-0207",
            tone: "ochre",
            stop: ("合同", "Contract"),
            price: Money::from_fen(86_000_000),
            due: "2026-12-18",
            days: 23,
        },
        Sample {
            title: ("可降解镁合金接骨螺钉", "Degradable magnesium bone screws"),
            number: "YZ-2024-0171",
            tone: "seal",
            stop: ("合同", "Contract"),
            price: Money::from_fen(640_000_000),
            due: "2026-11-21",
            days: -4,
        },
    ]
}

/// A rail at the notice: what is behind, here, locked and ahead.
fn rail(req: &Req) -> Vec<(&'static str, String, &'static str)> {
    Stop::ALL
        .iter()
        .enumerate()
        .map(|(at, stop)| {
            let (class, when) = match at {
                0..=6 => ("done", "03-09"),
                7 => ("now", "9 / 15"),
                8 => ("locked", "12-02"),
                _ => ("later", ""),
            };
            (class, stop.label().get(req.lang).to_owned(), when)
        })
        .collect()
}
