import { ConstraintError } from '../../constraint.ts'
import { ANYTHING, type Expression, type Rules } from './syntax.ts'
import { type Token, tokensOf } from './tokens.ts'

/** Rules by name, each `name ::= expression`. @throws ConstraintError */
export function parseEbnf(text: string): Rules {
  const parser = new Parser(tokensOf(text))
  const rules = new Map<string, Expression>()
  while (!parser.ended) {
    const [name, expression] = parser.rule()
    if (rules.has(name)) throw new ConstraintError(`the rule '${name}' is there twice.`)
    rules.set(name, expression)
  }
  return rules
}

const DEPTH_MAX = 64

class Parser {
  private at = 0
  private depth = 0

  constructor(private readonly tokens: readonly Token[]) {}

  get ended(): boolean {
    return this.at >= this.tokens.length
  }

  rule(): [string, Expression] {
    const name = this.tokens[this.at]
    if (name?.type !== 'name' || !this.startsRule()) throw new ConstraintError('a rule does not begin with `name ::=`.')
    this.at += 2
    return [name.name, this.choice()]
  }

  private startsRule(): boolean {
    return this.tokens[this.at]?.type === 'name' && this.tokens[this.at + 1]?.type === '::='
  }

  private choice(): Expression {
    const options = [this.sequence()]
    while (this.take('|')) options.push(this.sequence())
    return options.length === 1 && options[0] ? options[0] : { type: 'choice', options }
  }

  private sequence(): Expression {
    const parts: Expression[] = []
    while (true) {
      const part = this.startsRule() ? undefined : this.atom()
      if (!part) break
      parts.push(this.repeated(part))
    }
    return parts.length === 1 && parts[0] ? parts[0] : { type: 'sequence', parts }
  }

  private repeated(part: Expression): Expression {
    const token = this.tokens[this.at]
    if (token?.type !== 'times') return part
    this.at++
    if (token.max < token.min) throw new ConstraintError('a repetition has a maximum below its minimum.')
    return this.repeated({ type: 'repeat', part, min: token.min, max: token.max })
  }

  private atom(): Expression | undefined {
    const token = this.tokens[this.at]
    switch (token?.type) {
      case 'name':
        this.at++
        return { type: 'rule', name: token.name }
      case 'literal':
        this.at++
        return { type: 'sequence', parts: token.points.map(characterOf) }
      case 'class':
        this.at++
        return { type: 'character', ranges: token.ranges, negated: token.negated }
      case '.':
        this.at++
        return ANYTHING
      case '(':
        return this.group()
      case 'times':
        throw new ConstraintError('a repetition has nothing before it.')
      default:
        return undefined
    }
  }

  private group(): Expression {
    if (++this.depth > DEPTH_MAX) throw new ConstraintError(`the grammar is nested more than ${DEPTH_MAX} levels deep.`)
    this.take('(')
    const inside = this.choice()
    if (!this.take(')')) throw new ConstraintError('a parenthesis is not closed.')
    this.depth--
    return inside
  }

  private take(type: Token['type']): boolean {
    if (this.tokens[this.at]?.type !== type) return false
    this.at++
    return true
  }
}

function characterOf(point: number): Expression {
  return { type: 'character', ranges: [[point, point]], negated: false }
}
