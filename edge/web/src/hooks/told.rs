//! What a delivery says, and to whom: whoever stands behind the hook reads it, with the
//! rights that person has at that moment and the scopes of the token it was made with.

use std::sync::Arc;

use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::public::{PublicEvent, Reader};
use dukou_chain::whole::State;
use dukou_journal::{Entry, StreamId};
use dukou_kernel::AccountId;
use dukou_store::{Db, Fault, Record};
use serde::Serialize;

use super::{Hook, delivery};
use crate::app::App;
use crate::authorise::authorise;
use crate::data::text;
use crate::session::{self, User, hex};
use crate::sight::Sight;

/// What a delivery says: the change feed's words, and whose it is.
#[derive(Serialize)]
struct Body<'a> {
    hook: &'a str,
    delivery: &'a str,
    seq: i64,
    hash: String,
    entry: PublicEvent,
}

/// Who reads what goes out.
pub(super) struct Teller {
    state: Arc<State>,
    /// Nobody when whoever made the hook may not have one any more: then only
    /// envelopes go out.
    behind: Option<User>,
}

/// Whoever stands behind a hook, while the account is open or the service is there.
fn person(db: &mut dyn Db, hook: &Hook) -> Result<Option<User>, Fault> {
    let (Ok(institution), Ok(person)) = (hook.institution.parse(), hook.made_by.parse()) else {
        return Ok(None);
    };
    let there = db.row(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM account a WHERE a.institution = $1 AND a.person = $2 AND a.disabled = 0) \
         OR EXISTS (SELECT 1 FROM person_view v WHERE v.institution = $1 AND v.id = $2 AND v.kind = 'service' AND v.erased = 0)",
        &[text(institution), text(person)],
    )?;
    if there.is_none() {
        return Ok(None);
    }
    let scopes = hook.scopes.as_deref().unwrap_or("*");
    let scopes = scopes.split(' ').map(str::to_owned).collect();
    let nobody = AccountId(uuid::Uuid::nil());
    let mut user = User::of_token(institution, nobody, person, scopes);
    session::complete(db, &mut user)?;
    Ok(Some(user))
}

impl Teller {
    /// Finds out who reads.
    pub(super) fn of(app: &App, hook: &Hook) -> Result<Self, Fault> {
        let institution = hook
            .institution
            .parse()
            .map_err(|_| Fault::Other("a hook of no institution".to_owned()))?;
        let (_, state) = app.store.state(institution, StreamId::Institution)?;
        let mut teller = Self {
            state,
            behind: None,
        };
        let found = app.store.read(|db| person(db, hook))?;
        let keeps = |user: &User| {
            let scope = authorise(teller.institution(), Some(user), "hook.manage");
            scope != Scope::None
        };
        teller.behind = found.filter(keeps);
        Ok(teller)
    }

    fn institution(&self) -> Option<&Institution> {
        match self.state.as_ref() {
            State::Institution(it) => Some(it),
            _ => None,
        }
    }

    /// What is said of one entry; `row` holds its bytes and hash.
    pub(super) fn body(
        &self,
        app: &App,
        hook: &Hook,
        seq: i64,
        row: &Record,
    ) -> Result<String, Fault> {
        let entry = Entry::from_bytes(row.text(0)).map_err(|why| Fault::Other(why.to_string()))?;
        let reader = match (self.institution(), &self.behind) {
            (Some(institution), Some(user)) => app
                .store
                .read(|db| Sight::new(institution, user).reader(db, &entry))?,
            _ => Reader::default(),
        };
        let body = Body {
            hook: &hook.id,
            delivery: &delivery(hook, seq),
            seq,
            hash: hex(row.bytes(1)),
            entry: PublicEvent::of(&entry, &reader),
        };
        serde_json::to_string(&body).map_err(|why| Fault::Other(why.to_string()))
    }
}
