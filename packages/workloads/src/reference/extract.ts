import { jsonAssistant } from '../reference-words/extraction.ts'
import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { dishes } from '../words/living.ts'
import { names, surnames } from '../words/people.ts'
import { cities } from '../words/places.ts'

const slots = (domain: string, text: string) => lines(text).map((line) => `Extract the ${domain} slots: ${line}`)

const asked = [
  ...slots(
    'restaurant',
    `
    (A table|Dinner|Lunch) for {people} (at {hour}|on {day}|{when}), please.
    My name is {first} {last}(, and we are {people}|, {people} people at {hour}|).
    (We will be|There are|It is for) {people} (people|adults|of us) on {day}.
    (Could|Can) I book (for {hour}|something {when}) (under the name {last}|for {people})?
    (The reservation is|Please reserve|I have booked) for {first} {last} at {hour} on {day}.
    (Make it|Rather|Let us say) {hour} (on {day}|instead|{when}).
    (What about|How about|Do you have) a table at {hour} for {people}?
    {first} here, {people} of us would come {when} (at about {hour}|).
  `,
  ),
  ...slots(
    'homes_1',
    `
    I am looking for an apartment with {few} bedrooms in {city}.
    (A flat|A house) in {city} with {few} (baths|bedrooms), (pets allowed|with a laundry|furnished), please.
    Can I visit the one on {number} {street} on {day}?
    (Schedule|Arrange) a visit to {street} {number} (at {hour}|on {day}).
    {city} would be best, (and it must have {few} bathrooms|with {few} bedrooms at most).
  `,
  ),
  ...slots(
    'events_1',
    `
    (Find|Are there) (concerts|matches|plays) in {city} (on {day}|{when})?
    I would like {people} tickets for (the concert of {artist}|{title}) in {city}.
    (Anything|Something) with {artist} (on {day}|{when})?
    {artist} (in|near) {city}, {people} (seats|tickets), {day}.
  `,
  ),
  ...slots(
    'buses_1',
    `
    (I need|Get me|Book) {people} (seats|tickets) from {city} to {city2} on {day}.
    When does the bus from {city} to {city2} leave {when}?
    (I leave|We start) from {city} at {hour} and want to go to {city2}.
    To {city}, {day}, {people} passengers.
  `,
  ),
  ...slots(
    'rentalcars_1',
    `
    I want to pick up a (compact|standard|full-size) car in {city} at {hour} on {day}.
    A rental from {day} (at {hour}|) to {day2} in {city}.
    Can I return the car in {city} at {hour}?
    (Pick it up|Get it) at {city} airport {when}, bring it back on {day}.
  `,
  ),
]

export const extract = templated({
  name: 'extract',
  describe: 'an utterance to intent and slots as JSON',
  templates: [...jsonAssistant.templates, ...asked],
  words: {
    ...jsonAssistant.words,
    song: list(`
      Midnight Ferry, Paper Boats, Slow Morning, Copper Sky, Glass Bridges, Small Hours, Winter Tram, Salt and Silver, Low Tide,
      The Long Way Home, Carousel, Northern Window, Blue Umbrella, Afterglow, Seven Doors, Lemon Street`),
    artist: list(`
      Aldous Harding, Nils Frahm, Fatoumata Diawara, Rosalia, Khruangbin, Anna Calvi, Tinariwen, Miles Davis, Nina Simone,
      Sigur Ros, Cesaria Evora, Ali Farka Toure, Bebel Gilberto, Lhasa, Mulatu Astatke, Joan as Police Woman`),
    playlist: list(`
      Road Trip, Sunday Kitchen, Deep Focus, Night Run, Rainy Days, Party At Home, Old Friends, Summer Porch, Gym Hits,
      Slow Coffee, Piano at Night, Songs for Driving, Wake Up Gently, Dinner Jazz`),
    title: list(`
      The Salt Path, The Lantern Keeper, Harbour Lights, The Long Winter, A Quiet House, Blue Orchard, The Glass Map, Red Kite,
      The Ninth Bell, Letters to Nobody, Under the Ice, The Tin Soldier's Daughter, Night Market, Two Rivers`),
    year: numbers(1961, 2021),
    amount: numbers(5, 120, 5),
    people: list('two, three, four, five, six, seven, nine, 2, 3, 4, 5, 8, 10, 12'),
    few: list('two, three, one, 2, 3, 4'),
    city: cities,
    food: [...dishes, 'oat milk', 'bananas', 'coffee beans'],
    person: [...names, 'my sister', 'the plumber', 'mum', 'the dentist'],
    first: names,
    last: surnames,
    day: list(
      'Monday, Tuesday, Friday, Saturday, Sunday, the 3rd of March, the 12th, March 8th, the 5th of this month, next Thursday',
    ),
    hour: list('noon, 7 pm, half past six, 9 am, midnight, 8:30 pm, 7:15 in the evening, 11:45, quarter to five, 1 pm'),
    street: list('Harbour Lane, Mill Road, Castle Street, Elm Row, Abbey Hill, Orchard Walk, Quay Street'),
    number: numbers(3, 240, 7),
  },
})
