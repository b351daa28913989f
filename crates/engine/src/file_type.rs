//! What sort of file some bytes are the beginning of, by the system's `libmagic`.

use magic::Cookie;
use magic::cookie::{Flags, Load};

thread_local! {
    /// What is loaded serves one thread; loading takes long, so that it is done when the first file comes.
    static COOKIE: Option<Cookie<Load>> = load();
}

fn load() -> Option<Cookie<Load>> {
    let loaded = Cookie::open(Flags::default())
        .map_err(|error| error.to_string())
        .and_then(|cookie| {
            cookie
                .load(&Default::default())
                .map_err(|error| error.to_string())
        });
    loaded
        .map_err(|error| tracing::warn!("types of files are not told: {error}"))
        .ok()
}

/// The name of the type; nothing when it cannot be told.
pub(crate) fn of_beginning(data: &[u8]) -> Option<Box<str>> {
    COOKIE
        .with(|cookie| cookie.as_ref()?.buffer(data).ok())
        .map(String::into_boxed_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told() {
        let name = of_beginning(b"%PDF-1.4\n").expect("a type");
        assert!(name.starts_with("PDF document"), "{name}");
    }
}
