import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names } from '../words/people.ts'
import { mathematics } from '../words/science.ts'

export const maths = templated({
  name: 'maths',
  describe: 'word problems and small calculations from school',
  templates: lines(`
    {name} has {tens} {things} and buys {tens2} more. Then {name} gives {few} to {name2}. How many {things} does {name} have left?
    A (ticket|book|lunch|notebook) costs {few} dollars. How much do {tens} of them cost?
    {name} (reads|walks|saves|types) {tens} {units} a day. How many {units} is that in {few} (days|weeks)?
    There are {few} (boxes|shelves|baskets) with {tens} {things} each. {few2} {things} are broken. How many are whole?
    A train travels at {speed} kilometres per hour. How far does it go in {few} hours?
    {name} earns {few} dollars an hour and works {tens} hours. {name} spends {tens2} dollars on food. How much is left?
    A rectangle is {few} metres wide and {tens} metres long. What is its (area|perimeter)?
    A {cloth} costs {round} dollars and is reduced by {percent} per cent. What is the new price?
    {name} is {few} years older than {name2}. {name2} is {tens}. How old will {name} be in {few2} years?
    {share} {things} are shared equally among {few} children. How many does each child get, and how many are left over?
    What is {tens} (plus|times|minus) {few}? Then (add|subtract) {few2}.
    Calculate {percent} per cent of {round}. (Show your steps.|Give a short explanation.)
    Solve for x: {few}x + {tens} = {round}.
    What is the average of {tens}, {tens2} and {tens3}?
    A recipe for {few} people needs {round} grams of flour. How much flour is needed for {few2} people?
    A class has {tens} pupils. {few} of them are ill and {few2} are on a trip. How many are in the classroom?
    {name} runs {few} laps of {round} metres. How many kilometres is that?
    A tank holds {round} litres. {few} litres flow out every minute. How much is in the tank after {few2} minutes?
    Explain {mathematics} with a simple example.
    Make up a word problem about {mathematics} and solve it.
    {name} starts at {hour} and needs {tens} minutes for the homework and {tens2} minutes to tidy up. When is {name} finished?
    A farmer has {tens} cows and {tens2} chickens. How many legs do the animals have in all?
    Convert {tens} (kilometres to metres|hours to minutes|kilograms to grams|weeks to days).
    {name} buys {few} {things} for {few2} dollars each and pays with a 100 dollar bill. How much change does {name} get?
  `),
  words: {
    name: names,
    things: list(
      'stamps, marbles, apples, pencils, stickers, cards, oranges, eggs, postcards, buttons, bottles, tiles, shells',
    ),
    units: list('pages, steps, minutes, words, lines, metres'),
    cloth: list('coat, lamp, tent, chair, jacket, bicycle, watch, printer, guitar, carpet'),
    few: numbers(2, 12),
    tens: numbers(13, 97),
    round: numbers(120, 960, 20),
    share: numbers(25, 140),
    speed: numbers(60, 180, 5),
    percent: numbers(5, 60, 5),
    hour: list('2 pm, 3:30 pm, 4:15 pm, half past five, quarter to six, 10:20 am'),
    mathematics,
  },
})
