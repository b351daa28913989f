//! The line that a conversation begins with: `http home -> outside:8080 3 times`.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;
use std::time::Duration;

use tapir_traffic::Host;

use super::conversation::{Carrier, Conversation};
use super::scanner::Scanner;
use crate::mistake::{Mistake, Read};

/// How the messages of a conversation are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    /// As bytes.
    Bytes,
    /// As the lines of a message with header and body.
    Message,
    /// As lines.
    Lines,
    /// As questions and answers; behind their length where TCP carries them.
    Dns,
    /// As hellos, and bytes.
    Tls,
    /// As echoes, or types and codes.
    Icmp,
}

/// Name, carrier, way of writing, port of the server where there is a usual one.
const PROTOCOLS: &[(&str, Carrier, Speech, Option<u16>)] = &[
    ("tcp", Carrier::Tcp, Speech::Bytes, None),
    ("udp", Carrier::Udp, Speech::Bytes, None),
    ("icmp", Carrier::Icmp, Speech::Icmp, Some(0)),
    ("http", Carrier::Tcp, Speech::Message, Some(80)),
    ("rtsp", Carrier::Tcp, Speech::Message, Some(554)),
    ("sip", Carrier::Udp, Speech::Message, Some(5060)),
    ("dns", Carrier::Udp, Speech::Dns, Some(53)),
    ("dns/tcp", Carrier::Tcp, Speech::Dns, Some(53)),
    ("tls", Carrier::Tcp, Speech::Tls, Some(443)),
    ("lines", Carrier::Tcp, Speech::Lines, None),
    ("ftp", Carrier::Tcp, Speech::Lines, Some(21)),
    ("telnet", Carrier::Tcp, Speech::Lines, Some(23)),
    ("smtp", Carrier::Tcp, Speech::Lines, Some(25)),
    ("pop3", Carrier::Tcp, Speech::Lines, Some(110)),
    ("imap", Carrier::Tcp, Speech::Lines, Some(143)),
    ("irc", Carrier::Tcp, Speech::Lines, Some(6667)),
];

/// Hosts that have a name.
const HOSTS: &[(&str, Host)] = &[
    ("home", Host::v4(192, 168, 10, 20)),
    ("outside", Host::v4(203, 0, 113, 66)),
    (
        "home6",
        Host::v6(Ipv6Addr::new(0x2001, 0xdb8, 0x10, 0, 0, 0, 0, 0x20)),
    ),
    (
        "outside6",
        Host::v6(Ipv6Addr::new(0x2001, 0xdb8, 0xbad, 0, 0, 0, 0, 0x66)),
    ),
];

/// How often a conversation may take place.
const MOST_TIMES: u64 = 10_000;

/// Whether a line begins a conversation.
pub(crate) fn begins(line: &Scanner<'_>) -> bool {
    let word = line.peek();
    word == "ip" || PROTOCOLS.iter().any(|(name, ..)| *name == word)
}

/// Names of protocols, for a message.
pub(crate) fn protocols() -> String {
    let names: Vec<&str> = PROTOCOLS.iter().map(|(name, ..)| *name).collect();
    format!("{} and ip", names.join(", "))
}

/// Reads the line.
pub(crate) fn head(line: &mut Scanner<'_>) -> Read<(Conversation, Speech)> {
    let (name, name_span) = line.word();
    let known = PROTOCOLS.iter().find(|(known, ..)| *known == name);
    let (carrier, speech, usual) = match known {
        Some((_, carrier, speech, usual)) => (*carrier, *speech, *usual),
        None => {
            let protocol = line.number("the protocol of IP packets", 0..256)?;
            let carrier = Carrier::Ip(u8::try_from(protocol).unwrap_or(0));
            (carrier, Speech::Bytes, Some(0))
        }
    };
    let (home, outside) = ((HOSTS[0].1, None), (HOSTS[1].1, None));
    let (client, server) = match line.peek() {
        word if word.is_empty() || is_option(line) => (home, outside),
        _ => ends(line)?,
    };
    let port = server.1.or(usual).ok_or_else(|| {
        Mistake::new(name_span, format!("{name} needs a port")).help(format!(
            "say to which port, as in `{name} home -> outside:4444`"
        ))
    })?;
    let mut conversation = Conversation {
        carrier,
        client,
        server: (server.0, port),
        times: 1,
        every: Duration::from_millis(100),
        steps: Vec::new(),
    };
    options(line, &mut conversation)?;
    line.end()?;
    Ok((conversation, speech))
}

type End = (Host, Option<u16>);

fn ends(line: &mut Scanner<'_>) -> Read<(End, End)> {
    let first = end_of(line.word())?;
    let (arrow, span) = line.word();
    if arrow != "->" {
        return Err(Mistake::new(span, "between the two hosts stands `->`")
            .help("the one who begins stands before it: `http home -> outside`"));
    }
    let (word, span) = line.word();
    let second = end_of((word, span.clone()))?;
    if first.0.ip.is_ipv4() != second.0.ip.is_ipv4() {
        return Err(Mistake::new(span, "one host has IPv4, the other IPv6"));
    }
    Ok((first, second))
}

fn end_of((word, span): (&str, Range<usize>)) -> Read<End> {
    let unreadable = || {
        Mistake::new(span.clone(), "this is no host").help(
            "write an address, or `home`, `outside`, `home6`, `outside6`; a port behind a colon: `10.0.0.1:80`, `[2001:db8::1]:80`",
        )
    };
    let (address, port) = match word.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or_else(unreadable)?;
            (address, port.strip_prefix(':'))
        }
        // More than one colon: an address of IPv6 alone.
        None if word.matches(':').count() > 1 => (word, None),
        None => match word.split_once(':') {
            Some((address, port)) => (address, Some(port)),
            None => (word, None),
        },
    };
    let named = HOSTS.iter().find(|(name, _)| *name == address);
    let host = match named {
        Some((_, host)) => *host,
        None => Host::at(address.parse::<IpAddr>().map_err(|_| unreadable())?),
    };
    let port =
        match port {
            Some(port) => Some(port.parse::<u16>().map_err(|_| {
                Mistake::new(span.clone(), "this is no port").label("from 0 to 65535")
            })?),
            None => None,
        };
    Ok((host, port))
}

fn is_option(line: &Scanner<'_>) -> bool {
    let mut line = line.clone();
    let (first, _) = line.word();
    first == "every" || (first.parse::<u64>().is_ok() && line.word().0 == "times")
}

fn options(line: &mut Scanner<'_>, conversation: &mut Conversation) -> Read<()> {
    while is_option(line) {
        if line.take_word("every") {
            conversation.every = line.time()?;
        } else {
            let times = line.number("how often the conversation takes place", 1..MOST_TIMES + 1)?;
            conversation.times = u32::try_from(times).unwrap_or(1);
            line.word();
        }
    }
    Ok(())
}
