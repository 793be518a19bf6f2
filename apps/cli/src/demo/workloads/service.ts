import type { Workload } from './workload.ts'

const turn = (...lines: string[]) =>
  `${lines.map((line, at) => `${at % 2 === 0 ? 'User' : 'Assistant'}: ${line}`).join('\n')}\nAssistant:`

/** Bookings by chat: the answer is the assistant's next turn, drawn at a temperature, as people like it. */
export const service: Workload = {
  tenant: 'service-desk',
  description: 'dialogue so far to the next turn',
  temperature: 0.7,
  prompts: [
    turn('I would like to book a table for tonight.'),
    turn(
      'I need a bus to Leeds.',
      'When do you want to leave, and from which city?',
      'From Hull, on the 9th of March.',
    ),
    turn('Can you find me a dentist?', 'In which city?', 'In Petaluma, please.'),
    turn('Rent me a car.', 'In which city do you need it?', 'In Fresno, from the 5th to the 8th.'),
    turn(
      'Please play the song Paper Boats.',
      'Please confirm: play Paper Boats on the device in the living room.',
      'Yes, that is right.',
    ),
    turn('What will the weather be in Berkeley on the 11th?'),
    turn('I want to see a movie.', 'What kind of movie would you like?', 'Something funny, in San Rafael.'),
    turn('Find me a hotel in Toronto with four stars.'),
    turn('I am hungry.', 'What kind of food do you want, and where?', 'Vietnamese food in Oakland, not too expensive.'),
    turn('Book a haircut for me.', 'At which salon, on what day?', 'At Willow Street Barbers, next Tuesday at 10 am.'),
    turn('I want to send 40 dollars to Amara.', 'From your checking or your savings account?', 'From checking.'),
    turn('Is there a concert this weekend?', 'In which city should I look?', 'In Portland.'),
    turn('I need a flight to Chicago.', 'From where, and on which day?', 'From Seattle on the 14th of March.'),
    turn('Find an apartment for me.', 'In which area?', 'In Walnut Creek, with two bedrooms and a laundry.'),
    turn('Set an alarm for half past six.', 'What should I call the alarm?', 'Call it Early swim.'),
    turn(
      'What do I have on my calendar on the 3rd?',
      'You have one event: Team lunch at noon.',
      'Thanks, that is all.',
    ),
  ],
}
