//! Who may do what, on what: one table, read from `permissions.tsv`.
//!
//! Every route and every command names an action of this table; an action that
//! is not in it may be done by nobody. The security administrator changes cells
//! in the browser, each change being an entry of the journal.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::Role;

words! {
    /// On what an action may be done (范围), from nothing to everything.
    Scope {
        None = "none", "无", "None";
        Own = "own", "本人的", "Own";
        Unit = "unit", "本单位", "Own unit";
        All = "all", "全校", "All";
    }
}

/// One action of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// `distribution.approve`
    pub name: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Delivered scope per role.
    pub scopes: BTreeMap<Role, Scope>,
}

const TABLE: &str = include_str!("permissions.tsv");

/// Reads the table: a head line of role codes, then one action per line.
///
/// # Errors
/// The line that is wrong and why.
pub fn parse(table: &str) -> Result<Vec<Action>, String> {
    let mut lines = table
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let (_, head) = lines.next().ok_or("the table is empty")?;
    let roles: Vec<Role> = head
        .split('\t')
        .skip(3)
        .map(|code| Role::parse(code.trim()).ok_or(format!("unknown role {code}")))
        .collect::<Result<_, _>>()?;
    let mut actions: Vec<Action> = Vec::new();
    for (index, line) in lines {
        let row = index + 1;
        let mut cells = line.split('\t').map(str::trim);
        let mut next = || {
            cells
                .next()
                .map(str::to_owned)
                .ok_or(format!("line {row}: too short"))
        };
        let (name, zh, en) = (next()?, next()?, next()?);
        let scopes: Vec<Scope> = cells
            .map(|cell| {
                let code = if cell == "-" { "none" } else { cell };
                Scope::parse(code).ok_or(format!("line {row}: unknown scope {cell}"))
            })
            .collect::<Result<_, _>>()?;
        if scopes.len() != roles.len() {
            return Err(format!(
                "line {row}: {} cells for {} roles",
                scopes.len(),
                roles.len()
            ));
        }
        if actions.iter().any(|known| known.name == name) {
            return Err(format!("line {row}: {name} stands twice"));
        }
        let scopes = roles.iter().copied().zip(scopes).collect();
        actions.push(Action {
            name,
            zh,
            en,
            scopes,
        });
    }
    Ok(actions)
}

fn table() -> &'static [Action] {
    static ACTIONS: OnceLock<Vec<Action>> = OnceLock::new();
    // The test below keeps the table readable; an unreadable one grants nothing.
    ACTIONS.get_or_init(|| parse(TABLE).unwrap_or_default())
}

/// Every action, in the order of the table.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    table().iter()
}

/// One action by name.
pub fn action(name: &str) -> Option<&'static Action> {
    actions().find(|action| action.name == name)
}

/// The delivered scope; nothing for an unknown action.
pub fn delivered(role: Role, name: &str) -> Scope {
    action(name)
        .and_then(|it| it.scopes.get(&role).copied())
        .unwrap_or(Scope::None)
}

/// True for what concerns the whole institution or nothing: the journal and what
/// is told of it know no part that is one's own or of one unit.
pub fn is_whole(name: &str) -> bool {
    name.starts_with("journal.") || name == "hook.manage"
}

/// True when a cell must not become `scope`: administrators get no business
/// action, and nobody else gets theirs (三员分立).
pub fn is_fixed(role: Role, name: &str, scope: Scope) -> bool {
    let administrative = name.starts_with("admin.");
    if role.is_administrator() {
        return if administrative {
            delivered(role, name) != scope
        } else {
            scope != Scope::None && delivered(role, name) == Scope::None
        };
    }
    administrative && scope != delivered(role, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delivered_table_is_readable_and_denies_what_it_does_not_name() {
        let actions = parse(TABLE).unwrap();
        assert!(actions.len() > 30);
        assert_eq!(delivered(Role::Public, "distribution.approve"), Scope::None);
        assert_eq!(delivered(Role::OfficeHead, "no.such.action"), Scope::None);
    }

    #[test]
    fn what_is_whole_is_delivered_whole() {
        let whole: Vec<&Action> = actions().filter(|it| is_whole(&it.name)).collect();
        assert_eq!(whole.len(), 3);
        for action in whole {
            let scopes = action.scopes.values();
            for scope in scopes {
                assert!(matches!(scope, Scope::None | Scope::All), "{}", action.name);
            }
        }
    }

    #[test]
    fn administrators_cannot_be_given_business() {
        assert!(is_fixed(
            Role::SystemAdmin,
            "distribution.approve",
            Scope::All
        ));
        assert!(is_fixed(Role::Finance, "admin.permissions", Scope::All));
        assert!(!is_fixed(Role::Finance, "income.receive", Scope::None));
    }
}
