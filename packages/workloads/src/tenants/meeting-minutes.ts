import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names } from '../words/people.ts'

/** Notes as somebody typed them during the meeting, to be put into the association's form. */
export const meetingMinutes = templated({
  name: 'meeting-minutes',
  describe: 'hasty notes to minutes',
  system: 'You turn notes into minutes for the Harbour Street housing association.',
  examples: [
    {
      user: 'Notes: here Sven, Ada, Milo. new lamps in the hall. Ada asks the electrician until Sunday. next 2 July 7 pm',
      assistant: `**Minutes**
Present: Sven, Ada and Milo
Decisions:
- The hall will get new lamps.
Tasks:
- Ada will ask the electrician until Sunday.
Next meeting: 2 July at 7 pm`,
    },
    {
      user: 'Notes: Gil + Rhea + Ugo + Bea there. no ball games in the yard; buy a second ladder. Rhea writes a sign, Ugo compares ladders, both by 9 April. next time Sunday, 5:30 pm',
      assistant: `**Minutes**
Present: Gil, Rhea, Ugo and Bea
Decisions:
- Ball games are no longer allowed in the yard.
- The association will buy a second ladder.
Tasks:
- Rhea will write a sign by 9 April.
- Ugo will compare ladders by 9 April.
Next meeting: Sunday at 5:30 pm`,
    },
  ],
  templates: lines(`
    Notes: here {name}, {name2}, {name3}. {decision}. {name} {task} until {day}. next {day2} {hour}
    Notes: {name} + {name2} + {name3} + {name4} there. {decision}; {decision2}. {name2} {task}, {name3} {task2}, both by {day}. next time {day2}, {hour}
    Notes: with {name}, {name2}, {name3}. talked long about {topic}, no decision. {name3} {task} before {day}. again on {day2} at {hour}
    Notes: only {name} and {name2} came. {decision}. {name2} {task} ({day}). {name} {task2} ({day2}). next meeting {hour} same place
    Notes: {name}, {name2}, {name3} present, {name4} ill. {topic}: {decision}. {name} {task} by {day}. next {day2}, {hour}
    Notes: present {name}, {name2}, {name3}; vote {few} to {few2}: {decision}. {name2} {task} until {day}; {topic} next time, {day2} {hour}
  `),
  words: {
    name: names,
    decision: lines(`
      buy {few} new bins
      paint the stairs (green|white|yellow)
      budget {hundreds} euros for the garden
      no bicycles in the hall any more
      summer party on {day}
      rent out the cellar room
      change the cleaning firm
      quiet hours from {hour}
      get {few} offers for the roof
      plant {few} apple trees
      new locks for all doors
      raise the fee by {few} euros
      a shared lawn mower
      put solar panels on the roof
      lend the big ladder for free
      close the gate at night
      keep the old lift for one more year
      a notice board at the entrance
      free {tens} square metres for a playground
      laundry room open on Sundays
    `),
    task: lines(`
      calls the plumber
      writes to the city
      asks the neighbours
      compares prices
      repairs the bench
      sends the invitations
      collects the keys
      orders the paint
      talks to the insurance
      books the hall
      checks the fire extinguishers
      makes a list of damages
      returns the rented tools
      pays the bill of {hundreds} euros
      takes pictures of the roof
      updates the website
      finds {few} helpers
      measures the courtyard
    `),
    topic: list(`
      the heating, parking, the noise in the yard, the wet cellar, dogs in the garden, the new tenants, the broken lift, smoking,
      the rent of the shop, rubbish on the stairs, the old chestnut tree, internet for all, the guest flat, children's bicycles`),
    day: list(
      'Monday, Tuesday, Wednesday, Thursday, Friday, 3 May, 12 June, 20 March, the 15th, the end of the month, 1 October',
    ),
    hour: list('6 pm, 7 pm, 6:30 pm, 8 pm, 5 pm, 7:15 pm, 10 am'),
    few: numbers(2, 9),
    tens: numbers(20, 90, 5),
    hundreds: numbers(120, 980, 20),
  },
})
