import type { Templates } from '../templates.ts'

const ask = (columns: string, ...questions: string[]) =>
  questions.map((question) => `Table data(${columns})\nQuestion: ${question}`)

/** Questions on ten tables, one SQL statement each. */
export const sqlAnalytics: Templates = {
  name: 'sql-analytics',
  describe: 'table and question to SQL',
  templates: [
    ...ask(
      'order_id, customer, destination, carrier, weight_kg, shipped_on',
      'Which carrier took the order to {port}?',
      'What is the total weight shipped for the customer {company}?',
      'How many orders were shipped on {day} with the carrier {carrier}?',
      'Which customer had an order to {port} with the carrier {carrier}?',
      'How many orders to {port} weigh more than {hundreds}?',
    ),
    ...ask(
      'name, department, city, salary, hired, manager',
      'Who works in the department {department} in the city of {city}?',
      'What is the average salary when the manager is {person}?',
      'How many people were hired in {year} in {city}?',
      'What is the highest salary in the department {department} in {city}?',
      'In which city does {person} work?',
    ),
    ...ask(
      'station, line, platforms, opened, passengers',
      'On which line is the station {station}?',
      'How many stations on the {line} line have more than {few} platforms?',
      'When was the station {station} on the {line} line opened?',
      'Which station on the {line} line opened in {year}?',
    ),
    ...ask(
      'farm, crop, hectares, yield, year, region',
      'Which farm grew {crop} in {year}?',
      'What is the total yield of the region {region} in {year}?',
      'How many farms have the crop {crop} and more than {tens} hectares?',
      'What was the lowest yield when the crop was {crop} in {region}?',
    ),
    ...ask(
      'title, author, publisher, pages, year, price',
      'Who wrote the book with the title {title}?',
      'How many pages has the book by {person} from {year}?',
      'What is the lowest price of the publisher {company} in {year}?',
      'Which title has more than {hundreds} pages and the author {person}?',
    ),
    ...ask(
      'date, home_team, away_team, venue, attendance, result',
      'What was the result when {city} played at home against {city2}?',
      'Where did {city} play on {day}?',
      'How many games at {station} had an attendance over {thousands}?',
      'Who was the away team on {day} at {station}?',
    ),
    ...ask(
      'sensor, building, floor, temperature, humidity, measured_on',
      'What is the average temperature in the building {station} on floor {few}?',
      'Which sensor measured a humidity below {tens} on {day}?',
      'How many sensors are on floor {few}?',
    ),
    ...ask(
      'invoice, company, amount, currency, due_date, status',
      'What is the status of the invoice of {company} due on {day}?',
      'What is the sum of all amounts of {company} that are {status}?',
      'Which company has an amount of {thousands} and the status {status}?',
    ),
    ...ask(
      'player, country, position, goals, games, season',
      'How many goals did {person} score in {year}?',
      'Which player from {country} has more than {tens} games?',
      'What is the position of {person} from {country}?',
      'What is the largest number of goals of a player from {country} in {year}?',
    ),
    ...ask(
      'ship, built, tonnage, captain, home_port',
      'Who is the captain of the ship from {port} built in {year}?',
      'What is the tonnage of the ship with captain {person}?',
      'How many ships from {port} were built after {year}?',
    ),
  ],
  words: {
    port: ['Rotterdam', 'Trieste', 'Gdansk', 'Bilbao', 'Piraeus', 'Aarhus', 'Le Havre', 'Tallinn', 'Genoa', 'Odessa'],
    company: ['Halvorsen Marine', 'Ottley Foods', 'Baker Brothers', 'Novak Steel', 'Quinta Alta', 'Sorensen Paper'],
    carrier: ['Nordfrakt', 'Bluewater', 'Cargo Sud', 'Transalpin', 'Eastline', 'Merrow Freight'],
    day: ['12 March', '3 April', '27 January', '19 June', '8 October', '30 November', '14 July', '1 September'],
    hundreds: ['200', '350', '500', '800', '1200', '1500', '2400'],
    thousands: ['3000', '7500', '12000', '25000', '48000'],
    department: ['Quality', 'Logistics', 'Finance', 'Research', 'Sales', 'Maintenance', 'Design', 'Purchasing'],
    city: ['Graz', 'Malmo', 'Lyon', 'Porto', 'Leeds', 'Turin', 'Ghent', 'Cork', 'Bergen', 'Basel'],
    person: ['Ines Duarte', 'Tom Halley', 'Mira Kovac', 'Paul Okoro', 'Anna Lindt', 'Jonas Berg', 'Carla Ruiz'],
    year: ['2009', '2011', '2013', '2014', '2016', '2017', '2018', '2019', '2020', '2021', '2022', '2023'],
    station: ['Kirkgate', 'Old Mill', 'Castle Road', 'Seaforth', 'Hilltop', 'Market Cross', 'Wharf Lane', 'Elm Park'],
    line: ['Harbour', 'Circle', 'Northern', 'Valley', 'Airport', 'Coast', 'Garden'],
    few: ['2', '3', '4', '5', '6', '8', '10', '12'],
    tens: ['15', '20', '35', '40', '60', '75', '90', '120'],
    crop: ['barley', 'olives', 'rye', 'wheat', 'oats', 'grapes', 'maize', 'lentils', 'hops', 'flax'],
    region: ['Alentejo', 'Tuscany', 'Skane', 'Burgundy', 'Moravia', 'Galicia', 'Saxony', 'Epirus'],
    title: ['The Salt Path', 'Harbour Lights', 'A Quiet House', 'Blue Orchard', 'The Long Winter', 'North of Here'],
    status: ['open', 'paid', 'overdue', 'disputed'],
    country: ['Norway', 'Ghana', 'Chile', 'Japan', 'Croatia', 'Morocco', 'Canada', 'Portugal'],
  },
}
