import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import { kernels } from '@foretoken/native'
import { type Check, type Finding, fail, ok, warn } from './finding.ts'

const NODE_MIN = [20, 19] as const
const MEMORY_MIN_BYTES = 2 * 2 ** 30

/** Checks of the machine itself. */
export const machineChecks: readonly Check[] = [
  { name: 'node', run: () => checkNode(process.versions.node) },
  { name: 'processor', run: () => checkProcessor(cpuFlags(), availableParallelism()) },
  { name: 'memory', run: () => checkMemory(freemem(), totalmem()) },
  { name: 'onnxruntime', run: checkOnnxRuntime },
  { name: 'kernels', run: () => checkKernels(kernels !== undefined) },
]

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
  return enough ? ok(version) : fail(version, `Install Node 20 (at least ${NODE_MIN.join('.')}), 22, 24 or 26.`)
}

/** @param flags the processor's features; null where the system doesn't tell. */
export function checkProcessor(flags: ReadonlySet<string> | null, cores: number): Finding {
  const where = `${process.platform}-${process.arch}, ${cores} cores, ${cpus()[0]?.model ?? 'unknown'}`
  if (flags === null || process.arch !== 'x64') return ok(where)
  const seen = ['avx2', 'avx512f', 'avx_vnni', 'avx512_vnni', 'amx_tile'].filter((flag) => flags.has(flag))
  if (!flags.has('avx2')) return warn(where, 'This processor lacks AVX2: everything works, several times slower.')
  return ok(`${where}, ${seen.join(' ')}`)
}

export function checkMemory(free: number, total: number): Finding {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  const detail = `${gib(free)} free of ${gib(total)}`
  if (free >= MEMORY_MIN_BYTES) return ok(detail)
  return warn(detail, `Free some: a platform with the reference target wants ${gib(MEMORY_MIN_BYTES)}.`)
}

/** Loaded here and not above: a library that does not load is what this check is for. */
async function checkOnnxRuntime(): Promise<Finding> {
  try {
    const { listSupportedBackends } = await import('@foretoken/onnx-runtime')
    return ok(
      `execution providers: ${listSupportedBackends()
        .map((backend) => backend.name)
        .join(', ')}`,
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail(`does not load: ${reason}`, 'Reinstall it: npm ci. On Linux it needs glibc 2.28 or newer.')
  }
}

/** @param built whether the compiled kernels load */
export function checkKernels(built: boolean): Finding {
  if (built) return ok('compiled')
  return warn(
    'not built: ONNX Runtime runs target and drafts, at half the speed',
    'Install Rust (https://rustup.rs) and run: npm run -w native build.',
  )
}

function cpuFlags(): ReadonlySet<string> | null {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))
    return line?.[1] === undefined ? null : new Set(line[1].trim().split(/\s+/))
  } catch {
    return null
  }
}
