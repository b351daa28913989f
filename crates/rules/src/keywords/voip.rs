//! SIP, SDP and RFB.

use super::row::*;
use crate::dialect::Dialects;

const SIP: &[&str] = &["sip"];
const SDP: &[&str] = &["sip"];
const RFB: &[&str] = &["rfb"];
const SNORT: Dialects = Dialects::SNORT2.union(Dialects::SNORT3);

const fn sip(help: &'static str) -> Keyword {
    buffer(help).of(SIP)
}

const fn sdp(help: &'static str) -> Keyword {
    buffer(help).of(SDP)
}

family! { 12;
    SIP_METHOD = "sip.method", sip("Method of a SIP request").to_server();
    SIP_URI = "sip.uri", sip("URI of a SIP request").to_server();
    SIP_PROTOCOL = "sip.protocol", sip("Version of SIP");
    SIP_STAT_CODE = "sip.stat_code", sip("Status code of a SIP response").to_client();
    SIP_STAT_MSG = "sip.stat_msg", sip("Status message of a SIP response").to_client();
    SIP_REQUEST_LINE = "sip.request_line", sip("Request line of SIP").to_server();
    SIP_RESPONSE_LINE = "sip.response_line", sip("Response line of SIP").to_client();
    SIP_FROM = "sip.from", sip("From header of SIP").multi();
    SIP_TO = "sip.to", sip("To header of SIP").multi();
    SIP_VIA = "sip.via", sip("Via header of SIP").multi();
    SIP_USER_AGENT = "sip.user_agent", sip("User-Agent header of SIP").multi();
    SIP_CONTENT_TYPE = "sip.content_type", sip("Content-Type header of SIP").multi();
    SIP_CONTENT_LENGTH = "sip.content_length", sip("Content-Length header of SIP").multi();
    SNORT_SIP_METHOD = "sip_method", field(Grammar::Text, "Methods of a SIP request").of(SIP).only(SNORT);
    SNORT_SIP_STAT_CODE = "sip_stat_code", field(Grammar::Text, "Status codes of a SIP response").of(SIP).only(SNORT);
    SIP_HEADER = "sip_header", sip("The headers of SIP").only(SNORT);
    SIP_BODY = "sip_body", sip("The body of SIP").only(SNORT);
    SDP_SESSION_NAME = "sdp.session_name", sdp("Name of the session");
    SDP_SESSION_INFO = "sdp.session_info", sdp("About the session");
    SDP_ORIGIN = "sdp.origin", sdp("Who set the session up");
    SDP_URI = "sdp.uri", sdp("Where to read about the session");
    SDP_EMAIL = "sdp.email", sdp("Mail address of the session");
    SDP_PHONE_NUMBER = "sdp.phone_number", sdp("Phone number of the session");
    SDP_CONNECTION_DATA = "sdp.connection_data", sdp("Address of the session");
    SDP_BANDWIDTH = "sdp.bandwidth", sdp("Bandwidth of the session").multi();
    SDP_TIME = "sdp.time", sdp("Time of the session").multi();
    SDP_REPEAT_TIME = "sdp.repeat_time", sdp("Repetition of the session").multi();
    SDP_TIMEZONE = "sdp.timezone", sdp("Time zone of the session");
    SDP_ENCRYPTION_KEY = "sdp.encryption_key", sdp("Key of the session");
    SDP_ATTRIBUTE = "sdp.attribute", sdp("Attribute of the session").multi();
    SDP_MEDIA_MEDIA = "sdp.media.media", sdp("A medium").multi();
    SDP_MEDIA_INFO = "sdp.media.media_info", sdp("About a medium").multi();
    SDP_MEDIA_CONNECTION_DATA = "sdp.media.connection_data", sdp("Address of a medium").multi();
    SDP_MEDIA_ENCRYPTION_KEY = "sdp.media.encryption_key", sdp("Key of a medium").multi();
    RFB_NAME = "rfb.name", buffer("Name of the desktop").of(RFB).to_client();
    RFB_SECTYPE = "rfb.sectype", field(Grammar::Integer(32), "Security type").of(RFB);
    RFB_SECRESULT = "rfb.secresult", field(Grammar::IntegerOrName(32), "Result of authentication").of(RFB);
}
