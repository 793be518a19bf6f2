import { templated } from '../templates.ts'
import { history, society } from '../words/culture.ts'
import { lines, list } from '../words/lists.ts'
import { chores, dishes, health, sports } from '../words/living.ts'
import { characters, professions } from '../words/people.ts'
import { cities, regions } from '../words/places.ts'
import { biology, earth, physics, technology } from '../words/science.ts'

export const rolePlay = templated({
  name: 'role-play',
  describe: 'answers in somebody else’s voice',
  templates: lines(`
    You are {character}. {question}
    Pretend to be {character} and {task}.
    Imagine that you are {character}. (A stranger asks you|I ask you|A child asks you): "{question}"
    Act as a {profession} and give me advice on {health}.
    You are a {profession} with thirty years of experience. What do you (love|dislike) most about your work?
    You are a patient teacher. Explain {science} to (a seven-year-old|your grandfather|a class of teenagers).
    Act as a guide in {city} and welcome a group of (tourists|students|retired sailors).
    Play the role of {character}. You are being interviewed about {society}.
    You are a (sports reporter|radio host|news presenter). Report live on {scene}.
    Pretend that you are an ordinary person who lived through {history}. Describe one day.
    You are a chef who only speaks in (short sentences|rhymes|questions). How do you make {dish}?
    Act as my (personal trainer|motivational coach|strict coach). I want to start with {sport}, but I have (no time|never done it|a weak knee).
    You are the {profession} in a small village. A traveller wants to know how to {chore}. Answer in character.
    Be {character} and write your (daily plan|shopping list|letter of complaint|holiday greetings from {region}).
    Suppose you were a {profession} in the year (1650|1890|1920|2150). What would an ordinary morning look like?
    You are a shop assistant who sells {gadget}. I am (undecided|in a hurry|a difficult customer). Convince me.
  `),
  words: {
    character: characters,
    profession: professions,
    question: lines(`
      What makes you happy?
      What would you like to change about your life?
      How did you sleep last night?
      What is the bravest thing you have ever done?
      Who is your best friend, and why?
      What do you think of the people who visit you?
      Can you recommend a good place to eat?
      What did you want to become when you were young?
      What is your biggest secret?
      What are you afraid of?
      How do you spend your Sundays?
      Why are you late?
      What would you do with a million dollars?
      Could you teach me one thing that you know?
    `),
    task: lines(`
      introduce yourself to the new neighbours
      tell a bedtime story
      explain how you start your day
      describe what you see from your window
      order a meal in a restaurant
      complain about the weather
      give a short speech at a wedding
      ask for a pay rise
      teach me three useful words of your trade
      explain why you cannot come to the party
      leave a message on an answering machine
      sell me your hat
    `),
    science: [...physics, ...biology, ...earth],
    scene: list(`
      a snail race, a chess final, the arrival of a circus, a cake contest, a thunderstorm over the harbour, a rescued cat,
      the opening of a very long bridge, a penalty shoot-out, the first flight of a paper rocket, a parade of old tractors`),
    society,
    history,
    health,
    dish: dishes,
    sport: sports,
    chore: chores,
    gadget: technology,
    city: cities,
    region: regions,
  },
})
