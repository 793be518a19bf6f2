use crate::products::dots;

/// Each row of x [rows, d] divided by its root mean square and scaled.
pub(super) fn rms_norm(x: &[f32], scale: &[f32], epsilon: f32, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(scale.len()).zip(out.chunks_exact_mut(scale.len())) {
        out.copy_from_slice(x);
        norm_in_place(out, scale, epsilon);
    }
}

pub(super) fn norm_in_place(x: &mut [f32], scale: &[f32], epsilon: f32) {
    let mut squares = [0.0];
    dots(x, x, &mut squares);
    let factor = 1.0 / (squares[0] / x.len() as f32 + epsilon).sqrt();
    for (x, scale) in x.iter_mut().zip(scale) {
        *x = *x * factor * scale;
    }
}
