//! Bad law files: each is refused with its file and line, and nothing is read of it.

use crate::{ChangeKind, Changed, Rulebook};

const ARTICLE: &str = r#"
[[document]]
id = "law"
zh = "某法"
en = "A law"
[[article]]
id = "x"
zh = "某法第1条"
en = "A law art. 1"
document = "law"
article = "第1条"
mark = "V"
checked = 2026-01-01
"#;

const HEAD: &str = "[[parameter]]\nid = \"a\"\nmeaning = { zh = \"甲\", en = \"a\" }\nunit = \"share\"\nleast = true\n";

fn value(from: &str, part: &str, extra: &str) -> String {
    format!(
        "[[parameter.value]]\nfrom = {from}\nvalue = \"{part}\"\nmark = \"V\"\nchecked = 2026-01-01\n{extra}"
    )
}

const CITE: &str = "article = \"x\"\n";

fn refused_in(files: &[(&str, &str)]) -> (String, usize, String) {
    let error = Rulebook::parse(files).unwrap_err();
    (error.file, error.line, error.message.en)
}

fn refused(body: &str) -> (usize, String) {
    let (file, line, said) =
        refused_in(&[("law/cn/articles.toml", ARTICLE), ("law/cn/x.toml", body)]);
    assert_eq!(file, "law/cn/x.toml");
    (line, said)
}

#[test]
fn a_wrong_value_is_refused_with_its_line() {
    let (one, two) = (
        value("2020-01-01", "1/2", CITE),
        value("2020-01-01", "3/4", CITE),
    );
    let (line, said) = refused(&format!("{HEAD}{one}{two}"));
    assert_eq!(line, 13);
    assert!(said.starts_with("a has two values from 2020-01-01 (the other in law/cn/x.toml:6)"));
    let earlier = value("2019-01-01", "1/2", CITE);
    assert!(
        refused(&format!("{HEAD}{one}{earlier}"))
            .1
            .contains("not in date order")
    );
    let bare = value("2020-01-01", "1/2", "");
    let said = refused(&format!("{HEAD}{bare}"));
    assert_eq!(said, (6, "a value of a has no article".into()));
    let unknown = one.clone() + "colour = 1\n";
    assert!(refused(&format!("{HEAD}{unknown}")).1.contains("colour"));
    assert_eq!(
        refused(&format!("{HEAD}{}", value("2020-02-30", "1/2", CITE))).0,
        7
    );
    assert_eq!(
        refused(&format!(
            "{HEAD}{}",
            value("2020-01-01T00:00:00", "1/2", CITE)
        ))
        .0,
        7
    );
    let worth = format!("{HEAD}{one}").replace("\"1/2\"", "7");
    assert!(refused(&worth).1.contains("does not fit"));
    assert!(refused("[[parameter]]\nid = \"a\"\n").1.contains("meaning"));
    let ends = one.clone() + "until = 2019-01-01\n";
    assert_eq!(refused(&format!("{HEAD}{ends}")).0, 12);
    let address = one + "url = \"javascript:alert(1)\"\n";
    assert!(refused(&format!("{HEAD}{address}")).1.contains("https://"));
}

#[test]
fn an_article_has_one_text_and_is_written_down_before_it_is_cited() {
    let nowhere = value("2020-01-01", "1/2", "article = \"y\"\n");
    let (line, said) = refused(&format!("{HEAD}{nowhere}"));
    assert_eq!(
        (line, said.as_str()),
        (11, "no [[article]] is called y: write it down first")
    );
    let again = ARTICLE.replace("第1条", "第2条");
    let (file, line, said) = refused_in(&[("law/cn/a.toml", ARTICLE), ("law/cn/b.toml", &again)]);
    assert_eq!((file.as_str(), line), ("law/cn/b.toml", 2));
    assert_eq!(
        said,
        "law already stands in law/cn/a.toml:2: one id has one text"
    );
    let only = again
        .split("[[article]]")
        .nth(1)
        .map(|it| format!("[[article]]{it}"));
    let (_, line, said) = refused_in(&[
        ("law/cn/a.toml", ARTICLE),
        ("law/cn/b.toml", &only.unwrap()),
    ]);
    assert_eq!(
        (line, said.as_str()),
        (
            1,
            "x already stands in law/cn/a.toml:6: one id has one text"
        )
    );
    let lost = ARTICLE.replace("document = \"law\"", "document = \"decree\"");
    let (_, line, said) = refused_in(&[("law/cn/a.toml", &lost)]);
    assert_eq!((line, said.contains("[[document]]")), (10, true));
}

#[test]
fn a_folder_is_a_region_with_a_name() {
    let body = format!("{HEAD}{}", value("2020-01-01", "1/2", CITE));
    let country = ("law/cn/articles.toml", ARTICLE);
    let region = |text: &str| {
        refused_in(&[
            country,
            ("law/cn/CN-JS/x.toml", &body),
            ("law/cn/CN-JS/region.toml", text),
        ])
    };
    let (_, line, said) = refused_in(&[country, ("law/cn/CN-JS/x.toml", &body)]);
    assert_eq!((line, said.contains("region.toml")), (1, true));
    let (_, _, said) = refused_in(&[country, ("law/cn/jiangsu/x.toml", &body)]);
    assert!(said.contains("ISO 3166-2"));
    let other = "[region]\ncode = \"CN-HB\"\nzh = \"湖北省\"\nen = \"Hubei\"\n";
    assert!(region(other).2.contains("CN-JS"));
    let number =
        "[region]\ncode = \"CN-JS\"\nzh = \"江苏省\"\nen = \"Jiangsu\"\ngbt_2260 = \"32\"\n";
    assert!(region(number).2.contains("six digits"));
}

#[test]
fn a_layer_adds_and_never_goes_below_a_minimum() {
    let text = format!("{ARTICLE}{HEAD}{}", value("2020-01-01", "1/2", CITE));
    let below = Rulebook::parse(&[("law/cn/x.toml", &text)]).unwrap();
    let layer = |body: &str| {
        let file = "[region]\ncode = \"CN-JS\"\nzh = \"江苏省\"\nen = \"Jiangsu\"\n";
        below.with_layer(&[("law/CN-JS/region.toml", file), ("law/CN-JS/y.toml", body)])
    };
    let with =
        |from: &str, part: &str| format!("[[parameter]]\nid = \"a\"\n{}", value(from, part, CITE));
    let more = layer(&with("2021-01-01", "60%")).unwrap();
    let day = jiff::civil::date(2022, 1, 1);
    let in_force = more.at(day).within("CN-JS").share("a").unwrap();
    assert_eq!(in_force.value.to_percent_text(), "60%");
    let error = layer(&with("2021-01-01", "40%")).unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("law/CN-JS/y.toml", 3));
    assert!(
        error
            .message
            .en
            .contains("below the minimum above it (A law art. 1, law/cn/x.toml:19)")
    );
    let country = |body: &str| below.with_layer(&[("law/z.toml", body)]);
    assert!(
        country(&with("2021-01-01", "40%"))
            .unwrap_err()
            .message
            .en
            .contains("below the minimum")
    );
    let ends = with("2021-01-01", "60%") + "until = 2021-12-31\n";
    let error = country(&ends).unwrap_err();
    assert!(error.message.en.contains("no minimum follows"), "{error}");
    let next = format!("{ends}{}", value("2022-01-01", "40%", CITE));
    assert!(country(&next).is_err(), "what follows is below the minimum");
    let next = format!("{ends}{}", value("2022-01-01", "60%", CITE));
    country(&next).unwrap();
    assert!(
        country(&with("2020-01-01", "60%"))
            .unwrap_err()
            .message
            .en
            .contains("two values")
    );
    assert!(country(&with("2021-01-01", "60%")).is_ok());
    // What a later program carries itself may have been loaded before.
    assert_eq!(country(&with("2020-01-01", "1/2")).unwrap(), below);
    assert_eq!(country(ARTICLE).unwrap(), below);
    let changes = below.changes(&more);
    let told: Vec<(ChangeKind, &str)> =
        changes.iter().map(|it| (it.kind, it.id.as_str())).collect();
    assert_eq!(
        told,
        [(ChangeKind::Added, "CN-JS"), (ChangeKind::Changed, "a")]
    );
    assert_eq!(more.changes(&below).len(), 2);
    assert!(below.changes(&below).is_empty());
}

#[test]
fn rows_are_dated_and_a_province_replaces_by_key() {
    let list = |rows: &str| {
        format!("[[checklist]]\nid = \"l\"\nmeaning = {{ zh = \"单\", en = \"list\" }}\n{rows}")
    };
    let row = |key: &str, from: &str, en: &str| {
        format!(
            "[[checklist.row]]\nkey = \"{key}\"\nzh = \"条件\"\nen = \"{en}\"\nfrom = {from}\narticle = \"x\"\nmark = \"V\"\nchecked = 2026-01-01\n"
        )
    };
    let country = format!(
        "{ARTICLE}{}",
        list(
            &(row("one", "2015-01-01", "old")
                + &row("one", "2020-01-01", "new")
                + &row("two", "2015-01-01", "two"))
        )
    );
    let province = list(&(row("one", "2018-01-01", "ours") + &row("three", "2018-01-01", "three")));
    let region = "[region]\ncode = \"CN-JS\"\nzh = \"江苏省\"\nen = \"Jiangsu\"\n";
    let book = Rulebook::parse(&[
        ("law/cn/x.toml", &country),
        ("law/cn/CN-JS/region.toml", region),
        ("law/cn/CN-JS/x.toml", &province),
    ])
    .unwrap();
    let on = |year: i16, code: &str| -> Vec<String> {
        let rules = book.at(jiff::civil::date(year, 1, 1)).within(code);
        rules.checklist("l").map_or_else(
            |error| vec![error.code().into()],
            |rows| rows.into_iter().map(|it| it.words.en.clone()).collect(),
        )
    };
    assert_eq!(on(2014, "CN"), ["rule.not_in_force"]);
    assert_eq!(on(2019, "CN"), ["old", "two"]);
    assert_eq!(on(2020, "CN"), ["new", "two"]);
    assert_eq!(on(2020, "CN-JS"), ["ours", "two", "three"]);
    let twice = list(&(row("one", "2015-01-01", "a") + &row("one", "2015-01-01", "b")));
    assert_eq!(refused(&twice).0, 13);
}

const LIST: &str = "[[checklist]]\nid = \"l\"\nmeaning = { zh = \"单\", en = \"list\" }\n";

fn row(from: &str, extra: &str) -> String {
    format!(
        "[[checklist.row]]\nkey = \"one\"\nzh = \"条件\"\nen = \"a condition\"\nfrom = {from}\narticle = \"x\"\nmark = \"V\"\nchecked = 2026-01-01\n{extra}"
    )
}

/// The country and a province with a condition of one key each.
fn with_conditions() -> Rulebook {
    let region = "[region]\ncode = \"CN-JS\"\nzh = \"江苏省\"\nen = \"Jiangsu\"\n";
    let country = format!("{ARTICLE}{LIST}{}", row("2015-01-01", ""));
    let province = format!("{LIST}{}", row("2018-01-01", "kinds = [\"b\"]\n"));
    Rulebook::parse(&[
        ("law/cn/x.toml", &country),
        ("law/cn/CN-JS/region.toml", region),
        ("law/cn/CN-JS/x.toml", &province),
    ])
    .unwrap()
}

#[test]
fn a_layer_ends_no_condition_unless_a_row_says_what_holds_then() {
    let below = with_conditions();
    let ends = |from: &str| format!("{LIST}{}", row(from, "until = 2027-12-31\n"));
    for file in ["law/y.toml", "law/CN-JS/y.toml"] {
        let error = below
            .with_layer(&[(file, &ends("2027-01-01"))])
            .unwrap_err();
        assert_eq!((error.file.as_str(), error.line), (file, 4));
        let said = &error.message.en;
        assert!(said.contains("this row one of l ends"), "{said}");
        assert!(said.contains("A law art. 1, law/cn/"), "{said}");
        // What lifts it is a row of its own; a gap is not closed by a later one.
        let next = |day: &str| ends("2027-01-01") + &row(day, "severity = \"info\"\n");
        below.with_layer(&[(file, &next("2028-01-01"))]).unwrap();
        assert!(below.with_layer(&[(file, &next("2028-01-02"))]).is_err());
    }
    // A row that ends where nothing held before, or beside a province's own.
    let province = ends("2027-01-01").replace("\"one\"", "\"two\"");
    below
        .with_layer(&[("law/CN-JS/y.toml", &province)])
        .unwrap();
    // The same row with another weight is another row.
    let weaker = format!("{LIST}{}", row("2015-01-01", "severity = \"info\"\n"));
    let error = below.with_layer(&[("law/y.toml", &weaker)]).unwrap_err();
    assert!(error.message.en.contains("two rows one"), "{error}");
    let same = format!("{LIST}{}", row("2015-01-01", ""));
    assert_eq!(below.with_layer(&[("law/y.toml", &same)]).unwrap(), below);
}

/// Each change as a line: kind, id, region, day, what held and what holds, article.
fn lines(before: &Rulebook, after: &Rulebook) -> Vec<String> {
    let told = |it: &crate::Change| {
        let (before, after) = match &it.what {
            Changed::Value { before, after, .. } => (format!("{before:?}"), format!("{after:?}")),
            Changed::Row { before, after } => {
                let en = |it: &Option<dukou_kernel::Text>| {
                    it.as_ref()
                        .map_or_else(|| "-".to_owned(), |it| it.en.clone())
                };
                (en(before), en(after))
            }
            _ => (String::new(), String::new()),
        };
        let day = it.from.map_or_else(String::new, |day| day.to_string());
        let article = it.article.as_ref().map_or("-", |it| it.id.as_str());
        let (kind, id, place) = (it.kind, &it.id, &it.jurisdiction);
        format!("{kind:?} {id} {place} {day}: {before} > {after} ({article})")
    };
    before.changes(after).iter().map(told).collect()
}

#[test]
fn what_a_layer_puts_in_the_place_of_something_is_said_with_both() {
    let below = with_conditions();
    let wider = format!("{LIST}{}", row("2027-01-01", "severity = \"info\"\n"));
    let after = below.with_layer(&[("law/y.toml", &wider)]).unwrap();
    assert_eq!(
        lines(&below, &after),
        ["Changed l/one CN 2027-01-01: a condition [refused] > a condition [info] (x)"]
    );
    // Taken back: the old one goes on.
    assert_eq!(
        lines(&after, &below),
        ["Changed l/one CN 2027-01-01: a condition [info] > a condition [refused] (x)"]
    );
    // A province's row in the place of the country's, for two years.
    let own = format!(
        "{LIST}{}",
        row("2027-01-01", "until = 2028-12-31\nmodes = [\"equity\"]\n")
    );
    let region = "[region]\ncode = \"CN-HB\"\nzh = \"湖北省\"\nen = \"Hubei\"\n";
    let files = [
        ("law/CN-HB/region.toml", region),
        ("law/CN-HB/y.toml", own.as_str()),
    ];
    let after = below.with_layer(&files).unwrap();
    assert_eq!(
        lines(&below, &after),
        [
            "Added CN-HB CN-HB :  >  (-)",
            "Changed l/one CN-HB 2027-01-01: a condition [refused] > a condition [refused; modes = equity] (x)",
        ]
    );
}

#[test]
fn a_value_that_ends_is_said_with_the_day_and_the_article() {
    let head = HEAD.replace("least = true\n", "");
    let text = format!("{ARTICLE}{head}{}", value("2020-01-01", "1/2", CITE));
    let below = Rulebook::parse(&[("law/cn/x.toml", &text)]).unwrap();
    let ends = value("2027-01-01", "1/4", CITE) + "until = 2027-12-31\n";
    let layer = format!("[[parameter]]\nid = \"a\"\n{ends}");
    let after = below.with_layer(&[("law/y.toml", &layer)]).unwrap();
    let told = lines(&below, &after);
    let kinds: Vec<&str> = told
        .iter()
        .map(|it| it.split(':').next().unwrap())
        .collect();
    assert_eq!(kinds, ["Changed a CN 2027-01-01", "Ended a CN 2028-01-01"]);
    assert!(told[1].ends_with("> None (x)"), "{told:?}");
    let gone: Vec<String> = lines(&after, &below);
    assert!(gone[1].starts_with("Added a CN 2028-01-01"), "{gone:?}");
}
