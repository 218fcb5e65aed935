//! What every handler may lean on.

use std::collections::HashMap;
use std::sync::Mutex;

use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::Store;

/// How the server was started.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// True for `dukou demo`: a banner, and signing in with one click.
    pub demo: bool,
    /// People the demo offers, in order.
    pub demo_people: Vec<DemoPerson>,
    /// True when the address outside is https, so that cookies are `Secure`.
    pub secure_cookies: bool,
    /// Largest upload in bytes.
    pub upload_limit: usize,
    /// Minutes without a request after which a session ends.
    pub idle_minutes: i64,
}

/// One person of the demo's one-click row.
#[derive(Clone, Debug)]
pub struct DemoPerson {
    /// The institution.
    pub institution: InstitutionId,
    /// The person.
    pub person: PersonId,
    /// Sign-in name.
    pub login: String,
    /// 角色
    pub role_zh: String,
    /// Role
    pub role_en: String,
    /// Name.
    pub name: String,
}

/// The running application.
pub struct App {
    /// Journal, read tables, own tables, files.
    pub store: Store,
    /// How it was started.
    pub settings: Settings,
    /// Recent attempts per address, for the rate limit of sign-in.
    pub attempts: Mutex<HashMap<String, (i64, u32)>>,
}

impl App {
    /// An application over an open store.
    pub fn new(store: Store, settings: Settings) -> Self {
        Self {
            store,
            settings,
            attempts: Mutex::new(HashMap::new()),
        }
    }
}
