/** Many short words in few lines. */
export const list = (text: string): string[] => pieces(text, /[,\n]/)

/** A sentence or template on each line. */
export const lines = (text: string): string[] => pieces(text, /\n/)

/** Texts of several lines, an empty line between two of them. */
export const blocks = (text: string): string[] => pieces(text, /\n\s*\n/)

export const numbers = (from: number, to: number, step = 1): string[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => String(from + index * step))

function pieces(text: string, between: RegExp): string[] {
  return text
    .split(between)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
}
