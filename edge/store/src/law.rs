//! Law files: their words are evidence, and a command takes them into an
//! institution's journal.

use dukou_chain::institution::{self, Law, LawFile};
use dukou_chain::whole::{Command, State};
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{Finding, InstitutionId, text};

use crate::{Done, Envelope, Fault, FileError, Rejected, Store, Value};

impl Store {
    /// Loads law files into one institution: the words are put away as evidence
    /// under their hash, then the command is given.
    ///
    /// # Errors
    /// Refused with file and line, or the machine failed; nothing is loaded then.
    pub fn load_law(
        &self,
        institution: InstitutionId,
        actor: Actor,
        files: &[(String, String)],
        reason: &str,
    ) -> Result<Done, Rejected> {
        let named = files
            .iter()
            .filter_map(|(name, text)| LawFile::new(name, text));
        let named: Vec<LawFile> = named.collect();
        // What will be refused leaves nothing behind.
        self.law(institution)?.load(&named, reason)?;
        self.keep_law(institution, &actor, &named)?;
        let command = institution::Command::LoadLaw {
            files: named,
            reason: reason.to_owned(),
        };
        self.execute(Envelope::new(
            institution,
            actor,
            Command::Institution(command),
        ))
    }

    /// Loads those of the files that are not loaded yet, as they stand; true when
    /// there were any.
    ///
    /// # Errors
    /// As [`Store::load_law`].
    pub fn adopt_law(
        &self,
        institution: InstitutionId,
        files: &[(String, String)],
    ) -> Result<bool, Rejected> {
        let law = self.law(institution)?;
        let known = |(name, text): &&(String, String)| law.files().get(name) != Some(text);
        let new: Vec<(String, String)> = files.iter().filter(known).cloned().collect();
        if new.is_empty() {
            return Ok(false);
        }
        let actor = Actor::System("law".to_owned());
        self.load_law(institution, actor, &new, "DIR/law")?;
        Ok(true)
    }

    /// The law of one institution.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn law(&self, institution: InstitutionId) -> Result<Law, Fault> {
        let (_, state) = self.state(institution, StreamId::Institution)?;
        match state.as_ref() {
            State::Institution(it) => Ok(it.law().clone()),
            _ => Ok(Law::default()),
        }
    }

    /// Puts the words of law files away as evidence, before a command that names them.
    ///
    /// # Errors
    /// When one of them cannot be kept.
    pub fn keep_law(
        &self,
        institution: InstitutionId,
        actor: &Actor,
        files: &[LawFile],
    ) -> Result<(), Rejected> {
        let mut each = files.iter();
        each.try_for_each(|file| self.keep_one(institution, actor, file))
    }

    fn keep_one(
        &self,
        institution: InstitutionId,
        actor: &Actor,
        file: &LawFile,
    ) -> Result<(), Rejected> {
        let name = file.name.replace('/', "-");
        let meta = self
            .put_file(&name, file.text.as_bytes())
            .map_err(|error| match error {
                FileError::Fault(fault) => Rejected::from(fault),
                other => {
                    let why = other.to_string();
                    let say = text!("法规文件不能保存：{why}", "The law file is not kept: {why}");
                    Rejected::Refused(Finding::refused("law.evidence", say).at("files").into())
                }
            })?;
        let params = [
            Value::Text(institution.to_string()),
            Value::Text(meta.hash),
            Value::Text(meta.name),
            Value::Text(meta.media.to_owned()),
            Value::Int(i64::try_from(meta.size).unwrap_or(i64::MAX)),
            Value::Int(self.now_ms()),
            Value::Text(match actor {
                Actor::Person(id) => id.to_string(),
                Actor::System(name) => name.clone(),
            }),
        ];
        self.write(move |db| {
            db.exec(
                "INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                &params,
            )?;
            Ok(())
        })?;
        Ok(())
    }
}
