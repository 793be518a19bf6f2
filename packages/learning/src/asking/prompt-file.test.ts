import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readHistory } from '../history/history.ts'
import { readPromptFile } from './prompt-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'foretoken-prompts-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const messagesOf = async (path: string) => (await readPromptFile(path)).map(({ messages }) => messages)
const turnsOf = async (path: string) => (await readHistory([path])).map(({ messages }) => messages)

describe('a file of prompts', () => {
  it('holds a prompt a line in plain text, braces or not, however its lines end', async () => {
    const text = '\ufeffWhere is my order?\r\n\r\n  {"order": 7} as a table\r\n{"prompt": "stays text"}\n'
    expect(await messagesOf(file('plain.txt', text))).toEqual([
      [user('Where is my order?')],
      [user('{"order": 7} as a table')],
      [user('{"prompt": "stays text"}')],
    ])
  })

  it('is JSON Lines by its name, or where its first line is one', async () => {
    const lines = '{"prompt": "a"}\n\n{"messages": [{"role": "user", "content": [{"type": "text", "text": "b"}]}]}\n'
    const expected = [[user('a')], [user('b')]]
    expect(await messagesOf(file('lines.jsonl', lines))).toEqual(expected)
    expect(await messagesOf(file('lines.log', lines))).toEqual(expected)
  })

  it.each([
    ['text.jsonl', '{"prompt": "a"}\nWhere?', /text\.jsonl:2 is not JSON$/],
    ['export.txt', '{"prompt": "a"}\nWhere?', /export\.txt:2 is not JSON$/],
    ['neither.jsonl', '{"question": "a"}', /neither\.jsonl:1 has neither "prompt" nor "messages"$/],
    ['number.jsonl', '\n7', /number\.jsonl:2 has neither/],
    [
      'tool.jsonl',
      JSON.stringify({ messages: [user('a'), { role: 'assistant', content: null }] }),
      /:1: messages\[1\]/,
    ],
    ['role.jsonl', '{"messages": [{"content": "a"}]}', /:1: messages\[0\]\.role is missing or is not text$/],
    ['empty.txt', ' \n\n', /empty\.txt holds no prompts$/],
    ['binary.txt', Uint8Array.of(0x1f, 0x8b, 0xff), /binary\.txt is not text in UTF-8$/],
  ])('%s is refused in one sentence that says where', async (name, content, message) => {
    await expect(readPromptFile(file(name, content))).rejects.toThrow(message)
  })

  it('has to be there', async () => {
    await expect(readPromptFile(join(folder, 'none.txt'))).rejects.toThrow(/none\.txt can't be read$/)
  })
})

describe('a history', () => {
  it('asks every turn of a user, with what came before it in the file', async () => {
    const system = { role: 'system', content: 'Be brief.' }
    const first = [system, user('a')]
    const second = [...first, assistant('A'), user('b')]
    const chats = [{ messages: [...second, assistant('B')] }, { prompt: 'c' }]
    const path = file('chats.jsonl', chats.map((chat) => JSON.stringify(chat)).join('\n'))
    expect(await turnsOf(path)).toEqual([first, second, [user('c')]])
  })

  it('without a turn of a user is none', async () => {
    const path = file('assistant.jsonl', `{"prompt": "a"}\n${JSON.stringify({ messages: [assistant('A')] })}`)
    await expect(readHistory([path])).rejects.toThrow(/assistant\.jsonl:2 has no turn of a user/)
  })
})
