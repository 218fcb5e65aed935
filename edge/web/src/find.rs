//! 查找 — which cases or deals hold a piece of text, answered from memory.
//!
//! What is looked for may stand anywhere in a title, a number or a name, so no index
//! of the database helps, and reading every row takes longer than a page may. A shelf
//! keeps the searchable words of one list of one institution; it is filled when
//! somebody first looks, and follows the journal: before each search the rows of the
//! streams that moved since are read again. It only narrows a query, which asks for
//! the words, the rights and every filter by itself, as it does without a shelf.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dukou_kernel::InstitutionId;
use dukou_store::{Db, Engine, Fault, Record, Value};
use memchr::memmem;

use crate::data::text;
use crate::pages::list::wanted;
use crate::request::Req;

/// A list that can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listed {
    /// 成果
    Cases,
    /// 项目
    Deals,
}

impl Listed {
    /// Its read table, and how its streams begin.
    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Cases => ("case_view", "case:"),
            Self::Deals => ("deal_view", "deal:"),
        }
    }
}

/// So many rows are named one by one; of more, only the ends are told.
const FEW: usize = 2_048;

/// Where what was looked for can stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// In these rows at most.
    Few(Vec<String>),
    /// In many, between these numbers.
    Many(String, String),
}

impl Found {
    /// The rows of a list's table under a condition, for a query that sorts them. Few
    /// rows are gathered first: an index in the wanted order would read through all
    /// others to find them.
    pub fn rows(found: Option<&Self>, table: &str, alias: char, clause: &str) -> String {
        match found {
            Some(Self::Few(_)) => {
                format!("(SELECT * FROM {table} {alias} WHERE {clause} LIMIT {FEW}) {alias}")
            }
            _ => format!("{table} {alias} WHERE {clause}"),
        }
    }

    /// Narrows a query over the list's table to where it can stand.
    pub fn narrow(&self, alias: char, sql: &mut String, params: &mut Vec<Value>) {
        match self {
            Self::Few(ids) => {
                let Some(last) = ids.last() else {
                    return sql.push_str(" AND 1 = 0");
                };
                // Few lengths, so that statements are found again.
                let places = ids.len().next_power_of_two();
                let mut names = Vec::with_capacity(places);
                for id in ids.iter().chain(std::iter::repeat(last)).take(places) {
                    params.push(text(id));
                    names.push(format!("${}", params.len()));
                }
                sql.push_str(&format!(" AND {alias}.id IN ({})", names.join(", ")));
            }
            Self::Many(first, last) => {
                params.extend([text(first), text(last)]);
                let (from, to) = (params.len() - 1, params.len());
                sql.push_str(&format!(" AND {alias}.number BETWEEN ${from} AND ${to}"));
            }
        }
    }
}

/// One row.
struct Row {
    id: Box<str>,
    number: Box<str>,
    words: Box<str>,
}

/// The words of one list.
#[derive(Default)]
struct Shelf {
    /// The journal's number up to which it is known.
    seq: i64,
    rows: Vec<Row>,
    places: HashMap<Box<str>, usize>,
}

impl Shelf {
    fn put(&mut self, row: Row) {
        match self
            .places
            .get(&row.id)
            .and_then(|at| self.rows.get_mut(*at))
        {
            Some(place) => *place = row,
            None => {
                self.places.insert(row.id.clone(), self.rows.len());
                self.rows.push(row);
            }
        }
    }

    /// Brings the shelf to where the journal stands.
    fn follow(
        &mut self,
        db: &mut dyn Db,
        institution: InstitutionId,
        list: Listed,
    ) -> Result<(), Fault> {
        /// Beyond so many entries everything is read anew.
        const STEPS: i64 = 2_000;
        let (table, stream) = list.table();
        let school = text(institution);
        let head = db.row(
            "SELECT seq FROM head WHERE institution = $1",
            std::slice::from_ref(&school),
        )?;
        let (head, known) = (head.map_or(0, |row| row.int(0)), self.seq);
        if head == known {
            return Ok(());
        }
        let all = format!("SELECT id, number, words FROM {table} WHERE institution = $1");
        let mut take = |row: &Record| {
            self.put(Row {
                id: row.text(0).into(),
                number: row.text(1).into(),
                words: row.text(2).into(),
            });
            Ok(())
        };
        if head < known || head - known > STEPS {
            db.each(&all, &[school], &mut take)?;
        } else {
            let moved = db.rows(
                "SELECT DISTINCT stream FROM journal WHERE institution = $1 AND seq > $2",
                &[school.clone(), known.into()],
            )?;
            let one = format!("{all} AND id = $2");
            for row in &moved {
                if let Some(id) = row.text(0).strip_prefix(stream) {
                    db.each(&one, &[school.clone(), text(id)], &mut take)?;
                }
            }
        }
        self.seq = head;
        Ok(())
    }

    fn search(&self, words: &str) -> Found {
        let finder = memmem::Finder::new(words);
        let hits: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| finder.find(row.words.as_bytes()).is_some())
            .collect();
        let numbers = || hits.iter().map(|row| &row.number);
        match (numbers().min(), numbers().max()) {
            (Some(first), Some(last)) if hits.len() > FEW => {
                Found::Many(first.to_string(), last.to_string())
            }
            _ => Found::Few(hits.iter().map(|row| row.id.to_string()).collect()),
        }
    }
}

type Shelves = HashMap<(InstitutionId, Listed), Arc<Mutex<Shelf>>>;

/// The shelves of all institutions that somebody searched.
#[derive(Default)]
pub struct Finder(Mutex<Shelves>);

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Finder {
    /// Where the words that a reader asked for can stand; nothing when he asked for
    /// none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(
        &self,
        db: &mut dyn Db,
        institution: InstitutionId,
        list: Listed,
        req: &Req,
    ) -> Result<Option<Found>, Fault> {
        /// Shelves that are kept; an installation of many schools fills them anew.
        const KEPT: usize = 16;
        let Some(words) = wanted(req) else {
            return Ok(None);
        };
        let shelf = {
            let mut shelves = open(&self.0);
            if shelves.len() >= KEPT && !shelves.contains_key(&(institution, list)) {
                shelves.clear();
            }
            Arc::clone(shelves.entry((institution, list)).or_default())
        };
        let mut shelf = open(&shelf);
        shelf.follow(db, institution, list)?;
        let found = shelf.search(&words);
        // PostgreSQL orders numbers by its own collation, so that ends say nothing there.
        let told = db.engine() == Engine::Sqlite || matches!(found, Found::Few(_));
        Ok(told.then_some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(count: usize) -> Shelf {
        let mut shelf = Shelf::default();
        for n in 0..count {
            shelf.put(Row {
                id: format!("id{n}").into(),
                number: format!("YZ-{n:05}").into(),
                words: format!("yz-{n:05} 高镍{}材料", n % 3).into(),
            });
        }
        shelf
    }

    #[test]
    fn few_are_named_and_of_many_the_ends() {
        let shelf = shelf(9_000);
        assert_eq!(
            shelf.search("yz-00017"),
            Found::Few(vec!["id17".to_owned()])
        );
        assert_eq!(shelf.search("没有"), Found::Few(Vec::new()));
        let ends = Found::Many("YZ-00001".to_owned(), "YZ-08998".to_owned());
        assert_eq!(shelf.search("镍1材"), ends);
    }

    #[test]
    fn a_row_that_changed_is_there_once() {
        let mut shelf = shelf(5);
        shelf.put(Row {
            id: "id3".into(),
            number: "YZ-00003".into(),
            words: "yz-00003 换了题目".into(),
        });
        assert_eq!(shelf.search("高镍0"), Found::Few(vec!["id0".to_owned()]));
        assert_eq!(shelf.search("题目"), Found::Few(vec!["id3".to_owned()]));
        assert_eq!(shelf.rows.len(), 5);
    }

    #[test]
    fn few_rows_are_gathered_before_they_are_sorted() {
        let few = Found::Few(vec!["a".into()]);
        let many = Found::Many("1".into(), "9".into());
        let rows = |found| Found::rows(found, "case_view", 'c', "c.id = $1");
        assert!(rows(Some(&few)).starts_with("(SELECT * FROM case_view c WHERE c.id = $1 LIMIT"));
        for whole in [None, Some(&many)] {
            assert_eq!(rows(whole), "case_view c WHERE c.id = $1");
        }
    }

    #[test]
    fn a_query_is_narrowed_with_its_own_parameters() {
        let mut sql = String::new();
        let mut params = vec![text("school")];
        Found::Few(vec!["a".into(), "b".into(), "c".into()]).narrow('c', &mut sql, &mut params);
        assert_eq!(sql, " AND c.id IN ($2, $3, $4, $5)");
        assert_eq!(params.len(), 5);
        Found::Many("1".into(), "9".into()).narrow('v', &mut sql, &mut params);
        assert!(sql.ends_with(" AND v.number BETWEEN $6 AND $7"), "{sql}");
        let mut nothing = String::new();
        Found::Few(Vec::new()).narrow('c', &mut nothing, &mut params);
        assert_eq!(nothing, " AND 1 = 0");
    }
}
