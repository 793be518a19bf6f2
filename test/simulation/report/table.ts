type Cell = string | number

/** A heading, what the figures are, and a table. */
export function section(
  title: string,
  text: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const line = (cells: readonly Cell[]) => `| ${cells.join(' | ')} |`
  const rule = line(head.map((_, column) => (column === 0 ? '---' : '---:')))
  return [`## ${title}`, '', text, '', line(head), rule, ...rows.map(line), ''].join('\n')
}

export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`
}
