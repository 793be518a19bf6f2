import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))

test('a process that loads a model on ONNX Runtime leaves no trace of it in the user’s folders', async () => {
  expect(await filesLeftBy(loading())).toEqual([])
})

/** What the test above would find: without this, it could pass because the library hides its files elsewhere. */
test.runIf(process.platform === 'linux')(
  'without our switch ONNX Runtime keeps a device id and a database',
  async () => {
    const files = await filesLeftBy(loading('delete process.env.ORT_DISABLE_TELEMETRY'))
    expect(files).toEqual(expect.arrayContaining(['deviceid', 'onnxruntime.db']))
  },
)

function loading(first = ''): string {
  return `
    import { openTarget } from '@foretoken/model'
    import { referenceTargetFolder } from '@foretoken/reference-target'
    ${first}
    const target = await openTarget(referenceTargetFolder, { runtime: 'onnx', threads: 1 })
    await target.close()
  `
}

/** Runs a program whose home, cache and temporary folders are empty, and names the files that are in them afterwards. */
async function filesLeftBy(program: string): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'foretoken-phone-home-'))
  try {
    const folders = { HOME: join(root, 'home'), XDG_CACHE_HOME: join(root, 'cache'), TMPDIR: join(root, 'temporary') }
    await Promise.all(Object.values(folders).map((folder) => mkdir(folder)))
    // And nothing else of this environment: the library is silent by itself where it sees the variables of a CI.
    const env = { PATH: process.env.PATH, ...folders, TSX_DISABLE_CACHE: '1' }
    await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { cwd: here, env })
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => basename(entry.name))
  } finally {
    await rm(root, { recursive: true })
  }
}
