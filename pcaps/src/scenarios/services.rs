//! Other services: TLS, SSH, SMTP, FTP, Telnet, SCTP.

use std::time::Duration;

use crate::connection::Connection;
use crate::hosts::{ATTACKER, CLIENT, OUTSIDE, SERVER};
use crate::layers::{ip, protocol, sctp};
use crate::{Capture, Tape};

pub(super) fn captures() -> Vec<Capture> {
    vec![
        tls().capture(
            "tls.pcap",
            "a TLS 1.2 handshake begun for a host of a dynamic DNS provider; another offers SSL 3.0",
        ),
        ssh().capture(
            "ssh.pcap",
            "banners of SSH: version 2 on both sides, then a server of version 1.5",
        ),
        ssh_brute_force().capture(
            "ssh-brute-force.pcap",
            "twelve connections to an SSH server within six seconds",
        ),
        smtp().capture(
            "smtp.pcap",
            "a guess at user names, then a mail with a program attached",
        ),
        ftp().capture("ftp.pcap", "an anonymous login, refused"),
        telnet().capture("telnet.pcap", "root logs in over Telnet"),
        sctp_association().capture("sctp.pcap", "an SCTP association is set up and carries data"),
    ]
}

/// A TLS record with a ClientHello (RFC 5246) that offers `version`, with a server name where there is one.
fn client_hello(version: [u8; 2], server_name: Option<&str>) -> Vec<u8> {
    let mut hello = version.to_vec();
    hello.extend((0..32).map(|i| i * 7 + 1));
    hello.push(0);
    hello.extend([0, 4, 0xc0, 0x2f, 0, 0x2f, 1, 0]);
    if let Some(name) = server_name {
        let len = name.len() as u16;
        let mut extension = vec![0, 0];
        extension.extend((len + 5).to_be_bytes());
        extension.extend((len + 3).to_be_bytes());
        extension.push(0);
        extension.extend(len.to_be_bytes());
        extension.extend(name.as_bytes());
        hello.extend((extension.len() as u16).to_be_bytes());
        hello.extend(extension);
    }
    record(version, 1, &hello)
}

/// A TLS record with one handshake message.
fn record(version: [u8; 2], kind: u8, body: &[u8]) -> Vec<u8> {
    let len = body.len() as u16;
    let [high, low] = len.to_be_bytes();
    let mut record = vec![22, version[0], version[1]];
    record.extend((len + 4).to_be_bytes());
    record.extend([kind, 0, high, low]);
    record.extend(body);
    record
}

fn tls() -> Tape {
    let mut tape = Tape::default();
    let mut server_hello = vec![3, 3];
    server_hello.extend((0..32).map(|i| i * 5 + 2));
    server_hello.extend([0, 0xc0, 0x2f, 0]);
    let mut connection = Connection::open(&mut tape, CLIENT.port(49_200), OUTSIDE.port(443));
    connection.exchange(
        &mut tape,
        &client_hello([3, 3], Some("home.duckdns.org")),
        &record([3, 3], 2, &server_hello),
    );
    connection.close(&mut tape);

    let mut old = Connection::open(&mut tape, CLIENT.port(49_201), OUTSIDE.port(443));
    let handshake_failure = [21, 3, 0, 0, 2, 2, 40];
    old.exchange(&mut tape, &client_hello([3, 0], None), &handshake_failure);
    old.close(&mut tape);
    tape
}

fn ssh() -> Tape {
    let mut tape = Tape::default();
    for (port, server) in [
        (49_210, "SSH-2.0-OpenSSH_9.6\r\n"),
        (49_211, "SSH-1.5-1.2.27\n"),
    ] {
        let mut connection = Connection::open(&mut tape, CLIENT.port(port), SERVER.port(22));
        connection.server(&mut tape, server.as_bytes());
        connection.client(&mut tape, b"SSH-2.0-OpenSSH_9.7\r\n");
        connection.close(&mut tape);
    }
    tape
}

fn ssh_brute_force() -> Tape {
    let mut tape = Tape::default();
    for port in 45_001..=45_012 {
        let mut connection = Connection::open(&mut tape, ATTACKER.port(port), SERVER.port(22));
        connection.server(&mut tape, b"SSH-2.0-OpenSSH_9.6\r\n");
        connection.client(&mut tape, b"SSH-2.0-libssh_0.10.6\r\n");
        connection.close(&mut tape);
        tape.wait(Duration::from_millis(490));
    }
    tape
}

fn smtp() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::open(&mut tape, ATTACKER.port(45_100), SERVER.port(25));
    connection.server(&mut tape, b"220 mail.example ESMTP\r\n");
    for (command, reply) in [
        ("HELO pc.invalid\r\n", "250 mail.example\r\n"),
        ("VRFY root\r\n", "252 2.0.0 root\r\n"),
        ("MAIL FROM:<billing@pc.invalid>\r\n", "250 2.1.0 Ok\r\n"),
        ("RCPT TO:<lima@example>\r\n", "250 2.1.5 Ok\r\n"),
        ("DATA\r\n", "354 End data with <CR><LF>.<CR><LF>\r\n"),
        (
            "From: billing@pc.invalid\r\nTo: lima@example\r\nSubject: Your invoice\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             Please open.\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; \
             filename=\"invoice.exe\"\r\nContent-Transfer-Encoding: base64\r\n\r\nTVqQAAMAAAAEAAAA\r\n--b--\r\n.\r\n",
            "250 2.0.0 Ok: queued\r\n",
        ),
        ("QUIT\r\n", "221 2.0.0 Bye\r\n"),
    ] {
        connection.exchange(&mut tape, command.as_bytes(), reply.as_bytes());
    }
    connection.close(&mut tape);
    tape
}

fn ftp() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::open(&mut tape, ATTACKER.port(45_110), SERVER.port(21));
    connection.server(&mut tape, b"220 files.example FTP server\r\n");
    for (command, reply) in [
        ("USER anonymous\r\n", "331 Please specify the password.\r\n"),
        ("PASS guest@\r\n", "530 Login incorrect.\r\n"),
        ("QUIT\r\n", "221 Goodbye.\r\n"),
    ] {
        connection.exchange(&mut tape, command.as_bytes(), reply.as_bytes());
    }
    connection.close(&mut tape);
    tape
}

fn telnet() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::open(&mut tape, CLIENT.port(49_220), SERVER.port(23));
    // Will echo, will suppress go-ahead (RFC 857, 858).
    connection.server(&mut tape, b"\xff\xfb\x01\xff\xfb\x03switch-3 login: ");
    connection.exchange(&mut tape, b"root\r\n", b"root\r\nPassword: ");
    connection.exchange(&mut tape, b"public\r\n", b"\r\nswitch-3# ");
    connection.close(&mut tape);
    tape
}

/// A chunk: type, flags, length, value, padding to 32 bits.
fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let mut chunk = vec![kind, flags];
    chunk.extend((value.len() as u16 + 4).to_be_bytes());
    chunk.extend(value);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

fn sctp_association() -> Tape {
    const INIT: u8 = 1;
    const INIT_ACK: u8 = 2;
    const SACK: u8 = 3;
    const COOKIE_ECHO: u8 = 10;
    const COOKIE_ACK: u8 = 11;
    const DATA: u8 = 0;
    const CLIENT_TAG: u32 = 0x1111_1111;
    const SERVER_TAG: u32 = 0x2222_2222;
    // Tag, window, streams out and in, first number.
    let opening = |tag: u32| {
        [
            &tag.to_be_bytes()[..],
            &[0, 1, 0, 0, 0, 2, 0, 2, 0, 0, 0, 1],
        ]
        .concat()
    };
    let cookie = [&[0, 7, 0, 12][..], b"biscuits"].concat();
    let steps = [
        (true, 0, chunk(INIT, 0, &opening(CLIENT_TAG))),
        (
            false,
            CLIENT_TAG,
            chunk(INIT_ACK, 0, &[opening(SERVER_TAG), cookie].concat()),
        ),
        (true, SERVER_TAG, chunk(COOKIE_ECHO, 0, b"biscuits")),
        (false, CLIENT_TAG, chunk(COOKIE_ACK, 0, b"")),
        (
            true,
            SERVER_TAG,
            // Number, stream, sequence, protocol; a message in one piece.
            chunk(DATA, 3, b"\0\0\0\x01\0\0\0\0\0\0\0\0a message"),
        ),
        (
            false,
            CLIENT_TAG,
            chunk(SACK, 0, &[0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]),
        ),
    ];
    let mut tape = Tape::default();
    for (from_client, tag, chunks) in steps {
        let (from, to, ports) = if from_client {
            (CLIENT, SERVER, (49_240, 7000))
        } else {
            (SERVER, CLIENT, (7000, 49_240))
        };
        let payload = sctp(ports.0, ports.1, tag, &chunks);
        tape.packet(&from, &to, ip(&from, &to, protocol::SCTP, &payload));
    }
    tape
}
