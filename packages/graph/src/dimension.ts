import { GraphError } from './error.ts'
import type { Dim, Shape } from './ir.ts'

/**
 * Arithmetic on sizes that may only be known at run time.
 *
 * A symbolic size is a canonical string: factors sorted and joined by `*` ('2*batch*length'), a sum in brackets
 * ('(capacity+length)'). Equal strings are equal sizes; different strings count as different, which can refuse a
 * graph that would run but never accepts one that would not.
 */
export function product(dims: Shape): Dim {
  const { size, symbols } = factorise(dims)
  if (symbols.length === 0 || size === 0) return size
  return (size === 1 ? symbols : [String(size), ...symbols]).join('*')
}

export function sum(dims: Shape): Dim {
  const numbers = dims.filter((dim) => typeof dim === 'number').reduce((total, dim) => total + dim, 0)
  const counts = new Map<string, number>()
  for (const dim of dims) if (typeof dim === 'string') counts.set(dim, (counts.get(dim) ?? 0) + 1)
  const symbols = [...counts].sort().map(([symbol, count]) => product([count, symbol]))
  const terms = numbers === 0 ? symbols : [...symbols, numbers]
  return terms.length <= 1 ? (terms[0] ?? 0) : `(${terms.join('+')})`
}

/** The size that, multiplied by `parts`, gives `whole`; undefined when there is none. */
export function quotient(whole: Shape, parts: Shape): Dim | undefined {
  const dividend = factorise(whole)
  const divisor = factorise(parts)
  const symbols = [...dividend.symbols]
  for (const symbol of divisor.symbols) {
    const at = symbols.indexOf(symbol)
    if (at < 0) return undefined
    symbols.splice(at, 1)
  }
  if (divisor.size === 0 || dividend.size % divisor.size !== 0) return undefined
  return product([dividend.size / divisor.size, ...symbols])
}

/** NumPy's rule, from the last axis backwards: equal sizes, or one of them 1. */
export function broadcast(a: Shape, b: Shape, refuse: (reason: string) => never): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1
    const right = b[axis - rank + b.length] ?? 1
    if (left === right || right === 1) return left
    if (left === 1) return right
    return refuse(`${formatShape(a)} and ${formatShape(b)} do not broadcast: ${left} against ${right}`)
  })
}

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis])
}

/** Number of elements; a symbolic shape has none to tell. */
export function elementCount(shape: Shape): number {
  const count = product(shape)
  if (typeof count === 'number') return count
  throw new GraphError(`${formatShape(shape)} has no fixed number of elements`)
}

function factorise(dims: Shape): { size: number; symbols: string[] } {
  let size = 1
  const symbols: string[] = []
  for (const dim of dims) {
    if (typeof dim === 'number') size *= dim
    else
      for (const factor of topLevelFactors(dim)) {
        if (/^\d+$/.test(factor)) size *= Number(factor)
        else symbols.push(factor)
      }
  }
  return { size, symbols: symbols.sort() }
}

function topLevelFactors(dim: string): string[] {
  const factors = ['']
  let depth = 0
  for (const character of dim) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (character === '*' && depth === 0) factors.push('')
    else factors[factors.length - 1] += character
  }
  return factors
}
