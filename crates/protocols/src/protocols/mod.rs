//! One module a protocol: what tells it apart, and its parser.

mod ber;
pub(crate) mod bittorrent_dht;
pub(crate) mod coding;
pub(crate) mod content_range;
mod cursor;
pub(crate) mod dcerpc;
pub(crate) mod dhcp;
pub(crate) mod dnp3;
pub(crate) mod dns;
pub(crate) mod enip;
pub(crate) mod ftp;
pub(crate) mod ftp_data;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod ike;
pub(crate) mod imap;
pub(crate) mod joined;
pub(crate) mod krb5;
pub(crate) mod ldap;
mod line;
mod llmnr;
mod mdns;
pub(crate) mod modbus;
pub(crate) mod mqtt;
pub(crate) mod nfs;
pub(crate) mod ntp;
pub(crate) mod pgsql;
pub(crate) mod pop3;
pub(crate) mod quic;
pub(crate) mod rdp;
pub(crate) mod rfb;
pub(crate) mod sip;
pub(crate) mod smb;
pub(crate) mod smtp;
pub(crate) mod snmp;
pub(crate) mod ssh;
pub(crate) mod telnet;
pub(crate) mod template;
pub(crate) mod tftp;
pub(crate) mod tls;
mod transfer;
pub(crate) mod websocket;

use crate::AppProto;
use crate::signature::Signature;

/// DNS over HTTP/2 begins as HTTP/2, whose parser changes the protocol.
const DOH2: Signature = Signature::new(AppProto::Doh2);

/// Every protocol that can be recognised, in the order in which their patterns and probes are tried.
pub(crate) const SIGNATURES: &[Signature] = &[
    http1::SIGNATURE,
    tls::SIGNATURE,
    dcerpc::SIGNATURE,
    smb::SIGNATURE,
    ftp::SIGNATURE,
    ftp_data::SIGNATURE,
    ssh::SIGNATURE,
    smtp::SIGNATURE,
    dns::SIGNATURE,
    mdns::SIGNATURE,
    llmnr::SIGNATURE,
    modbus::SIGNATURE,
    enip::SIGNATURE,
    dnp3::SIGNATURE,
    nfs::SIGNATURE,
    ntp::SIGNATURE,
    tftp::SIGNATURE,
    ike::SIGNATURE,
    krb5::SIGNATURE,
    dhcp::SIGNATURE,
    snmp::SIGNATURE,
    sip::SIGNATURE,
    quic::SIGNATURE,
    rfb::SIGNATURE,
    mqtt::SIGNATURE,
    pgsql::SIGNATURE,
    telnet::SIGNATURE,
    rdp::SIGNATURE,
    http2::SIGNATURE,
    imap::SIGNATURE,
    pop3::SIGNATURE,
    bittorrent_dht::SIGNATURE,
    ldap::SIGNATURE,
    template::SIGNATURE,
    websocket::SIGNATURE,
    DOH2,
];

#[cfg(test)]
mod tests;
