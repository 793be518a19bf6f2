/** Schemas as users send them, by the kind of thing that they are for. */
export const SENT: Readonly<Record<string, object>> = {
  contact: object({ name: text(), email: { type: 'string', format: 'email' }, phone: pattern('^\\+[0-9]{6,12}$') }),
  sentiment: object({ sentiment: { enum: ['positive', 'negative', 'neutral'] }, score: range('number', 0, 1) }),
  classification: object({
    label: { type: 'string', enum: ['bug', 'feature', 'question'] },
    urgent: { type: 'boolean' },
  }),
  intent: object({
    intent: { enum: ['PlayMusic', 'GetWeather', 'BookRestaurant'] },
    slots: { type: 'object', additionalProperties: { type: 'string', maxLength: 12 }, maxProperties: 3 },
  }),
  event: object({
    title: text(),
    start: { type: 'string', format: 'date-time' },
    end: { type: ['string', 'null'], format: 'date-time' },
  }),
  day: object({ day: { type: 'string', format: 'date' }, at: { type: 'string', format: 'time' } }),
  invoice: object({
    number: pattern('^INV-[0-9]{4}$'),
    lines: list(
      object({ description: text(), quantity: range('integer', 1, 99), price: range('number', 0, 1000) }),
      1,
      3,
    ),
    total: { type: 'number', minimum: 0, maximum: 99999 },
  }),
  address: {
    $defs: { country: { enum: ['DE', 'FR', 'US'] } },
    ...object({ street: text(), zip: pattern('^[0-9]{5}$'), country: { $ref: '#/$defs/country' } }),
  },
  tree: {
    $defs: { node: object({ value: range('integer', 0, 9), children: list({ $ref: '#/$defs/node' }, 0, 2) }) },
    ...object({ root: { $ref: '#/$defs/node' } }),
  },
  'linked list': {
    definitions: {
      item: object({
        id: range('integer', 0, 99),
        next: { anyOf: [{ $ref: '#/definitions/item' }, { type: 'null' }] },
      }),
    },
    $ref: '#/definitions/item',
  },
  'math steps (OpenAI cookbook)': object({
    steps: list(object({ explanation: text(), output: text() }), 1, 3),
    final_answer: text(),
  }),
  'ui (OpenAI guide)': {
    $defs: {
      attribute: object({ name: text(8), value: text(8) }),
    },
    ...object({
      type: { type: 'string', enum: ['div', 'button', 'header'] },
      label: text(),
      children: list({ $ref: '#' }, 0, 1),
      attributes: list({ $ref: '#/$defs/attribute' }, 0, 2),
    }),
  },
  'union of kinds': {
    anyOf: [
      object({ kind: { const: 'circle' }, radius: range('number', 0, 10) }),
      object({ kind: { const: 'square' }, side: range('number', 0, 10) }),
    ],
  },
  'oneOf kinds': {
    oneOf: [
      object({ type: { const: 'card' }, last4: pattern('^[0-9]{4}$') }),
      object({ type: { const: 'iban' }, iban: pattern('^[A-Z]{2}[0-9]{8}$') }),
    ],
  },
  'allOf of two': {
    allOf: [
      { type: 'object', properties: { id: { type: 'string', format: 'uuid' } }, required: ['id'] },
      { type: 'object', properties: { age: range('integer', 0, 120) }, required: ['age'], maxProperties: 2 },
    ],
  },
  'optional fields': {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'boolean' }, c: { enum: [1, 2, 3] } },
    required: ['b'],
    additionalProperties: false,
  },
  'nullable fields': object({
    middle: { type: ['string', 'null'], maxLength: 8 },
    age: { anyOf: [range('integer', 0, 99), { type: 'null' }] },
  }),
  'tuple (draft 2020-12)': object({
    point: {
      type: 'array',
      prefixItems: [range('number', -180, 180), range('number', -90, 90)],
      items: false,
      minItems: 2,
    },
  }),
  'tuple (draft 7)': {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'array',
    items: [{ type: 'boolean' }, { enum: ['x', 'y'] }],
    additionalItems: false,
    minItems: 2,
  },
  'enum of all types': object({ value: { enum: ['a', 1, 2.5, true, null, [1, 2], { b: 'c' }] } }),
  const: object({ version: { const: 3 }, tag: { const: 'stable "x"' } }),
  'numbers with bounds': object({
    a: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    b: { type: 'integer', minimum: -20, maximum: -3 },
    c: { type: 'integer', multipleOf: 5, minimum: 0, maximum: 100 },
  }),
  'strings with bounds': object({
    code: { type: 'string', minLength: 3, maxLength: 5 },
    name: { type: 'string', minLength: 1, maxLength: 20 },
  }),
  patterns: object({
    plate: pattern('^[A-Z]{1,3}-[A-Z]{1,2} [0-9]{1,4}$'),
    version: pattern('^v?\\d+\\.\\d+\\.\\d+$'),
    slug: pattern('^[a-z]+(-[a-z]+){0,2}$'),
  }),
  formats: object({
    ip: { type: 'string', format: 'ipv4' },
    host: { type: 'string', format: 'hostname', maxLength: 30 },
    id: { type: 'string', format: 'uuid' },
    took: { type: 'string', format: 'duration', maxLength: 20 },
  }),
  ipv6: object({ address: { type: 'string', format: 'ipv6' } }),
  uri: object({ link: { type: 'string', format: 'uri', maxLength: 40 } }),
  'format and pattern': object({ host: { type: 'string', format: 'hostname', pattern: 'com$', maxLength: 16 } }),
  'pattern properties': {
    type: 'object',
    patternProperties: { '^[a-c]$': { type: 'integer', minimum: 0, maximum: 9 } },
    additionalProperties: false,
    maxProperties: 1,
  },
  'map of numbers': {
    type: 'object',
    additionalProperties: range('integer', 0, 9),
    minProperties: 1,
    maxProperties: 1,
  },
  'array of enums': list({ enum: ['red', 'green', 'blue'] }, 1, 4),
  'array of arrays': list(list(range('integer', 0, 9), 2, 2), 1, 3),
  'top-level string': { type: 'string', maxLength: 30 },
  'top-level enum': { enum: ['yes', 'no'] },
  'top-level integer': range('integer', 1, 10),
  'top-level boolean': { type: 'boolean' },
  'top-level null': { type: 'null' },
  'keys that need quoting': object({
    'a "quoted" key': { type: 'boolean' },
    ключ: { type: 'boolean' },
    'line\nbreak': { type: 'boolean' },
  }),
  'enum with unicode': object({ city: { enum: ['Zürich', 'Kraków', '東京', '👍🏽'] } }),
  'pydantic model': {
    $defs: { Role: { enum: ['admin', 'user'], title: 'Role', type: 'string' } },
    properties: {
      name: { title: 'Name', type: 'string', maxLength: 10 },
      role: { $ref: '#/$defs/Role', description: 'What the user may do.' },
      tags: { default: [], items: { type: 'string', maxLength: 6 }, title: 'Tags', type: 'array', maxItems: 2 },
    },
    required: ['name', 'role'],
    title: 'User',
    type: 'object',
    additionalProperties: false,
  },
  'zod model': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { age: { type: 'integer', minimum: 0, maximum: 9007199254740991 }, on: { type: 'boolean' } },
    required: ['age', 'on'],
    additionalProperties: false,
  },
  'deep nesting': object({ a: object({ b: object({ c: object({ d: { type: 'boolean' } }) }) }) }),
  'many fields': object(
    Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`field_${at}`, { type: 'boolean' }])),
  ),
  'tool arguments': object({
    location: text(),
    unit: { enum: ['celsius', 'fahrenheit'] },
    days: range('integer', 1, 7),
  }),
  'two refs': {
    $defs: {
      id: pattern('^[a-f0-9]{6}$'),
      pair: object({ left: { $ref: '#/$defs/id' }, right: { $ref: '#/$defs/id' } }),
    },
    $ref: '#/$defs/pair',
  },
  'any JSON object': { type: 'object', maxProperties: 2 },
  'any of types': object({ value: { type: ['integer', 'boolean', 'null'] } }),
  expression: {
    $defs: {
      expression: {
        anyOf: [
          range('integer', 0, 9),
          object({
            op: { enum: ['+', '*'] },
            left: { $ref: '#/$defs/expression' },
            right: { $ref: '#/$defs/expression' },
          }),
        ],
      },
    },
    $ref: '#/$defs/expression',
  },
}

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

function list(items: object, minItems: number, maxItems: number): object {
  return { type: 'array', items, minItems, maxItems }
}

function range(type: 'integer' | 'number', minimum: number, maximum: number): object {
  return { type, minimum, maximum }
}

/** Free text, as long as a field usually is. */
function text(maxLength = 16): object {
  return { type: 'string', maxLength }
}

function pattern(of: string): object {
  return { type: 'string', pattern: of }
}
