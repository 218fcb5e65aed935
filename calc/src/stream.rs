//! Many questions on one input: one object per line, or pretty-printed objects
//! one after the other. A broken one is answered by an error in its place and
//! disturbs no other.

use std::io::{self, BufRead, Write};

use dukou_kernel::{Lang, Text};
use serde_json::Value;

use crate::explain::explain;
use crate::strict::{Reading, first};
use crate::{CalcError, Calculator, Env, error_value, localise};

/// How answers are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Lines for people instead of JSON.
    pub explain: bool,
    /// Whose language.
    pub lang: Lang,
}

/// How many questions are answered together.
const BATCH: usize = 512;
/// Exit status with an error among the answers.
const SOME_FAILED: u8 = 2;

/// Reads questions, writes answers in order, and says the exit status: 0, or 2
/// when one of them could not be answered.
///
/// # Errors
/// Only when reading or writing itself fails.
pub fn run_stream(
    calculator: &Calculator,
    env: &Env,
    mut input: impl BufRead,
    output: impl Write,
    options: Options,
) -> io::Result<u8> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut run = Run {
        calculator,
        env,
        output,
        options,
        threads,
        batch: Vec::new(),
        waiting: Vec::new(),
        check_at: 2,
        skipping: None,
        failed: false,
    };
    let mut bytes = Vec::new();
    let mut begun = false;
    loop {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let plain = if begun {
            &bytes[..]
        } else {
            bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)
        };
        begun = true;
        match std::str::from_utf8(plain) {
            Ok(line) => run.line(line.trim_end_matches(['\n', '\r']))?,
            Err(_) => {
                run.finish()?;
                let message = Text::new("这一行不是 UTF-8 文字", "the line is not UTF-8 text");
                run.fail(&CalcError::new("input.not_utf8", "", message))?;
            }
        }
    }
    run.finish()?;
    run.work()?;
    run.output.flush()?;
    Ok(if run.failed { SOME_FAILED } else { 0 })
}

struct Run<'a, W> {
    calculator: &'a Calculator,
    env: &'a Env,
    output: W,
    options: Options,
    threads: usize,
    /// Questions read and not yet answered, and what could not be read, in order.
    batch: Vec<Result<Value, CalcError>>,
    /// The lines of an object that has not ended yet.
    waiting: Vec<String>,
    /// At how many waiting lines the next look is taken: doubling keeps long
    /// objects cheap.
    check_at: usize,
    /// Inside a broken object that spans lines: how deep.
    skipping: Option<i64>,
    failed: bool,
}

/// By how much a line opens more than it closes, outside of texts.
fn depth(line: &str) -> i64 {
    let (mut depth, mut inside, mut escaped) = (0, false, false);
    for byte in line.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => depth += 1,
            b'}' | b']' if !inside => depth -= 1,
            _ => {}
        }
    }
    depth
}

/// True for a line that is an object by itself, not indented.
fn stands_alone(line: &str) -> bool {
    line.starts_with('{')
        && matches!(first(line), Reading::Whole(Ok(_), taken) if line.get(taken..).is_some_and(|rest| rest.trim().is_empty()))
}

impl<W: Write> Run<'_, W> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        if let Some(open) = self.skipping {
            if !stands_alone(line) {
                let left = open + depth(line);
                self.skipping = (left > 0).then_some(left);
                return Ok(());
            }
            self.skipping = None;
        }
        if self.waiting.is_empty() {
            return if line.trim().is_empty() {
                Ok(())
            } else {
                self.begin(line)
            };
        }
        self.waiting.push(line.to_owned());
        let closed = || self.waiting.iter().map(|line| depth(line)).sum::<i64>() <= 0;
        let closing =
            line.trim_start().starts_with(['}', ']']) && line.trim_end().ends_with(['}', ']']);
        if self.waiting.len() >= self.check_at || (closing && closed()) {
            self.look()?;
        }
        Ok(())
    }

    /// A line with nothing before it.
    fn begin(&mut self, line: &str) -> io::Result<()> {
        match first(line) {
            Reading::Whole(question, taken) => {
                self.whole(question, line.get(taken..).unwrap_or_default())
            }
            Reading::Partial(_) => {
                self.waiting.push(line.to_owned());
                self.check_at = 2;
                Ok(())
            }
            Reading::Broken(error) => self.fail(&error),
        }
    }

    /// A whole value, and what follows it on its line.
    fn whole(&mut self, question: Result<Value, CalcError>, rest: &str) -> io::Result<()> {
        let rest = rest.trim_start();
        if rest.is_empty() {
            return self.answer(question);
        }
        if rest.starts_with('{') && question.is_ok() {
            self.answer(question)?;
            return self.begin(rest);
        }
        let message = Text::new(
            "JSON 对象之后还有文字",
            "there is text after the JSON object",
        );
        self.fail(&CalcError::new("input.not_json", "", message))
    }

    /// Tries the waiting lines together.
    fn look(&mut self) -> io::Result<()> {
        let text = self.waiting.join("\n");
        match first(&text) {
            Reading::Whole(question, taken) => {
                self.waiting.clear();
                self.whole(question, text.get(taken..).unwrap_or_default())
            }
            Reading::Partial(_) => {
                self.check_at = self.waiting.len().saturating_mul(2);
                Ok(())
            }
            Reading::Broken(error) => self.broken(&error),
        }
    }

    /// The waiting lines can never become an object. The first line after them
    /// that is an object by itself begins anew; without one the rest of the
    /// broken object is skipped.
    fn broken(&mut self, error: &CalcError) -> io::Result<()> {
        let lines = std::mem::take(&mut self.waiting);
        self.fail(error)?;
        let next = lines.iter().skip(1).position(|line| stands_alone(line));
        match next {
            Some(index) => lines
                .iter()
                .skip(index + 1)
                .try_for_each(|line| self.line(line)),
            None => {
                let open: i64 = lines.iter().map(|line| depth(line)).sum();
                self.skipping = (open > 0).then_some(open);
                Ok(())
            }
        }
    }

    /// The end of the input.
    fn finish(&mut self) -> io::Result<()> {
        self.skipping = None;
        while !self.waiting.is_empty() {
            let text = self.waiting.join("\n");
            match first(&text) {
                Reading::Whole(question, taken) => {
                    self.waiting.clear();
                    self.whole(question, text.get(taken..).unwrap_or_default())?;
                }
                Reading::Partial(error) => {
                    self.waiting.clear();
                    self.fail(&error)?;
                }
                Reading::Broken(error) => self.broken(&error)?,
            }
            self.skipping = None;
        }
        Ok(())
    }

    fn fail(&mut self, error: &CalcError) -> io::Result<()> {
        self.answer(Err(error.clone()))
    }

    /// Questions are answered many at a time, on all cores.
    fn answer(&mut self, question: Result<Value, CalcError>) -> io::Result<()> {
        self.batch.push(question);
        if self.batch.len() >= BATCH {
            self.work()
        } else {
            Ok(())
        }
    }

    /// Answers the batch and writes the answers in order.
    fn work(&mut self) -> io::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        let (calculator, env, options) = (self.calculator, self.env, self.options);
        let answer =
            |questions: Vec<Result<Value, CalcError>>| answers(calculator, env, options, questions);
        if self.threads < 2 || batch.len() < 2 * self.threads {
            let (bytes, failed) = answer(batch)?;
            self.failed |= failed;
            return self.output.write_all(&bytes);
        }
        let size = batch.len().div_ceil(self.threads);
        let mut batch = batch.into_iter();
        let parts: Vec<Vec<_>> = (0..self.threads)
            .map(|_| batch.by_ref().take(size).collect())
            .collect();
        let done: Vec<io::Result<Written>> = std::thread::scope(|scope| {
            let work: Vec<_> = parts
                .into_iter()
                .map(|part| scope.spawn(move || answer(part)))
                .collect();
            work.into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_| Err(io::Error::other("a calculation broke off")))
                })
                .collect()
        });
        for part in done {
            let (bytes, failed) = part?;
            self.failed |= failed;
            self.output.write_all(&bytes)?;
        }
        Ok(())
    }
}

/// Answers as they are written, and whether one of them is an error.
type Written = (Vec<u8>, bool);

fn answers(
    calculator: &Calculator,
    env: &Env,
    options: Options,
    questions: Vec<Result<Value, CalcError>>,
) -> io::Result<Written> {
    let (mut bytes, mut failed) = (Vec::new(), false);
    for question in questions {
        let answer = match question.and_then(|question| (calculator.run)(question, env)) {
            Ok(answer) => localise(answer, options.lang),
            Err(error) => {
                failed = true;
                error_value(&error, options.lang)
            }
        };
        if options.explain {
            writeln!(bytes, "{}", explain(&answer, options.lang))?;
        } else {
            serde_json::to_writer(&mut bytes, &answer)?;
            bytes.push(b'\n');
        }
    }
    Ok((bytes, failed))
}
