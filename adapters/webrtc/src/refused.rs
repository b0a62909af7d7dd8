//! Which of the offered media an answer takes nothing of, and what they would have carried.

use str0m::media::Mid;

use crate::MediaId;

/// The media that come with nothing but codecs that cannot be decoded here: the answer refuses them.
/// Both texts are descriptions that were understood.
pub(crate) fn media(offer: &str, answer: &str) -> Vec<(MediaId, String)> {
    sections(offer)
        .zip(sections(answer))
        .filter(|(offered, answered)| offered.is_taken() && !answered.is_taken())
        .filter_map(|(offered, _)| {
            let mid = MediaId(Mid::from(offered.value("a=mid:")?));
            Some((mid, offered.codecs()))
        })
        .collect()
}

fn sections(description: &str) -> impl Iterator<Item = Section<'_>> {
    let starts = description
        .match_indices("\nm=")
        .map(|(at, _)| at + 1)
        .collect::<Vec<_>>();
    let ends: Vec<usize> = starts
        .iter()
        .copied()
        .skip(1)
        .chain([description.len()])
        .collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|(start, end)| Section(&description[start..end]))
}

/// One medium's part of a description.
struct Section<'a>(&'a str);

impl<'a> Section<'a> {
    fn value(&self, name: &str) -> Option<&'a str> {
        let mut lines = self.0.lines();
        lines
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    }

    /// A port of 0 refuses (RFC 3264, section 6); what is inactive carries nothing in any case.
    fn is_taken(&self) -> bool {
        let port = self.0.split_whitespace().nth(1);
        port != Some("0") && !self.0.lines().any(|line| line.trim() == "a=inactive")
    }

    /// For instance `VP8, VP9`.
    fn codecs(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for line in self.0.lines() {
            let name = line
                .strip_prefix("a=rtpmap:")
                .and_then(|map| map.split_whitespace().nth(1))
                .and_then(|codec| codec.split('/').next());
            if let Some(name) = name
                && !name.eq_ignore_ascii_case("rtx")
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::media;

    #[test]
    fn a_medium_is_refused_by_its_port_and_named_by_its_codecs() {
        let offer = "v=0\r\nm=audio 9 X 111\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\n\
                     m=video 9 X 96 97\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n\
                     a=rtpmap:98 VP9/90000\r\nm=video 9 X 96\r\na=mid:w\r\na=inactive\r\n";
        let answer = "v=0\r\nm=audio 9 X 111\r\nm=video 0 X 96\r\nm=video 0 X 96\r\n";
        let refused = media(offer, answer);
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].0.as_str(), "v");
        assert_eq!(refused[0].1, "VP8, VP9");
    }
}
