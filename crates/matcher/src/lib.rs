//! Many patterns over one buffer, and regular expressions with limits
