import type { ToolCallFormName } from '@foretoken/protocol'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { TOOL_CALL_FORMS } from './form.ts'
import { type ToolCallDelta, ToolCallReader } from './reader.ts'

interface Read {
  readonly content: string
  readonly calls: { name: string; arguments: string }[]
}

function read(form: ToolCallFormName, pieces: readonly string[], callsMax = 128): Read {
  const names = new Set(['weather', 'time'])
  const reader = new ToolCallReader({ form: TOOL_CALL_FORMS[form], names, callsMax })
  return together([...pieces.flatMap((piece) => reader.take(piece)), ...reader.end()])
}

function together(deltas: readonly ToolCallDelta[]): Read {
  let content = ''
  const calls: Read['calls'] = []
  for (const delta of deltas) {
    if (delta.type === 'content') content += delta.text
    else if (delta.type === 'call') calls[delta.index] = { name: delta.name, arguments: '' }
    else {
      const call = calls[delta.index]
      if (!call) throw new Error('arguments before their call')
      call.arguments += delta.text
    }
  }
  return { content, calls }
}

const lisbon = { name: 'weather', arguments: '{"city": "Lisbon"}' }
const now = { name: 'time', arguments: '{}' }
const text = (content: string): Read => ({ content, calls: [] })
const hermes = (...objects: string[]) => objects.map((each) => `<tool_call>\n${each}\n</tool_call>`).join('\n')
const WEATHER = '{"name": "weather", "arguments": {"city": "Lisbon"}}'
const TIME = '{"name": "time", "arguments": {}}'

const HERMES: [string, string, Read][] = [
  ['no call', 'It is sunny.\n', text('It is sunny.\n')],
  ['blanks alone', ' \n', text(' \n')],
  ['one call', hermes(WEATHER), { content: '', calls: [lisbon] }],
  ['two calls', hermes(WEATHER, TIME), { content: '', calls: [lisbon, now] }],
  ['words before', `I will look.\n${hermes(WEATHER)}`, { content: 'I will look.', calls: [lisbon] }],
  ['words behind', `${hermes(WEATHER)}\n Done. `, { content: 'Done. ', calls: [lisbon] }],
  [
    'keys the other way round',
    hermes('{"arguments": {"city": "Lisbon"}, "name": "weather"}'),
    { content: '', calls: [lisbon] },
  ],
  [
    'keys that nobody asked for',
    hermes('{"type":"function","id":7,"name":"time","arguments":null}'),
    { content: '', calls: [now] },
  ],
  ['no arguments', hermes('{"name": "time"}'), { content: '', calls: [now] }],
  ['one bracket too many', hermes(`${WEATHER}}`), { content: '', calls: [lisbon] }],
  ['one bracket too few', hermes(WEATHER.slice(0, -1)), { content: '', calls: [lisbon] }],
  [
    'two brackets too few',
    hermes(WEATHER.slice(0, -2)),
    { content: '', calls: [{ ...lisbon, arguments: '{"city": "Lisbon"\n' }] },
  ],
  [
    'arguments that were cut',
    '<tool_call>{"name":"weather","arguments":{"ci',
    { content: '', calls: [{ ...lisbon, arguments: '{"ci' }] },
  ],
  ['a closing tag that was cut', hermes(TIME).slice(0, -3), { content: '', calls: [now] }],
  ['no closing tag between', `<tool_call>${TIME}<tool_call>${WEATHER}`, { content: '', calls: [now, lisbon] }],
  [
    'tags and brackets in strings',
    hermes('{"name":"weather","arguments":{"city":"}</tool_call>\\"{"}}'),
    { content: '', calls: [{ ...lisbon, arguments: '{"city":"}</tool_call>\\"{"}' }] },
  ],
  ['a name that does not exist', hermes('{"name":"rm","arguments":{}}'), text(hermes('{"name":"rm","arguments":{}}'))],
  ['a name that was cut', '<tool_call>{"name":"wea', text('<tool_call>{"name":"wea')],
  ['a tag that was cut', 'a < b <tool', text('a < b <tool')],
  ['no object', '<tool_call>weather()</tool_call>', text('<tool_call>weather()</tool_call>')],
  [
    'a broken call before a good one',
    `<tool_call>{"name":<tool_call>${TIME}</tool_call>`,
    { content: '<tool_call>{"name":', calls: [now] },
  ],
  [
    'arguments that are a list',
    hermes('{"name":"time","arguments":[1]}'),
    text(hermes('{"name":"time","arguments":[1]}')),
  ],
]

const LLAMA: [string, string, Read][] = [
  ['no call', 'It is sunny.', text('It is sunny.')],
  ['one call', '\n{"name": "weather", "parameters": {"city": "Lisbon"}}', { content: '', calls: [lisbon] }],
  [
    'two calls',
    '{"name":"weather","parameters":{"city": "Lisbon"}}; {"name":"time","parameters":{}}\n',
    { content: '', calls: [lisbon, now] },
  ],
  ['words behind', '{"name":"time","parameters":{}} done', { content: 'done', calls: [now] }],
  ['an object with no more than a name', '{"name": "time"}', text('{"name": "time"}')],
  ['an object that is no call', ' {"city": {"name": "time"}} ', text(' {"city": {"name": "time"}} ')],
  [
    'a call behind words is none',
    'Call: {"name":"time","parameters":{}}',
    text('Call: {"name":"time","parameters":{}}'),
  ],
  ['a second one that is none', '{"name":"time","parameters":{}};{"a":1}', { content: ';{"a":1}', calls: [now] }],
  [
    'arguments that were cut',
    '{"name":"weather","parameters":{"ci',
    { content: '', calls: [{ ...lisbon, arguments: '{"ci' }] },
  ],
]

describe.each([
  ['hermes' as const, HERMES],
  ['llama' as const, LLAMA],
])('an answer in the form of %s', (form, cases) => {
  it.each(cases)('with %s', (_, answer, expected) => {
    expect(read(form, [answer])).toEqual(expected)
    expect(read(form, [...answer])).toEqual(expected)
  })

  test('reads the same, however it is cut', () => {
    const words = [
      '<tool_call>',
      '</tool_call>',
      '{"name":',
      '"weather"',
      ',"arguments":',
      ',"parameters":',
      '{"a":[1,"}"]}',
      '}',
      ';',
      ' ',
      '\n',
      'word',
      '<',
      '"',
      '👍',
    ]
    const answers = fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join('')),
      fc.array(fc.constantFrom(...cases.map(([, answer]) => answer)), { maxLength: 3 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(answers, fc.array(fc.nat(300), { maxLength: 6 }), (answer, cuts) => {
        const characters = [...answer]
        const at = [0, ...cuts.map((cut) => cut % (characters.length + 1)).sort((a, b) => a - b), characters.length]
        const pieces = at.slice(1).map((end, index) => characters.slice(at[index], end).join(''))
        expect(read(form, pieces)).toEqual(read(form, [answer]))
      }),
      { numRuns: 500 },
    )
  })
})

test('the reference target has its own key for the name', () => {
  const answer = '{"method": "weather", "parameters": {"city": "Lisbon"}}'
  expect(read('reference', [answer])).toEqual({ content: '', calls: [lisbon] })
})

test('where one call is allowed, nothing comes behind it', () => {
  expect(read('hermes', [`${hermes(WEATHER, TIME)} more`], 1)).toEqual({ content: '', calls: [lisbon] })
})

test('arguments come as the model writes them, not at the end', () => {
  const reader = new ToolCallReader({ form: TOOL_CALL_FORMS.hermes, names: new Set(['time']), callsMax: 1 })
  const deltas = ['<tool_call>{"name":"time","arg', 'uments":{"at', '":"noon"}}'].map((piece) => reader.take(piece))
  expect(deltas).toEqual([
    [],
    [
      { type: 'call', index: 0, name: 'time' },
      { type: 'arguments', index: 0, text: '{"at' },
    ],
    [{ type: 'arguments', index: 0, text: '":"noon"}' }],
  ])
})

test.each(['hermes' as const, 'llama' as const])('very long answers take no longer by the character: %s', (form) => {
  const long = 300_000
  const args = `{"a":"${'x'.repeat(long)}"}`
  const key = form === 'hermes' ? 'arguments' : 'parameters'
  const call = `{"name":"time","${key}":${args}}`
  const behind = `{"name":"time","${key}":{}};${' '.repeat(long)}x`
  const answers = [behind, ' '.repeat(long), '<'.repeat(long), ';'.repeat(long), '{'.repeat(long), call, hermes(call)]
  // A step that looks back over what it has read would take minutes.
  for (const answer of answers) {
    const pieces = answer.match(/.{1,4}/gs) ?? []
    expect(JSON.stringify(read(form, pieces)).length).toBeGreaterThanOrEqual(long)
  }
})

test('text without calls is lost nowhere', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('hermes' as const, 'llama' as const), (answer, form) => {
      expect(read(form, [answer])).toEqual(text(answer))
    }),
  )
})
