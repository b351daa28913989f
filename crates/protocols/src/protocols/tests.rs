//! First payloads of each protocol, written by hand from its specification.

use proptest::prelude::*;
use tapir_packet::Direction::{self, ToClient, ToServer};

use crate::signature::Transport::{self, Tcp, Udp};
use crate::{AppProto, Enabled, FirstData, ProtocolSettings, ProtocolTable, Recogniser, Verdict};

/// A table with everything on.
fn table() -> ProtocolTable {
    let on = ProtocolSettings {
        enabled: Some(Enabled::Yes),
        detection_ports: None,
    };
    ProtocolTable::new(false, |_, _| on.clone())
}

fn input(transport: Transport, direction: Direction, port: u16, data: &[u8]) -> FirstData<'_> {
    FirstData {
        bytes_to_server: 60,
        ..FirstData::new(transport, direction, [40_000, port], data)
    }
}

fn recognise(transport: Transport, direction: Direction, port: u16, data: &[u8]) -> AppProto {
    let mut flow = Recogniser::default();
    flow.feed(&table(), &input(transport, direction, port, data));
    match direction {
        ToServer => flow.to_server(),
        ToClient => flow.to_client(),
    }
}

fn padded(start: &[u8], len: usize) -> Vec<u8> {
    let mut data = start.to_vec();
    data.resize(len, 0);
    data
}

#[test]
fn streams_by_their_beginning_at_any_port() {
    let smb2 = padded(b"\0\0\0\x40\xfeSMB\x40\0", 68);
    let dcerpc = padded(&[5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0], 72);
    let cases: &[(AppProto, Direction, &[u8])] = &[
        (AppProto::Http1, ToServer, b"get / HTTP/1.0\r\n\r\n"),
        (AppProto::Http1, ToClient, b"HTTP/1.1 200 OK\r\n"),
        (
            AppProto::Http2,
            ToServer,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ),
        (AppProto::Http2, ToClient, &[0, 0, 0, 4, 0, 0, 0, 0, 0]),
        (
            AppProto::Tls,
            ToServer,
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
        ),
        (AppProto::Tls, ToClient, &[0x15, 3, 3, 0, 2, 2, 40]),
        (AppProto::Tls, ToServer, &[0x80, 0x2e, 1, 0, 2, 0, 0x15]),
        (AppProto::Ssh, ToClient, b"SSH-2.0-OpenSSH_9.9\r\n"),
        (AppProto::Smtp, ToServer, b"EHLO mail.example\r\n"),
        (AppProto::Ftp, ToServer, b"USER anonymous\r\n"),
        (AppProto::Ftp, ToClient, b"220 (vsFTPd 3.0.5)\r\n"),
        (AppProto::Imap, ToClient, b"* OK IMAP4rev1 ready\r\n"),
        (AppProto::Imap, ToServer, b"a001 CAPABILITY\r\n\r\n"),
        (AppProto::Smb, ToServer, &smb2),
        (AppProto::Dcerpc, ToServer, &dcerpc),
        (AppProto::Rfb, ToClient, b"RFB 003.008\n"),
        (
            AppProto::Mqtt,
            ToServer,
            b"\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02id",
        ),
        (
            AppProto::Sip,
            ToServer,
            b"INVITE sip:bob@example.org SIP/2.0\r\n",
        ),
    ];
    for (proto, direction, data) in cases {
        let text = String::from_utf8_lossy(data);
        assert_eq!(recognise(Tcp, *direction, 31_337, data), *proto, "{text:?}");
    }
}

#[test]
fn streams_by_probes_at_their_ports() {
    let dns = b"\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01";
    let as_req = [
        &[0, 0, 0, 16][..],
        &[
            0x6a, 14, 0x30, 12, 0xa1, 3, 2, 1, 5, 0xa2, 3, 2, 1, 10, 0, 0,
        ],
    ]
    .concat();
    let nfs_call = [0x8000_0028u32, 7, 0, 2, 100_003, 3, 1, 1, 0, 0, 0]
        .map(u32::to_be_bytes)
        .concat();
    let cases: &[(AppProto, u16, Direction, &[u8])] = &[
        (AppProto::Dns, 53, ToServer, dns),
        (AppProto::Krb5, 88, ToServer, &as_req),
        (AppProto::Nfs, 2049, ToServer, &nfs_call),
        (
            AppProto::Smtp,
            25,
            ToClient,
            b"220 mx.example.org ESMTP\r\n",
        ),
        (AppProto::Ftp, 21, ToClient, b"220 Welcome\r\n"),
        (AppProto::Mqtt, 1883, ToClient, &[0x20, 2, 0, 0]),
        (AppProto::Template, 7000, ToServer, b"12:Hello World!"),
        (AppProto::Telnet, 23, ToClient, &[0xff, 0xfd, 0x18]),
        (
            AppProto::Rdp,
            3389,
            ToServer,
            &[3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0],
        ),
        (AppProto::Pop3, 110, ToClient, b"+OK ready\r\n"),
        (
            AppProto::Ldap,
            389,
            ToServer,
            &[0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0],
        ),
        (
            AppProto::Modbus,
            502,
            ToServer,
            &[0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1],
        ),
        (
            AppProto::Dnp3,
            20_000,
            ToServer,
            &[5, 0x64, 5, 0xc0, 1, 0, 0, 4, 0xe9, 0x21],
        ),
        (
            AppProto::Enip,
            44_818,
            ToServer,
            &padded(&[0x65, 0, 4, 0], 28),
        ),
        (
            AppProto::Pgsql,
            5432,
            ToServer,
            &[0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f],
        ),
    ];
    for (proto, port, direction, data) in cases {
        assert_eq!(recognise(Tcp, *direction, *port, data), *proto);
        if *proto != AppProto::Smtp && *proto != AppProto::Ftp {
            assert_eq!(
                recognise(Tcp, *direction, 31_337, data),
                AppProto::Unknown,
                "{proto} elsewhere"
            );
        }
    }
}

#[test]
fn datagrams() {
    let dns = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01";
    let ike = [
        &[1; 8][..],
        &[0; 8],
        &[33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 28],
    ]
    .concat();
    let snmp = [
        0x30, 26, 2, 1, 1, 4, 6, b'p', b'u', b'b', b'l', b'i', b'c', 0xa0,
    ];
    let quic = [&[0xc3, 0, 0, 0, 1, 8][..], &[7; 8], &[0, 0, 0x44]].concat();
    let cases: &[(AppProto, u16, &[u8])] = &[
        (AppProto::Dns, 53, dns),
        (AppProto::Mdns, 5353, dns),
        (AppProto::Llmnr, 5355, dns),
        (AppProto::Ike, 500, &ike),
        (AppProto::Snmp, 161, &snmp),
        (AppProto::Quic, 443, &quic),
        (AppProto::Ntp, 123, &padded(&[0x23], 48)),
        (AppProto::Dhcp, 67, &padded(&[1, 1, 6], 300)),
        (AppProto::Tftp, 69, b"\0\x01file\0octet\0"),
        (AppProto::Sip, 9999, b"REGISTER sip:example.org SIP/2.0\r\n"),
        (AppProto::Sip, 5060, b"OPTIONS sip:example.org SIP/2.0\r\n"),
        (
            AppProto::BittorrentDht,
            6881,
            b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping",
        ),
        (
            AppProto::Dcerpc,
            1030,
            &padded(&[4, 0, 8, 0, 0x10, 0, 0], 80),
        ),
    ];
    for (proto, port, data) in cases {
        assert_eq!(recognise(Udp, ToServer, *port, data), *proto);
    }
    assert_eq!(
        recognise(Udp, ToServer, 53, b"nothing like a name"),
        AppProto::Failed
    );
}

proptest! {
    /// In pieces the same is recognised, as soon as enough is there.
    #[test]
    fn pieces_lead_to_the_same_protocol(cut in 1usize..20, which in 0usize..5) {
        let (proto, data): (_, &[u8]) = [
            (AppProto::Http1, &b"VERSION-CONTROL / HTTP/1.1\r\n"[..]),
            (AppProto::Tls, &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
            (AppProto::Smb, b"\0\0\0\x40\xffSMB\x72\0\0\0\0\x18\x53\xc8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\x62"),
            (AppProto::Ssh, b"SSH-2.0-x\r\n"),
            (AppProto::Mqtt, b"\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02id"),
        ][which];
        let table = table();
        let mut flow = Recogniser::default();
        let mut len = 0;
        while len < data.len() {
            len = (len + cut).min(data.len());
            let verdict = flow.feed(&table, &input(Tcp, ToServer, 31_337, &data[..len])).verdict;
            prop_assert!(verdict == Verdict::Unknown || verdict == Verdict::Known(proto));
        }
        prop_assert_eq!(flow.flow(), proto);
    }

    /// No data breaks recognition, whatever the ports and the order.
    #[test]
    fn no_data_is_too_strange(
        pieces in prop::collection::vec(
            (any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..90), 0usize..14), 1..6),
        midstream: bool,
    ) {
        const PORTS: [u16; 14] =
            [21, 25, 53, 80, 88, 110, 161, 389, 443, 445, 502, 2049, 20_000, 44_818];
        let on = ProtocolSettings { enabled: Some(Enabled::Yes), detection_ports: None };
        let table = ProtocolTable::new(midstream, |_, _| on.clone());
        let mut flow = Recogniser::default();
        for (stream, back, data, port) in &pieces {
            let (transport, way) = (if *stream { Tcp } else { Udp }, if *back { ToClient } else { ToServer });
            let recognition = flow.feed(&table, &input(transport, way, PORTS[*port], data));
            if recognition.verdict == Verdict::Failed {
                prop_assert_eq!(flow.flow(), AppProto::Failed);
            }
        }
    }
}
