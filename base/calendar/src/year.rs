//! One year's arrangement: the file that a person uploads or that we carry.

use std::collections::BTreeMap;

use dukou_kernel::{Date, Text};
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

/// One holiday of a year: the days off and the days worked in exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// 春节, Spring Festival.
    pub name: Text,
    /// First and last day off, both counted; `None` when only `work` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<(Date, Date)>,
    /// Saturdays and Sundays that are worked (调休上班).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<Date>,
}

/// The State Council's arrangement of one calendar year (国务院办公厅放假安排).
/// Only sound years exist: reading one, from a file or an event, checks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "YearData")]
pub struct Year {
    year: i16,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Date>,
    checked: bool,
    holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearData {
    year: i16,
    #[serde(default)]
    notice: Option<String>,
    #[serde(default)]
    published: Option<Date>,
    #[serde(default)]
    checked: bool,
    holidays: Vec<Holiday>,
}

impl TryFrom<YearData> for Year {
    type Error = YearError;

    fn try_from(data: YearData) -> Result<Self, YearError> {
        let holidays = data
            .holidays
            .into_iter()
            .map(|holiday| (holiday, 0))
            .collect();
        let YearData {
            year,
            notice,
            published,
            checked,
            ..
        } = YearData {
            holidays: Vec::new(),
            ..data
        };
        Self::checked(
            Self {
                year,
                notice,
                published,
                checked,
                holidays: Vec::new(),
            },
            holidays,
        )
    }
}

/// Why a year's arrangement cannot be read. `line` counts from 1; 0 when the
/// arrangement did not come from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}", .message.en)]
pub struct YearError {
    /// Line of the file.
    pub line: usize,
    /// What is wrong and what is expected.
    pub message: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    year: Spanned<i16>,
    #[serde(default)]
    notice: Option<String>,
    #[serde(default)]
    published: Option<Spanned<Datetime>>,
    #[serde(default)]
    checked: bool,
    #[serde(default)]
    holiday: Vec<Spanned<HolidayFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayFile {
    name: String,
    #[serde(default)]
    name_en: Option<String>,
    #[serde(default)]
    from: Option<Spanned<Datetime>>,
    #[serde(default)]
    to: Option<Spanned<Datetime>>,
    #[serde(default)]
    work: Vec<Spanned<Datetime>>,
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

fn date_of(text: &str, value: &Spanned<Datetime>) -> Result<Date, YearError> {
    let written = value.get_ref();
    let date = match (written.date, written.time) {
        (Some(day), None) => Date::new(
            i16::try_from(day.year).unwrap_or(i16::MAX),
            i8::try_from(day.month).unwrap_or_default(),
            i8::try_from(day.day).unwrap_or_default(),
        )
        .ok(),
        _ => None,
    };
    date.ok_or_else(|| YearError {
        line: line_at(text, value.span().start),
        message: Text::new(
            format!("应为日期，如 2026-10-01；读到 {written}"),
            format!("expected a date such as 2026-10-01, found {written}"),
        ),
    })
}

fn holiday_of(text: &str, item: &Spanned<HolidayFile>) -> Result<Holiday, YearError> {
    let line = line_at(text, item.span().start);
    let file = item.get_ref();
    let off = match (&file.from, &file.to) {
        (Some(from), Some(to)) => Some((date_of(text, from)?, date_of(text, to)?)),
        (Some(only), None) => {
            let day = date_of(text, only)?;
            Some((day, day))
        }
        (None, Some(_)) => {
            return Err(YearError {
                line,
                message: Text::new("有 to 而无 from", "`to` stands without `from`"),
            });
        }
        (None, None) => None,
    };
    let work = file
        .work
        .iter()
        .map(|day| date_of(text, day))
        .collect::<Result<_, _>>()?;
    let english = file.name_en.clone().unwrap_or_else(|| file.name.clone());
    Ok(Holiday {
        name: Text::new(file.name.clone(), english),
        off,
        work,
    })
}

impl Year {
    /// Reads one year's arrangement from TOML (the form of `law/calendar/`).
    ///
    /// # Errors
    /// With the line: not TOML, an unknown key, a day outside of the year, a
    /// day named twice, a make-up day that is a weekday, no day off at all.
    pub fn parse(toml_text: &str) -> Result<Self, YearError> {
        let file: YearFile = toml::from_str(toml_text).map_err(|error| YearError {
            line: error
                .span()
                .map_or(1, |span| line_at(toml_text, span.start)),
            message: Text::new(
                format!("放假安排文件无法读取：{}", error.message()),
                format!("not an arrangement: {}", error.message()),
            ),
        })?;
        let mut holidays = Vec::with_capacity(file.holiday.len());
        for item in &file.holiday {
            let line = line_at(toml_text, item.span().start);
            holidays.push((holiday_of(toml_text, item)?, line));
        }
        let published = match &file.published {
            Some(day) => Some(date_of(toml_text, day)?),
            None => None,
        };
        let head = Self {
            year: *file.year.get_ref(),
            notice: file.notice,
            published,
            checked: file.checked,
            holidays: Vec::new(),
        };
        Self::checked(head, holidays)
    }

    /// The same arrangement as a file that [`Year::parse`] reads.
    pub fn to_toml(&self) -> String {
        let mut out = format!("year = {}\n", self.year);
        let quoted = |text: &str| toml::Value::from(text).to_string();
        if let Some(notice) = &self.notice {
            out.push_str(&format!("notice = {}\n", quoted(notice)));
        }
        if let Some(day) = self.published {
            out.push_str(&format!("published = {day}\n"));
        }
        out.push_str(&format!("checked = {}\n", self.checked));
        for holiday in &self.holidays {
            out.push_str(&format!(
                "\n[[holiday]]\nname = {}\nname_en = {}\n",
                quoted(&holiday.name.zh),
                quoted(&holiday.name.en)
            ));
            if let Some((from, to)) = holiday.off {
                out.push_str(&format!("from = {from}\nto = {to}\n"));
            }
            if !holiday.work.is_empty() {
                let days: Vec<String> = holiday.work.iter().map(Date::to_string).collect();
                out.push_str(&format!("work = [{}]\n", days.join(", ")));
            }
        }
        out
    }

    fn checked(mut year: Self, holidays: Vec<(Holiday, usize)>) -> Result<Self, YearError> {
        if !(1949..=2999).contains(&year.year) {
            return Err(YearError {
                line: usize::from(!holidays.is_empty()),
                message: Text::new(
                    format!("年份 {} 超出范围", year.year),
                    format!("the year {} is out of range", year.year),
                ),
            });
        }
        let mut seen: BTreeMap<Date, ()> = BTreeMap::new();
        let mut any_off = false;
        for (holiday, line) in &holidays {
            let refuse = |zh: String, en: String| YearError {
                line: *line,
                message: Text::new(zh, en),
            };
            for day in days_off(holiday) {
                any_off = true;
                note(&mut seen, day, year.year).map_err(|(zh, en)| refuse(zh, en))?;
            }
            if let Some((from, to)) = holiday.off
                && (from > to || from.year() != year.year || to.year() != year.year)
            {
                return Err(refuse(
                    format!("{from} 至 {to} 不是 {} 年内的一段日子", year.year),
                    format!("{from} to {to} is no stretch of days inside {}", year.year),
                ));
            }
            for day in &holiday.work {
                note(&mut seen, *day, year.year).map_err(|(zh, en)| refuse(zh, en))?;
                if !is_weekend(*day) {
                    return Err(refuse(
                        format!("{day} 不是周末，不能是调休上班日"),
                        format!(
                            "{day} is no Saturday or Sunday, so it cannot be a make-up working day"
                        ),
                    ));
                }
            }
        }
        if !any_off {
            return Err(YearError {
                line: 1,
                message: Text::new("没有任何放假日", "no day off is named"),
            });
        }
        year.holidays = holidays.into_iter().map(|(holiday, _)| holiday).collect();
        Ok(year)
    }

    /// The calendar year.
    pub fn year(&self) -> i16 {
        self.year
    }

    /// The notice, where known: 国办发明电〔2024〕12号.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The day of the notice, where known.
    pub fn published(&self) -> Option<Date> {
        self.published
    }

    /// True when the days were compared with a published copy of the notice.
    pub fn is_checked(&self) -> bool {
        self.checked
    }

    /// The holidays in the order of the file.
    pub fn holidays(&self) -> &[Holiday] {
        &self.holidays
    }
}

/// The days off of a holiday; empty for a stretch that runs backwards.
pub(crate) fn days_off(holiday: &Holiday) -> impl Iterator<Item = Date> + use<> {
    let (from, to) = holiday.off.unzip();
    let span = match (from, to) {
        (Some(from), Some(to)) if from.year() == to.year() => Some((from, to)),
        _ => None,
    };
    span.into_iter().flat_map(|(from, to)| {
        std::iter::successors(Some(from), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= to)
    })
}

fn note(seen: &mut BTreeMap<Date, ()>, day: Date, year: i16) -> Result<(), (String, String)> {
    if day.year() != year {
        return Err((
            format!("{day} 不在 {year} 年内"),
            format!("{day} is not in {year}"),
        ));
    }
    if seen.insert(day, ()).is_some() {
        return Err((format!("{day} 出现了两次"), format!("{day} is named twice")));
    }
    Ok(())
}

/// True on Saturdays and Sundays.
pub(crate) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str) -> (usize, String) {
        match Year::parse(file) {
            Ok(_) => panic!("accepted: {file}"),
            Err(error) => (error.line, error.message.en),
        }
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line() {
        let (line, message) =
            refused("year = 2027\n\n[[holiday]]\nname = \"元旦\"\nfrom = 2026-01-01\n");
        assert_eq!((line, message.as_str()), (3, "2026-01-01 is not in 2027"));
        let (line, message) = refused("year = 2027\nyaer = 1\n");
        assert_eq!(line, 2);
        assert!(message.contains("yaer"), "{message}");
        let (_, message) = refused(
            "year = 2027\n[[holiday]]\nname = \"a\"\nfrom = 2027-01-01\nwork = [2027-01-04]",
        );
        assert!(message.contains("no Saturday"), "{message}");
        let (_, message) = refused(
            "year = 2027\n[[holiday]]\nname = \"a\"\nfrom = 2027-01-02\nwork = [2027-01-02]",
        );
        assert!(message.contains("twice"), "{message}");
        let (line, _) = refused("year = 2027\n[[holiday]]\nname = \"a\"\nfrom = 2027-13-01");
        assert_eq!(line, 4);
        let (_, message) = refused("year = 2027");
        assert!(message.contains("no day off"), "{message}");
        let (_, message) =
            refused("year = 2027\n[[holiday]]\nname = \"a\"\nfrom = 2027-02-02\nto = 2027-01-02");
        assert!(message.contains("no stretch"), "{message}");
        assert_eq!(
            refused("year = 2027\n[[holiday]]\nname = \"a\"\nfrom = 2027-02-02T10:00:00").0,
            4
        );
    }

    #[test]
    fn a_year_survives_storage_and_its_own_file_form() {
        let text = "year = 2027\nnotice = \"国办\\\"x\"\npublished = 2026-11-20\n[[holiday]]\nname = \"元旦\"\nfrom = 2027-01-01\nto = 2027-01-03\n[[holiday]]\nname = \"春节\"\nwork = [2027-01-30]\n";
        let year = Year::parse(text).unwrap();
        assert_eq!(Year::parse(&year.to_toml()).unwrap(), year);
        let json = serde_json::to_string(&year).unwrap();
        assert_eq!(serde_json::from_str::<Year>(&json).unwrap(), year);
        let broken = json.replace("2027-01-30", "2027-02-01");
        assert!(serde_json::from_str::<Year>(&broken).is_err());
    }
}
