//! The compliance panel: what the law asks of this case and of the deal in focus.

use dukou_chain::whole::{self, Deal};
use dukou_kernel::Finding;

use super::views::FindingView;
use super::{Build, LoadedCase};
use crate::authorise::covers_case;
use crate::data;
use crate::failure::Failure;

impl Build<'_> {
    /// The other cases that the deal covers.
    pub(super) fn covered(&self, deal: Option<&Deal>) -> Result<Vec<LoadedCase>, Failure> {
        let opened = deal.and_then(|it| it.matching.opened.as_ref());
        let ids = opened.map_or(&[][..], |(_, it)| &it.cases);
        ids.iter()
            .filter(|id| **id != self.id)
            .map(|id| {
                let (_, state) = data::case(self.app, self.user.institution, *id)?;
                let read =
                    |db: &mut dyn dukou_store::Db| covers_case(db, self.user, self.scope, *id);
                let readable = self.app.store.read(read)?;
                Ok(LoadedCase {
                    id: *id,
                    state,
                    readable,
                })
            })
            .collect()
    }

    pub(super) fn findings(&self, deal: Option<&Deal>, covered: &[LoadedCase]) -> Vec<Finding> {
        let mut found = whole::case_findings(self.case, self.today);
        if let Some(deal) = deal
            && deal.closing.ended.is_none()
        {
            let mut cases = vec![(self.id, self.case)];
            cases.extend(
                covered
                    .iter()
                    .filter_map(|it| Some((it.id, data::as_case(&it.state).ok()?))),
            );
            for finding in whole::deal_findings(deal, &cases, self.institution, self.today) {
                if !found.iter().any(|known| known.code == finding.code) {
                    found.push(finding);
                }
            }
        }
        found.sort_by_key(|finding| finding.severity);
        found
    }

    pub(super) fn finding(&self, finding: &Finding) -> FindingView {
        FindingView {
            what: self.text(&finding.message),
            article: finding
                .citation
                .as_ref()
                .map_or_else(String::new, |it| it.get(self.req.lang).to_owned()),
            verified: finding.citation.as_ref().is_none_or(|it| it.verified),
        }
    }
}
