import { templated } from '../templates.ts'
import { arts, history, philosophy, society } from '../words/culture.ts'
import { lines, list } from '../words/lists.ts'
import { biology, chemistry, earth, mathematics, physics } from '../words/science.ts'

export const definition = templated({
  name: 'definition',
  describe: 'what words and terms mean',
  templates: lines(`
    What is {term}?
    Define "{word}".
    What does the word "{word}" mean? Use it in (a sentence|two sentences).
    Define {term} in one sentence.
    What is meant by {term}? (Give an example.|Explain it without technical words.|)
    What is the (opposite|origin) of the word "{word}"?
    Give (three|four|five) synonyms of "{word}".
    Explain the saying "{saying}".
    What does "{saying}" mean, and when would one say it?
    Explain the term {term} for (a glossary|a school book|a museum sign).
    What is the difference in meaning between "{word}" and "{word2}"?
    Write a dictionary entry for "{word}".
    Which of these words is closest in meaning to "{word}": {word2}, {word3} or {word4}?
    What do {term} and {term2} mean? Keep it short.
  `).map((template) => template.trim()),
  words: {
    term: [
      ...biology,
      ...chemistry,
      ...earth,
      ...physics,
      ...mathematics,
      ...arts,
      ...philosophy,
      ...society,
      ...history,
    ],
    word: list(`
      resilient, ambiguous, frugal, nostalgia, eloquent, meticulous, reluctant, serendipity, candid, obsolete, diligent, benevolent,
      tedious, vivid, abundant, empathy, gratitude, hesitate, inevitable, stubborn, ubiquitous, versatile, cautious, brisk, humble,
      prosper, retain, subtle, thrive, vague, wander, ponder, sturdy, lenient, harsh, novice, feasible, concise, arid, jovial,
      impartial, keen, lucid, mend, notion, orderly, plausible, quaint, rigid, sincere, timid, unravel, venture, weary, zeal`),
    saying: lines(`
      Don't count your chickens before they hatch
      The early bird catches the worm
      A stitch in time saves nine
      Kill two birds with one stone
      Too many cooks spoil the broth
      Still waters run deep
      Break the ice
      Bite off more than you can chew
      Once in a blue moon
      Let the cat out of the bag
      Rome was not built in a day
      Actions speak louder than words
      Every cloud has a silver lining
      A piece of cake
      Burn the midnight oil
      Put the cart before the horse
    `),
  },
})
