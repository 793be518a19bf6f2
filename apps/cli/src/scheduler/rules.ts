import type { Rules } from '@foretoken/policy'
import { CliError } from '../errors.ts'

/** Every rule that is a number, by path: `training.budgetMs`. */
export function rulePaths(rules: Rules): ReadonlyMap<string, number> {
  const paths = Object.entries(rules).flatMap(([part, values]) =>
    Object.entries(values).map(([name, value]): [string, number] => [`${part}.${name}`, Number(value)]),
  )
  return new Map(paths)
}

/**
 * Rules with some of them changed. A name without its part is enough where it is the only one of that name.
 *
 * @throws CliError for what is no rule or no number
 */
export function withRules(rules: Rules, changes: readonly string[]): Rules {
  let changed = rules
  for (const change of changes) {
    const [name = '', text = ''] = change.split('=')
    const value = Number(text)
    const paths = [...rulePaths(rules).keys()].filter((path) => path === name || path.endsWith(`.${name}`))
    const [path] = paths
    if (path === undefined || paths.length > 1) {
      throw new CliError(
        `"${name}" names ${path === undefined ? 'no rule' : 'several rules'}. Those there are: ${names(rules)}`,
      )
    }
    if (text.trim() === '' || Number.isNaN(value)) throw new CliError(`"${change}": expected a number behind the =.`)
    const [part = '', leaf = ''] = path.split('.')
    changed = { ...changed, [part]: { ...Reflect.get(changed, part), [leaf]: value } }
  }
  return changed
}

const names = (rules: Rules) => [...rulePaths(rules).keys()].join(', ')
