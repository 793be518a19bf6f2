import { templated } from '../templates.ts'
import { arts, society, works } from '../words/culture.ts'
import { lines, list } from '../words/lists.ts'
import { business, dishes, events, health, nature, products, sports } from '../words/living.ts'
import { characters, professions } from '../words/people.ts'
import { cities, venues } from '../words/places.ts'
import { earth, technology } from '../words/science.ts'

export const ideas = templated({
  name: 'ideas',
  describe: 'brainstorming',
  templates: lines(`
    (Brainstorm|Give me|Suggest) {few} ideas for {event}.
    Suggest {few} names for {venue} (in {city}|that is run by a {profession}|with a friendly atmosphere).
    Think of {few} slogans for {product}.
    Give me {few} titles for a (novel|film|song) about {work}.
    What are {few} creative uses for {object}?
    Suggest {few} questions that I could ask a {profession} in an interview.
    Give me {few} ideas for a lesson about {earth} for (primary school|high school|adults).
    Come up with {few} characters for a story about {work}.
    How could {venue} attract more visitors? Give {few} ideas.
    List {few} ways to make {sport} more fun for (children|office workers|a group of friends).
    Suggest {few} variations of {dish}.
    Brainstorm improvements for {product}.
    Invent a new (sport|holiday|board game|app) that has something to do with {nature}.
    What could a film about {character} be called, and what would happen in it?
    List {few} topics for a podcast about {theme}.
    Suggest {few} projects for a (school|weekend|science fair|team) that use {technology}.
    Give me {few} conversation starters about {theme}.
    Plan a surprise for a {profession} who loves {art}.
    What can one do in {city} (without spending money|on a Monday evening|in winter|with a dog)? Give {few} ideas.
    Suggest {few} small habits for {health}.
    Suggest {few} ways to improve {business} without spending money.
  `),
  words: {
    few: list('three, four, five, six'),
    object: list(`
      an old newspaper, a glass jar, a broken umbrella, a cardboard box, a single sock, a wooden pallet, coffee grounds, a shoelace,
      an empty tin, egg cartons, a bed sheet, a paper clip, corks, an old ladder, a tennis ball, a suitcase, candle ends, a belt`),
    event: events,
    venue: venues,
    city: cities,
    profession: professions,
    product: products,
    work: works,
    earth,
    sport: sports,
    dish: dishes,
    nature,
    character: characters,
    theme: [...society, ...arts],
    technology,
    art: arts,
    health,
    business,
  },
})
