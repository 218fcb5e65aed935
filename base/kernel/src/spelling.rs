//! One spelling of what people type: names without letters that show nothing, and
//! numbers (工号, 证件号) in which look-alikes are the same character. Two entries that
//! look the same to a reader are the same to the program.

use unicode_normalization::UnicodeNormalization;

/// Characters that take no room or show nothing: zero-width ones, directions of
/// writing, fillers, variation selectors, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\0' | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The text with what shows nothing left out, and without blanks around it.
pub fn visible(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    seen.trim().to_owned()
}

/// A number or code in its one spelling: half-width, without what shows nothing and
/// without blanks (NFKC): `２０２６００１` and `2026001` are one number. Hyphens of
/// every kind are `-`.
pub fn number(text: &str) -> String {
    let mut plain = once(text);
    // Letters that stood apart compose once what stood between them is gone.
    loop {
        let again = once(&plain);
        if again == plain {
            return plain;
        }
        plain = again;
    }
}

fn once(text: &str) -> String {
    let hyphen = |c| match c {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '﹣' => '-',
        other => other,
    };
    let kept = text
        .chars()
        .filter(|c| !is_invisible(*c) && !c.is_whitespace());
    let plain = kept.nfkc();
    let plain = plain.filter(|c| !is_invisible(*c) && !c.is_whitespace());
    plain.map(hyphen).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn look_alikes_are_one() {
        assert_eq!(number("２０２６００１"), "2026001");
        assert_eq!(number(" 2026\u{200b}001\u{a0}"), "2026001");
        assert_eq!(number("Ｔ—01"), "T-01");
        assert_eq!(visible("\u{202e}王\u{200b}芳 "), "王芳");
        assert_eq!(visible("\u{2800}\u{3164}"), "");
        // A lone accent is a blank with an accent; without the blank it joins the letter.
        assert_eq!(number("E\u{384}"), "É");
    }

    proptest! {
        #[test]
        fn the_spelling_of_a_spelling_is_itself(text in any::<String>()) {
            let (seen, plain) = (visible(&text), number(&text));
            prop_assert_eq!(visible(&seen), seen);
            prop_assert_eq!(number(&plain), plain);
        }
    }
}
