//! `dukou user`: sets the institution up and opens the first accounts.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use dukou_chain::institution::{self, LawLoaded, Profile};
use dukou_chain::people::{PersonKind, Role};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::{Clock, Envelope, Store, Value};
use dukou_web::accounts::{self, NewPerson};
use dukou_web::api::tokens;

use crate::config::Resolved;
use crate::service::{self, ServiceVerb};

/// `dukou user …`
#[derive(Args)]
pub struct UserArgs {
    #[command(subcommand)]
    verb: UserVerb,
}

#[derive(Subcommand)]
enum UserVerb {
    /// Set up an institution with its three separate administrators.
    Setup {
        /// Name in Chinese.
        #[arg(long)]
        school: String,
        /// Name in English.
        #[arg(long, default_value = "")]
        school_en: String,
        /// Letters before every number.
        #[arg(long, default_value = "DK")]
        prefix: String,
        /// Region: CN, CN-BJ, CN-SH, CN-ZJ, CN-SD, or a province whose law files lie
        /// in DIR/law; they are loaded with the institution.
        #[arg(long, default_value = "CN")]
        region: String,
        /// Office that receives objections, with telephone.
        #[arg(long, default_value = "")]
        contact: String,
        /// A central unit (中央级事业单位).
        #[arg(long)]
        central: bool,
        /// Not established by the state (民办).
        #[arg(long)]
        private: bool,
    },
    /// A new invitation link for a person.
    Invite {
        /// The person's id.
        person: String,
    },
    /// A token for another system, on behalf of an account; shown this once.
    Token {
        /// Sign-in name of the account.
        login: String,
        /// What it may do: actions, groups such as `case.*`, or `*`; may be given several times.
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// Days until it ends, at most 366.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=tokens::LONGEST))]
        days: i64,
        /// What the token is called among its owner's.
        #[arg(long, default_value = "dukou user token")]
        name: String,
        /// Whose account, where several institutions know the name.
        #[arg(long, value_name = "ID")]
        institution: Option<InstitutionId>,
    },
    /// Other systems that call the API in their own name, and their tokens.
    #[command(subcommand)]
    Service(ServiceVerb),
    /// Accounts of the installation.
    List,
}

/// An error in words.
pub fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Runs `dukou user`.
///
/// # Errors
/// When it is refused or the data cannot be written.
pub fn run(settings: &Resolved, args: &UserArgs) -> Result<ExitCode, String> {
    let store = Store::open(settings.store(Clock::System)).map_err(text)?;
    let base = format!("http://{}", settings.listen.value);
    let (action, about, institution) = match &args.verb {
        UserVerb::Setup {
            school,
            school_en,
            prefix,
            region,
            contact,
            central,
            private,
        } => {
            let profile = Profile {
                name_zh: school.clone(),
                name_en: school_en.clone(),
                prefix: prefix.clone(),
                jurisdiction: region.clone(),
                state_established: !private,
                central_unit: *central,
                contact: contact.clone(),
            };
            let law = crate::law::to_start_with(settings)?;
            let institution = setup(&store, profile, law, &base)?;
            ("user.setup", prefix.clone(), Some(institution))
        }
        UserVerb::Invite { person } => {
            let institution = invite(&store, person, &base)?;
            (
                "user.invite",
                format!("/people/{person}"),
                Some(institution),
            )
        }
        UserVerb::Token {
            login,
            scope,
            days,
            name,
            institution,
        } => {
            let wanted = tokens::wanted(name, &scope.join(" "), *days)
                .map_err(|it| it.message.en.to_string())?;
            let owner = owner(&store, login, *institution)?;
            let (_, token) = tokens::make_random(&store, owner, &wanted).map_err(text)?;
            out!("{token}");
            ("user.token", format!("/people/{}", owner.1), Some(owner.0))
        }
        UserVerb::Service(verb) => service::run(&store, verb)?,
        UserVerb::List => {
            list(&store)?;
            ("user.list", String::new(), None)
        }
    };
    settings.note(institution, action, &about);
    Ok(ExitCode::SUCCESS)
}

fn setup(
    store: &Store,
    profile: Profile,
    law: Option<LawLoaded>,
    base: &str,
) -> Result<InstitutionId, String> {
    let institution = InstitutionId(uuid::Uuid::now_v7());
    let actor = Actor::System("setup".to_owned());
    // What will be refused leaves no evidence behind.
    institution::Institution::default()
        .found(&profile, law.as_ref())
        .map_err(|refusal| dukou_store::Rejected::Refused(refusal).to_string())?;
    let files = law.as_ref().map_or_else(Vec::new, |it| it.files.clone());
    let found = Command::Institution(institution::Command::Found { profile, law });
    let mut batch = vec![Envelope::new(institution, actor.clone(), found)];
    let roles = [
        (Role::SystemAdmin, "系统管理员", "sysadmin"),
        (Role::SecurityAdmin, "安全管理员", "secadmin"),
        (Role::AuditAdmin, "审计管理员", "audadmin"),
        (Role::OfficeHead, "办公室主任", "office"),
    ];
    let people: Vec<(NewPerson, &str)> = roles
        .into_iter()
        .map(|(role, name, login)| {
            let person = NewPerson {
                id: PersonId(uuid::Uuid::now_v7()),
                name: name.to_owned(),
                staff_no: String::new(),
                kind: PersonKind::Staff,
                unit: None,
                posts: Vec::new(),
                roles: vec![role],
            };
            (person, login)
        })
        .collect();
    for (person, _) in &people {
        batch.extend(accounts::registration(institution, &actor, person));
    }
    store
        .keep_law(institution, &actor, &files)
        .map_err(|rejected| rejected.to_string())?;
    store
        .execute_all(batch)
        .map_err(|(_, rejected)| rejected.to_string())?;
    for (person, login) in &people {
        let token = accounts::invite(store, institution, person.id, login).map_err(text)?;
        out!("{}\t{login}\t{base}/invite/{token}", person.name);
    }
    Ok(institution)
}

fn invite(store: &Store, person: &str, base: &str) -> Result<InstitutionId, String> {
    let id: PersonId = person
        .parse()
        .map_err(|_| format!("{person} is not the id of a person"))?;
    let row = store
        .read(|db| {
            db.row(
                "SELECT institution FROM person_view WHERE id = $1 AND kind <> 'service'",
                &[Value::from(person)],
            )
        })
        .map_err(text)?;
    let institution = row
        .and_then(|row| row.text(0).parse().ok())
        .ok_or_else(|| format!("there is no person {person} who could sign in"))?;
    let token = accounts::invite(store, institution, id, "").map_err(text)?;
    out!("{base}/invite/{token}");
    Ok(institution)
}

/// Whose account a sign-in name is. A closed account gets no token.
pub fn owner(
    store: &Store,
    login: &str,
    institution: Option<InstitutionId>,
) -> Result<(InstitutionId, PersonId), String> {
    let rows = store
        .read(|db| {
            db.rows(
                "SELECT institution, person FROM account WHERE login = $1 AND disabled = 0",
                &[Value::from(login.trim().to_lowercase())],
            )
        })
        .map_err(text)?;
    let known: Vec<(InstitutionId, PersonId)> = rows
        .iter()
        .filter_map(|row| Some((row.text(0).parse().ok()?, row.text(1).parse().ok()?)))
        .filter(|(whose, _)| institution.is_none_or(|it| it == *whose))
        .collect();
    match known.as_slice() {
        [one] => Ok(*one),
        [] => Err(format!("there is no open account {login}")),
        _ => Err(format!(
            "several institutions know {login}: name one with --institution ID"
        )),
    }
}

fn list(store: &Store) -> Result<(), String> {
    let rows = store
        .read(|db| {
            db.rows(
                "SELECT a.institution, a.login, a.person, a.disabled FROM account a ORDER BY a.institution, a.login",
                &[],
            )
        })
        .map_err(text)?;
    for row in rows {
        let state = if row.int(3) != 0 { "closed" } else { "open" };
        out!("{}\t{}\t{}\t{state}", row.text(0), row.text(1), row.text(2));
    }
    Ok(())
}
