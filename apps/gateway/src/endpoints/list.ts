/** A page in OpenAI's shape. `found` holds one more than was asked for where there is more. */
export function pageOf<Item>(found: readonly Item[], limit: number, idOf: (item: Item) => string) {
  const data = found.slice(0, limit)
  const [first, last] = [data[0], data.at(-1)]
  return {
    object: 'list' as const,
    data,
    first_id: first === undefined ? null : idOf(first),
    last_id: last === undefined ? null : idOf(last),
    has_more: found.length > data.length,
  }
}

export const timeOrNull = (time: Date | null): string | null => time?.toISOString() ?? null
