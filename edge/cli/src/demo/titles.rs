//! Titles, novelties, companies: written for the demo.

const SUBJECTS: &[(&str, &str)] = &[
    ("高镍正极材料", "残锂气固原位转化包覆"),
    ("聚酰亚胺气凝胶薄膜", "单次置换常压干燥"),
    ("低温烟气脱硝催化剂", "抗硫再生"),
    ("窄线宽光纤激光器", "温漂补偿"),
    ("玉米茎基腐病", "田间快速检测试纸"),
    ("分布式光纤", "桥索断丝监测"),
    ("益生菌", "冻干微囊化"),
    ("水下机器人", "矢量推进密封"),
    ("低剂量CT", "肺结节良恶性判别"),
    ("柔性热电薄膜", "卷对卷制备"),
    ("隧道渗漏水", "高光谱识别"),
    ("可降解镁合金接骨螺钉", "降解速率调控"),
    ("碳化硅晶片", "无损减薄"),
    ("盐碱地水稻", "耐盐基因聚合育种"),
    ("工业废水", "短程硝化脱氮"),
    ("磷石膏", "低碳胶凝固化"),
    ("锂硫电池隔膜", "多硫化物阻隔"),
    ("桥梁支座", "自感知减震"),
    ("食用菌菌渣", "有机肥快速腐熟"),
    ("超高性能混凝土", "常温养护"),
];
const FORMS: &[&str] = &["方法", "装置", "工艺", "系统", "材料及其制备方法", "设备"];
const EFFECTS: &[&str] = &["节能型", "便携式", "在线", "高稳定", "低成本", "一体化"];

/// The title of the n-th result; no two are the same.
pub fn title(n: usize) -> String {
    let (subject, what) = SUBJECTS
        .get(n % SUBJECTS.len())
        .copied()
        .unwrap_or(("成果", "制备"));
    let form = FORMS
        .get(n / SUBJECTS.len() % FORMS.len())
        .copied()
        .unwrap_or("方法");
    let round = n / (SUBJECTS.len() * FORMS.len());
    let effect = match round {
        0 => "",
        more => EFFECTS
            .get((more - 1) % EFFECTS.len())
            .copied()
            .unwrap_or(""),
    };
    format!("{effect}{subject}{what}{form}")
}

/// What is new, in one sentence with numbers.
pub fn novelty(n: usize) -> String {
    let times = 2 + n % 5;
    let cut = 15 + n * 7 % 50;
    format!(
        "把关键工序由{}步减到{}步，能耗降低{cut}%，在中试条件下连续运行{}小时性能不衰减；据我们所知，此前没有同时做到。",
        times + 2,
        times,
        500 + n * 37 % 1500
    )
}

/// The nearest known work.
pub fn nearest(n: usize) -> String {
    let (subject, what) = SUBJECTS
        .get((n + 3) % SUBJECTS.len())
        .copied()
        .unwrap_or(("材料", "制备"));
    format!("{subject}的{what}研究进展")
}

const PLACES: &[&str] = &[
    "云泽", "松原", "东岭", "青浦", "江州", "临湖", "石门", "宁川", "白沙", "金渡",
];
const NAMES: &[&str] = &[
    "汀澜", "岚桥", "青垣", "禾屿", "衡度", "远帆", "启元", "博川", "立新", "德润", "恒科", "宏途",
];
const FIELDS: &[&str] = &[
    "新能源科技",
    "环境工程",
    "光电",
    "生物",
    "新材料",
    "智能装备",
    "农业发展",
    "医疗器械",
];

/// The name of the n-th company; invented.
pub fn company(n: usize) -> String {
    let place = PLACES.get(n % PLACES.len()).copied().unwrap_or("云泽");
    let name = NAMES.get(n * 5 % NAMES.len()).copied().unwrap_or("汀澜");
    let field = FIELDS.get(n * 3 % FIELDS.len()).copied().unwrap_or("科技");
    format!("{place}{name}{field}有限公司")
}

/// A credit code with a right check character.
pub fn credit_code(n: usize) -> String {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!(
        "9133{:04}MA{:07}",
        100 + n % 800,
        1_000_000 + n * 7919 % 8_000_000
    );
    ALPHABET
        .chars()
        .map(|last| format!("{body}{last}"))
        .find(|code| dukou_chain::matching::uscc_is_valid(code))
        .unwrap_or(body)
}

/// A small PDF with one line, as evidence of the demo.
pub fn paper(title: &str) -> Vec<u8> {
    let ascii: String = title.chars().filter(char::is_ascii).collect();
    let stream = format!("BT /F1 18 Tf 72 760 Td (Dukou demo: {ascii}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = pdf.len();
    pdf.push_str("xref\n0 6\n0000000000 65535 f \n");
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    pdf.push_str(&format!(
        "trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    pdf.into_bytes()
}
