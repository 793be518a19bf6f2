import { temporaryDatabase } from '@foretoken/db/testing'
import pg from 'pg'
import { queueConformance } from '../testing/queue-conformance.ts'

queueConformance('PostgreSQL', async () => {
  const { url } = await temporaryDatabase()
  const query = async (text: string, queue: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return (await client.query(text, [queue]).finally(() => client.end())).rows
  }
  return {
    url,
    storedJobs: async (queue) => (await query('select id from bullmq.job where queue = $1', queue)).length,
    everythingStored: async (queue) =>
      JSON.stringify([
        await query('select * from bullmq.job where queue = $1', queue),
        await query('select * from bullmq.job_log where queue = $1', queue),
        await query('select * from bullmq.event where queue = $1', queue),
      ]),
  }
})
