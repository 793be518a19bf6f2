/**
 * Whom to ask how they are, in one round: all where they are few, and of many so many, in turns. Half of a round may go
 * to those that are not well, since an answer may wait for one to be well again; a thousand that are gone keep nobody
 * from being asked.
 */
export class Turns {
  private next = 0

  constructor(private readonly most: number) {}

  take<Key>(all: readonly Key[], isWell: (key: Key) => boolean): ReadonlySet<Key> {
    if (all.length <= this.most) return new Set(all)
    const due = new Set(all.filter((key) => !isWell(key)).slice(0, Math.floor(this.most / 2)))
    for (let passed = 0; due.size < this.most && passed < all.length; passed++) {
      this.next = (this.next + 1) % all.length
      const key = all[this.next]
      if (key !== undefined) due.add(key)
    }
    return due
  }
}
