/// An array that several threads write, each its own parts, with barriers between writing and reading.
pub struct Parts(*mut f32, usize);

// SAFETY: see its methods.
unsafe impl Sync for Parts {}

impl Parts {
    pub fn of(values: &mut [f32]) -> Self {
        Parts(values.as_mut_ptr(), values.len())
    }

    /// # Safety
    /// Nobody writes any of it before the next barrier.
    pub unsafe fn read(&self, from: usize, length: usize) -> &[f32] {
        assert!(from + length <= self.1);
        // SAFETY: within the array, and the caller's.
        unsafe { std::slice::from_raw_parts(self.0.add(from), length) }
    }

    /// # Safety
    /// Nobody else reads or writes any of it before the next barrier.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn write(&self, from: usize, length: usize) -> &mut [f32] {
        assert!(from + length <= self.1);
        // SAFETY: within the array, and the caller's.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(from), length) }
    }
}
