import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const env = {
  FORETOKEN_DATABASE_URL: 'postgres://localhost/foretoken',
  FORETOKEN_KEY_PEPPER: Buffer.alloc(32).toString('base64'),
  FORETOKEN_WORKER_URLS: 'http://127.0.0.1:9001, http://127.0.0.1:9002',
  FORETOKEN_CLUSTER_SECRET: 'at-least-sixteen-characters',
}

describe('the configuration', () => {
  it('has defaults for all that may have one', () => {
    expect(readConfig(env)).toMatchObject({
      gateway: {
        host: '127.0.0.1',
        port: 8_080,
        workerUrls: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002'],
        tls: null,
        metricsToken: null,
      },
      logLevel: 'info',
    })
  })

  it('names every variable that is wrong at once, and no value', () => {
    const wrong = {
      FORETOKEN_GATEWAY_PORT: '99999',
      FORETOKEN_DATABASE_URL: 'mysql://hush@localhost',
      FORETOKEN_KEY_PEPPER: '%hush%',
      FORETOKEN_WORKER_URLS: 'localhost',
      FORETOKEN_CLUSTER_SECRET: 'hush',
    }
    expect(() => readConfig(wrong)).toThrow(/^(?!.*hush)/s)
    for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(name)
  })

  it('wants a pepper of 16 bytes, and both files of a certificate or none', () => {
    expect(() => readConfig({ ...env, FORETOKEN_KEY_PEPPER: 'AAAA' })).toThrow('at least 16 bytes')
    expect(() => readConfig({ ...env, FORETOKEN_TLS_CERT: '/cert.pem' })).toThrow('go together')
  })
})
