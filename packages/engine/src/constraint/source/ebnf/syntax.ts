/** A grammar in EBNF, parsed. */
export type Rules = ReadonlyMap<string, Expression>

export type Expression =
  /** One code point of these ranges, or of none of them. */
  | { readonly type: 'character'; readonly ranges: readonly Range[]; readonly negated: boolean }
  | { readonly type: 'rule'; readonly name: string }
  /** Of none it is the empty text. */
  | { readonly type: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly type: 'choice'; readonly options: readonly Expression[] }
  | { readonly type: 'repeat'; readonly part: Expression; readonly min: number; readonly max: number }

/** First and last code point. */
export type Range = readonly [number, number]

export const ANYTHING: Expression = { type: 'character', ranges: [[0, 0x10ffff]], negated: false }
