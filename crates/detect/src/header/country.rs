//! `geoip`: countries of addresses, from a MaxMind database.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use maxminddb::{MaxMindDbError, PathElement, Reader};
use tapir_packet::Packet;
use tapir_rules::tree::{GeoIp, GeoSide};

use super::Sides;

/// A database of the countries of addresses.
pub struct CountryDatabase(Reader<Vec<u8>>);

impl CountryDatabase {
    /// Reads a database file (`geoip-database`), such as GeoLite2-Country.mmdb.
    ///
    /// # Errors
    ///
    /// A text that says why the file cannot be read, or that it is no such database.
    pub fn open(path: &Path) -> Result<Self, String> {
        let of_path = |error: MaxMindDbError| format!("{}: {error}", path.display());
        Reader::open_readfile(path)
            .map(CountryDatabase)
            .map_err(of_path)
    }

    /// Takes a database that has been read.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with it.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, String> {
        Reader::from_source(bytes)
            .map(CountryDatabase)
            .map_err(|error| error.to_string())
    }

    /// The code of an address's country, in capitals (ISO 3166).
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<[u8; 2]> {
        const PATH: [PathElement<'static>; 2] =
            [PathElement::Key("country"), PathElement::Key("iso_code")];
        let found = self.0.lookup(address).ok()?;
        let code: &str = found.decode_path(&PATH).ok()??;
        code.as_bytes().try_into().ok()
    }
}

impl fmt::Debug for CountryDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CountryDatabase")
            .field(&self.0.metadata().database_type)
            .finish()
    }
}

/// A `geoip` of a rule.
#[derive(Clone, Debug)]
pub struct CountryTest {
    database: Arc<CountryDatabase>,
    sides: Sides,
    negated: bool,
    countries: Box<[[u8; 2]]>,
}

impl CountryTest {
    pub(super) fn new(
        asked: &GeoIp,
        database: Option<&Arc<CountryDatabase>>,
    ) -> Result<Self, String> {
        let database = database.ok_or("`geoip` needs a database: set `geoip-database`")?;
        Ok(CountryTest {
            database: Arc::clone(database),
            sides: match asked.side {
                GeoSide::Src => Sides::Source,
                GeoSide::Dst => Sides::Destination,
                GeoSide::Both => Sides::Both,
                GeoSide::Any => Sides::Either,
            },
            negated: asked.negated,
            countries: asked.countries.clone(),
        })
    }

    /// Whether the packet's addresses pass. One of no known country never does.
    pub(super) fn holds(&self, packet: &Packet<'_>) -> bool {
        packet.ip_version != 0
            && self.sides.pass(packet, |address| {
                let country = self.database.country(address);
                country.is_some_and(|country| self.countries.contains(&country) != self.negated)
            })
    }

    /// Where the addresses are, in words.
    pub(super) fn seen(&self, packet: &Packet<'_>) -> String {
        let name = |address| match self.database.country(address) {
            Some(code) => String::from_utf8_lossy(&code).into_owned(),
            None => "no known country".to_owned(),
        };
        let (src, dst) = (name(packet.src), name(packet.dst));
        format!("the source is in {src}, the destination in {dst}")
    }
}
