//! 存储故障 — what is the matter with the place where the data lies, and what to do.
//!
//! A fault of the machine never loses what was acknowledged: a group of commands
//! is committed whole or not at all, and only then answered. This names the kinds
//! that an operator can mend, so that log, command line and pages say the same.

use std::io::ErrorKind;

use dukou_kernel::{Text, text};
use rusqlite::ErrorCode;

use crate::db::Engine;

/// What the system says when a disk fails; it has no kind of its own.
const EIO: i32 = 5;

/// What is the matter with the place where the data lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 磁盘已满
    Full,
    /// 只读
    ReadOnly,
    /// 读写失败
    Failing,
    /// 文件损坏
    Damaged,
    /// 数据库连不上
    Unreachable,
    /// 提交时没有得到答复
    Uncertain,
}

impl Trouble {
    /// What it is and what to do.
    pub fn text(self) -> Text {
        match self {
            Self::Full => text!(
                "服务器的磁盘已满。腾出空间后即可继续，不必重启。",
                "The server's disk is full. Make room; it goes on without a restart."
            ),
            Self::ReadOnly => text!(
                "数据目录或数据库只读，写不进去。恢复写权限后即可继续。",
                "The data folder or the database is read-only. Make it writable to go on."
            ),
            Self::Failing => text!(
                "磁盘读写失败：可能是空间或文件大小受限，也可能是磁盘故障。查看系统日志。",
                "The disk fails to read or write: a limit on space or file size, or the disk itself. See the system's log."
            ),
            Self::Damaged => text!(
                "数据库文件损坏，没有改动任何内容。原样留存该目录，从备份恢复。",
                "The database file is damaged; nothing was changed. Keep the folder as it is and restore a backup."
            ),
            Self::Unreachable => text!(
                "连不上数据库。数据库恢复后会自动重新连接。",
                "The database cannot be reached. The connection is made anew by itself once it is back."
            ),
            Self::Uncertain => text!(
                "保存的那一刻连接断了或磁盘出错，不能确定是否已保存。稍候原样再提交一次：已保存的不会重复。",
                "The connection broke or the disk failed while saving, so it is not known whether this was kept. Send the same again in a moment: what was kept is not done twice."
            ),
        }
    }

    /// True when whatever is written next will fail too, until somebody mends it. What
    /// is damaged or out of reach is found by looking.
    pub(crate) fn lasts(self, engine: Engine) -> bool {
        match self {
            Self::Full | Self::ReadOnly | Self::Failing => true,
            // The disk that did not sync; on PostgreSQL a connection that is made anew.
            Self::Uncertain => engine == Engine::Sqlite,
            Self::Damaged | Self::Unreachable => false,
        }
    }

    /// In one word, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Failing => "failing",
            Self::Damaged => "damaged",
            Self::Unreachable => "unreachable",
            Self::Uncertain => "uncertain",
        }
    }

    /// Both languages on one line, for logs and the command line.
    pub(crate) fn line(self) -> String {
        let text = self.text();
        format!("{} · {}", text.zh, text.en)
    }

    pub(crate) fn of_sqlite(error: &rusqlite::Error) -> Option<Self> {
        let code = match error {
            rusqlite::Error::SqliteFailure(it, _)
            | rusqlite::Error::SqlInputError { error: it, .. } => it,
            _ => return None,
        };
        match code.code {
            ErrorCode::DiskFull => Some(Self::Full),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Some(Self::ReadOnly),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Damaged),
            // A file that ends too early.
            ErrorCode::SystemIoFailure
                if code.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ =>
            {
                Some(Self::Damaged)
            }
            ErrorCode::SystemIoFailure => Some(Self::Failing),
            _ => None,
        }
    }

    pub(crate) fn of_io(error: &std::io::Error) -> Option<Self> {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Self::Full),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Some(Self::ReadOnly),
            ErrorKind::FileTooLarge => Some(Self::Failing),
            _ => (error.raw_os_error() == Some(EIO)).then_some(Self::Failing),
        }
    }

    pub(crate) fn of_postgres(error: &tokio_postgres::Error) -> Option<Self> {
        let Some(code) = error.code() else {
            let lost = error.is_closed()
                || std::error::Error::source(error)
                    .is_some_and(|it| it.downcast_ref::<std::io::Error>().is_some());
            return lost.then_some(Self::Unreachable);
        };
        match code.code() {
            "53100" => Some(Self::Full),
            "25006" => Some(Self::ReadOnly),
            "XX001" | "XX002" => Some(Self::Damaged),
            "53300" => Some(Self::Unreachable),
            other if other.starts_with("08") || other.starts_with("57P") => Some(Self::Unreachable),
            _ => None,
        }
    }
}
