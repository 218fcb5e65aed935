//! Settings: a word that a setting does not take is refused by name, and what is
//! delivered for servers names only what the program knows.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use uuid::Uuid;

fn show(set: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dukou"));
    program.args(["config", "show"]);
    program.env_clear().envs(set.iter().copied());
    program.output().unwrap()
}

fn shown(set: &[(&str, &str)]) -> String {
    let output = show(set);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{set:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_word_that_a_setting_does_not_take_is_refused_by_name() {
    for (name, word, why) in [
        ("DUKOU_SECURE_COOKIES", "on", "true"),
        ("DUKOU_SECURE_COOKIES", "", "true"),
        ("DUKOU_LOG_JSON", "True", "true"),
        ("DUKOU_ACCESS_LOG", "2", "true"),
        ("DUKOU_TRUSTED_PROXIES", "127.0.0.1, proxy", "proxy"),
        ("DUKOU_METRICS_FROM", "10.0.0.0/33", "10.0.0.0/33"),
        ("DUKOU_WRONG_SIGN_INS", "-1", "whole number"),
        ("DUKOU_AUDIT_DAYS", "183", "Cybersecurity Law art. 23(3)"),
    ] {
        let output = show(&[(name, word)]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{name}={word}");
        let key = name.trim_start_matches("DUKOU_").to_lowercase();
        assert!(error.contains(&key) && error.contains(why), "{error}");
    }
}

#[test]
fn a_switch_takes_the_usual_words() {
    for word in ["true", "1", "yes", "false", "0", "no"] {
        let text = shown(&[("DUKOU_SECURE_COOKIES", word)]);
        let line = format!("secure_cookies = {word:?}  # environment");
        assert!(text.contains(&line), "{text}");
    }
    let text = shown(&[("DUKOU_AUDIT_DAYS", "184")]);
    assert!(text.contains("audit_days = \"184\""), "{text}");
}

#[test]
fn a_file_gives_settings_their_own_types() {
    let folder = std::env::temp_dir().join(format!("dukou-settings-{}", Uuid::now_v7()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = "secure_cookies = true\nupload_mb = 20\ntrusted_proxies = \"10.8.0.1\"\n";
    std::fs::write(folder.join("config.toml"), file).unwrap();
    let text = shown(&[("DUKOU_DATA", folder.to_str().unwrap())]);
    std::fs::remove_dir_all(&folder).unwrap();
    for line in [
        "secure_cookies = \"true\"  # file",
        "upload_mb = \"20\"  # file",
        "trusted_proxies = \"10.8.0.1\"  # file",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

/// Every file under `deploy/` with its text.
fn delivered() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|it| it.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.map(read).collect()
}

/// Words of a kind in a text: letters and `extra` after `start`.
fn words<'a>(text: &'a str, start: &str, extra: char) -> Vec<&'a str> {
    let parts = text.split(start).skip(1);
    let word = |rest: &'a str| {
        let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != extra);
        rest.get(..end.unwrap_or(rest.len())).unwrap()
    };
    parts.map(word).filter(|it| !it.is_empty()).collect()
}

/// Every `dukou VERB …` that a text starts, from the verb to the end of the line.
fn calls(text: &str) -> Vec<&str> {
    let rests = text.split("bin/dukou ").skip(1);
    rests.filter_map(|it| it.lines().next()).collect()
}

#[test]
fn what_is_delivered_names_only_what_the_program_knows() {
    let files = delivered();
    assert!(files.len() > 3);
    let keys = shown(&[]);
    let (mut variables, mut verbs) = (0, 0);
    for (path, text) in files {
        for name in words(&text, "DUKOU_", '_') {
            let line = format!("{} = ", name.to_lowercase());
            assert!(keys.contains(&line), "{}: DUKOU_{name}", path.display());
            variables += 1;
        }
        for call in calls(&text) {
            let verb = call.split([' ', '"']).next().unwrap();
            let help = Command::new(env!("CARGO_BIN_EXE_dukou"))
                .args([verb, "--help"])
                .output()
                .unwrap();
            assert!(help.status.success(), "{}: {call}", path.display());
            let help = String::from_utf8(help.stdout).unwrap();
            for flag in words(call, " --", '-') {
                let known = help.contains(&format!("--{flag}"));
                assert!(known, "{}: {verb} --{flag}", path.display());
            }
            verbs += 1;
        }
    }
    assert!(variables > 6 && verbs > 2, "{variables} {verbs}");
}
