//! Flow table, defragmentation, TCP state and reassembly
