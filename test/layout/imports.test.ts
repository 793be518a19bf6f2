import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { importsOf, resolve, root, sources, unitOf } from './sources.ts'

/** Who may import whom; a package that is missing here has no place in the design yet. Arrows only go down. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  test: ['*'],
  'apps/cli': [
    'db',
    'native',
    'packages/billing',
    'packages/cluster',
    'packages/drafting',
    'packages/engine',
    'packages/jobs',
    'packages/learning',
    'packages/metering',
    'packages/model',
    'packages/onnx-runtime',
    'packages/policy',
    'packages/protocol',
    'packages/reference-target',
    'packages/smollm2',
    'packages/static-draft',
    'packages/storage',
    'packages/telemetry',
    'packages/workloads',
  ],
  'apps/gateway': [
    'db',
    'packages/cluster',
    'packages/metering',
    'packages/policy',
    'packages/protocol',
    'packages/telemetry',
    'packages/tool-calls',
  ],
  'apps/scheduler': [
    'db',
    'packages/billing',
    'packages/cluster',
    'packages/jobs',
    'packages/learning',
    'packages/metering',
    'packages/policy',
    'packages/storage',
    'packages/telemetry',
  ],
  'apps/trainer': [
    'db',
    'packages/cluster',
    'packages/drafting',
    'packages/engine',
    'packages/jobs',
    'packages/learning',
    'packages/model',
    'packages/protocol',
    'packages/static-draft',
    'packages/storage',
    'packages/telemetry',
  ],
  'apps/worker': [
    'db',
    'native',
    'packages/cluster',
    'packages/drafting',
    'packages/engine',
    'packages/learning',
    'packages/model',
    'packages/protocol',
    'packages/reference-target',
    'packages/static-draft',
    'packages/storage',
    'packages/telemetry',
    'packages/tool-calls',
  ],
  'packages/learning': [
    'packages/drafting',
    'packages/engine',
    'packages/graph',
    'packages/model',
    'packages/onnx-runtime',
    'packages/policy',
    'packages/storage',
  ],
  'packages/engine': ['native', 'packages/drafting', 'packages/model'],
  'packages/drafting': ['native', 'packages/graph', 'packages/model', 'packages/onnx-runtime', 'packages/storage'],
  'packages/model': ['native', 'packages/graph', 'packages/onnx-runtime', 'packages/storage'],
  'packages/graph': ['packages/onnx-runtime'],
  'packages/onnx-runtime': [],
  'packages/cluster': ['db', 'packages/protocol'],
  'packages/jobs': ['db'],
  'packages/policy': [],
  'packages/metering': [],
  'packages/billing': ['db', 'packages/metering', 'packages/storage'],
  'packages/storage': [],
  'packages/protocol': [],
  'packages/telemetry': [],
  'packages/reference-target': [],
  'packages/smollm2': ['packages/model'],
  'packages/static-draft': [],
  'packages/tool-calls': ['packages/protocol'],
  'packages/workloads': [],
  native: [],
  db: ['packages/protocol'],
}

function packageJson(unit: string): {
  name: string
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
} {
  return {
    dependencies: {},
    devDependencies: {},
    ...JSON.parse(readFileSync(new URL(`${unit}/package.json`, root), 'utf8')),
  }
}

test('imports between packages follow the direction of the design', () => {
  const unitOfName = new Map(Object.keys(MAY_IMPORT).map((unit) => [packageJson(unit).name, unit]))
  const wrong: string[] = []
  let seen = 0
  for (const file of sources) {
    const unit = unitOf(file)
    const allowed = MAY_IMPORT[unit]
    if (!allowed) wrong.push(`${file}: ${unit} has no place in the import table`)
    for (const specifier of importsOf(file)) {
      const name = specifier.startsWith('@foretoken/') ? specifier.split('/').slice(0, 2).join('/') : undefined
      const imported = name && unitOfName.get(name)
      if (!imported || imported === unit) continue
      seen++
      if (!allowed?.includes('*') && !allowed?.includes(imported)) wrong.push(`${file} imports ${specifier}`)
    }
  }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(10)
})

test('ONNX Runtime is imported where its telemetry is turned off, and nowhere else', () => {
  const importers = sources.filter((file) => importsOf(file).includes('onnxruntime-node'))
  expect(importers).toEqual(['packages/onnx-runtime/src/index.ts'])
})

test('no file reaches into another package by a relative path', () => {
  const wrong: string[] = []
  for (const file of sources) {
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue
      if (unitOf(resolve(specifier, file)) !== unitOf(file)) wrong.push(`${file} imports ${specifier}`)
    }
  }
  expect(wrong).toEqual([])
})

test('each package declares what it imports', () => {
  const wrong = new Set<string>()
  for (const file of sources) {
    const unit = unitOf(file)
    const { name: own, dependencies, devDependencies } = packageJson(unit)
    const tests = unit === 'test' || /\.test\.ts$|\/testing(\.ts$|\/)/.test(file)
    const rootDevelopment = tests ? ['vitest', 'fast-check'] : []
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      if (name === own || name in dependencies || name in devDependencies || rootDevelopment.includes(name)) continue
      wrong.add(`${unit} does not declare ${name}`)
    }
  }
  expect([...wrong]).toEqual([])
})
