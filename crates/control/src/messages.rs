//! Objects of JSON that come through a stream, one after another, with or without line feeds between them.

use std::io::{self, Read};

use serde_json::Value;

/// Reads objects, up to a length.
pub(crate) struct Messages<S> {
    stream: S,
    buffer: Vec<u8>,
    limit: usize,
}

impl<S: Read> Messages<S> {
    pub(crate) fn new(stream: S, limit: usize) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            limit,
        }
    }

    /// The next object; nothing when the other side has gone.
    pub(crate) fn next(&mut self) -> io::Result<Option<Value>> {
        let mut chunk = [0; 4096];
        // A long message comes in many pieces; it is read anew only when as much again has come.
        let mut try_at = 1;
        loop {
            let may_be_whole = matches!(self.buffer.last(), Some(b'}' | b'\n'));
            if self.buffer.len() >= try_at || may_be_whole {
                if let Some(value) = self.take()? {
                    return Ok(Some(value));
                }
                try_at = self.buffer.len().saturating_mul(2).max(1);
            }
            if self.buffer.len() >= self.limit {
                return Err(invalid("the message is too long"));
            }
            let count = match self.stream.read(&mut chunk) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if count == 0 {
                return match self.take()? {
                    None if self.buffer.iter().all(u8::is_ascii_whitespace) => Ok(None),
                    None => Err(invalid("the message is cut short")),
                    found => Ok(found),
                };
            }
            self.buffer
                .extend_from_slice(chunk.get(..count).unwrap_or_default());
            if count < chunk.len() {
                // No more is there for now: this may be all of it.
                try_at = self.buffer.len();
            }
        }
    }

    /// Takes a whole object from the front, if one is there.
    fn take(&mut self) -> io::Result<Option<Value>> {
        let mut values = serde_json::Deserializer::from_slice(&self.buffer).into_iter::<Value>();
        let value = match values.next() {
            None => return Ok(None),
            Some(Err(error)) if error.is_eof() => return Ok(None),
            Some(Err(error)) => return Err(invalid(error.to_string())),
            Some(Ok(value)) => value,
        };
        let used = values.byte_offset();
        self.buffer.drain(..used.min(self.buffer.len()));
        if value.is_object() {
            Ok(Some(value))
        } else {
            Err(invalid("the message is no object"))
        }
    }
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Gives a byte at a time.
    struct Drip(Vec<u8>);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            into[0] = self.0.remove(0);
            Ok(1)
        }
    }

    #[test]
    fn objects_come_however_they_are_cut() {
        let text = b"{\"version\": \"0.2\"}{\"command\":\"a\"}\n\n {\"command\":\"b\"}\n";
        let expected = [
            json!({ "version": "0.2" }),
            json!({ "command": "a" }),
            json!({ "command": "b" }),
        ];
        let mut whole = Messages::new(&text[..], 1000);
        let mut drip = Messages::new(Drip(text.to_vec()), 1000);
        for value in expected {
            assert_eq!(whole.next().unwrap(), Some(value.clone()));
            assert_eq!(drip.next().unwrap(), Some(value));
        }
        assert_eq!(whole.next().unwrap(), None);
        assert_eq!(drip.next().unwrap(), None);
    }

    /// Gives a whole buffer at a time, and then would wait forever.
    struct Full(Vec<u8>);

    impl Read for Full {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            assert!(self.0.len() >= into.len(), "waits although all is there");
            let rest = self.0.split_off(into.len());
            into.copy_from_slice(&self.0);
            self.0 = rest;
            Ok(into.len())
        }
    }

    #[test]
    fn a_message_that_fills_what_is_read_is_not_waited_for() {
        for pieces in 1..6 {
            let text = format!("{{\"a\":\"{}\"}}", "b".repeat(4096 * pieces - 8));
            assert_eq!(text.len() % 4096, 0);
            let mut messages = Messages::new(Full(text.into_bytes()), 1 << 20);
            assert!(messages.next().unwrap().is_some());
        }
    }

    #[test]
    fn what_is_no_object_or_too_long_is_refused() {
        for text in ["[1]", "\"a\"", "{\"a\" 1}", "{\"a\":", "x"] {
            assert!(
                Messages::new(text.as_bytes(), 1000).next().is_err(),
                "{text}"
            );
        }
        let long = format!("{{\"a\":\"{}\"}}", "b".repeat(20_000));
        assert!(Messages::new(long.as_bytes(), 8000).next().is_err());
        assert!(Messages::new(long.as_bytes(), 40_000).next().is_ok());
        // Depth is bounded by the reader of JSON.
        let deep = format!("{{\"a\":{}", "[".repeat(5000));
        assert!(Messages::new(deep.as_bytes(), 8000).next().is_err());
    }
}
