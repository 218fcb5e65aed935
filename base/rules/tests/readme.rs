//! A province is added by doing what `law/README.md` says and nothing else: its
//! snippets, put where it says, make a province that holds.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dukou_rules::Rulebook;

/// The snippets of the section on provinces, in their order.
fn snippets() -> Vec<String> {
    let readme = include_str!("../../../law/README.md");
    let section = readme.split("## Add a province").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```toml\n").skip(1);
    let plain = |it: &str| {
        let body = it.split("```").next().unwrap();
        let lines = body
            .lines()
            .map(|line| line.strip_prefix("   ").unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    };
    blocks.map(plain).collect()
}

#[test]
fn a_province_of_the_readme_holds_built_in_and_laid_over() {
    let snippets = snippets();
    let [region, articles, reward, cases] = snippets.as_slice() else {
        panic!("the section has {} snippets", snippets.len());
    };
    let named = |root: &str| {
        [
            ("region", region),
            ("articles", articles),
            ("reward", reward),
        ]
        .map(|(name, text)| {
            (
                format!("{root}/CN-JS/{name}.toml"),
                text.replace("https://…", "https://example.org"),
            )
        })
    };
    // As a build carries it: beside the files of the country.
    let carried = Rulebook::carried_files();
    let built = named("law/cn");
    let mut all: Vec<(&str, &str)> = carried.to_vec();
    all.extend(
        built
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    // As an installation lays it over what was built.
    let laid = named("law");
    let layer: Vec<(&str, &str)> = laid
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let books = [
        Rulebook::parse(&all).unwrap(),
        Rulebook::builtin().with_layer(&layer).unwrap(),
    ];
    for book in books {
        let region = book.region("CN-JS").unwrap();
        assert_eq!(
            (region.name.zh.as_str(), region.name.en.as_str()),
            ("江苏省", "Jiangsu")
        );
        let rules = book.at(jiff::civil::date(2025, 3, 1)).within("CN-JS");
        let least = rules.share("reward.min.transfer_license").unwrap();
        assert_eq!(least.value.to_percent_text(), "55%");
        assert_eq!(least.citation.id, "js.10");
        let elsewhere = book.at(jiff::civil::date(2025, 3, 1)).within("CN-BJ");
        let other = elsewhere.share("reward.min.transfer_license").unwrap();
        assert_eq!(other.value.to_percent_text(), "50%");
    }
    assert!(cases.contains("CN-JS") && cases.contains("js.10"));
}

/// The snippet of a check-list is one, too.
#[test]
fn the_checklist_of_the_readme_is_read() {
    let readme = include_str!("../../../law/README.md");
    let section = readme.split("## Add a check-list").nth(1).unwrap();
    let text = section.split("```toml\n").nth(1).unwrap();
    let text = text.split("```").next().unwrap();
    let text = text.replace("pit.58.conditions", "of.the.readme");
    let book = Rulebook::builtin()
        .with_layer(&[("law/x.toml", &text)])
        .unwrap();
    let rules = book.at(jiff::civil::date(2025, 3, 1));
    let row = rules.checklist("of.the.readme").unwrap().remove(0);
    assert_eq!(row.key, "registered");
    assert!(row.applies_to("license") && !row.applies_to("equity"));
    assert!(row.admits("software") && !row.admits("design"));
    assert_eq!(row.cell("equity"), Some("refused"));
}
