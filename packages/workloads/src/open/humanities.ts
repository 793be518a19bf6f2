import { templated } from '../templates.ts'
import { arts, history, philosophy, society } from '../words/culture.ts'
import { lines } from '../words/lists.ts'
import { countries } from '../words/places.ts'

export const humanities = templated({
  name: 'humanities',
  describe: 'history, arts, philosophy and society',
  templates: lines(`
    What were the main (causes|consequences) of {history}?
    Describe {history} in (one paragraph|about five sentences|the words of a historian).
    How did {history} change the lives of ordinary people?
    Was {history} inevitable? Give (one argument on each side|two arguments).
    What makes {art} special?
    Give a short history of {art}.
    How can a beginner learn to enjoy {art}?
    Explain {idea} with an example from everyday life.
    What would a critic say about {idea}?
    How would you explain {idea} to a (child|teenager|friend over dinner)?
    What are arguments for and against {society}?
    How has {society} changed over the last (fifty|hundred) years?
    How does {society} differ between {country} and {country2}?
    Write an introduction to an essay about {theme}.
    Suggest a thesis and three arguments for an essay about {theme}.
    What is the connection between {art} and {history}?
    Name (three|four) books or films that deal with {theme}, and say why they are worth it.
    Describe the culture of {country} with a focus on {field}.
    What questions would you ask in a class discussion about {theme}?
    Make a short timeline of {history}.
  `),
  words: {
    history,
    art: arts,
    idea: philosophy,
    society,
    theme: [...history, ...philosophy, ...society],
    country: countries,
    field: ['music', 'food', 'festivals', 'literature', 'family life', 'architecture', 'dance', 'sports', 'crafts'],
  },
})
