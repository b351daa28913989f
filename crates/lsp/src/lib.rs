//! The language server for rules (Language Server Protocol 3.17).
//!
//! One thread reads messages and answers them in turn. A document is checked as a whole when it is opened or saved;
//! after a change only the rule around it is read again ([`document`]), so that a change costs the same in a file of
//! ten rules and of fifty thousand. What rules say to each other (numbers, flowbits) is counted over all files of the
//! workspace ([`workspace`]).
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod actions;
mod capture;
mod colours;
mod completion;
mod document;
mod hover;
mod lens;
mod navigation;
mod position;
mod reading;
mod server;
mod workspace;

use std::error::Error;

use lsp_server::Connection;

pub use capture::Trial;
use server::Server;

/// How a rule is tried on a capture: the text of the rule and the capture, to what came of it.
pub type TryRule = Box<dyn Fn(&str, &std::path::Path) -> Result<Trial, String>>;

/// Serves one client until it says goodbye. `false` when it left without saying so.
///
/// # Errors
/// When the connection breaks, or the client does not begin as the protocol demands.
pub fn serve(
    connection: &Connection,
    try_rule: TryRule,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let (id, begin) = connection.initialize_start()?;
    let server = Server::new(&begin, try_rule);
    connection.initialize_finish(id, server.capabilities())?;
    server.run(connection)
}

/// Serves the client at standard input and output.
///
/// # Errors
/// As [`serve`].
pub fn serve_stdio(try_rule: TryRule) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let (connection, threads) = Connection::stdio();
    let orderly = serve(&connection, try_rule)?;
    drop(connection);
    threads.join()?;
    Ok(orderly)
}
