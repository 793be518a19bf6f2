/** Prompts of the kinds that the reference target knows, written for the tests: templates filled from small lists. */
export interface WorkloadPrompt {
  readonly domain: Domain
  readonly prompt: string
}

export const DOMAINS = ['sql', 'bash', 'math', 'dialog', 'intent', 'extract', 'toolcall'] as const
export type Domain = (typeof DOMAINS)[number]

/** `count` different prompts, the domains taking turns; the same every time. */
export function workloadPrompts(count: number): WorkloadPrompt[] {
  return Array.from({ length: count }, (_, index) => {
    const domain = DOMAINS[index % DOMAINS.length] ?? 'sql'
    return { domain, prompt: domainPrompt(domain, Math.floor(index / DOMAINS.length)) }
  })
}

/** The prompt number `index` of a domain; different numbers below 60 give different prompts. */
export function domainPrompt(domain: Domain, index: number): string {
  return TEMPLATES[domain]((list, stride) => list[Math.floor(index / stride) % list.length] ?? '')
}

type Pick = (list: readonly string[], stride: number) => string

const CITIES = ['Lisbon', 'Turin', 'Bergen', 'Osaka', 'Quito', 'Leeds', 'Austin', 'Graz']
const NAMES = ['Mara', 'Tobias', 'Ines', 'Kofi', 'Yuki', 'Pablo', 'Greta', 'Samir']

const TEMPLATES: Record<Domain, (pick: Pick) => string> = {
  sql: (pick) => {
    const [columns, subject] = pick(
      [
        'player, club, goals, season|player',
        'title, director, year, rating|title',
        'city, country, population, area|city',
        'ship, builder, launched, tonnage|ship',
      ],
      1,
    ).split('|')
    const last = columns?.split(', ').at(-1)
    const ask = pick(
      [
        `How many rows have a ${last} above 40?`,
        `Which ${subject} has the highest ${last}?`,
        `What is the ${last} of ${pick(NAMES, 12)}?`,
      ],
      4,
    )
    return `Table data(${columns})\nQuestion: ${ask} ${pick(['', 'Show it once.', 'Use the newest entry.', 'Ignore empty values.', 'List all.'], 12)}`.trimEnd()
  },
  bash: (pick) =>
    `${pick(['find', 'count', 'list', 'remove'], 1)} all ${pick(['.log', '.txt', '.jpg', '.c'], 4)} files in ${pick(['/var/tmp', 'the current directory', '/home/demo', '/srv/data'], 16)}`,
  math: (pick) => {
    const [many, few] = pick(['24|6', '90|15', '48|12', '36|9', '120|20'], 8).split('|')
    return `${pick(NAMES, 1)} has ${many} marbles and gives ${few} of them to each of two friends. How many marbles are left?`
  },
  dialog: (pick) =>
    `User: I need a ${pick(['hotel', 'dentist', 'restaurant', 'bus'], 1)} in ${pick(CITIES, 4)}.\nAssistant: For which day?\nUser: ${pick(['Next Friday', 'The 3rd of March'], 32)}, please.\nAssistant:`,
  intent: (pick) =>
    `${pick(['My card was declined', 'I want to change my PIN', 'Where is my refund', 'Please set an alarm', 'What is the exchange rate', 'I lost my phone', 'Book me a table', 'Tell me a joke'], 1)} ${pick(['today', 'again', 'in this shop', 'for tomorrow', 'right now', 'abroad', 'since Monday', 'please'], 8)}`,
  extract: (pick) =>
    `Extract intent and slots: ${pick(['play a song by', 'what is the weather in', 'book a table for two in', 'add this tune to the list of'], 1)} ${pick([...CITIES, ...NAMES], 4)}`,
  toolcall: (pick) =>
    `Service: Travel_1\nMethods: FindHotel, BookHotel\nSlots: city, check_in, nights, rooms\nUser: I want to stay in ${pick(CITIES, 1)} for ${pick(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'], 8)} nights.\nCall:`,
}
