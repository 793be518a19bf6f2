import { blocks } from './lists.ts'

/** Short texts full of facts, each followed by what may be asked about it. */
export const notices = blocks(`
The spring concert of the {town} youth orchestra takes place on {day} at {hour} in (the town hall|St Mary's church|the school gym).
Tickets cost {few} pounds and can be bought from {name} {surname}. The programme has works by (Haydn|Grieg|Dvorak|Holst).
# the date|the place|the price of a ticket|who sells the tickets|the time

{name} {surname}, {tens} years old, has worked as a {profession} in {city} since {year}. Before that, (she|he) lived in {country} and
studied (history|physics|law|music). Today (her|his) team has {few} members, and {name2} {surname2} is the deputy.
# the person's job|the city where the person works|the age|the country|the names of all people|what the person studied

Order {hundreds}: {few} (boxes of paper|office lamps|packs of batteries|coffee cups) and {few2} (chairs|toner cartridges|notebooks)
were shipped to {surname} Ltd in {city} on {day}. The parcel weighs {tens} kg and should arrive within {few3} days. The bill is
{hundreds2} euros.
# the order number|the customer|the weight|the amount of the bill|the city|the products and their quantities

On {day} a (cyclist|van driver|tourist) found (a silver ring|a violin case|a wallet with {hundreds} dollars|a parrot) near the station
of {town}. It was handed in to officer {surname}, who is looking for the owner. Call extension {hundreds2} between 9 and {few} o'clock.
# what was found|where it was found|the name of the officer|the telephone extension|the date

The ferry from {town} to {town2} leaves daily at {hour} and takes {few} hours. A ticket for adults costs {tens} euros, children pay
half, and bicycles are free. There is no service in {month}. Captain {name} {surname} has commanded the ship since {year}.
# the departure time|the price for adults|how long the crossing takes|when there is no service|the captain's name

Flat to let in {city}: {few} rooms, {tens} square metres, (third|first|top) floor, with (a balcony|a garden|a view of the river). The rent
is {hundreds} euros a month, heating (included|not included). Free from {day}. Contact {name} {surname}. (Pets|Smokers) are not
accepted.
# the rent|the size of the flat|when it is free|who to contact|what is not accepted|the number of rooms

In {year} the engineer {name} {surname} patented (a folding ladder|a lock without a key|a silent typewriter|an umbrella for two) in
{country}. The first factory stood in {town} and employed {tens} people. By {year2} it had sold {hundreds} thousand pieces, and the
rights were bought by a firm in {city}.
# the inventor|the invention|the year of the patent|the number of pieces sold|all places|all years

The recipe makes {few} portions. It needs {hundreds} grams of (flour|rice|lentils|potatoes), {few2} (eggs|onions|tomatoes|carrots), a
pinch of salt and {tens} ml of (milk|olive oil|cream). Preparation takes {tens2} minutes, and it then stays in the oven at 180
degrees for {few3} minutes more.
# the ingredients with their amounts|the number of portions|the oven temperature|the preparation time

The patient, {name} {surname}, called on {weekday} about (a sore throat|pain in the left knee|a rash|headaches) that began {few} days
ago. Dr {surname2} recommended (rest|an X-ray|a cream|plenty of water) and a new appointment on {day} at {hour}. The patient is
allergic to (nuts|penicillin|pollen|latex).
# the patient's name|the symptom|the doctor|the allergy|the date of the next appointment

At the annual race through {town}, {name} {surname} finished the {tens} kilometres in first place, {few} minutes ahead of {name2}
{surname2} from {country}. {hundreds} runners took part (in pouring rain|in bright sunshine|despite strong wind). The next race will
be on {day}.
# the winner|the second runner and their country|the distance|the number of runners|the weather|the date of the next race

Subject: broken (washing machine|tablet|coffee machine|printer). Hello, I am {name} {surname}. I bought the device on {day} in your
shop in {city} for {hundreds} euros. Since {weekday} it (makes a loud noise|does not start|shows error {tens}|leaks). My customer
number is {hundreds2}. Please (send a technician|give me my money back|call me).
# the customer's name|the product|the problem|the customer number|what the customer wants|the price

The {town} museum shows {tens} (paintings|photographs|maps|costumes) by {name} {surname}, who was born in {city} in {year}. The
exhibition opens on {day} and closes in {month}. Admission is {few} dollars; on {weekday}s it is free. Guided tours start at {hour}.
# the artist|the opening date|the admission fee|on which day admission is free|what is shown|when tours start
`).map((block) => {
  const [text = '', questions = ''] = block.split('\n# ')
  return { text: text.replaceAll('\n', ' '), questions: questions.split('|') }
})
