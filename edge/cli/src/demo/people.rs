//! The people of the demo: invented names, real roles.

use dukou_chain::people::{PersonKind, Post, Role, Tenure};
use dukou_kernel::{Date, InstitutionId, PersonId, UnitId};
use dukou_store::{Store, Value};
use dukou_web::accounts::{self, NewPerson};

use super::{Offered, text};

/// Somebody of the office, with a sign-in name.
pub struct Officer {
    /// The person.
    pub person: NewPerson,
    /// Sign-in name.
    pub login: &'static str,
}

const OFFICERS: &[(&str, &str, Role, &str)] = &[
    ("shen", "沈知夏", Role::Manager, "技术转移中心"),
    ("qin", "秦若川", Role::Manager, "技术转移中心"),
    ("he", "贺明川", Role::OfficeHead, "技术转移中心"),
    ("zhou", "周怀瑾", Role::Approver, "校长办公室"),
    ("fang", "方慕云", Role::Finance, "财务处"),
    ("lu", "陆清和", Role::Inventor, "材料学院"),
    ("wen", "温书白", Role::Inventor, "环境学院"),
    ("han", "韩叙", Role::Auditor, "审计处"),
    ("sysadmin", "罗启明", Role::SystemAdmin, "信息中心"),
    ("secadmin", "戴安宁", Role::SecurityAdmin, "信息中心"),
    ("audadmin", "祝青岚", Role::AuditAdmin, "信息中心"),
];

/// Colleges and offices: Chinese, English.
pub const UNITS: &[(&str, &str)] = &[
    ("材料学院", "School of Materials"),
    ("环境学院", "School of Environment"),
    ("机械工程学院", "School of Mechanical Engineering"),
    ("电子信息学院", "School of Electronics and Information"),
    (
        "化学化工学院",
        "School of Chemistry and Chemical Engineering",
    ),
    ("生命科学学院", "School of Life Sciences"),
    ("农学院", "College of Agriculture"),
    ("医学院", "School of Medicine"),
    ("土木工程学院", "School of Civil Engineering"),
    ("计算机学院", "School of Computer Science"),
    ("技术转移中心", "Technology Transfer Office"),
    ("校长办公室", "President's Office"),
    ("财务处", "Finance Office"),
    ("审计处", "Audit Office"),
    ("信息中心", "Information Centre"),
];

const SURNAMES: &str = "陆陈唐许江宋白何邵梁温顾叶林苏程沈曹袁邓彭吕卢蒋贾丁薛余潘杜戴夏钟汪田任姜范石姚谭廖邹熊金郝孔崔康毛邱秦史";
const GIVEN: &[&str] = &[
    "砚秋", "一苇", "嘉言", "予安", "露白", "若谷", "一帆", "小满", "知远", "思齐", "文澜", "景行",
    "清越", "明远", "子衿", "承泽", "静姝", "怀远", "云舒", "望舒", "亦凡", "书瑶", "建国", "志强",
    "海涛", "雅琴", "晓彤", "俊杰", "宏图", "丽华", "天佑", "雨桐", "梓涵", "浩然", "婉清", "伯安",
    "仲平", "季同", "长风", "南星",
];
const TITLES: &[&str] = &[
    "教授",
    "副教授",
    "研究员",
    "高级工程师",
    "讲师",
    "博士后",
    "工程师",
];

fn unit(units: &[(UnitId, &'static str)], name: &str) -> Option<UnitId> {
    units
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(id, _)| *id)
}

fn tenure(post: Post, title: &str, from: Date) -> Tenure {
    Tenure {
        post,
        title: title.to_owned(),
        from,
        to: None,
    }
}

/// The office's people.
pub fn officers(units: &[(UnitId, &'static str)], from: Date) -> Vec<Officer> {
    OFFICERS
        .iter()
        .enumerate()
        .map(|(place, (login, name, role, at))| {
            let posts = match *login {
                "lu" => vec![tenure(Post::HeadOfBody, "教授，副院长", from)],
                "wen" => vec![tenure(Post::None, "高级工程师", from)],
                "zhou" => vec![tenure(Post::Deputy, "副校长", from)],
                _ => Vec::new(),
            };
            Officer {
                person: NewPerson {
                    id: PersonId(uuid::Uuid::now_v7()),
                    name: (*name).to_owned(),
                    staff_no: format!("{}", 2005001 + place),
                    kind: PersonKind::Staff,
                    unit: unit(units, at),
                    posts,
                    roles: vec![*role],
                },
                login,
            }
        })
        .collect()
}

/// Researchers without an account: staff, students, people outside, one who
/// left, one who died.
pub fn researchers(units: &[(UnitId, &'static str)], count: usize, from: Date) -> Vec<NewPerson> {
    let colleges: Vec<UnitId> = units.iter().take(10).map(|(id, _)| *id).collect();
    let surnames: Vec<char> = SURNAMES.chars().collect();
    (0..count)
        .map(|n| {
            let surname = surnames
                .get(n * 7 % surnames.len().max(1))
                .copied()
                .unwrap_or('陈');
            let given = GIVEN
                .get((n * 11 + n / 40) % GIVEN.len())
                .copied()
                .unwrap_or("一帆");
            let kind = match n % 23 {
                5 | 11 => PersonKind::Student,
                17 => PersonKind::Outside,
                20 => PersonKind::Left,
                _ => PersonKind::Staff,
            };
            let title = TITLES.get(n % TITLES.len()).copied().unwrap_or("教授");
            let post = if n % 29 == 3 {
                Post::HeadOfBody
            } else {
                Post::None
            };
            NewPerson {
                id: PersonId(uuid::Uuid::now_v7()),
                name: format!("{surname}{given}"),
                staff_no: if kind == PersonKind::Outside {
                    String::new()
                } else {
                    format!("{}", 2010001 + n)
                },
                kind,
                unit: colleges.get(n % colleges.len().max(1)).copied(),
                posts: vec![tenure(post, title, from)],
                roles: if kind == PersonKind::Staff {
                    vec![Role::Inventor]
                } else {
                    Vec::new()
                },
            }
        })
        .collect()
}

/// Accounts for the office's people.
pub fn open_accounts(
    store: &Store,
    institution: InstitutionId,
    password: &str,
) -> Result<(), String> {
    for (login, name, role, _) in OFFICERS {
        let row = store
            .read(|db| {
                db.row(
                    "SELECT subject FROM sealed WHERE institution = $1 AND field = 'name' AND text = $2",
                    &[institution.to_string().into(), Value::from(*name)],
                )
            })
            .map_err(text)?;
        let person = row.and_then(|row| row.text(0).parse().ok());
        let person: PersonId = person.ok_or_else(|| format!("{name} was not registered"))?;
        accounts::open(
            store,
            institution,
            person,
            (login, password),
            role.needs_second_factor(),
        )
        .map_err(text)?;
    }
    Ok(())
}

/// Who can be signed in as with one click.
pub fn offered(store: &Store) -> Result<Offered, String> {
    let rows = store
        .read(|db| {
            db.rows(
                "SELECT a.institution, a.person, a.login, s.text FROM account a JOIN sealed s ON s.institution = a.institution AND s.subject = a.person AND s.field = 'name' WHERE a.disabled = 0",
                &[],
            )
        })
        .map_err(text)?;
    let mut offered = Vec::new();
    for (login, _, role, _) in OFFICERS {
        let Some(row) = rows.iter().find(|row| row.text(2) == *login) else {
            continue;
        };
        let (Ok(institution), Ok(person)) = (row.text(0).parse(), row.text(1).parse()) else {
            continue;
        };
        let label = role.label();
        offered.push(dukou_web::DemoPerson {
            institution,
            person,
            login: (*login).to_owned(),
            role_zh: label.zh,
            role_en: label.en,
            name: row.text(3).to_owned(),
        });
    }
    Ok(offered)
}
