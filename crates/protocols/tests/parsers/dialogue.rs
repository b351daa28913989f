//! Sample dialogues, one a protocol, and how they are fed to parsers.
//!
//! A file of `dialogues/` holds a turn a line: `>` for the client or `<` for the server, then its bytes with `\r`, `\n`,
//! `\\` and `\xHH`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_protocols::{
    AppProto, AppState, Frames, Input, Orders, Outcome, ParserSettings, RecordOptions, Transport,
    Value,
};

/// What both sides say in one flow.
pub struct Dialogue {
    /// The name of its file.
    pub name: String,
    pub proto: AppProto,
    pub transport: Transport,
    pub turns: Vec<(Direction, Vec<u8>)>,
}

/// All dialogues of a folder, by name.
pub fn all_in(folder: &Path) -> Vec<Dialogue> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the dialogues")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = fs::read_to_string(path).expect("a dialogue");
            Dialogue::read(&name, &text)
        })
        .collect()
}

impl Dialogue {
    fn read(name: &str, text: &str) -> Self {
        let proto = match name {
            "http" => AppProto::Http1,
            "ftp_data" => AppProto::FtpData,
            name => AppProto::from_name(name).expect("a protocol"),
        };
        let transport = match proto {
            AppProto::Quic
            | AppProto::Dhcp
            | AppProto::Ntp
            | AppProto::Snmp
            | AppProto::Ike
            | AppProto::Tftp
            | AppProto::BittorrentDht => Transport::Udp,
            _ => Transport::Tcp,
        };
        let turns = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| match line.split_once(' ') {
                Some((">", said)) => (ToServer, bytes(said)),
                Some(("<", said)) => (ToClient, bytes(said)),
                _ => panic!("{name}: no turn: {line}"),
            })
            .collect();
        Self {
            name: name.to_owned(),
            proto,
            transport,
            turns,
        }
    }
}

fn bytes(said: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = said.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        (rest, _) = match (byte, after) {
            (b'\\', [b'r', after @ ..]) => (after, bytes.push(b'\r')),
            (b'\\', [b'n', after @ ..]) => (after, bytes.push(b'\n')),
            (b'\\', [b'\\', after @ ..]) => (after, bytes.push(b'\\')),
            (b'\\', [b'x', a, b, after @ ..]) => {
                let digits = [*a, *b];
                let digits = std::str::from_utf8(&digits).expect("digits");
                let byte = u8::from_str_radix(digits, 16).expect("hexadecimal");
                (after, bytes.push(byte))
            }
            (byte, after) => (after, bytes.push(byte)),
        };
    }
    bytes
}

/// A parser, and what its streams have that it has not used.
pub struct Listener {
    pub state: AppState,
    transport: Transport,
    rest: [Vec<u8>; 2],
    needed: [usize; 2],
    pub is_over: bool,
    /// How many frames were told of.
    pub frames: usize,
}

impl Listener {
    pub fn new(proto: AppProto, transport: Transport, settings: &Arc<ParserSettings>) -> Self {
        Self {
            state: AppState::new(proto, settings).expect("a parser"),
            transport,
            rest: Default::default(),
            needed: [0; 2],
            is_over: false,
            frames: 0,
        }
    }

    /// Bytes come, as an engine brings them: what was not used comes again with more.
    pub fn hear(&mut self, direction: Direction, said: &[u8]) {
        let way = direction.index();
        if self.is_over {
            return;
        }
        self.rest[way].extend_from_slice(said);
        while !self.rest[way].is_empty() && self.rest[way].len() >= self.needed[way] {
            let mut orders = Orders {
                frames: Frames::new(true),
                ..Orders::default()
            };
            let input = Input {
                transport: self.transport,
                ..Input::new(direction, &self.rest[way])
            };
            let len = self.rest[way].len();
            self.needed[way] = 0;
            match self.state.parse(&input, &mut orders) {
                Outcome::Done => self.rest[way].clear(),
                Outcome::Incomplete { consumed, needed } => {
                    assert!(consumed <= len, "more is used than there is");
                    self.rest[way].drain(..consumed);
                    self.needed[way] = needed;
                    if consumed == 0 {
                        break;
                    }
                }
                Outcome::Failed => self.is_over = self.transport == Transport::Tcp,
            }
            self.frames += orders.frames.notes().len();
            if orders.no_inspection || orders.change.is_some() || self.is_over {
                self.is_over = true;
                break;
            }
            if self.transport == Transport::Udp {
                self.rest[way].clear();
            }
        }
    }

    /// How many bytes wait to be used; the stream lets go of what is beyond its depth.
    pub fn take_rest(&mut self, direction: Direction) -> usize {
        const DEPTH: usize = 1 << 20;
        let rest = &mut self.rest[direction.index()];
        let waiting = rest.len();
        if waiting > DEPTH {
            *rest = Vec::new();
            self.is_over = true;
        }
        waiting
    }

    /// Bytes are missing.
    pub fn miss(&mut self, direction: Direction, bytes: usize) {
        let way = direction.index();
        self.rest[way].clear();
        self.needed[way] = 0;
        let mut orders = Orders::default();
        if !self.is_over {
            self.is_over = self.state.gap(direction, bytes as u64, &mut orders) == Outcome::Failed;
        }
    }

    /// All that rules and records can see of the transactions.
    pub fn seen(&self) -> Vec<String> {
        (0..self.state.len())
            .filter_map(|place| {
                let (meta, transaction) = (self.state.meta(place)?, self.state.transaction(place)?);
                let mut out = Vec::new();
                let mut json = Json::begin(&mut out);
                transaction.describe(&mut json, &RecordOptions::default());
                json.close_object();
                let mut seen = format!(
                    "{} {} {:?}",
                    meta.id(),
                    String::from_utf8_lossy(&out),
                    meta.events
                );
                for direction in [ToServer, ToClient] {
                    seen += &format!(" {}", meta.progress(direction));
                    for (keyword, row) in tapir_rules::keywords::all() {
                        transaction.values(keyword, direction, &mut |value| {
                            let shown = match value {
                                Value::Bytes(data) | Value::Window { data, .. } => {
                                    data.escape_ascii().to_string()
                                }
                                Value::Number(number) => number.to_string(),
                            };
                            seen += &format!("\n  {}: {shown}", row.name);
                            false
                        });
                    }
                }
                Some(seen)
            })
            .collect()
    }
}
