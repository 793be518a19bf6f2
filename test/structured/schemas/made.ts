import { uniforms } from './uniforms.ts'

/** A schema made up of everything that is supported, a function of the seed. */
export function madeSchema(seed: number): object {
  return new Maker(seed).root()
}

class Maker {
  private readonly uniform: () => number
  private readonly definitions: Record<string, object> = {}

  constructor(seed: number) {
    this.uniform = uniforms(seed)
  }

  root(): object {
    if (this.chance(0.5)) this.definitions.leaf = this.leaf()
    if (this.chance(0.3)) this.definitions.node = this.node()
    const schema = this.chance(0.85) ? this.object(3) : this.schema(3)
    return Object.keys(this.definitions).length > 0 ? { ...schema, $defs: this.definitions } : schema
  }

  private schema(depth: number): object {
    if (depth <= 0) return this.leaf()
    const makers = [
      () => this.leaf(),
      () => this.leaf(),
      () => this.object(depth - 1),
      () => this.array(depth - 1),
      () => this.union(depth - 1),
      () => this.reference(),
    ]
    return this.pick(makers)()
  }

  private object(depth: number): object {
    const names = NAMES.filter(() => this.chance(0.25)).slice(0, 4)
    if (names.length === 0) names.push('value')
    const properties = Object.fromEntries(names.map((name) => [name, this.schema(depth)]))
    const required = names.filter(() => this.chance(0.8))
    return { type: 'object', properties, required, additionalProperties: false }
  }

  private array(depth: number): object {
    const minItems = this.whole(0, 2)
    const ends = { minItems, maxItems: minItems + this.whole(0, 2) }
    if (this.chance(0.8)) return { type: 'array', items: this.schema(depth), ...ends }
    const prefixItems = [this.leaf(), this.leaf()]
    return { type: 'array', prefixItems, items: false, minItems: 2 }
  }

  private union(depth: number): object {
    const first = { const: this.pick(WORDS) }
    const options = [first, { type: 'null' }, this.schema(depth)]
    return { anyOf: this.chance(0.5) ? options : options.slice(1) }
  }

  private reference(): object {
    const [name] = Object.keys(this.definitions).filter(() => this.chance(0.6))
    return name === undefined ? this.leaf() : { $ref: `#/$defs/${name}` }
  }

  /** It contains itself. */
  private node(): object {
    const properties = { id: this.leaf(), next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] } }
    return { type: 'object', properties, required: ['id', 'next'], additionalProperties: false }
  }

  private leaf(): object {
    return this.pick<() => object>([
      () => ({ type: 'boolean' }),
      () => ({ type: 'null' }),
      () => ({ enum: WORDS.filter((_, at) => at === 0 || this.chance(0.4)) }),
      () => ({ const: this.pick([...WORDS, 7, 0.5, true]) }),
      () => this.number(),
      () => this.number(),
      () => this.text(),
      () => ({ type: 'string', format: this.pick(FORMATS), maxLength: 48 }),
      () => ({ type: 'string', pattern: this.pick(PATTERNS) }),
    ])()
  }

  private number(): object {
    const type = this.pick(['integer', 'number'])
    const minimum = this.whole(-100, 100)
    const maximum = minimum + this.whole(1, 200)
    return this.pick([
      { type, minimum, maximum },
      { type, exclusiveMinimum: minimum, exclusiveMaximum: maximum + 1 },
      { type: 'integer', multipleOf: this.whole(2, 9), minimum: 0, maximum: 500 },
    ])
  }

  private text(): object {
    const minLength = this.whole(0, 3)
    return { type: 'string', minLength, maxLength: minLength + this.whole(1, 12) }
  }

  private chance(of: number): boolean {
    return this.uniform() < of
  }

  private whole(from: number, to: number): number {
    return from + Math.floor(this.uniform() * (to - from + 1))
  }

  private pick<One>(from: readonly One[]): One {
    const one = from[Math.floor(this.uniform() * from.length)]
    if (one === undefined) throw new RangeError('there is nothing to pick from')
    return one
  }
}

const NAMES = ['id', 'name', 'kind', 'amount', 'created_at', 'is_active', 'shipping address', 'größe', 'x', 'items']
const WORDS = ['open', 'closed', 'in progress', 'a "b"', 'naïve', '1']
const FORMATS = ['date', 'time', 'date-time', 'email', 'uuid', 'ipv4', 'ipv6', 'hostname', 'duration', 'uri']
const PATTERNS = ['^[a-z]{2,6}$', '^[A-Z]{2}\\d{2}$', '^(foo|bar)+$', '^\\w{1,8}$', '[0-9]{2}$', '^#[0-9a-f]{6}$']
