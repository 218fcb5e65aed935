//! Measures one import of a hundred thousand rows: `speed [rows]`.

use std::time::Instant;

use dukou_intake::{Nothing, Options, fix_list_xlsx, read};
use dukou_kernel::{Date, Lang};
use rust_xlsxwriter::{Workbook, XlsxError};

fn main() -> Result<(), XlsxError> {
    let rows: u32 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let heads = [
        "序号",
        "成果名称",
        "专利号",
        "完成人",
        "比例",
        "学院",
        "申请日",
        "授权日",
    ];
    for (column, head) in (0u16..).zip(heads) {
        sheet.write(0, column, head)?;
    }
    for row in 1..=rows {
        sheet.write(row, 0, row)?;
        sheet.write(row, 1, format!("一种用于第{row}号泵站的控制方法及装置"))?;
        sheet.write(row, 2, format!("CN{}A", 100_000_000 + row))?;
        sheet.write(row, 3, "张三、李四；王五")?;
        sheet.write(
            row,
            4,
            if row % 50 == 0 {
                "60%/30%/5%"
            } else {
                "60%/30%/10%"
            },
        )?;
        sheet.write(row, 5, "机械工程学院")?;
        sheet.write(
            row,
            6,
            format!("{}年{}月{}日", 2000 + row % 25, 1 + row % 12, 1 + row % 28),
        )?;
        sheet.write(row, 7, "")?;
    }
    let bytes = book.save_to_buffer()?;
    let files = [("speed.xlsx", bytes.as_slice())];
    let options = Options {
        today: Date::constant(2026, 1, 1),
        mappings: &[],
        known: &Nothing,
    };
    let start = Instant::now();
    let batch = read(&files, &options, &mut |_, _| {});
    let took = start.elapsed();
    if let Ok(batch) = batch {
        println!(
            "{rows} rows, {} bytes: {took:?}, {} accepted, {} findings",
            bytes.len(),
            batch.totals.achievements,
            batch.findings.len()
        );
        let start = Instant::now();
        let size = fix_list_xlsx(&files, &batch, Lang::Zh)
            .map(|b| b.len())
            .unwrap_or(0);
        println!("fix-list of {size} bytes: {:?}", start.elapsed());
    }
    Ok(())
}
