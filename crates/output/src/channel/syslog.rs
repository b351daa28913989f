//! Messages to the system log.

use std::io;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use tapir_packet::Timestamp;

use crate::config::{SyslogTarget, SyslogTransport};
use crate::local_time::LocalTime;

/// Longest message sent; many receivers cut or refuse longer ones.
const MAX_MESSAGE: usize = 8192;

/// A connection to a system log.
#[derive(Debug)]
pub struct SyslogSocket {
    target: SyslogTarget,
    local: LocalTime,
    connection: Option<Connection>,
    message: Vec<u8>,
}

#[derive(Debug)]
enum Connection {
    Local(UnixDatagram),
    Udp(UdpSocket),
}

impl SyslogSocket {
    pub fn new(target: SyslogTarget) -> Self {
        Self {
            target,
            local: LocalTime::system(),
            connection: None,
            message: Vec::new(),
        }
    }

    /// Sends one record.
    pub fn send(&mut self, record: &[u8], ts: Timestamp) -> io::Result<()> {
        self.compose(record, ts);
        if self.connection.is_none() {
            self.connection = Some(connect(&self.target.transport)?);
        }
        let sent = match &self.connection {
            Some(Connection::Local(socket)) => socket.send(&self.message),
            Some(Connection::Udp(socket)) => socket.send(&self.message),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        if sent.is_err() {
            self.connection = None;
        }
        sent.map(|_| ())
    }

    fn compose(&mut self, record: &[u8], ts: Timestamp) {
        let priority = u32::from(self.target.facility) * 8 + u32::from(self.target.severity);
        let time = self.local.zoned(ts);
        let pid = std::process::id();
        let identity = &self.target.identity;
        let head = match &self.target.transport {
            SyslogTransport::Local(_) => {
                format!(
                    "<{priority}>{} {identity}[{pid}]: ",
                    time.strftime("%b %e %H:%M:%S")
                )
            }
            SyslogTransport::Udp(_) => {
                let time = time.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z");
                format!("<{priority}>1 {time} - {identity} {pid} - - ")
            }
        };
        self.message.clear();
        self.message.extend_from_slice(head.as_bytes());
        self.message.extend_from_slice(record.trim_ascii_end());
        self.message.truncate(MAX_MESSAGE);
    }
}

fn connect(transport: &SyslogTransport) -> io::Result<Connection> {
    match transport {
        SyslogTransport::Local(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path)?;
            socket.set_nonblocking(true)?;
            Ok(Connection::Local(socket))
        }
        SyslogTransport::Udp(host) => {
            let socket = UdpSocket::bind("0.0.0.0:0").or_else(|_| UdpSocket::bind("[::]:0"))?;
            socket.connect(host.as_str())?;
            Ok(Connection::Udp(socket))
        }
    }
}

/// The number of a facility by name (RFC 5424, section 6.2.1).
pub fn facility(name: &str) -> Option<u8> {
    const NAMES: [&str; 12] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
        "authpriv", "ftp",
    ];
    let number = match name.strip_prefix("local") {
        Some(digit) => digit.parse::<u8>().ok().filter(|n| *n < 8)? + 16,
        None if name == "security" => 4,
        None => u8::try_from(NAMES.iter().position(|known| *known == name)?).ok()?,
    };
    Some(number)
}

/// The number of a severity by name, in any case.
pub fn severity(name: &str) -> Option<u8> {
    const NAMES: [&str; 8] = [
        "emergency",
        "alert",
        "critical",
        "error",
        "warning",
        "notice",
        "info",
        "debug",
    ];
    let at = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    u8::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(transport: SyslogTransport) -> String {
        let target = SyslogTarget {
            transport,
            facility: 21,
            severity: 6,
            identity: "ids".to_owned(),
        };
        let mut socket = SyslogSocket::new(target);
        socket.local = LocalTime::new(jiff::tz::TimeZone::UTC);
        socket.compose(b"{\"a\":1}\n", Timestamp::new(1_468_449_727, 199_672_000));
        String::from_utf8(socket.message).expect("text")
    }

    #[test]
    fn both_formats() {
        let pid = std::process::id();
        assert_eq!(
            composed(SyslogTransport::Local("/dev/log".into())),
            format!("<174>Jul 13 22:42:07 ids[{pid}]: {{\"a\":1}}")
        );
        assert_eq!(
            composed(SyslogTransport::Udp("loghost:514".into())),
            format!("<174>1 2016-07-13T22:42:07.199672+00:00 - ids {pid} - - {{\"a\":1}}")
        );
    }

    #[test]
    fn names_have_their_numbers() {
        assert_eq!(facility("local5"), Some(21));
        assert_eq!(facility("ftp"), Some(11));
        assert_eq!(facility("local8"), None);
        assert_eq!(severity("Info"), Some(6));
        assert_eq!(severity("loud"), None);
    }
}
