import { hasRedisServer, type RedisServer, startRedisServer } from './redis-server.ts'

export type { RedisServer } from './redis-server.ts'

/** The Redis of a test run, found before its tests are declared. */
export type TestRedis =
  | { readonly found: 'given'; readonly url: string }
  | { readonly found: 'binary'; start(): Promise<RedisServer> }
  | { readonly found: 'none'; readonly reason: string }

/**
 * FORETOKEN_TEST_REDIS_URL where set, a Redis of the tests' own: they break all connections to it. Otherwise a private
 * server, where there is a redis-server to start.
 *
 * @throws where there is neither and FORETOKEN_TEST_REDIS=required, as in CI: there nothing may be skipped.
 */
export function testRedis(): TestRedis {
  const url = process.env.FORETOKEN_TEST_REDIS_URL
  if (url) return { found: 'given', url }
  if (hasRedisServer()) return { found: 'binary', start: startRedisServer }
  const reason = 'There is no redis-server: install the package redis-server, or set FORETOKEN_TEST_REDIS_URL.'
  if (process.env.FORETOKEN_TEST_REDIS === 'required') throw new Error(reason)
  return { found: 'none', reason }
}
