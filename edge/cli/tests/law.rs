//! Law files of an installation: what `dukou law check` finds sound is what
//! `dukou law load` takes, and the other way round, and an institution may be set up
//! in a province that only the folder knows.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use dukou_chain::institution::{Institution, LONGEST};
use dukou_chain::whole::State;
use dukou_journal::{Actor, StreamId};
use dukou_store::{Config, Store};
use uuid::Uuid;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("dukou-law-{}", Uuid::now_v7()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn lay(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join("law").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn run(&self, words: &[&str]) -> (bool, String) {
        let output = dukou(&self.0, words);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.success(), text)
    }

    fn set_up(&self, region: &str) -> (bool, String) {
        self.run(&["user", "setup", "--school", "甲大学", "--region", region])
    }

    fn institutions(&self) -> Vec<Institution> {
        let store = Store::open_reader(Config::folder(&self.0)).unwrap();
        let all = store.institutions().unwrap();
        let state = |id| match store.state(id, StreamId::Institution).unwrap().1.as_ref() {
            State::Institution(it) => it.clone(),
            _ => panic!("no institution"),
        };
        all.into_iter().map(state).collect()
    }
}

fn dukou(data: &Path, words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dukou"));
    program.args(words).arg("--data").arg(data);
    program.env("DUKOU_LOG", "warn").output().unwrap()
}

const REGION: &str = "[region]\ncode = \"CN-XA\"\nzh = \"甲省\"\nen = \"Province A\"\n";

fn reward(share: &str, extra: &str) -> String {
    format!(
        r#"[[document]]
id = "xa"
zh = "甲省条例"
en = "Regulations of A"
[[article]]
id = "xa.1"
zh = "甲省条例第1条"
en = "Regulations of A art. 1"
document = "xa"
article = "第1条"
mark = "V"
quote = "不低于"
checked = 2026-01-01
[[parameter]]
id = "reward.min.self_or_joint"
[[parameter.value]]
from = 2020-01-01
value = "{share}"
article = "xa.1"
mark = "V"
checked = 2026-01-01
{extra}"#
    )
}

fn case(answer: &str) -> String {
    format!(
        r#"[[case]]
name = "8 % is below the minimum of A"
calc = "self-implementation"
question = '{{"profits_fen": [100000000], "rate": "8%", "jurisdiction": "CN-XA", "on": "2025-03-01"}}'
answer = '{answer}'
source = "甲省条例第1条"
"#
    )
}

const BELOW: &str =
    r#"{"findings": [{"code": "reward.below_minimum", "citation": {"id": "xa.1"}}, {}]}"#;

const ENDS: &str = "[[checklist]]\nid = \"exemption.conditions\"\n[[checklist.row]]\nkey = \"no_gain\"\nfrom = 2027-01-01\nuntil = 2027-12-31\nzh = \"没有\"\nen = \"none\"\narticle = \"sc_2016_16.10\"\nmark = \"V\"\nchecked = 2026-06-01\n";

/// A folder, and why it is refused; nothing for one that is taken.
type Given = (&'static str, Vec<(String, Vec<u8>)>, Option<&'static str>);

fn given(name: &'static str, files: &[(&str, &str)], why: Option<&'static str>) -> Given {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
    (name, files.iter().map(own).collect(), why)
}

fn folders() -> Vec<Given> {
    let good = reward("9%", "");
    let region = ("CN-XA/region.toml", REGION);
    let with = |file: &'static str, text: &str| {
        let (file, text) = (file, text.to_owned());
        let mut all = given("", &[region, ("CN-XA/reward.toml", good.as_str())], None).1;
        all.push((file.to_owned(), text.into_bytes()));
        all
    };
    let ended = reward("9%", "until = 2027-12-31\n");
    let long = format!("# {}\n", "法".repeat(LONGEST));
    let huge = format!("# {}\n", "a".repeat(LONGEST * 4));
    let many: Vec<(String, Vec<u8>)> = (0..201)
        .map(|n| (format!("f{n}.toml"), b"# empty\n".to_vec()))
        .collect();
    let right = case(BELOW);
    let wrong = case(r#"{"findings": []}"#);
    let odd = case(BELOW).replace("source =", "sources =");
    vec![
        given("a province", &[region, ("CN-XA/reward.toml", &good)], None),
        ("its case comes out", with("cases/xa.toml", &right), None),
        ("with a page beside it", with("README.md", "about"), None),
        ("only a comment", with("old.toml", "# withdrawn\n"), None),
        (
            "a case does not come out",
            with("cases/xa.toml", &wrong),
            Some("do not come out"),
        ),
        (
            "a case is not understood",
            with("cases/xa.toml", &odd),
            Some("cases/xa.toml:6"),
        ),
        (
            "a case too deep",
            with("cases/a/xa.toml", &right),
            Some("is not read"),
        ),
        (
            "a file too deep",
            with("CN-XA/2026/x.toml", &good),
            Some("is not read"),
        ),
        (
            "a capital ending",
            with("CN-XA/x.TOML", &good),
            Some("small letters"),
        ),
        (
            "a hidden file",
            with("CN-XA/.x.toml", "# x\n"),
            Some("is named by letters"),
        ),
        (
            "a name with spaces",
            with("CN-XA/a b.toml", "# x\n"),
            Some("is named by letters"),
        ),
        (
            "an empty file",
            with("x.toml", ""),
            Some("law file x.toml is empty"),
        ),
        (
            "too long",
            with("x.toml", &long),
            Some("more than 200000 characters"),
        ),
        (
            "far too long",
            with("x.toml", &huge),
            Some("at most 200000 characters"),
        ),
        ("too many", many, Some("between 1 and 200")),
        (
            "no folder of a region",
            with("jiangsu/x.toml", "# x\n"),
            Some("ISO 3166-2"),
        ),
        (
            "a region without a name",
            with("CN-XB/x.toml", "# x\n"),
            Some("region.toml"),
        ),
        (
            "no TOML",
            with("x.toml", "[[parameter"),
            Some("law/x.toml:1"),
        ),
        (
            "twice",
            with("CN-XA/more.toml", &good),
            Some("one id has one text"),
        ),
        given(
            "below",
            &[region, ("CN-XA/x.toml", &reward("4%", ""))],
            Some("below the minimum"),
        ),
        given(
            "below in the country",
            &[("x.toml", &reward("4%", ""))],
            Some("below the minimum"),
        ),
        given(
            "a minimum ends",
            &[("x.toml", &ended)],
            Some("no minimum follows"),
        ),
        given(
            "a condition ends",
            &[("x.toml", ENDS)],
            Some("no condition follows"),
        ),
        given(
            "what was uploaded says otherwise",
            &[("other.toml", OTHER)],
            Some("one id has one text"),
        ),
        (
            "not UTF-8",
            vec![("x.toml".to_owned(), vec![b'#', 0xff, b'\n'])],
            Some("x.toml"),
        ),
        given("nothing", &[("README.md", "about")], Some("no .toml file")),
    ]
}

/// Loaded by the browser before, and not in the folder.
const UPLOADED: &str = "[[document]]\nid = \"xu\"\nzh = \"校\"\nen = \"U\"\n";
const OTHER: &str = "[[document]]\nid = \"xu\"\nzh = \"别的\"\nen = \"Another\"\n";

#[test]
fn what_the_check_finds_sound_is_what_is_loaded() {
    let mut wrong = Vec::new();
    for (name, files, why) in folders() {
        let folder = Folder::new();
        let (done, said) = folder.set_up("CN");
        assert!(done, "{said}");
        {
            let store = Store::open(Config::folder(&folder.0)).unwrap();
            let institution = store.institutions().unwrap()[0];
            let uploaded = [("uploaded.toml".to_owned(), UPLOADED.to_owned())];
            let actor = Actor::System("law".to_owned());
            store.load_law(institution, actor, &uploaded, "前").unwrap();
        }
        for (name, bytes) in &files {
            folder.lay(name, bytes);
        }
        let answers = [
            ("check", folder.run(&["law", "check"])),
            ("load", folder.run(&["law", "load"])),
        ];
        for (verb, (done, said)) in &answers {
            let right = match why {
                None => *done,
                Some(why) => !done && said.contains(why),
            };
            if !right {
                wrong.push(format!("{name}: {verb}: {done}: {said}"));
            }
        }
        let loaded = folder.institutions()[0].law().files().len();
        let sound = if why.is_none() {
            loaded > 1
        } else {
            loaded == 1
        };
        if !sound {
            wrong.push(format!("{name}: {loaded} files are loaded"));
        }
        // What is loaded is sound, and there is nothing left to load.
        if why.is_none() {
            assert!(folder.run(&["law", "check"]).0, "{name}");
            let (_, said) = folder.run(&["law", "load"]);
            assert!(said.contains("loaded into 0"), "{name}: {said}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A folder is judged where there is no data yet as for an institution to come.
#[test]
fn a_folder_is_checked_without_data_and_told_with_what_it_replaces() {
    let folder = Folder::new();
    folder.lay("CN-XA/region.toml", REGION.as_bytes());
    folder.lay("CN-XA/reward.toml", reward("9%", "").as_bytes());
    let own = folder.0.join("law").display().to_string();
    let (done, said) = folder.run(&["law", "check", &own]);
    assert!(done, "{said}");
    for line in [
        "+ CN-XA CN-XA (Province A)",
        "~ reward.min.self_or_joint CN-XA from 2020-01-01: 5% → 9% (",
        ", Regulations of A art. 1)",
        "2 files are sound, 0 worked cases come out",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert!(
        !folder.0.join("dukou.sqlite").exists(),
        "a check makes nothing"
    );
    let (done, said) = folder.run(&["law", "check", "/nowhere/law"]);
    assert!(!done && said.contains("no such folder"), "{said}");
}

/// Two institutions: what one of them cannot take is loaded into neither.
#[test]
fn nothing_is_loaded_where_one_institution_refuses() {
    let folder = Folder::new();
    assert!(folder.set_up("CN").0 && folder.set_up("CN").0);
    {
        let store = Store::open(Config::folder(&folder.0)).unwrap();
        let last = *store.institutions().unwrap().last().unwrap();
        let uploaded = [("uploaded.toml".to_owned(), UPLOADED.to_owned())];
        let actor = Actor::System("law".to_owned());
        store.load_law(last, actor, &uploaded, "前").unwrap();
    }
    folder.lay("other.toml", OTHER.as_bytes());
    for verb in ["check", "load"] {
        let (done, said) = folder.run(&["law", verb]);
        assert!(
            !done && said.contains("one id has one text"),
            "{verb}: {said}"
        );
    }
    let loaded: usize = folder
        .institutions()
        .iter()
        .map(|it| it.law().files().len())
        .sum();
    assert_eq!(loaded, 1);
}

/// By `law/README.md` alone: the folder is laid, then the institution is set up in it.
#[test]
fn an_institution_is_set_up_in_a_province_that_only_the_folder_knows() {
    let folder = Folder::new();
    let (done, said) = folder.set_up("CN-XA");
    assert!(!done, "{said}");
    for word in ["CN-XA", "CN-ZJ", "law files"] {
        assert!(said.contains(word), "{word} in {said}");
    }
    folder.lay("CN-XA/region.toml", REGION.as_bytes());
    folder.lay("CN-XA/reward.toml", reward("9%", "").as_bytes());
    folder.lay("cases/xa.toml", case(r#"{"findings": []}"#).as_bytes());
    let (done, said) = folder.set_up("CN-XA");
    assert!(!done && said.contains("do not come out"), "{said}");
    assert!(folder.institutions().is_empty());
    folder.lay("cases/xa.toml", case(BELOW).as_bytes());
    let (done, said) = folder.set_up("CN-XA");
    assert!(done, "{said}");
    let institution = folder.institutions().remove(0);
    assert_eq!(institution.jurisdiction(), "CN-XA");
    let rules = dukou_chain::law::rules(&institution, "2025-03-01".parse().unwrap());
    let least = rules.share("reward.min.self_or_joint").unwrap();
    assert_eq!(
        (least.value.to_percent_text(), least.citation.id),
        ("9%".to_owned(), "xa.1".to_owned())
    );
    // The words are evidence, the chain is whole, and nothing is left to load.
    let (done, said) = folder.run(&["verify"]);
    assert!(done, "{said}");
    let (_, said) = folder.run(&["law", "load"]);
    assert!(said.contains("loaded into 0"), "{said}");
    let store = Store::open_reader(Config::folder(&folder.0)).unwrap();
    let hash = dukou_chain::institution::hash(REGION);
    assert_eq!(store.file(&hash).unwrap().unwrap(), REGION.as_bytes());
}

/// A calculator is not answered by the rules of whichever institution comes first.
#[test]
fn a_calculator_asks_whose_rules_where_they_differ() {
    let folder = Folder::new();
    assert!(folder.set_up("CN").0 && folder.set_up("CN").0);
    let question = r#"{"profits_fen": [100000000], "rate": "8%", "on": "2025-03-01"}"#;
    let ask = |more: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_dukou"));
        program.args(["calc", "self-implementation", "--data"]);
        program.arg(&folder.0).args(more);
        program.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.stderr(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(question.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    };
    assert!(
        !ask(&[]).contains("reward.below_minimum"),
        "5 % is the least"
    );
    let ids = {
        let store = Store::open(Config::folder(&folder.0)).unwrap();
        let ids = store.institutions().unwrap();
        let more = [("own.toml".to_owned(), reward("9%", ""))];
        let actor = Actor::System("law".to_owned());
        store.load_law(ids[1], actor, &more, "修订").unwrap();
        ids
    };
    let said = ask(&[]);
    assert!(said.contains("--institution"), "{said}");
    let of = |at: usize| ask(&["--institution", &ids[at].to_string()]);
    assert!(!of(0).contains("reward.below_minimum"));
    assert!(of(1).contains("reward.below_minimum") && of(1).contains("xa.1"));
    let said = ask(&["--institution", &Uuid::now_v7().to_string()]);
    assert!(said.contains("there is no institution"), "{said}");
}
