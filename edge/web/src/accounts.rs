//! Setting people and accounts up from the command line and for the demo.

use dukou_chain::people::{self, AccountFact, PersonKind, Role, Tenure};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{InstitutionId, PersonId, UnitId, spelling};
use dukou_store::{Envelope, Fault, Rejected, SealedText, Store, Value};

use crate::{password, session};

/// A person to register.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// 工号, or empty.
    pub staff_no: String,
    /// 类别
    pub kind: PersonKind,
    /// College or office.
    pub unit: Option<UnitId>,
    /// Posts with dates.
    pub posts: Vec<Tenure>,
    /// Roles.
    pub roles: Vec<Role>,
}

/// The salts of a person's name and staff number.
#[derive(Clone, Debug)]
pub struct Salts {
    /// Of the name.
    pub name: String,
    /// Of the staff number.
    pub number: String,
}

impl Salts {
    /// Salts that nobody knows.
    pub fn fresh() -> Self {
        Self {
            name: session::token(),
            number: session::token(),
        }
    }
}

/// The commitments to name and staff number, and the texts that they seal, to be kept
/// beside the journal. The salts are kept with them, so that they can be checked until
/// they are erased; an empty text takes the place of one that was there.
pub fn seal(
    salts: &Salts,
    id: PersonId,
    name: &str,
    staff_no: &str,
) -> (people::Seals, Vec<SealedText>) {
    let (name, staff_no) = (&spelling::visible(name), &spelling::number(staff_no));
    let numbered = !staff_no.is_empty();
    let seals = people::Seals {
        name: dukou_journal::commitment_to(&salts.name, name),
        number: numbered.then(|| dukou_journal::commitment_to(&salts.number, staff_no)),
    };
    let number_salt = if numbered { salts.number.as_str() } else { "" };
    let texts = [
        ("name", name.as_str()),
        ("staff_no", staff_no),
        ("name_salt", salts.name.as_str()),
        ("number_salt", number_salt),
        // The one salt of before.
        ("salt", ""),
    ];
    let texts = texts.into_iter().map(|(field, text)| SealedText {
        subject: id,
        field: field.to_owned(),
        text: text.to_owned(),
    });
    (seals, texts.collect())
}

/// The commands that register a person with roles.
pub fn registration(institution: InstitutionId, actor: &Actor, new: &NewPerson) -> Vec<Envelope> {
    let salts = Salts::fresh();
    let (seals, sealed) = seal(&salts, new.id, &new.name, &new.staff_no);
    let register = people::Command::Register {
        kind: new.kind,
        unit: new.unit,
        posts: new.posts.clone(),
        seals,
        staff_no_key: None,
    };
    let command = |it| Command::Person(new.id, it);
    let mut all = vec![Envelope {
        sealed,
        ..Envelope::new(institution, actor.clone(), command(register))
    }];
    all.extend(new.roles.iter().map(|role| {
        let grant = people::Command::GrantRole { role: *role };
        Envelope::new(institution, actor.clone(), command(grant))
    }));
    all
}

/// Opens an account with a password; with `second_factor`, one-time codes are
/// set up already.
///
/// # Errors
/// When the person is unknown or the database cannot be written.
pub fn open(
    store: &Store,
    institution: InstitutionId,
    person: PersonId,
    (login, secret): (&str, &str),
    second_factor: bool,
) -> Result<(), Rejected> {
    let hash = password::hash(secret).map_err(Fault::Other)?;
    let totp = second_factor.then(|| {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        session::token()
            .bytes()
            .take(32)
            .filter_map(|byte| {
                LETTERS
                    .get(usize::from(byte) % 32)
                    .map(|it| char::from(*it))
            })
            .collect::<String>()
    });
    let params = [
        Value::from(institution.to_string()),
        uuid::Uuid::now_v7().to_string().into(),
        person.to_string().into(),
        login.into(),
        hash.into(),
        totp.into(),
        store.now_ms().into(),
    ];
    store.write(move |db| {
        db.exec(
            "INSERT INTO account (institution, id, person, login, password_hash, totp_secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &params,
        )
    })?;
    let command = Command::Person(
        person,
        people::Command::Account {
            what: AccountFact::Opened,
        },
    );
    store
        .execute(Envelope::new(
            institution,
            Actor::System("setup".to_owned()),
            command,
        ))
        .map(|_| ())
}

/// Makes an invitation link's token, valid for seven days, usable once.
///
/// # Errors
/// When the database cannot be written.
pub fn invite(
    store: &Store,
    institution: InstitutionId,
    person: PersonId,
    login: &str,
) -> Result<String, Fault> {
    const WEEK_MS: i64 = 7 * 86_400_000;
    let token = session::token();
    let now = store.now_ms();
    let params = [
        Value::from(session::token_hash(&token)),
        institution.to_string().into(),
        person.to_string().into(),
        "open".into(),
        login.into(),
        now.into(),
        (now + WEEK_MS).into(),
    ];
    store.write(move |db| {
        db.exec(
            "INSERT INTO invite (token_hash, institution, person, purpose, login, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &params,
        )
    })?;
    Ok(token)
}
