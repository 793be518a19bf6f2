import { templated } from '../templates.ts'
import { lines } from '../words/lists.ts'
import { biology, chemistry, earth, mathematics, physics, technology } from '../words/science.ts'

export const science = templated({
  name: 'science',
  describe: 'explanations from science, technology and mathematics',
  templates: lines(`
    Explain {nature} in simple terms.
    How does {life} work?
    What causes {earth}, and can it be predicted?
    How do {technology} work?
    (Why does|How does) {chemistry} happen, and where do we meet it in everyday life?
    Explain {nature} to (a ten-year-old|a curious adult|a high school student) in (three|four|five) sentences.
    What is the role of {life} in nature?
    Describe a simple experiment about {physics} that can be done at home.
    What (are common misconceptions|do many people get wrong) about {nature}?
    Give an analogy that helps to understand {abstract}.
    Why is {abstract} useful? Give an example from everyday life.
    How are {life} and {life2} connected?
    What would the world be like without {nature}?
    Explain the steps of {life} (as a numbered list|one after the other).
    What are the advantages and disadvantages of {technology}?
    How did scientists find out about {nature}?
    What is still unknown about {nature}?
    Write three quiz questions with answers about {nature}.
    How can (a teacher|a parent) show {physics} to children?
    Tell me (two|three|five) surprising facts about {nature}.
  `),
  words: {
    nature: [...physics, ...biology, ...earth, ...chemistry],
    life: biology,
    earth,
    physics,
    chemistry,
    technology,
    abstract: [...mathematics, ...physics],
  },
})
