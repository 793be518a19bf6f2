import { readFile } from 'node:fs/promises'
import { z } from 'zod'

/** A type, not an interface, so that it is a tokenizer's message too. */
export type Message = { readonly role: string; readonly content: string }

/** One line of a file of prompts, as messages. */
export interface PromptLine {
  /** File and line, for people. */
  readonly where: string
  readonly messages: readonly Message[]
}

/** Prompts that can't be learned from; `message` names the file, and the line where there is one. */
export class PromptError extends Error {
  override readonly name = 'PromptError'
}

/**
 * JSON Lines of `{"prompt": …}` or `{"messages": […]}`; empty lines are passed over.
 *
 * @throws PromptError
 */
export async function readJsonLines(path: string, most = Number.POSITIVE_INFINITY): Promise<PromptLine[]> {
  return parseJsonLines(path, await readText(path), most)
}

/**
 * The same, or plain text with a prompt a line. A file is JSON Lines by its name, or where its first line is one: a
 * prompt may begin with a brace.
 *
 * @throws PromptError
 */
export async function readPromptFile(path: string): Promise<PromptLine[]> {
  const text = await readText(path)
  if (/\.(jsonl|ndjson)$/i.test(path) || beginsAsJsonLines(text)) return parseJsonLines(path, text)
  return nonEmpty(path, text).map(({ where, line }) => ({ where, messages: [{ role: 'user', content: line.trim() }] }))
}

function parseJsonLines(path: string, text: string, most = Number.POSITIVE_INFINITY): PromptLine[] {
  return nonEmpty(path, text)
    .slice(0, most)
    .map(({ where, line }) => ({ where, messages: parseLine(line, where) }))
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => {
    throw new PromptError(`${path} can't be read`)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new PromptError(`${path} is not text in UTF-8`)
  }
}

function nonEmpty(path: string, text: string): { where: string; line: string }[] {
  const lines = text.split('\n').map((line, index) => ({ where: `${path}:${index + 1}`, line }))
  const filled = lines.filter(({ line }) => line.trim() !== '')
  if (filled.length === 0) throw new PromptError(`${path} holds no prompts`)
  return filled
}

/** Parts are joined by line breaks, as the API does. */
const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal('text'), text: z.string() }))
    .min(1)
    .transform((parts) => parts.map(({ text }) => text).join('\n')),
])
const chat = z.object({ messages: z.array(z.object({ role: z.string(), content })).min(1) })
const single = z.object({ prompt: z.string().min(1) })

function beginsAsJsonLines(text: string): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '')
  try {
    const value: unknown = JSON.parse(first ?? '')
    return typeof value === 'object' && value !== null && ('messages' in value || 'prompt' in value)
  } catch {
    return false
  }
}

function parseLine(line: string, where: string): readonly Message[] {
  const value = parseJson(line, where)
  const messages = chat.safeParse(value)
  if (messages.success) return messages.data.messages
  const prompt = single.safeParse(value)
  if (prompt.success) return [{ role: 'user', content: prompt.data.prompt }]
  const path = messages.error.issues[0]?.path ?? []
  // Within the messages: the line means to be a chat, and one of its messages is not.
  if (path.length > 1) throw new PromptError(`${where}: ${z.core.toDotPath(path)} is missing or is not text`)
  throw new PromptError(`${where} has neither "prompt" nor "messages"`)
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new PromptError(`${where} is not JSON`)
  }
}
