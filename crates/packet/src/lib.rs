//! Zero-copy decoding from the link layer to the transport layer
