/** Takes one job, prints its id and never finishes it: for tests that kill a consumer. */
import { openQueueOf } from '../queue.ts'
import { TEST_CONTRACT } from './contract.ts'

const [url = '', name = ''] = process.argv.slice(2)
const queue = await openQueueOf(url, name, TEST_CONTRACT)
await queue.consume((_, { id }) => {
  process.stdout.write(`${id}\n`)
  return new Promise(() => undefined)
})
