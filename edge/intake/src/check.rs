//! Rows against each other: duplicates, references, payers. Then the good
//! rows in their final form.

use std::collections::{HashMap, HashSet};

use dukou_kernel::Severity;

use crate::batch::{Batch, Options, Read, placed};
use crate::finding::{self, Note};
use crate::layout::{Field, Kind};
use crate::money;
use crate::row::{
    Achievement, AchievementDraft, Contract, ContractDraft, Distribution, DistributionDraft, Place,
    Receipt, ReceiptDraft, RightRef, contract_key, title_key,
};
use crate::table::{Draft, Record};

/// What the whole batch says about rights and contracts.
#[derive(Default)]
struct Index {
    /// Numbers, with the first row of each.
    numbers: HashMap<String, (usize, usize)>,
    /// Application numbers to numbers.
    applications: HashMap<String, String>,
    /// Titles to what they name; a title of several rows names nothing.
    titles: HashMap<String, Option<Titled>>,
    /// Contract keys, with the first row of each.
    contracts: HashMap<String, (usize, usize)>,
    /// The party of each contract.
    firms: HashMap<String, String>,
    /// Numbers and contracts with a good row.
    good: HashSet<String>,
}

/// The achievements of one row that bear a title.
struct Titled {
    row: (usize, usize),
    rights: Vec<RightRef>,
}

/// Checks all tables and fills the batch.
pub fn check(reads: &mut [Read], batch: &mut Batch, options: &Options<'_>) {
    let mut index = Index::default();
    let names: Vec<String> = batch
        .sheets
        .iter()
        .map(|sheet| sheet.sheet.clone())
        .collect();
    for read in reads.iter_mut() {
        let sheet = read.sheet;
        for record in &mut read.table.records {
            enter(&mut index, record, sheet, &names);
        }
    }
    for read in reads.iter_mut() {
        for record in &mut read.table.records {
            refer(&index, record, options);
        }
    }
    money::check(reads, &names, options);
    let mut receipts: HashMap<String, usize> = HashMap::new();
    for wanted in Kind::ALL {
        for read in reads.iter_mut().filter(|read| read.kind == wanted) {
            keep(read, &mut index, &mut receipts, batch, options);
        }
    }
    sort(batch);
}

fn sort(batch: &mut Batch) {
    batch.accepted.achievements.sort_by_key(|row| row.place);
    batch.accepted.contracts.sort_by_key(|row| row.place);
    batch.accepted.receipts.sort_by_key(|row| row.place);
    batch.accepted.distributions.sort_by_key(|row| row.place);
}

/// Enters a row into the index, or notes that it stands there already.
fn enter(index: &mut Index, record: &mut Record, sheet: usize, names: &[String]) {
    let here = (sheet, record.row);
    let name = |sheet: usize| names.get(sheet).map_or("", String::as_str);
    match &record.draft {
        Draft::Achievement(draft) => {
            let note = enter_achievement(index, draft, here, names);
            record.notes.extend(note);
        }
        Draft::Contract(draft) => {
            let Some(no) = &draft.no else { return };
            let key = contract_key(no);
            if let Some((sheet, row)) = index.contracts.get(&key) {
                record.notes.push(finding::duplicate(
                    Field::ContractNo,
                    no,
                    name(*sheet),
                    *row,
                ));
                return;
            }
            if let Some(firm) = &draft.firm {
                index.firms.insert(key.clone(), firm.clone());
            }
            index.contracts.insert(key, here);
        }
        Draft::Receipt(_) | Draft::Distribution(_) => {}
    }
}

/// Enters an achievement by its number, or by its title where it has none.
fn enter_achievement(
    index: &mut Index,
    draft: &AchievementDraft,
    here: (usize, usize),
    names: &[String],
) -> Option<Note> {
    let number = draft.number.as_ref()?;
    let title = draft.title.as_deref().unwrap_or_default();
    let right = if number.is_empty() {
        RightRef::Title(title.to_owned())
    } else {
        RightRef::Number(number.clone())
    };
    let twice = |(sheet, row): (usize, usize)| {
        let sheet = names.get(sheet).map_or("", String::as_str);
        let (field, shown) = if number.is_empty() {
            (Field::Title, title)
        } else {
            (Field::Number, number.as_str())
        };
        finding::duplicate(field, shown, sheet, row)
    };
    let key = title_key(title);
    let mut note = None;
    if let Some(application) = &draft.application {
        let known = index.applications.entry(application.clone());
        known.or_insert_with(|| number.clone());
    }
    if number.is_empty() {
        let unnumbered = |known: &Titled| matches!(known.rights.as_slice(), [RightRef::Title(_)]);
        let before = index.titles.get(&key).and_then(Option::as_ref);
        note = before.filter(|it| unnumbered(it)).map(|it| twice(it.row));
    } else if let Some(row) = index.numbers.get(number) {
        note = Some(twice(*row));
    } else {
        index.numbers.insert(number.clone(), here);
    }
    if note.is_none() && !key.is_empty() {
        let titled = Titled {
            row: here,
            rights: vec![right.clone()],
        };
        index
            .titles
            .entry(key)
            .and_modify(|known| match known {
                Some(it) if it.row == here => it.rights.push(right),
                known => *known = None,
            })
            .or_insert(Some(titled));
    }
    note
}

/// Follows the references of a row.
fn refer(index: &Index, record: &mut Record, options: &Options<'_>) {
    match &mut record.draft {
        Draft::Achievement(_) => {}
        Draft::Contract(draft) => {
            if let Some(code) = draft.doubtful.take() {
                let kept = options.known.keeps_code(&code);
                record.notes.push(finding::uscc(&code, kept));
                draft.uscc = kept.then_some(code);
            }
            let mut resolved = Vec::new();
            let mut lost = None;
            for right in &draft.rights {
                match resolve(index, right, options) {
                    Ok(rights) => resolved.extend(rights),
                    // The title of work to be done names no achievement.
                    Err(_) if draft.rightless && matches!(right, RightRef::Title(_)) => {}
                    Err(shown) => lost = lost.or(Some(shown)),
                }
            }
            if let Some(shown) = lost {
                record
                    .notes
                    .push(finding::reference_unknown(Field::Rights, &shown));
            } else {
                draft.rights = resolved;
            }
        }
        Draft::Receipt(draft) => {
            let Some(no) = draft.no.clone() else { return };
            let key = contract_key(&no);
            if !index.contracts.contains_key(&key) && !options.known.contract(&key) {
                record
                    .notes
                    .push(finding::reference_unknown(Field::ContractNo, &no));
            }
            if let (Some(payer), Some(firm)) = (&draft.payer, index.firms.get(&key))
                && title_key(payer) != title_key(firm)
            {
                record.notes.push(finding::payer_differs(payer, firm));
            }
        }
        Draft::Distribution(draft) => {
            let Some(no) = draft.no.clone() else { return };
            let key = contract_key(&no);
            if !index.contracts.contains_key(&key) && !options.known.contract(&key) {
                record
                    .notes
                    .push(finding::reference_unknown(Field::ContractNo, &no));
            }
        }
    }
}

/// What a reference stands for, or the words that lead nowhere.
fn resolve(
    index: &Index,
    right: &RightRef,
    options: &Options<'_>,
) -> Result<Vec<RightRef>, String> {
    let known = |number: &str| index.numbers.contains_key(number) || options.known.right(number);
    match right {
        RightRef::Number(number) if known(number) => Ok(vec![right.clone()]),
        RightRef::Number(number) => Err(number.clone()),
        RightRef::Application(number) => match index.applications.get(number) {
            Some(known) => Ok(vec![RightRef::Number(known.clone())]),
            None if known(number) => Ok(vec![RightRef::Number(number.clone())]),
            None => Err(number.clone()),
        },
        RightRef::Title(title) => {
            let of = |title: &str| -> Option<Vec<RightRef>> {
                let key = title_key(title);
                match index.titles.get(&key) {
                    Some(known) => known.as_ref().map(|it| it.rights.clone()),
                    None => options
                        .known
                        .title(&key)
                        .then(|| vec![RightRef::Title(title.to_owned())]),
                }
            };
            if let Some(found) = of(title) {
                return Ok(found);
            }
            if let Some(found) = quoted_titles(title)
                .into_iter()
                .map(of)
                .collect::<Option<Vec<_>>>()
                .filter(|found| !found.is_empty())
            {
                return Ok(found.concat());
            }
            for marks in [
                &['；', ';', '\n'][..],
                &['；', ';', '、', '，', ',', '/', ' '],
            ] {
                let parts: Vec<&str> = title
                    .split(marks)
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .collect();
                let found: Option<Vec<_>> = parts
                    .iter()
                    .map(|part| of(part.trim_matches(['《', '》', '“', '”', '"'])))
                    .collect();
                if let Some(found) = found.filter(|found| !found.is_empty()) {
                    return Ok(found.concat());
                }
            }
            Err(title.clone())
        }
    }
}

/// The titles in 《》.
fn quoted_titles(text: &str) -> Vec<&str> {
    text.split('《')
        .skip(1)
        .filter_map(|tail| tail.split_once('》'))
        .map(|(title, _)| title)
        .collect()
}

/// Moves the good rows of a table into the batch and places all notes.
fn keep(
    read: &mut Read,
    index: &mut Index,
    receipts: &mut HashMap<String, usize>,
    batch: &mut Batch,
    options: &Options<'_>,
) {
    let header = read.mapping.header_row;
    let lacking = !read.table.missing.is_empty() && !read.table.records.is_empty();
    if lacking {
        for note in std::mem::take(&mut read.table.missing) {
            batch
                .findings
                .push(placed(note, read.sheet, header, &read.mapping, read.kind));
        }
    }
    for (row, note) in std::mem::take(&mut read.table.void) {
        let note = placed(note, read.sheet, row, &read.mapping, read.kind);
        batch.findings.push(note);
    }
    for record in std::mem::take(&mut read.table.records) {
        let place = Place {
            sheet: read.sheet,
            row: record.row,
        };
        let refused = lacking
            || record
                .notes
                .iter()
                .any(|n| n.code.severity() == Severity::Refused);
        for note in record.notes {
            batch.findings.push(placed(
                note,
                read.sheet,
                record.row,
                &read.mapping,
                read.kind,
            ));
        }
        if refused {
            continue;
        }
        match record.draft {
            Draft::Achievement(draft) => {
                if let Some(row) = achievement(place, draft, options) {
                    index.good.insert(if row.number.is_empty() {
                        title_key(&row.title)
                    } else {
                        row.number.clone()
                    });
                    batch.accepted.achievements.push(row);
                }
            }
            Draft::Contract(draft) => {
                if let Some(row) = contract(place, draft, index, options) {
                    index.good.insert(contract_key(&row.no));
                    batch.accepted.contracts.push(row);
                }
            }
            Draft::Receipt(draft) => {
                batch
                    .accepted
                    .receipts
                    .extend(receipt(place, draft, index, receipts, options));
            }
            Draft::Distribution(draft) => {
                let others = |column: usize| {
                    read.mapping
                        .columns
                        .iter()
                        .find(|known| known.index == column)
                        .map(|known| known.header.clone())
                        .unwrap_or_default()
                };
                let row = distribution(place, draft, index, others, receipts, options);
                batch.accepted.distributions.extend(row);
            }
        }
    }
}

fn achievement(
    place: Place,
    draft: AchievementDraft,
    options: &Options<'_>,
) -> Option<Achievement> {
    let (number, title) = (draft.number?, draft.title?);
    let already = if number.is_empty() {
        options.known.title(&title_key(&title))
    } else {
        options.known.right(&number)
    };
    Some(Achievement {
        place,
        title,
        already,
        number,
        inventors: draft.inventors,
        shares: draft.shares,
        college: draft.college,
        filed: draft.filed?,
        granted: draft.granted,
        right_kind: draft.right_kind,
        application: draft.application,
    })
}

fn contract(
    place: Place,
    draft: ContractDraft,
    index: &Index,
    options: &Options<'_>,
) -> Option<Contract> {
    let no = draft.no?;
    let (mut numbers, mut titles): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for right in draft.rights {
        match right {
            RightRef::Number(number) if !numbers.contains(&number) => numbers.push(number),
            RightRef::Title(title) if !titles.contains(&title) => titles.push(title),
            _ => {}
        }
    }
    let waiting = |number: &&String| !index.good.contains(*number) && !options.known.right(number);
    let untold = |title: &&String| {
        let key = title_key(title);
        !index.good.contains(&key) && !options.known.title(&key)
    };
    let waits_for = numbers.iter().filter(waiting);
    let waits_for = waits_for.chain(titles.iter().filter(untold)).cloned();
    let waits_for = waits_for.collect();
    Some(Contract {
        place,
        already: options.known.contract(&contract_key(&no)),
        no,
        numbers,
        titles,
        mode: draft.mode,
        firm: draft.firm,
        uscc: draft.uscc,
        amount: draft.amount?,
        signed: draft.signed?,
        pricing: draft.pricing,
        waits_for,
    })
}

fn waits_for(no: &str, index: &Index, options: &Options<'_>) -> Option<String> {
    let key = contract_key(no);
    (!index.good.contains(&key) && !options.known.contract(&key)).then(|| no.to_owned())
}

/// The key with a count behind it, for rows that are equal in every word.
fn counted(key: String, seen: &mut HashMap<String, usize>) -> String {
    let count = seen.entry(key.clone()).or_insert(0);
    *count += 1;
    if *count == 1 {
        key
    } else {
        format!("{key}#{count}")
    }
}

fn receipt(
    place: Place,
    draft: ReceiptDraft,
    index: &Index,
    seen: &mut HashMap<String, usize>,
    options: &Options<'_>,
) -> Option<Receipt> {
    let (no, date, amount) = (draft.no?, draft.date?, draft.amount?);
    let voucher = draft
        .voucher
        .as_deref()
        .map(contract_key)
        .unwrap_or_default();
    let key = format!("r|{}|{date}|{}|{voucher}", contract_key(&no), amount.fen());
    let key = counted(key, seen);
    Some(Receipt {
        place,
        waits_for: waits_for(&no, index, options),
        no,
        date,
        amount,
        payer: draft.payer,
        voucher: draft.voucher,
        already: draft.already || options.known.receipt(&key),
        key,
    })
}

fn distribution(
    place: Place,
    draft: DistributionDraft,
    index: &Index,
    header: impl Fn(usize) -> String,
    seen: &mut HashMap<String, usize>,
    options: &Options<'_>,
) -> Option<Distribution> {
    let no = draft.no?;
    let fen = |money: Option<dukou_kernel::Money>| money.map(|m| m.fen()).unwrap_or_default();
    let key = format!(
        "d|{}|{}|{}",
        contract_key(&no),
        fen(draft.net),
        fen(draft.team)
    );
    let key = counted(key, seen);
    Some(Distribution {
        place,
        waits_for: waits_for(&no, index, options),
        no,
        net: draft.net,
        team: draft.team,
        college: draft.college,
        university: draft.university,
        others: draft
            .others
            .into_iter()
            .map(|(column, money)| (header(column), money))
            .collect(),
        persons: draft.persons,
        already: options.known.distribution(&key),
        key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_equal_receipts_of_one_batch_keep_two_keys() {
        let mut seen = HashMap::new();
        assert_eq!(counted("a".into(), &mut seen), "a");
        assert_eq!(counted("a".into(), &mut seen), "a#2");
    }

    #[test]
    fn a_note_without_a_column_still_has_a_place() {
        let note = finding::required(Field::Filed, Kind::Achievements);
        let mapping = crate::layout::Mapping {
            fingerprint: String::new(),
            kind: Some(Kind::Achievements),
            header_row: 1,
            header_lines: 1,
            columns: Vec::new(),
        };
        assert_eq!(
            placed(note, 0, 7, &mapping, Kind::Achievements).column,
            None
        );
    }
}
