//! Reads ledgers and prints what was found: `import PATH…`.

use std::process::ExitCode;

use dukou_intake::{Nothing, Options, read};
use dukou_kernel::{Date, Lang};

fn main() -> ExitCode {
    let files: Vec<(String, Vec<u8>)> = std::env::args()
        .skip(1)
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .collect();
    let borrowed: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(n, b)| (n.as_str(), b.as_slice()))
        .collect();
    let options = Options {
        today: Date::constant(2026, 1, 1),
        mappings: &[],
        known: &Nothing,
    };
    match read(&borrowed, &options, &mut |_, _| {}) {
        Ok(batch) => {
            for sheet in &batch.sheets {
                for column in sheet.mapping.iter().flat_map(|m| &m.columns) {
                    eprintln!(
                        "{} {:?} {:?} {:?}",
                        sheet.sheet, column.header, column.field, column.unit
                    );
                }
            }
            println!("{:#}", batch.to_json(true, Lang::Zh));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
