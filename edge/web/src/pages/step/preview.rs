//! What will stand in the open, before it is posted: the same decision and the same
//! renderer on the same facts, and nothing of it kept.

use dukou_chain::publicity::page::Article;
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::Lang;
use dukou_store::{Envelope, Rejected};
use serde_json::{Map, Value, json};

use super::Target;
use crate::app::App;
use crate::failure::Failure;
use crate::forms::FormView;
use crate::request::Req;

/// The page that would be posted, or why it would not.
pub enum Preview {
    /// The reader's article first.
    Page(Box<[Article; 2]>),
    /// What stands in the way.
    Refused(Vec<String>),
}

/// The preview of a step that posts a notice, as its form stands; nothing for others.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn of(
    app: &App,
    req: &Req,
    target: &Target,
    form: &FormView,
) -> Result<Option<Preview>, Failure> {
    let name = req.param("command");
    if !matches!(name, "publicity.post" | "distribution.post_reward") {
        return Ok(None);
    }
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let command = match Command::from_json(as_filled(name, target, form)) {
        Ok(command) => command,
        Err(why) => {
            let why = why.message.get(req.lang).to_owned();
            return Ok(Some(Preview::Refused(vec![why])));
        }
    };
    let envelope = Envelope::new(user.institution, Actor::Person(user.person), command);
    let done = match app.store.dry_run(vec![envelope]) {
        Ok(done) => done,
        Err((_, Rejected::Refused(refusal))) => {
            let why = refusal.findings.iter().map(|it| it.message.get(req.lang));
            let why = why.map(str::to_owned).collect();
            return Ok(Some(Preview::Refused(why)));
        }
        Err((_, other)) => return Err(Failure::from(other)),
    };
    let mut papers = done.iter().flat_map(|it| &it.papers);
    let Some(paper) = papers.next() else {
        return Ok(None);
    };
    let other = match req.lang {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    };
    let read = |lang| Article::read(&paper.html, lang);
    Ok(read(req.lang)
        .zip(read(other))
        .map(|(own, other)| Preview::Page(Box::new([own, other]))))
}

/// The command as the form would give it now.
fn as_filled(name: &str, target: &Target, form: &FormView) -> Value {
    let mut value = Map::new();
    value.insert("command".to_owned(), json!(name));
    value.insert(target.address.0.to_owned(), json!(target.address.1));
    for (key, id) in &form.ids {
        value.insert(key.clone(), json!(id));
    }
    for field in &form.fields {
        let filled = match field.kind {
            "number" => match field.value.trim().parse::<u32>() {
                Ok(number) => json!(number),
                Err(_) => continue,
            },
            "choose" => {
                let chosen = field.options.iter().find(|it| it.chosen);
                let first = || field.options.iter().find(|it| !it.value.is_empty());
                match chosen.filter(|it| !it.value.is_empty()).or_else(first) {
                    Some(it) => json!(it.value),
                    None => continue,
                }
            }
            "line" | "long" => json!(field.value.trim()),
            _ => continue,
        };
        value.insert(field.name.to_owned(), filled);
    }
    Value::Object(value)
}
