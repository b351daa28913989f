//! Hooks: the states of transactions at which rules can be tried.

use tapir_packet::Direction;

use crate::AppProto;

/// A way that transactions of a protocol go, with the names of its states.
#[derive(Debug, Clone, Copy)]
pub struct Branch {
    /// Its name; empty where all transactions go the same way.
    pub name: &'static str,
    /// The states of the sides to the server and to the client: name, and the progress at which a side is in it. A
    /// side without names has the two that every protocol has.
    pub states: [&'static [(&'static str, u8)]; 2],
}

/// All transactions go one way, through the states that every protocol has.
pub(crate) const ONE_WAY: &[Branch] = &[Branch {
    name: "",
    states: [&[], &[]],
}];

/// A state of one side of transactions at which rules can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hook {
    /// Which way its transactions go, of a protocol that has several: see [`Branch`].
    pub branch: u8,
    /// The side.
    pub direction: Direction,
    /// The progress of that side.
    pub progress: u8,
}

/// The names that the first and the last state of every side have, whatever else they are called.
const COMMON: [[&str; 2]; 2] = [
    ["request_started", "request_complete"],
    ["response_started", "response_complete"],
];

const DIRECTIONS: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

impl AppProto {
    /// The hook of a name: `request_line`, or `stream:request_headers` where transactions go several ways.
    pub fn hook(self, name: &str) -> Option<Hook> {
        let (branch, state) = name.split_once(':').unwrap_or(("", name));
        let place = self
            .branches()
            .iter()
            .position(|known| known.name == branch)?;
        let branch = self.branches().get(place)?;
        DIRECTIONS.iter().find_map(|&direction| {
            let way = direction.index();
            let own = branch.states[way]
                .iter()
                .find(|(known, _)| *known == state)
                .map(|(_, progress)| *progress);
            let common = || {
                let [first, last] = COMMON[way];
                match state {
                    _ if state == first => Some(0),
                    _ if state == last => Some(self.last_progress()[way]),
                    _ => None,
                }
            };
            Some(Hook {
                branch: place as u8,
                direction,
                progress: own.or_else(common)?,
            })
        })
    }

    /// All hooks with their names, side by side in the order in which transactions pass them.
    pub fn hooks(self) -> Vec<(Hook, String)> {
        let mut hooks = Vec::new();
        if !self.has_parser() {
            return hooks;
        }
        for (place, branch) in self.branches().iter().enumerate() {
            for direction in DIRECTIONS {
                let way = direction.index();
                let common = [
                    (COMMON[way][0], 0),
                    (COMMON[way][1], self.last_progress()[way]),
                ];
                let states = match branch.states[way] {
                    [] => &common[..],
                    own => own,
                };
                for &(state, progress) in states {
                    let hook = Hook {
                        branch: place as u8,
                        direction,
                        progress,
                    };
                    let name = match branch.name {
                        "" => state.to_owned(),
                        branch => format!("{branch}:{state}"),
                    };
                    hooks.push((hook, name));
                }
            }
        }
        hooks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_found_by_their_names() {
        let hook = AppProto::Http1.hook("request_headers");
        assert_eq!(
            hook.map(|hook| (hook.direction, hook.progress)),
            Some((Direction::ToServer, 2))
        );
        assert!(AppProto::Http1.hook("client_hello_done").is_none());
        let started = AppProto::Tls.hook("request_started");
        assert_eq!(started, AppProto::Tls.hook("client_in_progress"));
        for proto in AppProto::ALL {
            for (hook, name) in proto.hooks() {
                assert_eq!(proto.hook(&name), Some(hook), "{name}");
            }
        }
    }
}
