/** The same items, the first of which is being made already. Whoever leaves them unread returns `items` itself. */
export function ahead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  const first = items.next()
  // Whoever reads it hears of it.
  first.catch(() => undefined)
  return continued(first, items)
}

async function* continued<Item>(
  first: Promise<IteratorResult<Item>>,
  items: AsyncGenerator<Item>,
): AsyncGenerator<Item> {
  try {
    let next = await first
    while (!next.done) {
      yield next.value
      next = await items.next()
    }
  } finally {
    await items.return(undefined)
  }
}
