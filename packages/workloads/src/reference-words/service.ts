import type { Templates } from '../templates.ts'

const turn = (...lines: string[]) =>
  `${lines.map((line, at) => `${at % 2 === 0 ? 'User' : 'Assistant'}: ${line}`).join('\n')}\nAssistant:`

/** Bookings by chat: the answer is the assistant's next turn, drawn at a temperature, as people like it. */
export const serviceDesk: Templates = {
  name: 'service-desk',
  describe: 'dialogue so far to the next turn',
  templates: [
    turn('I would like to book a table in {city} for {hour}.'),
    turn(
      'I need a bus to {city}.',
      'When do you want to leave, and from where?',
      'From {city2}, on the {day} of March.',
    ),
    turn('Can you find me a {doctor}?', 'In which city?', 'In {city}, please.'),
    turn('Rent me a car.', 'In which city do you need it?', 'In {city}, from the {day} to the {day2}.'),
    turn('Please play the song {song}.', 'Please confirm: play {song} in the {room}.', 'Yes, that is right.'),
    turn('What will the weather be in {city} on the {day}?'),
    turn('I want to see a movie.', 'What kind of movie would you like?', 'A {kind} one, in {city}.'),
    turn('Find me a hotel in {city} with {few} stars.'),
    turn('I am hungry.', 'What kind of food do you want, and where?', '{cuisine} food in {city}, not too expensive.'),
    turn('Book a haircut for me.', 'At which salon, on what day?', 'At {salon}, on the {day} at {hour}.'),
    turn('I want to send {amount} dollars to {person}.', 'From checking or savings?', 'From my {account} account.'),
    turn('Is there a concert on the {day}?', 'In which city should I look?', 'In {city}.'),
    turn('I need a flight to {city}.', 'From where, and on which day?', 'From {city2} on the {day} of March.'),
    turn('Find an apartment for me.', 'In which area?', 'In {city}, with {few} bedrooms.'),
    turn('Set an alarm for {hour}.', 'What should I call the alarm?', 'Call it {alarm}.'),
    turn(
      'What do I have on my calendar on the {day}?',
      'You have one event: {alarm} at {hour}.',
      'Thanks, that is all.',
    ),
    turn('I need a {cuisine} restaurant in {city}.', 'How many people will come?', '{few}, on the {day} at {hour}.'),
    turn('Get me a taxi to {place} in {city}.', 'For how many people?', 'For {few}.'),
  ],
  words: {
    city: ['Oakland', 'Petaluma', 'Fresno', 'Berkeley', 'San Rafael', 'Portland', 'Seattle', 'Chicago', 'San Jose'],
    hour: ['6 pm', 'half past seven', '10 am', 'noon', '8:15 pm', 'a quarter to five'],
    day: ['2nd', '3rd', '5th', '8th', '9th', '11th', '12th', '14th'],
    doctor: ['dentist', 'dermatologist', 'general practitioner', 'psychologist', 'gynecologist'],
    song: ['Paper Boats', 'Slow Morning', 'Copper Sky', 'Glass Bridges', 'Winter Tram', 'Small Hours'],
    room: ['living room', 'kitchen', 'bedroom', 'patio'],
    kind: ['funny', 'scary', 'romantic', 'animated', 'foreign'],
    few: ['two', 'three', 'four', '2', '3', '5'],
    cuisine: ['Vietnamese', 'Italian', 'Thai', 'Mexican', 'Indian', 'Greek', 'Japanese'],
    salon: ['Willow Street Barbers', 'Corner Cuts', 'Studio Nine', 'The Parlour'],
    amount: ['20', '40', '75', '120', '300'],
    person: ['Amara', 'Luis', 'Yuki', 'Grace', 'Pavel'],
    account: ['checking', 'savings'],
    alarm: ['Early swim', 'Team lunch', 'Wake up', 'Call home', 'Pick up the kids'],
    place: ['the airport', 'the central station', '240 Hill Street', 'the art museum', '18 Bay Road'],
  },
}
