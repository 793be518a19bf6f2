const days31 = '(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])'
const days30 = '(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)'
const days28 = '02-(?:0[1-9]|1[0-9]|2[0-8])'
const leapYear = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)'
const date = `(?:[0-9]{4}-(?:${days31}|${days30}|${days28})|${leapYear}-02-29)`
const time = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])'
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const byte = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const atom = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
const group = '[0-9a-fA-F]{1,4}'
const pathCharacter = "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})"
const number = '[0-9]{1,9}'
const clock = `T(?:${number}H(?:${number}M)?(?:${number}S)?|${number}M(?:${number}S)?|${number}S)`
const calendar = `(?:${number}Y(?:${number}M)?(?:${number}D)?|${number}M(?:${number}D)?|${number}D)`

/** An address of IPv6 with at most one gap, as RFC 4291 writes it without an embedded IPv4 one. */
function ipv6(): string {
  const groups = (count: number) => (count === 1 ? group : `${group}(?::${group}){0,${count - 1}}`)
  const gapped = Array.from({ length: 7 }, (_, before) => {
    const head = before === 0 ? '' : `(?:${group}:){${before - 1}}${group}`
    const after = 7 - before
    return after === 0 ? `${head}::` : `${head}::(?:${groups(after)})?`
  })
  return `(?:(?:${group}:){7}${group}|${gapped.join('|')})`
}

/**
 * Formats as patterns, by RFC 3339, 5321, 1123, 4291, 3986, 9562 and ISO 8601. Where the standard is wider than what
 * validators take, they are the narrower: no leap second, no day that does not exist, a domain with a dot, digits
 * that come to an end.
 */
export const FORMATS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    date,
    time,
    'date-time': `${date}T${time}`,
    duration: `P(?:${calendar}(?:${clock})?|${clock}|${number}W)`,
    email: `${atom}(?:\\.${atom})*@(?:${label}\\.)+${label}`,
    hostname: `${label}(?:\\.${label}){0,3}`,
    ipv4: `(?:${byte}\\.){3}${byte}`,
    ipv6: ipv6(),
    uuid: '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}',
    uri: `[a-zA-Z][a-zA-Z0-9+.-]*://${label}(?:\\.${label})*(?::[0-9]{1,5})?(?:/${pathCharacter}*)*(?:\\?(?:${pathCharacter}|[/?])*)?(?:#(?:${pathCharacter}|[/?])*)?`,
  }).map(([name, pattern]) => [name, `^(?:${pattern})$`]),
)
