/** A regular expression that matches the whole text: anchors around it say nothing, and the compiler has none. */
export function regexOf(pattern: string): string {
  const body = pattern.startsWith('^') ? pattern.slice(1) : pattern
  const open = body.endsWith('$') && !/(?:^|[^\\])(?:\\\\)*\\\$$/.test(body) ? body.slice(0, -1) : body
  // `^a|b$` anchors each of its parts at one end only.
  return open === pattern || !hasTopLevelChoice(open) ? open : pattern
}

function hasTopLevelChoice(pattern: string): boolean {
  let depth = 0
  let inClass = false
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '\\') at++
    else if (inClass) inClass = character !== ']'
    else if (character === '[') inClass = true
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === '|' && depth === 0) return true
  }
  return false
}
