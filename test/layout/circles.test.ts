import { expect, test } from 'vitest'
import { circlesOf } from './circles.ts'
import { importsOf, resolve, sources } from './sources.ts'

const relativeImports = new Map(
  sources.map((file) => {
    const relative = importsOf(file).filter((specifier) => specifier.startsWith('.'))
    return [file, relative.map((specifier) => resolve(specifier, file))]
  }),
)

test('no files import each other in a circle, not for types either', () => {
  expect(circlesOf(relativeImports).map((circle) => circle.join(' → '))).toEqual([])
})

test('what a relative import names is a source, so that no circle goes unseen', () => {
  const modules = [...relativeImports.values()].flat().filter((file) => file.endsWith('.ts'))
  expect(modules.length).toBeGreaterThan(1_000)
  expect(modules.filter((file) => !relativeImports.has(file))).toEqual([])
})

test('a circle is given by its path, however many there are and whichever files lead there', () => {
  const imports = new Map([
    ['entry', ['a', 'leaf']],
    ['a', ['b', 'leaf']],
    ['b', ['c', 'a']],
    ['c', ['leaf', 'a']],
    ['self', ['self']],
    ['leaf', []],
  ])
  expect(circlesOf(imports)).toEqual([
    ['a', 'b', 'c', 'a'],
    ['a', 'b', 'a'],
    ['self', 'self'],
  ])
  expect(circlesOf(new Map([...imports, ['b', ['leaf']], ['self', []]]))).toEqual([])
})
