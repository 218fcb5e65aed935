//! The timeline: every entry of the case and of the deal in focus.

use std::collections::HashMap;

use dukou_chain::public::MoneyRight;
use dukou_journal::{Entry, StreamId};
use dukou_kernel::{DealId, Lang, PersonId};

use super::Build;
use super::views::EntryView;
use super::words::tell;
use crate::data;
use crate::failure::Failure;
use crate::pages::{initial, moment, short_hash};
use crate::sight::Sight;

impl Build<'_> {
    pub(super) fn timeline(
        &self,
        deal: Option<DealId>,
        names: &HashMap<PersonId, String>,
    ) -> Result<Vec<EntryView>, Failure> {
        let store = &self.app.store;
        let mut list = store.entries(self.user.institution, StreamId::Case(self.id))?;
        if let Some(deal) = deal {
            list.extend(store.entries(self.user.institution, StreamId::Deal(deal))?);
        }
        let mut sight = Sight::new(self.institution, self.user);
        let seen = store.read(|db| {
            let mut seen = Vec::with_capacity(list.len());
            for (entry, _) in &list {
                seen.push(sight.reader(db, entry)?);
            }
            Ok(seen)
        })?;
        // Amounts are read by right, in whatever entry they stand.
        let mut list: Vec<_> = list
            .into_iter()
            .zip(seen)
            .filter(|(_, reader)| reader.says)
            .map(|((entry, hash), reader)| (entry, hash, reader.money))
            .collect();
        list.sort_by_key(|(entry, _, _)| std::cmp::Reverse(entry.meta.seq));
        let actors: Vec<PersonId> = list
            .iter()
            .flat_map(|(entry, _, _)| [entry.meta.actor.person(), entry.meta.on_behalf])
            .flatten()
            .filter(|id| !names.contains_key(id))
            .collect();
        let mut all = names.clone();
        all.extend(store.read(|db| data::names(db, self.user.institution, actors))?);
        Ok(list
            .iter()
            .enumerate()
            .map(|(place, (entry, hash, money))| {
                self.entry((entry, *money), hash, &all, place == 0)
            })
            .collect())
    }

    pub(super) fn entry(
        &self,
        (entry, money): (&Entry, MoneyRight),
        hash: &[u8],
        names: &HashMap<PersonId, String>,
        newest: bool,
    ) -> EntryView {
        let meta = &entry.meta;
        let mut who = match meta.actor.person() {
            Some(id) => names.get(&id).cloned().unwrap_or_default(),
            None => self.t("系统", "System"),
        };
        let first = initial(&who);
        if let Some(for_whom) = meta.on_behalf.and_then(|id| names.get(&id)) {
            who = match self.req.lang {
                Lang::Zh => format!("{who}（代{for_whom}）"),
                Lang::En => format!("{who} (for {for_whom})"),
            };
        }
        let told = tell(entry, money, self.req.lang);
        EntryView {
            at: moment(meta.at_ms),
            who,
            initial: first,
            act: told.act,
            detail: told.detail,
            article: told.article,
            files: told.files,
            seq: meta.seq,
            hash: short_hash(hash),
            refused: told.refused,
            newest,
            corrects: meta
                .corrects
                .map_or_else(String::new, |seq| seq.to_string()),
            clock: meta.clock.as_deref().unwrap_or_default().to_owned(),
        }
    }
}
