//! Enums each of whose variants has a word: on screen, in files, on the command line.

/// Declares such an enum from one row a variant: `ALL` of them, the word of each under the name that stands behind the
/// enum's, and [`Display`](std::fmt::Display) and `named` from it. A second text of each is what it means.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident: $word:ident, $about:ident {
        $($(#[$doc:meta])* $variant:ident = $text:literal, $says:literal;)+
    }) => {
        $crate::model::words::words! {
            $(#[$meta])*
            pub enum $name: $word { $($(#[$doc])* $variant = $text;)+ }
        }

        impl $name {
            /// The second text of its row.
            pub const fn $about(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }
        }
    };
    ($(#[$meta:meta])* pub enum $name:ident: $word:ident { $($(#[$doc:meta])* $variant:ident = $text:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// Its word.
            pub const fn $word(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one that has this word.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.$word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.$word())
            }
        }
    };
}

pub(crate) use words;
