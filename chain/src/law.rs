//! The one door from the stages to rulebook and calendar: a value in force on a
//! day always comes together with the article it stands in.

use std::sync::{Arc, OnceLock};

use dukou_calendar::Calendar;
use dukou_kernel::{Citation, Date, Finding, Refusal, Share, text};
use dukou_rules::{Rulebook, SchoolPolicy};

use crate::institution::Institution;

/// The rulebook that the program carries.
pub fn rulebook() -> &'static Rulebook {
    static BOOK: OnceLock<Rulebook> = OnceLock::new();
    BOOK.get_or_init(Rulebook::builtin)
}

/// The working-day calendar that the program carries.
pub fn builtin_calendar() -> Arc<Calendar> {
    static CALENDAR: OnceLock<Arc<Calendar>> = OnceLock::new();
    Arc::clone(CALENDAR.get_or_init(|| Arc::new(Calendar::builtin())))
}

/// Articles that the stages cite beside the parameters of `law/`. Kept in one
/// list: id, Chinese, English, verified on a published copy.
const ARTICLES: &[(&str, &str, &str, bool)] = &[
    (
        "secrecy_law",
        "保守国家秘密法",
        "Law on Guarding State Secrets",
        false,
    ),
    ("patent_law.24", "专利法第24条", "Patent Law art. 24", true),
    (
        "civil_code.203",
        "民法典第201、203条",
        "Civil Code art. 201, 203",
        true,
    ),
    (
        "civil_code.862",
        "民法典第862条",
        "Civil Code art. 862",
        true,
    ),
    (
        "transfer_law.2",
        "促进科技成果转化法第2条",
        "Transfer Law art. 2",
        true,
    ),
    (
        "transfer_law.16",
        "促进科技成果转化法第16条",
        "Transfer Law art. 16",
        true,
    ),
    (
        "transfer_law.18",
        "促进科技成果转化法第18条",
        "Transfer Law art. 18",
        true,
    ),
    (
        "transfer_law.43",
        "促进科技成果转化法第43条",
        "Transfer Law art. 43",
        true,
    ),
    (
        "transfer_law.44",
        "促进科技成果转化法第44条",
        "Transfer Law art. 44",
        true,
    ),
    (
        "transfer_law.45",
        "促进科技成果转化法第45条",
        "Transfer Law art. 45",
        true,
    ),
    (
        "sc_2016_16.2",
        "国发〔2016〕16号（二）",
        "State Council Doc. 16 (2016) (2)",
        true,
    ),
    (
        "sc_2016_16.8",
        "国发〔2016〕16号（八）",
        "State Council Doc. 16 (2016) (8)",
        true,
    ),
    (
        "sc_2016_16.10",
        "国发〔2016〕16号（十）",
        "State Council Doc. 16 (2016) (10)",
        true,
    ),
    (
        "most_2018_103",
        "国科发政〔2018〕103号",
        "MOST Doc. 103 (2018)",
        false,
    ),
    (
        "moe_2020_1.assessment",
        "教科技〔2020〕1号",
        "MOE Doc. 1 (2020)",
        true,
    ),
    (
        "moe_2020_1.double_return",
        "教科技〔2020〕1号（加倍返还）",
        "MOE Doc. 1 (2020), double return",
        true,
    ),
    (
        "st_progress_law.34",
        "科学技术进步法第34条",
        "S&T Progress Law art. 34",
        true,
    ),
    ("gbt_22900", "GB/T 22900-2022", "GB/T 22900-2022", true),
    (
        "gbt_22239.separation",
        "GB/T 22239-2019 8.1.4.2",
        "GB/T 22239-2019 8.1.4.2",
        true,
    ),
    ("gb_32100", "GB 32100-2015", "GB 32100-2015", true),
    (
        "conflict_of_interest",
        "国发〔2016〕16号（十）；回避原则",
        "State Council Doc. 16 (2016) (10); recusal",
        true,
    ),
    ("school.shares", "校内规定", "School rule", true),
    (
        "mof_100.39",
        "财政部令第100号第39条",
        "MOF Decree 100 art. 39",
        true,
    ),
    (
        "mof_100.40",
        "财政部令第100号第40条",
        "MOF Decree 100 art. 40",
        true,
    ),
    (
        "mof_2019_57.4",
        "财资〔2019〕57号（四）",
        "MOF Doc. 57 (2019) (4)",
        true,
    ),
];

/// An article by its id.
pub fn citation(id: &str) -> Citation {
    let known = ARTICLES.iter().find(|(known, ..)| *known == id);
    let (zh, en, verified) = known.map_or((id, id, false), |(_, zh, en, ok)| (*zh, *en, *ok));
    Citation {
        id: id.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        verified,
    }
}

/// The end of a period: as counted, and as it moves off rest days. `end` is
/// `None` while the year's official arrangement is not known (待国务院安排).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// As counted.
    pub raw: Date,
    /// As it is, when that is certain.
    pub end: Option<Date>,
}

impl Due {
    /// The day to show: the certain one, else the counted one.
    pub fn shown(self) -> Date {
        self.end.unwrap_or(self.raw)
    }

    /// True while the official arrangement is missing.
    pub fn pending(self) -> bool {
        self.end.is_none()
    }
}

/// `days` natural days from `start`, which is not counted, rolled over rest days.
pub fn natural_days(calendar: &Calendar, start: Date, days: u32) -> Due {
    let raw = add_days(start, i64::from(days));
    Due {
        raw,
        end: calendar.roll(raw).end,
    }
}

/// `days` working days from `start`, which is not counted. While the year is
/// not known, Mondays to Fridays are counted.
pub fn working_days(calendar: &Calendar, start: Date, days: u32) -> Due {
    match calendar.add_working_days(start, days) {
        Ok(end) => Due {
            raw: end,
            end: Some(end),
        },
        Err(_) => {
            let mut day = start;
            let mut left = days;
            while left > 0 {
                day = add_days(day, 1);
                if day.weekday().to_monday_zero_offset() < 5 {
                    left -= 1;
                }
            }
            Due {
                raw: day,
                end: None,
            }
        }
    }
}

fn add_days(day: Date, days: i64) -> Date {
    day.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

/// The day after.
pub fn next_day(day: Date) -> Date {
    add_days(day, 1)
}

/// Days from one day to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// How long an agreed price stands in the open, and the article.
pub fn price_publicity_days(institution: &Institution, today: Date) -> (u32, Citation) {
    days(
        institution,
        today,
        "price.publicity.min",
        15,
        "sc_2016_16.3",
    )
}

/// The article that asks for an abstract in a price notice, where one does.
pub fn abstract_asked(institution: &Institution, today: Date) -> Option<Citation> {
    let rules = rulebook().at(today).within(institution.jurisdiction());
    let found = rules.flag("price.publicity.abstract").ok()?;
    found.value.then_some(found.citation)
}

/// How many working days a cash reward stands in the open, and the article.
pub fn reward_publicity_days(institution: &Institution, today: Date) -> (u32, Citation) {
    days(institution, today, "pit.publicity.min", 15, "most_2018_103")
}

/// The regions whose rules are known.
pub fn jurisdictions() -> &'static [&'static str] {
    &["CN", "CN-BJ", "CN-SH", "CN-ZJ", "CN-SD"]
}

/// Is an appraisal needed, and where does that stand?
pub struct AppraisalNeed {
    /// True when none is required because the taker is wholly state-owned.
    pub exempt: bool,
    /// True when it is required, so that it cannot be waived.
    pub required: bool,
    /// The article.
    pub citation: Citation,
}

/// Whether a taker asks for an appraisal, by the rulebook's one rule
/// (财政部令第100号第39、40条; 财资〔2019〕57号).
pub fn appraisal_need(today: Date, central_unit: bool, wholly_state_owned: bool) -> AppraisalNeed {
    use dukou_rules::{AppraisalNeed as Need, AppraisalQuestion, Mode, Taker};
    let taker = if wholly_state_owned {
        Taker::WhollyStateOwned
    } else {
        Taker::Other
    };
    let question = AppraisalQuestion {
        on: today,
        central_unit,
        taker,
        mode: Mode::Transfer,
    };
    let answer = dukou_rules::appraisal_need(&question, rulebook());
    AppraisalNeed {
        exempt: answer.need == Need::Exempt,
        required: answer.need == Need::Required,
        citation: answer.citation,
    }
}

/// A command that only a person can give came from the program.
pub fn needs_person() -> Refusal {
    Finding::refused(
        "actor.person",
        text!(
            "这一步须由具体的人来做。",
            "This step is taken by a person."
        ),
    )
    .into()
}

fn days(
    institution: &Institution,
    today: Date,
    parameter: &str,
    fallback: u32,
    article: &str,
) -> (u32, Citation) {
    let rules = rulebook().at(today).within(institution.jurisdiction());
    match rules.days(parameter) {
        Ok(found) => (found.value, found.citation),
        // A missing parameter never shortens a period.
        Err(_) => (fallback, citation(article)),
    }
}

/// Part of obtained shares that goes to the contributors at least, and the article.
pub fn equity_minimum(institution: &Institution, today: Date) -> (Share, Citation) {
    let rules = rulebook().at(today).within(institution.jurisdiction());
    match rules.share("reward.min.equity") {
        Ok(found) => (found.value, found.citation),
        Err(_) => (Share::percent(50), citation("transfer_law.45")),
    }
}

/// What the statute says of a school's own rules.
pub fn check_policy(institution: &Institution, policy: &SchoolPolicy, from: Date) -> Vec<Finding> {
    policy.check(
        rulebook(),
        institution.jurisdiction(),
        institution.state_established(),
        from,
    )
}
