//! The parser of a flow, whichever it is.

use std::sync::{Arc, LazyLock};

use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use crate::AppProto;
use crate::encryption::Encryption;
use crate::file::FileSettings;
use crate::frame::{STREAM_FRAME, STREAM_FRAME_NAME};
use crate::hook::{Branch, ONE_WAY};
use crate::open_limit::OpenLimit;
use crate::parser::{Input, Orders, Outcome, Parser, Predecessor};
use crate::protocols::joined::JoinedFiles;
use crate::protocols::*;
use crate::transaction::{Entry, Meta, Transaction};

/// Settings of all parsers, from `app-layer.protocols:` of the configuration.
#[derive(Debug, Clone, Default)]
pub struct ParserSettings {
    /// Protocols that are recognised and not parsed.
    pub detection_only: Vec<AppProto>,
    /// Files of all protocols.
    pub files: Arc<FileSettings>,
    /// Open calls of DCE/RPC.
    pub dcerpc: OpenLimit<1024>,
    /// File transfer.
    pub ftp: ftp::Settings,
    /// Open requests of EtherNet/IP.
    pub enip: OpenLimit<1024>,
    /// Open requests of the template protocol.
    pub template: OpenLimit<256>,
    /// Open calls of NFS.
    pub nfs: OpenLimit<1024>,
    /// Open commands of POP3.
    pub pop3: OpenLimit<256>,
    /// HTTP before version 2.
    pub http1: http1::Settings,
    /// Files that come in ranges.
    pub joined: JoinedFiles,
    /// HTTP/2.
    pub http2: http2::Settings,
    /// MQTT.
    pub mqtt: mqtt::Settings,
    /// PostgreSQL.
    pub pgsql: pgsql::Settings,
    /// SMB.
    pub smb: smb::Settings,
    /// Mail transfer.
    pub smtp: smtp::Settings,
    /// SSH.
    pub ssh: ssh::Settings,
    /// TLS.
    pub tls: crate::protocols::tls::Settings,
    /// WebSocket.
    pub websocket: crate::protocols::websocket::Settings,
    /// What becomes of a QUIC connection after the handshake.
    pub quic: Encryption,
}

macro_rules! parsers {
    ($($name:ident($parser:ty) for $($proto:ident)|+;)*) => {
        /// The parser of a flow. Which one is in it follows from the flow's protocol.
        #[derive(Debug)]
        pub enum AppState {
            $(
                #[doc = concat!("The parser of ", $(stringify!($proto), " ",)+)]
                $name(Box<$parser>),
            )*
        }

        impl AppState {
            /// A parser for a flow that speaks a protocol; nothing when it has none.
            pub fn new(proto: AppProto, settings: &Arc<ParserSettings>) -> Option<Self> {
                match proto {
                    proto if settings.detection_only.contains(&proto) => None,
                    $($(AppProto::$proto)|+ => Some(Self::$name(Box::new(<$parser>::new(proto, settings)))),)*
                    _ => None,
                }
            }

            /// Another flow announced this one; see [`Parser::announced`].
            pub fn announced(&mut self, note: &[u8], file_direction: Direction) {
                match self { $(Self::$name(parser) => parser.announced(note, file_direction),)* }
            }

            /// The flow spoke another protocol before; see [`Parser::came_from`].
            pub fn came_from(&mut self, before: &Predecessor) {
                match self { $(Self::$name(parser) => parser.came_from(before),)* }
            }

            /// Another protocol cannot follow; see [`Parser::change_refused`].
            pub fn change_refused(&mut self) {
                match self { $(Self::$name(parser) => parser.change_refused(),)* }
            }

            /// Feeds bytes; see [`Parser::parse`].
            pub fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
                match self { $(Self::$name(parser) => parser.parse(input, orders),)* }
            }

            /// Tells of missing bytes; see [`Parser::gap`].
            pub fn gap(&mut self, direction: Direction, bytes: u64, orders: &mut Orders) -> Outcome {
                match self { $(Self::$name(parser) => parser.gap(direction, bytes, orders),)* }
            }

            /// Nothing will follow in a direction.
            pub fn end(&mut self, direction: Direction, orders: &mut Orders) {
                match self { $(Self::$name(parser) => parser.end(direction, orders),)* }
            }

            /// The progress at which the sides of a transaction are complete.
            pub fn complete(&self) -> [u8; 2] {
                match self { $(Self::$name(_) => <$parser>::COMPLETE,)* }
            }

            /// From which progress of a direction on a keyword has its value there.
            pub fn place(&self, keyword: KeywordId, direction: Direction) -> Option<u8> {
                match self { $(Self::$name(_) => <$parser>::place(keyword, direction),)* }
            }

            /// The names of the parser's events.
            pub fn events(&self) -> &'static [&'static str] {
                match self { $(Self::$name(_) => <$parser>::EVENTS,)* }
            }

            /// How many transactions are open.
            pub fn len(&self) -> usize {
                match self { $(Self::$name(parser) => parser.transactions().len(),)* }
            }

            /// Whether no transaction is open.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many transactions there have been.
            pub fn total(&self) -> u64 {
                match self { $(Self::$name(parser) => parser.transactions().total(),)* }
            }

            /// What everybody may know of the open transaction of a place.
            pub fn meta(&self, place: usize) -> Option<&Meta> {
                match self { $(Self::$name(parser) => parser.transactions().get(place).map(|entry| &entry.meta),)* }
            }

            /// The same, to be changed.
            pub fn meta_mut(&mut self, place: usize) -> Option<&mut Meta> {
                match self { $(Self::$name(parser) => parser.transactions_mut().get_mut(place).map(|entry| &mut entry.meta),)* }
            }

            /// The open transaction of a place.
            pub fn transaction(&self, place: usize) -> Option<&dyn Transaction> {
                match self { $(Self::$name(parser) => parser.transactions().get(place).map(|entry| &entry.tx as &dyn Transaction),)* }
            }

            /// The same, to be changed.
            pub fn transaction_mut(&mut self, place: usize) -> Option<&mut dyn Transaction> {
                match self { $(Self::$name(parser) => parser.transactions_mut().get_mut(place).map(|entry| &mut entry.tx as &mut dyn Transaction),)* }
            }

            /// Lets go of the transactions that `done` says are done with.
            pub fn release(&mut self, mut done: impl FnMut(&Meta) -> bool) {
                match self { $(Self::$name(parser) => parser.transactions_mut().release(|Entry { meta, .. }| done(meta)),)* }
            }
        }

        impl AppProto {
            /// Whether flows of the protocol are parsed.
            pub fn has_parser(self) -> bool {
                matches!(self, $($(AppProto::$proto)|+)|*)
            }

            /// As its parser says.
            fn asked_place(self, keyword: KeywordId, direction: Direction) -> Option<u8> {
                match self {
                    $($(AppProto::$proto)|+ => <$parser>::place(keyword, direction),)*
                    _ => None,
                }
            }

            /// The ways that transactions go, with the names of their states.
            pub(crate) fn branches(self) -> &'static [Branch] {
                match self {
                    $($(AppProto::$proto)|+ => <$parser>::BRANCHES,)*
                    _ => ONE_WAY,
                }
            }

            /// The progress at which the sides of a transaction are complete.
            pub(crate) fn last_progress(self) -> [u8; 2] {
                match self {
                    $($(AppProto::$proto)|+ => <$parser>::COMPLETE,)*
                    _ => [1; 2],
                }
            }

            /// The names of what can be wrong with transactions of this protocol; an event's number is its place here.
            pub fn transaction_events(self) -> &'static [&'static str] {
                match self {
                    $($(AppProto::$proto)|+ => <$parser>::EVENTS,)*
                    _ => &[],
                }
            }

            /// The names of the frames of its parser, by kind.
            pub fn frame_names(self) -> &'static [&'static str] {
                match self {
                    $($(AppProto::$proto)|+ => <$parser>::FRAMES,)*
                    _ => &[],
                }
            }

            /// The name of a kind of its frames.
            pub fn frame_name(self, kind: u8) -> Option<&'static str> {
                match kind {
                    STREAM_FRAME => Some(STREAM_FRAME_NAME),
                    kind => self.frame_names().get(usize::from(kind)).copied(),
                }
            }

            /// The kind of its frames that has a name.
            pub fn frame_kind(self, name: &str) -> Option<u8> {
                if name == STREAM_FRAME_NAME && self.has_parser() {
                    return Some(STREAM_FRAME);
                }
                let mut names = self.frame_names().iter();
                let place = names.position(|known| *known == name)?;
                u8::try_from(place).ok()
            }
        }
    };
}

/// No value of a keyword.
const NOWHERE: u8 = u8::MAX;

/// What all parsers say of all keywords: rules ask often. By protocol and keyword.
static PLACES: LazyLock<Vec<[u8; 2]>> = LazyLock::new(|| {
    let mut places = vec![[NOWHERE; 2]; AppProto::ALL.len() * KeywordId::LIMIT];
    for proto in AppProto::ALL.iter().filter(|proto| proto.has_parser()) {
        for (keyword, _) in tapir_rules::keywords::all() {
            if let Some(entry) = places.get_mut(proto.row(keyword)) {
                *entry = [Direction::ToServer, Direction::ToClient]
                    .map(|way| proto.asked_place(keyword, way).unwrap_or(NOWHERE));
            }
        }
    }
    places
});

impl AppProto {
    fn row(self, keyword: KeywordId) -> usize {
        self as usize * KeywordId::LIMIT + keyword.index()
    }

    /// From which progress of a direction on a keyword has its value there, in flows of this protocol.
    pub fn place(self, keyword: KeywordId, direction: Direction) -> Option<u8> {
        let place = PLACES.get(self.row(keyword))?[direction.index()];
        (place != NOWHERE).then_some(place)
    }
}

parsers! {
    Dns(dns::Dns) for Dns | Mdns | Llmnr;
    Ftp(ftp::Ftp) for Ftp;
    FtpData(ftp_data::FtpData) for FtpData;
    Http1(http1::Http1) for Http1;
    Pop3(pop3::Pop3) for Pop3;
    Smtp(smtp::Smtp) for Smtp;
    Tftp(tftp::Tftp) for Tftp;
    Telnet(telnet::Telnet) for Telnet;
    BittorrentDht(bittorrent_dht::BittorrentDht) for BittorrentDht;
    Tls(tls::Tls) for Tls;
    Dcerpc(dcerpc::Dcerpc) for Dcerpc;
    Smb(smb::Smb) for Smb;
    Http2(http2::Http2) for Http2 | Doh2;
    Krb5(krb5::Krb5) for Krb5;
    Nfs(nfs::Nfs) for Nfs;
    Modbus(modbus::Modbus) for Modbus;
    Mqtt(mqtt::Mqtt) for Mqtt;
    Sip(sip::Sip) for Sip;
    Dnp3(dnp3::Dnp3) for Dnp3;
    Quic(quic::Quic) for Quic;
    Ldap(ldap::Ldap) for Ldap;
    Rfb(rfb::Rfb) for Rfb;
    Pgsql(pgsql::Pgsql) for Pgsql;
    Ssh(ssh::Ssh) for Ssh;
    Dhcp(dhcp::Dhcp) for Dhcp;
    Ntp(ntp::Ntp) for Ntp;
    Snmp(snmp::Snmp) for Snmp;
    Enip(enip::Enip) for Enip;
    Ike(ike::Ike) for Ike;
    Rdp(rdp::Rdp) for Rdp;
    Template(template::Template) for Template;
    Websocket(websocket::Websocket) for Websocket;
}
