import { templated } from '../templates.ts'
import { lines, list } from '../words/lists.ts'
import { business, chores, dishes, events, health, nature, sports } from '../words/living.ts'
import { cities, regions } from '../words/places.ts'

export const advice = templated({
  name: 'advice',
  describe: 'advice and lists of steps for everyday life',
  templates: lines(`
    How do I {chore}?
    Give me (step-by-step instructions|a short checklist|simple instructions) to {chore}.
    I have never tried to {chore} before. Where do I start?
    What mistakes should I avoid when I {chore}?
    Give me {few} tips for {health}.
    I have trouble with {health}. What can I do?
    Give me {few} tips on {business}.
    How can a (small company|beginner|freelancer|young manager) improve {business}?
    How do I get started with {sport}?
    Make a training plan for {sport} for (one week|a beginner|somebody with little time).
    What should I see in {city} (in one day|in two days|with children|when it rains)?
    What should I pack for a (week|long weekend|winter trip) in {region}?
    Explain how to cook {dish} (step by step|for two people|without an oven|on a small budget).
    What goes well with {dish}?
    Help me plan {event}. What do I need to think of?
    What are good (presents|games|snacks) for {event}?
    How can I help {nature} in my garden or town?
    My {person} {trouble}. What should I do?
    A friend told me that her {person} {trouble}. What could I say to help?
    What is a sensible budget for {event}, and how do I keep to it?
  `),
  words: {
    chore: chores,
    health,
    business,
    sport: sports,
    city: cities,
    region: regions,
    dish: dishes,
    event: events,
    nature,
    few: list('three, four, five, six'),
    person: list(
      'flatmate, best friend, teenage son, colleague, neighbour, grandmother, boss, brother, roommate, partner',
    ),
    trouble: lines(`
      never does the dishes
      wants to borrow money
      is afraid of flying
      plays loud music at night
      forgets all appointments
      has stopped talking to me
      wants to adopt a dog
      is always late
      feels lonely since the move
      spends too much time online
      takes credit for my work
      has to give a speech and is nervous
      cannot decide what to study
      wants to eat healthier but hates vegetables
    `),
  },
})
