import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names } from '../words/people.ts'
import { cities } from '../words/places.ts'

export const translation = templated({
  name: 'translation',
  describe: 'simple sentences into French, Spanish and German',
  templates: lines(`
    Translate into {language}: {sentence}
    Translate the following sentence into {language}: "{sentence}"
    How do you say "{phrase}" in {language}?
    What is the {language} for "{phrase}"? (Use it in a sentence.|How is it pronounced?|)
    Translate into {language}: {sentence} {sentence2}
    Please translate this message into {language}.\\n\\n{sentence} {sentence2} {sentence3}
    {sentence} — say this in {language} (politely|informally|as simply as possible).
    Give me (three|five) useful {language} phrases for {situation}, with their English meaning.
    Translate "{phrase}" and "{phrase2}" into {language} and {language2}.
    Write two simple sentences in {language} about {situation} and translate them.
    Which {language} words should I know for {situation}?
  `).map((template) => template.replaceAll('\\n', '\n').trim()),
  words: {
    language: list('French, Spanish, German'),
    sentence: lines(`
      {name} (lives|works|is on holiday) in {city} with (two cats|a younger brother|an old friend).
      The train to {city} leaves at {hour} from platform {few}.
      I would like (a table for {few}|a room with a view|two tickets|a cup of tea), please.
      My (sister|neighbour|teacher) {name} has (bought a red bicycle|lost a glove|learned to swim).
      Where is the nearest (pharmacy|bus stop|bakery|post office)?
      It has been (raining|snowing|very hot) for {few} days.
      We are going to (the cinema|the market|the lake) on {weekday}.
      How much (does this book cost|do the apples cost|is a ticket to {city})?
      Yesterday we ate (soup and bread|fish with potatoes|far too much cake) at {name}'s house.
      The children are playing (in the garden|on the beach|behind the school).
      Could you (speak more slowly|help me|open the window|call a taxi), please?
      {name} does not like (coffee|getting up early|long walks), but {name2} does.
      The museum is closed on {weekday}s.
      I have been learning (to cook|the piano|your language) for {few} years.
      There are {few} (books|letters|lemons) on the kitchen table.
      (My suitcase|The key|My telephone) is still (in the car|at the hotel|under the bed).
      If the weather is good, we will (have a picnic|climb the hill|swim in the river).
      When I was a child, we lived (near the sea|in a small village|above a bakery).
      {name} is looking for (a new flat|a job|the dog).
      The (meeting|film|lesson) begins in {few} minutes.
    `),
    phrase: list(`
      good luck, see you tomorrow, I am hungry, the bill please, happy birthday, I do not understand, what time is it, to the left,
      enjoy your meal, it is too expensive, I am lost, thank you for your help, have a good trip, how are you, I agree, never mind,
      once a week, a glass of water, the day after tomorrow, next to the church, get well soon, it does not matter, I am tired,
      my name is Clara, no problem, excuse me, at the corner, by bicycle, I missed the bus, turn off the light, in the morning,
      how old are you, I would like to pay, we are closed, wait a moment, what a pity, on the other hand, I forgot my umbrella`),
    situation: list(`
      the market, a restaurant, the doctor, a train station, the family, the weather, a job interview, the hotel, small talk,
      the kitchen, a birthday, the supermarket, school, a lost suitcase, the post office, the beach, sports, buying clothes`),
    name: names,
    city: cities,
    hour: list('nine o’clock, half past ten, noon, quarter past four, seven in the evening'),
    weekday: list('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday'),
    few: numbers(2, 12),
  },
})
