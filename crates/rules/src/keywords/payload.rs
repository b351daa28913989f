//! Tests of payload and buffers, and what changes a content.

use super::row::*;
use crate::dialect::Dialects;

const SNORT: Dialects = Dialects::SNORT2.union(Dialects::SNORT3);

family! { 1;
    CONTENT = "content", Keyword::new(Kind::Payload, Grammar::Own, "Bytes to look for").common().evaluated();
    URICONTENT = "uricontent", Keyword::new(Kind::Payload, Grammar::Own, "Bytes to look for in the request URI").only(Dialects::SURICATA.union(Dialects::SNORT2)).of(&["http"]).to_server();
    PROTECTED_CONTENT = "protected_content", Keyword::new(Kind::Payload, Grammar::Quoted, "Bytes to look for, given as a digest").only(Dialects::SNORT2);
    HASH = "hash", Keyword::new(Kind::Modifier, Grammar::Words(&["md5", "sha256", "sha512"]), "Kind of digest of the protected content before it").only(Dialects::SNORT2);
    LENGTH = "length", Keyword::new(Kind::Modifier, Grammar::Number, "Length of the protected content before it").only(Dialects::SNORT2);
    MD5 = "md5", Keyword::new(Kind::Payload, Grammar::Text, "Bytes to look for, given as an MD5 digest").only(Dialects::SNORT3);
    SHA256 = "sha256", Keyword::new(Kind::Payload, Grammar::Text, "Bytes to look for, given as an SHA-256 digest").only(Dialects::SNORT3);
    SHA512 = "sha512", Keyword::new(Kind::Payload, Grammar::Text, "Bytes to look for, given as an SHA-512 digest").only(Dialects::SNORT3);
    NOCASE = "nocase", Keyword::new(Kind::Modifier, Grammar::None, "Letters of the content match in either case").common().evaluated();
    DEPTH = "depth", Keyword::new(Kind::Modifier, Grammar::Own, "How far into the buffer the content may reach").common().evaluated();
    OFFSET = "offset", Keyword::new(Kind::Modifier, Grammar::Own, "Where in the buffer the search for the content starts").common().evaluated();
    DISTANCE = "distance", Keyword::new(Kind::Modifier, Grammar::Own, "How far after the previous match the search starts").common().evaluated();
    WITHIN = "within", Keyword::new(Kind::Modifier, Grammar::Own, "How many bytes after the previous match the content must end in").common().evaluated();
    STARTSWITH = "startswith", Keyword::new(Kind::Modifier, Grammar::None, "The content must begin the buffer").evaluated();
    ENDSWITH = "endswith", Keyword::new(Kind::Modifier, Grammar::None, "The content must end the buffer").evaluated();
    RAWBYTES = "rawbytes", Keyword::new(Kind::Modifier, Grammar::None, "The content is looked for before normalisation").common().evaluated();
    FAST_PATTERN = "fast_pattern", Keyword::new(Kind::Modifier, Grammar::Own, "The content is the one to look for first").common().evaluated();
    REPLACE = "replace", Keyword::new(Kind::Modifier, Grammar::Own, "Bytes to put in place of the content").common();
    PCRE = "pcre", Keyword::new(Kind::Payload, Grammar::Own, "A Perl-compatible regular expression").common().evaluated();
    REGEX = "regex", Keyword::new(Kind::Payload, Grammar::Own, "A regular expression that is searched while streaming").only(Dialects::SNORT3).evaluated();
    ISDATAAT = "isdataat", Keyword::new(Kind::Payload, Grammar::Own, "Whether there is data at a position").common().evaluated();
    DSIZE = "dsize", Keyword::new(Kind::Payload, Grammar::Own, "Size of the packet's payload").common().evaluated();
    BSIZE = "bsize", Keyword::new(Kind::Payload, Grammar::Own, "Size of the sticky buffer").aliases(&[snort3("bufferlen")]).evaluated();
    BYTE_TEST = "byte_test", Keyword::new(Kind::Payload, Grammar::Own, "Compares a number in the payload").common().evaluated();
    BYTE_JUMP = "byte_jump", Keyword::new(Kind::Payload, Grammar::Own, "Moves by a number in the payload").common().evaluated();
    BYTE_EXTRACT = "byte_extract", Keyword::new(Kind::Payload, Grammar::Own, "Keeps a number of the payload in a variable").common().evaluated();
    BYTE_MATH = "byte_math", Keyword::new(Kind::Payload, Grammar::Own, "Calculates with a number of the payload").common().evaluated();
    BASE64_DECODE = "base64_decode", Keyword::new(Kind::Payload, Grammar::Own, "Decodes base64 for base64_data").common().evaluated();
    BASE64_DATA = "base64_data", buffer("What base64_decode decoded").common().evaluated();
    PKT_DATA = "pkt_data", buffer("The payload: leaves the sticky buffer before it").common().evaluated();
    RAW_DATA = "raw_data", buffer("The payload before normalisation").only(Dialects::SNORT3).evaluated();
    ABSENT = "absent", Keyword::new(Kind::Payload, Grammar::Own, "The sticky buffer must be absent").evaluated();
    ENTROPY = "entropy", Keyword::new(Kind::Payload, Grammar::Own, "Entropy of the buffer").evaluated();
    ASN1 = "asn1", Keyword::new(Kind::Payload, Grammar::Own, "Defects of ASN.1 encodings").common().evaluated();
    BER_DATA = "ber_data", Keyword::new(Kind::Payload, Grammar::Own, "Moves to the content of a BER element").only(Dialects::SNORT3).evaluated();
    BER_SKIP = "ber_skip", Keyword::new(Kind::Payload, Grammar::Own, "Moves behind a BER element").only(Dialects::SNORT3).evaluated();
    RPC = "rpc", Keyword::new(Kind::Payload, Grammar::Own, "Program, version and procedure of an ONC RPC call").common().evaluated();
    SD_PATTERN = "sd_pattern", Keyword::new(Kind::Payload, Grammar::Own, "Sensitive data: credit cards, social security numbers, addresses").only(SNORT);
    CVS = "cvs", Keyword::new(Kind::Payload, Grammar::Words(&["invalid-entry"]), "Defects of the CVS protocol").only(SNORT);
    FTPBOUNCE = "ftpbounce", Keyword::new(Kind::Payload, Grammar::None, "A PORT command that names another host").only(Dialects::SURICATA.union(Dialects::SNORT2)).of(&["ftp"]).to_server().evaluated();
    LUA = "lua", Keyword::new(Kind::Payload, Grammar::Text, "A test written in Lua").aliases(&[suricata("luajit")]);
    DATASET = "dataset", Keyword::new(Kind::State, Grammar::Own, "Looks the sticky buffer up in a set, or adds it").evaluated();
    DATAREP = "datarep", Keyword::new(Kind::State, Grammar::Own, "Looks up the reputation of the sticky buffer").evaluated();
    PKTVAR = "pktvar", Keyword::new(Kind::State, Grammar::Text, "Compares a variable of the packet");
    FLOWVAR = "flowvar", Keyword::new(Kind::State, Grammar::Text, "Compares a variable of the flow");
}
