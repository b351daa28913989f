//! Where packets come from: capture files and live interfaces
