//! `app-layer.protocols:` of the configuration.

use tapir_config::{ConfigError, Node, parse_bool};
use tapir_protocols::{
    AppProto, DetectionPorts, Enabled, Encryption, FtpSettings, Http1Settings, Http2Settings,
    MqttSettings, OpenLimit, ParserSettings, PgsqlSettings, ProtocolSettings, ProtocolTable,
    SmbSettings, SmtpSettings, SshSettings, TlsSettings, Transport, WebsocketSettings,
};

use super::variables::port_list;

/// Which protocols are recognised, and where.
pub(super) fn protocols(root: &Node) -> Result<ProtocolTable, ConfigError> {
    let midstream = root.bool_at("stream.midstream", false)?;
    let failed = std::cell::RefCell::new(None);
    let table = ProtocolTable::new(midstream, |proto, transport| {
        settings(root, proto, transport).unwrap_or_else(|e| {
            failed.borrow_mut().get_or_insert(e);
            ProtocolSettings::default()
        })
    });
    failed.into_inner().map_or(Ok(table), Err)
}

/// Settings of the parsers of the protocols that `table` recognises.
pub(super) fn parsers(root: &Node, table: &ProtocolTable) -> Result<ParserSettings, ConfigError> {
    let none = Node::empty();
    let of = |name: &str| {
        root.get(&format!("app-layer.protocols.{name}"))
            .unwrap_or(&none)
    };
    let mail = of("smtp");
    if mail.bool_at("raw-extraction", false)? && mail.bool_at("mime.decode-mime", true)? {
        tracing::warn!("smtp: raw-extraction is off because mime.decode-mime is on");
    }
    let mut wrong = |name: &str, error: &ConfigError| {
        tracing::warn!("ftp: Invalid value for ftp.{name}: {error}");
    };
    let is_detection_only = |proto: &AppProto| {
        [Transport::Tcp, Transport::Udp]
            .into_iter()
            .any(|transport| table.enabled(*proto, transport) == Enabled::DetectionOnly)
    };
    let detection_only = AppProto::ALL.iter().copied().filter(is_detection_only);
    Ok(ParserSettings {
        detection_only: detection_only.collect(),
        dcerpc: OpenLimit::read(of("dcerpc"))?,
        enip: OpenLimit::read(of("enip"))?,
        template: OpenLimit::read(of("template"))?,
        nfs: OpenLimit::read(of("nfs"))?,
        pop3: OpenLimit::read(of("pop3"))?,
        ftp: FtpSettings::read(of("ftp"), &mut wrong),
        tls: TlsSettings::read(of("tls"))?,
        http1: Http1Settings::read(of("http"))?,
        http2: Http2Settings::read(of("http2"))?,
        mqtt: MqttSettings::read(of("mqtt"))?,
        pgsql: PgsqlSettings::read(of("pgsql"))?,
        quic: Encryption::read(of("quic"))?,
        ssh: SshSettings::read(of("ssh"))?,
        smb: SmbSettings::read(of("smb"))?,
        websocket: WebsocketSettings::read(of("websocket"))?,
        smtp: SmtpSettings::read(mail)?,
        ..ParserSettings::default()
    })
}

/// Says when a protocol is on for one transport and off as a whole, or the other way round.
fn warn_of_contradiction(root: &Node, name: &str, transport: &str) {
    let asked = |path: String| root.get(&path).and_then(Node::text).and_then(parse_bool);
    let word = |on: bool| if on { "TRUE" } else { "FALSE" };
    let whole = asked(format!("app-layer.protocols.{name}.enabled"));
    let part = asked(format!("app-layer.protocols.{name}.{transport}.enabled"));
    if let (Some(whole), Some(part)) = (whole, part)
        && whole != part
    {
        tracing::warn!(
            target: "app-layer-detect-proto",
            "Inconsistent global ({}) and respective ipproto ({}) settings found for alproto {name} and ipproto {transport}",
            word(whole),
            word(part)
        );
    }
}

fn settings(
    root: &Node,
    proto: AppProto,
    transport: Transport,
) -> Result<ProtocolSettings, ConfigError> {
    let name = match proto {
        AppProto::Http1 => "http",
        other => other.name(),
    };
    let below = match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    warn_of_contradiction(root, name, below);
    let mut found = ProtocolSettings::default();
    let both = format!("app-layer.protocols.{name}");
    let one = format!("{both}.{below}");
    // Whether a protocol is on is said for a transport before it is said for both; ports the other way round.
    for path in [&one, &both] {
        if found.enabled.is_none() {
            found.enabled = root.parsed_at(
                &format!("{path}.enabled"),
                None,
                "yes, no or detection-only",
                |text| match text {
                    "detection-only" => Some(Some(Enabled::DetectionOnly)),
                    _ => parse_bool(text)
                        .map(|yes| Some(if yes { Enabled::Yes } else { Enabled::No })),
                },
            )?;
        }
    }
    for path in [&both, &one] {
        if found.detection_ports.is_none() {
            found.detection_ports = detection_ports(root, path)?;
        }
    }
    Ok(found)
}

/// Where a protocol is looked for, as configured below `path`.
fn detection_ports(root: &Node, path: &str) -> Result<Option<DetectionPorts>, ConfigError> {
    let path = format!("{path}.detection-ports");
    if root.get(&path).is_none() {
        return Ok(None);
    }
    let ports = |side: &str| {
        root.parsed_at(
            &format!("{path}.{side}"),
            Vec::new(),
            "ports such as 443, 8443",
            |text| port_list(root, text),
        )
    };
    Ok(Some(DetectionPorts {
        destination: ports("dp")?,
        source: ports("sp")?,
    }))
}
