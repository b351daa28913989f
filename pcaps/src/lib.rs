//! Builds the small captures of this folder packet by packet
