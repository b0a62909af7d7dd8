//! Words beside a moment, in rows, so that two of them never lie on each other.

use svg::node::element::Text;

use super::{RIGHT, text};

/// How high a row is.
pub(super) const HEIGHT: f64 = 14.0;
/// How wide a character is, with a little air; a font that is not known is not measured.
const CHARACTER: f64 = 6.5;
/// How far the words stand from the moment.
const GAP: f64 = 3.0;

/// Words that stand beside a moment.
pub(super) struct Label<'words> {
    /// Where the moment is.
    pub(super) x: f64,
    /// Which row is free there, from 0.
    pub(super) row: u8,
    words: &'words str,
    begins: f64,
    ends: f64,
    anchor: &'static str,
}

impl Label<'_> {
    /// The words, on this height.
    pub(super) fn text(&self, y: f64, class: &str) -> Text {
        let x = if self.anchor == "end" {
            self.x - GAP
        } else {
            self.x + GAP
        };
        text(x, y, class, self.words).set("text-anchor", self.anchor)
    }
}

/// Words behind their moment, or before it where they would leave the picture.
pub(super) fn beside<'words>(
    moments: impl Iterator<Item = (f64, &'words str)>,
) -> Vec<Label<'words>> {
    in_rows(moments.map(|(x, words)| {
        let label = label(x, words, "start");
        if label.ends > RIGHT {
            self::label(x, words, "end")
        } else {
            label
        }
    }))
}

/// Words before their moment, or behind it where they would leave the picture.
pub(super) fn before<'words>(
    moments: impl Iterator<Item = (f64, &'words str)>,
) -> Vec<Label<'words>> {
    in_rows(moments.map(|(x, words)| {
        let label = label(x, words, "end");
        if label.begins < 0.0 {
            self::label(x, words, "start")
        } else {
            label
        }
    }))
}

fn label<'words>(x: f64, words: &'words str, anchor: &'static str) -> Label<'words> {
    let characters = u16::try_from(words.chars().count()).unwrap_or(u16::MAX);
    let width = f64::from(characters) * CHARACTER + GAP;
    let begins = if anchor == "end" { x - width } else { x };
    Label {
        x,
        row: 0,
        words,
        begins,
        ends: begins + width,
        anchor,
    }
}

/// Gives every label the first row in which it touches none of those before it.
fn in_rows<'words>(labels: impl Iterator<Item = Label<'words>>) -> Vec<Label<'words>> {
    let mut placed: Vec<Label<'words>> = Vec::new();
    for mut label in labels {
        let touches = |row: u8| {
            let mut others = placed.iter().filter(|other| other.row == row);
            others.any(|other| label.begins < other.ends && other.begins < label.ends)
        };
        label.row = (0..u8::MAX).find(|row| !touches(*row)).unwrap_or_default();
        placed.push(label);
    }
    placed
}

/// As much of a text as fits, in characters.
pub(super) fn shortened(words: &str, fits: usize) -> String {
    if words.chars().count() <= fits {
        return words.to_owned();
    }
    let kept = words.chars().take(fits.saturating_sub(1));
    kept.chain("\u{2026}".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::{RIGHT, before, beside, shortened};

    #[test]
    fn words_that_would_lie_on_each_other_stand_in_rows() {
        let moments = [
            (200.0, "alice leaves"),
            (210.0, "bob is kicked"),
            (600.0, "over"),
        ];
        let rows: Vec<_> = beside(moments.into_iter())
            .iter()
            .map(|label| label.row)
            .collect();
        assert_eq!(rows, [0, 1, 0]);
    }

    #[test]
    fn words_stay_inside_the_picture() {
        let last = beside([(RIGHT, "the room is dismissed")].into_iter());
        assert!(last[0].ends <= RIGHT);
        let first = before([(10.0, "onRemoteUserLeaveRoom(alice, 0)")].into_iter());
        assert!(first[0].begins >= 0.0);
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde\u{2026}");
    }
}
