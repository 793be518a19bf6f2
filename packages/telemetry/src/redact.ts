/** Fields that hold what a tenant wrote or what opens a door. */
export const SECRET_FIELDS = [
  'authorization',
  'apiKey',
  'pepper',
  'clusterSecret',
  'password',
  'prompt',
  'messages',
  'content',
  'completion',
  'tools',
  'toolCalls',
  'arguments',
  'body',
]
export const REDACTED = '[redacted]'

const secret: ReadonlySet<string> = new Set(SECRET_FIELDS)
/** How deep secrets are looked for. */
export const DEPTH = 3

/**
 * The fields of a log line without secrets at any of the first three depths; itself where it has none, which is why this
 * is cheaper than pino's own way: that copies every line.
 */
export function withoutSecrets(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, DEPTH) ?? fields
}

/** Null where nothing changes. */
function redactObject(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> | null {
  let changed: Record<string, unknown> | null = null
  for (const name of Object.keys(fields)) {
    // The logger has a serializer for this one, which leaves nothing of an error but what is known.
    if (name === 'err' && depth === DEPTH && fields[name] instanceof Error) continue
    const value = secret.has(name) ? REDACTED : redactValue(fields[name], depth - 1)
    if (value === null) continue
    changed ??= { ...fields }
    changed[name] = value
  }
  return changed
}

/** Null where nothing changes. */
function redactValue(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return null
  if (!Array.isArray(value)) return redactObject(Object.fromEntries(Object.entries(value)), depth)
  const items = value.map((item) => redactValue(item, depth - 1))
  return items.some((item) => item !== null) ? items.map((item, at) => item ?? value[at]) : null
}
