//! The rows of a run that are computed: sequences are as long as the longest, and what fills them up costs nothing.

use crate::target::Run;

pub struct Rows {
    /// Per row, its place among [batch, length].
    pub places: Vec<usize>,
    /// [batch + 1]: where each sequence's rows begin, and where the last one's end.
    pub starts: Vec<usize>,
    /// Per row, the new rows of its sequence that it sees, in order.
    pub visible: Vec<Vec<usize>>,
}

impl Rows {
    pub fn of(run: &Run) -> Self {
        let mut rows = Rows { places: Vec::new(), starts: vec![0], visible: Vec::new() };
        for sequence in 0..run.batch {
            let count = run.lengths.get(sequence).map_or(run.length, |&count| count as usize);
            for at in 0..count {
                let place = sequence * run.length + at;
                rows.places.push(place);
                rows.visible.push(match run.mask {
                    Some(mask) => (0..count).filter(|other| mask[place * run.length + other] > MASKED).collect(),
                    None => (0..=at).collect(),
                });
            }
            rows.starts.push(rows.places.len());
        }
        rows
    }

    /// The row at a place that counts.
    pub fn row_of(&self, place: usize, length: usize) -> usize {
        self.starts[place / length] + place % length
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }
}

/// A mask adds 0 to what is seen and a large negative number to what is not.
const MASKED: f32 = -1.0;
