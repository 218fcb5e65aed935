//! From where a request comes. A proxy that the settings name is believed when it
//! says for whom it asks; nobody else is, and what cannot be read is nobody's
//! address, never the machine's own.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Headers with which proxies say that they ask for somebody else.
const FORWARDING: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];

/// What stands for an address that a proxy wrote so that nobody can read it. All
/// such callers share one limit.
pub const UNKNOWN: &str = "unknown";

/// Addresses and networks of machines, `127.0.0.1, 10.8.0.0/16`; the machine's own
/// unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nets(Vec<IpNet>);

impl Default for Nets {
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"];
        Self(loopback.iter().filter_map(|it| it.parse().ok()).collect())
    }
}

impl Nets {
    /// Reads a list with commas; an empty one names nobody.
    ///
    /// # Errors
    /// The word that is neither an address nor a network.
    pub fn parse(list: &str) -> Result<Self, String> {
        let words = list.split(',').map(str::trim).filter(|it| !it.is_empty());
        let net = |word: &str| {
            let net = word.parse::<IpNet>();
            net.or_else(|_| word.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| word.to_owned())
        };
        words.map(net).collect::<Result<_, _>>().map(Self)
    }

    /// True when the address is in one of them.
    pub fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// Who asks.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    /// The address for limits and logs, or [`UNKNOWN`].
    pub address: String,
    /// The machine at the other end of the socket, when nothing says that it asks
    /// for another one.
    pub direct: Option<IpAddr>,
}

/// Finds the caller behind the proxies that are believed.
pub fn find(peer: SocketAddr, headers: &HeaderMap, proxies: &Nets) -> Caller {
    let peer = peer.ip().to_canonical();
    let passed_on = FORWARDING.iter().any(|name| headers.contains_key(*name));
    let address = if proxies.hold(peer) {
        behind(peer, headers, proxies)
    } else {
        Some(peer)
    };
    Caller {
        address: address.map_or_else(|| UNKNOWN.to_owned(), |it| it.to_string()),
        direct: (!passed_on).then_some(peer),
    }
}

/// The last address that no proxy of ours wrote about itself. Every proxy adds one
/// at the end, in the same line or in a new one.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &Nets) -> Option<IpAddr> {
    let mut nearest = peer;
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        for word in line.to_str().ok()?.rsplit(',') {
            nearest = address(word.trim())?;
            if !proxies.hold(nearest) {
                return Some(nearest);
            }
        }
    }
    Some(nearest)
}

/// `1.2.3.4`, `1.2.3.4:5`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5`.
fn address(word: &str) -> Option<IpAddr> {
    let socket = word.parse::<SocketAddr>().map(|it| it.ip());
    let bare = word.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let plain = bare.unwrap_or(word).parse::<IpAddr>();
    socket.or(plain).ok().map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::HeaderValue;

    use super::*;

    fn told(proxies: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        let proxies = if proxies.is_empty() {
            Nets::default()
        } else {
            Nets::parse(proxies).unwrap()
        };
        find(peer.parse().unwrap(), &headers, &proxies).address
    }

    #[test]
    fn only_a_proxy_that_is_named_speaks_for_others() {
        assert_eq!(told("", "127.0.0.1:5", &["10.1.2.3"]), "10.1.2.3");
        assert_eq!(told("", "[::1]:5", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(told("", "[::ffff:127.0.0.1]:5", &["10.1.2.3"]), "10.1.2.3");
        assert_eq!(told("", "10.9.9.9:5", &["10.1.2.3"]), "10.9.9.9");
        // On another machine, and over the bridge of a container.
        assert_eq!(told("10.9.0.0/16", "10.9.9.9:5", &["10.1.2.3"]), "10.1.2.3");
        assert_eq!(
            told("172.17.0.1", "172.17.0.1:5", &["10.1.2.3"]),
            "10.1.2.3"
        );
        assert_eq!(told("10.9.9.9", "127.0.0.1:5", &["10.1.2.3"]), "127.0.0.1");
        assert_eq!(told("", "127.0.0.1:5", &[]), "127.0.0.1");
    }

    #[test]
    fn what_the_caller_wrote_itself_stands_before_what_a_proxy_added() {
        assert_eq!(told("", "127.0.0.1:5", &["6.6.6.6, 10.1.2.3"]), "10.1.2.3");
        assert_eq!(
            told("", "127.0.0.1:5", &["6.6.6.6", "10.1.2.3"]),
            "10.1.2.3"
        );
        let both = "127.0.0.1, 10.9.9.9";
        let chain = ["6.6.6.6, 10.1.2.3", "10.9.9.9"];
        assert_eq!(told(both, "127.0.0.1:5", &chain), "10.1.2.3");
        assert_eq!(told(both, "127.0.0.1:5", &["10.9.9.9"]), "10.9.9.9");
    }

    #[test]
    fn addresses_come_with_ports_and_brackets() {
        for (word, wanted) in [
            ("10.1.2.3:4711", "10.1.2.3"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
        ] {
            assert_eq!(told("", "127.0.0.1:5", &[word]), wanted, "{word}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_nobodys_address() {
        for line in ["nonsense", "", "unknown", "10.1.2.3, _hidden", "10.1.2.3,"] {
            assert_eq!(told("", "127.0.0.1:5", &[line]), UNKNOWN, "{line:?}");
        }
        assert_eq!(told("", "127.0.0.1:5", &["10.1.2.3", "?"]), UNKNOWN);
    }

    #[test]
    fn a_list_of_networks_is_read_or_refused() {
        assert!(Nets::parse("").unwrap().0.is_empty());
        let nets = Nets::parse(" 10.8.0.0/16 ,::1").unwrap();
        assert!(nets.hold("10.8.1.1".parse().unwrap()) && nets.hold("::1".parse().unwrap()));
        assert_eq!(Nets::parse("127.0.0.1, proxy"), Err("proxy".to_owned()));
    }
}
