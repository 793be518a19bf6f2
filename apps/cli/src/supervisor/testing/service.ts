/**
 * A service to supervise in tests. What it does wrong comes by environment: `refuse` ends before it is ready, `mute`
 * never announces itself, `deaf` ignores SIGTERM. GET /pid tells its process id; GET /crash ends it.
 */
import { createServer } from 'node:http'

const fault = process.env.FIXTURE_FAULT

if (fault === 'refuse') {
  console.error('the configuration is wrong')
  process.exit(3)
}
process.on('SIGTERM', () => {
  if (fault === 'deaf') return
  console.log('drained')
  process.exit(0)
})

const server = createServer((req, res) => {
  if (req.url === '/crash') process.exit(9)
  res.end(String(process.pid))
})
server.listen(Number(process.env.FIXTURE_PORT ?? 0), '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  if (fault !== 'mute') process.send?.({ type: 'ready', url: `http://127.0.0.1:${port}` })
})
