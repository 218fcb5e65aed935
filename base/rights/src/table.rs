//! The three tables of `law/rights/`, as they stand.

use std::sync::OnceLock;

/// A kind of right (权利种类).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindRow {
    /// As stored.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
    /// The statute it rests on; empty when it has none.
    pub statute: &'static str,
    /// Codes of the offices that grant or register it in China, between blanks.
    pub offices: &'static str,
    /// Whether an office keeps a register of it.
    pub registered: bool,
    /// Kind of 财税〔2018〕58号, as the calculators spell it.
    pub pit: &'static str,
    /// Forms of its number, between blanks.
    pub numbering: &'static str,
}

/// A kind of result (成果种类).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// As stored.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
    /// Kind of 财税〔2018〕58号, as the calculators spell it.
    pub pit: &'static str,
    /// Codes of the rights that may protect it, between blanks.
    pub rights: &'static str,
}

/// An office that grants or registers rights (授权或登记机构).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficeRow {
    /// Two letters of ST.3, or the short name of a register in China.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
    /// True when the code is of ST.3.
    pub st3: bool,
}

/// Cells of a table; `-` is an empty cell.
fn cells<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .filter_map(|line| {
            let cells = line
                .split('\t')
                .map(|cell| if cell == "-" { "" } else { cell });
            <[&str; N]>::try_from(cells.collect::<Vec<_>>()).ok()
        })
}

/// Every kind of right, in the order lists show them.
pub fn kinds() -> &'static [KindRow] {
    static ROWS: OnceLock<Vec<KindRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        cells(include_str!("../../../law/rights/kinds.tsv"))
            .map(
                |[code, zh, en, statute, offices, register, pit, numbering]| KindRow {
                    code,
                    zh,
                    en,
                    statute,
                    offices,
                    registered: register == "yes",
                    pit,
                    numbering,
                },
            )
            .collect()
    })
}

/// Every kind of result, in the order lists show them.
pub fn results() -> &'static [ResultRow] {
    static ROWS: OnceLock<Vec<ResultRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        cells(include_str!("../../../law/rights/results.tsv"))
            .map(|[code, zh, en, pit, rights]| ResultRow {
                code,
                zh,
                en,
                pit,
                rights,
            })
            .collect()
    })
}

/// Every office.
pub fn offices() -> &'static [OfficeRow] {
    static ROWS: OnceLock<Vec<OfficeRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        cells(include_str!("../../../law/rights/offices.tsv"))
            .map(|[code, zh, en, by]| OfficeRow {
                code,
                zh,
                en,
                st3: by == "ST.3",
            })
            .collect()
    })
}

/// The office of a code.
pub fn office(code: &str) -> Option<&'static OfficeRow> {
    offices().iter().find(|it| it.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ResultKind, RightKind};

    fn lines(table: &str) -> usize {
        table.lines().filter(|it| !it.starts_with('#')).count()
    }

    #[test]
    fn every_line_of_the_tables_is_a_row() {
        let read = |name: &str| {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../law/rights/");
            lines(&std::fs::read_to_string(format!("{path}{name}")).unwrap())
        };
        assert_eq!(kinds().len(), read("kinds.tsv"));
        assert_eq!(results().len(), read("results.tsv"));
        assert_eq!(offices().len(), read("offices.tsv"));
    }

    #[test]
    fn tables_and_types_name_the_same_codes_and_words() {
        let codes: Vec<&str> = RightKind::ALL.iter().map(|it| it.code()).collect();
        assert_eq!(codes, kinds().iter().map(|it| it.code).collect::<Vec<_>>());
        let codes: Vec<&str> = ResultKind::ALL.iter().map(|it| it.code()).collect();
        assert_eq!(
            codes,
            results().iter().map(|it| it.code).collect::<Vec<_>>()
        );
        for it in RightKind::ALL {
            assert_eq!(RightKind::parse(it.code()), Some(*it));
            let stored = serde_json::to_string(it).unwrap();
            assert_eq!(stored, format!("\"{}\"", it.code()));
            assert!(!it.label().zh.is_empty() && !it.label().en.is_empty());
        }
        for it in ResultKind::ALL {
            let stored = serde_json::to_string(it).unwrap();
            assert_eq!(stored, format!("\"{}\"", it.code()));
        }
    }

    #[test]
    fn rows_name_only_rows_that_are_there() {
        let pit = [
            "patent",
            "defence_patent",
            "software",
            "layout",
            "plant_variety",
            "biomedical_variety",
            "other",
        ];
        for row in kinds() {
            assert!(pit.contains(&row.pit), "{row:?}");
            for code in row.offices.split_whitespace() {
                assert!(office(code).is_some_and(|it| !it.st3), "{row:?}");
            }
            assert_eq!(row.registered, !row.offices.is_empty(), "{row:?}");
        }
        for row in results() {
            assert!(pit.contains(&row.pit), "{row:?}");
            for code in row.rights.split_whitespace() {
                assert!(RightKind::parse(code).is_some(), "{row:?}");
            }
        }
        for row in offices().iter().filter(|it| it.st3) {
            assert!(row.code.len() == 2 && row.code.bytes().all(|b| b.is_ascii_uppercase()));
        }
    }
}
