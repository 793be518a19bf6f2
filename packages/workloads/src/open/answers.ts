import { templated } from '../templates.ts'
import { common } from '../words/common.ts'
import { arts, history } from '../words/culture.ts'
import { lines } from '../words/lists.ts'
import { dishes, nature, sports } from '../words/living.ts'
import { notices } from '../words/notices.ts'
import { passages } from '../words/passages.ts'
import { biology, chemistry, earth, physics, technology } from '../words/science.ts'

const questions = lines(`
  When did {history} take place, and who was involved?
  Why was {history} important?
  What do {nature} eat?
  Where do {nature} live, and how do they spend the winter?
  What do {nature} and {nature2} have in common?
  What is {country} known for?
  What is the capital of {country}, and what can you tell me about it?
  Which languages are spoken in {country}?
  What is the climate like in {region}?
  How old is the city of {city}, and what is it famous for?
  What equipment do you need for {sport}?
  What are the basic rules of {sport}?
  Who invented {technology}, as far as we know?
  When did people begin to use {technology}?
  Which ingredients do you need for {dish}?
  Which country does {dish} come from?
  Is it true that {science} can be seen from space?
  Why do people study {science}?
  Name three famous examples of {art}.
  Which artists are known for {art}?
  What does a {profession} do all day?
  How does one become a {profession}?
  What tools does a {profession} use?
`)

export const answers = templated({
  name: 'answers',
  describe: 'questions about facts, with and without a text',
  templates: [
    ...questions,
    ...questions,
    ...notices.map(({ text }) => `Answer the question from the text.\n\nText: ${text}\n\nQuestion: {about}`),
    ...passages.map((text) => `${text}\n\n{about}`),
  ],
  words: {
    ...common,
    about: lines(`
      Who is mentioned in the text, and what do we learn about them?
      When and where does this happen?
      What is the problem, if there is one?
      Why is this news?
      Which numbers are given, and what do they mean?
      What will probably happen next?
      Is the tone of the text positive, negative or neutral?
      Does the text say how much it costs?
      What do we not learn from the text?
    `),
    history,
    nature,
    sport: sports,
    technology,
    dish: dishes,
    science: [...physics, ...chemistry, ...biology, ...earth],
    art: arts,
  },
})
