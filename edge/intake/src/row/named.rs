//! The right of an achievement: its number, or what is written where there is none.

use dukou_rights::{Absence, Form, Reading};

use super::view::View;
use crate::cell::one_line;
use crate::finding;
use crate::layout::{Field, Kind};
use crate::value::right;

/// What a row says about the right of its achievement.
#[derive(Debug, Default)]
pub struct Named {
    /// Numbers in normal form; one empty text where the row says that there is none.
    pub numbers: Vec<String>,
    /// Application number beside another number.
    pub application: Option<String>,
    /// Words for the kind of right.
    pub kind: Option<String>,
}

/// Reads the columns of the number, the application number and the kind.
pub fn rights(view: &mut View, title: Option<&str>) -> Named {
    let kind = view.words(Field::RightKind);
    let application = application(view);
    let shown = view.cell(Field::Number).shown();
    let written = !one_line(&shown).is_empty();
    let absent = match right::read(&shown) {
        Reading::Absent(absent) if written => Some(absent),
        _ => None,
    };
    if let (Some(number), true) = (&application, absent.is_some() || !written) {
        return known(view, vec![number.clone()], None, kind);
    }
    match absent {
        Some(absent) => none(view, absent, title, kind),
        None if written => {
            let numbers = numbers(view, &shown);
            let behind = right::application_in_brackets(&shown).filter(|_| numbers.len() == 1);
            known(view, numbers, application.or(behind), kind)
        }
        None => {
            if view.has(Field::Number) || view.has(Field::Application) {
                view.note(finding::required(Field::Number, Kind::Achievements));
            }
            Named {
                kind,
                ..Named::default()
            }
        }
    }
}

/// The application number of its own column. A number of another form stands in for
/// the right's number; what is none at all is noted.
fn application(view: &mut View) -> Option<String> {
    let words = view.words(Field::Application)?;
    match right::read(&words) {
        Reading::Number(number) => Some(number.text),
        Reading::Absent(_) => None,
        Reading::Wrong(fault) => {
            view.note(finding::application_malformed(fault));
            None
        }
    }
}

fn numbers(view: &mut View, shown: &str) -> Vec<String> {
    let told = view.words(Field::RightKind);
    let kind = told.as_deref().and_then(right::kind_of_words);
    let mut found: Vec<String> = Vec::new();
    for piece in right::pieces(shown) {
        // Numbers of some registers are known by their kind alone.
        let read = match (right::read(&piece), kind) {
            (Reading::Wrong(fault), Some(kind)) => {
                dukou_rights::read_as(kind, &piece).map_err(|_| fault)
            }
            (Reading::Number(number), _) => Ok(number),
            (Reading::Wrong(fault), None) => Err(fault),
            (Reading::Absent(_), _) => continue,
        };
        match read {
            Ok(number) if found.contains(&number.text) => {}
            Ok(number) => found.push(number.text),
            Err(fault) => {
                view.note(finding::number_malformed(Field::Number, fault));
                return Vec::new();
            }
        }
    }
    if found.is_empty()
        && let Reading::Wrong(fault) = right::read(shown)
    {
        view.note(finding::number_malformed(Field::Number, fault));
    }
    found
}

/// A row with a number: its kind is told by words or by the number.
fn known(
    view: &mut View,
    numbers: Vec<String>,
    application: Option<String>,
    kind: Option<String>,
) -> Named {
    for number in &numbers {
        if right::kind(kind.as_deref(), number).is_none() {
            view.note(finding::kind_unknown(Field::RightKind, number));
            break;
        }
        if let Some((words, shown)) = kind.as_deref().and_then(|it| right::differs(it, number)) {
            view.note(finding::kind_differs(words, shown, number));
        }
        let unread = kind
            .as_deref()
            .filter(|it| right::kind_of_words(it).is_none());
        if let Some(words) = unread.filter(|it| !it.contains("专利")) {
            view.note(finding::kind_unread(Field::RightKind, words, number));
        }
    }
    let is_application = |text: &String| matches!(right::read(text), Reading::Number(number) if number.form == Form::Application);
    let application = application
        .filter(is_application)
        .filter(|it| !numbers.contains(it));
    Named {
        numbers,
        application,
        kind,
    }
}

/// A row that says that there is no number. A result kept secret is know-how; one whose
/// application is under way gets its number later.
fn none(view: &mut View, absent: Absence, title: Option<&str>, kind: Option<String>) -> Named {
    const SECRET: &str = "技术秘密";
    let titled = title.is_some_and(|it| it.starts_with(SECRET) || it.starts_with("专有技术"));
    let secret = absent == Absence::Secret || absent == Absence::None && titled;
    if absent == Absence::Pending {
        view.note(finding::number_pending());
    }
    Named {
        numbers: vec![String::new()],
        application: None,
        kind: kind.or_else(|| secret.then(|| SECRET.to_owned())),
    }
}
