//! Rules compiled from text and tried on packets built here.

mod addresses;
mod allocation;
mod flow_keywords;
mod lab;
mod payload_and_stream;
mod property;
mod response;
mod state;
