//! Searching a list: any part of a title, number or name, as of now, within scope.

use dukou_chain::disclosure;
use dukou_chain::people::Role;
use dukou_chain::whole::Command;
use dukou_kernel::CaseId;
use uuid::Uuid;

use crate::fixture::{Fixture, register};
use crate::story;

async fn found(fixture: &Fixture, who: Role, list: &str, words: &str) -> String {
    let q: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let path = format!("{list}?q={q}");
    fixture.get(Some(fixture.of(who)), &path).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_a_moment_ago_is_found_by_any_part_of_it() {
    let fixture = Fixture::new();
    story::disclosed(&fixture, "高镍正极材料残锂转化");
    let has = async |words: &str, title: &str| {
        let page = found(&fixture, Role::Manager, "/cases", words).await;
        page.contains(title)
    };
    assert!(has("镍正极", "高镍正极材料残锂转化").await);
    assert!(!has("聚酰亚胺", "高镍正极材料残锂转化").await);
    // The list was searched before: what came since is found all the same.
    story::disclosed(&fixture, "聚酰亚胺薄膜 PI-7 的亚胺化");
    assert!(has("酰亚", "聚酰亚胺薄膜").await);
    assert!(has("pi-7", "聚酰亚胺薄膜").await);
    assert!(!has("酰亚", "高镍正极").await);
    // By number; and words of two rows are in neither.
    assert!(has("-0002", "聚酰亚胺薄膜").await);
    assert!(!has("镍酰", "高镍").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_nothing_that_the_reader_may_not_see() {
    let fixture = Fixture::new();
    story::disclosed(&fixture, "高镍正极材料");
    let found_by = async |who: &crate::fixture::Someone, path: &str| {
        let page = fixture.get(Some(who), path).await;
        page.body.contains("高镍正极材料")
    };
    let q = "/cases?q=%E9%AB%98%E9%95%8D";
    assert!(found_by(fixture.of(Role::Manager), q).await);
    let other = register(
        fixture.store(),
        fixture.institution,
        None,
        &[Role::Inventor],
        "旁人",
    );
    assert!(!found_by(&other, q).await);
    let neighbour = fixture.neighbour();
    assert!(!found_by(&neighbour[&Role::Manager], q).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn deals_are_found_by_their_party_and_a_common_word_finds_all() {
    let fixture = Fixture::new();
    story::tell(&fixture);
    let page = found(&fixture, Role::Manager, "/deals", "YZ").await;
    assert!(
        page.contains("YZ-D-2026-0001") || page.contains("-0001"),
        "{page}"
    );
    let none = found(&fixture, Role::Manager, "/deals", "没有这家公司").await;
    assert!(!none.contains("-0001</"), "{none}");
}

/// More rows than are named one by one.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_in_thousands_of_rows_finds_and_counts_them() {
    let fixture = Fixture::new();
    let envelopes = (0..2_100)
        .map(|n| {
            let details = story::details(&fixture, &format!("批量成果{n:04}"));
            let command = disclosure::Command::Submit { details };
            dukou_store::Envelope::new(
                fixture.institution,
                fixture.actor(Role::Inventor),
                Command::Disclosure(CaseId(Uuid::now_v7()), command),
            )
        })
        .collect();
    assert!(fixture.store().execute_all(envelopes).is_ok());
    let page = found(&fixture, Role::Manager, "/cases", "批量").await;
    assert!(
        page.contains("批量成果2099") && page.contains("共2100项"),
        "{page}"
    );
    let page = found(&fixture, Role::Manager, "/cases", "成果000").await;
    assert!(page.contains("批量成果0009") && !page.contains("批量成果0010"));
}
