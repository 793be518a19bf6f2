import { templated } from '../templates.ts'
import { arts, history, philosophy } from '../words/culture.ts'
import { lines, list } from '../words/lists.ts'
import { dishes, nature, products, sports } from '../words/living.ts'
import { professions } from '../words/people.ts'
import { cities, countries, regions } from '../words/places.ts'
import { biology, earth, technology } from '../words/science.ts'

const pairs = list(`
  tea | coffee, cats | dogs, renting | buying a home, trains | planes, paper books | e-books, city life | country life, butter | margarine,
  olive oil | sunflower oil, winter | summer holidays, an old car | a new car, cash | cards, a laptop | a tablet, a lake | the sea, weather | climate,
  jam | honey, a bicycle | an electric scooter, public | private schools, fresh | frozen vegetables, a violin | a cello, bees | wasps,
  frogs | toads, mean | median, debit | credit cards, viruses | bacteria, planets | stars, wool | cotton, novels | short stories,
  email | letters, working alone | working in a team, a salary | a wage, gas stoves | electric stoves, alligators | crocodiles`)
  .map((pair) => pair.split('|').map((side) => side.trim()))
  .map(([one = '', other = '']) => `${one} and ${other}`)

export const comparison = templated({
  name: 'comparison',
  describe: 'what two things have in common and what not',
  templates: lines(`
    Compare {pair}. (Name advantages and disadvantages.|Which would you recommend?|Use a short list.)
    What is the difference between {pair}?
    What are the main (similarities|differences) between {nature} and {nature2}?
    Compare {city} and {city2} as (a place to live|a destination for a weekend|a city for students).
    Which is better for (a family|a quiet holiday|hiking|food lovers): {region} or {region2}?
    Compare {sport} and {sport2} (for beginners|in terms of cost|as exercise for older people).
    Compare {technology} and {technology2}: which has changed daily life more?
    How does {art} differ from {art2}?
    Compare {idea} with {idea2} in a few sentences.
    Is it harder to be a {profession} or a {profession2}? Give reasons for both.
    Compare {history} and {history2}. What do they have in common?
    {dish} or {dish2}: which is (healthier|cheaper|quicker to make), and why?
    Make a table with two columns that compares {pair}.
    How are {biology} and {earth} similar, and how do they differ?
    I cannot decide between {product} and {product2} as a present. Help me to compare them.
    Compare the climate and landscape of {country} and {country2}.
    In what situation would you choose {product} over {product2}?
  `),
  words: {
    pair: pairs,
    nature,
    city: cities,
    region: regions,
    country: countries,
    sport: sports,
    technology,
    art: arts,
    idea: philosophy,
    profession: professions,
    history,
    dish: dishes,
    biology,
    earth,
    product: products,
  },
})
