/** Has the server at a URL break all connections but this one: for a test whose own process stands still meanwhile. */
import { Redis } from 'ioredis'
import pg from 'pg'

const [url = ''] = process.argv.slice(2)
if (url.startsWith('redis')) {
  const client = new Redis(url)
  for (const type of ['normal', 'pubsub']) await client.call('client', 'kill', 'type', type, 'skipme', 'yes')
  client.disconnect()
} else {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await client.end()
}
