//! The control socket.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tapir_config::{ConfigError, Node};

/// The control socket of a run.
#[derive(Debug, Clone)]
pub struct ControlSettings {
    /// Where it is.
    pub path: PathBuf,
    /// Without it there is to be no run.
    pub required: bool,
    /// What the configuration says, for those who ask for it.
    pub configured: BTreeMap<String, String>,
}

/// Reads `unix-command`: `auto` is for interfaces. When the socket cannot be had, the run goes on, unless the configuration
/// wants no run that is not as it says.
pub(super) fn control(root: &Node, live: bool) -> Result<Option<ControlSettings>, ConfigError> {
    let wanted = root.parsed_at(
        "unix-command.enabled",
        false,
        "yes, no or auto",
        |text| match text {
            "auto" => Some(live),
            _ => tapir_config::parse_bool(text),
        },
    )?;
    let required = root.bool_at("engine.init-failure-fatal", false)?;
    let path = root.text_at("unix-command.filename", tapir_control::DEFAULT_PATH);
    let path = tapir_control::path_of(path);
    Ok(wanted.then(|| ControlSettings {
        path,
        required,
        configured: lines(root),
    }))
}

/// The values of a configuration by their names.
fn lines(root: &Node) -> BTreeMap<String, String> {
    let text = root.to_string();
    let pairs = text.lines().filter_map(|line| line.split_once(" = "));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use tapir_config::Config;

    use super::*;

    fn read(text: &str, live: bool) -> Option<(PathBuf, bool)> {
        let config = Config::from_text("test", text).expect("a configuration");
        let control = control(&config.root, live).expect("settings");
        control.map(|control| (control.path, control.required))
    }

    #[test]
    fn auto_is_for_interfaces() {
        let default = PathBuf::from("/run/tapir/command.socket");
        assert_eq!(read("{}", true), None);
        assert_eq!(read("unix-command: {enabled: no}", true), None);
        assert_eq!(read("unix-command: {enabled: auto}", false), None);
        let auto = read("unix-command: {enabled: auto}", true);
        assert_eq!(auto, Some((default.clone(), false)));
        let strict = "{unix-command: {enabled: yes}, engine: {init-failure-fatal: yes}}";
        assert_eq!(read(strict, false), Some((default.clone(), true)));
        assert_eq!(
            read("unix-command: {enabled: yes}", false),
            Some((default, false))
        );
    }

    #[test]
    fn names_lie_in_the_usual_folder() {
        let of = |name: &str| {
            read(
                &format!("unix-command: {{enabled: yes, filename: {name}}}"),
                true,
            )
        };
        assert_eq!(
            of("a.socket"),
            Some((PathBuf::from("/run/tapir/a.socket"), false))
        );
        assert_eq!(of("/tmp/a"), Some((PathBuf::from("/tmp/a"), false)));
    }

    #[test]
    fn what_is_configured_is_told_by_name() {
        let config = Config::from_text("test", "unix-command: {enabled: yes}\nflow: {memcap: 1mb}");
        let config = config.expect("a configuration");
        let control = control(&config.root, true)
            .expect("settings")
            .expect("wanted");
        assert_eq!(
            control.configured.get("flow.memcap").map(String::as_str),
            Some("1mb")
        );
    }
}
