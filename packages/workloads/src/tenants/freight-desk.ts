import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names, surnames } from '../words/people.ts'
import { cities } from '../words/places.ts'

/** What drivers and shippers report, to be typed into a form. */
export const freightDesk = templated({
  name: 'freight-desk',
  describe: 'a report in words to key: value lines',
  system: 'You read messages to the freight desk and write down what they say, one line for each key.',
  examples: [
    {
      user: 'Message: Hello, shipment AB-55120 of Kroll Boats is waiting for a driver in Tunis. It is 14 rolls of sail cloth, 700 kg, on the way to Ghent, due 6 July. Ada Stern',
      assistant: `Shipment: AB-55120
Sender: Kroll Boats
From: Tunis
To: Ghent
Goods: 14 rolls of sail cloth
Weight: 700 kg
Status: waiting for a driver
Due: 6 July
Contact: Ada Stern`,
    },
    {
      user: 'Message: Malaga, 10:10: QP-90312 was unloaded too early. Going to Minsk. Load: carpets. Sender Vela Home. Ugo Lang waits for it until Sunday.',
      assistant: `Shipment: QP-90312
Sender: Vela Home
From: Malaga
To: Minsk
Goods: carpets
Weight: unknown
Status: unloaded too early
Due: Sunday
Contact: Ugo Lang`,
    },
  ],
  templates: lines(`
    Message: {opening} shipment {id} of {firm} {status} in {city}. It is {tens} {goods}, {kilos} kg, on the way to {city2}, due {day}. {name} {surname}
    Message: This is {name} {surname} from {firm}. Our {goods} ({id}, {kilos} kilos) left {city} on {day} for {city2} and {status}.
    Message: {opening} {tens} {goods} for {city2}, {kilos} kg, were picked up at {firm} in {city}. Number {id}. Should arrive {day}. Ask for {name}.
    Message: {city}, {hour}: {id} {status}. Going to {city2}. Load: {goods}. Sender {firm}. {name} {surname} waits for it until {day}.
    Message: The truck with {id} {status} between {city} and {city2}; {kilos} kg of {goods} on board. {firm} wants to know by {day}. Call {name}.
    Message: Please change {id}: it goes to {city2}, not to {city}. {tens} {goods}, {kilos} kg, from {firm}, due {day}. {name} {surname}
    Message: {name} {surname} here. Who has {id}? {firm} sent {tens} {goods} from {city} to {city2}, and it {status}. It was due {day}.
  `),
  words: {
    opening: list('Hello, Good morning, Urgent:, For your list:, Update:, Hi desk'),
    id: numbers(104_233, 987_001, 3_331).map((number, at) => `${['FD', 'KL', 'NX', 'TR'][at % 4]}-${number}`),
    firm: list(`
      Halvorsen Marine, Ottley Foods, Baker Brothers, Novak Steel, Quinta Alta, Sorensen Paper, Delmar Textiles, Brightwell Glass,
      Castor Tools, Greenfold Seeds, Ivory Dental, Mistral Sails, Orchard & Sons, Petrel Optics, Rowan Toys, Umber Ceramics`),
    goods: list(`
      boxes of tiles, pallets of paper, crates of lemons, barrels of oil, rolls of cloth, sacks of barley, glass panes, bicycles,
      pumps, chairs, cartons of books, coils of wire, bags of seed, washing machines, crates of wine, steel pipes, violins, tents`),
    status: lines(`
      is stuck at customs
      was delivered this morning
      has a flat tyre
      is waiting for a crane
      arrived wet
      is two hours late
      was loaded on the wrong ship
      has passed the border
      is missing one piece
      was refused by the customer
      is on the night train
      needs a new label
      was weighed again
      is parked over night
    `),
    day: list(
      'Monday, Tuesday, Wednesday, Friday, Saturday, 4 June, 17 March, 28 November, 9 May, 2 August, 20 January',
    ),
    hour: list('6:40, 8:15, 11:05, 13:30, 15:20, 17:45, 21:10'),
    tens: numbers(12, 96, 4),
    kilos: numbers(140, 9_800, 115),
    city: cities,
    name: names,
    surname: surnames,
  },
})
