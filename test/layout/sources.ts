import { readFileSync } from 'node:fs'
import { globSync } from 'tinyglobby'

export const root = new URL('../../', import.meta.url)

/** Every source file, by its path from the root. */
export const sources = globSync(['apps/*/src/**/*.ts', 'packages/*/src/**/*.ts', '{db,native,test}/**/*.ts'], {
  cwd: root.pathname,
  ignore: ['**/node_modules/**'],
}).sort()

/** The package, app or folder that a file belongs to. */
export function unitOf(file: string): string {
  const [top = '', second = ''] = file.split('/')
  return top === 'apps' || top === 'packages' ? `${top}/${second}` : top
}

/** What a file imports, types included, as it names it. */
export function importsOf(file: string): string[] {
  const text = readFileSync(new URL(file, root), 'utf8')
  const statements = text.matchAll(/^(?:import|export|\})(?:[^'"\n;]*from)? '([^']+)'/gm)
  const expressions = text.matchAll(/\bimport\('([^']+)'\)/g)
  return [...statements, ...expressions].map((match) => match[1] ?? '')
}

/** The file that a relative specifier names. */
export function resolve(specifier: string, from: string): string {
  return new URL(specifier, new URL(from, root)).pathname.slice(root.pathname.length)
}
