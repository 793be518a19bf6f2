import { stripVTControlCharacters } from 'node:util'
import { vi } from 'vitest'
import { createProgram } from '../program.ts'

/** Runs a command in this process; what it wrote, with the reason where it exits early. */
export async function run(...args: string[]): Promise<string> {
  const written: string[] = []
  const write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(write),
    vi.spyOn(process.stderr, 'write').mockImplementation(write),
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}: ${written.join('')}`)
    }),
  ]
  try {
    await createProgram().parseAsync(args, { from: 'user' })
    return stripVTControlCharacters(written.join(''))
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
