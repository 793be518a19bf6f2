/** By file: what it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>

/**
 * Circles, each as the path that leads back to where it starts. One for each import that closes a circle on a walk
 * along all imports: every circle has such an import, so where nothing is given there is none.
 */
export function circlesOf(imports: Imports): string[][] {
  const circles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string) => {
    const met = path.indexOf(file)
    if (met >= 0) circles.push([...path.slice(met), file])
    if (met >= 0 || done.has(file)) return
    path.push(file)
    for (const imported of imports.get(file) ?? []) visit(imported)
    path.pop()
    done.add(file)
  }
  for (const file of imports.keys()) visit(file)
  return circles
}
