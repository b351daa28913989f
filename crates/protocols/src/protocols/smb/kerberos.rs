//! The Kerberos ticket with which somebody logs in (RFC 4121, section 4.1).

use crate::protocols::krb5;

/// Where a login goes, as its ticket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The realm of the service.
    pub realm: Vec<u8>,
    /// The parts of the service's name.
    pub names: Vec<Vec<u8>>,
}

/// Looks for the ticket in the token of a session setup, whatever is wrapped around it.
pub fn find(token: &[u8]) -> Option<Ticket> {
    // The mechanism, and that a request follows.
    const MARK: &[u8] = &[
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x01, 0x00,
    ];
    let place = memchr::memmem::find(token, MARK)?;
    let (realm, names) = krb5::shown_ticket(token.get(place + MARK.len()..)?)?;
    Some(Ticket { realm, names })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element with its content.
    fn element(identifier: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![identifier, content.len() as u8];
        bytes.extend_from_slice(content);
        bytes
    }

    #[test]
    fn realm_and_service_are_found() {
        let name = element(
            0x30,
            &[
                element(0xa0, &[2, 1, 2]),
                element(
                    0xa1,
                    &element(
                        0x30,
                        &[element(0x1b, b"cifs"), element(0x1b, b"h")].concat(),
                    ),
                ),
            ]
            .concat(),
        );
        let ticket = element(
            0x61,
            &element(
                0x30,
                &[
                    element(0xa0, &[2, 1, 5]),
                    element(0xa1, &element(0x1b, b"R.ORG")),
                    element(0xa2, &name),
                ]
                .concat(),
            ),
        );
        let request = element(0x6e, &element(0x30, &element(0xa3, &ticket)));
        let mut token = vec![
            0x60, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 1, 0,
        ];
        token.extend_from_slice(&request);
        let found = find(&token);
        let expected = Ticket {
            realm: b"R.ORG".to_vec(),
            names: vec![b"cifs".to_vec(), b"h".to_vec()],
        };
        assert_eq!(found, Some(expected));
        for end in 0..token.len() {
            assert_eq!(find(&token[..end]), None);
        }
    }
}
