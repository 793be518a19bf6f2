import { ENGINE_DEFAULTS } from '@foretoken/engine'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const needed = { FORETOKEN_CLUSTER_SECRET: 'a secret of the cluster', FORETOKEN_MODEL: '/model' }

test("the engine's limits are its own defaults unless the environment says otherwise", () => {
  expect(ENGINE_DEFAULTS).toMatchObject(readConfig(needed).limits)
  const limits = {
    FORETOKEN_SEQUENCES_MAX: '4',
    FORETOKEN_WAITING_MAX: '9',
    FORETOKEN_WAITING_PER_TENANT_MAX: '2',
    FORETOKEN_CACHE_BYTES_MAX: '1000000',
  }
  expect(readConfig({ ...needed, ...limits }).limits).toEqual({
    sequencesMax: 4,
    waitingMax: 9,
    waitingPerTenantMax: 2,
    cacheBytesMax: 1_000_000,
  })
  for (const name of Object.keys(limits)) expect(() => readConfig({ ...needed, [name]: '-1' })).toThrow(name)
})
