//! The nearest of several words.

/// The name nearest to `word` by insertions, deletions, replacements and swaps of neighbours, if it is near
/// enough to be meant.
pub fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are no misspelt keyword.
    const LONGEST: usize = 64;
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let most = (word.len() / 3).clamp(1, 3);
    names
        .filter(|name| name.len().abs_diff(word.len()) <= most)
        .map(|name| (distance(word.as_bytes(), name.as_bytes()), name))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, name)| name)
}

/// The number of edits between two words (optimal string alignment).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_and_slips() {
        let names = ["content", "depth", "http.uri", "nocase"];
        assert_eq!(nearest("contnet", names.into_iter()), Some("content"));
        assert_eq!(nearest("http_uri", names.into_iter()), Some("http.uri"));
        assert_eq!(nearest("nocsae", names.into_iter()), Some("nocase"));
        assert_eq!(nearest("entirely", names.into_iter()), None);
    }
}
