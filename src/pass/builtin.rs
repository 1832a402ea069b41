//! The passes that come with guestwire. They run against the sandbox as they are, and teach the format.

/// What the name of a built-in pass begins with, where a file is named.
pub const PREFIX: &str = "built-in:";

/// The one that a demo plays where nobody says which.
pub const DEMO: &str = "demo";

/// Name and text of each.
pub const ALL: [(&str, &str); 4] = [
    ("smoke", include_str!("../../assets/passes/smoke.toml")),
    ("refusals", include_str!("../../assets/passes/refusals.toml")),
    ("renewal", include_str!("../../assets/passes/renewal.toml")),
    (DEMO, include_str!("../../assets/passes/demo.toml")),
];

/// The names of all.
pub fn names() -> [&'static str; ALL.len()] {
    ALL.map(|(name, _)| name)
}

/// The JSON Schema of the format.
pub const SCHEMA: &str = include_str!("../../assets/passes/schema.json");

/// The text of the built-in pass of that name, with or without the prefix.
pub fn named(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
