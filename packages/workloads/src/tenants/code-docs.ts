import { templated } from '../templates.ts'
import { blocks, list, numbers } from '../words/lists.ts'

const things = list(`
  book, order, sensor, player, room, song, ticket, parcel, plant, invoice, train, visit, pupil, lamp, route, boat, task, horse`)

/** Short Python functions, to be documented in one form. */
export const codeDocs = templated({
  name: 'code-docs',
  describe: 'a short Python function to its docstring',
  system: 'You write docstrings for Python functions.',
  examples: [
    {
      user: `def cheapest_chair(chairs):
    return min(chairs, key=lambda chair: chair.price)`,
      assistant: `"""Find the chair with the lowest price.

Args:
    chairs: A list of chairs, each with a price.

Returns:
    The chair whose price is the lowest.
"""`,
    },
    {
      user: `def is_heavy(stone, limit=40):
    return stone.weight > limit`,
      assistant: `"""Check whether a stone is heavier than a limit.

Args:
    stone: The stone to check.
    limit: The weight above which a stone is heavy. The default is 40.

Returns:
    True if the weight of the stone is above the limit, and False otherwise.
"""`,
    },
  ],
  templates: blocks(`
def (count|number_of)_{things}({things}, limit={few}):
    return sum(1 for {thing} in {things} if {thing}.{amount} > limit)

def (total|sum)_{amount}({things}):
    return sum({thing}.{amount} for {thing} in {things})

def (average|mean)_{amount}({things}, default={few}):
    if not {things}:
        return default
    return sum({thing}.{amount} for {thing} in {things}) / len({things})

def (longest|largest)_{thing}({things}):
    return max({things}, key=lambda {thing}: {thing}.{amount})

def {things}_by_{label}({things}):
    groups = {}
    for {thing} in {things}:
        groups.setdefault({thing}.{label}, []).append({thing})
    return groups

def first_{things}({things}, count={few}):
    return sorted({things}, key=lambda {thing}: {thing}.{label})[:count]

def (find|get)_{thing}({things}, {label}):
    for {thing} in {things}:
        if {thing}.{label} == {label}:
            return {thing}
    return None

def (remove|drop)_{things}_without_{label}({things}):
    return [{thing} for {thing} in {things} if {thing}.{label} is not None]

def rename_{thing}({thing}, {label}):
    old = {thing}.{label}
    {thing}.{label} = {label}.strip().(lower|title|upper)()
    return old

def {amount}_in_range({thing}, low={few}, high={tens}):
    return low <= {thing}.{amount} <= high

def (pages|batches)_of_{things}({things}, size={tens}):
    return [{things}[i:i + size] for i in range(0, len({things}), size)]

def raise_{amount}({things}, percent={few}):
    for {thing} in {things}:
        {thing}.{amount} *= 1 + percent / 100
    return {things}

def {label}s_of({things}):
    return sorted(set({thing}.{label} for {thing} in {things}))

def has_{label}({things}, {label}):
    return any({thing}.{label} == {label} for {thing} in {things})

def write_{things}(path, {things}):
    with open(path, "w") as file:
        for {thing} in {things}:
            file.write("%s;%s\\n" % ({thing}.{label}, {thing}.{amount}))
    return len({things})

def merge_{things}(old, new):
    merged = {{thing}.{label}: {thing} for {thing} in old}
    merged.update({{thing}.{label}: {thing} for {thing} in new})
    return list(merged.values())

def share_of_{label}({things}, {label}):
    same = [{thing} for {thing} in {things} if {thing}.{label} == {label}]
    return len(same) / len({things}) if {things} else 0.0

def next_{thing}({things}, current):
    index = {things}.index(current)
    return {things}[(index + {few}) % len({things})]

def compare_{amount}(first, second, tolerance={few}):
    difference = first.{amount} - second.{amount}
    return 0 if abs(difference) < tolerance else difference
  `).flatMap((code) => things.map((thing) => code.replaceAll('{things}', `${thing}s`).replaceAll('{thing}', thing))),
  words: {
    amount: list(
      'price, weight, length, score, age, height, duration, distance, cost, rating, speed, size, points, depth, width',
    ),
    label: list(
      'name, colour, city, owner, status, title, year, kind, country, author, month, brand, language, code, category',
    ),
    few: numbers(2, 9),
    tens: numbers(10, 90, 5),
  },
})
