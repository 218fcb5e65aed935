//! The law of this installation (本机法规): what the program carries, and over it
//! the files that were loaded here.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use dukou_kernel::{FileHash, Finding, Refusal, text};
use dukou_rules::{Change, LawError, Rulebook};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::checks::Checks;

/// Most characters of one law file.
pub const LONGEST: usize = 200_000;
/// Most law files that one institution loads.
pub const MOST: usize = 200;

/// Most characters of everything that one institution has loaded, together.
pub const TOGETHER: usize = 4_000_000;

/// A law file with its words: `CN-JS/reward.toml`, or `tax.toml` for the country.
/// It takes the place of what was loaded under its name; one with nothing but a
/// comment withdraws that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawFile {
    /// Its place below `DIR/law/`.
    pub name: String,
    /// Content address of the same words among the evidence files.
    pub file: FileHash,
    /// The words, in the form of `law/cn/`.
    pub text: String,
}

/// 法规已载入
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawLoaded {
    /// What was loaded.
    pub files: Vec<LawFile>,
    /// Why.
    pub reason: String,
}

/// The rules in force here, and what they are made of.
#[derive(Clone, Debug)]
pub struct Law {
    files: BTreeMap<String, String>,
    book: Arc<Rulebook>,
    fault: Option<LawError>,
}

impl Default for Law {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            book: carried(),
            fault: None,
        }
    }
}

/// What the program carries, read once.
pub(crate) fn carried() -> Arc<Rulebook> {
    static BOOK: OnceLock<Arc<Rulebook>> = OnceLock::new();
    Arc::clone(BOOK.get_or_init(|| Arc::new(Rulebook::builtin())))
}

impl Law {
    /// What the program carries and what was loaded over it. While a loaded file
    /// cannot be read it is what the program carries alone, and [`Law::fault`]
    /// says so.
    pub fn book(&self) -> &Arc<Rulebook> {
        &self.book
    }

    /// Why a file that was loaded once is not understood by this program.
    pub fn fault(&self) -> Option<&LawError> {
        self.fault.as_ref()
    }

    /// The loaded files by name, with their words.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// What would change if these files were loaded.
    ///
    /// # Errors
    /// With file and line, when they cannot be read over what is there.
    pub fn preview(&self, files: &[(String, String)]) -> Result<Vec<Change>, LawError> {
        Ok(self.book.changes(&self.over(files)?))
    }

    /// The rules with these files over them.
    ///
    /// # Errors
    /// With file and line, when they cannot be read over what is there.
    pub fn over(&self, files: &[(String, String)]) -> Result<Rulebook, LawError> {
        Self::read(&self.with(files))
    }

    fn with(&self, files: &[(String, String)]) -> BTreeMap<String, String> {
        let mut all = self.files.clone();
        all.extend(files.iter().cloned());
        all
    }

    fn read(files: &BTreeMap<String, String>) -> Result<Rulebook, LawError> {
        let named: Vec<(String, &str)> = files
            .iter()
            .map(|(name, text)| (format!("law/{name}"), text.as_str()))
            .collect();
        let layer: Vec<(&str, &str)> = named
            .iter()
            .map(|(name, text)| (name.as_str(), *text))
            .collect();
        carried().with_layer(&layer)
    }

    pub(super) fn apply(&mut self, loaded: LawLoaded) {
        let files: Vec<(String, String)> = loaded
            .files
            .into_iter()
            .map(|it| (it.name, it.text))
            .collect();
        self.files = self.with(&files);
        match Self::read(&self.files) {
            Ok(book) => {
                self.book = Arc::new(book);
                self.fault = None;
            }
            Err(fault) => {
                self.book = carried();
                self.fault = Some(fault);
            }
        }
    }

    /// The event of loading these files.
    ///
    /// # Errors
    /// The refusal: a name, a hash or a reason is wrong, a file cannot be read
    /// over what is there (with its line), or all of them are loaded already.
    pub fn load(&self, files: &[LawFile], reason: &str) -> Result<LawLoaded, Refusal> {
        let mut checks = Checks::default();
        checks.words("reason", reason, 500);
        checks.refuse_if(files.is_empty() || files.len() > MOST, || {
            Finding::refused(
                "law.files",
                text!(
                    "一次载入1到{MOST}个法规文件。",
                    "Load between 1 and {MOST} law files at a time."
                ),
            )
            .at("files")
        });
        for file in files {
            check_file(&mut checks, file);
        }
        checks.settle()?;
        let named: Vec<(String, String)> = files
            .iter()
            .map(|it| (it.name.clone(), it.text.clone()))
            .collect();
        let after = self.with(&named);
        if after == self.files {
            return Err(Finding::refused(
                "law.same",
                text!(
                    "这些文件已经载入，内容相同。",
                    "These files are loaded already and say the same."
                ),
            )
            .at("files")
            .into());
        }
        let long: usize = after.values().map(|it| it.chars().count()).sum();
        if long > TOGETHER {
            return Err(Finding::refused(
                "law.too_much",
                text!(
                    "法规文件合计{long}字，超过{TOGETHER}字。撤下不用的文件（写一行注释），再载入。",
                    "The law files have {long} characters together, more than {TOGETHER}. Withdraw those that are no longer needed (a comment in their place), then load."
                ),
            )
            .at("files")
            .into());
        }
        Self::read(&after).map_err(|error| unreadable("law.file", &error).at("files"))?;
        Ok(LawLoaded {
            files: files.to_vec(),
            reason: reason.to_owned(),
        })
    }

    /// The refusal of whatever is decided by the law, while a loaded file is not
    /// understood.
    ///
    /// # Errors
    /// The refusal.
    pub fn sound(&self) -> Result<(), Refusal> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => Err(unreadable("law.unreadable", fault).into()),
        }
    }
}

/// What is wrong with a law file, with its line, and what to do.
fn unreadable(code: &str, error: &LawError) -> Finding {
    let (file, line) = (&error.file, error.line);
    let (zh, en) = (&error.message.zh, &error.message.en);
    Finding::refused(
        code,
        text!(
            "法规文件 {file} 第{line}行：{zh}。改正后以同名重新载入。",
            "The law file {file}, line {line}: {en}. Mend it and load it under the same name."
        ),
    )
}

/// True for `tax.toml` and `CN-JS/reward.toml`.
pub fn is_name(name: &str) -> bool {
    let part = |it: &str| {
        !it.is_empty()
            && it.len() <= 60
            && !it.starts_with('.')
            && it
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let mut parts = name.split('/');
    let sound = parts.by_ref().take(2).all(part);
    sound && parts.next().is_none() && name.ends_with(".toml")
}

fn check_file(checks: &mut Checks, file: &LawFile) {
    let name = &file.name;
    checks.refuse_if(!is_name(name), || {
        Finding::refused(
            "law.name",
            text!(
                "法规文件以 .toml 结尾，省级文件放在地区代码下，如 CN-JS/reward.toml。",
                "A law file ends in .toml; a province's stands below its code, as CN-JS/reward.toml."
            ),
        )
        .at("files")
    });
    checks.refuse_if(file.text.trim().is_empty(), || {
        Finding::refused(
            "law.empty",
            text!(
                "法规文件 {name} 是空的。要撤下它，写一行注释说明原因。",
                "The law file {name} is empty. To withdraw it, write a comment that says why."
            ),
        )
        .at("files")
    });
    checks.refuse_if(file.text.chars().count() > LONGEST, || {
        Finding::refused(
            "law.long",
            text!(
                "法规文件 {name} 超过{LONGEST}字。",
                "The law file {name} has more than {LONGEST} characters."
            ),
        )
        .at("files")
    });
    checks.refuse_if(hash(&file.text) != file.file.to_string(), || {
        Finding::refused(
            "law.hash",
            text!(
                "法规文件 {name} 与其摘要不符。",
                "The law file {name} does not have the hash that was given."
            ),
        )
        .at("files")
    });
}

impl LawFile {
    /// A file with the hash of its words.
    pub fn new(name: &str, text: &str) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            file: hash(text).parse().ok()?,
            text: text.to_owned(),
        })
    }
}

/// SHA-256 of the words in hex, as the evidence files are named.
pub fn hash(words: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(words.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}
