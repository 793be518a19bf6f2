import type { Question } from './load.ts'

const PROMPTS = [
  'Table data(name, city, age)\nQuestion: Who lives in Lisbon?',
  'list all files larger than 10 MB',
  'wake me at seven on weekdays',
]

/** Requests of every kind whose answers have to survive: in one piece and streamed, greedy and drawn. */
export function questions(model: string): readonly Question[] {
  const details = [
    { temperature: 0, max_tokens: 60 },
    { temperature: 0.9, seed: 3, n: 3, max_tokens: 80 },
    { temperature: 0.7, seed: 4, logprobs: true, top_logprobs: 2, max_tokens: 60 },
    { temperature: 1, seed: 5, stop: ['o', 'e'], n: 2, max_tokens: 120 },
    { temperature: 1, seed: 6, presence_penalty: 0.8, frequency_penalty: 0.5, max_tokens: 350, logit_bias: LONG },
    { temperature: 0.8, seed: 7, max_tokens: 400, n: 2, logit_bias: LONG },
  ]
  return details.flatMap((detail, at) =>
    [true, false].map((stream) => ({
      name: `${at} ${stream ? 'streamed' : 'whole'}`,
      body: {
        ...{ model, stream, ...detail },
        messages: [{ role: 'user', content: PROMPTS[at % PROMPTS.length] }],
        ...(stream && { stream_options: { include_usage: true } }),
      },
    })),
  )
}

/** Short ones, different enough to learn from some and judge by others. */
export function lessons(model: string): readonly Question[] {
  const cities = ['Graz', 'Lyon', 'Porto', 'Turin', 'Ghent', 'Cork', 'Basel', 'Leeds', 'Bergen', 'Split']
  const asked = ['Who lives in', 'How many people live in', 'What is the mean age in', 'Who is the oldest in']
  return cities.flatMap((city) =>
    asked.map((words) => ({
      name: `${words} ${city}`,
      body: {
        ...{ model, stream: true, stream_options: { include_usage: true }, temperature: 0, max_tokens: 40 },
        messages: [{ role: 'user', content: `Table people(name, age, city)\nQuestion: ${words} ${city}?` }],
      },
    })),
  )
}

/** Special tokens, the ends among them, stay away, so that answers are long. */
const LONG = { 0: -100, 1: -100, 2: -100, 3: -100 }
