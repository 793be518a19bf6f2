import { list, numbers } from './lists.ts'
import { names, professions, surnames } from './people.ts'
import { cities, countries, regions, towns } from './places.ts'

/** Blanks that passages use; whoever asks about a passage needs all of them. */
export const common = {
  name: names,
  surname: surnames,
  profession: professions,
  city: cities,
  country: countries,
  region: regions,
  town: towns,
  month: list('January, February, March, April, May, June, July, August, September, October, November'),
  weekday: list('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday'),
  day: list(
    '3 March, 12 April, 27 January, 19 June, 8 October, 30 November, 14 July, 1 September, 5 May, 22 August, 16 February',
  ),
  hour: list('9 am, 10:30 am, noon, 2 pm, 3:15 pm, 5 pm, 6:45 pm, 7:30 pm, 8 pm'),
  year: numbers(1868, 2016, 4),
  few: numbers(2, 9),
  tens: numbers(12, 96, 3),
  percent: numbers(4, 40),
  hundreds: numbers(110, 980, 13),
}
