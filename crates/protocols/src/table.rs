//! Which protocols are looked for, and where.

use std::collections::BTreeMap;

use tapir_packet::Direction;

use crate::AppProto;
use crate::protocols::SIGNATURES;
use crate::signature::{Pattern, PortProbe, Ports, Probe, Signature, Transport};

/// Whether a protocol is looked for (`app-layer.protocols.NAME.enabled`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enabled {
    /// No.
    No,
    /// It is recognised but not parsed.
    DetectionOnly,
    /// Yes.
    Yes,
}

/// What the configuration says of one protocol over one transport.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProtocolSettings {
    /// Whether it is looked for, if that is said.
    pub enabled: Option<Enabled>,
    /// The receiver's and the sender's ports at which it is probed for (`detection-ports`), if they are said.
    pub detection_ports: Option<DetectionPorts>,
}

/// Ports at which a protocol is probed for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DetectionPorts {
    /// `dp`: the port of the flow's receiver. Port 0 stands for every port.
    pub destination: Vec<u16>,
    /// `sp`: the port of the flow's sender.
    pub source: Vec<u16>,
}

/// A probe at a port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PortElement {
    pub proto: AppProto,
    pub min: u16,
    pub max: u16,
    pub to_server: Option<Probe>,
    pub to_client: Option<Probe>,
    /// It stands at every port.
    pub everywhere: bool,
}

/// The probes at one port.
#[derive(Debug, Clone, Default)]
pub(crate) struct PortProbes {
    pub destination: Vec<PortElement>,
    pub source: Vec<PortElement>,
    /// The protocols of both, a bit each.
    pub mask: u64,
}

/// The patterns of one transport and direction.
#[derive(Debug, Clone, Default)]
pub(crate) struct PatternList {
    pub patterns: Vec<(AppProto, Pattern)>,
    /// The largest depth.
    pub depth: usize,
    /// The most bytes a confirming probe may want.
    pub confirm: usize,
}

/// Everything recognition needs to know: built once from the configuration, shared by all flows.
#[derive(Debug, Clone)]
pub struct ProtocolTable {
    patterns: [[PatternList; 2]; 2],
    ports: [BTreeMap<u16, PortProbes>; 2],
    enabled: [[Enabled; AppProto::ALL.len()]; 2],
    /// `stream.midstream`: sessions may be joined after their beginning, so patterns of either side count.
    pub(crate) midstream: bool,
}

impl Transport {
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Tcp => 0,
            Self::Udp => 1,
        }
    }
}

/// The bit of a protocol in a mask.
pub(crate) const fn bit(proto: AppProto) -> u64 {
    1 << proto as u8
}

impl Default for ProtocolTable {
    fn default() -> Self {
        Self::new(false, |_, _| ProtocolSettings::default())
    }
}

impl ProtocolTable {
    /// A table of the protocols as configured. `settings` says what the configuration has about a protocol over a
    /// transport; `midstream` is `stream.midstream`.
    pub fn new(
        midstream: bool,
        settings: impl Fn(AppProto, Transport) -> ProtocolSettings,
    ) -> Self {
        let mut table = Self {
            patterns: Default::default(),
            ports: Default::default(),
            enabled: [[Enabled::No; AppProto::ALL.len()]; 2],
            midstream,
        };
        for signature in SIGNATURES {
            for transport in [Transport::Tcp, Transport::Udp] {
                table.add(signature, transport, &settings(signature.proto, transport));
            }
        }
        table
    }

    fn add(&mut self, signature: &Signature, transport: Transport, settings: &ProtocolSettings) {
        let default = if signature.enabled {
            Enabled::Yes
        } else {
            Enabled::No
        };
        let enabled = settings.enabled.unwrap_or(default);
        if let Some(place) = self.enabled[transport.index()].get_mut(signature.proto as usize) {
            *place = enabled;
        }
        if enabled == Enabled::No {
            return;
        }
        for pattern in signature
            .patterns
            .iter()
            .filter(|pattern| pattern.transport == transport)
        {
            let list = &mut self.patterns[transport.index()][pattern.direction.index()];
            list.patterns.push((signature.proto, *pattern));
            list.depth = list.depth.max(pattern.depth.into());
            list.confirm = list
                .confirm
                .max(pattern.confirm.map_or(0, |confirm| confirm.max.into()));
        }
        for probe in signature
            .probes
            .iter()
            .filter(|probe| probe.transport == transport)
        {
            self.add_probe(signature.proto, probe, settings.detection_ports.as_ref());
        }
    }

    fn add_probe(
        &mut self,
        proto: AppProto,
        probe: &PortProbe,
        configured: Option<&DetectionPorts>,
    ) {
        let element = PortElement {
            proto,
            min: probe.min,
            max: probe.max,
            to_server: probe.to_server,
            to_client: probe.to_client,
            everywhere: false,
        };
        let (destination, source): (&[u16], &[u16]) = match (configured, probe.ports) {
            (Some(ports), _) => (&ports.destination, &ports.source),
            (None, Ports::Destination(ports)) => (ports, &[]),
            (None, Ports::Both(destination, source)) => (destination, source),
        };
        for port in destination {
            self.place(probe.transport, *port, element, Side::Destination);
        }
        for port in source {
            self.place(probe.transport, *port, element, Side::Source);
        }
    }

    /// Files a probe at a port: behind those that stand there already, but before those of every port (0), which
    /// are copied to each port that has probes of its own.
    fn place(&mut self, transport: Transport, port: u16, element: PortElement, side: Side) {
        let element = PortElement {
            everywhere: port == 0,
            ..element
        };
        let ports = &mut self.ports[transport.index()];
        let everywhere = ports.get(&0).cloned();
        let probes = ports
            .entry(port)
            .or_insert_with(|| everywhere.unwrap_or_default());
        let list = side.of(probes);
        if list.iter().any(|other| other.proto == element.proto) {
            return;
        }
        let own = list.iter().take_while(|other| !other.everywhere).count();
        list.insert(if element.everywhere { list.len() } else { own }, element);
        probes.mask |= bit(element.proto);
        if element.everywhere {
            for (_, probes) in ports.iter_mut().filter(|(port, _)| **port != 0) {
                side.of(probes).push(element);
                probes.mask |= bit(element.proto);
            }
        }
    }

    /// Whether a protocol is looked for, and parsed.
    pub fn enabled(&self, proto: AppProto, transport: Transport) -> Enabled {
        self.enabled[transport.index()]
            .get(proto as usize)
            .copied()
            .unwrap_or(Enabled::No)
    }

    /// The protocols that are looked for over either transport, in the order of their numbers.
    pub fn protocols(&self) -> impl Iterator<Item = AppProto> + '_ {
        AppProto::ALL.iter().copied().filter(|proto| {
            [Transport::Tcp, Transport::Udp]
                .iter()
                .any(|transport| self.enabled(*proto, *transport) != Enabled::No)
        })
    }

    /// The side that must speak first over TCP, if one must.
    pub(crate) fn first_data(&self, proto: AppProto) -> Option<Direction> {
        SIGNATURES
            .iter()
            .find(|signature| signature.proto == proto)?
            .first_data
    }

    pub(crate) fn patterns(&self, transport: Transport, direction: Direction) -> &PatternList {
        &self.patterns[transport.index()][direction.index()]
    }

    /// The probes of a port, or else those of every port.
    pub(crate) fn at_port(&self, transport: Transport, port: u16) -> Option<&PortProbes> {
        let ports = &self.ports[transport.index()];
        ports.get(&port).or_else(|| ports.get(&0))
    }

    /// The probe of a protocol that the other side speaks, wherever it is filed.
    pub(crate) fn of_protocol(
        &self,
        transport: Transport,
        proto: AppProto,
    ) -> Option<&PortElement> {
        self.ports[transport.index()]
            .values()
            .flat_map(|probes| probes.destination.iter().chain(&probes.source))
            .find(|element| element.proto == proto)
    }
}

#[derive(Clone, Copy)]
enum Side {
    Destination,
    Source,
}

impl Side {
    fn of(self, probes: &mut PortProbes) -> &mut Vec<PortElement> {
        match self {
            Self::Destination => &mut probes.destination,
            Self::Source => &mut probes.source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_decides_what_is_looked_for_and_where() {
        let table = ProtocolTable::new(false, |proto, transport| match (proto, transport) {
            (AppProto::Ssh, _) => ProtocolSettings {
                enabled: Some(Enabled::No),
                detection_ports: None,
            },
            (AppProto::Modbus, Transport::Tcp) => ProtocolSettings {
                enabled: Some(Enabled::DetectionOnly),
                detection_ports: None,
            },
            (AppProto::Rdp, Transport::Tcp) => ProtocolSettings {
                enabled: None,
                detection_ports: Some(DetectionPorts {
                    destination: vec![0],
                    source: vec![7],
                }),
            },
            _ => ProtocolSettings::default(),
        });
        assert_eq!(table.enabled(AppProto::Ssh, Transport::Tcp), Enabled::No);
        assert_eq!(
            table.enabled(AppProto::Modbus, Transport::Tcp),
            Enabled::DetectionOnly
        );
        assert_eq!(table.enabled(AppProto::Dnp3, Transport::Tcp), Enabled::No);
        assert!(table.protocols().any(|proto| proto == AppProto::FtpData));
        let at = |port| {
            let probes = table.at_port(Transport::Tcp, port).unwrap();
            probes
                .destination
                .iter()
                .map(|element| element.proto)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            at(502),
            [AppProto::Modbus, AppProto::Rdp],
            "what stands everywhere comes last"
        );
        assert_eq!(at(31_337), [AppProto::Rdp]);
        assert_eq!(table.at_port(Transport::Tcp, 7).unwrap().source.len(), 1);
    }
}
