//! Names of application protocols.

/// A protocol under Suricata's name, and its other names in rule headers and Snort's services.
struct AppProtocol {
    name: &'static str,
    others: &'static [&'static str],
}

const fn app(name: &'static str, others: &'static [&'static str]) -> AppProtocol {
    AppProtocol { name, others }
}

static PROTOCOLS: &[AppProtocol] = &[
    app("http", &[]),
    app("http1", &[]),
    app("http2", &[]),
    app("ftp", &[]),
    app("ftp-data", &[]),
    app("smtp", &[]),
    app("tls", &["ssl", "https"]),
    app("ssh", &[]),
    app("imap", &["imap4", "imaps"]),
    app("jabber", &["xmpp"]),
    app("smb", &["netbios-ssn", "cifs", "microsoft-ds"]),
    app("dcerpc", &["dce_tcp", "dce_udp"]),
    app("irc", &["ircd"]),
    app("dns", &[]),
    app("modbus", &[]),
    app("enip", &["cip"]),
    app("dnp3", &[]),
    app("nfs", &["nfs3"]),
    app("ntp", &[]),
    app("ftp-data-ng", &[]),
    app("tftp", &[]),
    app("ike", &["ikev1", "ikev2", "isakmp"]),
    app("krb5", &["krb5-tcp", "krb5-udp", "kerberos"]),
    app("quic", &[]),
    app("dhcp", &[]),
    app("sip", &[]),
    app("rfb", &["vnc-server", "vnc"]),
    app("mqtt", &[]),
    app("pgsql", &["postgresql"]),
    app("telnet", &[]),
    app("websocket", &[]),
    app("ldap", &[]),
    app("doh2", &[]),
    app("template", &[]),
    app("rdp", &["ms-wbt-server"]),
    app("snmp", &[]),
    app("bittorrent-dht", &[]),
    app("pop3", &["pop3s"]),
    app("mdns", &[]),
    app("llmnr", &[]),
    app("msn", &[]),
    app("sunrpc", &["rpc", "portmap"]),
    app("mysql", &[]),
    app("oracle", &[]),
    app("gopher", &[]),
    app("finger", &[]),
    app("syslog", &[]),
    app("netflow", &[]),
    app("s7commplus", &[]),
    app("iec104", &[]),
    app("mms", &[]),
    app("opcua", &[]),
    app("teredo", &[]),
    app("radius", &[]),
    app("rtsp", &[]),
    app("vnc-client", &[]),
    app("wins", &[]),
    app("netbios-ns", &[]),
    app("netbios-dgm", &[]),
    app("nntp", &[]),
    app("socks", &[]),
    app("ssdp", &[]),
    app("java_rmi", &["java-rmi"]),
    app("drda", &[]),
    app("tds", &[]),
    app("cvs", &[]),
    app("rexec", &[]),
    app("rsync", &[]),
    app("bgp", &[]),
    app("gtp", &[]),
];

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
