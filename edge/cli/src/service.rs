//! `dukou user service`: other systems that call the API in their own name.

use clap::Subcommand;
use dukou_chain::people::{self, PersonKind, Role};
use dukou_chain::whole::{Command, State};
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::{Envelope, Store, Value};
use dukou_web::accounts::{self, NewPerson};
use dukou_web::api::tokens;

use crate::user::{owner, text};

/// `dukou user service …`
#[derive(Subcommand)]
pub enum ServiceVerb {
    /// Register a service with the one who answers for it; its id.
    Add {
        /// Name of the service, such as 财务系统.
        name: String,
        /// Sign-in name of its owner.
        #[arg(long, value_name = "LOGIN")]
        owner: String,
        /// A role it plays: manager, finance …; may be given several times.
        #[arg(long, value_parser = role)]
        role: Vec<Role>,
        /// Whose owner, where several institutions know the sign-in name.
        #[arg(long, value_name = "ID")]
        institution: Option<InstitutionId>,
    },
    /// Services and their tokens.
    List,
    /// A token of a service; shown this once.
    Token {
        /// The service's id.
        service: PersonId,
        /// What it may do: actions, groups such as `case.*`, or `*`; may be given several times.
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// Days until it ends, at most 366.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=tokens::LONGEST))]
        days: i64,
        /// What the token is called.
        #[arg(long, default_value = "dukou user service")]
        name: String,
    },
    /// Take a token back, a service's or anybody's.
    Revoke {
        /// The token's id, as `list` and the person's page show it.
        token: String,
    },
}

fn role(code: &str) -> Result<Role, String> {
    Role::parse(code)
        .filter(|it| !it.is_administrator())
        .ok_or_else(|| format!("{code} is no role that a service may play"))
}

/// What was done, to what, and whose it is, for the audit log.
pub type Deed = (&'static str, String, Option<InstitutionId>);

/// Runs `dukou user service`.
///
/// # Errors
/// When it is refused or the data cannot be written.
pub fn run(store: &Store, verb: &ServiceVerb) -> Result<Deed, String> {
    match verb {
        ServiceVerb::Add {
            name,
            owner: login,
            role,
            institution,
        } => add(store, name, owner(store, login, *institution)?, role),
        ServiceVerb::List => {
            list(store)?;
            Ok(("user.list", String::new(), None))
        }
        ServiceVerb::Token {
            service,
            scope,
            days,
            name,
        } => {
            let wanted = tokens::wanted(name, &scope.join(" "), *days)
                .map_err(|it| it.message.en.to_string())?;
            let institution = answered_for(store, *service)?;
            let (_, token) =
                tokens::make_random(store, (institution, *service), &wanted).map_err(text)?;
            out!("{token}");
            Ok(deed("user.token", institution, *service))
        }
        ServiceVerb::Revoke { token } => revoke(store, token),
    }
}

fn deed(action: &'static str, institution: InstitutionId, person: PersonId) -> Deed {
    (action, format!("/people/{person}"), Some(institution))
}

fn add(
    store: &Store,
    name: &str,
    (institution, owner): (InstitutionId, PersonId),
    roles: &[Role],
) -> Result<Deed, String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return Err("a service has a name of at most 60 characters".to_owned());
    }
    let actor = Actor::System("setup".to_owned());
    let service = NewPerson {
        id: PersonId(uuid::Uuid::now_v7()),
        name: name.to_owned(),
        staff_no: String::new(),
        kind: PersonKind::Service,
        unit: None,
        posts: Vec::new(),
        roles: roles.to_vec(),
    };
    let mut batch = accounts::registration(institution, &actor, &service);
    let named = Command::Person(service.id, people::Command::NameOwner { owner });
    batch.push(Envelope::new(institution, actor, named));
    store
        .execute_all(batch)
        .map_err(|(_, rejected)| rejected.to_string())?;
    out!("{}", service.id);
    Ok(deed("user.service", institution, service.id))
}

/// The institution of a service whose owner is still here.
fn answered_for(store: &Store, service: PersonId) -> Result<InstitutionId, String> {
    let row = store
        .read(|db| {
            db.row(
                "SELECT institution FROM person_view WHERE id = $1 AND kind = 'service' AND erased = 0",
                &[Value::from(service.to_string())],
            )
        })
        .map_err(text)?;
    let institution = row
        .and_then(|row| row.text(0).parse().ok())
        .ok_or_else(|| format!("there is no service {service}"))?;
    let person = |id| match store.state(institution, StreamId::Person(id)) {
        Ok((_, state)) => match state.as_ref() {
            State::Person(person) => Ok(person.clone()),
            _ => Err(format!("there is no person {id}")),
        },
        Err(fault) => Err(text(fault)),
    };
    let present = match person(service)?.owner {
        Some(owner) => person(owner)?.is_present(),
        None => false,
    };
    if present {
        Ok(institution)
    } else {
        Err("the service has no owner who is still here: name one first".to_owned())
    }
}

fn list(store: &Store) -> Result<(), String> {
    let rows = store
        .read(|db| {
            db.rows(
                "SELECT v.institution, v.id, s.text, t.id, t.name, t.scopes FROM person_view v \
                 LEFT JOIN sealed s ON s.institution = v.institution AND s.subject = v.id AND s.field = 'name' \
                 LEFT JOIN api_token t ON t.institution = v.institution AND t.person = v.id \
                 WHERE v.kind = 'service' ORDER BY v.institution, v.id, t.id",
                &[],
            )
        })
        .map_err(text)?;
    for row in rows {
        let cells: Vec<&str> = (0..6).map(|at| row.text(at)).collect();
        out!("{}", cells.join("\t").trim_end());
    }
    Ok(())
}

fn revoke(store: &Store, token: &str) -> Result<Deed, String> {
    let row = store
        .read(|db| {
            db.row(
                "SELECT institution, person FROM api_token WHERE id = $1",
                &[Value::from(token)],
            )
        })
        .map_err(text)?;
    let whose: Option<(InstitutionId, PersonId)> =
        row.and_then(|row| Some((row.text(0).parse().ok()?, row.text(1).parse().ok()?)));
    let (institution, person) = whose.ok_or_else(|| format!("there is no token {token}"))?;
    tokens::revoke(store, (institution, person), token).map_err(text)?;
    Ok(deed("user.revoke", institution, person))
}
