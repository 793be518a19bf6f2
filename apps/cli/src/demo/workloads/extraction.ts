import type { Workload } from './workload.ts'

const utterances = [
  'add Midnight Ferry by Aldous Harding to my road trip playlist',
  'put this album on the playlist called Sunday Kitchen',
  'play some music by Nils Frahm from 2013',
  'play the newest track by Fatoumata Diawara on youtube',
  'book a table for five at a fish restaurant in Brest for tomorrow night',
  'I need a restaurant with a terrace in Valparaiso for two people at noon',
  'will it rain in Tromso on Friday morning',
  'what is the weather like in Windhoek next week',
  'give the book The Salt Path four stars out of 6',
  'rate the current novel 2 points',
  'find the movie The Lantern Keeper',
  'show me the tv series named Harbour Lights',
  'when is The Long Winter playing at the nearest cinema',
  'which animated movies are shown in the neighbourhood tonight',
  'remind me to call the plumber at nine tomorrow',
  'turn the lights in the living room to blue',
]

/** What people say to an assistant; the answer is JSON with intent and slots. */
export const extraction: Workload = {
  tenant: 'json-assistant',
  description: 'utterance to JSON intent and slots',
  temperature: 0,
  prompts: utterances.map((utterance) => `Extract intent and slots: ${utterance}`),
}
