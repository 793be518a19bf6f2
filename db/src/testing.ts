/**
 * Databases for tests: each call gives an empty, migrated one of its own on a real PostgreSQL.
 *
 * The server is FORETOKEN_TEST_DATABASE_URL where set; otherwise one embedded server per test process, started on first
 * use. It needs no teardown: it ends, and its files go, when the process ends in whatever way.
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startTemporaryPostgres } from './embedded/server.ts'
import { migrate } from './migrate.ts'

export interface TemporaryDatabase {
  readonly url: string
  /** Ends its connections and removes it. Needed with a server of your own; harmless otherwise. */
  drop(): Promise<void>
}

/** @param options.migrated false for a database without any table. */
export async function temporaryDatabase(options: { migrated?: boolean } = {}): Promise<TemporaryDatabase> {
  server ??= startTestServer()
  const { url, template } = await server
  const name = freshName()
  const migrated = options.migrated ?? true
  await administer(url, `create database ${name}${migrated && template !== null ? ` template ${template}` : ''}`)
  if (migrated && template === null) await migrate(withDatabase(url, name))
  return {
    url: withDatabase(url, name),
    drop: () => administer(url, `drop database if exists ${name} with (force)`),
  }
}

interface TestServer {
  readonly url: string
  /** A migrated database to copy, which is faster than to migrate again. None where it would have to be removed. */
  readonly template: string | null
}

let server: Promise<TestServer> | undefined

async function startTestServer(): Promise<TestServer> {
  const given = process.env.FORETOKEN_TEST_DATABASE_URL
  if (given) return { url: given, template: null }
  const embedded = await startTemporaryPostgres()
  embedded.unref()
  const url = embedded.url('postgres')
  const template = freshName()
  await administer(url, `create database ${template}`)
  await migrate(withDatabase(url, template))
  return { url, template }
}

const freshName = () => `foretoken_test_${randomBytes(6).toString('hex')}`

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
