//! Names of application protocols.

use crate::{Dialect, Dialects};

/// A protocol under Suricata's name, and its other names in rule headers and Snort's services.
struct AppProtocol {
    name: &'static str,
    others: &'static [&'static str],
    /// What Snort 3 calls it, where that is another name.
    service: Option<&'static str>,
    dialects: Dialects,
}

const fn app(name: &'static str, others: &'static [&'static str]) -> AppProtocol {
    AppProtocol {
        name,
        others,
        service: None,
        dialects: Dialects::all(),
    }
}

/// A protocol that Suricata alone has rules for.
const fn suricata(name: &'static str) -> AppProtocol {
    AppProtocol {
        dialects: Dialects::SURICATA,
        ..app(name, &[])
    }
}

/// A protocol that Snort alone has rules for.
const fn snort(name: &'static str, others: &'static [&'static str]) -> AppProtocol {
    AppProtocol {
        dialects: Dialects::SNORT2.union(Dialects::SNORT3),
        ..app(name, others)
    }
}

impl AppProtocol {
    const fn called(self, service: &'static str) -> Self {
        Self {
            service: Some(service),
            ..self
        }
    }
}

static PROTOCOLS: &[AppProtocol] = &[
    app("http", &[]),
    app("http1", &[]).called("http"),
    app("http2", &[]),
    app("ftp", &[]),
    app("ftp-data", &[]),
    app("smtp", &[]),
    app("tls", &["ssl", "https"]).called("ssl"),
    app("ssh", &[]),
    app("imap", &["imap4", "imaps"]),
    app("jabber", &["xmpp"]),
    app("smb", &["netbios-ssn", "cifs", "microsoft-ds"]).called("netbios-ssn"),
    app("dcerpc", &["dce_tcp", "dce_udp"]),
    app("irc", &["ircd"]),
    app("dns", &[]),
    app("modbus", &[]),
    app("enip", &["cip"]),
    app("dnp3", &[]),
    app("nfs", &["nfs3"]),
    app("ntp", &[]),
    suricata("ftp-data-ng"),
    app("tftp", &[]),
    app("ike", &["ikev1", "ikev2", "isakmp"]),
    app("krb5", &["krb5-tcp", "krb5-udp", "kerberos"]).called("kerberos"),
    app("quic", &[]),
    app("dhcp", &[]),
    app("sip", &[]),
    app("rfb", &["vnc-server", "vnc"]),
    app("mqtt", &[]),
    app("pgsql", &["postgresql"]).called("postgresql"),
    app("telnet", &[]),
    suricata("websocket"),
    app("ldap", &[]),
    suricata("doh2"),
    suricata("template"),
    app("rdp", &["ms-wbt-server"]),
    app("snmp", &[]),
    suricata("bittorrent-dht"),
    app("pop3", &["pop3s"]),
    suricata("mdns"),
    suricata("llmnr"),
    snort("msn", &[]),
    snort("sunrpc", &["rpc", "portmap"]),
    snort("mysql", &[]),
    snort("oracle", &[]),
    snort("gopher", &[]),
    snort("finger", &[]),
    snort("syslog", &[]),
    snort("netflow", &[]),
    snort("s7commplus", &[]),
    snort("iec104", &[]),
    snort("mms", &[]),
    snort("opcua", &[]),
    snort("teredo", &[]),
    snort("radius", &[]),
    snort("rtsp", &[]),
    snort("vnc-client", &[]),
    snort("wins", &[]),
    snort("netbios-ns", &[]),
    snort("netbios-dgm", &[]),
    snort("nntp", &[]),
    snort("socks", &[]),
    snort("ssdp", &[]),
    snort("java_rmi", &["java-rmi"]),
    snort("drda", &[]),
    snort("tds", &[]),
    snort("cvs", &[]),
    snort("rexec", &[]),
    snort("rsync", &[]),
    snort("bgp", &[]),
    snort("gtp", &[]),
];

/// What rules of a dialect call an application protocol, by any of its names; `None` where they have no name for it.
pub fn app_protocol_in(name: &str, dialect: Dialect) -> Option<&'static str> {
    let principal = app_protocol(name)?;
    let known = PROTOCOLS.iter().find(|known| known.name == principal)?;
    let name = match dialect {
        Dialect::Suricata => known.name,
        Dialect::Snort2 | Dialect::Snort3 => known.service.unwrap_or(known.name),
    };
    known.dialects.contains(dialect.set()).then_some(name)
}

/// The principal name of an application protocol: `ssl` gives `tls`.
pub fn app_protocol(name: &str) -> Option<&'static str> {
    PROTOCOLS
        .iter()
        .find(|protocol| {
            protocol.name.eq_ignore_ascii_case(name)
                || protocol
                    .others
                    .iter()
                    .any(|other| other.eq_ignore_ascii_case(name))
        })
        .map(|protocol| protocol.name)
}

/// The principal names of all application protocols that a rule can name.
pub fn app_protocols() -> impl Iterator<Item = &'static str> {
    PROTOCOLS.iter().map(|protocol| protocol.name)
}
