import { createServer } from 'node:net'
import { CliError } from '../errors.ts'

/** @throws CliError when nobody could listen there. */
export async function checkPort(host: string, port: number): Promise<void> {
  const problem = await portProblem(host, port)
  if (problem !== null) throw new CliError(problem)
}

/** What keeps a server from listening there; null: nothing. */
export function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error) => resolve(describe('code' in error ? error.code : undefined, host, port)))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(null)))
  })
}

function describe(code: unknown, host: string, port: number): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use. Stop what listens there, or choose another with --port.`
  }
  if (code === 'EACCES') return `Port ${port} needs more rights than this user has. Choose one above 1023 with --port.`
  return `Nothing can listen on ${host}:${port} (${code}). Choose another address with --host.`
}
