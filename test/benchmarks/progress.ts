/** Writes lines with the seconds since it was made: a long run says where it is. */
export function startProgress(): (line: string) => void {
  const started = performance.now()
  return (line) => console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${line}`)
}
