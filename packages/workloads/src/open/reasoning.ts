import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { chores, events, nature, products, sports } from '../words/living.ts'
import { names, professions } from '../words/people.ts'
import { cities } from '../words/places.ts'

export const reasoning = templated({
  name: 'reasoning',
  describe: 'small puzzles, order, cause and everyday logic',
  templates: lines(`
    {name} is taller than {name2}, and {name2} is taller than {name3}. Who is the (tallest|shortest)? Explain.
    {name} finished the race before {name2} but after {name3}. {name4} was last. In which order did they arrive?
    All {group} in the club are {quality}. {name} is (one of the {group}|not {quality}). What can we conclude?
    If it (rains|snows) in {city}, the {profession} stays at home. The {profession} is not at home. (Is it raining or snowing|What do we know)?
    {name} put {thing} in the {place}. While {name} was away, {name2} moved it to the {place2}. Where will {name} look first, and why?
    Which of these does not belong with the others: {nature}, {nature2}, {nature3} or {product}? (Why|Give a reason)?
    Today is {weekday}. What day will it be in {days} days? (Explain step by step.|Show how you count.)
    {name} has {thing}, {name2} has {thing2} and {name3} has {thing3}. {name} swaps with {name2}, then {name2} swaps with {name3}. Who has {thing} now?
    What would happen if {change}? Name (two|three|four) consequences.
    Is the following argument sound? "{name} is a {profession} and likes {sport}. So every {profession} likes {sport}." Explain.
    {name}, {name2} and {name3} sit in a row. {name} does not sit next to {name3}. Who sits in the middle?
    {name} left {city} at {hour} and drove for {few} hours. {name2} left the same place {few2} hours later at the same speed. Who has driven further when {name} arrives?
    What is the most likely reason that {observation}? (Give two possible explanations.|Think step by step.)
    Put these in a sensible order to {chore}: (start, finish, prepare, clean up|clean up, get the tools, check the result, do the work).
    You want to organise {event}, but {problem}. What do you do first, and why?
    A box holds {few} red balls, {few2} blue balls and {few3} green balls. {name} takes one without looking. Which colour is most likely?
    {name} says that {name2} always lies. {name2} says that {name} told the truth yesterday. Can both be right? Explain briefly.
  `),
  words: {
    name: names,
    profession: professions,
    group: list('painters, swimmers, teachers, chess players, gardeners, singers, cooks, cyclists, poets, divers'),
    quality: list(
      'left-handed, older than thirty, vegetarians, early risers, good at maths, members of the choir, punctual',
    ),
    thing: list(
      'a key, an apple, a blue cup, a letter, a coin, a watch, a toy car, a photograph, a pair of gloves, a candle',
    ),
    place: list('drawer, cupboard, basket, fridge, suitcase, garage, bookshelf, kitchen, garden shed, car'),
    weekday: list('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday'),
    days: numbers(9, 100, 7).concat(numbers(10, 60, 11)),
    hour: list('7 am, 8 am, 9:30 am, noon, 1 pm, 3:30 pm'),
    few: numbers(2, 9),
    change: lines(`
      all bridges of a big city were closed for a week
      nobody needed to sleep any more
      the price of bread doubled overnight
      cats were as large as horses
      it never rained in spring
      every school started at eleven in the morning
      people could not lie
      there were no more private cars
      the moon disappeared
      the internet stopped working for one day
      plastic had never been invented
      everybody spoke the same language
      coffee no longer grew anywhere
      winters lasted for eight months
    `),
    observation: lines(`
      the street is wet although the sky is blue
      all the lights in the house went out except one
      the dog barks each evening at six o'clock
      the shop window is empty on a weekday
      the milk was frozen in the morning
      nobody in the office answered the telephone
      the bus came late three days in a row
      there are footprints to the door but none away from it
      the plants on the left side grow faster
      the bread did not rise
      the children came home with muddy shoes
      the clock shows a different time in each room
      the library was fuller than ever in July
      the boat sits lower in the water than yesterday
    `),
    problem: lines(`
      it is going to rain
      the room is already booked
      only half of the guests have answered
      you have just 50 euros
      the speaker has fallen ill
      your two helpers are not speaking to each other
      the invitations show the wrong date
      there is no kitchen
    `),
    chore: chores,
    event: events,
    nature,
    product: products,
    sport: sports,
    city: cities,
  },
})
