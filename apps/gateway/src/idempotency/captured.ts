/**
 * The same texts, and at their end all of them as one. Whoever reads them may leave at any time: the rest is still made,
 * since who sends a request again is to find its answer.
 *
 * @param keep told once: the whole, or null where it failed
 */
export async function* captured(
  texts: AsyncGenerator<string>,
  keep: (whole: string | null) => void,
): AsyncGenerator<string> {
  const parts: string[] = []
  let ended = false
  try {
    for (;;) {
      const next = await texts.next()
      if (next.done) break
      parts.push(next.value)
      yield next.value
    }
    ended = true
    keep(parts.join(''))
  } catch (error) {
    ended = true
    keep(null)
    throw error
  } finally {
    if (!ended) void makeTheRest(texts, parts, keep)
  }
}

async function makeTheRest(texts: AsyncGenerator<string>, parts: string[], keep: (whole: string | null) => void) {
  try {
    for (;;) {
      const next = await texts.next()
      if (next.done) break
      parts.push(next.value)
    }
  } catch {
    return keep(null)
  }
  keep(parts.join(''))
}
