//! What the codes of the law files are called: kinds, ways and words of check-lists,
//! and the subjects by which ids are grouped. A code without a name is shown as it is.

use dukou_kernel::Text;

/// Code, Chinese, English.
const CODES: &[(&str, &str, &str)] = &[
    ("transfer", "转让", "assignment"),
    ("license", "许可", "licence"),
    ("licence", "许可", "licence"),
    ("exclusive_license", "独占许可", "exclusive licence"),
    ("exclusive", "独占许可", "exclusive licence"),
    ("non_exclusive", "非独占许可", "non-exclusive licence"),
    ("equity", "作价投资", "equity investment"),
    ("abroad", "境外受让方、被许可方", "recipient abroad"),
    ("free", "自由出口技术", "freely exportable technology"),
    ("restricted", "限制出口技术", "restricted technology"),
    ("forbidden", "禁止出口技术", "forbidden technology"),
    ("listing", "挂牌交易", "listing"),
    ("auction", "拍卖", "auction"),
    (
        "agreed_published_unit",
        "协议定价，在本单位公示",
        "agreed price, published in the unit",
    ),
    (
        "agreed_published_both",
        "协议定价，在本单位和技术交易市场公示",
        "agreed price, published in the unit and on a market",
    ),
    ("agreed", "协议定价", "agreed price"),
    ("patent", "专利", "patent"),
    ("invention", "发明专利", "invention patent"),
    ("utility_model", "实用新型专利", "utility model"),
    ("design", "外观设计专利", "design patent"),
    ("defence_patent", "国防专利", "defence patent"),
    ("software", "计算机软件著作权", "software copyright"),
    ("layout", "集成电路布图设计专有权", "layout design"),
    ("plant_variety", "植物新品种权", "plant variety"),
    ("biomedical_variety", "生物医药新品种", "biomedical variety"),
    (
        "determined",
        "主管部门确定的其他技术",
        "others determined by the departments",
    ),
    (
        "dispatch_plus_15",
        "发文日起满15日",
        "fifteen days after dispatch",
    ),
    ("full_annuity", "全额年费", "the full annuity"),
    (
        "document_enters_system",
        "文件进入专利电子申请系统之日",
        "the day the document enters the system",
    ),
    ("required", "须评估", "appraisal required"),
    ("exempt", "可以不评估", "no appraisal needed"),
    ("unit_decides", "由单位自主决定", "the unit decides"),
    (
        "design_not_simple",
        "非简单改变产品图案的外观设计",
        "designs beyond a change of pattern",
    ),
];

/// Name of a cell and its word, as one phrase.
const CELLS: &[(&str, &str, &str, &str)] = &[
    ("head", "yes", "属正职", "counts as head of the unit"),
    (
        "head",
        "no",
        "不属正职",
        "does not count as head of the unit",
    ),
    ("cash", "allowed", "可以获现金奖励", "cash reward allowed"),
    ("cash", "refused", "不得获现金奖励", "no cash reward"),
    ("equity", "allowed", "可以获股权奖励", "equity allowed"),
    ("equity", "refused", "不得获股权奖励", "no equity"),
    ("publish", "yes", "须公示", "must be published"),
    ("publish", "no", "不要求公示", "need not be published"),
    ("deductible", "yes", "可以扣除", "deductible"),
    ("deductible", "no", "不得扣除", "not deductible"),
    (
        "deductible",
        "school",
        "由学校规定",
        "as the school's rules say",
    ),
];

/// First part of an id, and what it is about: first what every case meets.
const SUBJECTS: &[(&str, &str, &str)] = &[
    ("price", "定价与公示", "Price and publicity"),
    ("publicity", "定价与公示", "Price and publicity"),
    ("notice", "定价与公示", "Price and publicity"),
    ("reward", "奖酬", "Rewards"),
    ("cost", "奖酬", "Rewards"),
    ("inventor_cost", "奖酬", "Rewards"),
    ("leader", "领导人员", "Leaders"),
    ("pit", "税", "Taxes"),
    ("cit", "税", "Taxes"),
    ("vat", "税", "Taxes"),
    ("stamp", "税", "Taxes"),
    ("tax", "税", "Taxes"),
    ("contract", "合同与出境", "Contract and border"),
    ("export", "合同与出境", "Contract and border"),
    ("equity", "合同与出境", "Contract and border"),
    ("exemption", "尽职免责", "Exemption from liability"),
    ("appraisal", "评估", "Appraisal"),
    ("trl", "评估", "Appraisal"),
    ("vesting", "赋权", "Vesting"),
    ("fuquan", "赋权", "Vesting"),
    ("default", "默认值", "Defaults"),
    ("report", "机构与记录", "Office and records"),
    ("tto", "机构与记录", "Office and records"),
    ("office", "机构与记录", "Office and records"),
    ("log", "机构与记录", "Office and records"),
    ("pia", "机构与记录", "Office and records"),
    ("patent", "专利期限", "Patent deadlines"),
    ("annuity", "专利期限", "Patent deadlines"),
    ("delivery", "专利期限", "Patent deadlines"),
    ("openlicense", "专利期限", "Patent deadlines"),
];

/// What a code of a kind or a way is called; the code itself where it has no name.
pub fn code_words(code: &str) -> Text {
    let found = CODES.iter().find(|it| it.0 == code);
    found.map_or_else(|| Text::new(code, code), |it| Text::new(it.1, it.2))
}

/// A cell of a row as a phrase; `name = word` where it has none.
pub fn cell_words(name: &str, word: &str) -> Text {
    let found = CELLS.iter().find(|it| it.0 == name && it.1 == word);
    found.map_or_else(
        || Text::new(format!("{name} = {word}"), format!("{name} = {word}")),
        |it| Text::new(it.2, it.3),
    )
}

/// What a parameter or check-list is about, and the place of that subject among all;
/// others come last.
pub fn subject(id: &str) -> (usize, Text) {
    let first = id.split('.').next().unwrap_or_default();
    let found = SUBJECTS.iter().position(|it| it.0 == first);
    let Some(it) = found.and_then(|place| SUBJECTS.get(place)) else {
        return (SUBJECTS.len(), Text::new("其他", "Others"));
    };
    let place = SUBJECTS.iter().position(|other| other.1 == it.1);
    (place.unwrap_or_default(), Text::new(it.1, it.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rulebook;

    #[test]
    fn every_code_that_the_program_carries_has_a_name() {
        let book = Rulebook::builtin();
        for row in book.checklists().flat_map(|it| &it.rows) {
            for code in row.modes.iter().chain(&row.kinds) {
                assert_ne!(&code_words(code).zh, code, "{}", row.origin);
            }
            for (name, word) in &row.cells {
                assert!(!cell_words(name, word).zh.contains('='), "{}", row.origin);
            }
        }
        for it in book.parameters().flat_map(|it| &it.values) {
            if let crate::Value::Text(code) = &it.value {
                // Words are words already.
                let named = !code.is_ascii() || &code_words(code).zh != code;
                assert!(named, "{}: {code}", it.origin);
            }
        }
        let ids = book.parameters().map(|it| &it.id);
        for id in ids.chain(book.checklists().map(|it| &it.id)) {
            assert!(subject(id).0 < SUBJECTS.len(), "{id} has no subject");
        }
    }

    #[test]
    fn what_has_no_name_is_shown_as_it_is() {
        assert_eq!(code_words("new_kind").zh, "new_kind");
        assert_eq!(cell_words("a", "b").en, "a = b");
        assert_eq!(subject("new.rule").1.zh, "其他");
    }
}
