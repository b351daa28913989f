//! What can be wrong with an exchange.

macro_rules! events {
    ($($constant:ident = $name:literal;)*) => {
        /// Events, by their place in [`NAMES`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Event {
            $(
                #[doc = concat!("`", $name, "`")]
                $constant,
            )*
        }

        /// Their names, as rules write them after `http.`.
        pub(super) const NAMES: &[&str] = &[$($name,)*];
    };
}

events! {
    GzipFailed = "GZIP_DECOMPRESSION_FAILED";
    RequestMissingColon = "REQUEST_FIELD_MISSING_COLON";
    ResponseMissingColon = "RESPONSE_FIELD_MISSING_COLON";
    RequestChunkLength = "INVALID_REQUEST_CHUNK_LEN";
    ResponseChunkLength = "INVALID_RESPONSE_CHUNK_LEN";
    RequestTransferEncoding = "INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST";
    RequestLength = "INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST";
    ResponseLength = "INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE";
    ContinueAlreadySeen = "100_CONTINUE_ALREADY_SEEN";
    UnmatchedResponse = "UNABLE_TO_MATCH_RESPONSE_TO_REQUEST";
    InvalidPort = "INVALID_SERVER_PORT_IN_REQUEST";
    InvalidAuthorityPort = "INVALID_AUTHORITY_PORT";
    RequestHeaderInvalid = "REQUEST_HEADER_INVALID";
    ResponseHeaderInvalid = "RESPONSE_HEADER_INVALID";
    MissingHost = "MISSING_HOST_HEADER";
    HostAmbiguous = "HOST_HEADER_AMBIGUOUS";
    RequestFolding = "INVALID_REQUEST_FIELD_FOLDING";
    ResponseFolding = "INVALID_RESPONSE_FIELD_FOLDING";
    RequestTooLong = "REQUEST_FIELD_TOO_LONG";
    ResponseTooLong = "RESPONSE_FIELD_TOO_LONG";
    MultipartError = "MULTIPART_GENERIC_ERROR";
    MultipartNoFile = "MULTIPART_NO_FILEDATA";
    MultipartHeader = "MULTIPART_INVALID_HEADER";
    PortMismatch = "REQUEST_SERVER_PORT_TCP_PORT_MISMATCH";
    UriHostInvalid = "REQUEST_URI_HOST_INVALID";
    HeaderHostInvalid = "REQUEST_HEADER_HOST_INVALID";
    UriDelimiter = "URI_DELIM_NON_COMPLIANT";
    MethodDelimiter = "METHOD_DELIM_NON_COMPLIANT";
    LeadingWhitespace = "REQUEST_LINE_LEADING_WHITESPACE";
    TooManyLayers = "TOO_MANY_ENCODING_LAYERS";
    AbnormalEncoding = "ABNORMAL_CE_HEADER";
    UnknownAuthorization = "REQUEST_AUTH_UNRECOGNIZED";
    RequestRepetition = "REQUEST_HEADER_REPETITION";
    ResponseRepetition = "RESPONSE_HEADER_REPETITION";
    ResponseByteRanges = "RESPONSE_MULTIPART_BYTERANGES";
    ResponseTransferEncoding = "RESPONSE_ABNORMAL_TRANSFER_ENCODING";
    ChunkedOldVersion = "RESPONSE_CHUNKED_OLD_PROTO";
    ResponseProtocol = "RESPONSE_INVALID_PROTOCOL";
    ResponseStatus = "RESPONSE_INVALID_STATUS";
    RequestLineIncomplete = "REQUEST_LINE_INCOMPLETE";
    DoubleEncoded = "DOUBLE_ENCODED_URI";
    RequestLineInvalid = "REQUEST_LINE_INVALID";
    RequestBodyUnexpected = "REQUEST_BODY_UNEXPECTED";
    ResponseBodyUnexpected = "RESPONSE_BODY_UNEXPECTED";
    LzmaMemory = "LZMA_MEMLIMIT_REACHED";
    TwoRequestLengths = "DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST";
    TwoResponseLengths = "DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE";
    CompressionBomb = "COMPRESSION_BOMB";
    RangeInvalid = "RANGE_INVALID";
    FileNameTooLong = "FILE_NAME_TOO_LONG";
    FailedProtocolChange = "FAILED_PROTOCOL_CHANGE";
    RequestChunkExtension = "REQUEST_CHUNK_EXTENSION";
    ResponseChunkExtension = "RESPONSE_CHUNK_EXTENSION";
    MissingProtocol = "REQUEST_LINE_MISSING_PROTOCOL";
    TooManyRequestHeaders = "REQUEST_TOO_MANY_HEADERS";
    TooManyResponseHeaders = "RESPONSE_TOO_MANY_HEADERS";
}
