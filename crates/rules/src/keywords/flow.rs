//! Flow, its state, and events.

use super::row::*;
use crate::dialect::Dialects;

const fn state(argument: Grammar, help: &'static str) -> Keyword {
    Keyword::new(Kind::State, argument, help).evaluated()
}

const fn event(help: &'static str) -> Keyword {
    Keyword::new(Kind::Event, Grammar::Own, help).evaluated()
}

family! { 4;
    FLOW = "flow", state(Grammar::Own, "Direction and state of the flow").common();
    FLOWBITS = "flowbits", state(Grammar::Own, "Sets or tests a bit of the flow").common();
    FLOWINT = "flowint", state(Grammar::Own, "Calculates with a number of the flow");
    XBITS = "xbits", state(Grammar::Own, "Sets or tests a bit of an address pair, host or transaction");
    HOSTBITS = "hostbits", state(Grammar::Own, "Sets or tests a bit of a host");
    FLOW_AGE = "flow.age", state(Grammar::Integer(32), "Seconds since the flow began");
    FLOW_PKTS = "flow.pkts", state(Grammar::Own, "Number of packets of the flow");
    FLOW_PKTS_TOSERVER = "flow.pkts_toserver", state(Grammar::Integer(32), "Number of packets to the server");
    FLOW_PKTS_TOCLIENT = "flow.pkts_toclient", state(Grammar::Integer(32), "Number of packets to the client");
    FLOW_BYTES = "flow.bytes", state(Grammar::Own, "Number of bytes of the flow");
    FLOW_BYTES_TOSERVER = "flow.bytes_toserver", state(Grammar::Integer(64), "Number of bytes to the server");
    FLOW_BYTES_TOCLIENT = "flow.bytes_toclient", state(Grammar::Integer(64), "Number of bytes to the client");
    FLOW_ELEPHANT = "flow.elephant", state(Grammar::Words(&["toserver", "toclient", "both", "either"]), "The flow is an elephant: many bytes in a short time");
    TCP_SESSION = "tcp.session", state(Grammar::Own, "Phase of the TCP connection");
    BIDIR_TOSERVER = "bidir.toserver", Keyword::new(Kind::Modifier, Grammar::None, "What follows is about the client's direction, in a rule with =>");
    BIDIR_TOCLIENT = "bidir.toclient", Keyword::new(Kind::Modifier, Grammar::None, "What follows is about the server's direction, in a rule with =>");
    STREAM_SIZE = "stream_size", state(Grammar::Own, "Number of bytes of the stream").common();
    APP_LAYER_PROTOCOL = "app-layer-protocol", state(Grammar::Own, "The application protocol of the flow");
    APP_LAYER_EVENT = "app-layer-event", event("An anomaly of an application protocol");
    APP_LAYER_STATE = "app-layer-state", Keyword::new(Kind::State, Grammar::Text, "How far the transaction has come").evaluated();
    DECODE_EVENT = "decode-event", event("An anomaly found by the decoder").aliases(&[suricata("engine-event")]);
    STREAM_EVENT = "stream-event", event("An anomaly of a TCP stream");
    FRAME = "frame", Keyword::new(Kind::Buffer, Grammar::Text, "A frame of an application protocol").evaluated();
    APPIDS = "appids", Keyword::new(Kind::State, Grammar::Text, "Applications that the flow may belong to").only(Dialects::SNORT3).aliases(&[snort2("appid")]);
    STREAM_REASSEMBLE = "stream_reassemble", Keyword::new(Kind::State, Grammar::Text, "Turns reassembly on or off for the flow").only(Dialects::SNORT2.union(Dialects::SNORT3));
}
