//! Decoding of whole frames.

mod events;
mod fragments;
mod frames;
mod hostile;
mod links;
mod tunnels;
mod views;
