const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Values as bars between two bounds, the newest `width` of them; a dot where there was nothing to measure. */
export function sparkline(
  values: readonly (number | undefined)[],
  [low, high]: readonly [number, number],
  width: number,
) {
  const bars = values.slice(-width).map((value) => {
    if (value === undefined) return '·'
    const share = high > low ? (value - low) / (high - low) : 0
    return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, Math.floor(share * LEVELS.length)))] ?? ''
  })
  return bars.join('').padEnd(width)
}
