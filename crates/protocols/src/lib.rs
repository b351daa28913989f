//! Application protocols: recognition, transactions and named buffers
