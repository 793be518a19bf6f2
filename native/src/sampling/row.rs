use multiversion::multiversion;

/// Tokens that are looked at together: their scores stay in the first cache.
pub const CHUNK: usize = 128;
pub type Chunk = [f64; CHUNK];

/// [V] as they are given: a target's logits, or logits that bias and penalties have changed.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    Logits(&'a [f32]),
    Penalised(&'a [f64]),
}

/// A row whose scores are values times `inverse`, the temperature's.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub values: Values<'a>,
    pub inverse: f64,
    /// A bit for each token, which has no score where it is 0; absent: all have.
    pub mask: Option<&'a [u32]>,
}

impl Row<'_> {
    #[inline(always)]
    pub fn len(&self) -> usize {
        match self.values {
            Values::Logits(values) => values.len(),
            Values::Penalised(values) => values.len(),
        }
    }

    #[inline(always)]
    pub fn score(&self, id: usize) -> f64 {
        if self.mask.is_some_and(|mask| mask[id / 32] >> (id % 32) & 1 == 0) {
            return f64::NEG_INFINITY;
        }
        match self.values {
            Values::Logits(values) => values[id] as f64 * self.inverse,
            Values::Penalised(values) => values[id] * self.inverse,
        }
    }

    /// The scores of a chunk, −∞ beyond the row.
    #[inline(always)]
    pub fn load(&self, chunk: usize, scores: &mut Chunk) {
        let first = chunk * CHUNK;
        let length = (self.len() - first).min(CHUNK);
        let allowed = self.mask.map(|mask| &mask[first / 32..mask.len().min((first + CHUNK) / 32)]);
        if length < CHUNK {
            scores.fill(f64::NEG_INFINITY);
        } else if allowed.is_some_and(|words| words.iter().all(|&word| word == 0)) {
            // Grammars allow few tokens.
            return scores.fill(f64::NEG_INFINITY);
        }
        match self.values {
            Values::Logits(values) => {
                scaled(&values[first..first + length], |value| value as f64, self.inverse, scores)
            }
            Values::Penalised(values) => scaled(&values[first..first + length], |value| value, self.inverse, scores),
        }
        if let Some(words) = allowed {
            for (scores, &word) in scores.as_chunks_mut::<32>().0.iter_mut().zip(words) {
                for (bit, score) in scores.iter_mut().enumerate() {
                    *score = if word >> bit & 1 == 1 { *score } else { f64::NEG_INFINITY };
                }
            }
        }
    }
}

#[inline(always)]
fn scaled<T: Copy>(values: &[T], double: impl Fn(T) -> f64, inverse: f64, scores: &mut Chunk) {
    match values.first_chunk::<CHUNK>() {
        // Of a length that the compiler knows.
        Some(values) => {
            for (score, &value) in scores.iter_mut().zip(values) {
                *score = double(value) * inverse;
            }
        }
        None => {
            for (score, &value) in scores.iter_mut().zip(values) {
                *score = double(value) * inverse;
            }
        }
    }
}

/// What one pass over a row tells.
#[derive(Default)]
pub struct Survey {
    /// The highest score of each chunk.
    pub maxima: Vec<f64>,
    pub highest: f64,
    /// The first token that has it.
    pub likeliest: usize,
}

impl Survey {
    /// False when the row is no distribution: it holds NaN or +∞, or nothing but −∞.
    pub fn of(&mut self, row: &Row) -> bool {
        self.maxima.clear();
        if !survey(row, &mut self.maxima) {
            return false;
        }
        self.highest = self.maxima.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if self.highest == f64::NEG_INFINITY {
            return false;
        }
        let first = CHUNK * self.maxima.iter().position(|&most| most == self.highest).unwrap_or(0);
        let place = (first..row.len()).find(|&id| row.score(id) == self.highest);
        self.likeliest = place.unwrap_or(0);
        true
    }
}

#[multiversion(targets = "simd")]
fn survey(row: &Row, maxima: &mut Vec<f64>) -> bool {
    let mut scores = [0.0; CHUNK];
    let mut sound = true;
    for chunk in 0..row.len().div_ceil(CHUNK) {
        row.load(chunk, &mut scores);
        maxima.push(highest(peaks(&scores)));
        sound &= scores.iter().map(|&score| (score < f64::INFINITY) as u32).sum::<u32>() == CHUNK as u32;
    }
    sound
}

/// The maxima of 16 parts of a chunk.
#[inline(always)]
pub fn peaks(scores: &Chunk) -> [f64; PARTS] {
    let mut most = [f64::NEG_INFINITY; PARTS];
    for lanes in scores.as_chunks::<PARTS>().0 {
        for lane in 0..PARTS {
            most[lane] = if lanes[lane] > most[lane] { lanes[lane] } else { most[lane] };
        }
    }
    most
}

const PARTS: usize = 16;

#[inline(always)]
fn highest(parts: [f64; PARTS]) -> f64 {
    let higher = |a: f64, b: f64| if b > a { b } else { a };
    let eight: [f64; 8] = std::array::from_fn(|part| higher(parts[part], parts[part + 8]));
    let four: [f64; 4] = std::array::from_fn(|part| higher(eight[part], eight[part + 4]));
    higher(higher(four[0], four[2]), higher(four[1], four[3]))
}
