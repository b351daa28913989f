//! A request and its response, or a file that several of them carry.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, windows};

use super::command;
use super::kerberos::Ticket;
use super::ntlmssp::Authenticate;
use super::status::Status;
use crate::file::File;
use crate::protocols::dcerpc::pdu;
use crate::protocols::dcerpc::{Call, CallName};
use crate::protocols::transfer::Transfer;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// The dialect that both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The agreement was not seen.
    #[default]
    Unknown,
    /// One of version 1, by its name.
    One(Box<str>),
    /// One of version 2 or 3, by its number.
    Two(u16),
}

impl Dialect {
    fn name(&self) -> String {
        match self {
            Self::Unknown => "unknown".to_owned(),
            Self::One(name) => name.to_string(),
            Self::Two(number) => command::dialect_name(*number),
        }
    }
}

/// Systems of both ends of a session setup of version 1.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// The operating system.
    pub system: Vec<u8>,
    /// The software that speaks SMB.
    pub manager: Vec<u8>,
}

/// A file or directory that is opened.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// Its name.
    pub name: Vec<u8>,
    /// What is to be done when it exists, and when not.
    pub disposition: u32,
    /// It goes when it is closed.
    pub delete_on_close: bool,
    /// It is a directory.
    pub directory: bool,
    /// Times of creation, last access, last write, last change, in seconds.
    pub times: [u64; 4],
    /// Its size.
    pub size: u64,
    /// The server's name for it while it is open.
    pub handle: Vec<u8>,
}

/// Agreement on a dialect.
#[derive(Debug, Clone, Default)]
pub struct Negotiate {
    /// Dialects that the client speaks.
    pub dialects: Vec<String>,
    /// The client.
    pub client: Option<[u8; 16]>,
    /// The server.
    pub server: Vec<u8>,
    /// Largest read and write that the server takes; 0 when not told.
    pub limits: [u32; 2],
}

/// Use of a share begins.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Name of the share.
    pub name: Vec<u8>,
    /// It is one of pipes.
    pub is_pipe: bool,
    /// Its type in version 2.
    pub kind: u8,
    /// What kind of service was asked for, and answered, in version 1.
    pub service: [Option<Vec<u8>>; 2],
}

/// What a transaction is about.
#[derive(Debug)]
pub enum Detail {
    /// Nothing else is known.
    None,
    /// Agreement on a dialect.
    Negotiate(Negotiate),
    /// Somebody logs in.
    Session {
        /// By Kerberos.
        ticket: Option<Ticket>,
        /// By NTLM.
        login: Option<Authenticate>,
        /// System of the client.
        request: Option<Host>,
        /// System of the server.
        response: Option<Host>,
    },
    /// Use of a share begins.
    Tree(Tree),
    /// A file is opened.
    Create(Create),
    /// A file is read or written.
    File(Box<Transfer>),
    /// A file gets another name.
    Rename {
        /// The name before.
        from: Vec<u8>,
        /// The name after.
        to: Vec<u8>,
        /// The server's name for it while it is open.
        handle: Vec<u8>,
    },
    /// A file is to go, or not, when it is closed.
    Disposition {
        /// Its name.
        name: Vec<u8>,
        /// It is to go.
        delete: bool,
        /// The subcommand of version 1 by which that is said.
        subcommand: Option<u16>,
        /// The server's name for it while it is open.
        handle: Vec<u8>,
    },
    /// A control code.
    Control(u32),
    /// A remote procedure call.
    Call(Box<Call>),
}

/// A transaction.
#[derive(Debug)]
pub struct Tx {
    /// Its number in records.
    pub id: u64,
    /// 1, or 2 for versions 2 and 3.
    pub version: u8,
    /// The version of what began it; a negotiation may end with a later one.
    pub begun_as: u8,
    /// The command.
    pub command: u16,
    /// How it went.
    pub status: Option<Status>,
    /// The session.
    pub session: u64,
    /// The share.
    pub tree: u32,
    /// What request and response have in common.
    pub message: u64,
    /// The dialect.
    pub dialect: Dialect,
    /// What it is about.
    pub detail: Detail,
}

/// The server's name of an open file as text.
fn handle_text(handle: &[u8]) -> String {
    match handle {
        &[a, b] | &[a, b, _, _, _, _] => format!("{b:02x}{a:02x}"),
        _ => guid_text(handle),
    }
}

fn guid_text(guid: &[u8]) -> String {
    // The order in which records have the bytes of such a name.
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 9, 8, 11, 10, 15, 14, 13, 12];
    match <[u8; 16]>::try_from(guid) {
        Ok(guid) => pdu::uuid_text(&ORDER.map(|place| guid[place])),
        Err(_) => String::new(),
    }
}

impl Tx {
    fn write_detail(&self, json: &mut Json<'_>) {
        match &self.detail {
            Detail::None => {}
            Detail::Negotiate(negotiate) => write_negotiate(negotiate, json),
            Detail::Session {
                ticket,
                login,
                request,
                response,
            } => {
                if let Some(ticket) = ticket {
                    write_ticket(ticket, json);
                }
                if let Some(login) = login {
                    write_login(login, json);
                }
                for (key, host) in [("request", request), ("response", response)] {
                    if let Some(host) = host {
                        json.open_object(key);
                        json.bytes("native_os", &host.system);
                        json.bytes("native_lm", &host.manager);
                        json.close_object();
                    }
                }
            }
            Detail::Tree(tree) => self.write_tree(tree, json),
            Detail::Create(create) => write_create(create, json),
            Detail::File(transfer) => {
                if let Some(file) = transfer.files.first() {
                    json.bytes("filename", &file.name);
                }
                json.bytes("share", &transfer.share);
                json.text("fuid", &handle_text(&transfer.handle));
            }
            Detail::Rename { from, to, handle } => {
                self.write_set_info("SMB2_FILE_RENAME_INFO", json);
                json.open_object("rename");
                json.bytes("from", from);
                json.bytes("to", to);
                json.close_object();
                json.text("fuid", &handle_text(handle));
            }
            Detail::Disposition {
                name,
                delete,
                subcommand,
                handle,
            } => {
                json.bytes(
                    "filename",
                    if name.is_empty() {
                        b"<share_root>"
                    } else {
                        name
                    },
                );
                write_access(*delete, json);
                match subcommand {
                    Some(8) => json.word("subcmd", "SET_FILE_INFO"),
                    Some(6) => json.word("subcmd", "SET_PATH_INFO"),
                    _ => {}
                }
                if subcommand.is_some() {
                    json.word("level_of_interest", "Set Disposition Information");
                }
                self.write_set_info("SMB2_FILE_DISPOSITION_INFO", json);
                json.text("fuid", &handle_text(handle));
            }
            Detail::Control(code) => json.text("function", &command::control_name(*code)),
            Detail::Call(call) => write_call(call, json),
        }
    }

    fn write_set_info(&self, level: &'static str, json: &mut Json<'_>) {
        if self.version == 2 {
            json.open_object("set_info");
            json.word("class", "FILE_INFO");
            json.word("info_level", level);
            json.close_object();
        }
    }

    fn write_tree(&self, tree: &Tree, json: &mut Json<'_>) {
        json.bytes(
            if tree.is_pipe { "named_pipe" } else { "share" },
            &tree.name,
        );
        if self.version == 1 {
            json.open_object("service");
            for (key, service) in ["request", "response"].into_iter().zip(&tree.service) {
                if let Some(service) = service {
                    json.bytes(key, service);
                }
            }
            json.close_object();
            return;
        }
        let kind = match tree.kind {
            1 => "FILE",
            2 => "PIPE",
            3 => "PRINT",
            _ => "UNKNOWN",
        };
        json.word("share_type", kind);
    }
}

fn write_negotiate(negotiate: &Negotiate, json: &mut Json<'_>) {
    if !negotiate.dialects.is_empty() {
        json.open_array("client_dialects");
        for dialect in &negotiate.dialects {
            json.text_element(dialect);
        }
        json.close_array();
    }
    if let Some(client) = &negotiate.client {
        json.text("client_guid", &guid_text(client));
    }
    json.text("server_guid", &guid_text(&negotiate.server));
    let [read, write] = negotiate.limits;
    if read > 0 {
        json.uint("max_read_size", read);
    }
    if write > 0 {
        json.uint("max_write_size", write);
    }
}

fn write_ticket(ticket: &Ticket, json: &mut Json<'_>) {
    json.open_object("kerberos");
    json.bytes("realm", &ticket.realm);
    json.open_array("snames");
    for name in &ticket.names {
        json.bytes_element(name);
    }
    json.close_array();
    json.close_object();
}

fn write_login(login: &Authenticate, json: &mut Json<'_>) {
    json.open_object("ntlmssp");
    json.bytes("domain", &login.domain);
    json.bytes("user", &login.user);
    json.bytes("host", &login.host);
    if let Some(version) = &login.version {
        json.text("version", version);
    }
    if login.broken {
        json.bool("warning", true);
    }
    json.close_object();
}

fn write_access(delete: bool, json: &mut Json<'_>) {
    json.word("access", if delete { "delete on close" } else { "normal" });
}

fn write_create(create: &Create, json: &mut Json<'_>) {
    if create.name.is_empty() {
        json.word("filename", "<share_root>");
    } else if create.directory {
        json.bytes("directory", &create.name);
    } else {
        json.bytes("filename", &create.name);
    }
    let disposition = match create.disposition {
        0 => "FILE_SUPERSEDE",
        1 => "FILE_OPEN",
        2 => "FILE_CREATE",
        3 => "FILE_OPEN_IF",
        4 => "FILE_OVERWRITE",
        5 => "FILE_OVERWRITE_IF",
        _ => "UNKNOWN",
    };
    json.word("disposition", disposition);
    write_access(create.delete_on_close, json);
    let keys = ["created", "accessed", "modified", "changed"];
    for (key, time) in keys.into_iter().zip(create.times) {
        json.uint(key, time);
    }
    json.uint("size", create.size);
    json.text("fuid", &handle_text(&create.handle));
}

fn write_interfaces(call: &Call, answers: bool, json: &mut Json<'_>) {
    if call.interfaces.is_empty() {
        return;
    }
    json.open_array("interfaces");
    for interface in &call.interfaces {
        json.open();
        json.text("uuid", &interface.uuid_text());
        json.text("version", &interface.version_text());
        if let (Some((result, _)), true) = (interface.answer, answers) {
            json.uint("ack_result", result);
            // Readers of records know no other.
            json.uint("ack_reason", 0_u8);
        }
        call.write_names(interface, json);
        json.close_object();
    }
    json.close_array();
}

fn write_call(call: &Call, json: &mut Json<'_>) {
    json.open_object("dcerpc");
    match call.request.kind {
        Some(kind) => json.word("request", pdu::kind_name(kind)),
        None => json.word("request", "REQUEST_LOST"),
    }
    match call.response.kind {
        Some(kind) => json.word("response", pdu::kind_name(kind)),
        None => json.word("response", "UNREPLIED"),
    }
    match call.request.kind {
        Some(pdu::REQUEST) => {
            json.uint("opnum", call.operation.unwrap_or_default());
            json.open_object("req");
            json.uint("frag_cnt", call.request.fragments);
            json.uint("stub_data_size", call.request.stub.len() as u64);
            json.close_object();
            write_interfaces(call, false, json);
        }
        Some(pdu::BIND) => write_interfaces(call, true, json),
        _ => {}
    }
    if call.response.kind == Some(pdu::RESPONSE) {
        json.open_object("res");
        json.uint("frag_cnt", call.response.fragments);
        json.uint("stub_data_size", call.response.stub.len() as u64);
        json.close_object();
    }
    if let CallName::Connection(number, _) = call.name {
        json.uint("call_id", number);
    }
    json.close_object();
}

impl Transaction for Tx {
    /// | keyword | value |
    /// |---|---|
    /// | `smb.version` | number: 1, or 2 for versions 2 and 3 |
    /// | `dcerpc.iface`, `dcerpc.opnum` | as for DCE/RPC itself |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        match (keyword, &self.detail) {
            (windows::SMB_VERSION, _) => accepts(Value::Number(u64::from(self.begun_as))),
            (windows::SMB_NAMED_PIPE, Detail::Tree(tree)) => {
                tree.is_pipe && accepts(Value::Bytes(&tree.name))
            }
            (windows::SMB_SHARE, Detail::Tree(tree)) => {
                !tree.is_pipe && accepts(Value::Bytes(&tree.name))
            }
            (windows::SMB_NTLMSSP_USER, Detail::Session { login: Some(l), .. }) => {
                accepts(Value::Bytes(&l.user))
            }
            (windows::SMB_NTLMSSP_DOMAIN, Detail::Session { login: Some(l), .. }) => {
                accepts(Value::Bytes(&l.domain))
            }
            (_, Detail::Call(call)) => call.show(keyword, direction, accepts),
            (file::DATA, Detail::File(_)) => self
                .files(direction)
                .iter()
                .filter_map(File::window)
                .any(accepts),
            (file::NAME, Detail::File(_)) => self
                .files(direction)
                .iter()
                .any(|file| accepts(Value::Bytes(&file.name))),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("smb");
        json.uint("id", self.id);
        json.text("dialect", &self.dialect.name());
        json.text("command", &command::name(self.version, self.command));
        if let Some(status) = self.status {
            json.text("status", &status.name());
            json.text("status_code", &status.code());
        }
        json.uint("session_id", self.session);
        json.uint("tree_id", self.tree);
        self.write_detail(json);
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        // The types that a configuration wants logged, when it names some.
        if let Some(types) = options.list("types") {
            let kind = match &self.detail {
                Detail::File(_) => "file",
                Detail::Tree(_) => "tree_connect",
                Detail::Negotiate(_) => "negotiate",
                Detail::Call(_) => "dcerpc",
                Detail::Create(_) => "create",
                Detail::Session { .. } => "session_setup",
                Detail::Control(_) => "ioctl",
                Detail::Rename { .. } => "rename",
                Detail::Disposition { .. } => "set_file_path_info",
                Detail::None => "generic",
            };
            if !types.iter().any(|wanted| &**wanted == kind) {
                return;
            }
        }
        show("smb", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        match &self.detail {
            Detail::File(transfer) if transfer.direction == direction => &transfer.files,
            _ => &[],
        }
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        match &mut self.detail {
            Detail::File(transfer) if transfer.direction == direction => &mut transfer.files,
            _ => &mut [],
        }
    }
}
