//! What went wrong, in words for people and as problem+json (RFC 9457) for programs.

use axum::http::{StatusCode, header};
use dukou_kernel::Finding;
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Lack};
use crate::page::Answer;
use crate::request::Req;

/// One kind of problem: what `type` names, and how it is told.
pub struct Kind {
    /// As `type` names it: `/api#forbidden`.
    pub code: &'static str,
    /// Its status.
    pub status: StatusCode,
    /// What it is called.
    pub title: (&'static str, &'static str),
    /// What to do, on a page.
    page: (&'static str, &'static str),
    /// What to do, in a program.
    pub call: (&'static str, &'static str),
}

/// Every kind there is.
pub const KINDS: &[Kind] = &[
    Kind {
        code: "sign_in",
        status: StatusCode::UNAUTHORIZED,
        title: ("先登录", "Sign in first"),
        page: (
            "这一页要登录后才能看。",
            "This page needs a signed-in person.",
        ),
        call: (
            "请求头带上有效的令牌：Authorization: Bearer dkt_…。没带、过期、作废的都不算；在浏览器里登录的只能读。",
            "Send a token that is valid: Authorization: Bearer dkt_…. None, an expired one or one taken back does not count; a browser's session only reads.",
        ),
    },
    Kind {
        code: "forbidden",
        status: StatusCode::FORBIDDEN,
        title: ("没有这项权限", "Not allowed"),
        page: (
            "需要时请安全管理员调整权限表；每次调整都会留下记录。",
            "If you need it, ask the security administrator to change the permission table; each change is recorded.",
        ),
        call: (
            "成员 action 是缺的那一项，lacks 说明缺在角色（role）还是令牌范围（scope）。",
            "The member action is what is missing; lacks says whether a role or the token's scope lacks it.",
        ),
    },
    Kind {
        code: "not_found",
        status: StatusCode::NOT_FOUND,
        title: ("没有找到", "Not found"),
        page: (
            "地址不对，或者这件事不在你能看的范围里。",
            "The address is wrong, or it is not yours to see.",
        ),
        call: (
            "地址不对，或者不在调用者能看的范围里。",
            "The address is wrong, or it is not the caller's to see.",
        ),
    },
    Kind {
        code: "gone",
        status: StatusCode::GONE,
        title: ("不在了", "Gone"),
        page: (
            "这一样东西登记过，但现在取不到。",
            "It is on record but cannot be had any more.",
        ),
        call: (
            "这一样东西登记过，但现在取不到；重试没有用。",
            "It is on record but cannot be had any more; trying again is of no use.",
        ),
    },
    Kind {
        code: "bad_request",
        status: StatusCode::BAD_REQUEST,
        title: ("请求读不懂，什么也没做", "Nothing was done"),
        page: ("", ""),
        call: (
            "改正 errors 里说的地方再发。",
            "Mend what errors names and send it again.",
        ),
    },
    Kind {
        code: "refused",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        title: ("现在不能办这一步", "This step cannot be taken now"),
        page: ("", ""),
        call: (
            "法规或规则不允许；errors 写明障碍、条文和最早可办的日子。",
            "Law or rule says no; errors gives the obstacle, the article and the first lawful day.",
        ),
    },
    Kind {
        code: "conflict",
        status: StatusCode::CONFLICT,
        title: ("有人刚改过这个案卷", "Somebody has just changed this"),
        page: (
            "你的修改没有保存；返回可找回填写的内容，重新打开可看到对方的修改。",
            "Your change was not saved: go back to recover what you typed, reload to see theirs.",
        ),
        call: (
            "If-Match 里的版本（expected）已不是现在的版本（actual），什么也没做。重新读取后再发。",
            "The version of If-Match (expected) is not the one that stands (actual); nothing was done. Read it anew and send again.",
        ),
    },
    Kind {
        code: "key.reused",
        status: StatusCode::CONFLICT,
        title: ("这个键用过了", "The key was used already"),
        page: (
            "这个表单已经提交过别的内容。请重新打开页面再填。",
            "This form was already submitted with other content. Open the page again.",
        ),
        call: (
            "这个 Idempotency-Key 已用于另一次请求（地址、参数、If-Match 和正文须逐字节相同），什么也没做。换一个键。",
            "This Idempotency-Key was used for another call (address, query, If-Match and body must be the same byte for byte); nothing was done. Take a new key.",
        ),
    },
    Kind {
        code: "too_many",
        status: StatusCode::TOO_MANY_REQUESTS,
        title: ("尝试太频繁", "Too many attempts"),
        page: ("过几分钟再试。", "Try again in a few minutes."),
        call: (
            "错误的令牌太多；Retry-After 秒后再试。",
            "Too many wrong tokens; try again after Retry-After seconds.",
        ),
    },
    Kind {
        code: "too_fast",
        status: StatusCode::TOO_MANY_REQUESTS,
        title: ("请求太快", "Too many requests"),
        page: (
            "这一次没有保存任何东西，填写的内容还在上一页。",
            "Nothing was saved this time; what you typed is on the page before.",
        ),
        call: (
            "什么也没做；Retry-After 秒后再发。",
            "Nothing was done; send it again after Retry-After seconds.",
        ),
    },
    Kind {
        code: "too_large",
        status: StatusCode::PAYLOAD_TOO_LARGE,
        title: ("内容太大", "Too large"),
        page: (
            "没有保存任何东西。文件压缩或拆分后再传。",
            "Nothing was saved. Compress the file or split it, then send it again.",
        ),
        call: (
            "没有保存任何东西。文件压缩或拆分后再传。",
            "Nothing was saved. Compress the file or split it, then send it again.",
        ),
    },
    Kind {
        code: "too_slow",
        status: StatusCode::REQUEST_TIMEOUT,
        title: ("没有收全", "The request did not come to its end"),
        page: (
            "网络太慢或中断了，没有保存任何东西。请再试一次。",
            "The network was too slow or broke off, and nothing was saved. Try again.",
        ),
        call: (
            "网络太慢或中断了，没有保存任何东西。请再试一次。",
            "The network was too slow or broke off, and nothing was saved. Try again.",
        ),
    },
    Kind {
        code: "method",
        status: StatusCode::METHOD_NOT_ALLOWED,
        title: ("这个地址不这样用", "This address is not used that way"),
        page: (
            "请求方法不对；响应头 Allow 里写着可用的方法。",
            "The method is wrong; the header Allow says which ones there are.",
        ),
        call: (
            "请求方法不对；响应头 Allow 里写着可用的方法。",
            "The method is wrong; the header Allow says which ones there are.",
        ),
    },
    Kind {
        code: "media",
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        title: ("不收这种内容", "This kind is not taken"),
        page: ("", ""),
        call: (
            "命令等写 JSON，并注明 Content-Type: application/json；附件的种类见 errors。",
            "Send JSON and say so, Content-Type: application/json; for evidence errors names the kinds.",
        ),
    },
    Kind {
        code: "storage",
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: ("现在存不进数据", "Data cannot be stored now"),
        page: ("", ""),
        call: (
            "数据所在的地方出了问题；用同一个键再发不会办两次。",
            "The place where the data lies fails; the same key again does nothing twice.",
        ),
    },
    Kind {
        code: "fault",
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: ("系统出了故障", "The system failed"),
        page: (
            "没有保存任何东西。把下面的编号告诉系统管理员。",
            "Nothing was saved. Tell the system administrator the number below.",
        ),
        call: (
            "把 reference 告诉系统管理员。",
            "Tell the system administrator the reference.",
        ),
    },
];

/// A failure in words.
pub struct Described {
    /// Its status.
    pub status: StatusCode,
    kind: &'static str,
    /// What it is called.
    pub heading: String,
    /// What to do.
    pub lead: String,
    /// What rules say.
    pub findings: Vec<Finding>,
    /// The number under which the log holds it.
    pub reference: String,
    /// Seconds to wait where one may try again later.
    retry: u64,
    /// What a program is told besides.
    members: Map<String, Value>,
}

fn of_kind(req: &Req, code: &'static str) -> Described {
    let kind = KINDS.iter().find(|it| it.code == code);
    let say = |pair: Option<(&str, &str)>| {
        let (zh, en) = pair.unwrap_or_default();
        req.t(zh, en).to_owned()
    };
    Described {
        status: kind.map_or(StatusCode::INTERNAL_SERVER_ERROR, |it| it.status),
        kind: code,
        heading: say(kind.map(|it| it.title)),
        lead: say(kind.map(|it| if req.wants_json { it.call } else { it.page })),
        findings: Vec::new(),
        reference: String::new(),
        retry: 300,
        members: Map::new(),
    }
}

/// A failure in the words of whoever reads the answer.
pub fn describe(req: &Req, failure: Failure) -> Described {
    match failure {
        Failure::SignIn => of_kind(req, "sign_in"),
        Failure::Forbidden(lack) => forbidden(req, lack),
        Failure::NotFound => of_kind(req, "not_found"),
        Failure::KeyReused => of_kind(req, "key.reused"),
        Failure::TooMany => of_kind(req, "too_many"),
        Failure::TooFast(seconds) => {
            let mut it = of_kind(req, "too_fast");
            let wait = (
                format!("{seconds} 秒后再试。"),
                format!("Try again in {seconds} s. "),
            );
            it.lead = format!("{}{}", req.t(&wait.0, &wait.1), it.lead);
            it.retry = seconds;
            it
        }
        Failure::TooLarge => of_kind(req, "too_large"),
        Failure::TooSlow => of_kind(req, "too_slow"),
        Failure::Method => of_kind(req, "method"),
        Failure::Media => of_kind(req, "media"),
        Failure::Conflict { expected, actual } => conflict(req, expected, actual),
        Failure::BadRequest(finding) => found(req, "bad_request", vec![finding]),
        Failure::File(kind, finding) => found(req, kind, vec![finding]),
        Failure::Refused(refusal) => found(req, "refused", refusal.findings),
        Failure::Storage(trouble, why) => {
            let what = trouble.text();
            let nothing = match trouble {
                dukou_store::Trouble::Uncertain => ("", ""),
                _ => ("没有保存任何东西。", "Nothing was saved. "),
            };
            let nothing = req.t(nothing.0, nothing.1);
            let mut it = of_kind(req, "storage");
            it.lead = format!("{nothing}{}", req.t(what.zh.as_ref(), what.en.as_ref()));
            it.reference = reference(&why);
            it
        }
        Failure::Fault(why) => {
            let mut it = of_kind(req, "fault");
            it.reference = reference(&why);
            it
        }
    }
}

fn found(req: &Req, kind: &'static str, findings: Vec<Finding>) -> Described {
    let it = of_kind(req, kind);
    if !req.wants_json {
        return Described {
            lead: String::new(),
            findings,
            ..it
        };
    }
    let said: Vec<&str> = findings.iter().map(|it| it.message.get(req.lang)).collect();
    let said = said.join(req.t("", " "));
    Described {
        lead: if said.is_empty() { it.lead } else { said },
        findings,
        ..it
    }
}

fn forbidden(req: &Req, lack: Lack) -> Described {
    let action = dukou_chain::people::permission::action(&lack.action);
    let named = action.map_or("", |it| req.t(&it.zh, &it.en));
    let code = &lack.action;
    let it = of_kind(req, "forbidden");
    let (zh, en) = if lack.by_token {
        (
            format!("令牌的范围里没有“{named}”（{code}）。"),
            format!("The token's scopes do not hold {code} ({named}). "),
        )
    } else {
        (
            format!("你的角色没有“{named}”（{code}）这项权限。"),
            format!("Your roles lack {code} ({named}). "),
        )
    };
    let said = req.t(&zh, &en).to_owned();
    let mut members = Map::new();
    members.insert("action".to_owned(), json!(lack.action));
    let lacks = if lack.by_token { "scope" } else { "role" };
    members.insert("lacks".to_owned(), json!(lacks));
    Described {
        lead: if req.wants_json {
            said.trim_end().to_owned()
        } else {
            format!("{said}{}", it.lead)
        },
        members,
        ..it
    }
}

fn conflict(req: &Req, expected: i64, actual: i64) -> Described {
    let it = of_kind(req, "conflict");
    let (zh, en) = (
        format!("你打开时是第{expected}版，现在是第{actual}版。"),
        format!("You opened version {expected}; it is version {actual} now. "),
    );
    let mut members = Map::new();
    members.insert("expected".to_owned(), json!(expected));
    members.insert("actual".to_owned(), json!(actual));
    let lead = if req.wants_json {
        it.lead
    } else {
        format!("{}{}", req.t(&zh, &en), it.lead)
    };
    Described {
        lead,
        members,
        ..it
    }
}

/// A number under which the log holds what happened.
fn reference(why: &str) -> String {
    let reference: String = crate::session::token().chars().take(8).collect();
    tracing::error!(%reference, %why, "fault");
    reference
}

/// A finding for a program.
pub fn finding(it: &Finding, req: &Req) -> Value {
    json!({
        "code": it.code, "severity": it.severity, "field": it.field,
        "detail": it.message.get(req.lang),
        "article": it.citation.as_ref().map(|it| it.get(req.lang)),
        "verified": it.citation.as_ref().map(|it| it.verified),
        "earliest": it.earliest,
    })
}

impl Described {
    /// As problem+json.
    pub fn problem(self, req: &Req) -> Answer {
        let errors: Vec<Value> = self.findings.iter().map(|it| finding(it, req)).collect();
        // The first finding says more exactly what the kind says at large.
        let code = match self.findings.first() {
            Some(finding) => finding.code.clone(),
            None => self.kind.to_owned(),
        };
        let mut body = self.members;
        for (name, value) in [
            ("type", json!(format!("/api#{}", self.kind))),
            ("title", json!(self.heading)),
            ("status", json!(self.status.as_u16())),
            ("code", json!(code)),
            ("detail", json!(self.lead)),
            ("errors", json!(errors)),
        ] {
            body.insert(name.to_owned(), value);
        }
        if !self.reference.is_empty() {
            body.insert("reference".to_owned(), json!(self.reference));
        }
        let body = Value::Object(body).to_string();
        let mut answer = Answer {
            status: self.status,
            ..Answer::bytes("application/problem+json", body.into_bytes())
        };
        match self.status {
            StatusCode::UNAUTHORIZED => answer
                .headers
                .push((header::WWW_AUTHENTICATE, "Bearer".to_owned())),
            StatusCode::TOO_MANY_REQUESTS => answer
                .headers
                .push((header::RETRY_AFTER, self.retry.to_string())),
            _ => {}
        }
        answer
    }
}
