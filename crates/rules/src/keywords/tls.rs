//! TLS, its fingerprints, QUIC and SSH.

use super::row::*;

const TLS: &[&str] = &["tls"];
const JA3: &[&str] = &["tls", "quic"];
const QUIC: &[&str] = &["quic"];
const SSH: &[&str] = &["ssh"];

const fn certificate(help: &'static str) -> Keyword {
    buffer(help).of(TLS)
}

family! { 8;
    SNI = "tls.sni", buffer("The server name that the client asks for").aliases(&[suricata("tls_sni")]).of(TLS).to_server();
    ALPN = "tls.alpn", buffer("A protocol offered or chosen").of(TLS).multi();
    CERTS = "tls.certs", certificate("A certificate of the chain").multi();
    CERT_ISSUER = "tls.cert_issuer", certificate("The issuer of the certificate").aliases(&[suricata("tls_cert_issuer")]);
    CERT_SUBJECT = "tls.cert_subject", certificate("The subject of the certificate").aliases(&[suricata("tls_cert_subject")]);
    CERT_SERIAL = "tls.cert_serial", certificate("The serial number of the certificate").aliases(&[suricata("tls_cert_serial")]);
    CERT_FINGERPRINT = "tls.cert_fingerprint", certificate("The SHA-1 digest of the certificate").aliases(&[suricata("tls_cert_fingerprint")]);
    SUBJECTALTNAME = "tls.subjectaltname", certificate("A name in the certificate's subject alternative names").multi();
    RANDOM = "tls.random", buffer("The random bytes of a hello").of(TLS);
    RANDOM_TIME = "tls.random_time", buffer("The first four random bytes of a hello").of(TLS);
    RANDOM_BYTES = "tls.random_bytes", buffer("The other 28 random bytes of a hello").of(TLS);
    VERSION = "tls.version", field(Grammar::Text, "Version of TLS").of(TLS);
    SUBJECT = "tls.subject", field(Grammar::Quoted, "The subject of the certificate").of(TLS).to_client();
    ISSUERDN = "tls.issuerdn", field(Grammar::Quoted, "The issuer of the certificate").of(TLS).to_client();
    FINGERPRINT = "tls.fingerprint", field(Grammar::Quoted, "The SHA-1 digest of the certificate").of(TLS).to_client();
    CERT_NOTBEFORE = "tls_cert_notbefore", field(Grammar::Text, "Start of the certificate's validity").of(TLS).to_client();
    CERT_NOTAFTER = "tls_cert_notafter", field(Grammar::Text, "End of the certificate's validity").of(TLS).to_client();
    CERT_EXPIRED = "tls_cert_expired", field(Grammar::None, "The certificate is past its end").of(TLS).to_client();
    CERT_VALID = "tls_cert_valid", field(Grammar::None, "The certificate is between its start and its end").of(TLS).to_client();
    CERT_CHAIN_LEN = "tls.cert_chain_len", field(Grammar::Integer(32), "Number of certificates").of(TLS).to_client();
    SSL_VERSION = "ssl_version", field(Grammar::Text, "Version in a TLS record").common().of(TLS);
    SSL_STATE = "ssl_state", field(Grammar::Text, "State of the handshake").common().of(TLS);
    JA3_HASH = "ja3.hash", buffer("The JA3 digest of the client").aliases(&[suricata("ja3_hash")]).of(JA3).to_server();
    JA3_STRING = "ja3.string", buffer("The JA3 text of the client").aliases(&[suricata("ja3_string")]).of(JA3).to_server();
    JA3S_HASH = "ja3s.hash", buffer("The JA3S digest of the server").of(JA3).to_client();
    JA3S_STRING = "ja3s.string", buffer("The JA3S text of the server").of(JA3).to_client();
    JA4_HASH = "ja4.hash", buffer("The JA4 fingerprint of the client").of(JA3).to_server();
    QUIC_VERSION = "quic.version", buffer("Version of QUIC").of(QUIC);
    QUIC_SNI = "quic.sni", buffer("The server name that the client asks for").of(QUIC);
    QUIC_UA = "quic.ua", buffer("The user agent of the client").of(QUIC).to_server();
    QUIC_CYU_HASH = "quic.cyu.hash", buffer("The CYU digest of the client").of(QUIC).multi();
    QUIC_CYU_STRING = "quic.cyu.string", buffer("The CYU text of the client").of(QUIC).multi();
    SSH_PROTO = "ssh.proto", buffer("Version of the SSH protocol").aliases(&[suricata("ssh_proto")]).of(SSH);
    SSH_SOFTWARE = "ssh.software", buffer("Software version of the SSH banner").aliases(&[suricata("ssh_software")]).of(SSH);
    SSH_HASSH = "ssh.hassh", buffer("The HASSH digest of the client").of(SSH).to_server();
    SSH_HASSH_SERVER = "ssh.hassh.server", buffer("The HASSH digest of the server").of(SSH).to_client();
    SSH_HASSH_STRING = "ssh.hassh.string", buffer("The HASSH text of the client").of(SSH).to_server();
    SSH_HASSH_SERVER_STRING = "ssh.hassh.server.string", buffer("The HASSH text of the server").of(SSH).to_client();
    SSH_PROTOVERSION = "ssh.protoversion", field(Grammar::Text, "Version of the SSH protocol").of(SSH);
    SSH_SOFTWAREVERSION = "ssh.softwareversion", field(Grammar::Text, "Software version of the SSH banner").of(SSH);
}
