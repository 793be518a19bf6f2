use std::collections::HashMap;

/// Weights by name, each of a size that is known before it is read.
pub struct Tensors(pub HashMap<String, Vec<f32>>);

impl Tensors {
    pub fn take(&self, name: &str, size: usize) -> Result<&[f32], String> {
        let values = self.0.get(name).ok_or_else(|| format!("{name} is missing"))?;
        if values.len() != size {
            return Err(format!("{name} has {} numbers, not {size}", values.len()));
        }
        Ok(values)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
