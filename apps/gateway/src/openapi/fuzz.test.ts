import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KEY_SCOPES } from '@foretoken/db'
import { type Script, wordsScript } from '@foretoken/protocol/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Managed } from '../testing/managed.ts'
import { installSchemathesis } from '../testing/schemathesis.ts'

const run = promisify(execFile)
const schemathesis = await installSchemathesis()
const folder = mkdtempSync(join(tmpdir(), 'foretoken-fuzz-'))

/** Answers of few words, however many are asked for. */
const brief: Script = (call, signal) => wordsScript({ ...call, completionTokensMax: 3 }, signal)

let managed: Managed
beforeAll(async () => {
  managed = await Managed.start({ workers: [{ script: brief }] })
})
afterAll(async () => {
  await managed.close()
  rmSync(folder, { recursive: true })
})

describe.skipIf(schemathesis === null)('the API does what its document says, whatever it is sent', () => {
  // Tenants first: operators' requests end whatever they find.
  it.each([
    ['by tenants', ['--exclude-path-regex', '^/admin']],
    ['by operators', ['--include-path-regex', '^/admin']],
  ])('%s', { timeout: 600_000 }, async (_, paths) => {
    const { secret } = await managed.key(await managed.tenant(`fuzzed-${paths[0]}`), KEY_SCOPES)
    const config = join(folder, 'schemathesis.toml')
    writeFileSync(config, configOf(secret, managed.secrets.owner), { mode: 0o600 })
    writeFileSync(join(folder, 'hooks.py'), HOOKS)
    const how = ['--continue-on-failure', '--no-color', '--seed', process.env.FORETOKEN_FUZZ_SEED ?? '1']
    const bounds = ['--max-examples', process.env.FORETOKEN_FUZZ_EXAMPLES ?? '20']
    const args = ['--config-file', config, 'run', `${managed.url}/openapi.json`, ...paths, ...how, ...bounds]
    const failure = await run(schemathesis ?? '', args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).then(
      () => '',
      (error: { stdout?: string; stderr?: string }) => `${error.stdout}${error.stderr}`,
    )
    expect(failure).toBe('')
    expect(managed.gateway.logs).not.toContain('"msg":"request failed"')
  })

  it('and what is asked for is answered with, too', () => {
    const answered = managed.gateway.logs.split('\n').filter((line) => line.includes('"msg":"answered"'))
    const well = answered.filter((line) => line.includes('"status":200'))
    for (const route of [
      'POST /v1/chat/completions',
      'POST /v1/completions',
      'POST /v1/responses',
      'POST /tokenize',
      'GET /admin/v1/usage',
    ]) {
      expect(well.filter((line) => line.includes(`"${route}"`)).length, route).toBeGreaterThan(0)
    }
  })
})

/** `positive_data_acceptance` is off: which parameters go together is more than a schema says. */
function configOf(tenantKey: string, adminKey: string): string {
  return `
hooks = "hooks.py"

[auth.openapi.tenantKey]
bearer = "${tenantKey}"

[auth.openapi.adminKey]
bearer = "${adminKey}"

[checks]
positive_data_acceptance.enabled = false
`
}

/**
 * A name of a model is mostly one that there is; and of the bodies that fit the schema every other one is without what
 * needs more than a schema says.
 */
const HOOKS = `
import itertools
import schemathesis

@schemathesis.hook
def map_body(ctx, body):
    if isinstance(body, dict) and isinstance(body.get("model"), str) and len(body["model"]) > 1:
        return {**body, "model": "scripted"}
    return body

PLAIN = {"model", "messages", "prompt", "input", "temperature", "top_p", "seed", "stream", "store"}
turns = itertools.count()

@schemathesis.hook
def before_call(ctx, case, kwargs):
    body = case.body
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if not fits or not isinstance(body, dict) or "model" not in body or next(turns) % 2:
        return
    case.body = {name: value for name, value in body.items() if name in PLAIN}
    case.body["model"] = "scripted"
    if "messages" in body:
        case.body["messages"] = [{"role": "user", "content": message.get("content") or "?"} for message in body["messages"]]
    if "input" in body:
        case.body["input"] = "?"
`
