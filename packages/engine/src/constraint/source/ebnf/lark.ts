import { ConstraintError } from '../../constraint.ts'
import { parseEbnf } from './parse.ts'
import type { Expression, Rules } from './syntax.ts'

/**
 * A grammar in EBNF, which starts at `root`, in Lark. Lark's lexer takes what matches longest and never reconsiders,
 * where EBNF means every way to read a text. So a grammar without recursion becomes one lexeme, and in another each
 * character is a lexeme of its own: then there is nothing to take longer.
 *
 * @throws ConstraintError
 */
export function larkOfEbnf(text: string): string {
  const rules = parseEbnf(text)
  const { names, recursive } = reachable(rules)
  const write = recursive ? (name: string) => `rule_${place(name)}` : (name: string) => `TERMINAL_${place(name)}`
  const place = (name: string) => names.indexOf(name)
  const lines = names.map((name) => `${write(name)}: ${written(rules.get(name), write)}`)
  return [`start: ${write(ROOT)}`, ...lines].join('\n')
}

const ROOT = 'root'
const RULES_MAX = 1_000

/** The rules that a text can be made of, the root first, and whether one of them can contain itself. */
function reachable(rules: Rules): { names: string[]; recursive: boolean } {
  if (!rules.has(ROOT)) throw new ConstraintError(`the grammar has no rule '${ROOT}'.`)
  const after = new Map<string, ReadonlySet<string>>()
  const open = [ROOT]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (after.has(name)) continue
    const rule = rules.get(name)
    if (!rule) throw new ConstraintError(`the rule '${name}' is not defined.`)
    const named = new Set(namesIn(rule))
    after.set(name, named)
    open.push(...named)
    if (after.size > RULES_MAX) throw new ConstraintError(`the grammar has more than ${RULES_MAX} rules.`)
  }
  return { names: [...after.keys()], recursive: hasCircle(after) }
}

function namesIn(expression: Expression): string[] {
  switch (expression.type) {
    case 'rule':
      return [expression.name]
    case 'sequence':
      return expression.parts.flatMap(namesIn)
    case 'choice':
      return expression.options.flatMap(namesIn)
    case 'repeat':
      return namesIn(expression.part)
    case 'character':
      return []
  }
}

/** Takes away what leads nowhere any more, until nothing or a circle is left. */
function hasCircle(after: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const left = new Map(after)
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const [name, named] of left) if (![...named].some((each) => left.has(each))) left.delete(name)
  }
  return left.size > 0
}

function written(expression: Expression | undefined, nameOf: (name: string) => string): string {
  switch (expression?.type) {
    case undefined:
      return EMPTY
    case 'rule':
      return nameOf(expression.name)
    case 'character':
      return characterOf(expression)
    case 'sequence':
      return expression.parts.length === 0
        ? EMPTY
        : `(${expression.parts.map((part) => written(part, nameOf)).join(' ')})`
    case 'choice':
      return `(${expression.options.map((option) => written(option, nameOf)).join(' | ')})`
    case 'repeat':
      return `(${written(expression.part, nameOf)})${timesOf(expression)}`
  }
}

const EMPTY = '""'

function characterOf({ ranges, negated }: Extract<Expression, { type: 'character' }>): string {
  if (ranges.length === 0 && !negated) throw new ConstraintError('a class of characters is empty.')
  const point = (value: number) => `\\x{${value.toString(16)}}`
  const body = ranges.map(([first, last]) => (first === last ? point(first) : `${point(first)}-${point(last)}`))
  return ranges.length === 0 ? '/(?s:.)/' : `/[${negated ? '^' : ''}${body.join('')}]/`
}

function timesOf({ min, max }: { readonly min: number; readonly max: number }): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`
}
