import { sqlAnalytics } from '../reference-words/sql.ts'
import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names, surnames } from '../words/people.ts'
import { cities, countries, towns } from '../words/places.ts'

/** What a row is, and its columns, each with the list that its values are from. */
const tables = lines(`
  ship: ship=vessel, captain=person, home_port=city, built=year, tonnage=thousands
  player: player=person, team=town, position=position, goals=tens, season=year
  mountain: peak=peak, range=region, country=country, height_m=thousands, first_ascent=year
  film: title=title, director=person, country=country, year=year, minutes=tens
  bridge: bridge=street, city=city, opened=year, length_m=hundreds, architect=person
  employee: employee=person, department=department, city=city, salary=thousands, hired=year
  festival: festival=title, city=city, month=month, visitors=thousands, first_held=year
  race: round=few, venue=city, winner=person, car=brand, laps=tens
  school: school=street, town=town, pupils=hundreds, head=person, founded=year
  hotel: hotel=street, city=city, rooms=hundreds, stars=few, owner=brand
  song: song=title, singer=person, weeks=few, peak_position=tens, label=brand
  invoice: invoice=thousands, customer=brand, amount=hundreds, status=status, due=day
  election: candidate=person, party=party, district=town, votes=thousands, percent=tens
  train: train=thousands, from_station=city, to_station=city, departs=hour, platform=few
  tree: species=plant, street=street, planted=year, height_cm=hundreds, district=town
  book: title=title, author=person, publisher=brand, pages=hundreds, year=year
  match: date=day, home_team=town, away_team=town, attendance=thousands, score=score
  patient: patient=person, ward=department, admitted=day, age=tens, doctor=person
  satellite: satellite=vessel, launched=year, operator=brand, mass_kg=hundreds, country=country
  episode: episode=tens, title=title, director=person, air_date=day, viewers=thousands
`)

/** Two columns each: what is asked for, and what is known of it. */
function questionsOn(table: string): string[] {
  const [row = '', rest = ''] = table.split(': ')
  const columns = rest.split(', ').map((column) => {
    const [name = '', values = ''] = column.split('=')
    return { name, said: name.replaceAll('_', ' '), values, countable: COUNTABLE.has(values) }
  })
  const header = `Table data(${columns.map(({ name }) => name).join(', ')})\nQuestion: `
  return columns.flatMap((asked) =>
    columns
      .filter((known) => known !== asked)
      .map((known) => {
        const value = `{${known.values}${known.values === asked.values ? '2' : ''}}`
        const question = asked.countable
          ? `(What is the (highest|lowest|average|total) ${asked.said} when the ${known.said} is ${value}?|How many ${row}s with the ${known.said} ${value} have more than {${asked.values}} as ${asked.said}?|Which ${asked.said} has the ${row} with ${known.said} ${value}?)`
          : `(What is the ${asked.said} when the ${known.said} is ${value}?|Which ${asked.said} has a ${known.said} of ${value}?|Name the ${asked.said} of the ${row} with ${known.said} ${value}.|How many ${row}s have the ${known.said} ${value}?)`
        return header + question
      }),
  )
}

const COUNTABLE = new Set(['few', 'tens', 'hundreds', 'thousands'])

const advising = lines(`
  COURSE, COURSE_OFFERING, SEMESTER | Is {course} offered (next|this) (spring|autumn|winter)?
  COURSE, PROGRAM_COURSE | Which courses with more than {few} credits count towards {programme}?
  COURSE, INSTRUCTOR, OFFERING_INSTRUCTOR | Who taught {course} in {year}?
  COURSE, STUDENT_RECORD | How many students took {course} in {year}?
  COURSE, COURSE_PREREQUISITE | What do I need before I can take {course}?
  STUDENT, STUDENT_RECORD | What grade did {person} get in {course}?
  COURSE_OFFERING, INSTRUCTOR | Which classes of {person} are before {hour}?
`).map((line) => {
  const [names = '', question = ''] = line.split(' | ')
  return `University advising database. Tables: ${names}\nQuestion: ${question}`
})

export const sql = templated({
  name: 'sql',
  describe: 'table and question to SQL',
  templates: [...sqlAnalytics.templates, ...tables.flatMap(questionsOn), ...advising],
  words: {
    ...sqlAnalytics.words,
    person: names.flatMap((name, at) => [0, 9, 17].map((step) => `${name} ${surnames[(at + step) % surnames.length]}`)),
    city: cities,
    country: countries,
    town: towns,
    year: numbers(1931, 2023),
    few: numbers(2, 12),
    tens: numbers(13, 98),
    hundreds: numbers(110, 990, 10),
    thousands: numbers(1_150, 48_900, 350),
    vessel: list(
      'Aurora, Petrel, Halcyon, Vega, Northern Star, Merlin, Calypso, Polaris, Sirius, Estrella, Orion, Albatross',
    ),
    position: list('goalkeeper, defender, midfielder, forward, winger, sweeper'),
    peak: list(
      'Kaldfjell, Mount Serrat, Pico Alto, Hoher Zahn, Ben Lorne, Tsagaan, Cerro Claro, Monte Vero, Rocky Point',
    ),
    month: list('January, March, April, June, July, August, October, December'),
    brand: list(
      'Ottley, Novak, Castor, Brightwell, Delmar, Mistral, Rowan, Umber, Halvorsen, Petrel, Greenfold, Quinta',
    ),
    street: list(
      'Harbour Lane, Mill Road, Castle Street, Elm Row, Station Square, Abbey Hill, Orchard Walk, Quay Street, King’s Yard',
    ),
    party: list('Greens, Liberals, Centre Party, Labour, Farmers’ League, Independent, Conservatives'),
    plant: list('oak, lime, birch, chestnut, maple, rowan, plane, cherry, hornbeam, willow'),
    hour: list('6:15, 7:40, 8:05, 10:30, 12:20, 14:50, 17:25, 19:10, 21:45'),
    score: list('0-0, 1-0, 2-1, 3-0, 2-2, 4-1, 0-3, 1-1, 5-2'),
    course: list(
      'EECS 280, Statistics 250, Modern History, Organic Chemistry, MATH 216, Linguistics, Data Structures, Optics, Logic',
    ),
    programme: list(
      'the computer science major, the history minor, general education, the physics degree, a teaching diploma',
    ),
  },
})
