/** Logs when its input ends, and exits at once: a process whose last words nobody hears. */
import { createLogger } from '../logger.ts'

const logger = createLogger('late')
process.stdin.on('end', () => {
  // More than one: the second waits for the first where writing is left to the background.
  for (const word of ['some', 'last', 'words']) logger.warn(word)
  process.exit(0)
})
process.stdin.resume()
logger.info('listening')
