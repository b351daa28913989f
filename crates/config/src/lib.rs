//! Configuration: YAML, overrides, and a snort.conf's variables
