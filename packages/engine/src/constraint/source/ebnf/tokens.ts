import { ConstraintError } from '../../constraint.ts'
import type { Range } from './syntax.ts'

export type Token =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'literal'; readonly points: readonly number[] }
  | { readonly type: 'class'; readonly ranges: readonly Range[]; readonly negated: boolean }
  | { readonly type: 'times'; readonly min: number; readonly max: number }
  | { readonly type: '::=' | '(' | ')' | '|' | '.' }

/** @throws ConstraintError at what is no EBNF */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at, at + TOKEN_LENGTH_MAX)
    const blank = /^(?:\s+|#[^\n]*)/.exec(rest)
    if (blank) {
      at += blank[0].length
      continue
    }
    const [token, length] = tokenAt(rest, () => text.slice(0, at).split('\n').length)
    tokens.push(token)
    at += length
  }
  return tokens
}

/** Which line it is, for those who are told that it is wrong. */
type Line = () => number

const TOKEN_LENGTH_MAX = 8_192

const STRING = /^"((?:[^"\\\n]|\\.)*)"/u
const CLASS = /^\[(\^?)((?:[^\]\\]|\\.)*)\]/su
const TIMES = /^\{\s*(\d{1,4})\s*(,?)\s*(\d{0,4})\s*\}/

function tokenAt(rest: string, line: Line): [Token, number] {
  const sign = /^(?:::=|[()|.])/.exec(rest)?.[0]
  if (sign === '::=' || sign === '(' || sign === ')' || sign === '|' || sign === '.')
    return [{ type: sign }, sign.length]
  const name = /^[a-zA-Z_][\w-]*/.exec(rest)?.[0]
  if (name !== undefined) return [{ type: 'name', name }, name.length]
  const string = STRING.exec(rest)
  if (string) return [{ type: 'literal', points: pointsOf(string[1] ?? '', line) }, string[0].length]
  const characters = CLASS.exec(rest)
  if (characters) {
    const [all, negation, body = ''] = characters
    return [{ type: 'class', ranges: rangesOf(body, line), negated: negation === '^' }, all.length]
  }
  const short = SHORT_TIMES.get(rest[0] ?? '')
  if (short) return [short, 1]
  const times = TIMES.exec(rest)
  if (times) {
    const [all, min = '0', comma, max] = times
    const most = comma === '' ? Number(min) : max === '' || max === undefined ? Number.POSITIVE_INFINITY : Number(max)
    return [{ type: 'times', min: Number(min), max: most }, all.length]
  }
  throw new ConstraintError(`line ${line()} of the grammar can't be read.`)
}

const SHORT_TIMES = new Map<string, Token>([
  ['*', { type: 'times', min: 0, max: Number.POSITIVE_INFINITY }],
  ['+', { type: 'times', min: 1, max: Number.POSITIVE_INFINITY }],
  ['?', { type: 'times', min: 0, max: 1 }],
])

function rangesOf(body: string, line: Line): Range[] {
  const ranges: Range[] = []
  const units = [...body.matchAll(UNIT)].map(([unit]) => unit)
  for (let at = 0; at < units.length; at++) {
    const first = pointOf(units[at] ?? '', line)
    const last = units[at + 1] === '-' && at + 2 < units.length ? pointOf(units[at + 2] ?? '', line) : undefined
    if (last !== undefined) at += 2
    if (last !== undefined && last < first)
      throw new ConstraintError(`a range in line ${line()} of the grammar is empty.`)
    ranges.push([first, last ?? first])
  }
  return ranges
}

const UNIT = /\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|[^\\]/gsu

function pointsOf(body: string, line: Line): number[] {
  return [...body.matchAll(UNIT)].map(([unit]) => pointOf(unit, line))
}

const ESCAPES = new Map(Object.entries({ n: 10, r: 13, t: 9, f: 12, b: 8, 0: 0 }))

function pointOf(unit: string, line: Line): number {
  if (!unit.startsWith('\\')) return unit.codePointAt(0) ?? 0
  const code = unit.slice(1)
  const point = /^[xuU][0-9a-fA-F]+$/.test(code) ? Number.parseInt(code.slice(1), 16) : ESCAPES.get(code)
  if (point !== undefined && point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000)) return point
  if (point === undefined && /^[^a-zA-Z0-9]$/u.test(code)) return code.codePointAt(0) ?? 0
  throw new ConstraintError(`the escape ${unit} in line ${line()} of the grammar is not known.`)
}
