//! Application protocols by name.

use std::fmt;

macro_rules! protocols {
    ($(#[doc = $help:literal] $(#[$more:meta])* $name:ident = $text:literal,)*) => {
        /// An application protocol, or what is known in its place.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(u8)]
        pub enum AppProto {
            $(#[doc = $help] $(#[$more])* $name,)*
        }

        impl AppProto {
            /// Every value, in the order of their numbers.
            pub const ALL: &[AppProto] = &[$(AppProto::$name,)*];

            /// One line about it.
            pub const fn help(self) -> &'static str {
                match self {
                    $(AppProto::$name => $help.trim_ascii(),)*
                }
            }

            /// The name in rules and in the configuration.
            pub const fn name(self) -> &'static str {
                match self {
                    $(AppProto::$name => $text,)*
                }
            }
        }
    };
}

protocols! {
    /// Not known (yet).
    #[default]
    Unknown = "unknown",
    /// Given up: none of the protocols below.
    Failed = "failed",
    /// HTTP before version 2.
    Http1 = "http1",
    /// File transfer, control connection.
    Ftp = "ftp",
    /// Mail submission and transfer.
    Smtp = "smtp",
    /// TLS and SSL.
    Tls = "tls",
    /// Secure Shell.
    Ssh = "ssh",
    /// Mail retrieval, version 4.
    Imap = "imap",
    /// XMPP.
    Jabber = "jabber",
    /// Server Message Block.
    Smb = "smb",
    /// Distributed Computing Environment remote procedure calls.
    Dcerpc = "dcerpc",
    /// Internet Relay Chat.
    Irc = "irc",
    /// Domain names.
    Dns = "dns",
    /// Modbus over TCP.
    Modbus = "modbus",
    /// EtherNet/IP with CIP.
    Enip = "enip",
    /// Distributed Network Protocol.
    Dnp3 = "dnp3",
    /// Network File System.
    Nfs = "nfs",
    /// Network time.
    Ntp = "ntp",
    /// File transfer, data connection.
    FtpData = "ftp-data",
    /// Trivial file transfer.
    Tftp = "tftp",
    /// Internet Key Exchange.
    Ike = "ike",
    /// Kerberos.
    Krb5 = "krb5",
    /// QUIC.
    Quic = "quic",
    /// Dynamic host configuration.
    Dhcp = "dhcp",
    /// Network management.
    Snmp = "snmp",
    /// Session initiation.
    Sip = "sip",
    /// Remote framebuffer (VNC).
    Rfb = "rfb",
    /// Message Queuing Telemetry Transport.
    Mqtt = "mqtt",
    /// PostgreSQL.
    Pgsql = "pgsql",
    /// Telnet.
    Telnet = "telnet",
    /// WebSocket.
    Websocket = "websocket",
    /// Directory access.
    Ldap = "ldap",
    /// DNS over HTTP/2.
    Doh2 = "doh2",
    /// Remote desktop.
    Rdp = "rdp",
    /// HTTP/2.
    Http2 = "http2",
    /// BitTorrent's distributed hash table.
    BittorrentDht = "bittorrent-dht",
    /// Mail retrieval, version 3.
    Pop3 = "pop3",
    /// Multicast DNS.
    Mdns = "mdns",
    /// Link-local multicast name resolution.
    Llmnr = "llmnr",
    /// The sample protocol of Suricata's parser template.
    Template = "template",
    /// HTTP of any version: in rules only, no flow is of it.
    Http = "http",
}

impl AppProto {
    /// The protocol of a name or alias, whatever its case. `http` is HTTP of any version.
    pub fn from_name(name: &str) -> Option<Self> {
        const ALIASES: &[(&str, AppProto)] =
            &[("ikev2", AppProto::Ike), ("http_any", AppProto::Http)];
        let known = Self::ALL
            .iter()
            .map(|proto| (proto.name(), *proto))
            .chain(ALIASES.iter().copied());
        known
            .into_iter()
            .find_map(|(text, proto)| text.eq_ignore_ascii_case(name).then_some(proto))
    }

    /// The name in event records, where HTTP/1 is called `http`.
    pub const fn event_name(self) -> &'static str {
        match self {
            Self::Http1 => "http",
            Self::Http => "http_any",
            other => other.name(),
        }
    }

    /// Whether this is a protocol, neither unknown nor given up.
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown | Self::Failed)
    }

    /// Whether a rule for `self` applies to a flow of `flow`: `http` covers both versions, and DNS over HTTP/2 is
    /// both HTTP/2 and DNS.
    pub const fn covers(self, flow: AppProto) -> bool {
        match self {
            Self::Http => matches!(flow, Self::Http | Self::Http1 | Self::Http2 | Self::Doh2),
            Self::Http2 => matches!(flow, Self::Http2 | Self::Doh2),
            Self::Dns => matches!(flow, Self::Dns | Self::Doh2),
            // Remote procedures are called through pipes of SMB, too.
            Self::Dcerpc => matches!(flow, Self::Dcerpc | Self::Smb),
            other => other as u8 == flow as u8,
        }
    }
}

impl fmt::Display for AppProto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases() {
        for proto in AppProto::ALL {
            assert_eq!(AppProto::from_name(proto.name()), Some(*proto));
        }
        assert_eq!(AppProto::from_name("IKEv2"), Some(AppProto::Ike));
        assert_eq!(AppProto::from_name("gopher"), None);
        assert_eq!(AppProto::Http1.event_name(), "http");
        assert!(AppProto::Http.covers(AppProto::Http1) && !AppProto::Http1.covers(AppProto::Http2));
    }
}
