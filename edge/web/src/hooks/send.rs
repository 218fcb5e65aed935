//! One delivery: where it may go, how it is signed, what counts as taken.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use dukou_kernel::{Finding, text};
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use sha2::Sha256;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hosts and networks inside the school that hooks may reach besides the open
/// internet: `oa.example.edu.cn, 10.8.0.0/16`.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    hosts: Vec<String>,
    nets: Vec<IpNet>,
}

impl Inside {
    /// Reads a list with commas; hosts, addresses, networks.
    pub fn parse(list: &str) -> Self {
        let mut inside = Self::default();
        for word in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            match (word.parse::<IpNet>(), word.parse::<IpAddr>()) {
                (Ok(net), _) => inside.nets.push(net),
                (_, Ok(address)) => inside.nets.push(address.into()),
                _ => inside.hosts.push(word.to_lowercase()),
            }
        }
        inside
    }

    fn names(&self, host: &str) -> bool {
        self.hosts.iter().any(|it| it.eq_ignore_ascii_case(host))
    }

    fn allows(&self, host: &str, address: IpAddr) -> bool {
        let plain = match address {
            IpAddr::V6(it) => it.to_ipv4_mapped().map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        open(plain) || self.names(host) || self.nets.iter().any(|net| net.contains(&plain))
    }
}

/// True for an address of the open internet.
fn open(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let [a, b, ..] = it.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (18..20).contains(&b);
            !(it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_broadcast()
                || it.is_documentation()
                || it.is_multicast()
                || a == 0
                || a >= 240
                || shared
                || benchmark)
        }
        IpAddr::V6(it) => it.segments()[0] & 0xe000 == 0x2000,
    }
}

/// Finds addresses as the system does, and keeps those that hooks may reach. What
/// was checked is what is connected to.
#[derive(Debug)]
struct Careful {
    inside: Inside,
    system: DefaultResolver,
}

impl Resolver for Careful {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        let mut kept = self.empty();
        for address in self.system.resolve(uri, config, timeout)?.iter() {
            if self.inside.allows(host, address.ip()) {
                kept.push(*address);
            }
        }
        if kept.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(kept)
    }
}

/// Why a delivery was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untaken {
    /// No answer, or the receiver is in trouble itself: 5xx, 408, 425, 429.
    Away(String),
    /// The receiver does not want it.
    Refused(String),
}

impl fmt::Display for Untaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

/// Sends deliveries.
pub struct Sender {
    agent: ureq::Agent,
    inside: Inside,
}

impl Sender {
    /// A sender that reaches the open internet and what is listed as inside.
    pub fn new(inside: Inside) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .tls_config(tls)
            .build();
        let resolver = Careful {
            inside: inside.clone(),
            system: DefaultResolver::default(),
        };
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, inside }
    }

    /// Checks an address as somebody types it.
    ///
    /// # Errors
    /// A finding at `url`: not an address, a password in it, or plain http to a
    /// host that is not listed as inside.
    pub fn check(&self, url: &str) -> Result<(), Finding> {
        let refused = |zh_en: dukou_kernel::Text| Finding::refused("hook.url", zh_en).at("url");
        let uri: Option<Uri> = url.parse().ok();
        let parts = uri.as_ref().and_then(|it| {
            let host = it.host().filter(|host| !host.is_empty())?;
            Some((it.scheme_str()?, host, it.authority()?.as_str()))
        });
        let Some((scheme, host, authority)) = parts.filter(|_| url.len() <= 500) else {
            return Err(refused(text!(
                "填完整的地址，如 https://oa.example.edu.cn/dukou。",
                "Give a whole address such as https://oa.example.edu.cn/dukou."
            )));
        };
        if authority.contains('@') {
            return Err(refused(text!(
                "地址里不能写用户名和密码；推送已有签名。",
                "No name or password in the address; deliveries are signed."
            )));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let literal = bare.parse::<IpAddr>().ok();
        let reached = literal.is_none_or(|it| self.inside.allows(host, it));
        let listed =
            self.inside.names(host) || literal.is_some_and(|it| self.inside.allows(host, it));
        if !(reached && (scheme == "https" || scheme == "http" && listed)) {
            return Err(refused(text!(
                "只推送到 https 地址。校内的主机要由系统管理员写进 hook_hosts 设置，写进的主机也可用 http。",
                "Deliveries go to https addresses. Hosts inside the school are listed by the system administrator in the setting hook_hosts; listed hosts may also use http."
            )));
        }
        Ok(())
    }

    /// Posts a body. Redirects are not followed.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn post(
        &self,
        url: &str,
        (secret, delivery, at_ms): (&str, &str, i64),
        body: &str,
    ) -> Result<(), Untaken> {
        let sent = self
            .agent
            .post(url)
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", concat!("Dukou/", env!("CARGO_PKG_VERSION")))
            .header("dukou-delivery", delivery)
            .header("dukou-signature", signature(secret, at_ms / 1000, body))
            .send(body);
        let status = match sent {
            Ok(reply) => reply.status().as_u16(),
            Err(error) => return Err(Untaken::Away(error.to_string())),
        };
        match status {
            200..=299 => Ok(()),
            408 | 425 | 429 | 500.. => Err(Untaken::Away(format!("HTTP {status}"))),
            _ => Err(Untaken::Refused(format!("HTTP {status}"))),
        }
    }
}

/// `t=1795476448,v1=…`: HMAC-SHA-256 with the hook's secret over the second, a
/// point, and the body.
pub fn signature(secret: &str, second: i64, body: &str) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(format!("{second}.").as_bytes());
        mac.update(body.as_bytes());
        crate::session::hex(&mac.finalize().into_bytes())
    });
    format!("t={second},v1={}", mac.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_open_internet_and_what_is_listed_is_reached() {
        let inside = Inside::parse("oa.example.edu.cn, 10.8.0.0/16 ,192.168.1.7,fd00:8::/32");
        let allows = |host: &str, ip: &str| inside.allows(host, ip.parse().unwrap());
        for ip in [
            "127.0.0.1",
            "10.9.0.1",
            "192.168.1.8",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fd00:9::1",
            "::ffff:127.0.0.1",
            "::",
        ] {
            assert!(!allows("x", ip), "{ip}");
        }
        for ip in [
            "8.8.8.8",
            "10.8.3.4",
            "192.168.1.7",
            "2400:3200::1",
            "fd00:8::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(allows("x", ip), "{ip}");
        }
        assert!(allows("OA.example.edu.cn", "127.0.0.1"));
    }

    #[test]
    fn an_address_is_https_or_listed() {
        let sender = Sender::new(Inside::parse("oa.example.edu.cn,10.8.0.0/16"));
        for good in [
            "https://hooks.example.com/dukou?x=1",
            "http://oa.example.edu.cn:8080/in",
            "http://10.8.1.1/in",
            "https://10.8.1.1/in",
        ] {
            assert!(sender.check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hooks",
            "/in",
            "ftp://hooks.example.com/",
            "http://hooks.example.com/",
            "https://user:pw@hooks.example.com/",
            "https://10.9.1.1/",
            "https://[::1]/",
            "http://169.254.169.254/latest",
            "javascript:alert(1)",
            "https://",
        ] {
            assert!(sender.check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_signature_is_the_documented_one() {
        // openssl: printf '1795476448.{"ping":true}' | openssl dgst -sha256 -hmac secret
        let doc = include_str!("../../../../docs/webhooks.md");
        assert!(doc.contains(&signature("secret", 1_795_476_448, "{\"ping\":true}")));
    }
}
