//! Small checks that several stages make on what was typed.

use dukou_kernel::{Finding, Money, Refusal, Severity, Share, text};

use crate::terms::{Attachment, Contributor};

/// Collects findings and refuses when one of them says no.
#[derive(Default)]
pub struct Checks(Vec<Finding>);

impl Checks {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Adds a finding when `wrong`.
    pub fn refuse_if(&mut self, wrong: bool, finding: impl FnOnce() -> Finding) {
        if wrong {
            self.0.push(finding());
        }
    }

    /// The text must not be blank and not be longer than `longest` characters.
    pub fn words(&mut self, field: &str, value: &str, longest: usize) {
        if value.trim().is_empty() {
            self.0.push(
                Finding::refused(
                    "field.required",
                    text!("这一项必填。", "This field is required."),
                )
                .at(field),
            );
        }
        self.at_most(field, value, longest);
    }

    /// A notice must not stand longer than `longest` days of its own unit.
    pub fn at_most_days(&mut self, days: u32, longest: u32) {
        self.refuse_if(days > longest, || {
            Finding::refused(
                "publicity.too_long",
                text!(
                    "公示期最长{longest}天。",
                    "A notice stands at most {longest} days."
                ),
            )
            .at("days")
        });
    }

    /// The text must not be longer than `longest` characters.
    pub fn at_most(&mut self, field: &str, value: &str, longest: usize) {
        let length = value.chars().count();
        if length > longest {
            self.0.push(
                Finding::refused(
                    "field.too_long",
                    text!(
                        "{length}字，最多{longest}字。请删短，或放到附件里。",
                        "{length} characters; at most {longest}. Shorten it or attach a file."
                    ),
                )
                .at(field),
            );
        }
    }

    /// The amount must be above zero.
    pub fn positive(&mut self, field: &str, amount: Money) {
        if !amount.is_positive() {
            self.0.push(
                Finding::refused(
                    "amount.not_positive",
                    text!("金额须大于零。", "The amount must be above zero."),
                )
                .at(field),
            );
        }
    }

    /// A paper must be attached.
    pub fn paper(&mut self, field: &str, paper: Option<&Attachment>) {
        if paper.is_none() {
            self.0.push(
                Finding::refused(
                    "paper.required",
                    text!("须附上文件。", "Attach the document."),
                )
                .at(field),
            );
        }
    }

    /// Contributors: each once, none with nothing, together exactly the whole.
    pub fn contributors(&mut self, field: &str, people: &[Contributor]) {
        if people.is_empty() {
            self.0.push(
                Finding::refused(
                    "shares.nobody",
                    text!("至少要有一位完成人。", "Name at least one contributor."),
                )
                .at(field),
            );
            return;
        }
        let mut seen: Vec<_> = people.iter().map(|c| c.person).collect();
        seen.sort_unstable();
        seen.dedup();
        self.refuse_if(seen.len() != people.len(), || {
            Finding::refused(
                "shares.twice",
                text!(
                    "同一个人列了两次。请合并成一行。",
                    "The same person is listed twice. Merge the lines."
                ),
            )
            .at(field)
        });
        self.refuse_if(people.iter().any(|c| c.share.is_zero()), || {
            Finding::refused(
                "shares.zero",
                text!(
                    "有人的份额是0。请填份额或移除此人。",
                    "Somebody has a share of 0. Fill it in or remove the person."
                ),
            )
            .at(field)
        });
        match Share::sum(people.iter().map(|c| c.share)) {
            Ok(Share::ONE) => {}
            Ok(total) => {
                let shown = total.to_percent_text();
                self.0.push(
                    Finding::refused(
                        "shares.sum",
                        text!(
                            "份额合计{shown}，应为100%。请与各位完成人商定后，改到正好100%。",
                            "Shares total {shown}. Agree with everyone, then make it exactly 100%."
                        ),
                    )
                    .at(field),
                );
            }
            Err(_) => self.0.push(
                Finding::refused(
                    "shares.unreadable",
                    text!("份额的位数太多。", "The shares have too many digits."),
                )
                .at(field),
            ),
        }
    }

    /// Refuses when any finding says no; gives back the others.
    ///
    /// # Errors
    /// The findings that say no.
    pub fn settle(self) -> Result<Vec<Finding>, Refusal> {
        let (no, rest): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .partition(|finding| finding.severity == Severity::Refused);
        if no.is_empty() {
            Ok(rest)
        } else {
            Err(Refusal { findings: no })
        }
    }
}
