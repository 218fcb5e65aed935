//! Every command stands in the permission table, under a name of its own.

use dukou_chain::people::{Role, Scope, permission};
use dukou_chain::whole::Command;
use serde_json::json;

use crate::runner::id;

/// The names in the source, so that the list above cannot fall behind.
fn names_in_source() -> Vec<String> {
    fn walk(folder: &std::path::Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, names);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let renamed = text.split("#[serde(rename = \"").skip(1);
                let found = renamed.filter_map(|rest| rest.split('"').next());
                names.extend(found.filter(|it| it.contains('.')).map(str::to_owned));
            }
        }
    }
    let mut names = Vec::new();
    walk(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut names,
    );
    names.retain(|name| !name.ends_with(".v1"));
    names.sort();
    names.dedup();
    names
}

#[test]
fn the_list_of_commands_is_complete() {
    let mut listed: Vec<String> = Command::NAMES.iter().map(|it| (*it).to_owned()).collect();
    listed.sort();
    assert_eq!(listed, names_in_source());
}

#[test]
fn every_command_is_an_action_of_the_table() {
    for deal in [false, true] {
        let missing: Vec<&str> = Command::NAMES
            .iter()
            .copied()
            .filter(|name| permission::action(Command::action_on(name, deal)).is_none())
            .collect();
        assert!(missing.is_empty(), "not in permissions.tsv: {missing:?}");
    }
    // One name, two rights: without its target the end of something is denied.
    assert_eq!(Command::action_on("closing.end", false), "case.end");
    assert_eq!(Command::action_on("closing.end", true), "deal.end");
    assert!(permission::action(Command::action("closing.end")).is_none());
}

#[test]
fn every_command_is_known_by_its_name() {
    for name in Command::NAMES {
        // Without its fields it is unreadable, but never unknown.
        for key in ["case", "deal"] {
            let mut command = json!({"command": name, "person": id(1)});
            command[key] = json!(id(2));
            if let Err(finding) = Command::from_json(command) {
                assert_ne!(finding.code, "command.unknown", "{name}");
            }
        }
    }
    let unknown = Command::from_json(json!({"command": "no.such"})).unwrap_err();
    assert_eq!(unknown.code, "command.unknown");
    let nameless = Command::from_json(json!({"command": "disclosure.accept"})).unwrap_err();
    assert_eq!(
        (nameless.code.as_str(), nameless.field.as_deref()),
        ("command.no_target", Some("case"))
    );
}

#[test]
fn the_public_and_enterprises_give_no_commands_and_administrators_no_business() {
    for name in Command::NAMES {
        let action = Command::action_on(name, true);
        for role in [Role::Public, Role::Enterprise] {
            assert_eq!(
                permission::delivered(role, action),
                Scope::None,
                "{role:?}: {name}"
            );
        }
        if action.starts_with("admin.") {
            continue;
        }
        for role in [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin] {
            let scope = permission::delivered(role, action);
            assert!(
                scope == Scope::None || action.starts_with("people."),
                "{role:?}: {name}"
            );
        }
    }
}
