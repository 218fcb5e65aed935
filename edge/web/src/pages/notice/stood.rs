//! What stood in the open under a number: the page that was kept, or, where none is
//! left, the facts that the record still holds, with the reason.

use dukou_chain::distribution::{self, RewardFacts, RewardSource};
use dukou_chain::institution::Institution;
use dukou_chain::people::Post;
use dukou_chain::publicity::page::Article;
use dukou_chain::publicity::{Content, Facts, Names, Sheet, Source};
use dukou_chain::terms::Attachment;
use dukou_chain::whole::{Case, Deal, State, case_view};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, Date, DealId, InstitutionId, Lang, PersonId};

use sha2::{Digest, Sha256};

use crate::app::App;
use crate::data;
use crate::failure::Failure;

/// Where what is shown comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// 原件: the page as it was posted.
    Page,
    /// 未固化: posted by 0.1.0, which kept no page; from the deal as it stands.
    Unfrozen,
    /// The page is gone with the personal data of somebody whom it named.
    Erased,
    /// The page was lost or altered, which verification names too.
    Lost,
}

impl Kept {
    /// As told to programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Unfrozen => "unfrozen",
            Self::Erased => "erased",
            Self::Lost => "lost",
        }
    }
}

/// A notice as it is shown.
pub struct Stood {
    /// The article in both languages.
    pub articles: [Article; 2],
    /// Where it comes from.
    pub kept: Kept,
    /// SHA-256 of the page, where the record holds one.
    pub file: Option<String>,
    /// The page itself.
    pub bytes: Option<Vec<u8>>,
    /// Posted.
    pub posted: String,
    /// Last day.
    pub last: String,
    /// The last day awaits the official arrangement.
    pub pending: bool,
    /// True when it carries nothing.
    pub void: bool,
    /// State, as people read it, and its tone.
    pub state: (String, &'static str),
    /// Objections, and how many of them are answered; nothing for rewards.
    pub objections: Option<(usize, usize)>,
    /// Day and words of its result.
    pub result: Option<(String, String)>,
}

impl Stood {
    /// The article in a language.
    pub fn article(&self, lang: Lang) -> &Article {
        let [zh, en] = &self.articles;
        match lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The language's own article first.
    pub fn read(&self, lang: Lang) -> [&Article; 2] {
        let other = match lang {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        };
        [self.article(lang), self.article(other)]
    }

    /// True when the page is there and whole.
    pub fn whole(&self) -> bool {
        self.kept == Kept::Page
    }
}

/// One of the two kinds of notice.
enum Which<'a> {
    Price(&'a dukou_chain::publicity::Notice),
    Reward(&'a distribution::Reward),
}

/// What a notice is made of again.
struct At<'a> {
    app: &'a App,
    institution_id: InstitutionId,
    institution: &'a Institution,
    deal: &'a Deal,
    cases: Vec<(CaseId, Case)>,
}

/// The notice of this id.
///
/// # Errors
/// Not found, or the database or the file cannot be read.
pub fn stood(
    app: &App,
    (institution_id, deal_id): (InstitutionId, DealId),
    id: &str,
    lang: Lang,
) -> Result<Stood, Failure> {
    let (_, state) = data::deal(app, institution_id, deal_id)?;
    let deal = data::as_deal(&state)?;
    let institution = data::institution(app, institution_id)?;
    let which = find(deal, id).ok_or(Failure::NotFound)?;
    let mut cases = Vec::new();
    for case in deal.cases() {
        let (_, state) = data::case(app, institution_id, *case)?;
        cases.push((*case, data::as_case(&state)?.clone()));
    }
    let at = At {
        app,
        institution_id,
        institution: &institution,
        deal,
        cases,
    };
    let (page, people) = match &which {
        Which::Price(it) => it.posted.names().unzip(),
        Which::Reward(it) => it.posted.names().unzip(),
    };
    let (kept, bytes) = kept(&at, page, people.as_deref().unwrap_or_default())?;
    let read = |lang| {
        let html = std::str::from_utf8(bytes.as_deref()?).ok()?;
        Article::read(html, lang)
    };
    let articles = match (read(Lang::Zh), read(Lang::En)) {
        (Some(zh), Some(en)) => [zh, en],
        _ => {
            let sheet = at.sheet(&which)?;
            [sheet.zh, sheet.en]
        }
    };
    let file = page.map(|it| it.file.to_string());
    Ok(at.around(&which, articles, (kept, file, bytes), lang))
}

fn find<'a>(deal: &'a Deal, id: &str) -> Option<Which<'a>> {
    let mut prices = deal.publicity.notices.iter();
    let price = prices.find(|it| it.posted.notice.to_string() == id);
    let reward = || {
        let mut rewards = deal.distribution.rewards();
        rewards.find(|it| it.posted.notice.to_string() == id)
    };
    price
        .map(Which::Price)
        .or_else(|| reward().map(Which::Reward))
}

/// The bytes of the page when they are what the record says, and why not otherwise.
fn kept(
    at: &At<'_>,
    page: Option<&Attachment>,
    people: &[PersonId],
) -> Result<(Kept, Option<Vec<u8>>), Failure> {
    let Some(page) = page else {
        return Ok((Kept::Unfrozen, None));
    };
    let hash = page.file.as_str();
    // Another server may still have a file that was erased; the record decides.
    let known = at.app.store.read(|db| {
        db.row(
            "SELECT 1 FROM file WHERE institution = $1 AND hash = $2",
            &[data::text(at.institution_id), hash.into()],
        )
    })?;
    let bytes = match known {
        Some(_) => at.app.store.file(hash)?,
        None => None,
    };
    let is = |bytes: &Vec<u8>| crate::session::hex(&Sha256::digest(bytes)) == hash;
    match bytes {
        Some(bytes) if is(&bytes) => Ok((Kept::Page, Some(bytes))),
        Some(_) => Ok((Kept::Lost, None)),
        None => {
            let names = at.names(people)?;
            let erased = people
                .iter()
                .any(|id| names.get(id).is_none_or(String::is_empty));
            Ok((if erased { Kept::Erased } else { Kept::Lost }, None))
        }
    }
}

impl At<'_> {
    fn names(&self, people: &[PersonId]) -> Result<Names, Failure> {
        let mut names = Names::new();
        self.app.store.read(|db| {
            for id in people {
                let name = data::sealed_text(db, self.institution_id, &id.to_string(), "name")?;
                names.insert(*id, name);
            }
            Ok(())
        })?;
        Ok(names)
    }

    /// The notice made anew of its facts, with today's names; of the deal as it stands
    /// where no facts were kept.
    fn sheet(&self, which: &Which<'_>) -> Result<Sheet, Failure> {
        match which {
            Which::Price(it) => {
                let opened = self.deal.matching.opened.as_ref();
                let (facts, contact, party) = match &it.posted.content {
                    Content::Frozen { facts, .. } => (facts.clone(), self.contact(), None),
                    Content::Unfrozen { contact } => (
                        self.price_today(it).ok_or(Failure::NotFound)?,
                        contact.clone(),
                        opened.map(|(_, it)| it.party.name.as_str()),
                    ),
                };
                let people: Vec<PersonId> = facts.people.iter().map(|it| it.person).collect();
                let names = self.names(&people)?;
                Ok(it
                    .posted
                    .sheet(&facts, it.posted_on, (&contact, party), &names))
            }
            Which::Reward(it) => {
                let (facts, contact) = match &it.posted.content {
                    Content::Frozen { facts, .. } => (facts.clone(), self.contact()),
                    Content::Unfrozen { contact } => {
                        let today = self.reward_today(it)?.ok_or(Failure::NotFound)?;
                        (today, contact.clone())
                    }
                };
                let people: Vec<PersonId> = facts.people.iter().map(|it| it.person).collect();
                let names = self.names(&people)?;
                Ok(it.posted.sheet(&facts, it.posted_on, &contact, &names))
            }
        }
    }

    /// Whom to write to today: the page that said it is gone.
    fn contact(&self) -> String {
        let profile = self.institution.profile.as_ref();
        profile.map_or_else(String::new, |it| it.contact.clone())
    }

    fn price_today(&self, it: &dukou_chain::publicity::Notice) -> Option<Facts> {
        let cases: Vec<_> = self
            .cases
            .iter()
            .map(|(id, it)| case_view(*id, it))
            .collect();
        let opened = self.deal.matching.opened.as_ref();
        let source = Source {
            institution: self.institution,
            negotiation: &self.deal.negotiation,
            terms: self.deal.terms()?,
            party: opened.map(|(_, it)| &it.party),
            cases: &cases,
        };
        Some(Facts::of(&source, "", it.posted_on, it.posted.days))
    }

    fn reward_today(&self, it: &distribution::Reward) -> Result<Option<RewardFacts>, Failure> {
        let cases: Vec<_> = self
            .cases
            .iter()
            .map(|(id, it)| case_view(*id, it))
            .collect();
        let division = self.deal.distribution.divisions.get(&it.posted.receipt);
        let mut posts = std::collections::HashMap::new();
        for person in division.map(|it| it.people()).unwrap_or_default() {
            let stream = StreamId::Person(person);
            let (_, state) = self.app.store.state(self.institution_id, stream)?;
            if let State::Person(state) = state.as_ref() {
                posts.insert(person, state.post_on(it.posted_on));
            }
        }
        let post = |person| posts.get(&person).copied().unwrap_or(Post::None);
        let source = RewardSource {
            institution: self.institution,
            agreement: &self.deal.agreement,
            income: &self.deal.income,
            cases: &cases,
            post: &post,
        };
        let (receipt, days) = (it.posted.receipt, it.posted.days);
        let distribution = &self.deal.distribution;
        Ok(RewardFacts::of(
            &source,
            distribution,
            receipt,
            "",
            (it.posted_on, days),
        ))
    }

    fn around(
        &self,
        which: &Which<'_>,
        articles: [Article; 2],
        (kept, file, bytes): (Kept, Option<String>, Option<Vec<u8>>),
        lang: Lang,
    ) -> Stood {
        let calendar = self.institution.calendar();
        let (posted_on, due, void, objections, closed) = match which {
            Which::Price(it) => {
                let answered = it.objections.len() - it.open_objections().count();
                let stale = it.posted.version != self.deal.negotiation.version();
                let closed = it.closed.as_ref().map(|(on, it)| (*on, it.result.clone()));
                let objections = Some((it.objections.len(), answered));
                (
                    it.posted_on,
                    it.due(calendar),
                    it.void() || stale,
                    objections,
                    closed,
                )
            }
            Which::Reward(it) => {
                let closed = it.closed.as_ref().map(|(on, it)| (*on, it.result.clone()));
                (it.posted_on, it.due(calendar), false, None, closed)
            }
        };
        let over = due.end.is_some_and(|end| end < self.app.store.today());
        let (zh, en, tone) = standing(void, closed.is_some(), over);
        let shown = |day: Date| day.to_string();
        Stood {
            articles,
            kept,
            file,
            bytes,
            posted: shown(posted_on),
            last: shown(due.shown()),
            pending: due.pending(),
            void,
            state: (lang.pick(zh, en).to_owned(), tone),
            objections,
            result: closed.map(|(on, result)| (shown(on), result)),
        }
    }
}

/// How a notice stands: in both languages, and its tone.
pub fn standing(
    void: bool,
    closed: bool,
    over: bool,
) -> (&'static str, &'static str, &'static str) {
    match (void, closed, over) {
        (true, ..) => ("已作废", "Void", "grey"),
        (_, true, _) => ("已结束", "Closed", "pine"),
        (.., true) => ("已届满", "Ended", "ochre"),
        _ => ("公示中", "Running", "water"),
    }
}
